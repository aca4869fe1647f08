//! One frame of a segment file: a header with the lengths, positions and checksums of its
//! sections, then the stored bytes of the sections. A batch is one frame. Whoever reads may skip
//! the sections that are not his own without reading them.
//!
//! All numbers are little-endian:
//!
//! ```text
//! 0  magic "GWf1"      16  offset of this frame in its segment     48  sender's name
//! 4  kind              24  bytes of the segment that were durable   .  sections, 32 bytes each
//! 5  1 = has a sender      when this frame was written              .  xxh3-64 of all before it,
//! 6  sections          32  sequence                                    seeded by the segment
//! 8  header's bytes    40  bytes of the sender's name
//! 12 body's bytes      42  zero
//! ```
//!
//! The seed is secret and the offset is under the checksum, so bytes inside a record can never
//! be taken for a frame when a damaged segment is searched for the next one.

use gatewatch_model::{Partition, Position};
use gatewatch_ports::Sender;
use gatewatch_ports::journal::{RECORD_BYTES_MAX, SENDER_BYTES_MAX};
use xxhash_rust::xxh3::{xxh3_64, xxh3_64_with_seed};

use crate::compress::decompress;

pub const MAGIC: [u8; 4] = *b"GWf1";
/// The part of a header that says how long the whole is.
pub const PREFIX_BYTES: usize = 48;
pub const SECTIONS_MAX: usize = 2048;
pub const HEADER_BYTES_MAX: usize =
    PREFIX_BYTES + SENDER_BYTES_MAX + SECTIONS_MAX * ENTRY_BYTES + CHECKSUM_BYTES;
/// A section holds whole records; only a single long record makes it longer than a chunk.
pub const SECTION_BYTES_MAX: usize = RECORD_BYTES_MAX + 4;
/// 100,000 senders with the longest names.
pub const SNAPSHOT_BYTES_MAX: usize = 32 << 20;

const ENTRY_BYTES: usize = 32;
const CHECKSUM_BYTES: usize = 8;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Batch = 1,
    Snapshot = 2,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    pub kind: Kind,
    pub offset: u64,
    pub durable: u64,
    pub sender: Option<Sender>,
    pub sections: Vec<Entry>,
}

/// Where the records of one partition stand and what their stored bytes look like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    pub partition: Partition,
    pub first: Position,
    pub count: u32,
    pub raw_bytes: u32,
    /// As many as raw: stored as they are. Fewer: zstd.
    pub stored_bytes: u32,
    /// xxh3-64 of the stored bytes.
    pub checksum: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    #[error("no frame begins here")]
    Magic,
    #[error("the header is longer than what is there")]
    Short,
    #[error("a length or a kind in the header is impossible")]
    Impossible,
    #[error("the checksum of the header is wrong")]
    HeaderChecksum,
    #[error("the checksum of a section is wrong")]
    SectionChecksum,
    #[error("a section does not decompress to the length its header says")]
    Decompress,
}

/// How long the header is that begins with these bytes; never more than `HEADER_BYTES_MAX`.
pub fn header_bytes(prefix: &[u8; PREFIX_BYTES]) -> Result<usize, FrameError> {
    if prefix[..4] != MAGIC {
        return Err(FrameError::Magic);
    }
    let sections = usize::from(u16_at(prefix, 6));
    let sender = usize::from(u16_at(prefix, 40));
    if sections > SECTIONS_MAX || sender > SENDER_BYTES_MAX {
        return Err(FrameError::Impossible);
    }
    let bytes = header_length(sender, sections);
    if u32_at(prefix, 8) as usize != bytes {
        return Err(FrameError::Impossible);
    }
    Ok(bytes)
}

/// Reads the header at the start of `bytes`, which stand at `offset` of a segment with `seed`.
pub fn parse(bytes: &[u8], offset: u64, seed: u64) -> Result<Header, FrameError> {
    let prefix = bytes
        .first_chunk::<PREFIX_BYTES>()
        .ok_or(FrameError::Short)?;
    let length = header_bytes(prefix)?;
    let bytes = bytes.get(..length).ok_or(FrameError::Short)?;
    let (body, checksum) = bytes.split_at(length - CHECKSUM_BYTES);
    if u64_at(checksum, 0) != xxh3_64_with_seed(body, seed) || u64_at(body, 16) != offset {
        return Err(FrameError::HeaderChecksum);
    }
    let kind = match body[4] {
        1 => Kind::Batch,
        2 => Kind::Snapshot,
        _ => return Err(FrameError::Impossible),
    };
    let (name, entries) = body[PREFIX_BYTES..].split_at(usize::from(u16_at(body, 40)));
    let sections = parse_entries(entries, kind)?;
    let stored: u64 = sections.iter().map(|it| u64::from(it.stored_bytes)).sum();
    if stored != u64::from(u32_at(body, 12)) {
        return Err(FrameError::Impossible);
    }
    Ok(Header {
        kind,
        offset,
        durable: u64_at(body, 24),
        sender: parse_sender(body[5], name, u64_at(body, 32))?,
        sections,
    })
}

impl Header {
    /// Writes the header; the stored bytes of the sections must follow in their order.
    pub fn write(&self, buffer: &mut Vec<u8>, seed: u64) {
        let start = buffer.len();
        let (name, sequence) = match &self.sender {
            Some(sender) => (sender.name.as_bytes(), sender.sequence),
            None => (&[][..], 0),
        };
        buffer.extend_from_slice(&MAGIC);
        buffer.push(self.kind as u8);
        buffer.push(u8::from(self.sender.is_some()));
        buffer.extend_from_slice(&(self.sections.len() as u16).to_le_bytes());
        buffer.extend_from_slice(&(self.header_bytes() as u32).to_le_bytes());
        buffer.extend_from_slice(&(self.body_bytes() as u32).to_le_bytes());
        buffer.extend_from_slice(&self.offset.to_le_bytes());
        buffer.extend_from_slice(&self.durable.to_le_bytes());
        buffer.extend_from_slice(&sequence.to_le_bytes());
        buffer.extend_from_slice(&(name.len() as u16).to_le_bytes());
        buffer.extend_from_slice(&[0; 6]);
        buffer.extend_from_slice(name);
        self.sections.iter().for_each(|it| it.write(buffer));
        let checksum = xxh3_64_with_seed(&buffer[start..], seed);
        buffer.extend_from_slice(&checksum.to_le_bytes());
    }

    pub fn header_bytes(&self) -> u64 {
        let name = self.sender.as_ref().map_or(0, |it| it.name.len());
        header_length(name, self.sections.len()) as u64
    }

    pub fn body_bytes(&self) -> u64 {
        let stored = self.sections.iter().map(|it| u64::from(it.stored_bytes));
        stored.sum()
    }

    /// Where the next frame begins.
    pub fn end(&self) -> u64 {
        self.offset + self.header_bytes() + self.body_bytes()
    }

    /// The sections with the offset in the segment at which their stored bytes begin.
    pub fn placed(&self) -> impl Iterator<Item = (u64, &Entry)> {
        let mut offset = self.offset + self.header_bytes();
        self.sections.iter().map(move |it| {
            let start = offset;
            offset += u64::from(it.stored_bytes);
            (start, it)
        })
    }
}

impl Entry {
    /// The first position after this section.
    pub fn end(&self) -> Position {
        Position(self.first.0 + u64::from(self.count))
    }

    pub fn verify(&self, stored: &[u8]) -> Result<(), FrameError> {
        if stored.len() == self.stored_bytes as usize && xxh3_64(stored) == self.checksum {
            Ok(())
        } else {
            Err(FrameError::SectionChecksum)
        }
    }

    /// Verifies the stored bytes and gives them back as they were; allocates at most what the
    /// header says, which `parse` has held to its maximum.
    pub fn decompress(&self, stored: &[u8]) -> Result<Vec<u8>, FrameError> {
        self.verify(stored)?;
        if self.stored_bytes == self.raw_bytes {
            return Ok(stored.to_vec());
        }
        decompress(stored, self.raw_bytes as usize).ok_or(FrameError::Decompress)
    }

    fn write(&self, buffer: &mut Vec<u8>) {
        buffer.extend_from_slice(&self.partition.0.to_le_bytes());
        buffer.extend_from_slice(&[0; 2]);
        buffer.extend_from_slice(&self.count.to_le_bytes());
        buffer.extend_from_slice(&self.first.0.to_le_bytes());
        buffer.extend_from_slice(&self.raw_bytes.to_le_bytes());
        buffer.extend_from_slice(&self.stored_bytes.to_le_bytes());
        buffer.extend_from_slice(&self.checksum.to_le_bytes());
    }
}

pub(crate) fn header_length(name: usize, sections: usize) -> usize {
    PREFIX_BYTES + name + sections * ENTRY_BYTES + CHECKSUM_BYTES
}

fn parse_entries(bytes: &[u8], kind: Kind) -> Result<Vec<Entry>, FrameError> {
    let raw_max = match kind {
        Kind::Batch => SECTION_BYTES_MAX,
        Kind::Snapshot => SNAPSHOT_BYTES_MAX,
    };
    let entries = bytes.chunks_exact(ENTRY_BYTES).map(|it| Entry {
        partition: Partition(u16_at(it, 0)),
        count: u32_at(it, 4),
        first: Position(u64_at(it, 8)),
        raw_bytes: u32_at(it, 16),
        stored_bytes: u32_at(it, 20),
        checksum: u64_at(it, 24),
    });
    entries
        .map(|it| {
            let possible = it.stored_bytes <= it.raw_bytes
                && it.raw_bytes as usize <= raw_max
                && it.count <= it.raw_bytes / 4
                && it.first.0.checked_add(u64::from(it.count)).is_some();
            if possible {
                Ok(it)
            } else {
                Err(FrameError::Impossible)
            }
        })
        .collect()
}

fn parse_sender(flag: u8, name: &[u8], sequence: u64) -> Result<Option<Sender>, FrameError> {
    match flag {
        0 if name.is_empty() => Ok(None),
        1 => {
            let name = std::str::from_utf8(name).map_err(|_| FrameError::Impossible)?;
            Ok(Some(Sender {
                name: name.into(),
                sequence,
            }))
        }
        _ => Err(FrameError::Impossible),
    }
}

/// Little-endian numbers at a fixed place of bytes whose length was checked before.
pub(crate) fn u16_at(bytes: &[u8], at: usize) -> u16 {
    u16::from_le_bytes([bytes[at], bytes[at + 1]])
}

pub(crate) fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from(u16_at(bytes, at)) | u32::from(u16_at(bytes, at + 2)) << 16
}

pub(crate) fn u64_at(bytes: &[u8], at: usize) -> u64 {
    u64::from(u32_at(bytes, at)) | u64::from(u32_at(bytes, at + 4)) << 32
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn header(names: &str, counts: &[u32]) -> Header {
        Header {
            kind: Kind::Batch,
            offset: 4_000,
            durable: 3_000,
            sender: (!names.is_empty()).then(|| Sender {
                name: names.into(),
                sequence: 7,
            }),
            sections: (0..)
                .zip(counts)
                .map(|(partition, count)| Entry {
                    partition: Partition(partition),
                    count: *count,
                    first: Position(u64::from(*count) * 3),
                    raw_bytes: count * 4 + 10,
                    stored_bytes: count * 2,
                    checksum: u64::from(*count),
                })
                .collect(),
        }
    }

    proptest! {
        #[test]
        fn a_header_reads_what_it_wrote(
            name in "[a-z\u{e9}]{0,60}",
            counts in proptest::collection::vec(0..1_000_u32, 0..40),
            seed: u64,
        ) {
            let header = header(&name, &counts);
            let mut bytes = Vec::new();
            header.write(&mut bytes, seed);
            prop_assert_eq!(bytes.len() as u64, header.header_bytes());
            prop_assert_eq!(parse(&bytes, 4_000, seed), Ok(header.clone()));
            prop_assert!(parse(&bytes, 4_001, seed).is_err());
            prop_assert!(parse(&bytes, 4_000, seed ^ 1).is_err());
            prop_assert!((0..bytes.len()).all(|cut| parse(&bytes[..cut], 4_000, seed).is_err()));
        }

        #[test]
        fn a_changed_header_is_refused(at in 0..200_usize, bit in 0..8_u32) {
            let mut bytes = Vec::new();
            header("sender", &[1, 2, 3, 4]).write(&mut bytes, 9);
            let at = at % bytes.len();
            bytes[at] ^= 1 << bit;
            prop_assert!(parse(&bytes, 4_000, 9).is_err());
        }

        #[test]
        fn any_bytes_with_a_good_checksum_are_read_or_refused(
            mut bytes in proptest::collection::vec(any::<u8>(), PREFIX_BYTES..400),
            sections in 0..8_u16,
            name in 0..20_u16,
        ) {
            let length = header_length(usize::from(name), usize::from(sections));
            bytes.resize(length, 7);
            bytes[..4].copy_from_slice(&MAGIC);
            bytes[4] %= 3;
            bytes[5] %= 3;
            bytes[6..8].copy_from_slice(&sections.to_le_bytes());
            bytes[8..12].copy_from_slice(&(length as u32).to_le_bytes());
            bytes[16..24].copy_from_slice(&0_u64.to_le_bytes());
            bytes[40..42].copy_from_slice(&name.to_le_bytes());
            let body = length - CHECKSUM_BYTES;
            let checksum = xxh3_64_with_seed(&bytes[..body], 5);
            bytes[body..].copy_from_slice(&checksum.to_le_bytes());
            if let Ok(header) = parse(&bytes, 0, 5) {
                for entry in &header.sections {
                    prop_assert!(entry.raw_bytes as usize <= SNAPSHOT_BYTES_MAX);
                    let _ = entry.decompress(&bytes);
                }
            }
        }
    }

    #[test]
    fn a_section_that_would_grow_beyond_its_header_is_refused() {
        let raw = vec![0; 1 << 20];
        let mut stored = Vec::new();
        crate::compress::compress(&raw, &mut stored);
        let entry = |raw_bytes| Entry {
            partition: Partition(0),
            count: 1,
            first: Position::START,
            raw_bytes,
            stored_bytes: stored.len() as u32,
            checksum: xxh3_64(&stored),
        };
        assert_eq!(entry(1 << 20).decompress(&stored), Ok(raw));
        for wrong in [(1 << 20) - 1, (1 << 20) + 1, 4_000] {
            assert_eq!(
                entry(wrong).decompress(&stored),
                Err(FrameError::Decompress)
            );
        }
        let other = [&stored[..], &[0]].concat();
        assert_eq!(
            entry(1 << 20).decompress(&other),
            Err(FrameError::SectionChecksum)
        );
    }
}
