//! Who may fold when. Usually all shards fold side by side; a partition that has killed the
//! process before folds alone, so that the next death names it.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use gatewatch_model::{Partition, Position, Stage};

use crate::marker::{Approach, Mark, Marks};

pub(crate) struct Care {
    marks: Box<dyn Marks>,
    found: Vec<Mark>,
    /// Partitions that have begun to fold and not yet committed.
    armed: Mutex<BTreeMap<(Stage, Partition), Mark>>,
    turn: RwLock<()>,
}

impl Care {
    pub fn new(marks: Box<dyn Marks>) -> Care {
        let found = marks.read();
        Care {
            marks,
            found,
            armed: Mutex::default(),
            turn: RwLock::default(),
        }
    }

    /// How a partition is to fold after this start, and its note.
    pub fn approach(&self, fresh: Mark, end: Position) -> (Approach, Mark) {
        let found = self
            .found
            .iter()
            .find(|it| (it.stage, it.partition) == (fresh.stage, fresh.partition));
        found.map_or((Approach::Usual, fresh), |it| {
            it.after_death(fresh.position, end)
        })
    }

    /// To be held while folding as usual.
    pub fn together(&self) -> RwLockReadGuard<'_, ()> {
        self.turn.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// To be held while folding carefully; the note on disk names this partition alone.
    pub fn alone(&self, mark: Mark) -> RwLockWriteGuard<'_, ()> {
        let guard = self.turn.write().unwrap_or_else(PoisonError::into_inner);
        self.write(&[mark]);
        guard
    }

    pub fn arm(&self, mark: Mark) {
        let mut armed = self.armed.lock().unwrap_or_else(PoisonError::into_inner);
        armed.insert((mark.stage, mark.partition), mark);
        self.write(&armed.values().copied().collect::<Vec<_>>());
    }

    pub fn disarm(&self, stage: Stage, partition: Partition) {
        let mut armed = self.armed.lock().unwrap_or_else(PoisonError::into_inner);
        armed.remove(&(stage, partition));
        self.write(&armed.values().copied().collect::<Vec<_>>());
    }

    fn write(&self, marks: &[Mark]) {
        if let Err(error) = self.marks.write(marks) {
            // Folding goes on: without the note only the search for a deadly record is slower.
            tracing::warn!(%error, "cannot write the folding marker into the data folder");
        }
    }
}
