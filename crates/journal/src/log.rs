//! The log itself: one writer, many readers, no thread and no clock. A group of batches is
//! written and synced as one; what fails leaves no trace that anybody can see.
//!
//! **After a failed write** the segment is cut back to what was durable, and the cut is synced.
//! **After a failed sync** nothing in that file may be trusted any more (Linux drops the pages
//! and reports success the next time): the segment is sealed at what was durable by the header
//! of the next one, and nothing is acknowledged before that next one is on disk.
//!
//! So a batch answered with an error is not in the journal, with one exception: if the machine
//! fails between the error and the repair, it may be found whole at the next start. Whoever
//! sends it again with the same sequence is then told `Duplicate`; without a sequence the
//! promise is at-least-once.

use std::collections::HashMap;
use std::collections::hash_map::Entry as Slot;
use std::io;
use std::sync::Arc;

use gatewatch_model::{Partition, Position};
use gatewatch_ports::{Appended, JournalError, Sender};
use tracing::{error, info, warn};

use crate::begin::Beginning;
use crate::compress::Prepared;
use crate::disk::{Disk, DiskFile};
use crate::frame::{Header, Kind};
use crate::options::{OpenError, Options};
use crate::recover::{Recovered, recover};
use crate::segment::Name;
use crate::senders::{Standing, Window};
use crate::tail::{Segment, Tail};
use crate::view::View;

/// Answered with `Full`; long enough for a shard to write its state.
const RETRY_SECONDS: u32 = 5;
/// A slow trickle is given this many segments to grow old in, then they fill up.
const AGED_SEGMENTS_MAX: usize = 8;

pub type Answer = Result<Appended, JournalError>;

#[derive(Debug)]
pub struct Log<D: Disk> {
    disk: D,
    options: Options,
    view: View<D::File>,
    active: Arc<Segment<D::File>>,
    /// Where its first batch stands, behind the snapshot.
    batches_start: u64,
    number: u64,
    /// The active segment takes no more; another must be begun first.
    wounded: bool,
    /// So that a full disk is reported once and not per batch.
    failing: bool,
}

/// Frames that are written together, and what becomes true when they are durable.
#[derive(Default)]
struct Stage {
    frames: Vec<u8>,
    ends: Vec<u64>,
    windows: HashMap<Box<str>, Window>,
    /// The answers that hold only if this stage becomes durable.
    answers: Vec<usize>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Failed {
    Write,
    Sync,
}

impl<D: Disk> Log<D> {
    /// Opens what is there, after a crash too, or begins anew.
    pub fn open(mut disk: D, options: Options) -> Result<Log<D>, OpenError> {
        let options = options.checked()?;
        let Recovered {
            mut state,
            senders,
            mut number,
            mut batches_start,
            sealed,
        } = recover(&mut disk, options.partitions)?;
        let moved_on = state.move_on(&options.positions_min);
        if state.segments.is_empty() || sealed || moved_on {
            number += 1;
            let name = Name {
                number,
                nonce: disk.nonce(),
            };
            let begun = Beginning::new(name, &state.outline(), &senders, moved_on)
                .write(&mut disk)
                .map_err(|source| OpenError::unwritable(&disk, source))?;
            batches_start = begun.durable();
            state.segments.push_back(Arc::new(begun));
        }
        let Some(active) = state.segments.back().cloned() else {
            return Err(OpenError::unreadable(&disk, io::ErrorKind::NotFound.into()));
        };
        Ok(Log {
            view: View::new(Tail::new(state), senders, options.bytes_max),
            disk,
            options,
            active,
            batches_start,
            number,
            wounded: false,
            failing: false,
        })
    }

    pub fn view(&self) -> View<D::File> {
        self.view.clone()
    }

    pub fn options(&self) -> &Options {
        &self.options
    }

    /// Writes the batches together; returns when they are durable, with one answer for each.
    pub fn append(&mut self, group: &[Prepared]) -> Vec<Answer> {
        let mut answers = Vec::with_capacity(group.len());
        let mut stage = self.stage();
        for batch in group {
            if let Err(error) = self.make_room(&mut stage, batch, &mut answers) {
                // The stage is empty, and what does not work now need not be tried for each.
                answers.resize(group.len(), Err(error));
                return answers;
            }
            let answer = self.add(&mut stage, batch, answers.len());
            answers.push(answer);
        }
        self.settle(stage, &mut answers);
        answers
    }

    /// Deletes the segments that are released from first to last.
    pub fn purge(&mut self) {
        loop {
            let spent = self.view.tail().state().spent();
            let Some(segment) = spent else { return };
            // One by one and each for good, so that a crash leaves no hole in the row.
            let removed = self.disk.remove(&segment.name.file());
            if let Err(error) = removed.and_then(|()| self.disk.sync_folder()) {
                let folder = self.disk.folder().display();
                warn!(%folder, %error, "cannot delete a folded segment of the journal; it is tried again");
                return;
            }
            self.view.tail().state().segments.pop_front();
        }
    }

    /// Begins a new segment if all records are released, so that no body stays at rest.
    pub fn roll_if_released(&mut self) {
        if self.has_batches() && self.view.tail().state().all_released() {
            self.renew();
        }
    }

    /// Begins a new segment, so that the records of this one can go when they are folded.
    pub fn roll_if_few(&mut self) {
        let few = self.view.tail().state().segments.len() < AGED_SEGMENTS_MAX;
        if self.has_batches() && few {
            self.renew();
        }
    }

    pub fn has_batches(&self) -> bool {
        self.active.durable() > self.batches_start
    }

    fn renew(&mut self) {
        if self.roll().is_ok() {
            self.purge();
        }
    }

    fn stage(&self) -> Stage {
        Stage {
            ends: self.view.tail().state().ends.to_vec(),
            ..Stage::default()
        }
    }

    /// Makes sure that the active segment can take the batch, by a new one if need be.
    fn make_room(
        &mut self,
        stage: &mut Stage,
        batch: &Prepared,
        answers: &mut [Answer],
    ) -> Result<(), JournalError> {
        let length = self.active.durable() + stage.frames.len() as u64;
        let full = length > self.batches_start
            && length + batch.bytes() as u64 > self.options.segment_bytes;
        if full {
            self.settle(std::mem::take(stage), answers);
            *stage = self.stage();
        }
        if full || self.wounded {
            self.roll()?;
        }
        Ok(())
    }

    /// Adds a frame to the stage, unless the batch is there already or may not be.
    fn add(&self, stage: &mut Stage, batch: &Prepared, number: usize) -> Answer {
        if batch.entries.is_empty() && batch.sender.is_none() {
            return Ok(Appended::Written(Vec::new()));
        }
        if let Some(sender) = &batch.sender {
            match self.standing(stage, sender) {
                Standing::New => {}
                Standing::Seen => {
                    // Not before the first of the two is durable.
                    if stage.windows.contains_key(&sender.name) {
                        stage.answers.push(number);
                    }
                    return Ok(Appended::Duplicate);
                }
                Standing::Stale { latest } => {
                    return Err(JournalError::StaleSequence {
                        sender: sender.name.clone(),
                        sequence: sender.sequence,
                        latest,
                    });
                }
            }
        }
        let bytes = self.view.tail().state().bytes() + stage.frames.len() as u64;
        if bytes + batch.bytes() as u64 > self.options.bytes_max {
            return Err(JournalError::Full {
                bytes,
                bytes_max: self.options.bytes_max,
                retry_seconds: RETRY_SECONDS,
            });
        }
        stage.answers.push(number);
        if let Some(sender) = &batch.sender {
            self.note(stage, sender);
        }
        Ok(Appended::Written(self.write_frame(stage, batch)))
    }

    fn write_frame(&self, stage: &mut Stage, batch: &Prepared) -> Vec<(Partition, Position)> {
        let durable = self.active.durable();
        let mut sections = batch.entries.clone();
        let mut firsts: Vec<(Partition, Position)> = Vec::with_capacity(sections.len());
        for entry in &mut sections {
            let end = &mut stage.ends[usize::from(entry.partition.0)];
            entry.first = Position(*end);
            *end += u64::from(entry.count);
            if firsts.last().is_none_or(|it| it.0 != entry.partition) {
                firsts.push((entry.partition, entry.first));
            }
        }
        let header = Header {
            kind: Kind::Batch,
            offset: durable + stage.frames.len() as u64,
            durable,
            sender: batch.sender.clone(),
            sections,
        };
        header.write(&mut stage.frames, self.active.name.nonce);
        stage.frames.extend_from_slice(&batch.body);
        firsts
    }

    fn standing(&self, stage: &Stage, sender: &Sender) -> Standing {
        let known = match stage.windows.get(&sender.name) {
            Some(window) => Some(*window),
            None => self.view.senders().get(&sender.name),
        };
        known.map_or(Standing::New, |it| it.standing(sender.sequence))
    }

    fn note(&self, stage: &mut Stage, sender: &Sender) {
        let slot = match stage.windows.entry(sender.name.clone()) {
            Slot::Occupied(slot) => slot.into_mut(),
            Slot::Vacant(slot) => {
                let known = self.view.senders().get(&sender.name);
                slot.insert(known.unwrap_or(Window::of(sender.sequence)))
            }
        };
        slot.add(sender.sequence);
    }

    /// Brings the stage to the disk and makes it true, or its answers errors.
    fn settle(&mut self, stage: Stage, answers: &mut [Answer]) {
        if stage.frames.is_empty() {
            return;
        }
        let Err((failed, error)) = self.write(&stage.frames) else {
            return self.commit(stage);
        };
        self.roll_back(failed);
        let reason = self.reason(&error);
        for number in stage.answers {
            answers[number] = Err(unwritable(&reason));
        }
    }

    fn write(&self, frames: &[u8]) -> Result<(), (Failed, io::Error)> {
        let file = &self.active.file;
        file.write_all_at(frames, self.active.durable())
            .map_err(|error| (Failed::Write, error))?;
        file.sync_data().map_err(|error| (Failed::Sync, error))
    }

    fn commit(&mut self, stage: Stage) {
        {
            let mut senders = self.view.senders();
            for (name, window) in &stage.windows {
                senders.put(name, *window);
            }
        }
        let durable = self.active.durable() + stage.frames.len() as u64;
        self.view.tail().publish(durable, &stage.ends);
        if std::mem::take(&mut self.failing) {
            let folder = self.disk.folder().display();
            info!(%folder, "the journal is written again");
        }
    }

    fn roll_back(&mut self, failed: Failed) {
        let file = &self.active.file;
        let cut = file
            .truncate(self.active.durable())
            .and_then(|()| file.sync_data());
        self.wounded = failed == Failed::Sync || cut.is_err();
    }

    /// Begins the next segment. Until that has worked nothing is appended.
    fn roll(&mut self) -> Result<(), JournalError> {
        // Another segment may be on disk from now on that seals this one.
        self.wounded = true;
        self.number += 1;
        let name = Name {
            number: self.number,
            nonce: self.disk.nonce(),
        };
        let outline = self.view.tail().state().outline();
        let beginning = Beginning::new(name, &outline, &self.view.senders(), false);
        let begun = beginning.write(&mut self.disk);
        match begun {
            Ok(segment) => {
                let segment = Arc::new(segment);
                self.batches_start = segment.durable();
                self.active = Arc::clone(&segment);
                self.view.tail().state().segments.push_back(segment);
                self.wounded = false;
                Ok(())
            }
            Err(error) => Err(unwritable(&self.reason(&error))),
        }
    }

    /// What is wrong and what to do; logged when it begins.
    fn reason(&mut self, error: &io::Error) -> String {
        let folder = self.disk.folder().display();
        let reason = match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                format!("no space is left for {folder}; free some, then writing resumes by itself")
            }
            _ => format!(
                "{folder}: {error}; look at that disk and its mount, writing resumes by itself"
            ),
        };
        if !std::mem::replace(&mut self.failing, true) {
            error!(%folder, %error, "the journal cannot be written; batches are refused, not lost");
        }
        reason
    }
}

fn unwritable(reason: &str) -> JournalError {
    JournalError::Unwritable {
        reason: reason.into(),
    }
}
