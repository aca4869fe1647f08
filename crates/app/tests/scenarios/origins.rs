//! Where callers are, with the real binary: the command, a scan, and a server with feeds of one's
//! own that change while it runs.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::running::{Running, gatewatch};

fn said(folder: &Path, args: &[&str]) -> (String, String, bool) {
    let output = gatewatch(folder).args(args).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    let succeeded = output.status.success();
    (text(output.stdout), text(output.stderr), succeeded)
}

fn line(address: &str, path: &str, agent: &str) -> String {
    let line = json!({
        "caller": { "ip": address },
        "request": {
            "method": "GET", "url": format!("https://shop.example{path}"),
            "headers": { "user-agent": agent },
        },
        "response": { "status": 200 },
    });
    line.to_string() + "\n"
}

/// Calls from an exit, from a machine that is let, from nobody's address, and from two countries.
fn traffic() -> String {
    [
        line("198.51.100.7", "/orders", "shop-app/2.1"),
        line(
            "198.51.100.8",
            "/orders?page=1'%20union%20select%20'1'--",
            "x",
        ),
        line("203.0.113.9", "/orders", "bingbot/2.0"),
        line("8.8.8.8", "/orders", "shop-app/2.1"),
        line("8.8.4.4", "/orders", "shop-app/2.1"),
        line("193.0.6.139", "/health", "shop-app/2.1"),
    ]
    .concat()
}

fn put(folder: &Path, name: &str, text: &str) {
    // As a careful writer does it: nobody reads half a file.
    let made = folder.join("made.tmp");
    fs::write(&made, text).unwrap();
    fs::rename(made, folder.join(name)).unwrap();
}

fn names<'v>(list: &'v Value, key: &str) -> Vec<&'v str> {
    let items = list.as_array().unwrap().iter();
    items.map(|it| it[key].as_str().unwrap()).collect()
}

#[test]
fn what_is_known_of_an_address_is_told_with_its_date_and_whose_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let (text, _, _) = said(folder.path(), &["origin", "8.8.8.8", "10.0.0.1"]);
    for part in [
        "8.8.8.8\n  country   US\n  network   AS15169 Google LLC",
        "tags      private",
        "DB-IP",
        "days old",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    put(folder.path(), "exits.txt", "8.8.8.0/24\nnonsense\n");
    let feeds = ["--feeds", "tor=exits.txt", "--format", "json"];
    let (text, remarks, _) = said(
        folder.path(),
        &[&["origin", "8.8.8.8"], &feeds[..]].concat(),
    );
    let all = serde_json::from_str::<Value>(&text).unwrap();
    let address = &all["addresses"][0];
    assert!(address["tags"].as_array().unwrap().contains(&"tor".into()));
    assert_eq!(address["feeds"][0], "exits");
    assert!(
        remarks.starts_with("exits.txt:2: `nonsense` is no address"),
        "{remarks}"
    );
    let missing = ["origin", "8.8.8.8", "--feeds", "missing.txt"];
    let (_, error, succeeded) = said(folder.path(), &missing);
    assert!(
        !succeeded && error.contains("cannot read the feed missing.txt"),
        "{error}"
    );
}

#[test]
fn a_scan_says_where_callers_are() {
    let folder = tempfile::tempdir().unwrap();
    put(folder.path(), "calls.jsonl", &traffic());
    put(folder.path(), "exits.txt", "198.51.100.0/24\nnonsense\n");
    let scan = |more: &[&str]| said(folder.path(), &[&["scan", "calls.jsonl"], more].concat());
    let feeds = ["--feeds", "tor=exits.txt"];
    let (table, remarks, _) = scan(&feeds);
    for part in [
        "where callers are\n",
        "countries         US 2, NL 1\n",
        "AS15169 Google LLC 2",
        "exits of Tor 2 (1 attack)",
        "your feeds        exits 2 (1 attack)\n",
        "DB-IP",
    ] {
        assert!(table.contains(part), "{part}: {table}");
    }
    assert!(
        remarks.contains("exits.txt:2: `nonsense` is no address"),
        "{remarks}"
    );
    let (table, _, _) = scan(&[]);
    assert!(
        table.contains("no feed of yours is loaded; --feeds brings"),
        "{table}"
    );
    let (html, _, _) = scan(&[&feeds[..], &["--format", "html"]].concat());
    for part in [
        "<h2>Where callers are</h2>",
        "<td>exits of Tor</td>",
        "through Tor, VPNs or proxies",
    ] {
        assert!(html.contains(part), "{part}");
    }
    assert!(!html.contains("198.51.100.7"), "addresses are left out");
    let (text, _, _) = scan(&[&feeds[..], &["--format", "json", "--quiet"]].concat());
    let all = serde_json::from_str::<Value>(&text).unwrap();
    let from = &all["callers_from"];
    assert_eq!(
        from["countries"][0],
        json!({"country": "US", "calls": 2, "attacks": 0})
    );
    assert_eq!(
        from["feeds"][0],
        json!({"name": "exits", "calls": 2, "attacks": 1})
    );
    assert_eq!(
        (&from["addressed"], &from["anonymous"]),
        (&6.into(), &2.into())
    );
    let (text, _, _) = scan(&["--format", "table", "--feeds", "page.html"]);
    assert!(text.is_empty());
    put(folder.path(), "page.html", "<html>\n<p>Not found");
    let (_, error, succeeded) = scan(&["--feeds", "page.html"]);
    assert!(
        !succeeded && error.contains("page.html:1: `<html>` is no address"),
        "{error}"
    );
}

/// Asks until the answer fits; a server looks at its feeds every ten seconds.
fn within_a_minute<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + Duration::from_secs(60);
    while Instant::now() < deadline {
        if let Some(found) = look() {
            return found;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    panic!("waited for {what} in vain");
}

/// The profile of the endpoint with that template.
fn profile(server: &Running, template: &str) -> Option<Value> {
    let endpoints = server.get("/api/v1/endpoints?limit=100");
    let items = endpoints["items"].as_array().unwrap();
    let id = items.iter().find(|it| it["template"] == template)?["id"].as_str()?;
    let path = format!("/api/v1/endpoints/{id}/profile");
    let answer = server.request("GET", &path, &server.token("read-token"), &[], "");
    (answer.status == 200).then(|| serde_json::from_str(&answer.body).unwrap())
}

fn asks_by_origin(server: &Running) {
    let found = |query: &str| server.get(&format!("/api/v1/endpoints?{query}"))["total"].clone();
    assert_eq!(found("from=tor"), 1);
    assert_eq!(found("from=tor&from_country=NL"), 0);
    assert_eq!(found("from_country=NL"), 1);
    assert_eq!(found("from=vpn"), 0);
    let token = server.token("read-token");
    let wrong = server.request("GET", "/api/v1/endpoints?from=tro", &token, &[], "");
    assert!(
        wrong.status == 400 && wrong.body.contains("tor, hosting, vpn"),
        "{}",
        wrong.body
    );
}

#[test]
fn a_server_shows_where_callers_are_and_takes_changed_feeds_in() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    put(here, "exits.txt", "198.51.100.0/24\n300.1.1.1\n");
    put(here, "let.txt", "203.0.113.0/24\n");
    put(here, "page.html", "<html>\n<p>Not found");
    let feeds = "feeds=tor=exits.txt,hosting=let.txt,page.html";
    let server = Running::start(here, &["serve", "--listen", "127.0.0.1:0", "--set", feeds]);
    let logged = || fs::read_to_string(here.join("standard-error")).unwrap();
    assert!(
        logged().contains("exits.txt:2: `300.1.1.1` is no address"),
        "{}",
        logged()
    );
    assert!(
        logged().contains("page.html:1: `<html>` is no address"),
        "{}",
        logged()
    );
    server.ingest("edge/1", &traffic());
    let told = within_a_minute("the profile", || profile(&server, "/orders"));
    let from = &told["callers_from"];
    let tags = names(&from["tags"], "tag");
    for tag in ["tor", "hosting", "private", "bot"] {
        assert!(tags.contains(&tag), "{tag}: {from}");
    }
    assert_eq!(from["countries"][0]["country"], "US");
    assert_eq!(names(&from["feeds"], "name"), ["exits", "let"]);
    assert!(from["attribution"][0].as_str().unwrap().contains("DB-IP"));
    let callers = told["callers_top"].as_array().unwrap();
    let exit = callers
        .iter()
        .find(|it| it["name"] == "198.51.100.7")
        .unwrap();
    assert_eq!(exit["origin"]["feeds"], json!(["exits"]));

    asks_by_origin(&server);

    // The exits change, and what was no feed becomes one.
    put(here, "exits.txt", "192.0.2.0/24\n");
    put(here, "page.html", "192.0.2.77");
    within_a_minute("the new exits", || {
        let known = profile(&server, "/orders")?;
        let callers = known["callers_top"].as_array()?;
        let old = callers.iter().find(|it| it["name"] == "198.51.100.7")?;
        (old["origin"]["feeds"] == json!([])).then_some(())
    });
    server.ingest("edge/2", &line("192.0.2.77", "/status", "x"));
    let told = within_a_minute("the profile", || profile(&server, "/status"));
    let tags = names(&told["callers_from"]["tags"], "tag");
    assert!(tags.contains(&"tor") && tags.contains(&"threat"), "{told}");
    // What was counted before stays.
    let told = profile(&server, "/orders").unwrap();
    assert!(names(&told["callers_from"]["tags"], "tag").contains(&"tor"));

    // A feed that is none any more does not take the others along.
    put(here, "exits.txt", "<html>");
    within_a_minute("the refusal", || {
        let refused = "exits.txt:1: `<html>` is no address";
        logged().contains(refused).then_some(())
    });
    server.ingest("edge/3", &line("192.0.2.78", "/late", "x"));
    let told = within_a_minute("the profile", || profile(&server, "/late"));
    assert!(
        names(&told["callers_from"]["tags"], "tag").contains(&"tor"),
        "{told}"
    );
    assert!(server.terminate().success());
}
