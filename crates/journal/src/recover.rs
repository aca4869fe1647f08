//! Finds out at the start what the journal holds, after a crash and after damage too.
//!
//! What a crash tears was not acknowledged, and is cut off: it lies behind all that a later
//! frame says was durable when it was written. What lies before that and cannot be read is
//! damage: it stays where it is, the records in it are counted as lost, and readers go over it.

use std::collections::VecDeque;
use std::io;
use std::sync::Arc;

use gatewatch_model::Partition;
use tracing::{error, info, warn};

use crate::disk::{Disk, DiskFile};
use crate::frame::{Header, Kind};
use crate::options::OpenError;
use crate::scan::{Reader, Step};
use crate::segment::{
    FORMAT, HEADER_BYTES_MAX, HeaderError, Name, SegmentHeader, Snapshot, header_bytes,
};
use crate::senders::Senders;
use crate::tail::{Lost, Segment, State};

const COPY_BYTES: u64 = 1 << 20;

#[derive(Debug)]
pub struct Recovered<F> {
    pub state: State<F>,
    pub senders: Senders,
    /// The number of the last segment.
    pub number: u64,
    pub batches_start: u64,
    /// The last segment is not to be written to.
    pub sealed: bool,
}

/// A segment file as it was found.
struct Candidate<F> {
    header: Option<SegmentHeader>,
    segment: Segment<F>,
}

enum Seen {
    Batch { header: Header, broken: Vec<usize> },
    Snapshot { snapshot: Snapshot, end: u64 },
    Damage { from: u64, to: u64 },
}

/// All that is known up to some point of the log.
struct History {
    ends: Vec<u64>,
    released: Vec<u64>,
    senders: Senders,
    lost: Lost,
    records_lost: u64,
    /// Before the first positions are read there is nothing to miss.
    begun: bool,
}

pub fn recover<D: Disk>(disk: &mut D, partitions: u16) -> Result<Recovered<D::File>, OpenError> {
    // What is listed from here on is there after the next crash too; a file that was deleted
    // but not for good cannot come back between newer ones.
    disk.sync_folder()
        .map_err(|source| OpenError::unwritable(disk, source))?;
    let mut candidates = list(disk, partitions)?;
    let mut cut = drop_unfinished(disk, &mut candidates)?;
    drop_skipped(disk, &mut candidates)?;
    seal(&candidates);
    let mut history = History::new(partitions);
    let mut segments = VecDeque::with_capacity(candidates.len());
    let mut batches_start = 0;
    let mut sealed = false;
    let mut number = 0;
    let count = candidates.len();
    for (at, candidate) in candidates.into_iter().enumerate() {
        let Candidate {
            header,
            mut segment,
        } = candidate;
        let mut seen = scan(&segment).map_err(|source| OpenError::unreadable(disk, source))?;
        if at + 1 == count {
            cut += cut_tail(&segment, &mut seen)
                .map_err(|source| OpenError::unwritable(disk, source))?;
            batches_start = first_batch(&segment, &seen);
            sealed = header.is_none() || seen.iter().any(|it| matches!(it, Seen::Damage { .. }));
        }
        segment.floors = history.enter(&segment, header.as_ref(), &seen);
        history.follow(&segment, seen);
        number = segment.name.number;
        segments.push_back(Arc::new(segment));
    }
    history.report(disk);
    Ok(Recovered {
        state: State {
            segments,
            ends: history.ends.into(),
            released: history.released.into(),
            lost: history.lost,
            tail_cut_bytes: cut,
            closed: false,
        },
        senders: history.senders,
        number,
        batches_start,
        sealed,
    })
}

fn list<D: Disk>(disk: &mut D, partitions: u16) -> Result<Vec<Candidate<D::File>>, OpenError> {
    let files = disk
        .list()
        .map_err(|source| OpenError::unreadable(disk, source))?;
    let mut names: Vec<Name> = files.iter().filter_map(|it| Name::parse(it)).collect();
    names.sort_unstable();
    let mut candidates = Vec::with_capacity(names.len());
    for name in names {
        let read = disk.open(&name.file()).and_then(|file| {
            let length = file.length()?;
            let mut bytes = vec![0; length.min(HEADER_BYTES_MAX as u64) as usize];
            file.read_exact_at(&mut bytes, 0)?;
            Ok((file, length, SegmentHeader::parse(&bytes, name)))
        });
        let (file, length, header) = read.map_err(|source| OpenError::unreadable(disk, source))?;
        let header = match header {
            Ok(header) => Some(header),
            Err(HeaderError::Damaged) => None,
            Err(HeaderError::TooNew(found)) => {
                return Err(OpenError::TooNew {
                    folder: disk.folder().into(),
                    found,
                    known: FORMAT,
                });
            }
        };
        if let Some(header) = &header
            && header.floors.len() != usize::from(partitions)
        {
            return Err(OpenError::Partitions {
                folder: disk.folder().into(),
                found: header.floors.len() as u16,
                asked: partitions,
            });
        }
        let start = header_bytes(partitions).min(length);
        let segment = Segment::new(name, file, start, Box::default(), length);
        candidates.push(Candidate { header, segment });
    }
    Ok(candidates)
}

/// Deletes segments at the end whose beginning never was whole on disk: nothing in them was
/// acknowledged. Returns their bytes.
fn drop_unfinished<D: Disk>(
    disk: &mut D,
    candidates: &mut Vec<Candidate<D::File>>,
) -> Result<u64, OpenError> {
    let mut bytes = 0;
    while let Some(last) = candidates.last() {
        let segment = &last.segment;
        let seen = scan(segment).map_err(|source| OpenError::unreadable(disk, source))?;
        let snapshot = seen.iter().any(|it| matches!(it, Seen::Snapshot { .. }));
        let batches = seen.iter().any(|it| matches!(it, Seen::Batch { .. }));
        // The only one is kept unless it is the very first: it holds the positions.
        let needed =
            candidates.len() == 1 && segment.name.number > 1 && (snapshot || last.header.is_some());
        if batches || needed || (snapshot && last.header.is_some()) {
            break;
        }
        let file = segment.name.file();
        info!(
            file,
            "a journal segment that was being begun at the last end is deleted"
        );
        bytes += segment.durable();
        candidates.pop();
        disk.remove(&file)
            .and_then(|()| disk.sync_folder())
            .map_err(|source| OpenError::unwritable(disk, source))?;
    }
    Ok(bytes)
}

/// Deletes segments that were begun, failed and could not be deleted then: they are empty and
/// no other follows on them.
fn drop_skipped<D: Disk>(
    disk: &mut D,
    candidates: &mut Vec<Candidate<D::File>>,
) -> Result<(), OpenError> {
    let followed: Vec<u64> = candidates
        .iter()
        .filter_map(|it| it.header.as_ref().map(|it| it.previous))
        .collect();
    for at in (0..candidates.len().saturating_sub(1)).rev() {
        let segment = &candidates[at].segment;
        if followed.contains(&segment.name.number) {
            continue;
        }
        let seen = scan(segment).map_err(|source| OpenError::unreadable(disk, source))?;
        if !seen.iter().any(|it| matches!(it, Seen::Batch { .. })) {
            let file = segment.name.file();
            info!(file, "a journal segment that could not be begun is deleted");
            candidates.remove(at);
            disk.remove(&file)
                .and_then(|()| disk.sync_folder())
                .map_err(|source| OpenError::unwritable(disk, source))?;
        }
    }
    Ok(())
}

/// What lies beyond the bytes a later segment vouches for was never acknowledged.
fn seal<F>(candidates: &[Candidate<F>]) {
    for header in candidates.iter().filter_map(|it| it.header.as_ref()) {
        let sealed = candidates
            .iter()
            .find(|it| it.segment.name.number == header.previous);
        if let Some(Candidate { segment, .. }) = sealed {
            segment.set_durable(segment.durable().min(header.previous_bytes));
        }
    }
}

fn scan<F: DiskFile>(segment: &Segment<F>) -> io::Result<Vec<Seen>> {
    let until = segment.durable();
    let mut reader = Reader::new(segment.start);
    let mut seen = Vec::new();
    while reader.offset < until {
        match reader.step(segment, until)? {
            Step::Damage { from, to, .. } => seen.push(Seen::Damage { from, to }),
            Step::Frame(header) => seen.push(look_into(&mut reader, segment, header)?),
        }
    }
    Ok(seen)
}

/// Verifies all that the header announces.
fn look_into<F: DiskFile>(
    reader: &mut Reader,
    segment: &Segment<F>,
    header: Header,
) -> io::Result<Seen> {
    let mut broken = Vec::new();
    let mut snapshot = None;
    for (at, (offset, entry)) in header.placed().enumerate() {
        let stored = reader.bytes(segment, offset, entry.stored_bytes as usize)?;
        match header.kind {
            Kind::Batch if entry.verify(stored).is_err() => broken.push(at),
            Kind::Batch => {}
            Kind::Snapshot => {
                snapshot = entry.decompress(stored).ok();
            }
        }
    }
    if header.kind == Kind::Batch {
        return Ok(Seen::Batch { header, broken });
    }
    let (from, end) = (header.offset, header.end());
    Ok(match snapshot.as_deref().and_then(Snapshot::parse) {
        Some(snapshot) => Seen::Snapshot { snapshot, end },
        None => Seen::Damage { from, to: end },
    })
}

/// Cuts off what the crash tore, for good; returns how many bytes.
fn cut_tail<F: DiskFile>(segment: &Segment<F>, seen: &mut Vec<Seen>) -> io::Result<u64> {
    let proven = seen.iter().map(Seen::proves).max().unwrap_or(0);
    let torn = seen
        .iter()
        .position(|it| it.is_damaged() && it.offset() >= proven);
    let length = segment.file.length()?;
    let keep = match torn {
        Some(at) => {
            let keep = seen[at].offset();
            seen.truncate(at);
            keep
        }
        None => segment.durable(),
    };
    let bytes = length.saturating_sub(keep);
    if bytes > 0 {
        segment.file.truncate(keep)?;
        let file = segment.name.file();
        warn!(
            file,
            bytes, "the torn end of the journal was cut off; nothing in it was acknowledged"
        );
    }
    // Only a batch proves that the beginning of its segment was synced.
    let batches = seen.iter().any(|it| matches!(it, Seen::Batch { .. }));
    let from = if batches { proven } else { 0 };
    write_again(segment, from, keep)?;
    segment.file.sync_data()?;
    segment.set_durable(keep);
    Ok(bytes)
}

/// What no later frame vouches for may have been read from memory only, where it stands as
/// written since a sync that failed. It must be on disk before anybody sees it.
fn write_again<F: DiskFile>(segment: &Segment<F>, from: u64, to: u64) -> io::Result<()> {
    let mut at = from;
    let mut bytes = Vec::new();
    while at < to {
        let length = (to - at).min(COPY_BYTES);
        bytes.resize(length as usize, 0);
        segment.file.read_exact_at(&mut bytes, at)?;
        segment.file.write_all_at(&bytes, at)?;
        at += length;
    }
    Ok(())
}

fn first_batch<F>(segment: &Segment<F>, seen: &[Seen]) -> u64 {
    match seen.first() {
        Some(Seen::Snapshot { end, .. }) => *end,
        Some(Seen::Batch { .. } | Seen::Damage { .. }) | None => segment.start,
    }
}

impl Seen {
    fn offset(&self) -> u64 {
        match self {
            Seen::Batch { header, .. } => header.offset,
            Seen::Damage { from, .. } => *from,
            Seen::Snapshot { .. } => 0,
        }
    }

    /// All below was durable.
    fn proves(&self) -> u64 {
        match self {
            Seen::Batch { header, .. } => header.durable,
            Seen::Snapshot { end, .. } => *end,
            Seen::Damage { .. } => 0,
        }
    }

    fn is_damaged(&self) -> bool {
        match self {
            Seen::Batch { broken, .. } => !broken.is_empty(),
            Seen::Snapshot { .. } => false,
            Seen::Damage { .. } => true,
        }
    }
}

impl History {
    fn new(partitions: u16) -> History {
        History {
            ends: vec![0; usize::from(partitions)],
            released: vec![0; usize::from(partitions)],
            senders: Senders::default(),
            lost: Lost::default(),
            records_lost: 0,
            begun: false,
        }
    }

    /// The first positions in the segment: as its header says, or its snapshot, or as it must
    /// be.
    fn enter<F>(
        &mut self,
        segment: &Segment<F>,
        header: Option<&SegmentHeader>,
        seen: &[Seen],
    ) -> Box<[u64]> {
        let snapshot = seen.iter().find_map(|it| match it {
            Seen::Snapshot { snapshot, .. } => Some(&snapshot.floors),
            Seen::Batch { .. } | Seen::Damage { .. } => None,
        });
        let floors = header.map(|it| &it.floors).or(snapshot);
        let known = floors.filter(|it| it.len() == self.ends.len()).cloned();
        if let Some(floors) = &known {
            let on_purpose = !self.begun || header.is_some_and(|it| it.moved_on);
            for (at, floor) in floors.iter().enumerate() {
                if on_purpose {
                    self.ends[at] = self.ends[at].max(*floor);
                } else {
                    self.reach(at, *floor);
                }
            }
        }
        if header.is_none() {
            let file = segment.name.file();
            error!(file, "the header of a journal segment is damaged");
        }
        self.begun = self.begun || known.is_some();
        known.unwrap_or_else(|| self.ends.clone().into())
    }

    fn follow<F>(&mut self, segment: &Segment<F>, seen: Vec<Seen>) {
        for it in seen {
            match it {
                Seen::Batch { header, broken } => self.follow_batch(&header, &broken),
                Seen::Snapshot { snapshot, .. } => self.follow_snapshot(snapshot),
                Seen::Damage { from, to } => {
                    let file = segment.name.file();
                    error!(
                        file,
                        from, to, "the journal is damaged; what lies behind is still read"
                    );
                }
            }
        }
    }

    fn follow_batch(&mut self, header: &Header, broken: &[usize]) {
        for (at, entry) in header.sections.iter().enumerate() {
            let partition = usize::from(entry.partition.0);
            if partition >= self.ends.len() {
                continue;
            }
            if self.begun {
                self.reach(partition, entry.first.0);
            }
            if broken.contains(&at) {
                self.records_lost += self.lost.add(entry.partition, entry.first.0, entry.end().0);
            }
            self.ends[partition] = self.ends[partition].max(entry.end().0);
        }
        if let Some(sender) = &header.sender {
            self.senders.add(&sender.name, sender.sequence);
        }
    }

    fn follow_snapshot(&mut self, snapshot: Snapshot) {
        let Snapshot {
            floors: _,
            released,
            senders,
        } = snapshot;
        self.senders = senders;
        for (known, new) in self.released.iter_mut().zip(&released) {
            *known = (*known).max(*new);
        }
    }

    /// The next record of the partition stands here; what should stand before it is lost.
    fn reach(&mut self, partition: usize, position: u64) {
        let end = &mut self.ends[partition];
        if position > *end {
            self.records_lost += self.lost.add(Partition(partition as u16), *end, position);
            *end = position;
        }
    }

    fn report(&self, disk: &impl Disk) {
        if self.records_lost > 0 {
            let folder = disk.folder().display();
            let records = self.records_lost;
            error!(%folder, records, "records of the journal are lost to damage; check that disk");
        }
    }
}
