//! What is counted of an endpoint. Facts are the fold of a *set* of observations: merging two
//! halves gives, bit for bit, what folding the whole would have given, in any order.

mod counts;
mod handful;
pub mod hll;
mod names;
pub mod quantiles;
mod signals;

pub use counts::Counts;
pub use handful::Handful;
pub use hll::Hll;
pub use names::Names;
pub use quantiles::Quantiles;
pub use signals::{ClassFacts, SignalFacts};

use crate::exchange::Blemishes;
use crate::time::Timestamp;

/// One fact learned from one exchange about an endpoint.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Observation {
    pub at: Timestamp,
    /// 0 when not observed or not of HTTP.
    pub status: u16,
    pub request_bytes: Option<u64>,
    pub response_bytes: Option<u64>,
    pub latency_micros: Option<u64>,
    /// A hash of the caller, well mixed; none when not observed.
    pub caller: Option<u64>,
    pub blemishes: Blemishes,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
#[cbor(map)]
pub struct Facts {
    #[n(0)]
    pub calls: u64,
    #[n(1)]
    pub first_seen: Timestamp,
    #[n(2)]
    pub last_seen: Timestamp,
    #[n(3)]
    pub statuses: Statuses,
    #[n(4)]
    pub callers: Hll,
    #[n(5)]
    pub request_bytes: Quantiles,
    #[n(6)]
    pub response_bytes: Quantiles,
    #[n(7)]
    pub latency_micros: Quantiles,
    #[n(8)]
    pub blemished: u64,
}

impl Facts {
    pub fn observe(&mut self, seen: &Observation) {
        self.span(seen.at, seen.at);
        self.calls += 1;
        self.statuses.add(seen.status);
        if let Some(caller) = seen.caller {
            self.callers.add(caller);
        }
        self.blemished += u64::from(!seen.blemishes.is_empty());
        for (sketch, value) in [
            (&mut self.request_bytes, seen.request_bytes),
            (&mut self.response_bytes, seen.response_bytes),
            (&mut self.latency_micros, seen.latency_micros),
        ] {
            if let Some(value) = value {
                sketch.add(value);
            }
        }
    }

    pub fn merge(&mut self, other: &Facts) {
        let Facts {
            calls,
            first_seen,
            last_seen,
            statuses,
            callers,
            request_bytes,
            response_bytes,
            latency_micros,
            blemished,
        } = other;
        if *calls == 0 {
            return;
        }
        self.span(*first_seen, *last_seen);
        self.calls += calls;
        self.statuses.merge(statuses);
        self.callers.merge(callers);
        self.request_bytes.merge(request_bytes);
        self.response_bytes.merge(response_bytes);
        self.latency_micros.merge(latency_micros);
        self.blemished += blemished;
    }

    /// Reads from the places that an observation will need. They lie far apart, and asked for
    /// all at once they come together instead of one after another.
    pub fn touch(&self, caller: u64) -> u64 {
        self.statuses.0.touch()
            ^ self.callers.touch(caller)
            ^ self.request_bytes.touch()
            ^ self.response_bytes.touch()
            ^ self.latency_micros.touch()
    }

    /// The same for who will read all of it.
    pub fn touch_all(&self) -> u64 {
        self.statuses.0.touch_all()
            ^ self.callers.touch_all()
            ^ self.request_bytes.touch_all()
            ^ self.response_bytes.touch_all()
            ^ self.latency_micros.touch_all()
    }

    /// Bytes on the heap, for the budget of a profile.
    pub fn heap_bytes(&self) -> usize {
        self.statuses.0.heap_bytes()
            + self.callers.heap_bytes()
            + self.request_bytes.heap_bytes()
            + self.response_bytes.heap_bytes()
            + self.latency_micros.heap_bytes()
    }

    fn span(&mut self, first: Timestamp, last: Timestamp) {
        if self.calls == 0 {
            (self.first_seen, self.last_seen) = (first, last);
        } else {
            self.first_seen = self.first_seen.min(first);
            self.last_seen = self.last_seen.max(last);
        }
    }
}

/// Counts by status. HTTP has at most 500 of them, so the list is bounded by itself: anything
/// else counts as 0.
#[derive(Clone, Debug, Default, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
#[cbor(transparent)]
pub struct Statuses(#[n(0)] Counts);

impl Statuses {
    pub fn add(&mut self, status: u16) {
        let known = (100..600).contains(&status);
        self.0.add(if known { status } else { 0 }, 1);
    }

    pub fn merge(&mut self, other: &Statuses) {
        self.0.merge(&other.0);
    }

    pub fn iter(&self) -> impl Iterator<Item = (u16, u64)> {
        self.0.iter()
    }
}

#[cfg(test)]
mod tests;
