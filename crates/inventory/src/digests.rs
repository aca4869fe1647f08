//! What each caller did at each endpoint within ten seconds: what the first stage hands to the
//! second. Digests that are open belong to the folded state.

use gatewatch_model::record::{DIGEST_WINDOW_SECONDS, Digest};
use gatewatch_model::rollup::status_class;
use gatewatch_model::{Caller, EndpointId, Timestamp};

use crate::limits::DIGESTS_MAX;
use crate::places::Places;
use crate::state::{StateError, list, read_state, write_state};

const VERSION: u32 = 1;

/// The open digests of one partition, in the order in which they were opened.
#[derive(Default)]
pub struct Digests {
    open: Vec<Digest>,
    places: Places,
}

impl Digests {
    /// Counts one exchange. When that makes as many digests as may be open, all of them come
    /// back, to be passed on.
    #[must_use = "digests that come back are gone from here"]
    pub fn add(
        &mut self,
        caller: &Caller,
        endpoint: EndpointId,
        at: Timestamp,
        status: Option<u16>,
    ) -> Option<Vec<Digest>> {
        let seconds = at.seconds();
        let window = Timestamp::from_seconds(seconds - seconds.rem_euclid(DIGEST_WINDOW_SECONDS));
        let key = (caller, endpoint, window);
        let place = self.places.find(key, |it| {
            self.open.get(it as usize).map(key_of) == Some(key)
        });
        let place = place.unwrap_or_else(|| {
            let (first_seen, last_seen) = (Timestamp(i64::MAX), Timestamp(i64::MIN));
            self.insert(Digest {
                caller: caller.clone(),
                endpoint,
                window,
                first_seen,
                last_seen,
                statuses: [0; 6],
            })
        });
        let digest = &mut self.open[place as usize];
        digest.statuses[status_class(status)] += 1;
        digest.first_seen = digest.first_seen.min(at);
        digest.last_seen = digest.last_seen.max(at);
        (self.open.len() >= DIGESTS_MAX).then(|| self.take())
    }

    /// Closes all digests, in the order in which they were opened.
    pub fn take(&mut self) -> Vec<Digest> {
        self.places.clear();
        core::mem::take(&mut self.open)
    }

    pub fn len(&self) -> usize {
        self.open.len()
    }

    pub fn is_empty(&self) -> bool {
        self.open.is_empty()
    }

    /// Bytes on the heap, by its own account.
    pub fn heap_bytes(&self) -> usize {
        let names = self.open.iter().map(|it| match &it.caller {
            Caller::Identity(identity) => identity.len(),
            Caller::Address(_) | Caller::Unknown => 0,
        });
        self.open.capacity() * size_of::<Digest>() + self.places.heap_bytes() + names.sum::<usize>()
    }

    pub fn encode(&self, bytes: &mut Vec<u8>) {
        let open = self.open.iter().map(|it| {
            let Digest {
                caller,
                endpoint,
                window,
                first_seen,
                last_seen,
                statuses,
            } = it;
            (
                caller.to_string(),
                endpoint,
                window,
                first_seen,
                last_seen,
                statuses,
            )
        });
        write_state(bytes, VERSION, &open.collect::<Vec<_>>());
    }

    pub fn decode(bytes: &[u8]) -> Result<Digests, StateError> {
        read_state("digests", VERSION..=VERSION, bytes, |d| {
            let mut digests = Digests::default();
            for saved in list::<(&str, _, _, _, _, _)>(d, DIGESTS_MAX)? {
                let (caller, endpoint, window, first_seen, last_seen, statuses) = saved;
                let caller = Caller::parse(caller);
                digests.insert(Digest {
                    caller,
                    endpoint,
                    window,
                    first_seen,
                    last_seen,
                    statuses,
                });
            }
            Ok(digests)
        })
    }

    fn insert(&mut self, digest: Digest) -> u32 {
        let place = self.open.len() as u32;
        self.open.push(digest);
        self.places
            .insert(place, |it| self.open.get(it as usize).map(key_of));
        place
    }
}

fn key_of(digest: &Digest) -> (&Caller, EndpointId, Timestamp) {
    (&digest.caller, digest.endpoint, digest.window)
}

#[cfg(test)]
mod tests;
