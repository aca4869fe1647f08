//! `scan` with the real binary: every format, bad input, standard input, and the same bytes on
//! every run.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Output, Stdio};

use serde_json::Value;

use crate::running::{Running, gatewatch, lines};

fn scan(folder: &Path, args: &[&str]) -> Output {
    gatewatch(folder).arg("scan").args(args).output().unwrap()
}

fn out(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// So many exchanges of the demo in `demo.jsonl`.
fn demo(folder: &Path, count: &str) {
    let made = gatewatch(folder)
        .args(["demo", "--print", count])
        .output()
        .unwrap();
    assert!(made.status.success());
    fs::write(folder.join("demo.jsonl"), made.stdout).unwrap();
}

fn json_lines(output: &Output) -> Vec<Value> {
    let text = out(output);
    text.lines()
        .map(|it| serde_json::from_str(it).unwrap())
        .collect()
}

#[test]
fn a_line_for_each_exchange_names_what_was_known_in_the_end() {
    let folder = tempfile::tempdir().unwrap();
    let text = "{\"id\":\"first\",\"request\":{\"method\":\"PUT\",\"url\":\"https://api.contoso.com/echo/17?x=1\"}}\n\
                {\"request\":{\"method\":\"get\",\"url\":\"/health\",\"headers\":{\"host\":\"api.contoso.com\"}},\"response\":{\"status\":200}}\n";
    fs::write(folder.path().join("a.jsonl"), text).unwrap();
    let output = scan(folder.path(), &["a.jsonl", "--format", "jsonl"]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert_eq!(
        out(&output),
        "{\"id\":\"first\",\"collection\":\"api.contoso.com\",\"endpoint\":\"PUT /echo/{id}\",\"hits\":[],\"signals\":[],\"verdict\":\"clean\"}\n\
         {\"id\":\"a.jsonl:2\",\"collection\":\"api.contoso.com\",\"endpoint\":\"GET /health\",\"hits\":[],\"signals\":[],\"verdict\":\"clean\"}\n"
    );
}

#[test]
fn what_cannot_be_written_is_said_before_anything_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("bad.jsonl");
    fs::write(&file, "no exchange\n").unwrap();
    for (args, why) in [
        (["--output", "none/out.json"], "cannot write none/out.json"),
        (["--output", "."], "cannot write ."),
        (
            ["--openapi", "bad.jsonl"],
            "cannot make the folder bad.jsonl",
        ),
    ] {
        let output = scan(folder.path(), &[&["bad.jsonl"], &args[..]].concat());
        assert_eq!(output.status.code(), Some(2), "{}", said(&output));
        // Had it been read, its line would be spoken of.
        let told = said(&output);
        assert!(
            told.contains(why) && !told.contains("bad.jsonl:1"),
            "{told}"
        );
    }
}

#[test]
fn every_format_gives_the_same_bytes_on_every_run() {
    let folder = tempfile::tempdir().unwrap();
    demo(folder.path(), "6000");
    for format in ["table", "json", "jsonl", "html"] {
        let one = scan(folder.path(), &["demo.jsonl", "--format", format]);
        assert_eq!(one.status.code(), Some(0), "{format}: {}", said(&one));
        let other = scan(folder.path(), &["demo.jsonl", "--format", format]);
        assert!(
            !one.stdout.is_empty() && one.stdout == other.stdout,
            "{format}"
        );
        // A file holds what standard output would.
        let args = ["demo.jsonl", "--format", format, "--output", "written"];
        assert_eq!(out(&scan(folder.path(), &args)), "");
        assert!(
            fs::read(folder.path().join("written")).unwrap() == one.stdout,
            "{format}"
        );
    }
}

#[test]
fn standard_input_and_packed_files_are_read_as_plain_ones_are() {
    let folder = tempfile::tempdir().unwrap();
    demo(folder.path(), "3000");
    let plain = fs::read(folder.path().join("demo.jsonl")).unwrap();
    let packed = zstd::bulk::compress(&plain, 1).unwrap();
    fs::write(folder.path().join("packed"), &packed).unwrap();
    let table = out(&scan(folder.path(), &["demo.jsonl"]));
    assert_eq!(out(&scan(folder.path(), &["packed"])), table);
    let mut process = gatewatch(folder.path())
        .args(["scan", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = process.stdin.take().unwrap();
    let writer = std::thread::spawn(move || input.write_all(&plain).unwrap());
    assert_eq!(out(&process.wait_with_output().unwrap()), table);
    writer.join().unwrap();
}

#[test]
fn a_server_that_takes_the_same_exchanges_counts_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let text = [
        lines("GET", "/orders", 40),
        lines("POST", "/orders/7/lines", 12),
        lines("DELETE", "/users", 9),
    ]
    .concat();
    fs::write(folder.path().join("some.jsonl"), &text).unwrap();
    let server = Running::serve(folder.path());
    server.ingest("edge/1", &text);
    let output = scan(folder.path(), &["some.jsonl", "--format", "json"]);
    let document: Value = serde_json::from_str(&out(&output)).unwrap();
    let endpoints = document["collections"][0]["endpoints"].as_array().unwrap();
    let mut calls: Vec<(String, u64)> = endpoints
        .iter()
        .map(|it| {
            let (method, template) = (
                it["method"].as_str().unwrap(),
                it["template"].as_str().unwrap(),
            );
            (
                format!("{method} {template}"),
                it["calls"].as_u64().unwrap(),
            )
        })
        .collect();
    calls.sort();
    assert_eq!(calls, server.calls());
    let listed = server.get("/api/v1/endpoints?limit=200");
    let ids = |list: &Value| {
        let items = list.as_array().unwrap().iter();
        let mut ids: Vec<String> = items.map(|it| it["id"].to_string()).collect();
        ids.sort();
        ids
    };
    assert_eq!(
        ids(&listed["items"]),
        ids(&document["collections"][0]["endpoints"])
    );
}

#[test]
fn what_cannot_be_read_is_named_and_the_rest_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let bad = "no exchange\n".repeat(12);
    let text = format!(
        "{}{bad}{{}}\n{}",
        lines("GET", "/a", 2),
        lines("GET", "/b", 3)
    );
    fs::write(folder.path().join("mixed.jsonl"), text).unwrap();
    let output = scan(folder.path(), &["mixed.jsonl", "--format", "json"]);
    assert_eq!(output.status.code(), Some(0));
    let told = said(&output);
    assert!(told.starts_with("mixed.jsonl:3: "), "{told}");
    assert_eq!(told.lines().count(), 11, "{told}");
    assert!(
        told.ends_with("mixed.jsonl: … and 3 more that could not be read\n"),
        "{told}"
    );
    let document: Value = serde_json::from_str(&out(&output)).unwrap();
    assert_eq!(document["exchanges"], 5);
    assert_eq!(document["files"][0]["refused"], 13);
    assert_eq!(document["files"][0]["errors"][0]["line"], 3);
    let quiet = scan(folder.path(), &["mixed.jsonl", "--quiet"]);
    assert_eq!(said(&quiet), "");
}

#[test]
fn what_is_odd_within_an_exchange_is_counted_and_told() {
    let folder = tempfile::tempdir().unwrap();
    let deep = "[".repeat(500);
    let line = serde_json::json!({ "request": {
        "method": "POST", "url": "https://api.example.com/a",
        "headers": { "content-type": "application/json" }, "body": deep,
    } });
    fs::write(folder.path().join("odd.jsonl"), format!("{line}\n{line}\n")).unwrap();
    let output = scan(folder.path(), &["odd.jsonl", "--format", "json"]);
    let document: Value = serde_json::from_str(&out(&output)).unwrap();
    assert_eq!(document["files"][0]["blemishes"]["too-deep"], 2);
    for format in ["table", "html"] {
        let told = out(&scan(folder.path(), &["odd.jsonl", "--format", format]));
        assert!(told.contains("too-deep ×2"), "{told}");
    }
}

#[test]
fn input_that_holds_nothing_at_all_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("bad.jsonl"), "x\n{}\n").unwrap();
    let output = scan(folder.path(), &["bad.jsonl"]);
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(out(&output), "");
    assert!(
        said(&output).starts_with("bad.jsonl: "),
        "{}",
        said(&output)
    );
    fs::write(folder.path().join("empty"), "\n \n").unwrap();
    let output = scan(folder.path(), &["empty"]);
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(out(&output), "0 collections, 0 endpoints, 0 exchanges\n");
}

#[test]
fn files_of_any_kind_and_whole_folders_are_read() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("captures")).unwrap();
    let write = |name: &str, text: &str| {
        fs::write(folder.path().join("captures").join(name), text).unwrap();
    };
    write("a.jsonl", &lines("GET", "/orders", 1));
    write(
        "b.log",
        "203.0.113.9 - ann [20/Nov/2026:08:00:00 +0000] \"GET /shops/7?x=1 HTTP/1.1\" 200 120 \"-\" \"curl/8\"\n",
    );
    write(
        "c.har",
        r#"{"log":{"version":"1.2","creator":{"name":"x","version":"1"},"entries":[{"startedDateTime":"2026-11-20T08:00:00Z","time":5,"request":{"method":"POST","url":"https://api.example.com/baskets/3","httpVersion":"HTTP/2","headers":[],"queryString":[],"cookies":[],"headersSize":-1,"bodySize":0},"response":{"status":201,"statusText":"","httpVersion":"HTTP/2","headers":[],"cookies":[],"content":{"size":0,"mimeType":"text/plain"},"redirectURL":"","headersSize":-1,"bodySize":0},"cache":{},"timings":{"send":1,"wait":3,"receive":1}}]}}"#,
    );
    let args = [
        "captures",
        "--host",
        "shop.example.com",
        "--format",
        "jsonl",
    ];
    let output = scan(folder.path(), &args);
    let told: Vec<String> = json_lines(&output)
        .iter()
        .map(|it| format!("{} {} {}", it["id"], it["collection"], it["endpoint"]))
        .collect();
    assert_eq!(
        told,
        [
            r#""captures/a.jsonl:1" "api.example.com" "GET /orders/{id}""#,
            r#""captures/b.log:1" "shop.example.com" "GET /shops/{id}""#,
            r#""captures/c.har:1" "api.example.com" "POST /baskets/{id}""#,
        ],
        "{}",
        said(&output)
    );
}

#[test]
fn a_definition_of_each_collection_is_written_and_nothing_is_written_over() {
    let folder = tempfile::tempdir().unwrap();
    demo(folder.path(), "3000");
    let output = scan(folder.path(), &["demo.jsonl", "--openapi", "defined"]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    let text = fs::read_to_string(
        folder
            .path()
            .join("defined/graph.northbound.example.openapi.json"),
    );
    let document: Value = serde_json::from_str(&text.unwrap()).unwrap();
    assert_eq!(document["openapi"], "3.1.0");
    assert!(document["paths"]["/graphql"].is_object(), "{document}");
    let before = fs::read(folder.path().join("demo.jsonl")).unwrap();
    let output = scan(folder.path(), &["demo.jsonl", "--output", "./demo.jsonl"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(
        said(&output).contains("is read and cannot be the output"),
        "{}",
        said(&output)
    );
    assert!(fs::read(folder.path().join("demo.jsonl")).unwrap() == before);
}

#[test]
fn paths_that_are_not_there_are_counted_and_listed_when_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let miss = "{\"request\":{\"method\":\"GET\",\"url\":\"https://api.example.com/.env\"},\"response\":{\"status\":404}}\n";
    fs::write(
        folder.path().join("some"),
        lines("GET", "/orders", 3) + miss,
    )
    .unwrap();
    let table = out(&scan(folder.path(), &["some"]));
    assert!(
        !table.contains("/.env") && table.contains("and 1 path that only ever"),
        "{table}"
    );
    let table = out(&scan(folder.path(), &["some", "--all"]));
    assert!(table.contains("/.env"), "{table}");
}

#[test]
fn what_is_only_learned_from_is_not_printed() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(
        folder.path().join("before"),
        lines("GET", "/orders", 30) + &lines("GET", "/old", 4),
    )
    .unwrap();
    fs::write(folder.path().join("now"), lines("GET", "/orders", 2)).unwrap();
    let args = ["now", "--learn", "before", "--format"];
    let output = scan(folder.path(), &[&args[..], &["jsonl"]].concat());
    let ids: Vec<Value> = json_lines(&output)
        .iter()
        .map(|it| it["id"].clone())
        .collect();
    assert_eq!(ids, ["now:1", "now:2"]);
    let table = out(&scan(folder.path(), &[&args[..], &["table"]].concat()));
    assert!(
        table.contains("/orders/{id}") && !table.contains("/old"),
        "{table}"
    );
    assert!(
        table.starts_with("1 collection, 1 endpoint, 2 exchanges\n"),
        "{table}"
    );
}

#[test]
fn a_report_loads_nothing_and_lets_nothing_out() {
    let folder = tempfile::tempdir().unwrap();
    let line = "{\"request\":{\"method\":\"GET\",\"url\":\"https://<img src=x onerror=alert(1)>/a\"},\"service\":\"<script>alert(1)</script>\",\"api\":\"\\\"><b>\"}\n";
    fs::write(folder.path().join("<i>.jsonl"), line).unwrap();
    let report = out(&scan(folder.path(), &["<i>.jsonl", "--format", "html"]));
    assert!(report.starts_with("<!doctype html>") && report.ends_with("</html>\n"));
    assert!(
        report.contains("&lt;script&gt;alert(1)&lt;/script&gt;/&quot;&gt;&lt;b&gt;"),
        "{report}"
    );
    assert!(
        !report.contains("<script>alert") && !report.contains("<b>") && !report.contains("<i>")
    );
    for elsewhere in ["http://", "https://", "src=", "url(", "@import", "<link"] {
        assert!(!report.contains(elsewhere), "{elsewhere}");
    }
}

#[test]
fn a_pipe_that_closes_early_is_no_error() {
    let folder = tempfile::tempdir().unwrap();
    demo(folder.path(), "4000");
    let mut process = gatewatch(folder.path())
        .args(["scan", "demo.jsonl", "--format", "jsonl"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(process.stdout.take());
    let output = process.wait_with_output().unwrap();
    assert_eq!(
        (output.status.code(), said(&output)),
        (Some(0), String::new())
    );
}

/// An older and a newer definition of the same API, which names no host.
fn definitions(folder: &Path) {
    let document = |version: &str, paths: &str| {
        format!(
            "openapi: 3.1.0\ninfo: {{ title: Orders, version: '{version}' }}\nservers: [{{ url: / }}]\npaths:\n{paths}"
        )
    };
    let get = |path: &str| {
        format!("  {path}: {{ get: {{ responses: {{ '200': {{ description: ok }} }} }} }}\n")
    };
    let older = document("1", &[get("/orders/{order}"), get("/stock/{sku}")].concat());
    let newer = document("2", &[get("/orders/{order}"), get("/gifts")].concat());
    fs::write(folder.join("older.yaml"), older).unwrap();
    fs::write(folder.join("newer.yaml"), newer).unwrap();
}

fn stamped(path: &str) -> String {
    format!(
        "{{\"at\":\"2026-11-20T08:00:00Z\",\"request\":{{\"method\":\"GET\",\"url\":\"https://api.contoso.com{path}\"}},\"response\":{{\"status\":200}}}}\n"
    )
}

#[test]
fn captures_are_held_against_definitions() {
    let folder = tempfile::tempdir().unwrap();
    definitions(folder.path());
    let text: String = ["/orders/7", "/orders/8", "/stock/9", "/debug"]
        .map(stamped)
        .concat();
    fs::write(folder.path().join("a.jsonl"), text).unwrap();
    let older = "api.contoso.com=older.yaml";
    let newer = "api.contoso.com=newer.yaml";
    let args = |format| {
        [
            "a.jsonl",
            "--definition",
            older,
            "--definition",
            newer,
            "--format",
            format,
        ]
    };
    let output = scan(folder.path(), &args("json"));
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert_eq!(said(&output), "");
    let document: Value = serde_json::from_str(&out(&output)).unwrap();
    let collection = &document["collections"][0];
    assert_eq!(
        collection["drift"],
        serde_json::json!({ "as-documented": 1, "never-seen": 1, "shadow": 1, "zombie": 1, "different": 0, "removed": 0 })
    );
    let endpoints = collection["endpoints"].as_array().unwrap();
    let stands: Vec<(&str, &str)> = endpoints
        .iter()
        .map(|it| {
            (
                it["template"].as_str().unwrap(),
                it["facts"]["drift"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        stands,
        [
            ("/debug", "shadow"),
            ("/gifts", "never-seen"),
            ("/orders/{order}", "as-documented"),
            ("/stock/{id}", "zombie"),
        ]
    );
    let counted = "1 never seen, 1 shadow, 1 zombie, 1 as documented";
    for format in ["table", "html"] {
        let shown = out(&scan(folder.path(), &args(format)));
        assert!(shown.contains(counted), "{format}: {shown}");
    }
}

#[test]
fn a_definition_that_fits_nothing_is_said() {
    let folder = tempfile::tempdir().unwrap();
    definitions(folder.path());
    fs::write(folder.path().join("a.jsonl"), stamped("/orders/7")).unwrap();
    let elsewhere = scan(
        folder.path(),
        &["a.jsonl", "--definition", "gateway/orders=newer.yaml"],
    );
    assert_eq!(elsewhere.status.code(), Some(0));
    let told = said(&elsewhere);
    assert!(
        told.starts_with("newer.yaml: it fits no collection: "),
        "{told}"
    );
    assert!(told.ends_with("of these: api.contoso.com\n"), "{told}");
    assert!(!out(&elsewhere).contains("/gifts"), "{}", out(&elsewhere));
    let hostless = scan(folder.path(), &["a.jsonl", "--definition", "newer.yaml"]);
    assert_eq!(hostless.status.code(), Some(2));
    assert!(
        said(&hostless).contains("names no host"),
        "{}",
        said(&hostless)
    );
    let none = scan(folder.path(), &["a.jsonl", "--definition", "a.jsonl"]);
    assert_eq!(none.status.code(), Some(2));
    assert!(said(&none).contains("no API definition"), "{}", said(&none));
}
