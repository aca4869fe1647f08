//! The callers test: a million distinct callers must not take much more memory than two hundred
//! thousand. The same number of exchanges comes from the one and the other, each time in a
//! process of its own, so that neither sees what the other left behind.

use std::process::Command;

use anyhow::Context;
use gatewatch_inventory::Callers;
use gatewatch_model::effects::Effects;
use gatewatch_model::record::{Arrival, Stream};
use gatewatch_model::{Position, Record, Timestamp};
use gatewatch_pipeline::fold::{ExchangeFold, Fold};
use gatewatch_sources::partition::of_key;
use gatewatch_sources::reference::reference_exchange;
use gatewatch_sources::{admit, partition_of};
use serde::{Deserialize, Serialize};

use super::machine::{resident_bytes, resident_bytes_max};

const ENDPOINTS: u32 = 10_000;
const EXCHANGES: u32 = 1_000_000;
const PARTITIONS: u16 = 16;
const FEW: u32 = 200_000;
const MANY: u32 = 1_000_000;
const DRAIN_EVERY: u32 = 20_000;
/// At this pace digest windows close as they do under load.
const MICROS_BETWEEN: i64 = 50;
const START: Timestamp = Timestamp(1_795_248_000_000_000);

#[derive(Debug, Serialize)]
pub struct CallersTest {
    few: Held,
    many: Held,
    /// Many by few, by the folds' own account and by the system's.
    own_ratio: f64,
    resident_ratio: f64,
}

/// What one process holds after all exchanges.
#[derive(Debug, Serialize, Deserialize)]
pub struct Held {
    callers: u32,
    exchanges: u32,
    callers_kept: u64,
    caller_state_bytes: usize,
    /// Of inventory and caller state together.
    own_bytes: usize,
    resident_bytes: u64,
    resident_bytes_max: u64,
}

impl CallersTest {
    pub fn bytes_per_caller(&self) -> f64 {
        self.few.caller_state_bytes as f64 / self.few.callers_kept.max(1) as f64
    }
}

pub fn measure() -> anyhow::Result<CallersTest> {
    let (few, many) = (
        in_a_process_of_its_own(FEW)?,
        in_a_process_of_its_own(MANY)?,
    );
    Ok(CallersTest {
        own_ratio: many.own_bytes as f64 / few.own_bytes.max(1) as f64,
        resident_ratio: many.resident_bytes as f64 / few.resident_bytes.max(1) as f64,
        few,
        many,
    })
}

/// What the process of its own does.
pub fn hold(callers: u32) -> anyhow::Result<Held> {
    let mut folds = Folds::new();
    folds.see(callers, EXCHANGES);
    let own = std::process::id();
    Ok(Held {
        callers,
        exchanges: EXCHANGES,
        callers_kept: folds.kept(),
        caller_state_bytes: folds.caller_bytes(),
        own_bytes: folds.own_bytes(),
        resident_bytes: resident_bytes()
            .context("the system does not say how much memory is used")?,
        resident_bytes_max: resident_bytes_max(own)
            .context("the system does not say how much memory was used")?,
    })
}

fn in_a_process_of_its_own(callers: u32) -> anyhow::Result<Held> {
    let program = std::env::current_exe().context("cannot find this program")?;
    let out = Command::new(program)
        .args(["bench", "--hold-callers", &callers.to_string()])
        .output();
    let out = out.context("cannot start a process for the callers test")?;
    serde_json::from_slice(&out.stdout).with_context(|| {
        format!(
            "the callers test failed: {}",
            String::from_utf8_lossy(&out.stderr)
        )
    })
}

struct Folds {
    exchanges: Vec<ExchangeFold>,
    callers: Vec<Callers>,
    position: Position,
}

impl Folds {
    fn new() -> Folds {
        Folds {
            exchanges: (0..PARTITIONS).map(|_| ExchangeFold::default()).collect(),
            callers: (0..PARTITIONS).map(|_| Callers::default()).collect(),
            position: Position::START,
        }
    }

    /// So many exchanges of so many callers in turn, as the journal's records would bring them.
    fn see(&mut self, callers: u32, exchanges: u32) {
        for number in 0..exchanges {
            // The reference exchange of one caller, given an address of its own.
            let mut exchange = reference_exchange(u64::from(number), ENDPOINTS, 1);
            let address = std::net::Ipv4Addr::from_bits(0x0b00_0000 + number % callers);
            exchange.caller_ip = Some(address.into());
            admit(&mut exchange);
            let partition = partition_of("/", &exchange, PARTITIONS);
            let received = START.plus_micros(i64::from(number) * MICROS_BETWEEN);
            let record = Record::Arrival(Arrival {
                received,
                stream: Stream::Live,
                source: "bench".into(),
                scope: "/".into(),
                external: Some(true),
                exchange,
            });
            self.exchanges[usize::from(partition.0)].fold(self.position, &record);
            self.position = self.position.next();
            if number % DRAIN_EVERY == DRAIN_EVERY - 1 {
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
            callers.drain(&mut Effects::default());
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_caller_of_the_test_gets_into_the_second_stage() {
        let mut folds = Folds::new();
        folds.see(1_000, DRAIN_EVERY);
        assert_eq!(folds.kept(), 1_000);
        assert!(folds.own_bytes() > folds.caller_bytes());
    }
}
