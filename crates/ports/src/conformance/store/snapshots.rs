//! Snapshots in parts.

use gatewatch_model::{Position, Stage};

use super::Maker;
use super::samples::{FIRST, with_snapshot};
use crate::Store;
use crate::store::{Snapshot, SnapshotStep};

fn part(position: u64, index: u32, bytes: &[u8]) -> SnapshotStep {
    SnapshotStep::Part {
        position: Position(position),
        index,
        bytes: bytes.into(),
    }
}

fn complete_at(position: u64, parts: u32) -> SnapshotStep {
    SnapshotStep::Complete {
        position: Position(position),
        parts,
    }
}

fn snapshot(store: &dyn Store) -> Option<Snapshot> {
    store.load(Stage::Exchanges, FIRST).unwrap().snapshot
}

fn assert_snapshot(store: &dyn Store, position: u64, bytes: &[u8]) {
    let expected = Snapshot {
        position: Position(position),
        bytes: bytes.into(),
    };
    assert_eq!(snapshot(store), Some(expected));
}

/// Writes without asking `load`, which clears away what is unfinished.
fn write_all(store: &dyn Store, from: u64, steps: Vec<Vec<SnapshotStep>>) {
    for (steps, from) in steps.into_iter().zip(from..) {
        store.commit(&[with_snapshot(from, steps)]).unwrap();
    }
}

pub fn complete(maker: &mut dyn Maker) {
    let store = maker.make();
    let steps = vec![
        vec![part(9, 1, b"b")],
        vec![part(9, 0, b"a"), part(9, 2, b"")],
        vec![complete_at(9, 3)],
    ];
    write_all(&*store, 0, steps);
    let store = maker.reopen(store);
    assert_snapshot(&*store, 9, b"ab");
    let progress = store.progress().unwrap();
    assert_eq!(progress[0].state_position, Position(9));
}

pub fn replaced(maker: &mut dyn Maker) {
    let store = maker.make();
    let steps = vec![
        vec![part(1, 0, b"old"), part(1, 1, b"old"), complete_at(1, 2)],
        vec![part(2, 0, b"new")],
    ];
    write_all(&*store, 0, steps);
    assert_snapshot(&*store, 1, b"oldold");
    let steps = vec![vec![part(2, 0, b"newer"), complete_at(2, 1)]];
    write_all(&*store, 2, steps);
    assert_snapshot(&*store, 2, b"newer");
}

pub fn unfinished(maker: &mut dyn Maker) {
    let store = maker.make();
    let steps = vec![
        vec![part(1, 0, b"whole"), complete_at(1, 1)],
        vec![part(2, 0, b"half")],
    ];
    write_all(&*store, 0, steps);
    let store = maker.reopen(store);
    assert_snapshot(&*store, 1, b"whole");
    // What was left behind is gone, so its parts cannot complete another.
    let refused = store.commit(&[with_snapshot(2, vec![complete_at(2, 1)])]);
    assert!(refused.is_err());
    assert_snapshot(&*store, 1, b"whole");
}

pub fn overlapping(maker: &mut dyn Maker) {
    let store = maker.make();
    let steps = vec![
        vec![part(1, 0, b"one"), part(2, 0, b"two")],
        vec![complete_at(1, 1)],
        vec![complete_at(2, 1)],
    ];
    write_all(&*store, 0, steps);
    assert_snapshot(&*store, 2, b"two");
}

pub fn lacking(maker: &mut dyn Maker) {
    let store = maker.make();
    let refused = store.commit(&[with_snapshot(0, vec![part(4, 1, b"b"), complete_at(4, 2)])]);
    assert!(refused.is_err());
    assert_eq!(snapshot(&*store), None);
    let loaded = store.load(Stage::Exchanges, FIRST).unwrap();
    assert_eq!(loaded.effects_position, Position(0));
}
