//! Disks that fill up and fail.

use gatewatch_journal::disk::sim::Fault;
use gatewatch_journal::{Direct, Log, SimDisk, prepare};
use gatewatch_model::{Partition, Position};
use gatewatch_ports::{Appended, Journal, JournalError};

use crate::traffic::{PARTITIONS, append, batch, fill, options, read, release_all};

fn reason(answer: Result<Appended, JournalError>) -> String {
    match answer {
        Err(JournalError::Unwritable { reason }) => reason.into(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_full_disk_refuses_and_goes_on_by_itself_when_space_returns() {
    let disk = SimDisk::new(3);
    let journal = Direct::open(disk.clone(), options()).unwrap();
    fill(&journal, 0..5);
    let bytes = journal.health().bytes;
    disk.set_capacity(bytes + 100);
    for _ in 0..20 {
        let reason = reason(append(&journal, 5));
        assert!(
            reason.contains("no space is left for simulated"),
            "{reason}"
        );
        assert!(reason.contains("resumes by itself"), "{reason}");
    }
    assert_eq!(journal.end(Partition(0)), Position(5));
    assert_eq!(journal.health().bytes, bytes, "nothing half-written stays");
    assert_eq!(read(&journal, 0, 0).len(), 5, "what is there can be read");
    assert_eq!(append(&journal, 4), Ok(Appended::Duplicate));
    disk.set_capacity(u64::MAX);
    fill(&journal, 5..7);
    drop(journal);
    let journal = Direct::open(disk.restart(), options()).unwrap();
    assert_eq!(read(&journal, 1, 4), [(4, 4), (5, 5), (6, 6)]);
    assert_eq!(journal.health().records_lost, 0);
}

#[test]
fn a_full_disk_stops_no_folded_segment_from_going() {
    let disk = SimDisk::new(4);
    let small = gatewatch_journal::Options {
        segment_bytes: 1_024,
        bytes_max: 1 << 20,
        ..options()
    };
    let journal = Direct::open(disk.clone(), small).unwrap();
    fill(&journal, 0..40);
    disk.set_capacity(journal.health().bytes);
    reason(append(&journal, 40));
    release_all(&journal);
    fill(&journal, 40..45);
}

#[test]
fn what_a_failed_write_left_behind_never_comes_back() {
    for seed in 0..100 {
        let disk = SimDisk::new(seed);
        let mut log = Log::open(disk.clone(), options()).unwrap();
        let prepared = |sequence| prepare(&batch(sequence), PARTITIONS).unwrap();
        log.append(&[prepared(0)]);
        // Any part of three frames is written, perhaps two of them.
        disk.fail(0, Fault::NoSpace);
        let refused = log.append(&[prepared(1), prepared(2), prepared(4)]);
        assert!(refused.iter().all(Result::is_err), "{refused:?}");
        // As long as the first of them: the second would stand right behind it.
        assert!(log.append(&[prepared(3)])[0].is_ok());
        drop(log);
        let journal = Direct::open(disk.reopen(), options()).unwrap();
        assert_eq!(read(&journal, 0, 0), [(0, 0), (1, 3)], "seed {seed}");
    }
}

#[test]
fn nothing_is_acknowledged_in_a_file_whose_sync_failed() {
    let disk = SimDisk::new(5);
    let journal = Direct::open(disk.clone(), options()).unwrap();
    fill(&journal, 0..3);
    assert_eq!(journal.health().segments, 1);
    // The next operation writes, the one after that syncs.
    disk.fail(1, Fault::Broken);
    let reason = reason(append(&journal, 3));
    assert!(reason.contains("input/output error"), "{reason}");
    assert_eq!(journal.last_sequence("s"), Some(2));
    fill(&journal, 3..4);
    assert_eq!(journal.health().segments, 2, "the old file is sealed");
    drop(journal);
    let journal = Direct::open(disk.restart(), options()).unwrap();
    assert_eq!(read(&journal, 0, 0), [(0, 0), (1, 1), (2, 2), (3, 3)]);
    assert_eq!(append(&journal, 3), Ok(Appended::Duplicate));
}

#[test]
fn a_segment_that_could_not_be_begun_seals_nothing() {
    for seed in 0..100 {
        let disk = SimDisk::new(seed);
        let mut log = Log::open(disk.clone(), options()).unwrap();
        let prepared = |sequence| prepare(&batch(sequence), PARTITIONS).unwrap();
        log.append(&[prepared(0)]);
        // Created, written and synced; then its name is not, and perhaps it comes back.
        disk.fail(3, Fault::Broken);
        log.roll_if_few();
        assert!(log.append(&[prepared(1)])[0].is_ok());
        drop(log);
        let journal = Direct::open(disk.restart(), options()).unwrap();
        assert_eq!(read(&journal, 0, 0), [(0, 0), (1, 1)], "seed {seed}");
    }
}

#[test]
fn a_batch_whose_sync_failed_and_that_is_found_after_a_crash_is_a_duplicate() {
    let mut found = 0;
    for seed in 0..200 {
        let disk = SimDisk::new(seed);
        let journal = Direct::open(disk.clone(), options()).unwrap();
        fill(&journal, 0..3);
        disk.fail(1, Fault::Broken);
        // Neither the cut nor anything else reaches the disk any more.
        disk.fail(2, Fault::Crash);
        reason(append(&journal, 3));
        drop(journal);
        let journal = Direct::open(disk.restart(), options()).unwrap();
        let survived = journal.end(Partition(0)) == Position(4);
        let answer = append(&journal, 3).unwrap();
        assert_eq!(survived, answer == Appended::Duplicate);
        assert_eq!(read(&journal, 1, 2), [(2, 2), (3, 3)]);
        found += u32::from(survived);
    }
    assert!((1..200).contains(&found), "{found} of 200 survived");
}

#[test]
fn a_disk_that_fails_at_any_operation_is_survived() {
    for fault in [Fault::Broken, Fault::NoSpace] {
        for after in 0..40 {
            let disk = SimDisk::new(after);
            let small = gatewatch_journal::Options {
                segment_bytes: 1_024,
                bytes_max: 1 << 20,
                ..options()
            };
            let journal = Direct::open(disk.clone(), small.clone()).unwrap();
            disk.fail(after, fault);
            let mut sequence = 0;
            while sequence < 30 {
                if let Ok(answer) = append(&journal, sequence) {
                    assert!(matches!(answer, Appended::Written(_)));
                    sequence += 1;
                }
            }
            drop(journal);
            let journal = Direct::open(disk.restart(), small).unwrap();
            let expected: Vec<_> = (0..30).map(|it| (it, it)).collect();
            assert_eq!(read(&journal, 0, 0), expected, "{fault:?} after {after}");
            assert_eq!(journal.health().records_lost, 0);
        }
    }
}
