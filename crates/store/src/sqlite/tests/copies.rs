//! Copies, and looking at one before it is trusted.

use super::*;

fn folder_with_store() -> (TempDir, SqliteStore) {
    let folder = TempDir::new().unwrap();
    let store = SqliteStore::open(folder.path()).unwrap();
    store.commit(&[checkpoint(0, 100_000)]).unwrap();
    (folder, store)
}

#[test]
fn a_copy_is_one_file_that_passes_its_check() {
    let (folder, store) = folder_with_store();
    let copy = folder.path().join("copy.db");
    store.backup(&copy, &mut |_, _| ()).unwrap();
    let names = fs::read_dir(folder.path())
        .unwrap()
        .map(|it| it.unwrap().file_name());
    let of_copy = names.filter(|it| it.to_string_lossy().starts_with("copy"));
    assert_eq!(of_copy.collect::<Vec<_>>(), ["copy.db"]);
    let found = SqliteStore::verify(&copy).unwrap();
    assert_eq!(found.schema, schema::known(ROLL));
    assert_eq!(found.bytes, fs::metadata(&copy).unwrap().len());
    let copied = SqliteStore::open_at(&copy).unwrap();
    assert_eq!(position(&copied), 1);
}

#[test]
fn a_copy_that_was_cut_off_is_made_anew() {
    let (folder, store) = folder_with_store();
    let copy = folder.path().join("copy.db");
    fs::write(folder.path().join("copy.db.partial"), b"half of it").unwrap();
    store.backup(&copy, &mut |_, _| ()).unwrap();
    SqliteStore::verify(&copy).unwrap();
}

#[test]
fn a_copy_that_fails_leaves_nothing() {
    let (folder, store) = folder_with_store();
    let place = folder.path().join("none").join("copy.db");
    let error = store.backup(&place, &mut |_, _| ()).unwrap_err();
    assert!(matches!(error, StoreError::Unwritable { .. }), "{error}");
    assert!(!folder.path().join("none").exists());
}

#[test]
fn a_file_is_looked_at_before_it_is_trusted() {
    let (folder, store) = folder_with_store();
    let place = folder.path().join("copy.db");
    store.backup(&place, &mut |_, _| ()).unwrap();
    let whole = fs::read(&place).unwrap();
    let refused = |bytes: &[u8]| {
        fs::write(&place, bytes).unwrap();
        let error = SqliteStore::verify(&place).unwrap_err();
        assert!(matches!(error, StoreError::Damaged { .. }), "{error}");
    };
    refused(b"");
    refused(b"not a database, but longer than a header of a hundred bytes would be: xxxxxxxxxxxxxxxxxxxxxxxxxxx");
    refused(&whole[..whole.len() / 2]);
    let mut scribbled = whole.clone();
    let middle = scribbled.len() / 8;
    scribbled[middle..middle + 8_192].fill(0xff);
    refused(&scribbled);
    fs::write(&place, &whole).unwrap();
    SqliteStore::verify(&place).unwrap();
    let missing = SqliteStore::verify(&folder.path().join("missing.db"));
    assert!(matches!(missing, Err(StoreError::Unwritable { .. })));
}

#[test]
fn looking_at_a_file_writes_nothing() {
    let (folder, store) = folder_with_store();
    let place = folder.path().join("copy.db");
    store.backup(&place, &mut |_, _| ()).unwrap();
    let before = fs::read(&place).unwrap();
    SqliteStore::verify(&place).unwrap();
    assert!(fs::read(&place).unwrap() == before);
    assert!(!folder.path().join("copy.db-wal").exists());
}

#[test]
fn another_database_is_not_a_store() {
    let folder = TempDir::new().unwrap();
    let place = folder.path().join("other.db");
    let other = Connection::open(&place).unwrap();
    other
        .execute_batch("CREATE TABLE schema_version (version BIGINT)")
        .unwrap();
    drop(other);
    let error = SqliteStore::verify(&place).unwrap_err();
    assert!(
        error.to_string().contains("not a store of Gatewatch"),
        "{error}"
    );
}
