//! The second stage: digests of all partitions of the first become what is known of callers.

use gatewatch_inventory::Callers;
use gatewatch_model::effects::Effects;
use gatewatch_model::record::Digest;
use gatewatch_model::{Position, Record, Stage, Timestamp};

use super::time::FoldTime;
use super::{Fold, StateError};

const PENDING_BYTES_MAX: usize = 32 << 20;

#[derive(Default)]
pub struct CallerFold {
    time: FoldTime,
    callers: Callers,
}

impl Fold for CallerFold {
    const STAGE: Stage = Stage::Callers;

    fn fold(&mut self, _: Position, record: &Record<'_>) {
        match record {
            Record::Digest(digest) => self.callers.fold(digest),
            Record::Tick(at) => self.time.tick(*at),
            // The second journal carries digests and Ticks only.
            Record::Arrival(_) | Record::Control(_) => {}
        }
    }

    fn drain(&mut self) -> Effects {
        let mut effects = Effects::default();
        self.callers.drain(&mut effects);
        effects
    }

    fn discard(&mut self) {
        self.callers.discard();
    }

    fn digests(&mut self) -> Vec<(Position, Digest)> {
        Vec::new()
    }

    fn is_full(&self) -> bool {
        self.callers.pending_bytes() >= PENDING_BYTES_MAX
    }

    fn revision(&self) -> u64 {
        0
    }

    fn received(&self) -> Timestamp {
        self.time.received()
    }

    fn encode(&self, bytes: &mut Vec<u8>) {
        // Writing to memory cannot fail.
        super::seal("fold", bytes, |bytes| {
            drop(minicbor::encode(self.time, bytes));
        });
        super::seal("callers", bytes, |bytes| self.callers.encode(bytes));
    }

    fn decode(mut bytes: &[u8]) -> Result<Self, StateError> {
        let time = super::open("fold", &mut bytes, minicbor::decode)?;
        let callers = super::open("callers", &mut bytes, Callers::decode)?;
        Ok(CallerFold { time, callers })
    }
}
