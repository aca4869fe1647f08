//! Walks the frames of a segment file, over damage to the next frame that is whole.

use std::io;

use crate::disk::DiskFile;
use crate::frame::{self, FrameError, HEADER_BYTES_MAX, Header, MAGIC, PREFIX_BYTES};
use crate::tail::Segment;

/// Read at once; small frames come many to a read.
const READ_BYTES: usize = 64 << 10;
/// Enough for any header, however the reads fall.
const SEARCH_BYTES: usize = 1 << 20;

/// Reads a segment forwards through a buffer.
#[derive(Debug)]
pub struct Reader {
    /// Where the next step begins.
    pub offset: u64,
    buffer: Vec<u8>,
    buffer_at: u64,
}

#[derive(Debug)]
pub enum Step {
    /// The header is whole; the sections behind it were not looked at.
    Frame(Header),
    Damage {
        from: u64,
        to: u64,
        reason: FrameError,
    },
}

impl Reader {
    pub fn new(offset: u64) -> Reader {
        Reader {
            offset,
            buffer: Vec::new(),
            buffer_at: 0,
        }
    }

    /// Reads the next header before `until`, or finds how far the damage goes.
    pub fn step<F: DiskFile>(&mut self, segment: &Segment<F>, until: u64) -> io::Result<Step> {
        let from = self.offset;
        match self.header(segment, from, until)? {
            Ok(header) => {
                self.offset = header.end();
                Ok(Step::Frame(header))
            }
            Err(reason) => {
                let to = search(segment, from + 1, until)?;
                self.offset = to;
                Ok(Step::Damage { from, to, reason })
            }
        }
    }

    /// Bytes of the segment; reads ahead, but never beyond what is durable.
    pub fn bytes<F: DiskFile>(
        &mut self,
        segment: &Segment<F>,
        offset: u64,
        length: usize,
    ) -> io::Result<&[u8]> {
        let held = offset >= self.buffer_at
            && offset + length as u64 <= self.buffer_at + self.buffer.len() as u64;
        if !held {
            let room = segment.durable().saturating_sub(offset);
            let ahead = length.max((READ_BYTES as u64).min(room) as usize);
            // Taken out first: a failed read leaves anything in it.
            let mut buffer = std::mem::take(&mut self.buffer);
            buffer.resize(ahead, 0);
            let mut read = segment.file.read_exact_at(&mut buffer, offset);
            if matches!(&read, Err(error) if error.kind() == io::ErrorKind::UnexpectedEof) {
                // The file was cut; what was asked for may still be there.
                buffer.truncate(length);
                read = segment.file.read_exact_at(&mut buffer, offset);
            }
            read?;
            self.buffer = buffer;
            self.buffer_at = offset;
        }
        let start = (offset - self.buffer_at) as usize;
        Ok(&self.buffer[start..start + length])
    }

    fn header<F: DiskFile>(
        &mut self,
        segment: &Segment<F>,
        offset: u64,
        until: u64,
    ) -> io::Result<Result<Header, FrameError>> {
        let room = (until - offset) as usize;
        if room < PREFIX_BYTES {
            return Ok(Err(FrameError::Short));
        }
        let Some(prefix) = whole(self.bytes(segment, offset, PREFIX_BYTES))? else {
            return Ok(Err(FrameError::Short));
        };
        let length = match prefix.first_chunk().map(frame::header_bytes) {
            Some(Ok(length)) if length <= room => length,
            Some(Ok(_)) | None => return Ok(Err(FrameError::Short)),
            Some(Err(error)) => return Ok(Err(error)),
        };
        let Some(bytes) = whole(self.bytes(segment, offset, length))? else {
            return Ok(Err(FrameError::Short));
        };
        Ok(
            frame::parse(bytes, offset, segment.name.nonce).and_then(|header| {
                if header.end() <= until {
                    Ok(header)
                } else {
                    Err(FrameError::Short)
                }
            }),
        )
    }
}

/// The next offset from `from` on with a header that is whole, or `until`.
fn search<F: DiskFile>(segment: &Segment<F>, from: u64, until: u64) -> io::Result<u64> {
    let mut at = from;
    let mut bytes = Vec::new();
    while at < until {
        let length = (until - at).min(SEARCH_BYTES as u64) as usize;
        bytes.resize(length, 0);
        if whole(segment.file.read_exact_at(&mut bytes, at))?.is_none() {
            return Ok(until);
        }
        // A header that the end of this stretch cuts is found by the next one.
        let last = at + length as u64 == until;
        let fresh = if last {
            length
        } else {
            length - HEADER_BYTES_MAX
        };
        for start in 0..fresh {
            let offset = at + start as u64;
            let found = bytes[start..].starts_with(&MAGIC)
                && frame::parse(&bytes[start..], offset, segment.name.nonce)
                    .is_ok_and(|it| it.end() <= until);
            if found {
                return Ok(offset);
            }
        }
        at += fresh as u64;
    }
    Ok(until)
}

/// A file that is shorter than it was is damage, not a failure to read.
fn whole<T>(read: io::Result<T>) -> io::Result<Option<T>> {
    match read {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(None),
        Err(error) => Err(error),
    }
}
