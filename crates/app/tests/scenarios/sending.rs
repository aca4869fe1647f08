//! `send` against a real server: every line counts once or is named with its reason.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Output};

use crate::running::{Running, gatewatch, lines};

fn send(folder: &Path, server: &Running) -> Command {
    let mut command = gatewatch(folder);
    command
        .args(["send", "--to", &server.url()])
        .arg("--token-file")
        .arg(server.folder.join("ingest-token"));
    command
}

fn said(out: &Output) -> String {
    String::from_utf8(out.stderr.clone()).unwrap()
}

fn wait_for_calls(server: &Running, calls: u64) {
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(20);
    while server.calls().iter().map(|it| it.1).sum::<u64>() != calls {
        assert!(std::time::Instant::now() < deadline, "{:?}", server.calls());
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
}

#[test]
fn plain_and_packed_files_all_arrive() {
    let folder = tempfile::tempdir().unwrap();
    let server = Running::serve(folder.path());
    let text = lines("GET", "/orders", 3_000);
    std::fs::write(folder.path().join("plain"), &text).unwrap();
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(text.as_bytes()).unwrap();
    std::fs::write(folder.path().join("packed.gz"), gzip.finish().unwrap()).unwrap();
    std::fs::write(
        folder.path().join("packed.zst"),
        zstd::bulk::compress(text.as_bytes(), 3).unwrap(),
    )
    .unwrap();
    let out = send(folder.path(), &server)
        .args(["plain", "packed.gz", "packed.zst"])
        .output()
        .unwrap();
    assert_eq!(out.status.code(), Some(0), "{}", said(&out));
    assert!(
        said(&out).starts_with("9000 exchanges accepted, 0 lines refused"),
        "{}",
        said(&out)
    );
    wait_for_calls(&server, 9_000);
    // Another run is other traffic, even from the same file.
    assert!(
        send(folder.path(), &server)
            .args(["--quiet", "plain"])
            .output()
            .unwrap()
            .status
            .success()
    );
    wait_for_calls(&server, 12_000);
}

#[test]
fn a_refused_line_is_named_and_the_rest_arrives() {
    let folder = tempfile::tempdir().unwrap();
    let server = Running::serve(folder.path());
    let text = format!(
        "{}no exchange\n\n{}",
        lines("GET", "/a", 2_100),
        lines("GET", "/b", 3)
    );
    std::fs::write(folder.path().join("mixed.jsonl"), text).unwrap();
    std::fs::write(folder.path().join("all-bad.jsonl"), "{}\nx\n").unwrap();
    let out = send(folder.path(), &server)
        .args(["mixed.jsonl", "all-bad.jsonl"])
        .output()
        .unwrap();
    assert_eq!(out.status.code(), Some(2));
    let said = said(&out);
    let starts: Vec<&str> = said
        .lines()
        .filter_map(|it| it.split_once(": "))
        .map(|it| it.0)
        .collect();
    assert_eq!(starts[..2], ["mixed.jsonl:2101", "all-bad.jsonl"], "{said}");
    assert!(
        said.contains("what is read: log-format, har, json-log, native, access-log"),
        "{said}"
    );
    assert!(
        said.contains("2103 exchanges accepted, 2 lines refused"),
        "{said}"
    );
    wait_for_calls(&server, 2_103);
}

const HAR: &str = r#"{"log":{"version":"1.2","creator":{"name":"Browser","version":"1"},"entries":[
 {"startedDateTime":"2026-11-21T08:00:00Z","time":12,"request":{"method":"POST","url":"https://shop.example/carts/7/items","httpVersion":"h2","headers":[{"name":"content-type","value":"application/json"}],"bodySize":9,"postData":{"mimeType":"application/json","text":"{\"sku\":1}"}},"response":{"status":201,"headers":[],"content":{"size":2,"text":"{}"}}},
 {"startedDateTime":"2026-11-21T08:00:01Z","time":1,"request":{"method":"GET","url":"data:image/png;base64,AAAA","headers":[]},"response":{"status":200}},
 {"startedDateTime":"2026-11-21T08:00:01Z","time":1,"request":{"url":"https://shop.example/"}}
]}}"#;

const ACCESS_LOG: &str = r#"203.0.113.9 - - [21/Nov/2026:08:00:00 +0000] "GET /orders/17 HTTP/1.1" 200 512 "-" "curl/8.5"
203.0.113.9 - - [21/Nov/2026:08:00:01 +0000] "GET /orders/18 HTTP/1.1" 200 512 "-" "curl/8.5"
203.0.113.9 - - [21/Nov/2026:08:00:02 +0000] "-" 408 0 "-" "-"
"#;

#[test]
fn captures_and_logs_of_other_makers_become_endpoints() {
    let folder = tempfile::tempdir().unwrap();
    let server = Running::serve(folder.path());
    let captures = folder.path().join("captures");
    std::fs::create_dir_all(captures.join("nested")).unwrap();
    std::fs::write(captures.join("browser.har"), HAR).unwrap();
    std::fs::write(captures.join("nested/access.log"), ACCESS_LOG).unwrap();
    std::fs::write(captures.join(".hidden"), "nothing to read").unwrap();
    let out = send(folder.path(), &server)
        .args(["captures", "--host", "orders.example"])
        .output()
        .unwrap();
    let text = said(&out);
    assert_eq!(out.status.code(), Some(2), "{text}");
    assert!(
        text.starts_with("captures/browser.har entry 3: `request.method` is missing"),
        "{text}"
    );
    assert!(
        text.contains("3 exchanges accepted, 1 line refused") && text.contains("2 hold no request"),
        "{text}"
    );
    wait_for_calls(&server, 3);
    assert_eq!(
        server.calls(),
        [
            ("GET /orders/{id}".to_owned(), 2),
            ("POST /carts/{id}/items".to_owned(), 1)
        ]
    );
}

#[test]
fn a_log_is_followed_across_its_rotation_until_told_to_end() {
    let folder = tempfile::tempdir().unwrap();
    let server = Running::serve(folder.path());
    let log = folder.path().join("access.log");
    std::fs::write(&log, ACCESS_LOG).unwrap();
    let sending = send(folder.path(), &server)
        .args(["access.log", "--follow", "--interval", "20ms"])
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    wait_for_calls(&server, 2);
    std::fs::rename(&log, folder.path().join("access.log.1")).unwrap();
    std::fs::write(&log, ACCESS_LOG.lines().next().unwrap().to_owned() + "\n").unwrap();
    wait_for_calls(&server, 3);
    let told = Command::new("kill")
        .args(["-INT", &sending.id().to_string()])
        .status()
        .unwrap();
    assert!(told.success());
    let out = sending.wait_with_output().unwrap();
    assert_eq!(out.status.code(), Some(0), "{}", said(&out));
    assert!(
        said(&out).starts_with("3 exchanges accepted, 0 lines refused"),
        "{}",
        said(&out)
    );
}

#[test]
fn a_mapping_says_where_a_log_has_its_parts_and_a_wrong_one_what_there_is() {
    let folder = tempfile::tempdir().unwrap();
    let server = Running::serve(folder.path());
    std::fs::write(
        folder.path().join("app.log"),
        r#"{"what":"GET","where":"/mapping","code":200}"#,
    )
    .unwrap();
    let mapped = [
        "request.method=what",
        "request.url=where",
        "response.status=code",
    ];
    let args = mapped.iter().flat_map(|it| ["--map", it]);
    let out = send(folder.path(), &server)
        .arg("app.log")
        .args(args)
        .output()
        .unwrap();
    assert_eq!(out.status.code(), Some(0), "{}", said(&out));
    wait_for_calls(&server, 1);
    assert_eq!(server.calls(), [("GET /mapping".to_owned(), 1)]);
    let out = send(folder.path(), &server)
        .args(["app.log", "--map", "request.uri=where"])
        .output()
        .unwrap();
    assert!(
        said(&out).contains("nothing is named `request.uri`; there are: id, at,"),
        "{}",
        said(&out)
    );
}

#[test]
fn a_token_that_may_not_ingest_ends_it_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let server = Running::serve(folder.path());
    std::fs::write(folder.path().join("one"), lines("GET", "/a", 1)).unwrap();
    let mut command = gatewatch(folder.path());
    let out = command
        .args(["send", "one", "--to", &server.url()])
        .env("GATEWATCH_TOKEN", server.token("read-token"));
    let out = out.output().unwrap();
    assert_eq!(out.status.code(), Some(2));
    assert!(
        said(&out).contains("the server answered 403"),
        "{}",
        said(&out)
    );
}

#[test]
fn a_server_that_comes_later_still_gets_everything() {
    let folder = tempfile::tempdir().unwrap();
    let first = Running::serve(folder.path());
    std::fs::write(folder.path().join("some"), lines("GET", "/a", 500)).unwrap();
    let mut command = send(folder.path(), &first);
    let address = first.address.clone();
    assert!(first.terminate().success());
    let mut sending = command.arg("some").spawn().unwrap();
    let server = Running::start(folder.path(), &["serve", "--listen", &address]);
    assert!(sending.wait().unwrap().success());
    wait_for_calls(&server, 500);
}

#[test]
fn over_tls_a_server_is_believed_when_its_authority_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    std::fs::write(folder.path().join("cert.pem"), made.cert.pem()).unwrap();
    std::fs::write(
        folder.path().join("key.pem"),
        made.signing_key.serialize_pem(),
    )
    .unwrap();
    let tls = ["--set", "tls.cert=cert.pem", "--set", "tls.key=key.pem"];
    let args = [&["serve", "--listen", "127.0.0.1:0"][..], &tls].concat();
    let server = Running::start(folder.path(), &args);
    let (_, port) = server.address.rsplit_once(':').unwrap();
    std::fs::write(folder.path().join("some"), lines("GET", "/a", 3)).unwrap();
    let mut command = gatewatch(folder.path());
    command
        .args(["send", "some", "--to", &format!("https://localhost:{port}")])
        .args(["--ca", "cert.pem"])
        .env("GATEWATCH_TOKEN", server.token("ingest-token"));
    let out = command.output().unwrap();
    assert_eq!(out.status.code(), Some(0), "{}", said(&out));
    assert!(
        said(&out).starts_with("3 exchanges accepted"),
        "{}",
        said(&out)
    );
}
