//! What every journal must do, embedded or not.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "this is a test suite; it is only built for tests"
)]

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use gatewatch_model::{Partition, Position};

use crate::journal::{Batch, Journal, JournalError, RECORD_BYTES_MAX, SEQUENCE_WINDOW};
use crate::{Appended, Cursor};

pub const PARTITIONS: u16 = 4;

/// Long enough for any machine; nothing waits that long unless it fails.
const PATIENCE: Duration = Duration::from_secs(30);

/// Makes the journals under test.
pub trait Maker {
    /// A new and empty journal of `PARTITIONS` partitions.
    fn make(&mut self) -> Box<dyn Journal>;

    /// A new one that holds about so many bytes; `None` if this kind knows no bound.
    fn make_bounded(&mut self, bytes_max: u64) -> Option<Box<dyn Journal>>;

    /// Closes the journal and opens the same again.
    fn reopen(&mut self, journal: Box<dyn Journal>) -> Box<dyn Journal>;
}

pub type Case = fn(&mut dyn Maker);

pub static ROLL: &[Case] = &[
    an_empty_journal_has_nothing,
    positions_are_dense,
    only_what_is_asked,
    begins_amid_a_batch,
    follows_what_is_appended,
    an_append_wakes,
    a_retry_is_a_duplicate,
    batches_may_overtake,
    racing_attempts,
    many_threads,
    everything_outlives_closing,
    what_is_released_goes,
    a_full_journal,
    refused_whole,
];

/// Runs the whole suite.
pub fn journal(maker: &mut dyn Maker) {
    for case in ROLL {
        case(maker);
    }
}

fn an_empty_journal_has_nothing(maker: &mut dyn Maker) {
    let journal = maker.make();
    assert_eq!(journal.partitions(), PARTITIONS);
    for partition in all() {
        assert_eq!(journal.end(partition), Position::START);
    }
    assert_eq!(journal.last_sequence("nobody"), None);
    assert_eq!(read(&mut *from_start(&*journal)), Vec::new());
    let beyond = journal.cursor(&[(Partition(0), Position(1))]);
    assert!(beyond.is_err(), "there is no position 1 yet");
}

fn positions_are_dense(maker: &mut dyn Maker) {
    let journal = maker.make();
    let mut sent = Vec::new();
    for number in 0..50_u64 {
        let mut batch = Batch::default();
        let mut firsts = Vec::new();
        for partition in 0..=(number % u64::from(PARTITIONS)) as u16 {
            firsts.push((Partition(partition), journal.end(Partition(partition))));
            for n in 0..=number % 3 {
                let text = format!("{number}/{partition}/{n}");
                batch.push(Partition(partition), |it| {
                    it.extend_from_slice(text.as_bytes());
                });
                sent.push((partition, text));
            }
        }
        let answer = journal.append(batch).wait();
        assert_eq!(answer, Ok(Appended::Written(firsts)));
    }
    let found = read(&mut *from_start(&*journal));
    for partition in all() {
        let texts = of(partition, sent.iter().map(|(p, text)| (*p, text.clone())));
        assert_eq!(journal.end(partition), Position(texts.len() as u64));
        let expected = texts.into_iter().enumerate();
        let expected: Vec<_> = expected.map(|(at, text)| (at as u64, text)).collect();
        let records = found.iter().map(|(p, at, text)| (*p, (*at, text.clone())));
        assert_eq!(of(partition, records), expected);
    }
}

fn only_what_is_asked(maker: &mut dyn Maker) {
    let journal = maker.make();
    for text in ["a", "b"] {
        append(&*journal, None, &[(0, text), (1, text), (3, text)]);
    }
    let mut one = journal.cursor(&[(Partition(1), Position(0))]).unwrap();
    assert_eq!(read(&mut *one), records(&[(1, 0, "a"), (1, 1, "b")]));
    let from = [(Partition(3), Position(1)), (Partition(0), Position(0))];
    let mut two = read(&mut *journal.cursor(&from).unwrap());
    two.sort();
    assert_eq!(two, records(&[(0, 0, "a"), (0, 1, "b"), (3, 1, "b")]));
    assert!(
        journal
            .cursor(&[(Partition(PARTITIONS), Position(0))])
            .is_err()
    );
}

fn begins_amid_a_batch(maker: &mut dyn Maker) {
    let journal = maker.make();
    append(&*journal, None, &[(2, "a"), (2, "b"), (2, "c")]);
    append(&*journal, None, &[(2, "d")]);
    for (from, rest) in [(0, "abcd"), (1, "bcd"), (2, "cd"), (3, "d"), (4, "")] {
        let mut cursor = journal.cursor(&[(Partition(2), Position(from))]).unwrap();
        let found = read(&mut *cursor);
        let texts: String = found.iter().map(|(_, _, text)| text.as_str()).collect();
        assert_eq!(texts, rest);
        assert!((from..).zip(&found).all(|(at, it)| at == it.1));
    }
}

fn follows_what_is_appended(maker: &mut dyn Maker) {
    let journal = maker.make();
    let mut cursor = from_start(&*journal);
    for (at, text) in (0..).zip(["a", "b", "c"]) {
        assert_eq!(read(&mut *cursor), Vec::new());
        append(&*journal, None, &[(1, text)]);
        assert_eq!(read(&mut *cursor), records(&[(1, at, text)]));
    }
}

fn an_append_wakes(maker: &mut dyn Maker) {
    let journal = maker.make();
    for from in [
        &[(Partition(1), Position(0))][..],
        &[(Partition(1), Position(0)), (Partition(2), Position(0))],
    ] {
        let mut cursor = journal.cursor(from).unwrap();
        read(&mut *cursor);
        let waiting = std::thread::spawn(move || {
            let start = Instant::now();
            (cursor.next(PATIENCE), start.elapsed())
        });
        append(&*journal, None, &[(1, "a")]);
        let (chunk, waited) = waiting.join().unwrap();
        assert!(
            chunk.unwrap().is_some() && waited < PATIENCE,
            "the reader was not woken"
        );
    }
}

fn a_retry_is_a_duplicate(maker: &mut dyn Maker) {
    let journal = maker.make();
    append(&*journal, Some(("s", 7)), &[(0, "a"), (1, "b")]);
    let again = batch(Some(("s", 7)), &[(0, "a"), (1, "b")]);
    assert_eq!(journal.append(again).wait(), Ok(Appended::Duplicate));
    assert_eq!(journal.last_sequence("s"), Some(7));
    append(&*journal, Some(("t", 7)), &[(0, "c")]);
    append(&*journal, None, &[(0, "d")]);
    append(&*journal, None, &[(0, "d")]);
    assert_eq!(journal.end(Partition(0)), Position(4));
    assert_eq!(journal.end(Partition(1)), Position(1));
}

fn batches_may_overtake(maker: &mut dyn Maker) {
    let journal = maker.make();
    append(&*journal, Some(("s", 100)), &[(0, "a")]);
    let oldest = 100 - SEQUENCE_WINDOW;
    for sequence in [99, oldest, 101 - SEQUENCE_WINDOW] {
        append(&*journal, Some(("s", sequence)), &[(0, "b")]);
        let again = batch(Some(("s", sequence)), &[(0, "b")]);
        assert_eq!(journal.append(again).wait(), Ok(Appended::Duplicate));
    }
    assert_eq!(journal.last_sequence("s"), Some(100));
    let stale = batch(Some(("s", oldest - 1)), &[(0, "c")]);
    let expected = JournalError::StaleSequence {
        sender: "s".into(),
        sequence: oldest - 1,
        latest: 100,
    };
    assert_eq!(journal.append(stale).wait(), Err(expected));
    assert_eq!(journal.end(Partition(0)), Position(4));
}

fn racing_attempts(maker: &mut dyn Maker) {
    let journal: Arc<dyn Journal> = maker.make().into();
    for sequence in 0..20 {
        let threads: Vec<_> = (0..4)
            .map(|_| {
                let journal = Arc::clone(&journal);
                std::thread::spawn(move || {
                    let batch = batch(Some(("s", sequence)), &[(0, "a")]);
                    let answer = journal.append(batch).wait().unwrap();
                    // Duplicate or not, it must be durable by now.
                    assert!(journal.end(Partition(0)) > Position(sequence));
                    u32::from(answer != Appended::Duplicate)
                })
            })
            .collect();
        let written: u32 = threads.into_iter().map(|it| it.join().unwrap()).sum();
        assert_eq!(written, 1);
    }
    assert_eq!(journal.end(Partition(0)), Position(20));
}

fn many_threads(maker: &mut dyn Maker) {
    const THREADS: usize = 8;
    const BATCHES: usize = 25;
    const RECORDS: usize = 5;
    let journal: Arc<dyn Journal> = maker.make().into();
    let writers = (0..THREADS).map(|thread| {
        let journal = Arc::clone(&journal);
        std::thread::spawn(move || {
            for number in 0..BATCHES {
                let mut batch = Batch::from_sender(&thread.to_string(), number as u64);
                for n in 0..RECORDS * usize::from(PARTITIONS) {
                    let partition = Partition(n as u16 % PARTITIONS);
                    let text = format!("{thread}/{number}/{}", n / usize::from(PARTITIONS));
                    batch.push(partition, |it| it.extend_from_slice(text.as_bytes()));
                }
                journal.append(batch).wait().unwrap();
            }
        })
    });
    let writers: Vec<_> = writers.collect();
    let mut cursor = from_start(&*journal);
    let mut found = Vec::new();
    while found.len() < THREADS * BATCHES * RECORDS * usize::from(PARTITIONS) {
        let chunk = cursor.next(PATIENCE).unwrap().expect("more is coming");
        found.extend(texts(&chunk));
    }
    for writer in writers {
        writer.join().unwrap();
    }
    assert_eq!(read(&mut *cursor), Vec::new());
    for partition in all() {
        let texts = of(
            partition,
            found.iter().map(|(p, _, text)| (*p, text.clone())),
        );
        let mut whole = BTreeSet::new();
        for run in texts.chunks(RECORDS) {
            let name = run[0].strip_suffix("/0").expect("a batch begins here");
            let expected: Vec<_> = (0..RECORDS).map(|n| format!("{name}/{n}")).collect();
            assert_eq!(run, expected, "a batch stands together");
            assert!(whole.insert(name.to_owned()), "{name} is there twice");
        }
        assert_eq!(whole.len(), THREADS * BATCHES);
    }
}

fn everything_outlives_closing(maker: &mut dyn Maker) {
    let mut journal = maker.make();
    for round in 0..4_u64 {
        append(&*journal, Some(("s", round)), &[(0, "a"), (3, "b")]);
        journal = maker.reopen(journal);
        assert_eq!(journal.last_sequence("s"), Some(round));
        let again = batch(Some(("s", round)), &[(0, "a"), (3, "b")]);
        assert_eq!(journal.append(again).wait(), Ok(Appended::Duplicate));
        for partition in [0, 3] {
            assert_eq!(journal.end(Partition(partition)), Position(round + 1));
        }
    }
    let found = read(&mut *from_start(&*journal));
    let positions = of(Partition(3), found.iter().map(|(p, at, _)| (*p, *at)));
    assert_eq!(positions, [0, 1, 2, 3]);
}

fn what_is_released_goes(maker: &mut dyn Maker) {
    let journal = maker.make();
    for text in ["a", "b", "c"] {
        append(&*journal, None, &[(0, text), (1, text)]);
    }
    journal.release(&[(Partition(0), Position(2))]);
    gone(&*journal, Partition(0), Position(1));
    journal.release(&[(Partition(0), Position(1))]);
    gone(&*journal, Partition(0), Position(1));
    let from = [(Partition(0), Position(2)), (Partition(1), Position(0))];
    let mut rest = read(&mut *journal.cursor(&from).unwrap());
    rest.sort();
    let kept = [(0, 2, "c"), (1, 0, "a"), (1, 1, "b"), (1, 2, "c")];
    assert_eq!(rest, records(&kept), "what was not released is kept");
    journal.release(&[(Partition(0), Position(3)), (Partition(1), Position(3))]);
    gone(&*journal, Partition(1), Position(2));
    append(&*journal, None, &[(0, "d"), (1, "d")]);
    let from = [(Partition(0), Position(3)), (Partition(1), Position(3))];
    let mut rest = read(&mut *journal.cursor(&from).unwrap());
    rest.sort();
    assert_eq!(rest, records(&[(0, 3, "d"), (1, 3, "d")]));
}

fn a_full_journal(maker: &mut dyn Maker) {
    let Some(journal) = maker.make_bounded(1 << 20) else {
        return;
    };
    let mut random = 1_u64;
    let mut written = 0;
    let refused = loop {
        match journal.append(noise(&mut random, written)).wait() {
            Ok(_) => written += 1,
            Err(error) => break error,
        }
        assert!(written < 1_000, "the bound does not hold");
    };
    let JournalError::Full {
        bytes,
        bytes_max,
        retry_seconds,
    } = refused
    else {
        panic!("not full but: {refused}");
    };
    assert!(bytes <= bytes_max && retry_seconds > 0);
    assert!(written > 10, "{written} of 16 KB do not fill a megabyte");
    assert_eq!(read(&mut *from_start(&*journal)).len() as u64, written);
    journal.release(&[(Partition(0), journal.end(Partition(0)))]);
    let until = Instant::now() + PATIENCE;
    while let Err(error) = journal.append(noise(&mut random, written)).wait() {
        assert!(matches!(error, JournalError::Full { .. }), "{error}");
        assert!(Instant::now() < until, "released space did not come back");
        std::thread::yield_now();
    }
    assert_eq!(journal.end(Partition(0)), Position(written + 1));
}

fn refused_whole(maker: &mut dyn Maker) {
    let journal = maker.make();
    let mut long = batch(Some(("s", 1)), &[(0, "a")]);
    long.push(Partition(1), |it| {
        it.resize(it.len() + RECORD_BYTES_MAX + 1, 0);
    });
    let answer = journal.append(long).wait();
    assert!(
        matches!(answer, Err(JournalError::TooLarge { .. })),
        "{answer:?}"
    );
    let nowhere = batch(Some(("s", 1)), &[(0, "a"), (PARTITIONS, "b")]);
    assert!(journal.append(nowhere).wait().is_err());
    assert!(all().all(|it| journal.end(it) == Position::START));
    assert_eq!(journal.last_sequence("s"), None);
    let mut longest = batch(Some(("s", 1)), &[(0, "a")]);
    longest.push(Partition(1), |it| it.resize(it.len() + RECORD_BYTES_MAX, 0));
    let answer = journal.append(longest).wait().unwrap();
    assert_ne!(
        answer,
        Appended::Duplicate,
        "a refused batch was not written"
    );
    assert_eq!(read(&mut *from_start(&*journal)).len(), 2);
}

fn all() -> impl Iterator<Item = Partition> {
    (0..PARTITIONS).map(Partition)
}

fn batch(sender: Option<(&str, u64)>, records: &[(u16, &str)]) -> Batch {
    let mut batch = match sender {
        Some((name, sequence)) => Batch::from_sender(name, sequence),
        None => Batch::default(),
    };
    for (partition, text) in records {
        batch.push(Partition(*partition), |it| {
            it.extend_from_slice(text.as_bytes());
        });
    }
    batch
}

/// Appends and expects it to be new.
fn append(journal: &dyn Journal, sender: Option<(&str, u64)>, records: &[(u16, &str)]) {
    let answer = journal.append(batch(sender, records)).wait().unwrap();
    assert_ne!(answer, Appended::Duplicate);
}

/// 16 KB that nothing compresses.
fn noise(random: &mut u64, sequence: u64) -> Batch {
    let mut batch = Batch::from_sender("noise", sequence);
    batch.push(Partition(0), |it| {
        for _ in 0..2048 {
            *random = random
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(99);
            it.extend_from_slice(&(*random ^ *random >> 29).to_le_bytes());
        }
    });
    batch
}

fn from_start(journal: &dyn Journal) -> Box<dyn Cursor> {
    let from: Vec<_> = all().map(|it| (it, Position::START)).collect();
    journal.cursor(&from).unwrap()
}

type Found = (u16, u64, String);

/// Everything that is durable now.
fn read(cursor: &mut dyn Cursor) -> Vec<Found> {
    let mut found = Vec::new();
    while let Some(chunk) = cursor.next(Duration::ZERO).unwrap() {
        assert!(chunk.count > 0, "an empty chunk says nothing");
        assert_eq!(chunk.records().count(), chunk.count as usize);
        found.extend(texts(&chunk));
    }
    found
}

fn texts(chunk: &crate::Chunk) -> impl Iterator<Item = Found> {
    chunk.records().map(|(position, bytes)| {
        let text = String::from_utf8_lossy(bytes).into_owned();
        (chunk.partition.0, position.0, text)
    })
}

fn records(expected: &[(u16, u64, &str)]) -> Vec<Found> {
    let expected = expected.iter();
    expected
        .map(|(p, at, text)| (*p, *at, (*text).to_owned()))
        .collect()
}

fn of<T>(partition: Partition, items: impl Iterator<Item = (u16, T)>) -> Vec<T> {
    items
        .filter(|(owner, _)| *owner == partition.0)
        .map(|(_, item)| item)
        .collect()
}

/// Expects that the position is gone, soon.
fn gone(journal: &dyn Journal, partition: Partition, position: Position) {
    let until = Instant::now() + PATIENCE;
    loop {
        match journal.cursor(&[(partition, position)]) {
            Err(JournalError::Gone {
                partition: of,
                asked,
                oldest,
            }) => {
                assert_eq!((of, asked), (partition, position));
                assert!(oldest > position);
                return;
            }
            Err(error) => panic!("not gone but: {error}"),
            Ok(_) => assert!(Instant::now() < until, "it does not go"),
        }
        std::thread::yield_now();
    }
}
