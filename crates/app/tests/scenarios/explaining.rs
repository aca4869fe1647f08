//! `why` explains one exchange, and shows no secret; through the real binary.

use std::io::Write;
use std::path::Path;
use std::process::{Output, Stdio};

use serde_json::{Value, json};

use crate::running::gatewatch;

fn why(folder: &Path, args: &[&str], input: &str) -> Output {
    let mut process = gatewatch(folder)
        .arg("why")
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // It may have seen enough before all is written.
    let _ = process.stdin.take().unwrap().write_all(input.as_bytes());
    process.wait_with_output().unwrap()
}

fn text(args: &[&str], input: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let out = why(folder.path(), args, input);
    let error = String::from_utf8(out.stderr).unwrap();
    assert!(out.status.success(), "{error}");
    String::from_utf8(out.stdout).unwrap()
}

fn document(input: &str) -> Value {
    serde_json::from_str(&text(&["--format", "json"], input)).unwrap()
}

fn refused(args: &[&str], input: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let out = why(folder.path(), args, input);
    assert_eq!(out.status.code(), Some(2));
    String::from_utf8(out.stderr).unwrap()
}

fn line(id: &str, method: &str, url: &str, body: &Value) -> String {
    let url = format!("https://shop.example{url}");
    let headers = json!({ "content-type": "application/json" });
    let request =
        json!({ "method": method, "url": url, "headers": headers, "body": body.to_string() });
    json!({ "id": id, "request": request, "response": { "status": 200 } }).to_string() + "\n"
}

fn union(id: &str) -> String {
    let url =
        "/search?q=1%2527%2520union%2520select%25201,2%2520from%2520cards%2520where%2520n%253d4";
    line(id, "GET", url, &Value::Null)
}

#[test]
fn an_attack_is_explained_with_its_rules_and_the_threshold() {
    let told = text(&[], &union("a1"));
    for said in [
        "attack  SQL injection, ",
        "at least 80 % sure, which makes an attack",
        "GET /search, answered 200",
        "shop.example",
        "id a1",
        "SQL injection  injection.sql (sqli), high",
        "at $.request.query.q",
        "1 encoding undone",
        "union select",
        "of the doubt that is left",
        "nothing was left out",
    ] {
        assert!(told.contains(said), "{said}: {told}");
    }
    let told = document(&union("a1"));
    assert_eq!(told["verdict"], "attack");
    assert_eq!(told["decided"]["attack_from"], 80);
    let first = &told["fired"][0];
    assert_eq!(first["class"], "sqli");
    assert_eq!(first["at"], "$.request.query.q");
    let grounds = first["grounds"].as_array().unwrap();
    assert!(
        grounds
            .iter()
            .any(|it| it["by"] == "rule" && it["layers"] == 1),
        "{first}"
    );
    assert!(grounds.iter().any(|it| it["by"] == "model"), "{first}");
}

#[test]
fn of_many_the_first_with_a_signal_or_the_one_asked_for_is_explained() {
    let clean = |id: &str| line(id, "GET", "/orders/4711", &Value::Null);
    let input = clean("one") + &clean("two") + &union("three") + &union("four");
    let id = |args: &[&str]| {
        let told = text(&[args, &["--format", "json"]].concat(), &input);
        let told: Value = serde_json::from_str(&told).unwrap();
        (told["id"].clone(), told["verdict"].clone())
    };
    assert_eq!(id(&[]), (json!("three"), json!("attack")));
    assert_eq!(id(&["--line", "2"]), (json!("two"), json!("clean")));
    assert_eq!(id(&["--id", "four"]), (json!("four"), json!("attack")));
    let first = text(&[], &(clean("one") + &clean("two")));
    assert!(
        first.starts_with("clean  nothing spoke for an attack"),
        "{first}"
    );
    assert!(
        first.contains("GET /orders/{id}") && first.contains("id one"),
        "{first}"
    );

    assert!(refused(&["--line", "9"], &input).contains("4 exchanges, none on line 9"));
    assert!(refused(&["--id", "x"], &input).contains("none with the id `x`"));
    assert!(refused(&[], "no exchange at all\n").contains("error: "));
    assert!(refused(&["none.jsonl"], "").contains("none.jsonl"));
}

#[test]
fn other_kinds_of_input_are_read() {
    let log = "203.0.113.9 - - [21/Nov/2026:08:00:00 +0000] \"GET /a/../../../../etc/passwd HTTP/1.1\" \
        200 12 \"-\" \"sqlmap/1.7\"\n";
    let told = text(&[], log);
    assert!(told.starts_with("attack  "), "{told}");
    assert!(
        told.contains("Path traversal") && told.contains("Scanner"),
        "{told}"
    );

    let request = json!({
        "method": "GET", "url": "https://shop.example/p?name=%7B%7B7*7%7D%7D",
        "headers": [], "queryString": [], "cookies": [], "httpVersion": "HTTP/1.1",
        "headersSize": -1, "bodySize": 0,
    });
    let response = json!({
        "status": 200, "statusText": "OK", "httpVersion": "HTTP/1.1", "headers": [],
        "cookies": [], "content": { "size": 0, "mimeType": "text/html" }, "redirectURL": "",
        "headersSize": -1, "bodySize": 0,
    });
    let entry = json!({
        "startedDateTime": "2026-11-21T08:00:00Z", "time": 1, "request": request,
        "response": response, "cache": {}, "timings": { "send": 0, "wait": 1, "receive": 0 },
    });
    let har = json!({ "log": {
        "version": "1.2", "creator": { "name": "x", "version": "1" }, "entries": [entry],
    } });
    let told = document(&har.to_string());
    assert_eq!(told["fired"][0]["class"], "ssti", "{told}");
}

#[test]
fn no_secret_is_shown() {
    let secrets = [
        "hunter2",
        "4539578763621486",
        "jo.roe@contoso.org",
        "abc123secret",
        "ghp_",
    ];
    let attack = "' or 'a9'='a9";
    let body = json!({
        "password": format!("{}{attack}", secrets[0]),
        "card": format!("{} {attack}", secrets[1]),
        "note": format!("{} {attack} {} {}", secrets[1], secrets[2], secrets[2]),
        "key": format!("ghp_0123456789abcdef0123456789abcdef0123{attack}"),
    });
    let url = format!(
        "/login?mail={}&q=%27%20or%201%3D1--%20{}",
        secrets[2], secrets[1]
    );
    let mut exchange: Value = serde_json::from_str(&line("s", "POST", &url, &body)).unwrap();
    let headers = &mut exchange["request"]["headers"];
    headers["cookie"] = format!("sid={}{attack}", secrets[3]).into();
    headers["authorization"] = format!("Bearer {}<script>alert(1)</script>", secrets[3]).into();
    headers["x-note"] = format!("${{jndi:ldap://x/{}}}", secrets[0]).into();
    exchange["response"]["body"] = format!("card {}", secrets[1]).into();
    let input = exchange.to_string() + "\n";
    for format in ["text", "json"] {
        let told = text(&["--format", format], &input);
        assert!(
            told.contains("attack") && told.contains("credit-card"),
            "{told}"
        );
        for secret in secrets {
            let shown = told.to_lowercase().contains(secret);
            // The mask of such a key begins with what says what it is.
            assert!(
                !shown || secret == "ghp_" && !told.contains("0123"),
                "{secret}: {told}"
            );
        }
    }
}

#[test]
fn a_detection_of_ones_own_is_looked_with_and_obeys_its_maturity() {
    let folder = tempfile::tempdir().unwrap();
    let run = |args: &[&str]| gatewatch(folder.path()).args(args).output().unwrap();
    let new = [
        "catalogue",
        "new",
        "detection",
        "own.card-testing",
        "--folder",
        "own",
    ];
    assert!(run(&new).status.success());
    let proved = run(&["catalogue", "test", "own"]);
    let said = String::from_utf8(proved.stdout).unwrap();
    assert!(
        proved.status.success() && said.contains("ok     own.card-testing"),
        "{said}"
    );

    let input = line("o", "GET", "/x?q=card-testing-9", &Value::Null);
    let told = || {
        let args = ["--catalogue", "own", "--format", "json"];
        let out = why(folder.path(), &args, &input);
        serde_json::from_slice::<Value>(&out.stdout).unwrap()
    };
    let on = told();
    assert_eq!(on["verdict"], "attack");
    assert_eq!(on["fired"][0]["detection"], "own.card-testing");

    std::fs::write(folder.path().join("x.jsonl"), &input).unwrap();
    let scan = ["scan", "x.jsonl", "--catalogue", "own", "--format", "jsonl"];
    let lines = String::from_utf8(run(&scan).stdout).unwrap();
    let said = "\"detector\":\"own.card-testing\"";
    assert!(lines.contains(said), "{lines}");

    let file = folder.path().join("own/detections/own.card-testing.toml");
    let own = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, own.replace("# maturity = ", "maturity = ")).unwrap();
    let off = told();
    assert_eq!(off["verdict"], "clean");
    assert_eq!(off["off"][0]["detection"], "own.card-testing");
    assert!(document(&input)["off"].as_array().unwrap().is_empty());
}
