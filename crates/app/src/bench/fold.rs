//! What one core does with the reference exchange, stage by stage, and what it keeps of it.

use std::time::{Duration, Instant};

use gatewatch_model::record::{Arrival, Stream};
use gatewatch_model::{Exchange, Partition, Position, Record, Timestamp};
use gatewatch_pipeline::fold::{ExchangeFold, Fold};
use gatewatch_sources::reference::reference_exchange;
use gatewatch_sources::{admit, partition_of};
use gatewatch_wire::{exchange_file, record};
use indicatif::ProgressBar;
use serde::Serialize;

const ENDPOINTS: u32 = 10_000;
const CALLERS: u32 = 100_000;
const PARTITIONS: u16 = 16;
/// Between two drains; at the budget's rate this is a quarter of a second of traffic.
const ROUND: u64 = 20_000;
/// Until every endpoint has grown and tables have their size.
const WARM_UP_ROUNDS: u64 = 6;
const ROUNDS: u64 = 9;
/// Any fixed time will do: a fold keeps no clock.
/// As at the budget's rate.
const MICROS_BETWEEN: i64 = 12;
const START: Timestamp = Timestamp(1_795_248_000_000_000);

#[derive(Debug, Serialize)]
pub struct FoldBench {
    stage_nanoseconds: Stages,
    bytes_per_endpoint: f64,
    profile_bytes_mean: f64,
    profile_bytes_max: usize,
    endpoints: usize,
    record_bytes_mean: f64,
    line_bytes_mean: f64,
    rounds: u64,
    exchanges_a_round: u64,
}

/// Per exchange, the median of all rounds.
#[derive(Debug, Default, Serialize)]
struct Stages {
    /// A line of an exchange file, admission included.
    read_line: f64,
    /// To a journal record.
    encode: f64,
    record_decode: f64,
    /// Routing, profile, roll-ups and digests.
    fold: f64,
    /// What a checkpoint takes out of the fold; the store's part is not in it.
    drain: f64,
}

impl FoldBench {
    /// Record decode, fold and drain.
    pub fn rate(&self) -> f64 {
        let Stages {
            record_decode,
            fold,
            drain,
            ..
        } = self.stage_nanoseconds;
        1e9 / (record_decode + fold + drain).max(1.0)
    }
}

/// All partitions, folded by one thread.
struct Shard {
    folds: Vec<ExchangeFold>,
    position: Position,
}

struct Round {
    nanoseconds: Stages,
    line_bytes: usize,
    record_bytes: usize,
}

pub fn measure(bar: &ProgressBar) -> FoldBench {
    let mut shard = Shard {
        folds: (0..PARTITIONS).map(|_| ExchangeFold::default()).collect(),
        position: Position::START,
    };
    let mut rounds = Vec::new();
    for number in 0..WARM_UP_ROUNDS + ROUNDS {
        bar.tick();
        let round = measure_round(&mut shard, number * ROUND..(number + 1) * ROUND);
        if number >= WARM_UP_ROUNDS {
            rounds.push(round);
        }
    }
    let memory: Vec<_> = shard
        .folds
        .iter()
        .map(|it| it.inventory().memory())
        .collect();
    let endpoints: usize = memory.iter().map(|it| it.endpoints).sum();
    let endpoint_bytes: usize = memory.iter().map(|it| it.endpoints_bytes).sum();
    let all_bytes: usize = shard
        .folds
        .iter()
        .map(|it| it.inventory().heap_bytes())
        .sum();
    let exchanges = (ROUNDS * ROUND) as f64;
    FoldBench {
        bytes_per_endpoint: all_bytes as f64 / endpoints.max(1) as f64,
        profile_bytes_mean: endpoint_bytes as f64 / endpoints.max(1) as f64,
        profile_bytes_max: memory
            .iter()
            .map(|it| it.profile_bytes_max)
            .max()
            .unwrap_or_default(),
        endpoints,
        record_bytes_mean: rounds.iter().map(|it| it.record_bytes).sum::<usize>() as f64
            / exchanges,
        line_bytes_mean: rounds.iter().map(|it| it.line_bytes).sum::<usize>() as f64 / exchanges,
        rounds: ROUNDS,
        exchanges_a_round: ROUND,
        stage_nanoseconds: Stages {
            read_line: median(&rounds, |it| it.read_line),
            encode: median(&rounds, |it| it.encode),
            record_decode: median(&rounds, |it| it.record_decode),
            fold: median(&rounds, |it| it.fold),
            drain: median(&rounds, |it| it.drain),
        },
    }
}

fn measure_round(shard: &mut Shard, seeds: std::ops::Range<u64>) -> Round {
    let mut ends = Vec::new();
    let mut lines = Vec::new();
    let count = (seeds.end - seeds.start).max(1);
    for seed in seeds.clone() {
        exchange_file::write(&reference_exchange(seed, ENDPOINTS, CALLERS), &mut lines);
        ends.push(lines.len());
    }
    let began = Instant::now();
    let exchanges = read(&lines, &ends);
    let read_line = began.elapsed();

    let began = Instant::now();
    let records = encode(exchanges, seeds.start);
    let encoded = began.elapsed();

    let began = Instant::now();
    let decoded: usize = records
        .iter()
        .filter(|(_, bytes)| record::decode(std::hint::black_box(bytes)).is_ok())
        .count();
    let record_decode = began.elapsed();
    std::hint::black_box(decoded);

    // Decoded again, because a shard folds each record while it is still in the cache.
    let began = Instant::now();
    shard.fold(&records);
    let folded = began.elapsed();

    let began = Instant::now();
    shard.drain();
    let drained = began.elapsed();
    let each = |it: Duration| it.as_nanos() as f64 / count as f64;
    Round {
        nanoseconds: Stages {
            read_line: each(read_line),
            encode: each(encoded),
            record_decode: each(record_decode),
            fold: each(folded.saturating_sub(record_decode)),
            drain: each(drained),
        },
        line_bytes: lines.len(),
        record_bytes: records.iter().map(|(_, bytes)| bytes.len()).sum(),
    }
}

fn read<'l>(lines: &'l [u8], ends: &[usize]) -> Vec<Exchange<'l>> {
    let mut start = 0;
    let lines = ends.iter().map(|end| {
        let line = &lines[start..*end];
        start = *end;
        line
    });
    lines
        .filter_map(|line| {
            let mut exchange = exchange_file::read(line).ok()?;
            admit(&mut exchange);
            Some(exchange)
        })
        .collect()
}

fn encode(exchanges: Vec<Exchange<'_>>, start: u64) -> Vec<(Partition, Vec<u8>)> {
    let arrivals = (start..).zip(exchanges).map(|(at, exchange)| {
        let partition = partition_of("/", &exchange, PARTITIONS);
        let received = START.plus_micros(at.cast_signed() * MICROS_BETWEEN);
        let arrival = Arrival {
            received,
            stream: Stream::Live,
            source: "bench".into(),
            scope: "/".into(),
            external: Some(true),
            exchange,
        };
        let mut bytes = Vec::new();
        record::encode(&Record::Arrival(arrival), &mut bytes);
        (partition, bytes)
    });
    arrivals.collect()
}

impl Shard {
    fn fold(&mut self, records: &[(Partition, Vec<u8>)]) {
        for (partition, bytes) in records {
            if let Ok(record) = record::decode(bytes) {
                self.folds[usize::from(partition.0)].fold(self.position, &record);
                self.position = self.position.next();
            }
        }
    }

    fn drain(&mut self) {
        for fold in &mut self.folds {
            std::hint::black_box((fold.drain(), fold.digests()));
        }
    }
}

fn median(rounds: &[Round], of: impl Fn(&Stages) -> f64) -> f64 {
    let mut all: Vec<f64> = rounds.iter().map(|it| of(&it.nanoseconds)).collect();
    all.sort_by(f64::total_cmp);
    all.get(all.len() / 2).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_round_reads_encodes_and_folds_every_exchange() {
        let mut shard = Shard {
            folds: (0..PARTITIONS).map(|_| ExchangeFold::default()).collect(),
            position: Position::START,
        };
        let round = measure_round(&mut shard, 0..1_000);
        assert_eq!(shard.position, Position(1_000));
        assert!(round.line_bytes > 2_000_000);
        let endpoints: usize = shard
            .folds
            .iter()
            .map(|it| it.inventory().memory().endpoints)
            .sum();
        assert!(endpoints > 800, "{endpoints}");
    }
}
