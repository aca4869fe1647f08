//! Batches in a few words, and what can be read of them.

use std::time::Duration;

use gatewatch_model::{Partition, Position};
use gatewatch_ports::{Appended, Batch, Journal, JournalError};

pub const PARTITIONS: u16 = 2;

pub fn options() -> gatewatch_journal::Options {
    gatewatch_journal::Options {
        partitions: PARTITIONS,
        ..gatewatch_journal::Options::default()
    }
}

/// One record for partition 0 and one for partition 1.
pub fn batch(sequence: u64) -> Batch {
    let mut batch = Batch::from_sender("s", sequence);
    for partition in 0..PARTITIONS {
        batch.push(Partition(partition), |it| {
            it.extend_from_slice(format!("record {sequence} for {partition}").as_bytes());
        });
    }
    batch
}

pub fn append(journal: &dyn Journal, sequence: u64) -> Result<Appended, JournalError> {
    journal.append(batch(sequence)).wait()
}

/// Appends the batches and expects each to be new.
pub fn fill(journal: &dyn Journal, sequences: std::ops::Range<u64>) {
    for sequence in sequences {
        let answer = append(journal, sequence);
        assert!(matches!(answer, Ok(Appended::Written(_))), "{answer:?}");
    }
}

/// Position and batch of the records of one partition.
pub fn read(journal: &dyn Journal, partition: u16, from: u64) -> Vec<(u64, u64)> {
    let mut cursor = journal
        .cursor(&[(Partition(partition), Position(from))])
        .unwrap();
    let mut found = Vec::new();
    while let Some(chunk) = cursor.next(Duration::ZERO).unwrap() {
        for (position, record) in chunk.records() {
            let text = std::str::from_utf8(record).unwrap();
            let words: Vec<&str> = text.split(' ').collect();
            assert_eq!(words[3], partition.to_string());
            found.push((position.0, words[1].parse().unwrap()));
        }
    }
    found
}

pub fn release_all(journal: &dyn Journal) {
    let all = (0..PARTITIONS).map(|it| (Partition(it), journal.end(Partition(it))));
    journal.release(&all.collect::<Vec<_>>());
}
