//! Makes a batch ready for the disk, in the thread that appends it: checked against the limits,
//! cut into sections, compressed. Only positions are missing, which the log gives.

use std::cell::RefCell;

use gatewatch_model::{Partition, Position};
use gatewatch_ports::journal::{RECORD_BYTES_MAX, SENDER_BYTES_MAX, Section};
use gatewatch_ports::{Batch, JournalError, Sender};
use xxhash_rust::xxh3::xxh3_64;
use zstd::bulk::{Compressor, Decompressor};

use crate::frame::{self, Entry};

/// All records of a batch together, before compression.
pub const BATCH_BYTES_MAX: usize = 32 << 20;
/// A reader gets no more than this at once, unless a single record is longer.
pub const CHUNK_BYTES_MAX: usize = 4 << 20;

/// Measured on JSON in sections of 40 KB: level 3 takes 1.4 times as long and gains nothing; lz4
/// is 1.1 times as fast and twice as large.
const LEVEL: i32 = 1;

/// A batch whose sections are compressed; `first` of each entry is not known yet.
#[derive(Debug)]
pub struct Prepared {
    pub(crate) sender: Option<Sender>,
    pub(crate) entries: Vec<Entry>,
    pub(crate) body: Vec<u8>,
}

impl Prepared {
    /// What it takes on disk, and nearly what it takes while it waits.
    pub fn bytes(&self) -> usize {
        let name = self.sender.as_ref().map_or(0, |it| it.name.len());
        frame::header_length(name, self.entries.len()) + self.body.len()
    }
}

pub fn prepare(batch: &Batch, partitions: u16) -> Result<Prepared, JournalError> {
    check(batch, partitions)?;
    let mut prepared = Prepared {
        sender: batch.sender.clone(),
        entries: Vec::with_capacity(batch.sections().len()),
        body: Vec::new(),
    };
    for section in batch.sections() {
        let mut rest = section.bytes.as_slice();
        while !rest.is_empty() {
            let (count, length) = run(rest)?;
            let (records, tail) = rest.split_at(length);
            prepared.add(section.partition, count, records);
            rest = tail;
        }
    }
    Ok(prepared)
}

/// Compresses, or copies what does not become smaller; returns how many bytes were added.
pub(crate) fn compress(raw: &[u8], body: &mut Vec<u8>) -> usize {
    let start = body.len();
    // Room for one byte less than raw: what needs more is stored as it is.
    body.resize(start + raw.len().saturating_sub(1), 0);
    let stored = COMPRESSOR.with_borrow_mut(|it| {
        let compressor = it.as_mut()?;
        compressor.compress_to_buffer(raw, &mut body[start..]).ok()
    });
    let length = stored.unwrap_or(raw.len());
    body.truncate(start + stored.unwrap_or(0));
    if stored.is_none() {
        body.extend_from_slice(raw);
    }
    length
}

/// `None` unless it gives exactly that many bytes.
pub(crate) fn decompress(stored: &[u8], raw_bytes: usize) -> Option<Vec<u8>> {
    DECOMPRESSOR.with_borrow_mut(|it| {
        let mut raw = Vec::with_capacity(raw_bytes);
        it.as_mut()?.decompress_to_buffer(stored, &mut raw).ok()?;
        (raw.len() == raw_bytes).then_some(raw)
    })
}

thread_local! {
    // Making one takes as long as compressing a small section.
    static COMPRESSOR: RefCell<Option<Compressor<'static>>> =
        RefCell::new(Compressor::new(LEVEL).ok());
    static DECOMPRESSOR: RefCell<Option<Decompressor<'static>>> =
        RefCell::new(Decompressor::new().ok());
}

impl Prepared {
    fn add(&mut self, partition: Partition, count: u32, raw: &[u8]) {
        let start = self.body.len();
        let stored_bytes = compress(raw, &mut self.body) as u32;
        self.entries.push(Entry {
            partition,
            count,
            first: Position::START,
            raw_bytes: raw.len() as u32,
            stored_bytes,
            checksum: xxh3_64(&self.body[start..]),
        });
    }
}

fn check(batch: &Batch, partitions: u16) -> Result<(), JournalError> {
    if batch.bytes() > BATCH_BYTES_MAX {
        return Err(JournalError::TooLarge {
            bytes: batch.bytes() as u64,
            bytes_max: BATCH_BYTES_MAX as u64,
        });
    }
    let outside = |it: &&Section| it.partition.0 >= partitions;
    if let Some(section) = batch.sections().iter().find(outside) {
        let reason = format!(
            "there is no partition {}; partitions are 0 to {}",
            section.partition.0,
            partitions - 1
        );
        return Err(refused(&reason));
    }
    match &batch.sender {
        Some(sender) if sender.name.len() > SENDER_BYTES_MAX => Err(refused(&format!(
            "the sender's name has {} bytes and may have {SENDER_BYTES_MAX}",
            sender.name.len()
        ))),
        Some(_) | None => Ok(()),
    }
}

/// How many records from the start make one chunk, and how long they are.
fn run(bytes: &[u8]) -> Result<(u32, usize), JournalError> {
    let mut count = 0;
    let mut length = 0;
    while let Some(prefix) = bytes[length..].first_chunk::<4>() {
        let record = u32::from_le_bytes(*prefix) as usize;
        if record > RECORD_BYTES_MAX {
            return Err(JournalError::TooLarge {
                bytes: record as u64,
                bytes_max: RECORD_BYTES_MAX as u64,
            });
        }
        if count > 0 && length + 4 + record > CHUNK_BYTES_MAX {
            break;
        }
        count += 1;
        length += 4 + record;
        if length > bytes.len() {
            return Err(refused("a record is longer than its section"));
        }
    }
    if count == 0 {
        return Err(refused("a record is shorter than its length"));
    }
    Ok((count, length))
}

fn refused(reason: &str) -> JournalError {
    JournalError::Unwritable {
        reason: reason.into(),
    }
}
