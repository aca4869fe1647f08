//! Checkpoints: digests first, then effects, positions and snapshot parts in one transaction.
//! What the store does not take is kept and offered again; meanwhile the shard folds nothing.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use gatewatch_model::effects::Effects;
use gatewatch_ports::Batch;
use gatewatch_ports::store::Checkpoint;

use crate::fold::Fold;
use crate::live::Change;
use crate::marker::CAREFUL_LEVEL;
use crate::part::Part;
use crate::shard::{Shard, ShardError};
use crate::snapshots::{Due, Writing};

/// A checkpoint that is ready to be written.
pub(crate) struct Pending {
    digests: Vec<Batch>,
    checkpoints: Vec<Checkpoint>,
    change: Change,
}

impl<F: Fold> Shard<F> {
    /// Writes what has gathered. With `everything`, all changed states too, as whole snapshots:
    /// the next start then folds nothing again.
    pub fn checkpoint(&mut self, everything: bool) -> Result<(), ShardError> {
        self.settle()?;
        self.write_pending()?;
        self.start_snapshot(everything);
        if let Some(pending) = self.gather(everything) {
            self.pending = Some(pending);
            self.write_pending()?;
        }
        Ok(())
    }

    /// Draws up the next checkpoint without writing it.
    pub(crate) fn prepare(&mut self) {
        if self.pending.is_none() {
            self.pending = self.gather(false);
        }
    }

    /// Whether states are still to be written before a quick next start. Those that stand behind
    /// their effects cannot be.
    pub fn has_unwritten_state(&self) -> bool {
        self.pending.is_some()
            || self.writing.is_some()
            || self.parts.iter().any(|it| {
                let ahead = it.position >= it.effects && it.position > it.state;
                ahead && (it.due.changed || it.state.0 == 0)
            })
    }

    /// This run ends in good order; the next start need not suspect it.
    pub fn calm(&mut self) {
        for part in self.parts.iter_mut().filter(|it| it.armed) {
            part.armed = false;
            self.around.care.disarm(F::STAGE, part.partition);
        }
    }

    fn write_pending(&mut self) -> Result<(), ShardError> {
        let Some(pending) = &mut self.pending else {
            return Ok(());
        };
        if let Some(outbound) = &self.around.outbound {
            while let Some(batch) = pending.digests.last() {
                outbound.append(batch)?;
                pending.digests.pop();
            }
        }
        let started = Instant::now();
        self.around.store.commit(&pending.checkpoints)?;
        self.note_cost(started.elapsed());
        if let Some(Pending {
            checkpoints,
            change,
            ..
        }) = self.pending.take()
        {
            self.committed(&checkpoints);
            self.around.live.tell(change);
        }
        Ok(())
    }

    fn committed(&mut self, checkpoints: &[Checkpoint]) {
        for checkpoint in checkpoints {
            let Some(part) = self
                .parts
                .iter_mut()
                .find(|it| it.partition == checkpoint.partition)
            else {
                continue;
            };
            part.effects = checkpoint.to;
            if part.armed && part.mark.level < CAREFUL_LEVEL && checkpoint.to > part.mark.position {
                part.armed = false;
                part.mark.level = 0;
                self.around.care.disarm(F::STAGE, part.partition);
            }
        }
        if let Some(writing) = self.writing.take_if(|it| it.is_written())
            && let Some(part) = self
                .parts
                .iter_mut()
                .find(|it| it.partition == writing.partition)
        {
            part.state = writing.position;
        }
        self.tell_positions();
    }

    fn gather(&mut self, everything: bool) -> Option<Pending> {
        let mut pending = Pending {
            digests: Vec::new(),
            checkpoints: Vec::new(),
            change: Change {
                stage: F::STAGE,
                exchanges: 0,
                endpoints: 0,
                collections: 0,
            },
        };
        for part in &mut self.parts {
            let snapshot = match &mut self.writing {
                Some(writing) if writing.partition == part.partition => writing.steps(everything),
                _ => Vec::new(),
            };
            if !part.has_news() && snapshot.is_empty() {
                continue;
            }
            let checkpoint = draw(part);
            pending.change.exchanges += std::mem::take(&mut part.exchanges);
            pending.change.endpoints += checkpoint.effects.endpoints.len() as u64;
            pending.change.collections += checkpoint.effects.collections.len() as u64;
            let outbound = self.around.outbound.as_ref();
            let digests = part.fold.digests();
            pending
                .digests
                .extend(outbound.and_then(|it| it.batch(part.partition, digests)));
            pending.checkpoints.push(Checkpoint {
                snapshot,
                ..checkpoint
            });
        }
        (!pending.checkpoints.is_empty()).then_some(pending)
    }

    /// Encodes the partition that has waited longest beyond its time, if none is on its way.
    fn start_snapshot(&mut self, everything: bool) {
        if self.writing.is_some() {
            return;
        }
        let journal = self.around.journal.health();
        let pressed = journal.bytes > journal.bytes_max / 2;
        let overdue = |part: &Part<F>| {
            let waited = part.snapshot_at.elapsed().as_secs();
            let due = if everything {
                0
            } else {
                part.due.after_seconds(pressed)
            };
            (part.position >= part.effects && part.position > part.state && waited >= due)
                .then_some(waited)
        };
        let next = self
            .parts
            .iter_mut()
            .max_by_key(|it| overdue(it))
            .filter(|it| overdue(it).is_some());
        if let Some(part) = next {
            let mut bytes = Vec::with_capacity(part.due.last_bytes as usize + 1_024);
            part.fold.encode(&mut bytes);
            let writing = Writing::new(part.partition, part.position, bytes);
            part.due = Due {
                last_bytes: writing.bytes(),
                ..Due::default()
            };
            part.snapshot_at = Instant::now();
            self.writing = Some(writing);
        }
    }

    fn note_cost(&self, cost: Duration) {
        let live = &self.around.live;
        live.checkpoints.fetch_add(1, Ordering::Relaxed);
        live.checkpoint_micros
            .fetch_add(cost.as_micros() as u64, Ordering::Relaxed);
    }
}

/// A part that is still replaying has nothing to write but its snapshot.
fn draw<F: Fold>(part: &mut Part<F>) -> Checkpoint {
    let (from, to) = (part.effects, part.position.max(part.effects));
    let effects = if to > from {
        part.fold.drain()
    } else {
        Effects::default()
    };
    Checkpoint {
        stage: F::STAGE,
        partition: part.partition,
        from,
        to,
        revision: part.fold.revision(),
        effects,
        snapshot: Vec::new(),
    }
}
