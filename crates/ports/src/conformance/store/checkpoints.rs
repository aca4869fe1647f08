//! Commits: all of it or nothing, and what they leave.

use gatewatch_model::effects::{Coverage, Effects};
use gatewatch_model::{Partition, Position, Stage};

use super::Maker;
use super::samples::{
    FIRST, NOW, all_collections, all_endpoints, calls_of, checkpoint, collection_id, endpoint_id,
    estate, rollup, templates, write, write_snapshot,
};
use crate::StoreError;
use crate::store::{Checkpoint, Loaded, Skip, SnapshotStep};

pub fn a_new_store(maker: &mut dyn Maker) {
    let store = maker.make();
    for stage in Stage::ALL {
        assert_eq!(store.load(stage, Partition(7)).unwrap(), Loaded::default());
    }
    assert_eq!(store.endpoints(&all_endpoints()).unwrap().total, 0);
    assert_eq!(store.collections(&all_collections()).unwrap().total, 0);
    assert_eq!(store.endpoint(endpoint_id(1)).unwrap(), None);
    assert_eq!(store.collection(collection_id(1)).unwrap(), None);
    assert_eq!(store.controls_from(0, 10).unwrap(), []);
    assert_eq!(store.tokens().unwrap(), []);
    assert_eq!(store.audit(None, 10).unwrap(), []);
    assert_eq!(store.coverage().unwrap(), []);
    assert_eq!(store.setting("any").unwrap(), None);
}

pub fn moves_on(maker: &mut dyn Maker) {
    let store = maker.make();
    let mut one = checkpoint(0, 5, Effects::default());
    one.revision = 3;
    store.commit(&[one]).unwrap();
    store
        .commit(&[checkpoint(5, 5, Effects::default())])
        .unwrap();
    store
        .commit(&[Checkpoint {
            stage: Stage::Callers,
            partition: Partition(65_535),
            ..checkpoint(0, 9, Effects::default())
        }])
        .unwrap();
    let loaded = store.load(Stage::Exchanges, FIRST).unwrap();
    assert_eq!(loaded.effects_position, Position(5));
    let progress = store.progress().unwrap();
    let standing = progress
        .iter()
        .map(|it| (it.stage, it.partition.0, it.effects_position.0))
        .collect::<Vec<_>>();
    assert_eq!(
        standing,
        [(Stage::Exchanges, 0, 5), (Stage::Callers, 65_535, 9)]
    );
}

pub fn superseded(maker: &mut dyn Maker) {
    let store = maker.make();
    write(&*store, estate(&[1]));
    let before = store.progress().unwrap();
    for from in [0, 2] {
        let error = store
            .commit(&[checkpoint(from, from + 1, estate(&[2]))])
            .unwrap_err();
        assert!(matches!(
            error,
            StoreError::Superseded {
                stage: "exchanges",
                partition: FIRST
            }
        ));
    }
    assert_eq!(store.progress().unwrap(), before);
    assert_eq!(templates(&*store, &all_endpoints()), ["/1"]);
}

pub fn together(maker: &mut dyn Maker) {
    let store = maker.make();
    let other = |from, to, effects| Checkpoint {
        partition: Partition(1),
        ..checkpoint(from, to, effects)
    };
    let refused = store.commit(&[
        checkpoint(0, 1, estate(&[1])),
        other(0, 1, estate(&[2])),
        other(3, 4, Effects::default()),
    ]);
    assert!(refused.is_err());
    assert_eq!(templates(&*store, &all_endpoints()), Vec::<String>::new());
    store
        .commit(&[
            checkpoint(0, 1, estate(&[1])),
            other(0, 1, estate(&[2])),
            other(1, 4, Effects::default()),
        ])
        .unwrap();
    assert_eq!(store.endpoints(&all_endpoints()).unwrap().total, 2);
    assert_eq!(
        store
            .load(Stage::Exchanges, Partition(1))
            .unwrap()
            .effects_position,
        Position(4)
    );
}

pub fn reopened(maker: &mut dyn Maker) {
    let store = maker.make();
    write(&*store, estate(&[1, 2]));
    let before = store.endpoints(&all_endpoints()).unwrap();
    let store = maker.reopen(store);
    assert_eq!(store.endpoints(&all_endpoints()).unwrap(), before);
    let loaded = store.load(Stage::Exchanges, FIRST).unwrap();
    assert_eq!(loaded.effects_position, Position(1));
}

pub fn absolute(maker: &mut dyn Maker) {
    let store = maker.make();
    write(&*store, estate(&[1]));
    let mut effects = estate(&[1]);
    effects.endpoints[0].calls = 12;
    effects.endpoints[0].statuses = vec![(0, 2), (200, 10)];
    effects.collections[0].calls = 12;
    effects.collections[0].last_seen = NOW.plus_seconds(9);
    write(&*store, effects.clone());
    let item = store.endpoint(endpoint_id(1)).unwrap().unwrap();
    assert_eq!(item.row, effects.endpoints[0]);
    assert_eq!(
        store.collection(collection_id(1)).unwrap().as_ref(),
        Some(&effects.collections[0])
    );
}

pub fn coverage(maker: &mut dyn Maker) {
    let store = maker.make();
    let known = |endpoints| Effects {
        coverage: Some(Coverage {
            endpoints,
            callers_evicted: u64::MAX,
            ..Coverage::default()
        }),
        ..Effects::default()
    };
    write(&*store, known(5));
    write(&*store, known(4));
    write(&*store, Effects::default());
    let rows = store.coverage().unwrap();
    assert_eq!(rows.len(), 1);
    assert_eq!(
        (rows[0].stage, rows[0].partition),
        (Stage::Exchanges, FIRST)
    );
    assert_eq!(Some(rows[0].coverage), known(4).coverage);
}

fn skip(position: u64) -> Skip {
    Skip {
        stage: Stage::Exchanges,
        partition: FIRST,
        position: Position(position),
        at: NOW.plus_seconds(position.cast_signed()),
        source: "edge".into(),
        head: "GET /orders".into(),
        reason: "it made the fold panic".into(),
    }
}

pub fn set_aside(maker: &mut dyn Maker) {
    let store = maker.make();
    for position in [7, 3, 7] {
        store.set_aside(&skip(position)).unwrap();
    }
    let store = maker.reopen(store);
    let loaded = store.load(Stage::Exchanges, FIRST).unwrap();
    assert_eq!(loaded.skips, [Position(3), Position(7)]);
    let elsewhere = store.load(Stage::Callers, FIRST).unwrap();
    assert_eq!(elsewhere.skips, []);
    assert_eq!(store.skips(10).unwrap(), [skip(7), skip(3)]);
    assert_eq!(store.skips(1).unwrap(), [skip(7)]);
}

pub fn skips_above_state(maker: &mut dyn Maker) {
    let store = maker.make();
    for position in [3, 7] {
        store.set_aside(&skip(position)).unwrap();
    }
    let part = SnapshotStep::Part {
        position: Position(5),
        index: 0,
        bytes: vec![1],
    };
    let complete = SnapshotStep::Complete {
        position: Position(5),
        parts: 1,
    };
    write_snapshot(&*store, vec![part, complete]);
    let loaded = store.load(Stage::Exchanges, FIRST).unwrap();
    assert_eq!(loaded.skips, [Position(7)]);
    assert_eq!(store.skips(10).unwrap().len(), 2);
}

pub fn forgotten_first(maker: &mut dyn Maker) {
    let store = maker.make();
    write(&*store, estate(&[1, 2]));
    let mut effects = estate(&[2]);
    effects.forgotten = vec![endpoint_id(1), endpoint_id(2), endpoint_id(9)];
    effects.forgotten_collections = vec![collection_id(1)];
    effects.endpoints[0].calls = 77;
    write(&*store, effects);
    assert_eq!(store.endpoint(endpoint_id(1)).unwrap(), None);
    let anew = store.endpoint(endpoint_id(2)).unwrap().unwrap();
    assert_eq!(anew.row.calls, 77);
    assert!(store.collection(collection_id(1)).unwrap().is_some());
}

pub fn forgotten_rollups(maker: &mut dyn Maker) {
    let store = maker.make();
    let mut effects = estate(&[1, 2]);
    effects.rollups = vec![rollup(1, &[(0, 5), (-6_000, 5)]), rollup(2, &[(0, 7)])];
    write(&*store, effects);
    // Some of it has grown coarse already.
    store.retain(NOW, false).unwrap();
    let mut effects = estate(&[1]);
    effects.forgotten = vec![endpoint_id(1)];
    effects.rollups = vec![rollup(1, &[(1, 3)])];
    write(&*store, effects);
    assert_eq!((calls_of(&*store, 1), calls_of(&*store, 2)), (3, 7));
}

pub fn forgotten_collection(maker: &mut dyn Maker) {
    let store = maker.make();
    write(&*store, estate(&[1]));
    write(
        &*store,
        Effects {
            forgotten: vec![endpoint_id(1)],
            forgotten_collections: vec![collection_id(1)],
            ..Effects::default()
        },
    );
    assert_eq!(store.collections(&all_collections()).unwrap().total, 0);
    assert_eq!(store.endpoints(&all_endpoints()).unwrap().total, 0);
}
