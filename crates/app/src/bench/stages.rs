//! What each stage of the fold takes of the reference exchange, on one core: the engines one after
//! the other, as the fold calls them. In processor time, so that neighbours do not count; but
//! where they change caches, they do.

use std::time::Duration;

use gatewatch_classify::{Catalogue, Classifier, SHIPPED, Switches, judge_all};
use gatewatch_decode::Reading;
use gatewatch_detect::Detector;
use gatewatch_inventory::{Digests, Inventory, Sighting};
use gatewatch_model::effects::Effects;
use gatewatch_model::info_type::{Category, Counted, Fit, HitFact, Judge, Verdict};
use gatewatch_model::sensitivity::Home;
use gatewatch_model::signal::Judged;
use gatewatch_model::{Blemishes, Exchange, InfoTypeId, Timestamp};
use gatewatch_sources::reference::reference_exchange;
use gatewatch_sources::{admit, partition_of};
use indicatif::ProgressBar;
use rustix::time::{ClockId, clock_gettime};
use serde::Serialize;

use super::budget::Figure;

const ENDPOINTS: u32 = 10_000;
const CALLERS: u32 = 100_000;
const PARTITIONS: u16 = 16;
const WARM_UP: u64 = 160_000;
const EXCHANGES: u64 = 80_000;
/// Between two checkpoints, as at the budget's rate.
const CHECKPOINT: u64 = 20_000;
const MICROS_BETWEEN: i64 = 25;
/// Each stage looks at so many before the next does, because the clock has its price too.
const AT_ONCE: u64 = 16;
const START: Timestamp = Timestamp(1_795_248_000_000_000);

/// Microseconds of one exchange.
#[derive(Debug, Serialize)]
pub struct Stages {
    decode: Figure,
    classify: Figure,
    detect: Figure,
    route_and_profile: Figure,
    digest: Figure,
    checkpoint: Figure,
    all: Figure,
}

#[derive(Debug, Default)]
struct Times {
    decode: Duration,
    classify: Duration,
    detect: Duration,
    route_and_profile: Duration,
    digest: Duration,
    checkpoint: Duration,
}

/// What one partition keeps.
struct Partition {
    inventory: Inventory,
    digests: Digests,
    classifier: Classifier,
}

/// All partitions, folded by one thread.
struct Shard {
    partitions: Vec<Partition>,
    detector: Detector,
    on: Switches,
    /// Of the exchanges that are looked at together.
    readings: Vec<Reading>,
    fits: Vec<Vec<Fit>>,
    judge: ByShipped,
    times: Times,
}

/// With every type switched on.
#[derive(Debug)]
struct ByShipped(std::sync::Arc<Catalogue>);

impl Judge for ByShipped {
    fn judge(
        &self,
        facts: &[HitFact],
        values: Counted,
        told: Option<InfoTypeId>,
        verdicts: &mut Vec<Verdict>,
    ) {
        verdicts.extend(judge_all(&self.0, facts, values, told));
    }

    fn type_of(&self, _: Home<'_>, info_type: InfoTypeId) -> Option<(&str, Category)> {
        let found = self.0.by_key(info_type)?;
        Some((&*found.id, found.category))
    }
}

pub fn measure(bar: &ProgressBar) -> Stages {
    let mut shard = Shard::new();
    shard.fold(0..WARM_UP, bar);
    shard.times = Times::default();
    shard.fold(WARM_UP..WARM_UP + EXCHANGES, bar);
    shard.times.stages()
}

impl Times {
    fn stages(&self) -> Stages {
        let each = |it: Duration| it.as_secs_f64() * 1e6 / EXCHANGES as f64;
        let Times {
            decode,
            classify,
            detect,
            route_and_profile,
            digest,
            checkpoint,
        } = *self;
        let all = decode + classify + detect + route_and_profile + digest + checkpoint;
        Stages {
            decode: Figure::at_most(5.0, each(decode)),
            classify: Figure::at_most(6.0, each(classify)),
            detect: Figure::at_most(8.0, each(detect)),
            route_and_profile: Figure::at_most(6.0, each(route_and_profile)),
            digest: Figure::free(each(digest)),
            checkpoint: Figure::free(each(checkpoint)),
            all: Figure::at_most(25.0, each(all)),
        }
    }
}

impl Shard {
    fn new() -> Shard {
        let classifier = Classifier::new(std::sync::Arc::new(SHIPPED.clone()));
        let catalogue = std::sync::Arc::clone(classifier.catalogue());
        let partition = |_| {
            let mut inventory = Inventory::default();
            // As every installation has one.
            inventory.set_key(&[7; 32]);
            Partition {
                inventory,
                digests: Digests::default(),
                classifier: classifier.clone(),
            }
        };
        Shard {
            partitions: (0..PARTITIONS).map(partition).collect(),
            detector: Detector::default(),
            on: Switches::all(&catalogue),
            readings: (0..AT_ONCE).map(|_| Reading::default()).collect(),
            fits: (0..AT_ONCE).map(|_| Vec::new()).collect(),
            judge: ByShipped(catalogue),
            times: Times::default(),
        }
    }

    fn fold(&mut self, seeds: std::ops::Range<u64>, bar: &ProgressBar) {
        for first in seeds.step_by(AT_ONCE as usize) {
            let exchanges = (first..first + AT_ONCE).map(|seed| {
                let mut exchange = reference_exchange(seed, ENDPOINTS, CALLERS);
                admit(&mut exchange);
                let partition = partition_of("/", &exchange, PARTITIONS);
                (usize::from(partition.0), exchange)
            });
            let exchanges = exchanges.collect::<Vec<_>>();
            let at = START.plus_micros(first.cast_signed() * MICROS_BETWEEN);
            self.look(&exchanges);
            self.keep(&exchanges, at);
            if first % CHECKPOINT == 0 {
                bar.tick();
                self.checkpoint(at);
            }
        }
    }

    /// What is asked of each exchange alone.
    fn look(&mut self, exchanges: &[(usize, Exchange<'_>)]) {
        let began = processor_time();
        for ((_, exchange), reading) in exchanges.iter().zip(&mut self.readings) {
            reading.read(exchange);
        }
        let decoded = processor_time();
        for (((partition, _), reading), fits) in
            exchanges.iter().zip(&self.readings).zip(&mut self.fits)
        {
            let classifier = &mut self.partitions[*partition].classifier;
            fits.clear();
            let hits = classifier.find(reading.leaves(), &self.on).iter();
            fits.extend(hits.map(|it| Fit {
                leaf: it.leaf,
                info_type: it.info_type,
                confidence: it.confidence,
                grounds: it.grounds,
            }));
        }
        let classified = processor_time();
        for ((_, exchange), reading) in exchanges.iter().zip(&self.readings) {
            std::hint::black_box(self.detector.see(exchange, reading).judgement());
        }
        self.times.decode += decoded.saturating_sub(began);
        self.times.classify += classified.saturating_sub(decoded);
        self.times.detect += processor_time().saturating_sub(classified);
    }

    /// What changes what is known.
    fn keep(&mut self, exchanges: &[(usize, Exchange<'_>)], at: Timestamp) {
        let began = processor_time();
        let mut placed = Vec::with_capacity(exchanges.len());
        for (((partition, exchange), reading), fits) in
            exchanges.iter().zip(&self.readings).zip(&self.fits)
        {
            let caller = gatewatch_decode::caller_of(exchange, reading);
            let sighting = Sighting {
                exchange,
                reading,
                scope: "/",
                caller: &caller,
                external: Some(true),
                at,
                blemishes: Blemishes::default(),
                fits,
                judge: &self.judge,
                judged: Judged::default(),
            };
            let inventory = &mut self.partitions[*partition].inventory;
            placed.push((inventory.observe(&sighting).endpoint, caller));
        }
        let kept = processor_time();
        for ((partition, exchange), (endpoint, caller)) in exchanges.iter().zip(&placed) {
            if let Some(endpoint) = endpoint {
                let digests = &mut self.partitions[*partition].digests;
                std::hint::black_box(digests.add(caller, *endpoint, at, exchange.status()));
            }
        }
        self.times.route_and_profile += kept.saturating_sub(began);
        self.times.digest += processor_time().saturating_sub(kept);
    }

    /// What a Tick and the checkpoint after it take out; the store's part is not in it.
    fn checkpoint(&mut self, at: Timestamp) {
        let began = processor_time();
        for Partition {
            inventory, digests, ..
        } in &mut self.partitions
        {
            inventory.decide_due();
            inventory.tick(at);
            std::hint::black_box(digests.take());
            let mut effects = Effects::default();
            inventory.drain(&mut effects, &self.judge);
            std::hint::black_box(effects);
        }
        self.times.checkpoint += processor_time().saturating_sub(began);
    }
}

/// Of this thread.
fn processor_time() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::try_from(time).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_stage_takes_its_time_and_all_of_them_the_sum() {
        let mut shard = Shard::new();
        shard.fold(0..640, &ProgressBar::hidden());
        let Times {
            decode,
            classify,
            detect,
            route_and_profile,
            digest,
            checkpoint,
        } = shard.times;
        for time in [
            decode,
            classify,
            detect,
            route_and_profile,
            digest,
            checkpoint,
        ] {
            assert!(time > Duration::ZERO);
        }
        let memory = shard.partitions.iter().map(|it| it.inventory.memory());
        assert!(memory.map(|it| it.endpoints).sum::<usize>() > 100);
    }
}
