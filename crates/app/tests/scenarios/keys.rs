//! A key of the installation that lies outside the data folder, in the real binary.

use std::path::Path;
use std::process::Output;

use crate::running::{Running, gatewatch, lines};

fn run(folder: &Path, args: &[&str]) -> Output {
    gatewatch(folder).args(args).output().unwrap()
}

fn said(out: &Output) -> String {
    String::from_utf8_lossy(&out.stderr).into_owned()
}

fn serve(key: &str) -> [&str; 5] {
    ["serve", "--listen", "127.0.0.1:0", "--key-file", key]
}

/// Whether a key of 64 digits, or its bytes, is in any file below a folder.
fn holds(folder: &Path, digits: &str) -> bool {
    let pair = |at: usize| u8::from_str_radix(&digits[at..at + 2], 16).unwrap();
    let key: Vec<u8> = (0..digits.len()).step_by(2).map(pair).collect();
    let entries = std::fs::read_dir(folder).unwrap();
    entries.map(|it| it.unwrap().path()).any(|path| {
        if path.is_dir() {
            return holds(&path, digits);
        }
        let bytes = std::fs::read(path).unwrap();
        let is_there = |it: &[u8]| memchr::memmem::find(&bytes, it).is_some();
        is_there(&key) || is_there(digits.as_bytes())
    })
}

#[test]
fn a_key_moves_out_of_the_data_folder_and_nothing_is_learned_anew() {
    let folder = tempfile::tempdir().unwrap();
    let server = Running::serve(folder.path());
    server.ingest("edge/1", &lines("GET", "/orders/zebulon", 1));
    let before = server.calls();
    assert!(before.iter().any(|it| it.0.contains("/~")), "{before:?}");
    assert!(server.terminate().success());

    let server = Running::start(folder.path(), &serve("key"));
    server.ingest("edge/2", &lines("GET", "/orders/zebulon", 1));
    let calls = server.calls();
    assert_eq!(calls.len(), before.len(), "{calls:?}");
    assert_eq!(calls.iter().map(|it| it.1).sum::<u64>(), 2, "{calls:?}");
    let digits = std::fs::read_to_string(folder.path().join("key")).unwrap();
    let digits = digits.trim().to_owned();
    assert!(!holds(&server.folder, &digits), "while it runs");
    assert!(server.terminate().success());
    assert!(!holds(&folder.path().join("data"), &digits), "afterwards");
    let logged = std::fs::read_to_string(folder.path().join("standard-error")).unwrap();
    assert!(
        logged.contains("moved the key of this installation out of the store"),
        "{logged}"
    );
    assert!(!logged.contains(&digits));

    for (args, why) in [
        (&["--data", "data"][..], "name its file with `key_file`"),
        (
            &["--data", "data", "--key-file", "lost"],
            "put the file back",
        ),
        (
            &["--data", "data", "--key-file", "data/key"],
            "lies in the data folder",
        ),
    ] {
        let mut all = vec!["serve", "--listen", "127.0.0.1:0"];
        all.extend(args);
        let out = run(folder.path(), &all);
        assert_eq!(out.status.code(), Some(2));
        assert!(said(&out).contains(why), "{}", said(&out));
    }
}

#[test]
fn a_backup_without_the_key_says_so_and_is_restored_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let server = Running::start(folder.path(), &serve("key"));
    server.ingest("edge/1", &lines("GET", "/orders/zebulon", 3));
    let without = run(folder.path(), &["backup", "--data", "data", "kept"]);
    assert_eq!(without.status.code(), Some(2));
    assert!(said(&without).contains("--key-file"), "{}", said(&without));
    assert!(!folder.path().join("kept").exists());
    let args = ["backup", "--data", "data", "--key-file", "key", "kept"];
    let taken = run(folder.path(), &args);
    assert!(taken.status.success(), "{}", said(&taken));
    let told = String::from_utf8_lossy(&taken.stdout).into_owned();
    assert!(told.contains("It holds no key"), "{told}");
    let before = server.calls();
    assert!(server.terminate().success());
    let digits = std::fs::read_to_string(folder.path().join("key")).unwrap();
    assert!(!holds(&folder.path().join("kept"), digits.trim()));

    let restored = run(
        folder.path(),
        &["restore", "kept", "--data", "data", "--replace"],
    );
    let told = String::from_utf8_lossy(&restored.stdout).into_owned();
    assert!(told.contains("start with `key_file`"), "{told}");
    let refused = run(
        folder.path(),
        &["serve", "--listen", "127.0.0.1:0", "--data", "data"],
    );
    assert!(said(&refused).contains("`key_file`"), "{}", said(&refused));
    let server = Running::start(folder.path(), &serve("key"));
    server.ingest("edge/2", &lines("GET", "/orders/zebulon", 2));
    let calls = server.calls();
    assert_eq!(calls.len(), before.len(), "{calls:?}");
    assert_eq!(calls.iter().map(|it| it.1).sum::<u64>(), 5, "{calls:?}");
}
