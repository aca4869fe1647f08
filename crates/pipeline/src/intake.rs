//! The way in: batches and controls go to the journal, or are refused with a reason and a time
//! to try again. Nothing is dropped in silence.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use gatewatch_model::control::{Control, NumberedControl};
use gatewatch_model::definition::Subject;
use gatewatch_model::{CollectionId, Partition, Position, Record};
use gatewatch_ports::definitions::NewDefinition;
use gatewatch_ports::store::Actor;
use gatewatch_ports::{Appended, Batch, Journal, JournalError, Store, StoreError};
use gatewatch_wire::record;

use crate::clock::Clock;
use crate::live::Live;
use crate::subject;

/// Sender names that belong to the pipeline itself begin like this; no token can take them.
pub const OWN_SENDER: &str = "gatewatch/";
const CONTROLS_SENDER: &str = "gatewatch/controls";
const RETRY_SECONDS: u32 = 5;
/// A definition may have some megabytes.
const CONTROLS_AT_ONCE: usize = 8;

#[derive(Clone)]
pub struct Intake {
    inner: Arc<Inner>,
}

struct Inner {
    journal: Arc<dyn Journal>,
    store: Arc<dyn Store>,
    live: Arc<Live>,
    clock: Arc<dyn Clock>,
    gate: Gate,
    /// Controls enter the journal in the order of their revisions.
    controls: Mutex<()>,
}

/// Which partitions a control concerns.
#[derive(PartialEq, Eq)]
enum Home {
    All,
    One(Option<Partition>),
}

/// Open, or closed for one of a few reasons.
#[derive(Debug, Default)]
pub(crate) struct Gate {
    free_bytes: AtomicU64,
    state: AtomicU64,
}

const OPEN: u64 = 0;
const DISK_LOW: u64 = 1;
const CLOSING: u64 = 2;

#[derive(Debug, thiserror::Error)]
pub enum IntakeError {
    #[error(
        "only {free_bytes} bytes are free on the data folder's disk, so nothing new is taken in; \
         free some space, sending goes on by itself"
    )]
    DiskLow { free_bytes: u64 },
    #[error("gatewatch is shutting down; send again when it is back")]
    Closing,
    #[error(
        "the definition has {bytes} bytes as it is kept and at most {bytes_max} are taken; \
         split the document, or leave out what no operation needs"
    )]
    LongDefinition { bytes: usize, bytes_max: usize },
    #[error(transparent)]
    Journal(#[from] JournalError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl IntakeError {
    /// When it makes sense to try again; `None` when the same batch will never do.
    pub fn retry_seconds(&self) -> Option<u32> {
        match self {
            IntakeError::Journal(JournalError::Full { retry_seconds, .. }) => Some(*retry_seconds),
            IntakeError::Journal(
                JournalError::TooLarge { .. } | JournalError::StaleSequence { .. },
            )
            | IntakeError::LongDefinition { .. } => None,
            IntakeError::DiskLow { .. }
            | IntakeError::Closing
            | IntakeError::Journal(_)
            | IntakeError::Store(_) => Some(RETRY_SECONDS),
        }
    }
}

impl Intake {
    pub(crate) fn new(
        journal: Arc<dyn Journal>,
        store: Arc<dyn Store>,
        live: Arc<Live>,
        clock: Arc<dyn Clock>,
    ) -> Intake {
        Intake {
            inner: Arc::new(Inner {
                journal,
                store,
                live,
                clock,
                gate: Gate::default(),
                controls: Mutex::new(()),
            }),
        }
    }

    pub fn partitions(&self) -> u16 {
        self.inner.journal.partitions()
    }

    pub fn clock(&self) -> &dyn Clock {
        &*self.inner.clock
    }

    /// Why nothing is taken in at present, if so: ask before reading a long body.
    pub fn refusal(&self) -> Option<IntakeError> {
        match self.inner.gate.state.load(Ordering::Acquire) {
            OPEN => None,
            DISK_LOW => Some(IntakeError::DiskLow {
                free_bytes: self.inner.gate.free_bytes.load(Ordering::Relaxed),
            }),
            _ => Some(IntakeError::Closing),
        }
    }

    /// Answers when the batch is on disk, with where its records stand.
    pub async fn append(&self, batch: Batch) -> Result<Appended, IntakeError> {
        if let Some(refusal) = self.refusal() {
            self.inner
                .live
                .batches_refused
                .fetch_add(1, Ordering::Relaxed);
            return Err(refusal);
        }
        let records = batch.records();
        let appended = self.inner.journal.append(batch).durable().await;
        self.count(records, appended.as_ref());
        Ok(appended?)
    }

    /// The same from a thread of its own.
    pub fn append_wait(&self, batch: Batch) -> Result<Appended, IntakeError> {
        if let Some(refusal) = self.refusal() {
            return Err(refusal);
        }
        let records = batch.records();
        let appended = self.inner.journal.append(batch).wait();
        self.count(records, appended.as_ref());
        Ok(appended?)
    }

    /// Accepts a control: kept with its audit row first, then in the journal. Blocks.
    pub fn control(
        &self,
        control: &Control,
        actor: &Actor,
    ) -> Result<NumberedControl, IntakeError> {
        self.accept(|store| store.add_control(control, actor))
    }

    /// The same for a definition, which is kept with its document.
    pub fn define(
        &self,
        definition: &NewDefinition,
        actor: &Actor,
    ) -> Result<NumberedControl, IntakeError> {
        let bytes = record::definition_bytes(&definition.definition);
        if bytes > record::DEFINITION_BYTES_MAX {
            return Err(IntakeError::LongDefinition {
                bytes,
                bytes_max: record::DEFINITION_BYTES_MAX,
            });
        }
        self.accept(|store| store.add_definition(definition, actor))
    }

    /// Drops the definition of a collection; `None` if it had none.
    pub fn undefine(
        &self,
        collection: CollectionId,
        actor: &Actor,
    ) -> Result<Option<NumberedControl>, IntakeError> {
        self.accept(|store| store.drop_definition(collection, actor))
    }

    /// Brings into the journal what was accepted and did not get there.
    pub(crate) fn bring_controls(&self) -> Result<(), IntakeError> {
        self.accept(|_| Ok(()))
    }

    pub(crate) fn disk_free(&self, free_bytes: u64, low: bool) {
        self.inner
            .gate
            .free_bytes
            .store(free_bytes, Ordering::Relaxed);
        let (from, to) = if low {
            (OPEN, DISK_LOW)
        } else {
            (DISK_LOW, OPEN)
        };
        // A gate that is closing stays so.
        let _ =
            self.inner
                .gate
                .state
                .compare_exchange(from, to, Ordering::AcqRel, Ordering::Acquire);
    }

    pub(crate) fn close(&self) {
        self.inner.gate.state.store(CLOSING, Ordering::Release);
    }

    /// What is kept enters the journal in the order of its revisions. If that fails it stays
    /// accepted, and the upkeep or the next control brings it in.
    fn accept<T>(
        &self,
        keep: impl FnOnce(&dyn Store) -> Result<T, StoreError>,
    ) -> Result<T, IntakeError> {
        let _in_order = self
            .inner
            .controls
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let kept = keep(&*self.inner.store)?;
        self.bring()?;
        Ok(kept)
    }

    fn bring(&self) -> Result<(), IntakeError> {
        let journal = &self.inner.journal;
        loop {
            let next = journal
                .last_sequence(CONTROLS_SENDER)
                .map_or(1, |it| it + 1);
            let waiting = self.inner.store.controls_from(next, CONTROLS_AT_ONCE)?;
            if waiting.is_empty() {
                return Ok(());
            }
            for control in waiting {
                journal.append(self.control_batch(control)?).wait()?;
            }
        }
    }

    /// A definition is large: only the partition that knows its collection gets it, the others
    /// its revision. One whose collection has gone concerns nobody.
    fn control_batch(&self, control: NumberedControl) -> Result<Batch, StoreError> {
        let mut batch = Batch::from_sender(CONTROLS_SENDER, control.revision);
        let elsewhere = Record::Control(NumberedControl {
            revision: control.revision,
            at: control.at,
            control: Control::Elsewhere,
        });
        let home = match &control.control {
            Control::Define { subject, .. } => Home::One(self.home(subject)?),
            _ => Home::All,
        };
        let record = Record::Control(control);
        for partition in (0..self.partitions()).map(Partition) {
            let is_home = home == Home::All || home == Home::One(Some(partition));
            let record = if is_home { &record } else { &elsewhere };
            batch.push(partition, |bytes| record::encode(record, bytes));
        }
        Ok(batch)
    }

    fn home(&self, subject: &Subject) -> Result<Option<Partition>, StoreError> {
        match subject {
            Subject::Collection(id) => self.inner.store.collection_home(*id),
            _ => Ok(subject::partition_of(subject, self.partitions())),
        }
    }

    fn count(&self, records: u64, appended: Result<&Appended, &JournalError>) {
        let live = &self.inner.live;
        match appended {
            Ok(Appended::Written(_)) => live
                .exchanges_accepted
                .fetch_add(records, Ordering::Relaxed),
            Ok(Appended::Duplicate) => live.batches_duplicate.fetch_add(1, Ordering::Relaxed),
            Err(_) => live.batches_refused.fetch_add(1, Ordering::Relaxed),
        };
    }
}

/// Whether everything up to and including a batch has become visible.
pub fn is_visible(live: &Live, ends: &[(Partition, Position)]) -> bool {
    ends.iter().all(|(partition, end)| {
        live.reached(gatewatch_model::Stage::Exchanges, *partition)
            .effects
            >= *end
    })
}
