//! Who may fold when. Usually all shards fold side by side; a partition that has killed the
//! process before folds alone, so that the next death names it.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use gatewatch_model::{Partition, Position, Stage};

use crate::marker::{CAREFUL_LEVEL, Mark, Marks};

pub(crate) struct Care {
    marks: Box<dyn Marks>,
    found: Vec<Mark>,
    /// Partitions that have begun to fold and not yet committed, and careful ones.
    armed: Mutex<BTreeMap<(Stage, Partition), Mark>>,
    turn: RwLock<()>,
}

/// Held while one partition folds a stride alone.
pub(crate) struct Alone<'c> {
    care: &'c Care,
    mark: Mark,
    _turn: RwLockWriteGuard<'c, ()>,
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

    /// The note of a partition for this run: `fresh`, unless the last run died.
    pub fn mark(&self, fresh: Mark, end: Position) -> Mark {
        let same = |it: &&Mark| (it.stage, it.partition) == (fresh.stage, fresh.partition);
        let mark = self
            .found
            .iter()
            .find(same)
            .map_or(fresh, |it| it.after_death(fresh.position, end));
        if mark.level >= CAREFUL_LEVEL {
            self.arm(mark);
        }
        mark
    }

    /// To be held while folding as usual.
    pub fn together(&self) -> RwLockReadGuard<'_, ()> {
        self.turn.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn alone(&self, mark: Mark) -> Alone<'_> {
        let turn = self.turn.write().unwrap_or_else(PoisonError::into_inner);
        self.arm(Mark {
            alone: true,
            ..mark
        });
        Alone {
            care: self,
            mark,
            _turn: turn,
        }
    }

    pub fn arm(&self, mark: Mark) {
        let mut armed = self.armed();
        armed.insert((mark.stage, mark.partition), mark);
        self.write(&armed);
    }

    pub fn disarm(&self, stage: Stage, partition: Partition) {
        let mut armed = self.armed();
        armed.remove(&(stage, partition));
        self.write(&armed);
    }

    fn armed(&self) -> MutexGuard<'_, BTreeMap<(Stage, Partition), Mark>> {
        self.armed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// While one folds alone nobody else does, so a death then speaks against no other.
    fn write(&self, armed: &BTreeMap<(Stage, Partition), Mark>) {
        let someone_alone = armed.values().any(|it| it.alone);
        let suspects = armed
            .values()
            .filter(|it| it.level >= CAREFUL_LEVEL || !someone_alone);
        if let Err(error) = self.marks.write(&suspects.copied().collect::<Vec<_>>()) {
            // Folding goes on: without the note only the search for a deadly record is slower.
            tracing::warn!(%error, "cannot write the folding marker into the data folder");
        }
    }
}

impl Drop for Alone<'_> {
    fn drop(&mut self) {
        self.care.arm(Mark {
            alone: false,
            ..self.mark
        });
    }
}
