//! Senders, a journal on a simulated disk and a reader whose own memory survives crashes.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use gatewatch_journal::disk::sim::Fault;
use gatewatch_journal::{Answer, Log, OpenError, Options, SimDisk};
use gatewatch_model::{Partition, Position};
use gatewatch_ports::Appended;

use crate::sender::{PARTITIONS, Sender, Sent};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Faults {
    Crashes,
    /// Failed writes, failed syncs and full disks too, and killed processes.
    All,
}

pub struct World {
    seed: u64,
    random: u64,
    faults: Faults,
    disk: SimDisk,
    senders: Vec<Sender>,
    /// What the reader has read, by partition and position.
    folded: BTreeMap<(u16, u64), String>,
    pub crashes: u64,
    pub failures: u64,
    pub duplicates: u64,
    pub cut_bytes: u64,
}

impl World {
    pub fn new(seed: u64, faults: Faults) -> World {
        World {
            seed,
            random: seed ^ 0x5eed,
            faults,
            disk: SimDisk::new(seed),
            senders: ["a", "b", "c"].map(Sender::new).into(),
            folded: BTreeMap::new(),
            crashes: 0,
            failures: 0,
            duplicates: 0,
            cut_bytes: 0,
        }
    }

    /// Several lives of one machine, each with its end.
    pub fn live(&mut self) {
        for _ in 0..2 + self.below(4) {
            self.plan();
            if let Some(mut log) = self.open() {
                for _ in 0..5 + self.below(20) {
                    if self.disk.has_stopped() {
                        break;
                    }
                    self.act(&mut log);
                }
            }
            let killed = self.faults == Faults::All && !self.disk.is_dark() && self.below(3) > 0;
            self.disk = if killed {
                self.disk.reopen()
            } else {
                self.crashes += 1;
                self.disk.restart()
            };
        }
    }

    /// With a disk that works again: everything is sent, read and compared.
    pub fn check(&mut self) {
        self.disk = self.disk.restart();
        let mut log = self.open().expect("the disk works");
        for at in 0..self.senders.len() {
            while let Some(sent) = self.senders[at].open.pop() {
                self.append(&mut log, vec![(at, sent)]);
            }
        }
        self.fold(&log);
        let health = log.view().health();
        assert_eq!(health.records_lost, 0, "seed {}", self.seed);
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for text in self.folded.values() {
            *counts.entry(text).or_default() += 1;
        }
        for sent in self.senders.iter().flat_map(|it| &it.acknowledged) {
            let mut expected: BTreeMap<&str, usize> = BTreeMap::new();
            for (_, text) in &sent.records {
                *expected.entry(text).or_default() += 1;
            }
            for (text, count) in expected {
                assert_eq!(
                    counts.remove(text),
                    Some(count),
                    "seed {} {text}",
                    self.seed
                );
            }
        }
        assert_eq!(
            counts,
            BTreeMap::new(),
            "seed {}: nobody sent these",
            self.seed
        );
        for partition in 0..PARTITIONS {
            let positions = self.folded.range((partition, 0)..=(partition, u64::MAX));
            let positions: BTreeSet<u64> = positions.map(|((_, position), _)| *position).collect();
            let dense = (0..positions.len() as u64).collect();
            assert_eq!(positions, dense, "seed {}", self.seed);
        }
    }

    fn plan(&mut self) {
        for _ in 0..self.below(4) {
            let after = self.below(60);
            let fault = match (self.faults, self.below(6)) {
                (Faults::All, 0) => Fault::NoSpace,
                (Faults::All, 1..=3) => Fault::Broken,
                (Faults::All, 4) => Fault::Kill,
                _ => Fault::Crash,
            };
            self.disk.fail(after, fault);
            if fault == Fault::Broken && self.below(3) == 0 {
                // Before the log can put right what has failed.
                self.disk.fail(after + 1, Fault::Kill);
            }
        }
    }

    /// `None` if a fault came in between; the machine is then started again.
    fn open(&mut self) -> Option<Log<SimDisk>> {
        let options = Options {
            partitions: PARTITIONS,
            segment_bytes: 1_500,
            bytes_max: 1 << 20,
            ..Options::default()
        };
        match Log::open(self.disk.clone(), options) {
            Ok(log) => {
                self.cut_bytes += log.view().health().tail_cut_bytes;
                Some(log)
            }
            Err(OpenError::Unwritable { .. } | OpenError::Unreadable { .. }) => None,
            Err(error) => panic!("seed {}: {error}", self.seed),
        }
    }

    fn act(&mut self, log: &mut Log<SimDisk>) {
        match self.below(10) {
            0 => {
                self.fold(log);
                let next: Vec<_> = self.next().collect();
                log.view().release(&next);
                log.purge();
                if self.below(2) == 0 {
                    log.roll_if_released();
                }
            }
            1 => self.fold(log),
            2 => log.roll_if_few(),
            3 => self.repeat(log),
            _ => {
                let count = 1 + self.below(4);
                let group = (0..count).map(|_| self.pick()).collect();
                self.append(log, group);
            }
        }
    }

    fn pick(&mut self) -> (usize, Sent) {
        let at = self.below(3) as usize;
        let mut random = self.random;
        let sent = self.senders[at].pick(&mut |bound| next(&mut random) % bound);
        self.random = random;
        (at, sent)
    }

    fn append(&mut self, log: &mut Log<SimDisk>, group: Vec<(usize, Sent)>) {
        let mut prepared: Vec<_> = group
            .iter()
            .map(|(at, sent)| self.senders[*at].prepare(sent))
            .collect();
        let twice = self.below(4) == 0;
        if let (true, Some((at, sent))) = (twice, group.first()) {
            prepared.push(self.senders[*at].prepare(sent));
        }
        let mut answers = log.append(&prepared);
        assert_eq!(answers.len(), prepared.len());
        if twice && let Some(second) = answers.pop() {
            self.compare(answers.first(), &second);
        }
        for ((at, sent), answer) in group.into_iter().zip(answers) {
            self.failures += u64::from(answer.is_err());
            self.duplicates += u64::from(self.senders[at].answered(sent, answer));
        }
    }

    /// Of two attempts in one group the second is a duplicate only if the first is on disk.
    fn compare(&self, first: Option<&Answer>, second: &Answer) {
        match (first, second) {
            (Some(Ok(_)), Ok(Appended::Duplicate))
            | (Some(Err(_)), Ok(Appended::Written(_)))
            | (Some(_), Err(_)) => {}
            other => panic!("seed {}: {other:?}", self.seed),
        }
    }

    /// Sends again what was acknowledged a moment ago.
    fn repeat(&mut self, log: &mut Log<SimDisk>) {
        let at = self.below(3) as usize;
        let Some(sent) = self.senders[at].acknowledged.pop() else {
            return;
        };
        let answers = log.append(&[self.senders[at].prepare(&sent)]);
        assert!(
            !matches!(answers[..], [Ok(Appended::Written(_))]),
            "seed {}: written twice",
            self.seed
        );
        self.senders[at].acknowledged.push(sent);
    }

    /// Reads on from where the reader was; what was read before a crash stays as it was.
    fn fold(&mut self, log: &Log<SimDisk>) {
        let from: Vec<_> = self.next().collect();
        let mut cursor = match log.view().cursor(&from) {
            Ok(cursor) => cursor,
            Err(error) => panic!("seed {}: {error}", self.seed),
        };
        // A dark disk cannot be read; that is no loss.
        while let Ok(Some(chunk)) = cursor.next(Duration::ZERO) {
            for (position, record) in chunk.records() {
                let text = String::from_utf8(record.to_vec()).unwrap();
                let at = (chunk.partition.0, position.0);
                assert_eq!(self.folded.insert(at, text), None, "seed {}", self.seed);
            }
        }
    }

    fn next(&self) -> impl Iterator<Item = (Partition, Position)> {
        (0..PARTITIONS).map(|partition| {
            let mut last = self.folded.range((partition, 0)..=(partition, u64::MAX));
            let next = last
                .next_back()
                .map_or(0, |((_, position), _)| position + 1);
            (Partition(partition), Position(next))
        })
    }

    fn below(&mut self, bound: u64) -> u64 {
        next(&mut self.random) % bound
    }
}

fn next(random: &mut u64) -> u64 {
    *random = random
        .wrapping_mul(6_364_136_223_846_793_005)
        .wrapping_add(1_442_695_040_888_963_407);
    *random >> 33
}
