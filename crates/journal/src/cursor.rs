//! Reads some partitions in order, past damage and while segments come and go. A section that
//! is not wanted is neither read nor decompressed.

use std::collections::VecDeque;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use gatewatch_model::{Partition, Position};
use gatewatch_ports::{Chunk, Cursor, JournalError};
use tracing::error;

use crate::disk::DiskFile;
use crate::frame::{Entry, Header, Kind};
use crate::scan::{Reader, Step};
use crate::tail::{Segment, Tail, Want};

#[derive(Debug)]
pub struct TailCursor<F> {
    tail: Arc<Tail<F>>,
    wants: Vec<Want>,
    at: Option<Place<F>>,
    /// Sections of the current frame that are wanted.
    due: VecDeque<(u64, Entry)>,
}

/// How far the reader has come.
#[derive(Debug)]
struct Place<F> {
    segment: Arc<Segment<F>>,
    reader: Reader,
}

impl<F: DiskFile> TailCursor<F> {
    pub fn new(
        tail: Arc<Tail<F>>,
        from: &[(Partition, Position)],
    ) -> Result<TailCursor<F>, JournalError> {
        let wants = {
            let state = tail.state();
            from.iter()
                .map(|(partition, position)| {
                    let at = usize::from(partition.0);
                    let end = *state.ends.get(at).ok_or_else(|| no_such(*partition))?;
                    let oldest = state.oldest(*partition);
                    if position.0 < oldest {
                        return Err(JournalError::Gone {
                            partition: *partition,
                            asked: *position,
                            oldest: Position(oldest),
                        });
                    }
                    if position.0 > end {
                        return Err(beyond(*partition, *position, end));
                    }
                    Ok(Want {
                        partition: *partition,
                        position: position.0,
                    })
                })
                .collect::<Result<_, _>>()?
        };
        Ok(TailCursor {
            tail,
            wants,
            at: None,
            due: VecDeque::new(),
        })
    }
}

impl<F: DiskFile> Cursor for TailCursor<F> {
    fn next(&mut self, wait: Duration) -> Result<Option<Chunk>, JournalError> {
        loop {
            while let Some((offset, entry)) = self.due.front().copied() {
                let chunk = self.read(offset, entry)?;
                // Only now: after a failed read the same section comes again.
                self.due.pop_front();
                if let Some(chunk) = chunk {
                    return Ok(Some(chunk));
                }
            }
            let at = self.at.as_ref();
            let at = at.map(|it| (it.segment.name.number, it.reader.offset));
            let Some(sight) = self.tail.wait(&self.wants, at, wait)? else {
                return Ok(None);
            };
            let place = match self.at.take() {
                Some(place) if place.segment.name == sight.segment.name => place,
                Some(_) | None => Place {
                    reader: Reader::new(sight.segment.start),
                    segment: sight.segment,
                },
            };
            self.at = Some(place);
            self.look(sight.until)?;
            if let (true, Some(ends)) = (self.due.is_empty(), sight.ends) {
                self.give_up(&ends);
            }
        }
    }
}

impl<F: DiskFile> TailCursor<F> {
    /// Goes on to the next frame with something wanted, or to `until`.
    fn look(&mut self, until: u64) -> Result<(), JournalError> {
        let Some(Place { segment, reader }) = &mut self.at else {
            return Ok(());
        };
        while self.due.is_empty() && reader.offset < until {
            match reader.step(segment, until).map_err(unreadable)? {
                Step::Frame(header) => self.due.extend(wanted(&header, &self.wants)),
                Step::Damage { from, to, reason } => {
                    let segment = segment.name.file();
                    error!(segment, from, to, %reason, "the journal is damaged; reading goes on behind it");
                }
            }
        }
        Ok(())
    }

    /// Reads one section; `None` if it is damaged or was read before.
    fn read(&mut self, offset: u64, entry: Entry) -> Result<Option<Chunk>, JournalError> {
        let found = self
            .wants
            .iter_mut()
            .find(|it| it.partition == entry.partition);
        let (Some(want), Some(place)) = (found, &mut self.at) else {
            return Ok(None);
        };
        if entry.end().0 <= want.position {
            return Ok(None);
        }
        let length = entry.stored_bytes as usize;
        let stored = place.reader.bytes(&place.segment, offset, length);
        let raw = match stored {
            Ok(stored) => entry.decompress(stored).ok(),
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => None,
            Err(error) => return Err(unreadable(error)),
        };
        let position = std::mem::replace(&mut want.position, entry.end().0);
        let Some(raw) = raw else {
            self.miss(entry.partition, position, entry.end().0);
            return Ok(None);
        };
        if entry.first.0 > position {
            self.miss(entry.partition, position, entry.first.0);
        }
        Ok(cut(entry, raw, position))
    }

    /// All that is durable was looked through: what has not come by now is lost.
    fn give_up(&mut self, ends: &[u64]) {
        for at in 0..self.wants.len() {
            let want = self.wants[at];
            let end = ends[usize::from(want.partition.0)];
            if want.position < end {
                self.miss(want.partition, want.position, end);
                self.wants[at].position = end;
            }
        }
    }

    fn miss(&self, partition: Partition, from: u64, to: u64) {
        let records = self.tail.lose(partition, from, to);
        if records > 0 {
            let partition = partition.0;
            error!(
                partition,
                from, to, records, "records of the journal can no longer be read"
            );
        }
    }
}

fn wanted<'a>(
    header: &'a Header,
    wants: &'a [Want],
) -> impl Iterator<Item = (u64, Entry)> + use<'a> {
    let batch = header.kind == Kind::Batch;
    header
        .placed()
        .filter(move |(_, entry)| {
            let wanted = |it: &Want| it.partition == entry.partition && it.position < entry.end().0;
            batch && wants.iter().any(wanted)
        })
        .map(|(offset, entry)| (offset, *entry))
}

/// Leaves out the records before `position`.
fn cut(entry: Entry, mut bytes: Vec<u8>, position: u64) -> Option<Chunk> {
    let skipped = position.saturating_sub(entry.first.0);
    let mut length = 0;
    for _ in 0..skipped {
        let prefix = bytes.get(length..)?.first_chunk::<4>()?;
        length += 4 + u32::from_le_bytes(*prefix) as usize;
    }
    if length > 0 {
        if length > bytes.len() {
            return None;
        }
        bytes.drain(..length);
    }
    Some(Chunk {
        partition: entry.partition,
        first: Position(entry.first.0 + skipped),
        count: entry.count - skipped as u32,
        bytes,
    })
}

fn no_such(partition: Partition) -> JournalError {
    JournalError::Unreadable {
        reason: format!("there is no partition {}", partition.0).into(),
    }
}

fn beyond(partition: Partition, position: Position, end: u64) -> JournalError {
    JournalError::Unreadable {
        reason: format!(
            "position {} of partition {} lies beyond the end, {end}; open the journal with the \
             positions that were folded as its least, then nothing is numbered twice",
            position.0, partition.0
        )
        .into(),
    }
}

fn unreadable(error: io::Error) -> JournalError {
    JournalError::Unreadable {
        reason: error.to_string().into(),
    }
}
