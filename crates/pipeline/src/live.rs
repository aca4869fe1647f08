//! What is going on right now, shared by everything that runs: positions, counters, and a
//! channel on which each checkpoint is told. It holds numbers only.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use gatewatch_model::{Partition, Position, Stage, Timestamp};
use tokio::sync::broadcast;

const CHANGES_MAX: usize = 64;
/// Sources whose refusals are counted since the start.
const SOURCES_MAX: usize = 1_000;

/// A checkpoint that changed something a page may show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Change {
    pub stage: Stage,
    pub exchanges: u64,
    pub endpoints: u64,
    pub collections: u64,
}

#[derive(Debug)]
pub struct Live {
    pub exchanges_accepted: AtomicU64,
    pub lines_refused: AtomicU64,
    pub batches_duplicate: AtomicU64,
    pub batches_refused: AtomicU64,
    pub records_folded: AtomicU64,
    pub checkpoints: AtomicU64,
    pub checkpoint_micros: AtomicU64,
    pub checkpoint_failures: AtomicU64,
    pub records_set_aside: AtomicU64,
    /// Set when a thread has stopped for good; readiness follows.
    pub stalled: AtomicBool,
    parts: Vec<PartLive>,
    refused: Mutex<BTreeMap<Box<str>, u64>>,
    changes: broadcast::Sender<Change>,
}

/// One partition of one stage.
#[derive(Debug, Default)]
struct PartLive {
    effects: AtomicU64,
    state: AtomicU64,
    received: AtomicI64,
}

/// How far a partition has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reached {
    pub stage: Stage,
    pub partition: Partition,
    /// All records below are visible to readers.
    pub effects: Position,
    /// All records below are in a snapshot, so the journal may let them go.
    pub state: Position,
    /// The highest receive stamp that is visible.
    pub received: Timestamp,
}

impl Live {
    pub fn new(partitions: u16) -> Live {
        Live {
            exchanges_accepted: AtomicU64::default(),
            lines_refused: AtomicU64::default(),
            batches_duplicate: AtomicU64::default(),
            batches_refused: AtomicU64::default(),
            records_folded: AtomicU64::default(),
            checkpoints: AtomicU64::default(),
            checkpoint_micros: AtomicU64::default(),
            checkpoint_failures: AtomicU64::default(),
            records_set_aside: AtomicU64::default(),
            stalled: AtomicBool::default(),
            parts: (0..usize::from(partitions) * Stage::ALL.len())
                .map(|_| PartLive::default())
                .collect(),
            refused: Mutex::default(),
            changes: broadcast::channel(CHANGES_MAX).0,
        }
    }

    pub fn partitions(&self) -> u16 {
        (self.parts.len() / Stage::ALL.len()) as u16
    }

    pub fn changes(&self) -> broadcast::Receiver<Change> {
        self.changes.subscribe()
    }

    pub fn reached(&self, stage: Stage, partition: Partition) -> Reached {
        let part = self.part(stage, partition);
        Reached {
            stage,
            partition,
            effects: Position(part.effects.load(Ordering::Acquire)),
            state: Position(part.state.load(Ordering::Acquire)),
            received: Timestamp(part.received.load(Ordering::Acquire)),
        }
    }

    pub fn all_reached(&self) -> impl Iterator<Item = Reached> {
        Stage::ALL.into_iter().flat_map(move |stage| {
            (0..self.partitions()).map(move |it| self.reached(stage, Partition(it)))
        })
    }

    /// Lines that a source sent and that could not be read, since the start.
    pub fn refuse_lines(&self, source: &str, lines: u64) {
        if lines == 0 {
            return;
        }
        self.lines_refused.fetch_add(lines, Ordering::Relaxed);
        let mut refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = refused.get_mut(source) {
            *count += lines;
        } else if refused.len() < SOURCES_MAX {
            refused.insert(source.into(), lines);
        }
    }

    pub fn lines_refused_by(&self, source: &str) -> u64 {
        self.refused
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(source)
            .copied()
            .unwrap_or(0)
    }

    pub(crate) fn reach(&self, reached: &Reached) {
        let part = self.part(reached.stage, reached.partition);
        part.state.store(reached.state.0, Ordering::Release);
        part.received.store(reached.received.0, Ordering::Release);
        part.effects.store(reached.effects.0, Ordering::Release);
    }

    pub(crate) fn tell(&self, change: Change) {
        // Nobody listening is no error.
        let _ = self.changes.send(change);
    }

    fn part(&self, stage: Stage, partition: Partition) -> &PartLive {
        let row = match stage {
            Stage::Exchanges => 0,
            Stage::Callers => usize::from(self.partitions()),
        };
        &self.parts[row + usize::from(partition.0)]
    }
}
