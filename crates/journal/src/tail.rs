//! What writer and readers share: which segments there are, how far they are durable, and a
//! bell for those who wait. Its lock is held for look-ups only, never while a disk works.

use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use gatewatch_model::{Partition, Position};
use gatewatch_ports::{JournalError, JournalHealth};

use crate::segment::Name;

/// Stretches of lost records that are remembered so as to be counted once.
const GAPS_MAX: usize = 10_000;

#[derive(Debug)]
pub struct Segment<F> {
    pub name: Name,
    pub file: F,
    /// Where its first frame stands.
    pub start: u64,
    /// The first position of each partition in it.
    pub floors: Box<[u64]>,
    durable: AtomicU64,
}

#[derive(Debug)]
pub struct Tail<F> {
    state: Mutex<State<F>>,
    /// One for those who read a single partition, so that a write wakes only whom it concerns.
    bells: Box<[Condvar]>,
    /// For those who read several.
    bell: Condvar,
}

#[derive(Debug)]
pub struct State<F> {
    pub segments: VecDeque<Arc<Segment<F>>>,
    /// All below are durable.
    pub ends: Box<[u64]>,
    pub released: Box<[u64]>,
    pub lost: Lost,
    pub tail_cut_bytes: u64,
    pub closed: bool,
}

/// What the beginning of the next segment says of those before it.
#[derive(Debug)]
pub struct Outline {
    /// Number and bytes of the last segment; zeros if there is none.
    pub last: (u64, u64),
    pub ends: Box<[u64]>,
    pub released: Box<[u64]>,
}

/// Where a reader goes on and how far it can see from there.
#[derive(Debug)]
pub struct Sight<F> {
    pub segment: Arc<Segment<F>>,
    pub until: u64,
    /// Nothing durable lies behind `until`; then these are the ends of all partitions.
    pub ends: Option<Box<[u64]>>,
}

/// A partition somebody reads and the position that comes next.
#[derive(Clone, Copy, Debug)]
pub struct Want {
    pub partition: Partition,
    pub position: u64,
}

/// Records that can no longer be read, each counted once however many readers miss them.
#[derive(Debug, Default)]
pub struct Lost {
    records: u64,
    gaps: BTreeMap<(u16, u64), u64>,
}

impl<F> Segment<F> {
    pub fn new(name: Name, file: F, start: u64, floors: Box<[u64]>, durable: u64) -> Segment<F> {
        Segment {
            name,
            file,
            start,
            floors,
            durable: AtomicU64::new(durable),
        }
    }

    /// How many of its bytes are on disk and count.
    pub fn durable(&self) -> u64 {
        self.durable.load(Ordering::Acquire)
    }

    pub fn set_durable(&self, bytes: u64) {
        self.durable.store(bytes, Ordering::Release);
    }
}

impl<F> Tail<F> {
    pub fn new(state: State<F>) -> Tail<F> {
        Tail {
            bells: state.ends.iter().map(|_| Condvar::new()).collect(),
            bell: Condvar::new(),
            state: Mutex::new(state),
        }
    }

    pub fn state(&self) -> MutexGuard<'_, State<F>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Shows readers what has become durable in the last segment.
    pub fn publish(&self, durable: u64, ends: &[u64]) {
        let mut state = self.state();
        if let Some(segment) = state.segments.back() {
            segment.set_durable(durable);
        }
        let mut any = false;
        for (at, (end, new)) in state.ends.iter_mut().zip(ends).enumerate() {
            if *end != *new {
                *end = *new;
                any = true;
                self.bells[at].notify_all();
            }
        }
        if any {
            self.bell.notify_all();
        }
    }

    pub fn close(&self) {
        self.state().closed = true;
        self.bells.iter().for_each(Condvar::notify_all);
        self.bell.notify_all();
    }

    /// Waits for something to read and says where; `None` when `wait` is over. `at` is how far
    /// the reader has come: segment number and offset.
    pub fn wait(
        &self,
        wants: &[Want],
        at: Option<(u64, u64)>,
        wait: Duration,
    ) -> Result<Option<Sight<F>>, JournalError> {
        let bell = match wants {
            [one] => &self.bells[usize::from(one.partition.0)],
            _ => &self.bell,
        };
        let state = self.state();
        let idle = |it: &mut State<F>| !it.closed && !it.has(wants);
        let (state, _) = bell
            .wait_timeout_while(state, wait, idle)
            .unwrap_or_else(PoisonError::into_inner);
        if state.has(wants) {
            state.sight(wants, at).map(Some)
        } else if state.closed {
            Err(JournalError::Closed)
        } else {
            Ok(None)
        }
    }

    /// Takes note of records that could not be read; returns how many nobody had missed before.
    pub fn lose(&self, partition: Partition, from: u64, to: u64) -> u64 {
        self.state().lost.add(partition, from, to)
    }
}

impl<F> State<F> {
    pub fn bytes(&self) -> u64 {
        self.segments.iter().map(|it| it.durable()).sum()
    }

    pub fn release(&mut self, below: &[(Partition, Position)]) {
        for (partition, position) in below {
            let at = usize::from(partition.0);
            if let (Some(released), Some(end)) = (self.released.get_mut(at), self.ends.get(at)) {
                *released = (*released).max(position.0.min(*end));
            }
        }
    }

    pub fn outline(&self) -> Outline {
        let last = self.segments.back();
        Outline {
            last: last.map_or((0, 0), |it| (it.name.number, it.durable())),
            ends: self.ends.clone(),
            released: self.released.clone(),
        }
    }

    /// Raises the ends to at least these; true if any was lower.
    pub fn move_on(&mut self, positions_min: &[(Partition, Position)]) -> bool {
        let mut any = false;
        for (partition, position) in positions_min {
            if let Some(end) = self.ends.get_mut(usize::from(partition.0))
                && *end < position.0
            {
                *end = position.0;
                any = true;
            }
        }
        any
    }

    pub fn all_released(&self) -> bool {
        self.released == self.ends
    }

    /// The oldest segment, if all in it is released and it is not the one written to.
    pub fn spent(&self) -> Option<Arc<Segment<F>>> {
        let next = self.segments.get(1)?;
        let spent = next.floors.iter().zip(&self.released).all(|(a, b)| a <= b);
        if spent {
            self.segments.front().cloned()
        } else {
            None
        }
    }

    /// The oldest position a new reader may ask for.
    pub fn oldest(&self, partition: Partition) -> u64 {
        let at = usize::from(partition.0);
        let floor = self.segments.front().map_or(0, |it| it.floors[at]);
        floor.max(self.released[at])
    }

    pub fn health(&self, bytes_max: u64, senders: usize) -> JournalHealth {
        JournalHealth {
            bytes: self.bytes(),
            bytes_max,
            segments: self.segments.len() as u64,
            senders: senders as u64,
            records_lost: self.lost.records,
            tail_cut_bytes: self.tail_cut_bytes,
        }
    }

    fn has(&self, wants: &[Want]) -> bool {
        wants.iter().any(|it| self.lies_ahead(it))
    }

    fn lies_ahead(&self, want: &Want) -> bool {
        want.position < self.ends[usize::from(want.partition.0)]
    }

    fn sight(&self, wants: &[Want], at: Option<(u64, u64)>) -> Result<Sight<F>, JournalError> {
        let mut index = usize::MAX;
        for want in wants.iter().filter(|it| self.lies_ahead(it)) {
            index = index.min(self.find(want)?);
        }
        if let Some((number, offset)) = at {
            let after = |it: &Arc<Segment<F>>| match it.name.number.cmp(&number) {
                std::cmp::Ordering::Less => true,
                std::cmp::Ordering::Equal => it.durable() <= offset,
                std::cmp::Ordering::Greater => false,
            };
            // A reader at the very end of the last segment stays there.
            let here = self.segments.partition_point(after);
            index = index.max(here.min(self.segments.len().saturating_sub(1)));
        }
        let segment = self.segments.get(index).ok_or_else(|| unreadable(index))?;
        let last = index + 1 == self.segments.len();
        Ok(Sight {
            segment: Arc::clone(segment),
            until: segment.durable(),
            ends: last.then(|| self.ends.clone()),
        })
    }

    /// The segment that holds the position.
    fn find(&self, want: &Want) -> Result<usize, JournalError> {
        let at = usize::from(want.partition.0);
        let below = |it: &Arc<Segment<F>>| it.floors[at] <= want.position;
        match self.segments.partition_point(below).checked_sub(1) {
            Some(index) => Ok(index),
            None => Err(JournalError::Gone {
                partition: want.partition,
                asked: Position(want.position),
                oldest: Position(self.oldest(want.partition)),
            }),
        }
    }
}

impl Lost {
    /// Counts `from..to` without what is counted already.
    pub fn add(&mut self, partition: Partition, from: u64, to: u64) -> u64 {
        let mut new = 0;
        let mut at = from;
        let before = self.gaps.range(..(partition.0, from)).next_back();
        if let Some(((owner, _), end)) = before
            && *owner == partition.0
        {
            at = at.max(*end);
        }
        let known: Vec<(u64, u64)> = self
            .gaps
            .range((partition.0, from)..(partition.0, to.max(from)))
            .map(|((_, start), end)| (*start, *end))
            .collect();
        for (start, end) in known {
            new += start.saturating_sub(at);
            at = at.max(end);
        }
        new += to.saturating_sub(at);
        if new > 0 {
            if self.gaps.len() >= GAPS_MAX {
                self.gaps.pop_first();
            }
            let end = self.gaps.entry((partition.0, from)).or_default();
            *end = (*end).max(to);
        }
        self.records += new;
        new
    }
}

fn unreadable(index: usize) -> JournalError {
    JournalError::Unreadable {
        reason: format!("there is no segment {index}; this is a defect, please report it").into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lost_record_is_counted_once() {
        let mut lost = Lost::default();
        let partition = Partition(3);
        assert_eq!(lost.add(partition, 10, 20), 10);
        assert_eq!(lost.add(partition, 10, 20), 0);
        assert_eq!(lost.add(partition, 15, 20), 0);
        assert_eq!(lost.add(partition, 5, 12), 5);
        assert_eq!(lost.add(partition, 0, 30), 15);
        assert_eq!(lost.add(Partition(4), 10, 20), 10);
        assert_eq!(lost.records, 40);
    }
}
