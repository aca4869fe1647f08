//! One thread that folds several partitions of one stage: read, fold, checkpoint, snapshot.
//! It keeps two positions per partition: effects are in the store up to the one, state is in a
//! snapshot up to the other; a restart folds from the second and discards effects up to the first.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use gatewatch_model::{Exchange, Partition, Position, Record};
use gatewatch_ports::store::Skip;
use gatewatch_ports::{Chunk, Cursor, Journal, JournalError, Store, StoreError};
use gatewatch_wire::record::{self, WireError};

use crate::care::Care;
use crate::checkpoint::Pending;
use crate::clock::Clock;
use crate::fold::{Fold, Key};
use crate::live::{Live, Reached};
use crate::marker::{Approach, Mark};
use crate::outbound::Outbound;
use crate::part::{LoadError, Part};
use crate::poison;
use crate::snapshots::Writing;

/// What a shard works with.
#[derive(Clone)]
pub(crate) struct Surroundings {
    pub journal: Arc<dyn Journal>,
    pub store: Arc<dyn Store>,
    pub key: Option<Key>,
    pub live: Arc<Live>,
    pub clock: Arc<dyn Clock>,
    pub care: Arc<Care>,
    /// Where digests go; the second stage has none.
    pub outbound: Option<Outbound>,
}

pub(crate) struct Shard<F: Fold> {
    pub(crate) around: Surroundings,
    pub(crate) parts: Vec<Part<F>>,
    /// Gathered and drained, waiting for the store to take it.
    pub(crate) pending: Option<Pending>,
    pub(crate) writing: Option<Writing>,
    /// A record that must be set aside before its partition's memory is used again.
    owed: Option<(usize, Skip)>,
    /// `None` when what was read and what is to be folded next are no longer the same.
    cursor: Option<Box<dyn Cursor>>,
}

#[derive(Debug, thiserror::Error)]
pub enum ShardError {
    #[error(transparent)]
    Load(#[from] LoadError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Journal(#[from] JournalError),
    #[error("{0}; nothing is lost when the release that wrote it is started again")]
    OtherRelease(#[source] WireError),
}

impl ShardError {
    /// Whether waiting can help.
    pub fn may_pass(&self) -> bool {
        match self {
            ShardError::Store(error) | ShardError::Load(LoadError::Store(error)) => !matches!(
                error,
                StoreError::Superseded { .. }
                    | StoreError::TooNew { .. }
                    | StoreError::Damaged { .. }
            ),
            ShardError::Journal(error) => {
                !matches!(error, JournalError::Gone { .. } | JournalError::Closed)
            }
            ShardError::Load(_) | ShardError::OtherRelease(_) => false,
        }
    }
}

/// Why folding of a chunk ended before its end.
enum Interrupted {
    /// The rest is to be read again.
    Reread,
    Failed(ShardError),
}

impl<F: Fold> Shard<F> {
    pub fn load(around: Surroundings, partitions: &[Partition]) -> Result<Shard<F>, ShardError> {
        let mut parts = Vec::with_capacity(partitions.len());
        for partition in partitions {
            let mut part = Part::load(&*around.store, around.key.as_ref(), *partition)?;
            part.mark = around.care.mark(part.mark, around.journal.end(*partition));
            if part.mark.approach() != Approach::Usual {
                tracing::warn!(
                    partition = partition.0,
                    stage = F::STAGE.name(),
                    level = part.mark.level,
                    "folding carefully, because the process died here before"
                );
            }
            parts.push(part);
        }
        let shard = Shard {
            cursor: Some(open_behind_losses(&around, &mut parts)?),
            around,
            parts,
            pending: None,
            writing: None,
            owed: None,
        };
        shard.tell_positions();
        shard.skip_the_deadly()
    }

    /// Reads and folds one chunk; false when nothing came within `wait`.
    pub fn step(&mut self, wait: Duration) -> Result<bool, ShardError> {
        self.settle()?;
        let cursor = match &mut self.cursor {
            Some(cursor) => cursor,
            None => self.cursor.insert(open_cursor(&self.around, &self.parts)?),
        };
        let Some(chunk) = cursor.next(wait)? else {
            return Ok(false);
        };
        let Some(at) = self
            .parts
            .iter()
            .position(|it| it.partition == chunk.partition)
        else {
            return Ok(true);
        };
        let folded = self.fold_chunk(at, &chunk);
        if folded.is_err() {
            // What was read and not folded must be read again.
            self.cursor = None;
        }
        match folded {
            Ok(()) => {
                let folded = &self.around.live.records_folded;
                folded.fetch_add(u64::from(chunk.count), Ordering::Relaxed);
                Ok(true)
            }
            Err(Interrupted::Reread) => Ok(true),
            Err(Interrupted::Failed(error)) => Err(error),
        }
    }

    /// Whether effects have gathered beyond what should wait for the next checkpoint.
    pub fn is_full(&self) -> bool {
        self.parts
            .iter()
            .any(|it| it.has_news() && it.fold.is_full())
    }

    fn fold_chunk(&mut self, at: usize, chunk: &Chunk) -> Result<(), Interrupted> {
        if chunk.first > self.parts[at].position {
            miss(&mut self.parts[at], chunk.first);
        }
        if let Approach::Careful { stride, until } = self.parts[at].mark.approach() {
            return self.fold_carefully(at, chunk, stride, until);
        }
        let care = Arc::clone(&self.around.care);
        let _together = care.together();
        if !self.parts[at].armed {
            self.parts[at].armed = true;
            care.arm(self.parts[at].mark);
        }
        for (position, bytes) in chunk.records() {
            self.fold_record(at, position, bytes)?;
        }
        self.parts[at].forget_replayed();
        Ok(())
    }

    /// A stride at a time, alone, each committed before the next.
    fn fold_carefully(
        &mut self,
        at: usize,
        chunk: &Chunk,
        stride: u64,
        until: Position,
    ) -> Result<(), Interrupted> {
        let mut records = chunk.records().peekable();
        while let Some((position, bytes)) = records.peek().copied() {
            if position < self.parts[at].effects {
                // It has been folded before and nobody died of it.
                records.next();
                self.fold_record(at, position, bytes)?;
                self.parts[at].forget_replayed();
                continue;
            }
            self.fold_stride(at, &mut records.by_ref().take(stride as usize))?;
            self.checkpoint(false).map_err(Interrupted::Failed)?;
            if self.parts[at].effects >= until {
                self.trust(at);
                return Err(Interrupted::Reread);
            }
        }
        Ok(())
    }

    /// Nobody else folds meanwhile. What is written afterwards is not part of it, so that a
    /// plug pulled during a slow write says nothing against the records.
    fn fold_stride(
        &mut self,
        at: usize,
        records: &mut dyn Iterator<Item = (Position, &[u8])>,
    ) -> Result<(), Interrupted> {
        let care = Arc::clone(&self.around.care);
        let mark = Mark {
            position: self.parts[at].effects,
            ..self.parts[at].mark
        };
        let _alone = care.alone(mark);
        for (position, bytes) in records {
            self.fold_record(at, position, bytes)?;
        }
        self.prepare();
        Ok(())
    }

    /// The danger is past: this partition folds as usual again.
    fn trust(&mut self, at: usize) {
        let part = &mut self.parts[at];
        (part.mark.level, part.mark.position, part.armed) = (0, part.effects, false);
        self.around.care.disarm(F::STAGE, part.partition);
    }

    fn fold_record(
        &mut self,
        at: usize,
        position: Position,
        bytes: &[u8],
    ) -> Result<(), Interrupted> {
        let part = &mut self.parts[at];
        if position < part.position {
            return Ok(());
        }
        if part.skips.contains(&position) {
            part.advance(position.next());
            return Ok(());
        }
        let record = match record::decode(bytes) {
            Ok(record) => record,
            // Set aside it would stay so for good, and the release that knows it never see it.
            Err(error @ (WireError::OtherVersion { .. } | WireError::UnknownKind { .. })) => {
                return Err(Interrupted::Failed(ShardError::OtherRelease(error)));
            }
            Err(error) => {
                self.owe(at, position, None, &error.to_string());
                return Err(Interrupted::Reread);
            }
        };
        let fold = &mut part.fold;
        match poison::caught(|| fold.fold(position, &record)) {
            Ok(()) => {
                part.due.changed |= !matches!(record, Record::Tick(_));
                part.exchanges += u64::from(matches!(record, Record::Arrival(_)));
                part.advance(position.next());
                Ok(())
            }
            Err(reason) => {
                self.owe(at, position, Some(&record), &reason);
                Err(Interrupted::Reread)
            }
        }
    }

    fn owe(&mut self, at: usize, position: Position, record: Option<&Record<'_>>, reason: &str) {
        let (source, head) = redacted_head(record);
        let skip = Skip {
            stage: F::STAGE,
            partition: self.parts[at].partition,
            position,
            at: self.around.clock.now(),
            source,
            head,
            reason: reason.into(),
        };
        self.owed = Some((at, skip));
    }

    /// Commits an owed skip, then loads its partition anew: its memory is not to be trusted.
    pub(crate) fn settle(&mut self) -> Result<(), ShardError> {
        let Some((at, skip)) = &self.owed else {
            return Ok(());
        };
        self.around.store.set_aside(skip)?;
        self.parts[*at].reload(&*self.around.store, self.around.key.as_ref())?;
        self.cursor = None;
        // Its state would count as written, and the journal let go of what is folded again now.
        self.writing.take_if(|it| it.partition == skip.partition);
        tracing::error!(
            stage = skip.stage.name(),
            partition = skip.partition.0,
            position = skip.position.0,
            reason = %skip.reason,
            "a record was set aside; everything else goes on, see /api/v1/set-aside"
        );
        self.around
            .live
            .records_set_aside
            .fetch_add(1, Ordering::Relaxed);
        self.owed = None;
        Ok(())
    }

    /// Sets aside what killed the process at stride one.
    fn skip_the_deadly(mut self) -> Result<Shard<F>, ShardError> {
        for at in 0..self.parts.len() {
            if let Approach::Skip { position } = self.parts[at].mark.approach() {
                self.owe(
                    at,
                    position,
                    None,
                    "the process died each time it was folded",
                );
                self.settle()?;
                self.trust(at);
            }
        }
        Ok(self)
    }

    /// Throws all memory away and begins where the store stands.
    pub fn reload(&mut self) -> Result<(), ShardError> {
        (self.pending, self.writing, self.owed) = (None, None, None);
        for part in &mut self.parts {
            part.reload(&*self.around.store, self.around.key.as_ref())?;
        }
        self.cursor = None;
        self.tell_positions();
        Ok(())
    }

    pub(crate) fn tell_positions(&self) {
        for part in &self.parts {
            self.around.live.reach(&Reached {
                stage: F::STAGE,
                partition: part.partition,
                effects: part.effects,
                state: part.state,
                received: part.fold.received(),
            });
        }
        let released: Vec<_> = self
            .parts
            .iter()
            .map(|it| (it.partition, it.state))
            .collect();
        self.around.journal.release(&released);
    }
}

/// Opens at the states' positions, or where the journal begins if it has lost what came between:
/// there is nobody else to ask for it.
fn open_behind_losses<F: Fold>(
    around: &Surroundings,
    parts: &mut [Part<F>],
) -> Result<Box<dyn Cursor>, JournalError> {
    loop {
        let error = match open_cursor(around, parts) {
            Ok(cursor) => return Ok(cursor),
            Err(error) => error,
        };
        let JournalError::Gone {
            partition, oldest, ..
        } = error
        else {
            return Err(error);
        };
        let behind = parts
            .iter_mut()
            .find(|it| it.partition == partition && it.position < oldest);
        miss(behind.ok_or(error)?, oldest);
    }
}

/// Goes on at `first` without what stood before it.
fn miss<F: Fold>(part: &mut Part<F>, first: Position) {
    tracing::error!(
        stage = F::STAGE.name(),
        partition = part.partition.0,
        records = first.0 - part.position.0,
        "records are missing from the journal; folding goes on behind them, look at its disk and \
         restore a backup if totals matter"
    );
    part.advance(first);
}

fn open_cursor<F: Fold>(
    around: &Surroundings,
    parts: &[Part<F>],
) -> Result<Box<dyn Cursor>, JournalError> {
    let from: Vec<_> = parts.iter().map(|it| (it.partition, it.position)).collect();
    around.journal.cursor(&from)
}

/// The source, and method and template; a value that stands in the path is not shown.
fn redacted_head(record: Option<&Record<'_>>) -> (Box<str>, Box<str>) {
    match record {
        Some(Record::Arrival(arrival)) => {
            let head = poison::caught(|| method_and_template(&arrival.exchange));
            let head = head.unwrap_or_else(|_| "(its head cannot be read either)".into());
            ((*arrival.source).into(), head)
        }
        Some(Record::Control(control)) => (
            "".into(),
            format!("control {}", control.control.name()).into(),
        ),
        Some(Record::Tick(_)) => ("".into(), "tick".into()),
        Some(Record::Digest(_)) => ("".into(), "digest".into()),
        None => ("".into(), "(not read)".into()),
    }
}

fn method_and_template(exchange: &Exchange<'_>) -> Box<str> {
    let mut path = gatewatch_decode::Path::default();
    path.read(exchange);
    let mut head = format!("{} ", gatewatch_decode::method(exchange).0);
    gatewatch_inventory::template::write(&path, &mut head);
    head.into()
}
