//! One partition in the hands of a shard: its state, its two positions, and what it must skip.

use std::collections::BTreeSet;
use std::time::Instant;

use gatewatch_model::{Partition, Position};
use gatewatch_ports::{Store, StoreError};

use crate::fold::{Fold, Key, StateError};
use crate::marker::Mark;
use crate::poison;
use crate::snapshots::Due;

pub(crate) struct Part<F> {
    pub partition: Partition,
    pub fold: F,
    /// The next record to fold.
    pub position: Position,
    /// Effects are in the store below this …
    pub effects: Position,
    /// … and state is in a snapshot below this.
    pub state: Position,
    pub skips: BTreeSet<Position>,
    pub mark: Mark,
    /// This start has begun to fold and has not yet committed.
    pub armed: bool,
    pub due: Due,
    pub snapshot_at: Instant,
    pub exchanges: u64,
}

#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(
        "{0}; restore the latest backup with `gatewatch restore`, or start the release that wrote it"
    )]
    State(#[from] StateError),
    #[error("cannot read the state: {0}; restore the latest backup with `gatewatch restore`")]
    Panicked(Box<str>),
}

impl<F: Fold> Part<F> {
    pub fn load(
        store: &dyn Store,
        key: Option<&Key>,
        partition: Partition,
    ) -> Result<Part<F>, LoadError> {
        let loaded = store.load(F::STAGE, partition)?;
        let (mut fold, state, bytes) = match loaded.snapshot {
            Some(snapshot) => {
                let fold = poison::caught(|| F::decode(&snapshot.bytes))
                    .map_err(LoadError::Panicked)??;
                (fold, snapshot.position, snapshot.bytes.len() as u64)
            }
            None => (F::default(), Position::START, 0),
        };
        if let Some(key) = key {
            fold.set_key(&key.0);
        }
        Ok(Part {
            partition,
            fold,
            position: state,
            effects: loaded.effects_position,
            state,
            skips: loaded.skips.into_iter().collect(),
            mark: Mark {
                stage: F::STAGE,
                partition,
                position: loaded.effects_position,
                level: 0,
                until: Position::START,
                alone: false,
            },
            armed: false,
            due: Due {
                last_bytes: bytes,
                ..Due::default()
            },
            snapshot_at: Instant::now(),
            exchanges: 0,
        })
    }

    /// Back to the last snapshot: what is in memory is not to be trusted.
    pub fn reload(&mut self, store: &dyn Store, key: Option<&Key>) -> Result<(), LoadError> {
        let fresh = Part::load(store, key, self.partition)?;
        *self = Part {
            mark: self.mark,
            armed: self.armed,
            snapshot_at: self.snapshot_at,
            due: Due {
                reloaded: true,
                ..fresh.due
            },
            ..fresh
        };
        Ok(())
    }

    /// Goes on to `next`. Below the effects position everything has taken effect before a
    /// restart; reaching it, what was collected on the way is forgotten.
    pub fn advance(&mut self, next: Position) {
        let replaying = self.position < self.effects;
        self.position = next;
        if replaying && next >= self.effects {
            self.forget_pending();
        }
    }

    /// Drops what a replay has gathered so far, so that a long one stays small.
    pub fn forget_replayed(&mut self) {
        if self.position < self.effects {
            self.forget_pending();
        }
    }

    pub fn has_news(&self) -> bool {
        self.position > self.effects
    }

    fn forget_pending(&mut self) {
        self.fold.discard();
        drop(self.fold.digests());
        self.exchanges = 0;
    }
}
