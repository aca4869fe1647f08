//! One machine: two simulated disks with a journal each, a real store, and the shards, all
//! moved by hand. What survives a crash is the disks and what the store has committed.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use gatewatch_journal::{Direct, Embedded, Options, SimDisk};
use gatewatch_model::record::{Arrival, Stream};
use gatewatch_model::{Exchange, Partition, Record, Stage, Timestamp};
use gatewatch_ports::store::{CollectionQuery, EndpointQuery, Reading, RollupQuery, Store};
use gatewatch_ports::{Appended, Batch, Journal};
use gatewatch_sources::partition_of;
use gatewatch_store::SqliteStore;
use gatewatch_wire::record;

use super::faulty::FaultyStore;
use crate::care::Care;
use crate::clock::Clock;
use crate::fold::{CallerFold, ExchangeFold, Fold};
use crate::intake::{Intake, IntakeError};
use crate::live::Live;
use crate::marker::{Mark, Marks};
use crate::outbound::Outbound;
use crate::pipeline::{self, Parts, Pipeline, Roles, StartError};
use crate::shard::{Shard, ShardError, Surroundings};
use crate::upkeep::FreeSpace;

pub const PARTITIONS: u16 = 4;
pub const DISK_FREE_BYTES_MIN: u64 = 1_000;
pub const START: Timestamp = Timestamp(1_795_248_000_000_000);

pub struct World {
    disks: [SimDisk; 2],
    pub store: Arc<FaultyStore>,
    pub clock: Arc<HandClock>,
    marks: Arc<Mutex<Vec<Mark>>>,
    _folder: tempfile::TempDir,
}

/// What runs between two crashes.
pub struct Machine<F: Fold = ExchangeFold> {
    pub journal: Arc<dyn Journal>,
    pub digests: Arc<dyn Journal>,
    pub intake: Intake,
    pub exchanges: Shard<F>,
    pub callers: Shard<CallerFold>,
}

#[derive(Debug, Default)]
pub struct HandClock(AtomicI64);

impl HandClock {
    pub fn forward(&self, seconds: i64) {
        self.0.fetch_add(seconds * 1_000_000, Ordering::Relaxed);
    }
}

impl Clock for HandClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.load(Ordering::Relaxed))
    }
}

struct MemoryMarks(Arc<Mutex<Vec<Mark>>>);

impl Marks for MemoryMarks {
    fn read(&self) -> Vec<Mark> {
        self.0.lock().unwrap().clone()
    }

    fn write(&self, marks: &[Mark]) -> std::io::Result<()> {
        *self.0.lock().unwrap() = marks.to_vec();
        Ok(())
    }
}

impl World {
    pub fn new(seed: u64) -> World {
        let folder = tempfile::tempdir_in(memory_folder()).unwrap();
        let store = Arc::new(FaultyStore::new(SqliteStore::open(folder.path()).unwrap()));
        World {
            disks: [SimDisk::new(seed), SimDisk::new(!seed)],
            store,
            clock: Arc::new(HandClock(AtomicI64::new(START.0))),
            marks: Arc::default(),
            _folder: folder,
        }
    }

    pub fn disk(&self, number: usize) -> &SimDisk {
        &self.disks[number]
    }

    pub fn is_dark(&self) -> bool {
        self.disks.iter().any(SimDisk::is_dark)
    }

    /// The power goes: both disks lose what was not synced.
    pub fn crash(&self) {
        self.disks.iter().for_each(SimDisk::crash);
    }

    pub fn start(&mut self) -> Result<Machine, ShardError> {
        self.start_with()
    }

    /// The same with another first stage.
    pub fn start_with<F: Fold>(&mut self) -> Result<Machine<F>, ShardError> {
        self.disks = self.disks.each_ref().map(SimDisk::restart);
        self.store.no_fault();
        let [journal, digests] = self.journals(|disk, options| {
            Arc::new(Direct::open(disk, options).unwrap()) as Arc<dyn Journal>
        });
        let live = Arc::new(Live::new(PARTITIONS));
        let around = Surroundings {
            journal: journal.clone(),
            store: self.store.clone(),
            key: None,
            live: live.clone(),
            clock: self.clock.clone(),
            care: Arc::new(Care::new(Box::new(MemoryMarks(self.marks.clone())))),
            outbound: Some(Outbound::new(digests.clone())),
        };
        let second = Surroundings {
            journal: digests.clone(),
            outbound: None,
            ..around.clone()
        };
        let partitions: Vec<_> = (0..PARTITIONS).map(Partition).collect();
        Ok(Machine {
            intake: Intake::new(
                journal.clone(),
                self.store.clone(),
                live.clone(),
                self.clock.clone(),
            ),
            exchanges: Shard::load(around, &partitions)?,
            callers: Shard::load(second, &partitions)?,
            journal,
            digests,
        })
    }

    /// The pipeline as it is in the binary, with its threads.
    pub fn run(&mut self, free_space: FreeSpace) -> Result<Pipeline, StartError> {
        self.disks = self.disks.each_ref().map(SimDisk::restart);
        let [journal, digests] = self.journals(|disk, options| {
            Arc::new(Embedded::on(disk, options).unwrap()) as Arc<dyn Journal>
        });
        let parts = Parts {
            journal,
            digests,
            store: self.store.clone(),
            key: None,
            clock: self.clock.clone(),
            marks: Box::new(MemoryMarks(self.marks.clone())),
            free_space,
        };
        let options = pipeline::Options {
            roles: Roles {
                ingest: true,
                fold: true,
            },
            shards: 2,
            disk_free_bytes_min: DISK_FREE_BYTES_MIN,
        };
        Pipeline::start(parts, options)
    }

    /// Both, numbered on from where the store stands.
    fn journals<J>(&self, open: impl Fn(SimDisk, Options) -> J) -> [J; 2] {
        let progress = self.store.progress().unwrap();
        std::array::from_fn(|at| {
            let stage = Stage::ALL[at];
            let mine = progress.iter().filter(|it| it.stage == stage);
            let options = Options {
                partitions: PARTITIONS,
                segment_bytes: 4 << 10,
                bytes_max: 4 << 20,
                positions_min: mine.map(|it| (it.partition, it.effects_position)).collect(),
                ..Options::default()
            };
            open(self.disks[at].clone(), options)
        })
    }

    /// As if the last run had died and left this note.
    pub fn suspect(&self, mark: Mark) {
        self.marks.lock().unwrap().push(mark);
    }

    /// The folder of the first journal is lost, the store is not.
    pub fn lose_journal(&mut self) {
        self.disks[0] = SimDisk::new(99);
    }

    /// Whom the next start would suspect.
    pub fn suspects(&self) -> usize {
        self.marks.lock().unwrap().len()
    }

    /// Folds all there is, and writes it.
    pub fn settle<F: Fold>(machine: &mut Machine<F>) -> Result<(), ShardError> {
        while machine.exchanges.step(Duration::ZERO)? {}
        machine.exchanges.checkpoint(false)?;
        while machine.callers.step(Duration::ZERO)? {}
        machine.callers.checkpoint(false)
    }

    /// Everything a reader can ask for, as text.
    pub fn dump(&self) -> String {
        dump(&*self.store)
    }

    /// Calls of each endpoint, by template.
    pub fn calls(&self) -> BTreeMap<String, u64> {
        let query = EndpointQuery {
            scope: "/".into(),
            limit: 1_000,
            ..EndpointQuery::default()
        };
        let page = self.store.endpoints(&query).unwrap();
        let mut calls = BTreeMap::new();
        for item in page.items {
            *calls.entry(item.row.template.to_string()).or_default() += item.row.calls;
        }
        calls
    }
}

impl<F: Fold> Machine<F> {
    pub fn send(&self, batch: Batch) -> Result<Appended, IntakeError> {
        self.intake.append_wait(batch)
    }

    pub fn tick(&self, clock: &HandClock) {
        clock.forward(10);
        let record = Record::Tick(clock.now());
        for journal in [&self.journal, &self.digests] {
            let mut batch = Batch::default();
            for partition in 0..PARTITIONS {
                batch.push(Partition(partition), |bytes| record::encode(&record, bytes));
            }
            // A Tick that is lost is one Tick less.
            let _ = journal.append(batch).wait();
        }
    }
}

/// Adds exchanges to a batch as admission would, all with one receive stamp.
pub fn push(batch: &mut Batch, received: Timestamp, exchanges: &[Exchange<'static>]) {
    for exchange in exchanges {
        let partition = partition_of("/", exchange, PARTITIONS);
        let arrival = Arrival {
            received,
            stream: Stream::Live,
            source: "test".into(),
            scope: "/".into(),
            external: None,
            exchange: exchange.clone(),
        };
        batch.push(partition, |bytes| {
            record::encode(&Record::Arrival(arrival), bytes);
        });
    }
}

fn dump(store: &dyn Store) -> String {
    let everything = EndpointQuery {
        scope: "/".into(),
        limit: 100_000,
        ..EndpointQuery::default()
    };
    let endpoints = store.endpoints(&everything).unwrap();
    let collections = store
        .collections(&CollectionQuery {
            scope: "/".into(),
            limit: 100_000,
            ..CollectionQuery::default()
        })
        .unwrap();
    let mut lines = vec![format!("{:#?}", collections.items)];
    for item in &endpoints.items {
        let query = RollupQuery {
            scope: "/".into(),
            collection: None,
            endpoint: Some(item.row.id),
            from: START.plus_seconds(-86_400),
            to: START.plus_seconds(86_400),
            step: gatewatch_model::rollup::Step::Minute,
        };
        lines.push(format!("{item:#?}\n{:?}", store.rollup(&query).unwrap()));
    }
    lines.sort();
    lines.push(format!("{:#?}", store.sources().unwrap()));
    lines.push(format!("{:#?}", store.callers(100_000, "/").unwrap()));
    lines.push(format!("{:#?}", store.coverage().unwrap()));
    lines.join("\n")
}

/// Commits cost a hundredth where no disk is behind them; what is tested here is not the disk
/// under SQLite.
fn memory_folder() -> std::path::PathBuf {
    let memory = std::path::PathBuf::from("/dev/shm");
    if memory.is_dir() {
        memory
    } else {
        std::env::temp_dir()
    }
}
