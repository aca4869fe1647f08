//! The callers test: a million distinct callers must not take much more memory than two hundred
//! thousand. Both stages see them, in one process, so that the second measure includes the first.

use gatewatch_inventory::Callers;
use gatewatch_model::record::{Arrival, Stream};
use gatewatch_model::{Position, Record, Timestamp};
use gatewatch_pipeline::fold::{ExchangeFold, Fold};
use gatewatch_sources::partition::of_key;
use gatewatch_sources::reference::reference_exchange;
use gatewatch_sources::{admit, partition_of};
use indicatif::ProgressBar;
use serde::Serialize;

use super::machine::resident_bytes;

const ENDPOINTS: u32 = 1_000;
const PARTITIONS: u16 = 16;
const FEW: u32 = 200_000;
const MANY: u32 = 1_000_000;
const DRAIN_EVERY: u32 = 20_000;
/// At this pace digest windows close as they do under load.
const MICROS_BETWEEN: i64 = 50;
const START: Timestamp = Timestamp(1_795_248_000_000_000);

#[derive(Debug, Serialize)]
pub struct CallersTest {
    callers_few: u32,
    callers_many: u32,
    /// By the folds' own account.
    own_bytes_few: usize,
    own_bytes_many: usize,
    own_ratio: f64,
    /// By the system's: of the whole process.
    resident_bytes_few: Option<u64>,
    resident_bytes_many: Option<u64>,
    resident_ratio: Option<f64>,
    callers_kept_few: u64,
    callers_kept_many: u64,
    caller_state_bytes_few: usize,
}

impl CallersTest {
    pub fn bytes_per_caller(&self) -> f64 {
        self.caller_state_bytes_few as f64 / self.callers_kept_few.max(1) as f64
    }
}

struct Folds {
    exchanges: Vec<ExchangeFold>,
    callers: Vec<Callers>,
    position: Position,
}

pub fn measure(bar: &ProgressBar) -> CallersTest {
    let mut folds = Folds {
        exchanges: (0..PARTITIONS).map(|_| ExchangeFold::default()).collect(),
        callers: (0..PARTITIONS).map(|_| Callers::default()).collect(),
        position: Position::START,
    };
    folds.see(0..FEW, bar);
    let (own_few, resident_few) = (folds.own_bytes(), resident_bytes());
    let (kept_few, state_few) = (folds.kept(), folds.caller_bytes());
    folds.see(FEW..MANY, bar);
    let (own_many, resident_many) = (folds.own_bytes(), resident_bytes());
    CallersTest {
        callers_few: FEW,
        callers_many: MANY,
        own_bytes_few: own_few,
        own_bytes_many: own_many,
        own_ratio: own_many as f64 / own_few.max(1) as f64,
        resident_bytes_few: resident_few,
        resident_bytes_many: resident_many,
        resident_ratio: resident_few
            .zip(resident_many)
            .map(|(few, many)| many as f64 / few.max(1) as f64),
        callers_kept_few: kept_few,
        callers_kept_many: folds.kept(),
        caller_state_bytes_few: state_few,
    }
}

impl Folds {
    /// One exchange of each caller, as the journal's records would bring them.
    fn see(&mut self, callers: std::ops::Range<u32>, bar: &ProgressBar) {
        for caller in callers {
            // The reference exchange of one caller, given an address of its own.
            let mut exchange = reference_exchange(u64::from(caller), ENDPOINTS, 1);
            exchange.caller_ip = Some(std::net::Ipv4Addr::from_bits(0x0b00_0000 + caller).into());
            admit(&mut exchange);
            let partition = partition_of("/", &exchange, PARTITIONS);
            let received = START.plus_micros(i64::from(caller) * MICROS_BETWEEN);
            let record = Record::Arrival(Arrival {
                received,
                stream: Stream::Live,
                source: "bench".into(),
                scope: "/".into(),
                exchange,
            });
            self.exchanges[usize::from(partition.0)].fold(self.position, &record);
            self.position = self.position.next();
            if caller % DRAIN_EVERY == DRAIN_EVERY - 1 {
                bar.tick();
                self.checkpoint(received);
            }
        }
    }

    /// What the pipeline does at each checkpoint, with a Tick so that no window stays open.
    fn checkpoint(&mut self, now: Timestamp) {
        for fold in &mut self.exchanges {
            fold.fold(self.position, &Record::Tick(now));
            drop(fold.drain());
            for (_, digest) in fold.digests() {
                let partition = of_key(digest.caller.to_string().as_bytes(), PARTITIONS);
                self.callers[usize::from(partition.0)].fold(&digest);
            }
        }
        for callers in &mut self.callers {
            callers.drain(&mut gatewatch_model::effects::Effects::default());
        }
    }

    fn own_bytes(&self) -> usize {
        self.exchanges
            .iter()
            .map(|it| it.inventory().heap_bytes())
            .sum::<usize>()
            + self.caller_bytes()
    }

    fn caller_bytes(&self) -> usize {
        self.callers.iter().map(Callers::heap_bytes).sum()
    }

    fn kept(&self) -> u64 {
        self.callers.iter().map(|it| it.coverage().callers).sum()
    }
}
