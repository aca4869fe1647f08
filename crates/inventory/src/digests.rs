//! What each caller did at each endpoint within ten seconds: what the first stage hands to the
//! second. Digests that are open belong to the folded state.

use std::hash::{BuildHasher, RandomState};

use gatewatch_model::record::{DIGEST_WINDOW_SECONDS, Digest};
use gatewatch_model::rollup::status_class;
use gatewatch_model::{Caller, EndpointId, Timestamp};
use hashbrown::HashTable;

use crate::limits::DIGESTS_MAX;
use crate::state::{StateError, list, read_state, write_state};

const VERSION: u32 = 1;

/// The open digests of one partition, in the order in which they were opened.
#[derive(Default)]
pub struct Digests {
    open: Vec<Digest>,
    places: HashTable<u32>,
    // Keyed at random, so that nobody can make names that collide; its order never shows.
    hasher: RandomState,
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
        let hash = self.hasher.hash_one((caller, endpoint, window));
        let same = |place: &u32| {
            let it = &self.open[*place as usize];
            it.endpoint == endpoint && it.window == window && it.caller == *caller
        };
        let place = self.places.find(hash, same).copied();
        let place = place.unwrap_or_else(|| self.open(hash, caller, endpoint, window));
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
        self.open.capacity() * size_of::<Digest>()
            + self.places.allocation_size()
            + names.sum::<usize>()
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
        read_state("digests", VERSION, bytes, |d| {
            let mut digests = Digests::default();
            for saved in list::<(&str, _, _, _, _, _)>(d, DIGESTS_MAX)? {
                let (caller, endpoint, window, first_seen, last_seen, statuses) = saved;
                let caller = Caller::parse(caller);
                let hash = digests.hasher.hash_one((&caller, endpoint, window));
                digests.insert(
                    hash,
                    Digest {
                        caller,
                        endpoint,
                        window,
                        first_seen,
                        last_seen,
                        statuses,
                    },
                );
            }
            Ok(digests)
        })
    }

    fn open(&mut self, hash: u64, caller: &Caller, endpoint: EndpointId, window: Timestamp) -> u32 {
        let (first_seen, last_seen) = (Timestamp(i64::MAX), Timestamp(i64::MIN));
        self.insert(
            hash,
            Digest {
                caller: caller.clone(),
                endpoint,
                window,
                first_seen,
                last_seen,
                statuses: [0; 6],
            },
        )
    }

    fn insert(&mut self, hash: u64, digest: Digest) -> u32 {
        let place = self.open.len() as u32;
        self.open.push(digest);
        let Digests {
            open,
            places,
            hasher,
        } = self;
        places.insert_unique(hash, place, |it| {
            let it = &open[*it as usize];
            hasher.hash_one((&it.caller, it.endpoint, it.window))
        });
        place
    }
}

#[cfg(test)]
mod tests;
