//! What only SQLite can show: full and broken files, rights, copies, and its migrations.

use std::fs;
use std::path::Path;

use gatewatch_model::effects::Effects;
use gatewatch_model::{Partition, Position, Stage, Timestamp};
use gatewatch_ports::StoreError;
use gatewatch_ports::store::{
    Checkpoint, Checkpoints as _, EndpointQuery, Reading as _, SnapshotStep, Upkeep as _,
};
use tempfile::TempDir;

use super::*;
use crate::schema::{self, Migration, ROLL};

mod copies;
mod failures;
mod versions;

/// A commit of the next position with a snapshot part of that many bytes.
fn checkpoint(from: u64, bytes: usize) -> Checkpoint {
    let part = SnapshotStep::Part {
        position: Position(from),
        index: 0,
        bytes: vec![7; bytes],
    };
    Checkpoint {
        stage: Stage::Exchanges,
        partition: Partition(0),
        from: Position(from),
        to: Position(from + 1),
        revision: 0,
        effects: Effects::default(),
        snapshot: vec![part],
    }
}

fn position(store: &SqliteStore) -> u64 {
    let loaded = store.load(Stage::Exchanges, Partition(0)).unwrap();
    loaded.effects_position.0
}

fn pragma(store: &SqliteStore, sql: &str) {
    let session = |writer: &Connection| Session(writer).query(sql, &[], &mut |_| Ok(()));
    store.engine.with_writer(session).unwrap();
}

#[test]
#[cfg(unix)]
fn the_file_is_its_owners_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = TempDir::new().unwrap();
    let data = folder.path().join("data");
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let store = SqliteStore::open(&data).unwrap();
    store.commit(&[checkpoint(0, 10)]).unwrap();
    assert_eq!(mode(&data), 0o700);
    for name in ["gatewatch.db", "gatewatch.db-wal", "gatewatch.db-shm"] {
        assert_eq!(mode(&data.join(name)), 0o600, "{name}");
    }
    drop(store);
    let wide = fs::Permissions::from_mode(0o644);
    fs::set_permissions(data.join(FILE_NAME), wide).unwrap();
    let _store = SqliteStore::open(&data).unwrap();
    assert_eq!(mode(&data.join(FILE_NAME)), 0o600);
}

#[test]
fn a_commit_is_on_disk_when_it_returns() {
    let folder = TempDir::new().unwrap();
    let store = SqliteStore::open(folder.path()).unwrap();
    let asked = |name: &str| {
        store.engine.with_writer(|it| {
            it.pragma_query_value(None, name, |row| row.get::<_, rusqlite::types::Value>(0))
                .unwrap()
        })
    };
    assert_eq!(asked("journal_mode"), "wal".to_owned().into());
    assert_eq!(asked("synchronous"), 2.into());
}

#[test]
fn callers_beyond_the_limit_go_oldest_first() {
    let folder = TempDir::new().unwrap();
    let store = SqliteStore::open(folder.path()).unwrap();
    let callers = (0..7).map(|it| gatewatch_model::effects::CallerDelta {
        caller: gatewatch_model::Caller::Identity(it.to_string().into()),
        calls: 1,
        refused: 0,
        first_seen: Timestamp(it),
        last_seen: Timestamp(it),
        endpoints_estimate: 1,
    });
    let mut one = checkpoint(0, 0);
    one.effects.callers = callers.collect();
    store.commit(&[one]).unwrap();
    assert_eq!(store.drop_callers(Timestamp(2), 3).unwrap(), 4);
    let left = store.callers(10, "/").unwrap();
    let left = left.iter().map(|it| &*it.caller).collect::<Vec<_>>();
    assert_eq!(left, ["id:4", "id:5", "id:6"]);
}

/// More than one transaction drops, all seen at one time: the names decide.
#[test]
fn many_callers_beyond_the_limit_go_and_no_other() {
    let folder = TempDir::new().unwrap();
    let store = SqliteStore::open(folder.path()).unwrap();
    let callers = (0..2_000).map(|it| gatewatch_model::effects::CallerDelta {
        caller: gatewatch_model::Caller::Identity(format!("{it:04}").into()),
        calls: 1,
        refused: 0,
        first_seen: Timestamp(7),
        last_seen: Timestamp(7),
        endpoints_estimate: 1,
    });
    let mut one = checkpoint(0, 0);
    one.effects.callers = callers.collect();
    store.commit(&[one]).unwrap();
    assert_eq!(store.drop_callers(Timestamp(7), 3).unwrap(), 1_997);
    let left = store.callers(10, "/").unwrap();
    let left = left.iter().map(|it| &*it.caller).collect::<Vec<_>>();
    assert_eq!(left, ["id:1997", "id:1998", "id:1999"]);
    assert_eq!(store.drop_callers(Timestamp(8), 3).unwrap(), 3);
}

#[test]
fn room_that_is_free_goes_back_to_the_disk() {
    let folder = TempDir::new().unwrap();
    let store = SqliteStore::open(folder.path()).unwrap();
    store.commit(&[checkpoint(0, 30 << 20)]).unwrap();
    // The part belongs to no complete snapshot, so it goes.
    assert_eq!(position(&store), 1);
    store.retain(Timestamp::ZERO, false).unwrap();
    pragma(&store, "PRAGMA wal_checkpoint(TRUNCATE)");
    let file = fs::metadata(folder.path().join(FILE_NAME)).unwrap().len();
    assert!(file < 1 << 20, "{file} bytes are left");
}

#[test]
fn a_panic_while_writing_leaves_a_sound_store() {
    let folder = TempDir::new().unwrap();
    let store = SqliteStore::open(folder.path()).unwrap();
    store.commit(&[checkpoint(0, 10)]).unwrap();
    let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        let _: Result<(), _> = store.engine.write(|session| {
            session.execute("DELETE FROM partitions", &[])?;
            panic!("as a bug would");
        });
    }));
    assert!(panicked.is_err());
    assert_eq!(position(&store), 1);
    store.commit(&[checkpoint(1, 10)]).unwrap();
}

#[test]
fn the_oldest_discoveries_go_when_there_are_too_many() {
    let folder = TempDir::new().unwrap();
    let store = SqliteStore::open(folder.path()).unwrap();
    let insert = "INSERT INTO discoveries VALUES (?, 0, x'00', 0, '', 0, '', '', '', 0, 0)";
    let numbers = 1..=1_203_i64;
    let written = store.engine.write(|session| {
        for number in numbers {
            session.execute(insert, &[crate::engine::Value::Int(number)])?;
        }
        Ok(())
    });
    written.unwrap();
    assert_eq!(store.drop_discoveries(3).unwrap(), 1_200);
    assert_eq!(store.drop_discoveries(3).unwrap(), 0);
    let least = |session: &dyn crate::Session| {
        let sql = "SELECT MIN(number) FROM discoveries";
        crate::engine::one(session, sql, &[], |row| row.int(0))
    };
    assert_eq!(store.engine.read(least).unwrap(), Some(1_201));
}
