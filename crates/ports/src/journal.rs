//! The durable ordered log. Records are bytes here; what they mean is `wire`'s business.
//! Positions are dense per partition and independent of how records were batched.

use std::time::Duration;

use gatewatch_model::{Partition, Position};
use tokio::sync::oneshot;

/// A record longer than this is not taken.
pub const RECORD_BYTES_MAX: usize = 8 << 20;
pub const SENDER_BYTES_MAX: usize = 128;
pub const SENDERS_MAX: usize = 100_000;
/// Batches of one sender that may be on their way at once, in any order.
pub const SEQUENCE_WINDOW: u64 = 64;

pub trait Journal: Send + Sync {
    fn partitions(&self) -> u16;

    /// Takes a batch in. The receipt answers when the batch is on disk, or why it will never be.
    /// A batch is atomic: after a crash all of its records are there or none.
    fn append(&self, batch: Batch) -> Receipt;

    /// Reads the named partitions, each from its position on. A position below what is kept
    /// is an error, not a gap.
    fn cursor(&self, from: &[(Partition, Position)]) -> Result<Box<dyn Cursor>, JournalError>;

    /// Where the next record of that partition will stand; all below it are durable.
    fn end(&self, partition: Partition) -> Position;

    /// The highest sequence that is on disk for that sender, if it is still known.
    fn last_sequence(&self, sender: &str) -> Option<u64>;

    /// Everything below these positions has been folded and may go. Partitions not named keep
    /// what they have. Never blocks for long; space comes back soon after.
    fn release(&self, below: &[(Partition, Position)]);

    fn health(&self) -> JournalHealth;
}

pub trait Cursor: Send {
    /// The next run of records of one partition, in order; `None` when nothing new became
    /// durable within `wait`.
    fn next(&mut self, wait: Duration) -> Result<Option<Chunk>, JournalError>;
}

/// Records bound for their partitions, to be written together.
#[derive(Clone, Debug, Default)]
pub struct Batch {
    pub sender: Option<Sender>,
    sections: Vec<Section>,
}

/// Who sends this batch and which of its batches it is; makes a retry harmless.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sender {
    pub name: Box<str>,
    pub sequence: u64,
}

/// The records of one partition: each a little-endian `u32` length and its bytes.
#[derive(Clone, Debug)]
pub struct Section {
    pub partition: Partition,
    pub count: u32,
    pub bytes: Vec<u8>,
}

impl Batch {
    pub fn from_sender(name: &str, sequence: u64) -> Batch {
        Batch {
            sender: Some(Sender {
                name: name.into(),
                sequence,
            }),
            sections: Vec::new(),
        }
    }

    /// Adds a record, which `write` appends to the buffer it is given.
    pub fn push(&mut self, partition: Partition, write: impl FnOnce(&mut Vec<u8>)) {
        let section = self.section(partition);
        let start = section.bytes.len();
        section.bytes.extend_from_slice(&[0; 4]);
        write(&mut section.bytes);
        let length = (section.bytes.len() - start - 4) as u32;
        section.bytes[start..start + 4].copy_from_slice(&length.to_le_bytes());
        section.count += 1;
    }

    /// In order of partition, each partition once, none empty.
    pub fn sections(&self) -> &[Section] {
        &self.sections
    }

    pub fn is_empty(&self) -> bool {
        self.sections.is_empty()
    }

    pub fn records(&self) -> u64 {
        self.sections.iter().map(|it| u64::from(it.count)).sum()
    }

    pub fn bytes(&self) -> usize {
        self.sections.iter().map(|it| it.bytes.len()).sum()
    }

    fn section(&mut self, partition: Partition) -> &mut Section {
        let at = match self
            .sections
            .binary_search_by_key(&partition, |it| it.partition)
        {
            Ok(at) => at,
            Err(at) => {
                self.sections.insert(
                    at,
                    Section {
                        partition,
                        count: 0,
                        bytes: Vec::new(),
                    },
                );
                at
            }
        };
        &mut self.sections[at]
    }
}

/// A run of records of one partition.
#[derive(Clone, Debug)]
pub struct Chunk {
    pub partition: Partition,
    pub first: Position,
    pub count: u32,
    /// As in `Section`.
    pub bytes: Vec<u8>,
}

impl Chunk {
    pub fn records(&self) -> impl Iterator<Item = (Position, &[u8])> {
        let mut rest = self.bytes.as_slice();
        let mut position = self.first;
        std::iter::from_fn(move || {
            let (length, tail) = rest.split_first_chunk::<4>()?;
            let (record, tail) = tail.split_at_checked(u32::from_le_bytes(*length) as usize)?;
            rest = tail;
            let at = position;
            position = position.next();
            Some((at, record))
        })
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Appended {
    /// On disk, with the position of the first record in each partition.
    Written(Vec<(Partition, Position)>),
    /// This sender's batch of that sequence is on disk already; nothing was written.
    Duplicate,
}

/// Answers once: from async code by `.await`, from a thread by `wait`.
pub struct Receipt(oneshot::Receiver<Result<Appended, JournalError>>);

impl Receipt {
    /// The sending half completes the receipt.
    pub fn new() -> (oneshot::Sender<Result<Appended, JournalError>>, Receipt) {
        let (sender, receiver) = oneshot::channel();
        (sender, Receipt(receiver))
    }

    pub fn ready(result: Result<Appended, JournalError>) -> Receipt {
        let (sender, receipt) = Receipt::new();
        // The receiver is in our hand, so this cannot fail.
        let _ = sender.send(result);
        receipt
    }

    pub async fn durable(self) -> Result<Appended, JournalError> {
        self.0.await.unwrap_or(Err(JournalError::Closed))
    }

    /// Blocks this thread; never call it from async code.
    pub fn wait(self) -> Result<Appended, JournalError> {
        self.0.blocking_recv().unwrap_or(Err(JournalError::Closed))
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct JournalHealth {
    pub bytes: u64,
    pub bytes_max: u64,
    pub segments: u64,
    pub senders: u64,
    /// Records that were on disk and can no longer be read (damage, not a crash).
    pub records_lost: u64,
    /// A torn tail was cut off at start; its batches had never been acknowledged.
    pub tail_cut_bytes: u64,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JournalError {
    #[error(
        "the journal holds {bytes} of {bytes_max} bytes that are not folded yet; try again in {retry_seconds} s"
    )]
    Full {
        bytes: u64,
        bytes_max: u64,
        retry_seconds: u32,
    },
    #[error("the batch has {bytes} bytes and at most {bytes_max} can be written at once; split it")]
    TooLarge { bytes: u64, bytes_max: u64 },
    #[error(
        "sequence {sequence} of sender `{sender}` lies more than {window} batches behind its latest, {latest}; \
         send batches in order, and take a new sender name when numbering starts over",
        window = SEQUENCE_WINDOW
    )]
    StaleSequence {
        sender: Box<str>,
        sequence: u64,
        latest: u64,
    },
    #[error("position {asked:?} of partition {partition:?} is gone; the oldest kept is {oldest:?}")]
    Gone {
        partition: Partition,
        asked: Position,
        oldest: Position,
    },
    #[error("cannot write the journal: {reason}")]
    Unwritable { reason: Box<str> },
    #[error("cannot read the journal: {reason}")]
    Unreadable { reason: Box<str> },
    #[error("the journal is shutting down")]
    Closed,
}
