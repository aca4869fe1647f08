//! What has to be done from time to time: Ticks into the journals, an eye on the disk, roll-ups
//! moved to coarser rows. One thread, woken at a fixed pace.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use gatewatch_model::time::DAY_SECONDS;
use gatewatch_model::{Partition, Record, Timestamp};
use gatewatch_ports::{Batch, Journal, Store};
use gatewatch_wire::record;

use crate::clock::Clock;
use crate::intake::Intake;
use crate::live::Live;
use crate::pipeline::Stop;

const TICK_EVERY: Duration = Duration::from_secs(10);
const DISK_EVERY: Duration = Duration::from_secs(2);
const RETAIN_EVERY: Duration = Duration::from_secs(600);
/// When the disk is low, room is made at once.
const RETAIN_TIGHT_EVERY: Duration = Duration::from_secs(60);
const WAKE_EVERY: Duration = Duration::from_millis(250);
/// Wall time that moves this much more or less than it should: somebody set the clock.
const JUMP_SECONDS: i64 = 60;
/// Ahead by this much since the start, and its word is not enough to let old rows go.
const AHEAD_SECONDS_MAX: i64 = DAY_SECONDS;

/// How many bytes are free where the data folder lies.
pub type FreeSpace = Box<dyn Fn() -> std::io::Result<u64> + Send + Sync>;

pub(crate) struct Upkeep {
    pub journals: Vec<Arc<dyn Journal>>,
    pub store: Arc<dyn Store>,
    pub intake: Intake,
    pub live: Arc<Live>,
    pub clock: Arc<dyn Clock>,
    pub free_space: FreeSpace,
    pub disk_free_bytes_min: u64,
}

impl Upkeep {
    pub fn run(&self, stop: &Stop) {
        let mut low = self.look_at_disk(false);
        let mut wall = Wall::new(self.clock.now());
        let mut ticked = Pace::due_now(TICK_EVERY);
        let mut looked = Pace::due_now(DISK_EVERY);
        let mut retained = Instant::now();
        while !stop.wait(WAKE_EVERY) {
            wall.watch(self.clock.now());
            if ticked.is_due() {
                self.tick();
                self.bring_controls();
            }
            if looked.is_due() {
                low = self.look_at_disk(low);
            }
            let every = if low {
                RETAIN_TIGHT_EVERY
            } else {
                RETAIN_EVERY
            };
            if retained.elapsed() >= every {
                self.retain(&wall, low);
                retained = Instant::now();
            }
        }
    }

    fn tick(&self) {
        let record = Record::Tick(self.clock.now());
        for journal in &self.journals {
            let mut batch = Batch::default();
            for partition in 0..journal.partitions() {
                batch.push(Partition(partition), |bytes| record::encode(&record, bytes));
            }
            if let Err(error) = journal.append(batch).wait() {
                tracing::warn!(%error, "no Tick could be written; windows close later than they should");
            }
        }
    }

    /// What was accepted and did not get into the journal, before a crash or while it was full.
    fn bring_controls(&self) {
        if let Err(error) = self.intake.bring_controls() {
            tracing::warn!(%error, "controls wait for the journal; they are brought in as soon as it takes them");
        }
    }

    fn look_at_disk(&self, was_low: bool) -> bool {
        let free = match (self.free_space)() {
            Ok(free) => free,
            Err(error) => {
                tracing::warn!(%error, "cannot ask how much of the disk is free");
                return was_low;
            }
        };
        // A tenth more to open again, so that the gate does not flutter.
        let enough = self.disk_free_bytes_min
            + if was_low {
                self.disk_free_bytes_min / 10
            } else {
                0
            };
        let low = free < enough;
        self.intake.disk_free(free, low);
        if low && !was_low {
            tracing::error!(
                free_bytes = free,
                free_bytes_min = self.disk_free_bytes_min,
                "the data folder's disk is nearly full: nothing new is taken in until there is room"
            );
        } else if was_low && !low {
            tracing::info!(
                free_bytes = free,
                "there is room on the disk again: taking exchanges in"
            );
        }
        low
    }

    pub fn retain(&self, wall: &Wall, tight: bool) {
        if wall.is_mistrusted {
            return;
        }
        match self.store.retain(self.clock.now(), tight) {
            Ok(retained) => tracing::debug!(?retained, "moved and let go of old rows"),
            Err(error) => {
                self.live
                    .checkpoint_failures
                    .fetch_add(1, Ordering::Relaxed);
                tracing::warn!(%error, "could not let go of old rows; trying again later");
            }
        }
    }
}

/// Due at once, then each `every`.
struct Pace {
    every: Duration,
    last: Option<Instant>,
}

impl Pace {
    fn due_now(every: Duration) -> Pace {
        Pace { every, last: None }
    }

    fn is_due(&mut self) -> bool {
        let due = self.last.is_none_or(|it| it.elapsed() >= self.every);
        if due {
            self.last = Some(Instant::now());
        }
        due
    }
}

/// Compares wall time with steady time.
pub(crate) struct Wall {
    steady: Instant,
    read: Timestamp,
    /// By how much all jumps together have set it ahead since the start.
    ahead_seconds: i64,
    is_mistrusted: bool,
}

impl Wall {
    pub fn new(wall: Timestamp) -> Wall {
        Wall {
            steady: Instant::now(),
            read: wall,
            ahead_seconds: 0,
            is_mistrusted: false,
        }
    }

    pub fn watch(&mut self, now: Timestamp) {
        let steady = Instant::now();
        let passed = steady.duration_since(self.steady).as_micros();
        let expected = self.read.plus_micros(passed as i64);
        (self.steady, self.read) = (steady, now);
        let jump_seconds = now.micros_since(expected) / 1_000_000;
        if jump_seconds.abs() < JUMP_SECONDS {
            return;
        }
        tracing::warn!(
            jump_seconds,
            "the system's clock was set; windows open at that moment may close early or late, counts stay right"
        );
        self.ahead_seconds = self.ahead_seconds.saturating_add(jump_seconds);
        if self.ahead_seconds >= AHEAD_SECONDS_MAX && !self.is_mistrusted {
            self.is_mistrusted = true;
            tracing::error!(
                ahead_seconds = self.ahead_seconds,
                "the system's clock went ahead by a day or more, or the machine slept: old rows are \
                 kept until gatewatch is started again; see that the clock is right, then start it again"
            );
        }
    }
}
