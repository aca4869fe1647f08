//! Each way in which a disk fails has its own answer.

use super::*;

#[test]
fn a_full_store_says_so_and_goes_on_when_there_is_room() {
    let folder = TempDir::new().unwrap();
    let store = SqliteStore::open(folder.path()).unwrap();
    store.commit(&[checkpoint(0, 10)]).unwrap();
    pragma(&store, "PRAGMA max_page_count = 200");
    let large = [checkpoint(1, 4 << 20)];
    for _ in 0..2 {
        let error = store.commit(&large).unwrap_err();
        assert!(matches!(error, StoreError::Full { .. }), "{error}");
        assert!(
            error.to_string().contains("free some disk space"),
            "{error}"
        );
    }
    assert_eq!(position(&store), 1, "nothing of it was written");
    store.commit(&[checkpoint(1, 10)]).unwrap();
    pragma(&store, "PRAGMA max_page_count = 100000");
    store.commit(&[checkpoint(2, 4 << 20)]).unwrap();
    assert_eq!(position(&store), 3);
}

#[test]
fn a_folder_that_cannot_be_made_says_what_to_do() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, b"x").unwrap();
    for place in [file.clone(), file.join("below")] {
        let error = SqliteStore::open(&place).unwrap_err();
        assert!(matches!(error, StoreError::Unwritable { .. }), "{error}");
        let text = error.to_string();
        assert!(text.contains("--data") && text.contains("file"), "{text}");
    }
}

#[test]
fn a_store_that_may_only_be_read_says_what_to_do() {
    let folder = TempDir::new().unwrap();
    let store = SqliteStore::open(folder.path()).unwrap();
    pragma(&store, "PRAGMA query_only = ON");
    let error = store.commit(&[checkpoint(0, 10)]).unwrap_err();
    assert!(matches!(error, StoreError::Unwritable { .. }), "{error}");
    // It can still be loaded, although nothing can be cleared away.
    assert_eq!(position(&store), 0);
    pragma(&store, "PRAGMA query_only = OFF");
    store.commit(&[checkpoint(0, 10)]).unwrap();
}

#[test]
fn what_is_no_database_is_damaged() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join(FILE_NAME), [b'x'; 8_192]).unwrap();
    let error = SqliteStore::open(folder.path()).unwrap_err();
    assert!(matches!(error, StoreError::Damaged { .. }), "{error}");
    assert!(error.to_string().contains("gatewatch restore"), "{error}");
}

#[test]
fn a_writer_of_another_process_makes_it_busy() {
    let folder = TempDir::new().unwrap();
    let store = SqliteStore::open(folder.path()).unwrap();
    pragma(&store, "PRAGMA busy_timeout = 1");
    let other = SqliteStore::open(folder.path()).unwrap();
    other
        .engine
        .write(|_| {
            let error = store.commit(&[checkpoint(0, 10)]).unwrap_err();
            assert!(matches!(error, StoreError::Busy { .. }), "{error}");
            Ok(())
        })
        .unwrap();
    store.commit(&[checkpoint(0, 10)]).unwrap();
    // The other process finds that it has been overtaken.
    let error = other.commit(&[checkpoint(0, 10)]).unwrap_err();
    assert!(matches!(error, StoreError::Superseded { .. }), "{error}");
}

#[test]
fn rows_that_nobody_wrote_are_damage_and_no_panic() {
    let folder = TempDir::new().unwrap();
    let store = SqliteStore::open(folder.path()).unwrap();
    let broken = [
        "INSERT INTO endpoints (id, collection, method, template, search, first_seen, last_seen,
            calls, callers, errors_share, latency_p95, statuses, spreads)
        VALUES (X'00', X'00', 'GET', '/', '', 0, 0, 0, 0, 0, 0, '', X'')",
        "INSERT INTO collections (id, scope, name, search, kind, first_seen, last_seen, calls,
            endpoints)
        VALUES (X'00', '/', '', '', 'odd', 0, 0, 0, 0)",
    ];
    for sql in broken {
        store
            .engine
            .write(|session| session.execute(sql, &[]))
            .unwrap();
    }
    let all = EndpointQuery {
        limit: 10,
        ..EndpointQuery::default()
    };
    let error = store.endpoints(&all).unwrap_err();
    assert!(matches!(error, StoreError::Damaged { .. }), "{error}");
}

#[test]
fn a_snapshot_with_a_part_missing_does_not_count() {
    let folder = TempDir::new().unwrap();
    let store = SqliteStore::open(folder.path()).unwrap();
    let mut whole = checkpoint(0, 10);
    whole.snapshot.push(SnapshotStep::Part {
        position: Position(0),
        index: 1,
        bytes: vec![8],
    });
    whole.snapshot.push(SnapshotStep::Complete {
        position: Position(0),
        parts: 2,
    });
    store.commit(&[whole]).unwrap();
    let loaded = || store.load(Stage::Exchanges, Partition(0)).unwrap();
    assert_eq!(loaded().snapshot.unwrap().bytes.len(), 11);
    store
        .engine
        .write(|session| session.execute("DELETE FROM snapshot_parts WHERE part = 0", &[]))
        .unwrap();
    assert_eq!(loaded().snapshot, None);
    assert_eq!(loaded().effects_position, Position(1));
}
