//! What arrived from each source since the last checkpoint. Nothing of it is state.

use gatewatch_model::effects::SourceDelta;
use gatewatch_model::record::Arrival;
use gatewatch_model::{Blemishes, Timestamp};

/// Sources are named by tokens, which an owner makes; more than this in one partition between
/// two checkpoints share one row.
const SOURCES_MAX: usize = 1_000;
const OTHERS: &str = "(others)";

#[derive(Clone, Debug, Default)]
pub struct Sources {
    deltas: Vec<SourceDelta>,
    /// Where the last one was: batches come from one source.
    last: usize,
}

impl Sources {
    pub fn count(&mut self, arrival: &Arrival<'_>, at: Timestamp, blemishes: Blemishes) {
        let delta = self.delta(arrival);
        delta.exchanges += 1;
        delta.truncated += u64::from(blemishes.contains(Blemishes::TRUNCATED));
        delta.skewed += u64::from(blemishes.contains(Blemishes::SKEWED));
        delta.late += u64::from(blemishes.contains(Blemishes::LATE));
        let counted = Blemishes::TRUNCATED.0 | Blemishes::SKEWED.0 | Blemishes::LATE.0;
        delta.blemished += u64::from(blemishes.0 & !counted != 0);
        delta.last_received = delta.last_received.max(arrival.received);
        delta.last_at = delta.last_at.max(at);
    }

    pub fn drain(&mut self) -> Vec<SourceDelta> {
        std::mem::take(&mut self.deltas)
    }

    pub fn discard(&mut self) {
        self.deltas.clear();
    }

    fn delta(&mut self, arrival: &Arrival<'_>) -> &mut SourceDelta {
        let same = |it: &SourceDelta| *it.source == *arrival.source && *it.scope == *arrival.scope;
        if !self.deltas.get(self.last).is_some_and(same) {
            self.last = self
                .deltas
                .iter()
                .position(same)
                .unwrap_or_else(|| self.start(arrival));
        }
        &mut self.deltas[self.last]
    }

    fn start(&mut self, arrival: &Arrival<'_>) -> usize {
        let full = self.deltas.len() >= SOURCES_MAX;
        if full && let Some(others) = self.deltas.iter().position(|it| &*it.source == OTHERS) {
            return others;
        }
        let source = if full { OTHERS } else { &arrival.source };
        let fresh = SourceDelta {
            source: source.into(),
            scope: (*arrival.scope).into(),
            ..SourceDelta::default()
        };
        self.deltas.push(fresh);
        self.deltas.len() - 1
    }
}
