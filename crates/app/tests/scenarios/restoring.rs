//! Backup while serving, restore elsewhere: counts as of the backup, and new traffic on top.

use std::path::Path;
use std::process::Output;

use crate::running::{Running, gatewatch, lines};

fn run(folder: &Path, args: &[&str]) -> Output {
    gatewatch(folder).args(args).output().unwrap()
}

fn said(out: &Output) -> String {
    String::from_utf8(out.stderr.clone()).unwrap()
}

#[test]
fn a_restored_backup_counts_as_of_the_backup_and_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let server = Running::serve(folder.path());
    server.ingest("edge/1", &lines("GET", "/orders", 1_000));
    server.ingest("edge/2", &lines("POST", "/orders", 10));
    let as_of = server.calls();
    let out = run(folder.path(), &["backup", "--data", "data", "kept"]);
    assert_eq!(out.status.code(), Some(0), "{}", said(&out));
    server.ingest("edge/3", &lines("GET", "/orders", 77));
    assert!(server.terminate().success());

    let elsewhere = tempfile::tempdir().unwrap();
    let kept = folder.path().join("kept");
    let out = run(
        elsewhere.path(),
        &["restore", kept.to_str().unwrap(), "--data", "data"],
    );
    assert_eq!(out.status.code(), Some(0), "{}", said(&out));
    let server = Running::serve(elsewhere.path());
    assert_eq!(server.calls(), as_of);
    // Statuses and profiles go on from where they were, not from nothing.
    server.ingest("edge/3", &lines("GET", "/orders", 5));
    let total: u64 = server.calls().iter().map(|it| it.1).sum();
    assert_eq!(total, 1_015);
    let list = server.get("/api/v1/endpoints?sort=calls&order=desc&limit=1");
    assert_eq!(list["items"][0]["statuses"][0]["calls"], 1_005);
    assert!(server.terminate().success());
    let server = Running::serve(elsewhere.path());
    assert_eq!(server.calls().iter().map(|it| it.1).sum::<u64>(), 1_015);
}

#[test]
fn a_backup_holds_no_journal_and_leaves_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    let server = Running::serve(folder.path());
    server.ingest("edge/1", &lines("GET", "/orders", 10));
    assert!(
        run(folder.path(), &["backup", "--data", "data", "kept"])
            .status
            .success()
    );
    let names = |of: &Path| {
        let mut names: Vec<_> = std::fs::read_dir(of)
            .unwrap()
            .map(|it| it.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    };
    assert_eq!(
        names(&folder.path().join("kept")),
        ["backup.json", "gatewatch.db", "ingest-token", "read-token"]
    );
    assert!(
        !names(&server.folder)
            .iter()
            .any(|it| it.starts_with("backup-"))
    );
}

#[test]
fn a_stopped_server_can_be_backed_up_too() {
    let folder = tempfile::tempdir().unwrap();
    let server = Running::serve(folder.path());
    server.ingest("edge/1", &lines("GET", "/orders", 10));
    assert!(server.terminate().success());
    assert!(
        run(folder.path(), &["backup", "--data", "data", "kept"])
            .status
            .success()
    );
    assert!(
        run(
            folder.path(),
            &["restore", "kept", "--data", "data", "--replace"]
        )
        .status
        .success()
    );
    let server = Running::serve(folder.path());
    assert_eq!(server.calls().iter().map(|it| it.1).sum::<u64>(), 10);
}

#[test]
fn a_restore_never_overwrites_and_never_while_a_server_runs() {
    let folder = tempfile::tempdir().unwrap();
    let server = Running::serve(folder.path());
    server.ingest("edge/1", &lines("GET", "/orders", 10));
    assert!(
        run(folder.path(), &["backup", "--data", "data", "kept"])
            .status
            .success()
    );
    let out = run(folder.path(), &["restore", "kept", "--data", "data"]);
    assert_eq!(out.status.code(), Some(2));
    assert!(
        said(&out).contains("is not empty") && said(&out).contains("--replace"),
        "{}",
        said(&out)
    );
    let out = run(
        folder.path(),
        &["restore", "kept", "--data", "data", "--replace"],
    );
    assert_eq!(out.status.code(), Some(2));
    assert!(
        said(&out).contains("is in use by process"),
        "{}",
        said(&out)
    );
    assert_eq!(server.calls().len(), 1);
    assert!(server.terminate().success());
    let out = run(
        folder.path(),
        &["restore", "kept", "--data", "data", "--replace"],
    );
    assert_eq!(out.status.code(), Some(0), "{}", said(&out));
    assert!(
        String::from_utf8(out.stdout)
            .unwrap()
            .contains("What was there is in data.replaced-")
    );
}

#[test]
fn what_is_no_backup_or_damaged_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("empty")).unwrap();
    let out = run(folder.path(), &["restore", "empty", "--data", "new"]);
    assert_eq!(out.status.code(), Some(2));
    assert!(said(&out).contains("empty is no backup"), "{}", said(&out));
    let server = Running::serve(folder.path());
    server.ingest("edge/1", &lines("GET", "/orders", 10));
    assert!(
        run(folder.path(), &["backup", "--data", "data", "kept"])
            .status
            .success()
    );
    let file = folder.path().join("kept/gatewatch.db");
    let mut bytes = std::fs::read(&file).unwrap();
    let middle = bytes.len() / 2;
    bytes[4_096..middle].fill(0xa5);
    std::fs::write(&file, bytes).unwrap();
    let out = run(folder.path(), &["restore", "kept", "--data", "new"]);
    assert_eq!(out.status.code(), Some(2));
    assert!(
        said(&out).contains("is damaged; take another"),
        "{}",
        said(&out)
    );
    assert!(!folder.path().join("new").exists());
}

#[test]
fn a_folder_without_a_store_is_not_backed_up_and_not_made_one() {
    let folder = tempfile::tempdir().unwrap();
    let out = run(folder.path(), &["backup", "--data", ".", "kept"]);
    assert_eq!(out.status.code(), Some(2));
    assert!(
        said(&out).contains("there is no store in ."),
        "{}",
        said(&out)
    );
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}
