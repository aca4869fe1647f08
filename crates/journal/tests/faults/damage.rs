//! Bytes that are not as they were written.

use gatewatch_journal::disk::DiskFile;
use gatewatch_journal::frame::{self, Kind};
use gatewatch_journal::segment::{Name, header_bytes};
use gatewatch_journal::{Direct, Disk, SimDisk};
use gatewatch_model::{Partition, Position};
use gatewatch_ports::{Appended, Batch, Journal};

use crate::traffic::{PARTITIONS, append, fill, options, read};

/// Eleven batches in one segment, and where their frames begin and end.
fn written() -> (SimDisk, String, Vec<(usize, usize)>) {
    let disk = SimDisk::new(7);
    let journal = Direct::open(disk.clone(), options()).unwrap();
    fill(&journal, 0..11);
    drop(journal);
    let file = disk.names().remove(0);
    let frames = frames(&disk, &file);
    assert_eq!(frames.len(), 11);
    (disk, file, frames)
}

fn frames(disk: &SimDisk, file: &str) -> Vec<(usize, usize)> {
    let bytes = disk.contents(file).unwrap();
    let mut at = header_bytes(PARTITIONS);
    let mut found = Vec::new();
    while at < bytes.len() as u64 {
        let header = frame::parse(&bytes[at as usize..], at, nonce(file)).unwrap();
        if header.kind == Kind::Batch {
            found.push((at as usize, header.end() as usize));
        }
        at = header.end();
    }
    found
}

fn nonce(file: &str) -> u64 {
    Name::parse(file).unwrap().nonce
}

fn flip(disk: &SimDisk, file: &str, at: usize) {
    disk.damage(file, at, |it| it[0] ^= 0x40);
}

#[test]
fn a_corrupt_end_is_cut_off_and_its_positions_are_given_again() {
    let (disk, file, frames) = written();
    let (last, end) = frames[10];
    for at in [last, last + 20, end - 1] {
        flip(&disk, &file, at);
        let journal = Direct::open(disk.reopen(), options()).unwrap();
        let health = journal.health();
        assert_eq!(health.tail_cut_bytes, (end - last) as u64);
        assert_eq!(health.records_lost, 0);
        assert_eq!(journal.end(Partition(0)), Position(10));
        fill(&journal, 10..11);
        assert_eq!(read(&journal, 1, 9), [(9, 9), (10, 10)]);
        assert_eq!(append(&journal, 9), Ok(Appended::Duplicate));
    }
}

#[test]
fn an_end_of_zeros_or_noise_is_cut_off() {
    for filling in [0, 0xa5] {
        let (disk, file, frames) = written();
        let end = frames[10].1;
        let mut real = disk.reopen();
        let handle = real.open(&file).unwrap();
        handle.write_all_at(&[filling; 3_000], end as u64).unwrap();
        let journal = Direct::open(disk.reopen(), options()).unwrap();
        assert_eq!(journal.health().tail_cut_bytes, 3_000);
        assert_eq!(read(&journal, 0, 0).len(), 11);
    }
}

#[test]
fn a_corrupt_header_amid_the_log_loses_its_batch_and_no_other() {
    let (disk, file, frames) = written();
    flip(&disk, &file, frames[4].0 + 50);
    let journal = Direct::open(disk.reopen(), options()).unwrap();
    assert_eq!(journal.health().records_lost, 2);
    assert_eq!(journal.health().tail_cut_bytes, 0);
    let expected: Vec<_> = (0..11).filter(|it| *it != 4).map(|it| (it, it)).collect();
    for partition in 0..PARTITIONS {
        assert_eq!(read(&journal, partition, 0), expected);
    }
    assert_eq!(
        journal.health().records_lost,
        2,
        "readers do not count again"
    );
    fill(&journal, 11..12);
    assert_eq!(journal.end(Partition(0)), Position(12));
    drop(journal);
    let journal = Direct::open(disk.reopen(), options()).unwrap();
    assert_eq!(journal.health().records_lost, 2);
    assert_eq!(append(&journal, 3), Ok(Appended::Duplicate));
}

#[test]
fn a_corrupt_section_loses_the_records_of_its_partition_only() {
    let (disk, file, frames) = written();
    // The last byte of a frame belongs to partition 1.
    flip(&disk, &file, frames[4].1 - 1);
    let journal = Direct::open(disk.reopen(), options()).unwrap();
    assert_eq!(journal.health().records_lost, 1);
    assert_eq!(read(&journal, 0, 0).len(), 11);
    assert_eq!(read(&journal, 1, 4)[0], (5, 5));
}

#[test]
fn damage_that_comes_while_it_is_open_is_found_by_readers_and_counted_once() {
    let (disk, file, frames) = written();
    let journal = Direct::open(disk.reopen(), options()).unwrap();
    flip(&disk, &file, frames[2].0);
    flip(&disk, &file, frames[6].1 - 1);
    flip(&disk, &file, frames[10].0 + 9);
    for _ in 0..3 {
        assert_eq!(read(&journal, 0, 0).len(), 9);
        assert_eq!(read(&journal, 1, 0).len(), 8);
        assert_eq!(journal.health().records_lost, 5);
    }
    fill(&journal, 11..13);
    assert_eq!(read(&journal, 1, 10), [(11, 11), (12, 12)]);
}

#[test]
fn a_damaged_beginning_costs_no_position_and_no_sequence() {
    let snapshot = header_bytes(PARTITIONS) as usize;
    for at in [3, 45, snapshot + 3, snapshot + 90] {
        let (disk, file, _) = written();
        flip(&disk, &file, at);
        for _ in 0..2 {
            let journal = Direct::open(disk.reopen(), options()).unwrap();
            assert_eq!(journal.health().records_lost, 0, "at {at}");
            assert_eq!(read(&journal, 0, 0).len(), 11, "at {at}");
            assert_eq!(append(&journal, 10), Ok(Appended::Duplicate));
        }
    }
}

#[test]
fn an_empty_journal_with_a_damaged_beginning_keeps_its_positions() {
    for at in [3, header_bytes(PARTITIONS) as usize + 3] {
        let (disk, _, _) = written();
        let journal = Direct::open(disk.reopen(), options()).unwrap();
        crate::traffic::release_all(&journal);
        drop(journal);
        let file = disk.names().remove(0);
        assert_eq!(frames(&disk, &file), [], "no body is at rest");
        flip(&disk, &file, at);
        let journal = Direct::open(disk.reopen(), options()).unwrap();
        assert_eq!(journal.end(Partition(1)), Position(11), "at {at}");
    }
}

/// Noise that no compression shortens, so that it and what stands in it is stored as it is.
fn noise(disk: &SimDisk) -> Vec<u8> {
    let mut numbers = disk.clone();
    (0..8_000)
        .flat_map(|_| numbers.nonce().to_le_bytes())
        .collect()
}

#[test]
fn a_frame_inside_a_record_is_never_taken_for_one() {
    let (disk, file, frames) = written();
    let bytes = disk.contents(&file).unwrap();
    let noise = noise(&disk);
    // A frame of this very segment, in another place.
    let stolen = &bytes[frames[9].0..frames[9].1];
    // And one that knows its place but not the nonce: behind a header with one section.
    let place = bytes.len() + frame::PREFIX_BYTES + 32 + 8 + 4 + noise.len() + stolen.len();
    let mut forged = Vec::new();
    let mut header = frame::parse(stolen, frames[9].0 as u64, nonce(&file)).unwrap();
    header.offset = place as u64;
    header.sections[0].first = Position(11);
    header.write(&mut forged, 0);
    forged.extend_from_slice(&stolen[header.header_bytes() as usize..]);
    let mut batch = Batch::default();
    batch.push(Partition(0), |it| {
        it.extend([&noise, stolen, &forged].concat());
    });
    let journal = Direct::open(disk.reopen(), options()).unwrap();
    journal.append(batch).wait().unwrap();
    fill(&journal, 11..12);
    drop(journal);
    let bytes = disk.contents(&file).unwrap();
    assert_eq!(
        bytes[place..place + forged.len()],
        forged,
        "the trap is set"
    );
    flip(&disk, &file, frames[10].1);
    let journal = Direct::open(disk.reopen(), options()).unwrap();
    assert_eq!(journal.health().records_lost, 1);
    let batches: Vec<u64> = read(&journal, 0, 0).into_iter().map(|it| it.1).collect();
    assert_eq!(batches, (0..12).collect::<Vec<_>>());
}

#[test]
fn a_segment_that_was_deleted_by_hand_is_lost_and_said_to_be() {
    let disk = SimDisk::new(7);
    let small = gatewatch_journal::Options {
        segment_bytes: 1_024,
        bytes_max: 1 << 20,
        ..options()
    };
    let journal = Direct::open(disk.clone(), small.clone()).unwrap();
    fill(&journal, 0..40);
    drop(journal);
    assert!(disk.names().len() > 3);
    disk.reopen().remove(&disk.names()[1]).unwrap();
    let journal = Direct::open(disk.reopen(), small).unwrap();
    let lost = journal.health().records_lost;
    let kept = read(&journal, 0, 0).len() + read(&journal, 1, 0).len();
    assert!(lost > 0);
    assert_eq!(lost + kept as u64, 80);
    assert_eq!(journal.end(Partition(0)), Position(40));
}
