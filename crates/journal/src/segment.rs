//! How a segment file begins: a header and a snapshot frame, which between them hold all that
//! is known at that point, so that older segments can go. Both hold the positions, for either
//! may be damaged.
//!
//! The name of the file is `<number>-<nonce>.log`; the nonce seeds its checksums.

use gatewatch_model::{Partition, Position};
use xxhash_rust::xxh3::{xxh3_64, xxh3_64_with_seed};

use crate::PARTITIONS_MAX;
use crate::compress::compress;
use crate::frame::{Entry, Header, Kind, u16_at, u64_at};
use crate::senders::Senders;

pub const FORMAT: u16 = 1;
pub const PREFIX_BYTES: usize = 40;
pub const HEADER_BYTES_MAX: usize = PREFIX_BYTES + 8 * PARTITIONS_MAX as usize + 8;

const MAGIC: [u8; 8] = *b"GWjrnl\r\n";
const MOVED_ON: u16 = 1;

/// The name of a segment file, which is also the key to its contents.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Name {
    pub number: u64,
    pub nonce: u64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SegmentHeader {
    pub number: u64,
    /// The segment before it and how many of its bytes count; what lies beyond was never
    /// acknowledged.
    pub previous: u64,
    pub previous_bytes: u64,
    /// The positions jump forward on purpose, nothing was lost.
    pub moved_on: bool,
    /// The first position of each partition in this segment.
    pub floors: Box<[u64]>,
}

#[derive(Debug)]
pub struct Snapshot {
    pub floors: Box<[u64]>,
    pub released: Box<[u64]>,
    pub senders: Senders,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeaderError {
    Damaged,
    /// Written by a later release.
    TooNew(u16),
}

impl Name {
    pub fn parse(text: &str) -> Option<Name> {
        let (number, nonce) = text.strip_suffix(".log")?.split_once('-')?;
        let name = Name {
            number: u64::from_str_radix(number, 16).ok()?,
            nonce: u64::from_str_radix(nonce, 16).ok()?,
        };
        (name.file() == text).then_some(name)
    }

    pub fn file(self) -> String {
        format!("{:016x}-{:016x}.log", self.number, self.nonce)
    }
}

impl SegmentHeader {
    pub fn write(&self, buffer: &mut Vec<u8>, seed: u64) {
        let start = buffer.len();
        buffer.extend_from_slice(&MAGIC);
        buffer.extend_from_slice(&FORMAT.to_le_bytes());
        buffer.extend_from_slice(&(self.floors.len() as u16).to_le_bytes());
        let flags = if self.moved_on { MOVED_ON } else { 0 };
        buffer.extend_from_slice(&flags.to_le_bytes());
        buffer.extend_from_slice(&[0; 2]);
        buffer.extend_from_slice(&self.number.to_le_bytes());
        buffer.extend_from_slice(&self.previous.to_le_bytes());
        buffer.extend_from_slice(&self.previous_bytes.to_le_bytes());
        for floor in &self.floors {
            buffer.extend_from_slice(&floor.to_le_bytes());
        }
        let checksum = xxh3_64_with_seed(&buffer[start..], seed);
        buffer.extend_from_slice(&checksum.to_le_bytes());
    }

    pub fn parse(bytes: &[u8], name: Name) -> Result<SegmentHeader, HeaderError> {
        if bytes.len() < PREFIX_BYTES || bytes[..8] != MAGIC {
            return Err(HeaderError::Damaged);
        }
        // Before the checksum: a later format may have it elsewhere.
        if u16_at(bytes, 8) > FORMAT {
            return Err(HeaderError::TooNew(u16_at(bytes, 8)));
        }
        let end = PREFIX_BYTES + 8 * usize::from(u16_at(bytes, 10));
        let checksum = bytes.get(end..end + 8).ok_or(HeaderError::Damaged)?;
        let whole = u64_at(checksum, 0) == xxh3_64_with_seed(&bytes[..end], name.nonce);
        if !whole || u64_at(bytes, 16) != name.number {
            return Err(HeaderError::Damaged);
        }
        Ok(SegmentHeader {
            number: name.number,
            previous: u64_at(bytes, 24),
            previous_bytes: u64_at(bytes, 32),
            moved_on: u16_at(bytes, 12) & MOVED_ON != 0,
            floors: numbers(&bytes[PREFIX_BYTES..end]),
        })
    }
}

/// Where the first frame of a segment stands.
pub fn header_bytes(partitions: u16) -> u64 {
    (PREFIX_BYTES + 8 * usize::from(partitions) + 8) as u64
}

/// Adds the snapshot frame; `floors` and `released` are as long as each other.
pub fn write_snapshot(
    buffer: &mut Vec<u8>,
    seed: u64,
    floors: &[u64],
    released: &[u64],
    senders: &Senders,
) {
    let mut raw = Vec::new();
    raw.extend_from_slice(&(floors.len() as u16).to_le_bytes());
    for number in floors.iter().chain(released) {
        raw.extend_from_slice(&number.to_le_bytes());
    }
    senders.write(&mut raw);
    let mut stored = Vec::new();
    compress(&raw, &mut stored);
    let header = Header {
        kind: Kind::Snapshot,
        offset: buffer.len() as u64,
        durable: 0,
        sender: None,
        sections: vec![Entry {
            partition: Partition(0),
            count: 0,
            first: Position::START,
            raw_bytes: raw.len() as u32,
            stored_bytes: stored.len() as u32,
            checksum: xxh3_64(&stored),
        }],
    };
    header.write(buffer, seed);
    buffer.extend_from_slice(&stored);
}

impl Snapshot {
    /// Reads the decompressed body of a snapshot frame.
    pub fn parse(raw: &[u8]) -> Option<Snapshot> {
        let (partitions, rest) = raw.split_at_checked(2)?;
        let bytes = 8 * usize::from(u16_at(partitions, 0));
        let (floors, rest) = rest.split_at_checked(bytes)?;
        let (released, senders) = rest.split_at_checked(bytes)?;
        Some(Snapshot {
            floors: numbers(floors),
            released: numbers(released),
            senders: Senders::parse(senders)?,
        })
    }
}

fn numbers(bytes: &[u8]) -> Box<[u64]> {
    bytes.chunks_exact(8).map(|it| u64_at(it, 0)).collect()
}
