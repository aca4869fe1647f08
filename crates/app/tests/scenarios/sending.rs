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
    assert_eq!(
        starts[..3],
        ["mixed.jsonl:2101", "all-bad.jsonl:1", "all-bad.jsonl:2"],
        "{said}"
    );
    assert!(
        said.contains("2103 exchanges accepted, 3 lines refused"),
        "{said}"
    );
    wait_for_calls(&server, 2_103);
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
