//! Memory for bodies on their way in. Bytes are reserved as they arrive, so a slow sender holds
//! no more than it has sent; whoever finds no room shortly is told to come again.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use http_body_util::BodyExt;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout, timeout_at};

use super::too_long;
use crate::problem::{BAD_BODY, Problem, SLOW_BODY, TOO_MANY};

/// All bodies together, as sent or as batches for the journal.
const BYTES_MAX: usize = 64 << 20;
/// Bytes are reserved in steps of this many.
const STEP_BYTES: usize = 64 << 10;
/// How many bodies are unpacked and parsed at once; each may need 64 MiB meanwhile.
const TURNS_MAX: usize = 4;
const ROOM_WAIT: Duration = Duration::from_secs(2);
const TURN_WAIT: Duration = Duration::from_secs(5);
const CHUNK_WAIT: Duration = Duration::from_secs(10);
const BODY_WAIT: Duration = Duration::from_secs(60);
const RETRY_SECONDS: u32 = 1;

pub(crate) struct Room {
    steps: Arc<Semaphore>,
    turns: Arc<Semaphore>,
}

/// What one request holds of the room; given back when dropped.
pub(crate) struct Space {
    steps: Arc<Semaphore>,
    held: Option<OwnedSemaphorePermit>,
}

impl Default for Room {
    fn default() -> Room {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Room {
            steps: Arc::new(Semaphore::new(BYTES_MAX / STEP_BYTES)),
            turns: Arc::new(Semaphore::new(cores.min(TURNS_MAX))),
        }
    }
}

impl Room {
    pub fn space(&self) -> Space {
        Space {
            steps: self.steps.clone(),
            held: None,
        }
    }

    /// To unpack and parse a body.
    pub(super) async fn turn(&self) -> Result<OwnedSemaphorePermit, Problem> {
        match timeout(TURN_WAIT, self.turns.clone().acquire_owned()).await {
            Ok(Ok(turn)) => Ok(turn),
            _ => Err(crowded()),
        }
    }

    pub fn bytes_held(&self) -> usize {
        BYTES_MAX - self.steps.available_permits() * STEP_BYTES
    }
}

impl Space {
    /// Reads a body of at most `bytes_max` bytes.
    pub async fn read(&mut self, mut body: Body, bytes_max: usize) -> Result<Vec<u8>, Problem> {
        let end = Instant::now() + BODY_WAIT;
        let mut bytes = Vec::new();
        loop {
            let until = end.min(Instant::now() + CHUNK_WAIT);
            let Ok(frame) = timeout_at(until, body.frame()).await else {
                return Err(Problem::new(
                    &SLOW_BODY,
                    "the body came too slowly; send smaller batches",
                ));
            };
            let Some(frame) = frame else { return Ok(bytes) };
            let frame = frame.map_err(|_| Problem::new(&BAD_BODY, "the body broke off"))?;
            let Ok(chunk) = frame.into_data() else {
                continue;
            };
            if bytes.len() + chunk.len() > bytes_max {
                return Err(too_long());
            }
            self.hold(bytes.len() + chunk.len()).await?;
            bytes.extend_from_slice(&chunk);
        }
    }

    /// Holds room for this many bytes in all, more or less than before.
    pub async fn hold(&mut self, bytes: usize) -> Result<(), Problem> {
        let wanted = bytes.div_ceil(STEP_BYTES).min(BYTES_MAX / STEP_BYTES);
        let held = self
            .held
            .as_ref()
            .map_or(0, OwnedSemaphorePermit::num_permits);
        if wanted <= held {
            // What is split off is given back at once.
            drop(self.held.as_mut().and_then(|it| it.split(held - wanted)));
            return Ok(());
        }
        let more = self
            .steps
            .clone()
            .acquire_many_owned((wanted - held) as u32);
        let Ok(Ok(more)) = timeout(ROOM_WAIT, more).await else {
            return Err(crowded());
        };
        match &mut self.held {
            Some(held) => held.merge(more),
            None => self.held = Some(more),
        }
        Ok(())
    }
}

fn crowded() -> Problem {
    Problem::new(
        &TOO_MANY,
        "too many bodies are on their way in; send this one again",
    )
    .retry(RETRY_SECONDS)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(chunks: usize, bytes: usize) -> Body {
        let chunk = move |_| Ok::<_, std::io::Error>(vec![b'x'; bytes]);
        Body::from_stream(futures_util::stream::iter((0..chunks).map(chunk)))
    }

    #[tokio::test]
    async fn bytes_are_held_while_the_request_lives() {
        let room = Room::default();
        let mut space = room.space();
        assert_eq!(
            space.read(body(3, 100_000), 1 << 20).await.unwrap().len(),
            300_000
        );
        assert_eq!(room.bytes_held(), 5 * STEP_BYTES);
        space.hold(1).await.unwrap();
        assert_eq!(room.bytes_held(), STEP_BYTES);
        drop(space);
        assert_eq!(room.bytes_held(), 0);
    }

    #[tokio::test]
    async fn a_body_past_its_limit_is_not_read_to_its_end() {
        let room = Room::default();
        let problem = room
            .space()
            .read(body(1_000_000, 1_000), 10_000)
            .await
            .unwrap_err();
        assert_eq!(problem.kind.name, "too-large");
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_finds_no_room_is_told_to_come_again() {
        let room = Room::default();
        let mut first = room.space();
        first.hold(BYTES_MAX).await.unwrap();
        let problem = room.space().read(body(1, 10), 1_000).await.unwrap_err();
        assert_eq!(
            (problem.kind.name, problem.retry_seconds),
            ("too-many", Some(1))
        );
        drop(first);
        assert!(room.space().read(body(1, 10), 1_000).await.is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_stops_coming_is_given_up() {
        let room = Room::default();
        let stalled = Body::from_stream(futures_util::stream::pending::<
            Result<Vec<u8>, std::io::Error>,
        >());
        let problem = room.space().read(stalled, 1_000).await.unwrap_err();
        assert_eq!(problem.kind.name, "slow-body");
    }
}
