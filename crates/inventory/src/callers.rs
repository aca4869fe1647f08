//! What each caller did across all APIs, folded from digests: the engine of the second stage.
//! It follows the callers seen last and counts those it lets go.

mod distinct;

use std::net::IpAddr;

use gatewatch_model::effects::{CallerDelta, Coverage, Effects};
use gatewatch_model::facts::Hll;
use gatewatch_model::record::Digest;
use gatewatch_model::{Caller, Timestamp};
use minicbor::{Decode, Encode};
use xxhash_rust::xxh3::xxh3_64_with_seed;

use crate::limits::CALLERS_MAX;
use crate::places::Places;
use crate::recency::Recency;
use crate::slab::Slab;
use crate::state::{StateError, list, read_state, write_state};
use distinct::Distinct;

const VERSION: u32 = 1;

/// The callers of one partition of the second stage.
pub struct Callers {
    followed_max: usize,
    slab: Slab<Known>,
    recency: Recency,
    places: Places,
    /// All callers there ever were, let go or not.
    ever: Hll,
    evicted: u64,
    pending: Pending,
}

/// What is known of one caller.
struct Known {
    caller: Caller,
    endpoints: Distinct,
    calls: u64,
    refused: u64,
    first_seen: Timestamp,
    last_seen: Timestamp,
    /// Where its delta waits for the next checkpoint.
    waits_at: Option<u32>,
}

#[derive(Default)]
struct Pending {
    /// With the place of the caller, who may have gone since.
    deltas: Vec<(u32, CallerDelta)>,
    coverage_written: Coverage,
}

/// A hash of the caller, well mixed and the same for ever.
pub fn caller_hash(caller: &Caller) -> u64 {
    match caller {
        Caller::Identity(identity) => xxh3_64_with_seed(identity.as_bytes(), 1),
        Caller::Address(IpAddr::V4(address)) => xxh3_64_with_seed(&address.octets(), 4),
        Caller::Address(IpAddr::V6(address)) => xxh3_64_with_seed(&address.octets(), 6),
        Caller::Unknown => xxh3_64_with_seed(&[], 0),
    }
}

/// Whether that is a caller to count: exchanges whose source names none have none in common.
pub(crate) fn is_observed(caller: &Caller) -> bool {
    *caller != Caller::Unknown
}

impl Default for Callers {
    fn default() -> Self {
        Callers {
            followed_max: CALLERS_MAX,
            slab: Slab::default(),
            recency: Recency::default(),
            places: Places::default(),
            ever: Hll::default(),
            evicted: 0,
            pending: Pending::default(),
        }
    }
}

impl Callers {
    pub fn fold(&mut self, digest: &Digest) {
        if is_observed(&digest.caller) {
            self.ever.add(caller_hash(&digest.caller));
        }
        let at = self
            .find(&digest.caller)
            .unwrap_or_else(|| self.add(&digest.caller));
        self.recency.touch(at);
        if let Some(known) = self.slab.get_mut(at) {
            known.see(digest);
            self.pending.add(at, known, digest);
        }
    }

    /// Moves what callers did since the last time into `effects`. One that was let go and came
    /// back between has two deltas.
    pub fn drain(&mut self, effects: &mut Effects) {
        let coverage = self.coverage();
        if coverage != self.pending.coverage_written {
            effects.coverage = Some(coverage);
        }
        let deltas = self.settle();
        effects.callers.extend(deltas.into_iter().map(|it| it.1));
    }

    /// Drops what is pending, because the store has it already.
    pub fn discard(&mut self) {
        self.settle();
    }

    pub fn coverage(&self) -> Coverage {
        Coverage {
            callers: self.slab.len() as u64,
            callers_evicted: self.evicted,
            callers_estimate: self.ever.estimate(),
            ..Coverage::default()
        }
    }

    /// About how much memory the next checkpoint holds back.
    pub fn pending_bytes(&self) -> usize {
        self.pending.deltas.len() * size_of::<(u32, CallerDelta)>()
    }

    /// Bytes on the heap, by its own account.
    pub fn heap_bytes(&self) -> usize {
        let names = self.slab.iter().map(|(_, it)| match &it.caller {
            Caller::Identity(identity) => identity.len(),
            Caller::Address(_) | Caller::Unknown => 0,
        });
        self.slab.heap_bytes()
            + self.recency.heap_bytes()
            + self.places.heap_bytes()
            + self.ever.heap_bytes()
            + names.sum::<usize>()
            + self.pending_bytes()
    }

    /// Appends the folded state: callers stand in the order in which they would go.
    pub fn encode(&self, bytes: &mut Vec<u8>) {
        let all = self
            .recency
            .oldest_first()
            .filter_map(|at| self.slab.get(at))
            .collect::<Vec<_>>();
        write_state(bytes, VERSION, &(self.evicted, &self.ever, all));
    }

    pub fn decode(bytes: &[u8]) -> Result<Callers, StateError> {
        read_state("callers", VERSION..=VERSION, bytes, |d| {
            d.array()?;
            let mut callers = Callers {
                evicted: d.decode()?,
                ever: d.decode()?,
                ..Callers::default()
            };
            for known in list::<Known>(d, CALLERS_MAX)? {
                callers.insert(known);
            }
            callers.discard();
            Ok(callers)
        })
    }

    fn find(&self, caller: &Caller) -> Option<u32> {
        self.places.find(caller, |at| {
            self.slab.get(at).is_some_and(|it| it.caller == *caller)
        })
    }

    fn add(&mut self, caller: &Caller) -> u32 {
        while self.slab.len() >= self.followed_max
            && let Some(oldest) = self.recency.oldest()
        {
            self.let_go(oldest);
        }
        self.insert(Known {
            caller: caller.clone(),
            endpoints: Distinct::default(),
            calls: 0,
            refused: 0,
            first_seen: Timestamp(i64::MAX),
            last_seen: Timestamp(i64::MIN),
            waits_at: None,
        })
    }

    fn insert(&mut self, known: Known) -> u32 {
        let at = self.slab.insert(known);
        self.places
            .insert(at, |at| self.slab.get(at).map(|it| &it.caller));
        self.recency.add(at);
        at
    }

    fn let_go(&mut self, at: u32) {
        self.recency.remove(at);
        if let Some(known) = self.slab.remove(at) {
            self.places.remove(&known.caller, at);
        }
        self.evicted += 1;
    }

    /// Takes all deltas; from here on a caller has none.
    fn settle(&mut self) -> Vec<(u32, CallerDelta)> {
        self.pending.coverage_written = self.coverage();
        let deltas = core::mem::take(&mut self.pending.deltas);
        for (place, (at, _)) in deltas.iter().enumerate() {
            if let Some(known) = self
                .slab
                .get_mut(*at)
                .filter(|it| it.waits_at == Some(place as u32))
            {
                known.waits_at = None;
            }
        }
        deltas
    }
}

impl Known {
    fn see(&mut self, digest: &Digest) {
        self.endpoints.add(&digest.endpoint);
        self.calls += digest.calls();
        self.refused += refused(digest);
        self.first_seen = self.first_seen.min(digest.first_seen);
        self.last_seen = self.last_seen.max(digest.last_seen);
    }
}

impl Pending {
    fn add(&mut self, at: u32, known: &mut Known, digest: &Digest) {
        let place = *known.waits_at.get_or_insert_with(|| {
            let delta = CallerDelta {
                caller: known.caller.clone(),
                calls: 0,
                refused: 0,
                first_seen: digest.first_seen,
                last_seen: digest.last_seen,
                endpoints_estimate: 0,
            };
            self.deltas.push((at, delta));
            self.deltas.len() as u32 - 1
        });
        let Some((_, delta)) = self.deltas.get_mut(place as usize) else {
            return;
        };
        delta.calls += digest.calls();
        delta.refused += refused(digest);
        delta.first_seen = delta.first_seen.min(digest.first_seen);
        delta.last_seen = delta.last_seen.max(digest.last_seen);
        delta.endpoints_estimate = known.endpoints.estimate();
    }
}

fn refused(digest: &Digest) -> u64 {
    digest.statuses[4]
}

impl<C> Encode<C> for Known {
    fn encode<W: minicbor::encode::Write>(
        &self,
        e: &mut minicbor::Encoder<W>,
        _: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        let Known {
            caller,
            endpoints,
            calls,
            refused,
            first_seen,
            last_seen,
            waits_at: _,
        } = self;
        e.encode((
            caller.to_string(),
            endpoints,
            calls,
            refused,
            first_seen,
            last_seen,
        ))?
        .ok()
    }
}

impl<'b, C> Decode<'b, C> for Known {
    fn decode(d: &mut minicbor::Decoder<'b>, _: &mut C) -> Result<Self, minicbor::decode::Error> {
        let (caller, endpoints, calls, refused, first_seen, last_seen) =
            d.decode::<(&str, _, _, _, _, _)>()?;
        let caller = Caller::parse(caller);
        Ok(Known {
            caller,
            endpoints,
            calls,
            refused,
            first_seen,
            last_seen,
            waits_at: None,
        })
    }
}

#[cfg(test)]
mod tests;
