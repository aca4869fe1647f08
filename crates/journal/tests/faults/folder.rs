//! Folders that are not as they should be; each message says what to do.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};

use gatewatch_journal::{Embedded, Options};
use gatewatch_model::Partition;
use gatewatch_ports::Journal;
use tempfile::TempDir;

use crate::traffic::{fill, options};

fn refusal(folder: &std::path::Path, options: Options) -> String {
    match Embedded::open(folder, options) {
        Ok(_) => panic!("it opened"),
        Err(error) => error.to_string(),
    }
}

#[test]
fn only_the_owner_may_look_into_the_folder() {
    let parent = TempDir::new().unwrap();
    let folder = parent.path().join("deep/journal");
    let journal = Embedded::open(&folder, options()).unwrap();
    fill(&journal, 0..1);
    let mode = |path: &std::path::Path| fs::metadata(path).unwrap().mode() & 0o777;
    assert_eq!(mode(&folder), 0o700);
    let files: Vec<_> = fs::read_dir(&folder).unwrap().map(Result::unwrap).collect();
    assert_eq!(files.len(), 2);
    assert!(files.iter().all(|it| mode(&it.path()) == 0o600));
}

#[test]
fn two_processes_never_share_a_folder() {
    let folder = TempDir::new().unwrap();
    let first = Embedded::open(folder.path(), options()).unwrap();
    let refusal = refusal(folder.path(), options());
    let holder = format!("in use by process {}", std::process::id());
    assert!(refusal.contains(&holder), "{refusal}");
    assert!(refusal.contains("stop that one first"), "{refusal}");
    assert!(
        refusal.contains(folder.path().to_str().unwrap()),
        "{refusal}"
    );
    drop(first);
    Embedded::open(folder.path(), options()).unwrap();
}

#[test]
fn a_folder_that_cannot_be_made_is_named() {
    let parent = TempDir::new().unwrap();
    let file = parent.path().join("file");
    fs::write(&file, "in the way").unwrap();
    let refusal = refusal(&file.join("journal"), options());
    assert!(
        refusal.contains("cannot create the journal folder"),
        "{refusal}"
    );
    assert!(refusal.contains("another data folder"), "{refusal}");
}

#[test]
fn a_read_only_folder_is_named() {
    let folder = TempDir::new().unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o500)).unwrap();
    if fs::write(folder.path().join("probe"), "").is_ok() {
        eprintln!("SKIPPED a_read_only_folder_is_named: this user may write in any folder (root)");
        return;
    }
    let refusal = refusal(folder.path(), options());
    assert!(refusal.contains("make it writable"), "{refusal}");
}

#[test]
fn another_number_of_partitions_is_refused() {
    let folder = TempDir::new().unwrap();
    drop(Embedded::open(folder.path(), options()).unwrap());
    let other = Options {
        partitions: 5,
        ..options()
    };
    let refusal = refusal(folder.path(), other);
    assert!(refusal.contains("has 2 partitions, not 5"), "{refusal}");
    let none = Options {
        partitions: 0,
        ..options()
    };
    assert!(self::refusal(folder.path(), none).contains("1 to 1024"));
}

#[test]
fn a_journal_of_a_newer_release_is_left_alone() {
    let folder = TempDir::new().unwrap();
    drop(Embedded::open(folder.path(), options()).unwrap());
    let files = fs::read_dir(folder.path()).unwrap().map(Result::unwrap);
    let file = files
        .map(|it| it.path())
        .find(|it| it.extension().is_some());
    let file = file.unwrap();
    let mut bytes = fs::read(&file).unwrap();
    bytes[8] = 9;
    fs::write(&file, &bytes).unwrap();
    let refusal = refusal(folder.path(), options());
    assert!(refusal.contains("format 9"), "{refusal}");
    assert_eq!(fs::read(&file).unwrap(), bytes);
}

#[test]
fn files_of_others_are_left_alone() {
    let folder = TempDir::new().unwrap();
    for name in ["notes.txt", "1-2.log", "0000000000000001.log"] {
        fs::write(folder.path().join(name), "mine").unwrap();
    }
    let journal = Embedded::open(folder.path(), options()).unwrap();
    fill(&journal, 0..3);
    drop(journal);
    let journal = Embedded::open(folder.path(), options()).unwrap();
    assert_eq!(journal.end(Partition(0)).0, 3);
    assert_eq!(fs::read(folder.path().join("1-2.log")).unwrap(), b"mine");
}
