//! Sends a batch until it is taken or can never be: waits longer each time, and as long as the
//! server asks. With the batch header each retry is harmless.

use std::time::Duration;

use http::StatusCode;

use super::{Answer, Client, ClientError, Post};

const FIRST: Duration = Duration::from_millis(200);
const WAIT_MAX: Duration = Duration::from_secs(30);
/// A server that asks for more than this is asked again sooner.
const ASKED_MAX: Duration = Duration::from_secs(300);

/// Waits that double, spread by up to a half so that many senders do not come back at once.
#[derive(Debug)]
pub struct Backoff {
    next: Duration,
    spread: u64,
}

impl Backoff {
    /// `seed` differs from sender to sender.
    pub fn new(seed: u64) -> Backoff {
        Backoff {
            next: FIRST,
            spread: seed | 1,
        }
    }

    /// How long to wait now, at least as long as the server asks.
    pub fn wait(&mut self, asked: Option<Duration>) -> Duration {
        let base = self.next;
        self.next = (base * 2).min(WAIT_MAX);
        // xorshift: what is wanted is difference, not quality.
        self.spread ^= self.spread << 13;
        self.spread ^= self.spread >> 7;
        self.spread ^= self.spread << 17;
        let spread = base.mul_f64((self.spread % 1_000) as f64 / 2_000.0);
        (base + spread).max(asked.unwrap_or_default().min(ASKED_MAX))
    }
}

/// Sends until the server takes the batch. An error says that it never will. `tell` hears why
/// each further try is needed.
pub async fn deliver(
    client: &Client,
    post: &Post<'_>,
    backoff: &mut Backoff,
    tell: impl Fn(&ClientError, Duration),
) -> Result<Answer, ClientError> {
    loop {
        let (why, asked) = match client.post(post).await {
            Ok(answer) if answer.status.is_success() => return Ok(answer),
            Ok(answer) if !may_do_later(answer.status) => return Err(ClientError::Refused(answer)),
            Ok(answer) => {
                let asked = answer.retry_after;
                (ClientError::Refused(answer), asked)
            }
            Err(error) => (error, None),
        };
        let wait = backoff.wait(asked);
        tell(&why, wait);
        tokio::time::sleep(wait).await;
    }
}

/// Whether the same request may be taken at another time.
fn may_do_later(status: StatusCode) -> bool {
    status.is_server_error()
        || status == StatusCode::TOO_MANY_REQUESTS
        || status == StatusCode::REQUEST_TIMEOUT
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_a_bound_and_differ_by_seed() {
        let (mut one, mut two) = (Backoff::new(7), Backoff::new(1 << 40));
        let waits: Vec<Duration> = (0..12).map(|_| one.wait(None)).collect();
        assert!(waits[0] >= FIRST && waits[0] <= FIRST * 3 / 2);
        assert!(waits[3] > waits[0] * 4);
        assert!(waits[11] >= WAIT_MAX && waits[11] <= WAIT_MAX * 3 / 2);
        assert!((0..12).any(|at| two.wait(None) != waits[at]));
    }

    #[test]
    fn the_server_may_ask_for_a_longer_wait_within_reason() {
        let mut backoff = Backoff::new(7);
        assert_eq!(
            backoff.wait(Some(Duration::from_secs(5))),
            Duration::from_secs(5)
        );
        assert_eq!(backoff.wait(Some(Duration::from_secs(1 << 40))), ASKED_MAX);
        assert!(backoff.wait(Some(Duration::ZERO)) >= FIRST);
    }

    #[test]
    fn what_is_wrong_with_the_request_itself_is_not_tried_again() {
        for (status, later) in [
            (400, false),
            (401, false),
            (403, false),
            (413, false),
            (408, true),
            (429, true),
            (503, true),
        ] {
            assert_eq!(
                may_do_later(StatusCode::from_u16(status).unwrap()),
                later,
                "{status}"
            );
        }
    }
}
