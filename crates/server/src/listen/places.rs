//! How many connections there may be, in all and from one address, so that no single address can
//! take every place.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use gatewatch_model::Caller;
use tokio::sync::{AcquireError, OwnedSemaphorePermit, Semaphore};

const CONNECTIONS_MAX: usize = 1_024;
/// Half of them, because behind a proxy all that come are one address.
const CONNECTIONS_OF_ONE_MAX: usize = CONNECTIONS_MAX / 2;

#[derive(Clone)]
pub(super) struct Places {
    free: Arc<Semaphore>,
    /// Only addresses with a connection, so as many as those at most.
    taken: Arc<Mutex<HashMap<Caller, usize>>>,
}

/// Given back when dropped.
pub(super) struct Place {
    caller: Caller,
    taken: Arc<Mutex<HashMap<Caller, usize>>>,
    _free: OwnedSemaphorePermit,
}

impl Default for Places {
    fn default() -> Places {
        Places {
            free: Arc::new(Semaphore::new(CONNECTIONS_MAX)),
            taken: Arc::default(),
        }
    }
}

impl Places {
    /// Waits until there is a place for somebody.
    pub async fn free(&self) -> Result<OwnedSemaphorePermit, AcquireError> {
        self.free.clone().acquire_owned().await
    }

    /// Takes that place for an address, unless it has too many already.
    pub fn take(&self, free: OwnedSemaphorePermit, peer: IpAddr) -> Option<Place> {
        let caller = Caller::new(None, Some(peer));
        let mut taken = locked(&self.taken);
        let count = taken.entry(caller.clone()).or_default();
        if *count >= CONNECTIONS_OF_ONE_MAX {
            return None;
        }
        *count += 1;
        Some(Place {
            caller,
            taken: self.taken.clone(),
            _free: free,
        })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Entry::Occupied(mut count) = locked(&self.taken).entry(self.caller.clone()) {
            *count.get_mut() -= 1;
            if *count.get() == 0 {
                count.remove();
            }
        }
    }
}

fn locked(taken: &Mutex<HashMap<Caller, usize>>) -> MutexGuard<'_, HashMap<Caller, usize>> {
    taken.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn take(places: &Places, peer: &str) -> Option<Place> {
        places.take(places.free().await.unwrap(), peer.parse().unwrap())
    }

    #[tokio::test]
    async fn one_address_leaves_half_of_the_places_to_others() {
        let places = Places::default();
        let mut held = Vec::new();
        while let Some(place) = take(&places, "203.0.113.9").await {
            held.push(place);
        }
        assert_eq!(held.len(), CONNECTIONS_OF_ONE_MAX);
        assert!(take(&places, "::ffff:203.0.113.9").await.is_none());
        let other = take(&places, "203.0.113.10").await;
        assert!(other.is_some());
        held.pop();
        assert!(take(&places, "203.0.113.9").await.is_some());
        drop((held, other));
        assert!(locked(&places.taken).is_empty());
        assert_eq!(places.free.available_permits(), CONNECTIONS_MAX);
    }
}
