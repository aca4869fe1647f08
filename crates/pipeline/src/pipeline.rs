//! Starts the threads of a pipeline and ends them in order: intake closes, what is durable is
//! folded, effects and states are written.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use gatewatch_model::{Partition, Stage};
use gatewatch_ports::{Journal, Store, StoreError};

use crate::care::Care;
use crate::clock::Clock;
use crate::fold::{CallerFold, ExchangeFold, Fold, Key};
use crate::intake::Intake;
use crate::live::Live;
use crate::marker::Marks;
use crate::outbound::Outbound;
use crate::shard::{Shard, ShardError, Surroundings};
use crate::upkeep::{FreeSpace, Upkeep};

/// Effects are written this often while there are any.
const CHECKPOINT_EVERY: Duration = Duration::from_millis(500);
/// After a failure the store is asked again at this pace.
const RETRY_EVERY: Duration = Duration::from_secs(1);
/// At the end, this long to fold what is durable, and this long to write states.
const LAST_FOLD_MAX: Duration = Duration::from_secs(3);
const LAST_STATES_MAX: Duration = Duration::from_secs(5);

pub struct Parts {
    /// Exchanges, Controls and Ticks.
    pub journal: Arc<dyn Journal>,
    /// Digests, keyed by caller.
    pub digests: Arc<dyn Journal>,
    pub store: Arc<dyn Store>,
    /// What values are masked with; without one, words of paths are text.
    pub key: Option<Key>,
    pub clock: Arc<dyn Clock>,
    pub marks: Box<dyn Marks>,
    pub free_space: FreeSpace,
}

#[derive(Clone, Copy, Debug)]
pub struct Options {
    pub roles: Roles,
    /// Threads that fold exchanges; 0 is one per core.
    pub shards: usize,
    pub disk_free_bytes_min: u64,
}

/// What this process does. Reading the store and serving it is the server's role.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Roles {
    /// Takes exchanges in and writes Ticks.
    pub ingest: bool,
    /// Folds both journals and keeps the store in shape.
    pub fold: bool,
}

pub struct Pipeline {
    intake: Intake,
    live: Arc<Live>,
    stop: Arc<Stop>,
    threads: Vec<JoinHandle<()>>,
}

#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error(transparent)]
    Shard(#[from] ShardError),
    #[error("cannot start a thread: {0}")]
    Thread(#[from] std::io::Error),
}

impl Pipeline {
    pub fn start(parts: Parts, options: Options) -> Result<Pipeline, StartError> {
        let live = Arc::new(Live::new(parts.journal.partitions()));
        let intake = Intake::new(
            parts.journal.clone(),
            parts.store.clone(),
            live.clone(),
            parts.clock.clone(),
        );
        let mut pipeline = Pipeline {
            intake,
            live,
            stop: Arc::default(),
            threads: Vec::new(),
        };
        match pipeline.start_threads(parts, options) {
            Ok(()) => Ok(pipeline),
            Err(error) => {
                // Those that run already end in order, or the next start would suspect them.
                pipeline.shutdown();
                Err(error)
            }
        }
    }

    pub fn intake(&self) -> Intake {
        self.intake.clone()
    }

    pub fn live(&self) -> Arc<Live> {
        self.live.clone()
    }

    /// Ends in order, within about ten seconds. What is not folded by then stays in the journal.
    pub fn shutdown(self) {
        self.intake.close();
        self.stop.set();
        for thread in self.threads {
            // It raised its alarm when it died.
            let _ = thread.join();
        }
    }

    fn start_threads(&mut self, parts: Parts, options: Options) -> Result<(), StartError> {
        let Parts {
            journal,
            digests,
            store,
            key,
            clock,
            marks,
            free_space,
        } = parts;
        if options.roles.fold {
            let around = Surroundings {
                journal: journal.clone(),
                store: store.clone(),
                key,
                live: self.live.clone(),
                clock: clock.clone(),
                care: Arc::new(Care::new(marks)),
                outbound: Some(Outbound::new(digests.clone())),
            };
            let second = Surroundings {
                journal: digests.clone(),
                outbound: None,
                ..around.clone()
            };
            self.start_shards::<ExchangeFold>(&around, shards(options.shards))?;
            self.start_shards::<CallerFold>(&second, 1)?;
        }
        if options.roles.ingest {
            let upkeep = Upkeep {
                journals: vec![journal, digests],
                store,
                intake: self.intake.clone(),
                live: self.live.clone(),
                clock,
                free_space,
                disk_free_bytes_min: options.disk_free_bytes_min,
            };
            self.spawn("upkeep", move |stop| upkeep.run(stop))?;
        }
        Ok(())
    }

    fn start_shards<F: Fold + 'static>(
        &mut self,
        around: &Surroundings,
        count: usize,
    ) -> Result<(), StartError> {
        let partitions = around.journal.partitions();
        let count = count.clamp(1, usize::from(partitions));
        for number in 0..count {
            let mine: Vec<_> = (0..partitions)
                .filter(|it| usize::from(*it) % count == number)
                .map(Partition)
                .collect();
            let shard = Shard::<F>::load(around.clone(), &mine)?;
            let name = match F::STAGE {
                Stage::Exchanges => format!("fold-{number}"),
                Stage::Callers => format!("callers-{number}"),
            };
            self.spawn(&name, move |stop| run(shard, stop))?;
        }
        Ok(())
    }

    fn spawn(
        &mut self,
        name: &str,
        work: impl FnOnce(&Stop) + Send + 'static,
    ) -> Result<(), StartError> {
        let stop = self.stop.clone();
        let alarm = Alarm(self.live.clone());
        let thread = std::thread::Builder::new()
            .name(name.to_owned())
            .spawn(move || {
                let _alarm = alarm;
                work(&stop);
            })?;
        self.threads.push(thread);
        Ok(())
    }
}

/// Tells that a thread has died of a defect: the others go on, and it is not missed in silence.
struct Alarm(Arc<Live>);

impl Drop for Alarm {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.stalled.store(true, Ordering::Release);
            let thread = std::thread::current();
            tracing::error!(
                thread = thread.name(),
                "a thread has died of a defect, please report it; start gatewatch again, what it \
                 had not written is folded then"
            );
        }
    }
}

fn shards(asked: usize) -> usize {
    if asked > 0 {
        asked
    } else {
        std::thread::available_parallelism().map_or(1, usize::from)
    }
}

fn run<F: Fold>(mut shard: Shard<F>, stop: &Stop) {
    let mut next = Instant::now() + CHECKPOINT_EVERY;
    let mut goes_on = true;
    while goes_on && !stop.is_set() {
        if let Err(error) = turn(&mut shard, &mut next) {
            goes_on = survive(&mut shard, &error, stop);
        }
    }
    if goes_on && let Err(error) = finish(&mut shard) {
        tracing::warn!(%error, "not all could be written at the end; it is folded again at the next start");
    }
    // Whatever the store had to say, no record has killed this process.
    shard.calm();
}

fn turn<F: Fold>(shard: &mut Shard<F>, next: &mut Instant) -> Result<(), ShardError> {
    let wait = next.saturating_duration_since(Instant::now());
    if !wait.is_zero() && !shard.is_full() && shard.pending.is_none() {
        shard.step(wait)?;
        return Ok(());
    }
    // Set first, so that a failing store is asked at this pace too.
    *next = Instant::now() + CHECKPOINT_EVERY;
    shard.checkpoint(false)
}

/// False when the shard cannot go on.
fn survive<F: Fold>(shard: &mut Shard<F>, error: &ShardError, stop: &Stop) -> bool {
    let stage = F::STAGE.name();
    shard
        .around
        .live
        .checkpoint_failures
        .fetch_add(1, Ordering::Relaxed);
    if error.may_pass() {
        tracing::warn!(stage, %error, "folding waits; nothing is lost, it goes on by itself");
        stop.wait(RETRY_EVERY);
        return true;
    }
    // A commit whose answer was lost looks as if somebody else had made it: what is in memory
    // no longer fits the store, but the store is right.
    if let ShardError::Store(StoreError::Superseded { .. }) = error {
        tracing::warn!(stage, %error, "the store had gone on; folding goes on from there");
        return begin_again(shard, stop);
    }
    stall(shard, error)
}

/// Reloads, and tries until that works: meanwhile some of what is in memory is the store's and
/// some is not, so that none of it may be written, not at the end either.
fn begin_again<F: Fold>(shard: &mut Shard<F>, stop: &Stop) -> bool {
    while !stop.wait(RETRY_EVERY) {
        match shard.reload() {
            Ok(()) => return true,
            Err(error) if error.may_pass() => {
                tracing::warn!(stage = F::STAGE.name(), %error, "folding waits for the store; nothing is lost");
            }
            Err(error) => return stall(shard, &error),
        }
    }
    false
}

fn stall<F: Fold>(shard: &Shard<F>, error: &ShardError) -> bool {
    let stage = F::STAGE.name();
    shard.around.live.stalled.store(true, Ordering::Release);
    tracing::error!(stage, %error, "folding has stopped; see to the cause, then start gatewatch again");
    false
}

fn finish<F: Fold>(shard: &mut Shard<F>) -> Result<(), ShardError> {
    let deadline = Instant::now() + LAST_FOLD_MAX;
    while Instant::now() < deadline && shard.pending.is_none() && shard.step(Duration::ZERO)? {
        if shard.is_full() {
            shard.checkpoint(false)?;
        }
    }
    shard.checkpoint(false)?;
    let deadline = Instant::now() + LAST_STATES_MAX;
    while Instant::now() < deadline && shard.has_unwritten_state() {
        shard.checkpoint(true)?;
    }
    Ok(())
}

/// Tells threads to end, and lets them sleep until then.
#[derive(Debug, Default)]
pub(crate) struct Stop {
    set: Mutex<bool>,
    told: Condvar,
}

impl Stop {
    pub fn set(&self) {
        *self.set.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.told.notify_all();
    }

    pub fn is_set(&self) -> bool {
        *self.set.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sleeps for `span` or until told to end; answers whether it was told.
    pub fn wait(&self, span: Duration) -> bool {
        let set = self.set.lock().unwrap_or_else(PoisonError::into_inner);
        let ended = self.told.wait_timeout_while(set, span, |set| !*set);
        *ended.unwrap_or_else(PoisonError::into_inner).0
    }
}
