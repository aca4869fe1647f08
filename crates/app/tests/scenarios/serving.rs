//! The real binary, real HTTP: what was acknowledged is listed, and is the same after a restart.

use std::process::Stdio;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::running::{Running, gatewatch, lines};

#[test]
fn what_was_ingested_is_listed_and_survives_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let server = Running::serve(folder.path());
    server.ingest("edge/1", &lines("GET", "/orders", 30));
    server.ingest("edge/2", &lines("POST", "/orders/7/lines", 5));
    let calls = server.calls();
    assert_eq!(
        calls.iter().map(|it| it.1).collect::<Vec<_>>(),
        [30, 5],
        "{calls:?}"
    );
    let began = Instant::now();
    assert!(server.terminate().success());
    assert!(began.elapsed() < Duration::from_secs(10));

    let server = Running::serve(folder.path());
    assert_eq!(server.calls(), calls);
    // A sender that did not hear the answer sends again.
    assert_eq!(
        server.ingest("edge/2", &lines("POST", "/orders/7/lines", 5))["duplicate"],
        true
    );
    server.ingest("edge/3", &lines("GET", "/orders", 1));
    assert_eq!(
        server.calls().iter().map(|it| it.1).collect::<Vec<_>>(),
        [31, 5]
    );
    assert!(server.terminate().success());
}

#[test]
fn the_data_folder_and_its_tokens_are_the_owners_alone() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let server = Running::serve(folder.path());
    let mode = |name: &str| {
        std::fs::metadata(server.folder.join(name))
            .unwrap()
            .permissions()
            .mode()
            & 0o777
    };
    assert_eq!(mode("."), 0o700);
    for name in ["read-token", "ingest-token", "gatewatch.db"] {
        assert_eq!(mode(name), 0o600, "{name}");
    }
}

#[test]
fn a_token_for_reading_does_not_ingest_and_none_does_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let server = Running::serve(folder.path());
    let post = |token: &str| {
        server
            .request("POST", "/ingest/v1/exchanges", token, &[], "{}")
            .status
    };
    assert_eq!(post(&server.token("read-token")), 403);
    assert_eq!(post("made-up"), 401);
    assert_eq!(
        server
            .request(
                "GET",
                "/api/v1/endpoints",
                &server.token("ingest-token"),
                &[],
                ""
            )
            .status,
        403
    );
}

fn refused(folder: &std::path::Path, args: &[&str]) -> String {
    let out = gatewatch(folder)
        .args(args)
        .stdout(Stdio::null())
        .output()
        .unwrap();
    assert_eq!(out.status.code(), Some(2));
    String::from_utf8(out.stderr).unwrap()
}

#[test]
fn a_folder_in_use_is_refused_and_says_by_whom() {
    let folder = tempfile::tempdir().unwrap();
    let server = Running::serve(folder.path());
    let data = server.folder.to_str().unwrap();
    let said = refused(
        folder.path(),
        &["serve", "--listen", "127.0.0.1:0", "--data", data],
    );
    assert!(
        said.contains("is in use by process") && said.contains("stop that one first"),
        "{said}"
    );
}

#[test]
fn a_folder_that_cannot_be_written_is_refused_and_says_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    // Nobody may make a folder there, not even root.
    let data = "/sys/gatewatch";
    let said = refused(
        folder.path(),
        &["serve", "--listen", "127.0.0.1:0", "--data", data],
    );
    assert!(
        said.contains(data) && said.contains("give it to the user that runs gatewatch"),
        "{said}"
    );
}

#[test]
fn a_port_in_use_is_refused_and_says_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let server = Running::serve(folder.path());
    let said = refused(
        folder.path(),
        &["serve", "--listen", &server.address, "--data", "other"],
    );
    assert!(
        said.contains("another program listens there") && said.contains("--listen"),
        "{said}"
    );
    assert!(!folder.path().join("other").exists());
}

#[test]
fn a_folder_that_cannot_be_made_is_refused_and_says_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("file"), "").unwrap();
    let said = refused(
        folder.path(),
        &["serve", "--listen", "127.0.0.1:0", "--data", "file/data"],
    );
    assert!(
        said.contains("cannot make the data folder file/data; a file is in the way"),
        "{said}"
    );
    // Nobody, not even root, makes folders there.
    let said = refused(
        folder.path(),
        &[
            "serve",
            "--listen",
            "127.0.0.1:0",
            "--data",
            "/proc/gatewatch",
        ],
    );
    assert!(
        said.contains("cannot make the data folder /proc/gatewatch"),
        "{said}"
    );
}

#[test]
fn a_store_that_is_no_store_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    std::fs::create_dir(&data).unwrap();
    std::fs::write(data.join("gatewatch.db"), "my diary, please keep").unwrap();
    let said = refused(
        folder.path(),
        &["serve", "--listen", "127.0.0.1:0", "--data", "data"],
    );
    assert!(said.contains("cannot open the store"), "{said}");
    assert_eq!(
        std::fs::read_to_string(data.join("gatewatch.db")).unwrap(),
        "my diary, please keep"
    );
}

#[test]
fn the_demo_lists_endpoints_within_seconds() {
    let folder = tempfile::tempdir().unwrap();
    let began = Instant::now();
    let server = Running::start(
        folder.path(),
        &["demo", "--listen", "127.0.0.1:0", "--rate", "500"],
    );
    let deadline = began + Duration::from_secs(10);
    loop {
        let list = server.get("/api/v1/endpoints?sort=calls&order=desc&limit=20");
        let collections = server.get("/api/v1/collections?limit=50");
        let items = collections["items"].as_array().unwrap();
        let names: Vec<&str> = items.iter().filter_map(|it| it["name"].as_str()).collect();
        let named = ["apim-lanternloom/storefront", "open.kestrelbank.example"];
        if list["items"].as_array().unwrap().len() == 20
            && named.iter().all(|it| names.contains(it))
        {
            break;
        }
        assert!(Instant::now() < deadline, "{names:?} {list}");
        std::thread::sleep(Duration::from_millis(50));
    }
    assert!(server.terminate().success());
}

#[test]
fn the_demo_shows_what_stands_otherwise_than_documented() {
    let folder = tempfile::tempdir().unwrap();
    let args = ["demo", "--listen", "127.0.0.1:0", "--rate", "2000"];
    let server = Running::start(folder.path(), &args);
    let deadline = Instant::now() + Duration::from_secs(30);
    let wanted = [
        ("/v2/gift-cards/{code}", "never-seen"),
        ("/v2/internal/debug/requests", "shadow"),
        ("/v1/stock/{id}", "zombie"),
    ];
    loop {
        let collections = server.get("/api/v1/collections?limit=50");
        let mut rows = collections["items"].as_array().unwrap().iter();
        let shop = rows.find(|it| it["name"] == "apim-lanternloom/storefront");
        let drift = shop
            .and_then(|it| it["id"].as_str())
            .map_or(Value::Null, |id| {
                server.get(&format!("/api/v1/collections/{id}/drift"))
            });
        let items = drift["items"].as_array().cloned().unwrap_or_default();
        let there = |(template, kind): &(&str, &str)| {
            let mut endpoints = items.iter().map(|it| &it["endpoint"]);
            endpoints.any(|it| it["template"] == *template && it["drift"] == *kind)
        };
        if wanted.iter().all(there) {
            break;
        }
        assert!(Instant::now() < deadline, "{drift}");
        std::thread::sleep(Duration::from_millis(100));
    }
    assert!(server.terminate().success());
}
