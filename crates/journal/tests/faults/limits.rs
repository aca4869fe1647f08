//! Everything has a limit.

use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use gatewatch_journal::disk::sim::SimFile;
use gatewatch_journal::{Direct, Disk, DiskFile, Embedded, Options, SimDisk};
use gatewatch_model::{Partition, Position};
use gatewatch_ports::journal::{SENDER_BYTES_MAX, SENDERS_MAX};
use gatewatch_ports::{Appended, Batch, Journal, JournalError};

use crate::traffic::{append, batch, fill, options, read, release_all};

fn small() -> Options {
    Options {
        segment_bytes: 1_024,
        bytes_max: 1 << 20,
        ..options()
    }
}

#[test]
fn the_sender_heard_of_longest_ago_is_forgotten_first() {
    let disk = SimDisk::new(1);
    let journal = Direct::open(disk.clone(), options()).unwrap();
    let send = |journal: &dyn Journal, sender: usize| {
        let mut batch = Batch::from_sender(&format!("sender-{sender}"), 1);
        batch.push(Partition(0), |it| it.push(1));
        journal.append(batch).wait().unwrap()
    };
    for sender in 0..=SENDERS_MAX {
        send(&journal, sender);
    }
    assert_eq!(journal.health().senders, SENDERS_MAX as u64);
    assert_eq!(journal.last_sequence("sender-0"), None);
    assert_eq!(send(&journal, 1), Appended::Duplicate);
    // All but the snapshot of the senders goes.
    release_one(&journal);
    drop(journal);
    let journal = Direct::open(disk.restart(), options()).unwrap();
    assert_eq!(journal.health().senders, SENDERS_MAX as u64);
    assert_eq!(send(&journal, 2), Appended::Duplicate);
    assert_eq!(send(&journal, SENDERS_MAX), Appended::Duplicate);
}

fn release_one(journal: &dyn Journal) {
    let before = journal.health().bytes;
    release_all(journal);
    assert!(journal.health().bytes < before / 2);
}

#[test]
fn a_long_sender_name_is_refused() {
    let journal = Direct::open(SimDisk::new(1), options()).unwrap();
    let mut batch = Batch::from_sender(&"n".repeat(SENDER_BYTES_MAX + 1), 1);
    batch.push(Partition(0), |it| it.push(1));
    let refusal = journal.append(batch).wait().unwrap_err().to_string();
    assert!(refusal.contains("129 bytes and may have 128"), "{refusal}");
}

#[test]
fn a_chunk_has_no_more_than_four_megabytes() {
    let journal = Direct::open(SimDisk::new(1), options()).unwrap();
    let mut batch = Batch::default();
    for n in 0..20 {
        batch.push(Partition(1), |it| it.resize(it.len() + 1_000_000, n));
    }
    let answer = journal.append(batch).wait();
    let first = vec![(Partition(1), Position(0))];
    assert_eq!(answer, Ok(Appended::Written(first.clone())));
    let mut cursor = journal.cursor(&first).unwrap();
    let mut next = 0;
    while let Some(chunk) = cursor.next(Duration::ZERO).unwrap() {
        assert!(chunk.bytes.len() <= gatewatch_journal::CHUNK_BYTES_MAX);
        for (position, record) in chunk.records() {
            assert_eq!(position, Position(next));
            assert_eq!(record, vec![next as u8; 1_000_000]);
            next += 1;
        }
    }
    assert_eq!(next, 20);
}

#[test]
fn a_batch_beyond_the_limit_is_refused_with_the_limit() {
    let journal = Direct::open(SimDisk::new(1), options()).unwrap();
    let mut batch = Batch::default();
    for _ in 0..5 {
        batch.push(Partition(0), |it| it.resize(it.len() + (7 << 20), 0));
    }
    let answer = journal.append(batch).wait();
    let bytes_max = gatewatch_journal::BATCH_BYTES_MAX as u64;
    assert!(
        matches!(answer, Err(JournalError::TooLarge { bytes_max: max, .. }) if max == bytes_max)
    );
}

#[test]
fn bodies_do_not_stay_at_rest() {
    let disk = SimDisk::new(1);
    let journal = Embedded::on(disk.clone(), options()).unwrap();
    fill(&journal, 0..5);
    let before = journal.health().bytes;
    release_all(&journal);
    // No traffic any more: the writer's own clock does it.
    let until = std::time::Instant::now() + Duration::from_secs(30);
    while journal.health().bytes >= before || disk.names().len() > 1 {
        assert!(std::time::Instant::now() < until, "{:?}", disk.names());
        std::thread::yield_now();
    }
    assert_eq!(append(&journal, 4), Ok(Appended::Duplicate));
}

#[test]
fn a_reader_whose_segment_is_purged_is_told() {
    let journal = Direct::open(SimDisk::new(1), small()).unwrap();
    fill(&journal, 0..50);
    let mut cursor = journal.cursor(&[(Partition(0), Position(0))]).unwrap();
    cursor.next(Duration::ZERO).unwrap().unwrap();
    release_all(&journal);
    let gone = JournalError::Gone {
        partition: Partition(0),
        asked: Position(1),
        oldest: Position(50),
    };
    assert_eq!(cursor.next(Duration::ZERO).unwrap_err(), gone);
    let mut others = journal.cursor(&[(Partition(0), Position(50))]).unwrap();
    fill(&journal, 50..51);
    assert!(others.next(Duration::ZERO).unwrap().is_some());
}

#[test]
fn positions_never_fall_below_what_a_store_has_folded() {
    let disk = SimDisk::new(1);
    let ahead = Options {
        positions_min: vec![(Partition(0), Position(1_000))],
        ..options()
    };
    let journal = Direct::open(disk.clone(), options()).unwrap();
    fill(&journal, 0..3);
    drop(journal);
    for _ in 0..2 {
        let journal = Direct::open(disk.reopen(), ahead.clone()).unwrap();
        assert_eq!(journal.end(Partition(0)), Position(1_000));
        assert_eq!(journal.end(Partition(1)), Position(3));
        assert_eq!(read(&journal, 0, 1_000), []);
        assert_eq!(read(&journal, 1, 1), [(1, 1), (2, 2)]);
        assert_eq!(journal.health().records_lost, 0);
    }
    let journal = Direct::open(disk.reopen(), ahead).unwrap();
    fill(&journal, 3..4);
    assert_eq!(read(&journal, 0, 1_000), [(1_000, 3)]);
}

#[test]
fn a_stuck_disk_refuses_instead_of_growing() {
    let gate = Arc::new(Mutex::new(()));
    let disk = Stuck {
        disk: SimDisk::new(1),
        gate: Arc::clone(&gate),
    };
    let few = Options {
        queue_bytes_max: 10_000,
        ..options()
    };
    let journal = Embedded::on(disk, few).unwrap();
    let stuck = gate.lock().unwrap();
    let mut waiting = Vec::new();
    let refused = loop {
        let mut receipt = Box::pin(journal.append(batch(waiting.len() as u64)).durable());
        let waker = std::task::Waker::noop();
        let mut context = std::task::Context::from_waker(waker);
        match receipt.as_mut().poll(&mut context) {
            std::task::Poll::Pending => waiting.push(receipt),
            std::task::Poll::Ready(answer) => break answer.unwrap_err(),
        }
        assert!(waiting.len() < 1_000, "nothing bounds the queue");
    };
    assert!(matches!(
        refused,
        JournalError::Full {
            retry_seconds: 1,
            ..
        }
    ));
    drop(stuck);
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    let runtime = runtime.unwrap();
    for receipt in waiting {
        let answer = runtime.block_on(receipt);
        assert!(matches!(answer, Ok(Appended::Written(_))), "{answer:?}");
    }
}

/// A disk whose syncs wait at a gate.
struct Stuck {
    disk: SimDisk,
    gate: Arc<Mutex<()>>,
}

struct StuckFile {
    file: SimFile,
    gate: Arc<Mutex<()>>,
}

impl Stuck {
    fn stuck(&self, file: SimFile) -> StuckFile {
        StuckFile {
            file,
            gate: Arc::clone(&self.gate),
        }
    }
}

impl Disk for Stuck {
    type File = StuckFile;

    fn list(&mut self) -> io::Result<Vec<String>> {
        self.disk.list()
    }

    fn create(&mut self, name: &str) -> io::Result<StuckFile> {
        let file = self.disk.create(name)?;
        Ok(self.stuck(file))
    }

    fn open(&mut self, name: &str) -> io::Result<StuckFile> {
        let file = self.disk.open(name)?;
        Ok(self.stuck(file))
    }

    fn remove(&mut self, name: &str) -> io::Result<()> {
        self.disk.remove(name)
    }

    fn sync_folder(&mut self) -> io::Result<()> {
        self.disk.sync_folder()
    }

    fn nonce(&mut self) -> u64 {
        self.disk.nonce()
    }

    fn folder(&self) -> &Path {
        self.disk.folder()
    }
}

impl DiskFile for StuckFile {
    fn length(&self) -> io::Result<u64> {
        self.file.length()
    }

    fn read_exact_at(&self, bytes: &mut [u8], offset: u64) -> io::Result<()> {
        self.file.read_exact_at(bytes, offset)
    }

    fn write_all_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        self.file.write_all_at(bytes, offset)
    }

    fn truncate(&self, length: u64) -> io::Result<()> {
        self.file.truncate(length)
    }

    fn sync_data(&self) -> io::Result<()> {
        drop(self.gate.lock());
        self.file.sync_data()
    }
}
