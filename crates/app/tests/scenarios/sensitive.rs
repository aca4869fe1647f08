//! Types of one's own, from a folder that the configuration names, in the real binary.

use serde_json::json;

use crate::running::{Running, gatewatch};

/// A type of one's own.
pub const BADGE: &str = "id = 'badge'\ntitle = 'Badge'\ncategory = 'custom'\nseverity = 'low'\n\
    pattern = 'BDG-\\d{6}'\nalone = 90\n\
    examples = ['{\"badge\": \"BDG-123456\"}']\ncounter_examples = ['{\"badge\": \"x\"}']\n";

/// Eight callers read their cards and show their badges.
pub fn lines(path: &str) -> String {
    let line = |caller: u32| {
        let body = json!({ "card": "4539578763621486", "badge": "BDG-481516" }).to_string();
        json!({
            "caller": { "ip": format!("203.0.113.{caller}") },
            "request": { "method": "GET", "url": format!("https://shop.example{path}") },
            "response": {
                "status": 200, "headers": { "content-type": "application/json" }, "body": body,
            },
        })
        .to_string()
            + "\n"
    };
    (1..=8).map(line).collect()
}

/// The types that the endpoint of that path carries.
pub fn types(server: &Running, path: &str) -> Vec<String> {
    let found = server.get(&format!("/api/v1/endpoints?search={path}"));
    let data = found["items"][0]["sensitive_data"].as_array().unwrap();
    let mut types = data
        .iter()
        .map(|it| it["info_type"].as_str().unwrap().to_owned())
        .collect::<Vec<_>>();
    types.sort();
    types
}

#[test]
fn types_of_a_folder_are_found_and_stay() {
    let folder = tempfile::tempdir().unwrap();
    let own = folder.path().join("own");
    std::fs::create_dir(&own).unwrap();
    std::fs::write(own.join("badge.toml"), BADGE).unwrap();
    let key = format!("catalogue={}", own.display());
    let args = ["serve", "--listen", "127.0.0.1:0", "--set", &key];
    let server = Running::start(folder.path(), &args);
    server.ingest("edge/1", &lines("/one"));
    assert_eq!(types(&server, "/one"), ["badge", "credit-card"]);
    let custom = server.get("/api/v1/endpoints?category=custom");
    assert_eq!(custom["total"], 1, "{custom}");

    // Own types are state: without the folder too they outlive the process and its journal.
    assert!(server.terminate().success());
    let server = Running::serve(folder.path());
    server.ingest("edge/2", &lines("/two"));
    assert_eq!(types(&server, "/two"), ["badge", "credit-card"]);
    let controls = server.get("/api/v1/controls");
    assert_eq!(controls["items"].as_array().unwrap().len(), 1, "{controls}");
}

#[test]
fn lists_with_keys_of_their_own_are_for_scan_and_lists_of_words_for_both() {
    let folder = tempfile::tempdir().unwrap();
    let own = folder.path().join("own");
    std::fs::create_dir(&own).unwrap();
    let run = |args: &[&str]| gatewatch(folder.path()).args(args).output().unwrap();
    let keep = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    keep("own/badges", "BDG-123456\nBDG-481516\n");
    keep("one.jsonl", &lines("/one"));
    let with = |list: &str| BADGE.replace("pattern = 'BDG-\\d{6}'", list);
    let scan = [
        "scan",
        "--catalogue",
        "own",
        "--format",
        "jsonl",
        "one.jsonl",
    ];
    let is_found = || {
        let out = run(&scan);
        let error = String::from_utf8(out.stderr).unwrap();
        assert!(out.status.success(), "{error}");
        String::from_utf8(out.stdout).unwrap().contains("\"badge\"")
    };
    keep("own/badge.toml", &with("words_file = 'badges'"));
    assert!(is_found());
    assert!(run(&["catalogue", "tokens", "own/badges"]).status.success());
    keep("own/badge.toml", &with("tokens_file = 'badges.tokens'"));
    assert!(is_found());
    let refused = run(&["serve", "--listen", "127.0.0.1:0", "--set", "catalogue=own"]);
    let error = String::from_utf8(refused.stderr).unwrap();
    assert!(
        !refused.status.success() && error.contains("badge.toml: tokens_file: "),
        "{error}"
    );
}

#[test]
fn a_list_made_with_the_key_of_an_installation_works_on_its_server() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("own")).unwrap();
    let run = |args: &[&str]| gatewatch(folder.path()).args(args).output().unwrap();
    let keep = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    let args = [
        "serve",
        "--listen",
        "127.0.0.1:0",
        "--key-file",
        "key",
        "--set",
        "catalogue=own",
    ];
    let server = Running::start(folder.path(), &args);
    assert!(server.terminate().success());
    keep("badges", "BDG-123456\nBDG-481516\n");
    let made = run(&["catalogue", "tokens", "badges", "--key-file", "key"]);
    assert!(made.status.success(), "{made:?}");
    assert!(!folder.path().join("badges.tokens.key").exists());
    std::fs::rename(
        folder.path().join("badges.tokens"),
        folder.path().join("own/badges.tokens"),
    )
    .unwrap();
    let own = BADGE.replace("pattern = 'BDG-\\d{6}'", "tokens_file = 'badges.tokens'");
    keep("own/badge.toml", &own);
    let proved = run(&["catalogue", "test", "own", "--key-file", "key"]);
    assert!(proved.status.success(), "{proved:?}");

    let server = Running::start(folder.path(), &args);
    let other = lines("/one").replace("BDG-481516", "BDG-481517");
    server.ingest("edge/1", &other);
    assert_eq!(types(&server, "/one"), ["credit-card"]);
    server.ingest("edge/2", &lines("/two"));
    assert_eq!(types(&server, "/two"), ["badge", "credit-card"]);
    // A restart reads them from the state, and the journal's end is folded with them too.
    assert!(server.terminate().success());
    let server = Running::start(folder.path(), &args);
    server.ingest("edge/3", &lines("/three"));
    assert_eq!(types(&server, "/three"), ["badge", "credit-card"]);
    let key = std::fs::read_to_string(folder.path().join("key")).unwrap();
    let told = server.get("/api/v1/controls").to_string();
    assert!(!told.contains(key.trim()));
    assert!(server.terminate().success());
    let without = run(&["scan", "--catalogue", "own", "badges"]);
    let error = String::from_utf8(without.stderr).unwrap();
    assert!(error.contains("name its file with --key-file"), "{error}");
    keep("one.jsonl", &lines("/one"));
    let scan = [
        "scan",
        "--catalogue",
        "own",
        "--key-file",
        "key",
        "--format",
        "jsonl",
        "one.jsonl",
    ];
    let found = String::from_utf8(run(&scan).stdout).unwrap();
    assert!(found.contains("\"badge\""), "{found}");
}

#[test]
fn hits_of_secrets_have_a_token_where_a_key_is_given() {
    let folder = tempfile::tempdir().unwrap();
    let (one, other) = ("k3J9vQ2mXw7LpR5tYb8NcD4f", "Zk3J9vQ2mXw7LpR5tYb8NcD4");
    let line = |key: &str| {
        json!({ "request": {
            "method": "GET", "url": "https://shop.example/orders?card=4539578763621486",
            "headers": { "x-api-key": key },
        } })
        .to_string()
            + "\n"
    };
    let lines = [line(one), line(other), line(one)].concat();
    std::fs::write(folder.path().join("one.jsonl"), lines).unwrap();
    let scan = |key: Option<&str>| {
        let mut scan = gatewatch(folder.path());
        scan.args(["scan", "--format", "jsonl", "one.jsonl"]);
        if let Some(key) = key {
            let file = folder.path().join("key");
            std::fs::write(&file, format!("{key}\n")).unwrap();
            let private = std::os::unix::fs::PermissionsExt::from_mode(0o600);
            std::fs::set_permissions(&file, private).unwrap();
            scan.args(["--key-file", "key"]);
        }
        let out = scan.output().unwrap();
        assert!(out.status.success(), "{out:?}");
        let text = String::from_utf8(out.stdout).unwrap();
        let hits = text.lines().flat_map(|it| {
            let line: serde_json::Value = serde_json::from_str(it).unwrap();
            line["hits"].as_array().unwrap().clone()
        });
        let token = |of: &str| {
            let of = hits.clone().filter(|it| it["type"] == of);
            of.map(|it| it.get("token").map(ToString::to_string))
                .collect::<Vec<_>>()
        };
        (token("api-key"), token("credit-card"))
    };
    let (keys, cards) = scan(Some(&"0a".repeat(32)));
    assert!(
        keys[0].is_some() && keys[0] == keys[2] && keys[0] != keys[1],
        "{keys:?}"
    );
    assert_eq!(cards, [None, None, None], "a card can be guessed");
    let (others, _) = scan(Some(&"0b".repeat(32)));
    assert_ne!(keys, others);
    assert_eq!(scan(None).0, [None, None, None]);
}
