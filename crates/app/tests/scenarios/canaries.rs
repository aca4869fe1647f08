//! Values that stand for secrets and people, put into every spot of many exchanges: after the fold
//! and the journal's purge none of them is anywhere, neither as it was sent nor otherwise written.
//!
//! Exempt by design: addresses and principals of callers, which authorised roles are shown, and
//! names of members that look like names.

use std::fmt::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::json;
use sha2::{Digest, Sha256};

use crate::running::{Running, gatewatch};

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
    server.ingest("canary/1", &traffic());
    let told = all_answers(&server);
    let found = server.get("/api/v1/sensitive-data");
    let types = found["items"].as_array().unwrap().len();
    assert!(types >= 5, "what is not found proves nothing: {found}");
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
    all
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
fn all_answers(server: &Running) -> String {
    let mut told = String::new();
    let ask = |path: &str| {
        let token = server.token("read-token");
        server.request("GET", path, &token, &[], "").body
    };
    for path in [
        "/api/v1/collections",
        "/api/v1/endpoints?limit=1000",
        "/api/v1/endpoints?format=csv",
        "/api/v1/sensitive-data",
        "/api/v1/discoveries?limit=1000",
        "/api/v1/sources",
        "/api/v1/controls",
        "/api/v1/audit",
        "/api/v1/coverage",
        "/metrics",
    ] {
        told += &ask(path);
    }
    let endpoints = server.get("/api/v1/endpoints?limit=1000");
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

fn walk(folder: &Path, leaks: &mut Vec<String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            walk(&path, leaks);
        } else if let Ok(bytes) = std::fs::read(&path) {
            leaks.extend(search(&path.display().to_string(), &bytes));
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

fn forms(value: &str) -> Vec<(&'static str, Vec<u8>)> {
    let bytes = value.as_bytes();
    let digits: String = value.chars().filter(|it| it.is_alphanumeric()).collect();
    let sha = Sha256::digest(bytes);
    let xxh3 = xxhash_rust::xxh3::xxh3_64(bytes);
    let fnv = bytes.iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, it| {
        (hash ^ u64::from(*it)).wrapping_mul(0x0100_0000_01b3)
    });
    let mut forms = vec![
        ("as sent", bytes.to_vec()),
        ("percent-encoded", percent(value).into_bytes()),
        ("in lower case", value.to_lowercase().into_bytes()),
        ("in upper case", value.to_uppercase().into_bytes()),
        ("without marks", digits.into_bytes()),
        ("in hexadecimal", hex(bytes).into_bytes()),
        ("as SHA-256", sha.to_vec()),
        ("as SHA-256 in hexadecimal", hex(&sha).into_bytes()),
        ("as half a SHA-256", sha[..16].to_vec()),
        ("as XXH3", xxh3.to_le_bytes().to_vec()),
        ("as XXH3, turned", xxh3.to_be_bytes().to_vec()),
        ("as FNV", fnv.to_le_bytes().to_vec()),
        ("as FNV, turned", fnv.to_be_bytes().to_vec()),
    ];
    if let Ok(number) = value.parse::<u64>() {
        let float = number as f64;
        forms.push(("as an integer", number.to_be_bytes().to_vec()));
        forms.push(("as a float", float.to_be_bytes().to_vec()));
        forms.push(("as a float, turned", float.to_le_bytes().to_vec()));
    }
    for shift in 0..3 {
        forms.push(("in base64", base64(bytes, shift)));
    }
    forms
}

/// The part of the base64 of something longer that this makes alone, wherever it begins.
fn base64(bytes: &[u8], shift: usize) -> Vec<u8> {
    const SIGNS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let whole = &bytes[(3 - shift) % 3..];
    let (triples, _) = whole.as_chunks::<3>();
    let signs = triples.iter().flat_map(|[one, two, three]| {
        let bits = u32::from(*one) << 16 | u32::from(*two) << 8 | u32::from(*three);
        [18, 12, 6, 0].map(|at| SIGNS[(bits >> at & 63) as usize])
    });
    signs.collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn percent(value: &str) -> String {
    value.bytes().fold(String::new(), |mut text, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            text.push(byte.into());
        } else {
            let _ = write!(text, "%{byte:02X}");
        }
        text
    })
}
