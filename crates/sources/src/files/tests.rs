//! Whole files through the reader: every kind, and hostile ones.

use std::io::Write;

use gatewatch_model::exchange::{Blemishes, Seen};

use super::*;
use crate::kinds;
use crate::limits::{LINE_BYTES_MAX, SAMPLE_BYTES_MAX};

const NATIVE: &str = r#"{"request":{"method":"GET","url":"https://a.example/n"}}"#;
const COMBINED: &str =
    r#"203.0.113.9 - - [21/Nov/2026:08:00:00 +0000] "GET /l HTTP/1.1" 200 5 "-" "curl/8""#;
const ENTRY: &str = r#"{"startedDateTime":"2026-11-21T08:00:00Z","request":{"method":"GET","url":"https://a.example/h","headers":[]},"response":{"status":200}}"#;

/// Each item as its number and URL, `-` where it was passed over, else why it was refused.
fn read_with(files: &[(&str, &[u8])], options: Options) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in files {
        std::fs::write(folder.path().join(name), bytes).unwrap();
    }
    let mut reader = Reader::open(&[folder.path().to_owned()], options).unwrap();
    let mut found = Vec::new();
    while let Some(item) = reader.next() {
        let what = match &item.outcome {
            Outcome::Exchange(it) => it.request.url.to_string(),
            Outcome::PassedOver => "-".into(),
            Outcome::Refused(why) => why.to_string(),
        };
        found.push(format!("{} {what}", item.place.number));
    }
    found
}

fn read(bytes: impl AsRef<[u8]>) -> Vec<String> {
    read_with(&[("file", bytes.as_ref())], Options::default())
}

fn har(entries: &[&str]) -> String {
    format!(
        r#"{{"log":{{"version":"1.2","entries":[{}]}}}}"#,
        entries.join(",")
    )
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(bytes).unwrap();
    gzip.finish().unwrap()
}

#[test]
fn the_kind_of_a_file_is_told_by_its_content() {
    for (text, expected) in [
        (
            format!("{NATIVE}\n{NATIVE}\n"),
            ["1 https://a.example/n", "2 https://a.example/n"],
        ),
        (format!("{COMBINED}\r\n\n{COMBINED}"), ["1 /l", "3 /l"]),
        (
            har(&[ENTRY, ENTRY]),
            ["1 https://a.example/h", "2 https://a.example/h"],
        ),
        (
            format!(
                "\u{feff}\n{{\n \"log\" : {{ \"pages\":[], \"entries\": [\n{ENTRY}\n,\n{ENTRY} ]}}}}"
            ),
            ["1 https://a.example/h", "2 https://a.example/h"],
        ),
        (
            format!("[{ENTRY},{ENTRY}]"),
            ["1 https://a.example/h", "2 https://a.example/h"],
        ),
        (
            format!("[\n{NATIVE},\n{NATIVE}\n]"),
            ["1 https://a.example/n", "2 https://a.example/n"],
        ),
    ] {
        assert_eq!(read(&text), expected, "{text}");
        assert_eq!(read(gzip(text.as_bytes())), expected);
        let utf16: Vec<u8> = format!("\u{feff}{}", text.trim_start_matches(['\n', '\u{feff}']))
            .encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect();
        assert_eq!(read(utf16).len(), 2);
    }
}

#[test]
fn a_json_line_with_a_log_in_it_is_no_har() {
    let line = r#"{"log":{"level":"info"},"request":{"method":"GET","url":"/a"}}"#;
    assert_eq!(read(format!("{line}\n{line}")), ["1 /a", "2 /a"]);
}

#[test]
fn a_first_entry_that_is_larger_than_the_sample_is_recognised() {
    let large = ENTRY.replace(
        "\"headers\":[]",
        &format!("\"bodySize\":0,\"x\":\"{}\"", "y".repeat(SAMPLE_BYTES_MAX)),
    );
    assert_eq!(read(har(&[&large])), ["1 https://a.example/h"]);
}

#[test]
fn files_follow_one_another_and_an_unknown_one_stops_none() {
    let found = read_with(
        &[
            ("a.log", COMBINED.as_bytes()),
            ("b.txt", b"Dear diary,\n"),
            ("c.json", br#"{"user":"x","port":7}"#),
            ("d.png", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"),
            ("e.jsonl", NATIVE.as_bytes()),
            ("empty", b" \n"),
            ("f.zip", b"PK\x03\x04......"),
        ],
        Options::default(),
    );
    let parts = [
        "1 /l",
        "0 the file is text",
        "0 the file is JSON with `user`, `port`",
        "0 the file is binary",
        "1 https://a.example/n",
        "0 the file is a zip",
    ];
    assert_eq!(found.len(), parts.len(), "{found:?}");
    for (found, part) in found.iter().zip(parts) {
        assert!(found.starts_with(part), "{found}");
    }
    assert!(
        found[1].contains("what is read: log-format, har, json-log"),
        "{}",
        found[1]
    );
}

#[test]
fn a_format_that_is_named_is_not_asked_for() {
    let options = Options {
        format: kinds::of_name("access-log"),
        ..Options::default()
    };
    let found = read_with(&[("a", format!("garbage\n{COMBINED}").as_bytes())], options);
    assert!(
        found[0].starts_with("1 the time in brackets is missing"),
        "{found:?}"
    );
    assert_eq!(found[1], "2 /l");
}

#[test]
fn broken_lines_are_numbered_and_the_rest_goes_on() {
    let long = "x".repeat(LINE_BYTES_MAX + 1);
    let text = [
        NATIVE.as_bytes(),
        b"{\"request\":",
        b"\xff\xfe\0\0",
        long.as_bytes(),
        format!(
            r#"{{"request":{{"method":"GET","url":"/deep"}},"x":{}{}}}"#,
            "[".repeat(9_999),
            "]".repeat(9_999)
        )
        .as_bytes(),
        b"{\"request\":{\"method\":\"GET\",\"url\":\"/caf\xe9\"}}",
        b"\0\0\0",
        NATIVE.as_bytes(),
    ]
    .join(&b'\n');
    let found = read(text);
    let numbers: Vec<_> = found
        .iter()
        .map(|it| it.split(' ').next().unwrap())
        .collect();
    assert_eq!(numbers, ["1", "2", "3", "4", "5", "6", "7", "8"]);
    assert!(found[3].contains("more than 4194304 bytes"));
    assert_eq!(
        [&found[4], &found[5], &found[7]],
        ["5 /deep", "6 /caf\u{fffd}", "8 https://a.example/n"]
    );
}

#[test]
fn a_line_that_is_no_utf8_is_blemished() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("latin-1.log");
    let line = [COMBINED.as_bytes(), b" \"caf\xe9\"\n"].concat();
    std::fs::write(&path, line).unwrap();
    let mut reader = Reader::open(&[path], Options::default()).unwrap();
    let item = reader.next().unwrap();
    let Outcome::Exchange(exchange) = item.outcome else {
        panic!("no exchange")
    };
    assert_eq!(exchange.blemishes, Blemishes::BAD_VALUE);
    assert!(!exchange.seen().contains(Seen::REQUEST_HEADERS));
}

#[test]
fn a_cut_file_yields_what_is_whole_and_says_where_it_ends() {
    let lines = format!("{COMBINED}\n").repeat(50_000);
    let packed = gzip(lines.as_bytes());
    let found = read(&packed[..packed.len() / 2]);
    assert!(found.len() > 10_000, "{}", found.len());
    let (last, before) = found.split_last().unwrap();
    assert!(before.iter().all(|it| it.ends_with(" /l")));
    assert!(
        last.contains("the file cannot be read from here on"),
        "{last}"
    );

    let whole = har(&[ENTRY, ENTRY]);
    let found = read(&whole[..whole.len() - 20]);
    assert_eq!(
        found,
        [
            "1 https://a.example/h",
            "2 the document ends within this entry"
        ]
    );
}

#[test]
fn a_har_with_a_broken_entry_goes_on_behind_it() {
    let found = read(har(&[
        ENTRY,
        r#"{"request":{"method":"GET"}}"#,
        r#"{"a":tru}"#,
        r#"{"request":{"method":"GET","url":"data:,x"}}"#,
        ENTRY,
    ]));
    assert_eq!(found.len(), 5);
    assert!(
        found[1].starts_with("2 `request.url` is missing"),
        "{}",
        found[1]
    );
    assert_eq!([&*found[3], &found[4]], ["4 -", "5 https://a.example/h"]);
}

#[test]
fn a_huge_body_in_a_har_is_cut_and_its_size_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.har");
    let mut file = std::io::BufWriter::new(std::fs::File::create(&path).unwrap());
    file.write_all(br#"{"log":{"entries":[{"request":{"method":"GET","url":"/a"},"response":{"status":200,"content":{"size":104857600,"text":""#).unwrap();
    for _ in 0..100 {
        file.write_all(&vec![b'x'; 1 << 20]).unwrap();
    }
    file.write_all(br#""}}}]}}"#).unwrap();
    drop(file.into_inner().unwrap());
    let mut reader = Reader::open(&[path], Options::default()).unwrap();
    let Outcome::Exchange(exchange) = reader.next().unwrap().outcome else {
        panic!("refused")
    };
    assert_eq!(exchange.blemishes, Blemishes::TRUNCATED);
    let body = exchange.response.unwrap().body.unwrap();
    assert_eq!(body.bytes_total, 100 << 20);
    assert!(body.bytes.len() <= crate::limits::ENTRY_TEXT_BYTES_MAX);
    assert!(reader.next().is_none());
}

#[test]
fn progress_counts_bytes_as_they_lie_on_the_disk() {
    let folder = tempfile::tempdir().unwrap();
    let packed = gzip(format!("{COMBINED}\n").repeat(1_000).as_bytes());
    let path = folder.path().join("a.gz");
    std::fs::write(&path, &packed).unwrap();
    let mut reader = Reader::open(&[path], Options::default()).unwrap();
    assert_eq!(reader.bytes_total(), Some(packed.len() as u64));
    while reader.next().is_some() {}
    let read = reader
        .bytes_read()
        .load(std::sync::atomic::Ordering::Relaxed);
    assert_eq!(read, packed.len() as u64);
}

#[test]
fn an_entry_that_is_no_utf_8_is_read_as_far_as_it_is_text() {
    let bad = ENTRY.replace("/h", "/\u{1}").into_bytes();
    let bad: Vec<u8> = bad
        .into_iter()
        .map(|it| if it == 1 { 0xff } else { it })
        .collect();
    let whole = [b"[", bad.as_slice(), b",", ENTRY.as_bytes(), b"]"].concat();
    assert_eq!(
        read(whole),
        ["1 https://a.example/\u{fffd}", "2 https://a.example/h"]
    );
}

#[test]
fn a_brace_too_many_does_not_stop_the_next_entry() {
    let text = har(&[ENTRY, "}", ENTRY]);
    assert_eq!(
        read(text),
        [
            "1 https://a.example/h",
            "2 a brace stands here that closes nothing",
            "3 https://a.example/h"
        ]
    );
}

#[test]
fn a_first_line_that_is_long_does_not_hide_what_a_file_is() {
    let line = |bytes| NATIVE.replace("/n", &format!("/{}", "x".repeat(bytes)));
    let longer = line(SAMPLE_BYTES_MAX);
    let found = read(format!("\n{longer}\n{NATIVE}\n"));
    assert!(found[0].starts_with("2 https://a.example/xxx"));
    assert_eq!(found[1..], ["3 https://a.example/n"]);
    assert!(read(&longer)[0].starts_with("1 https://a.example/xxx"));
    let too_long = line(3 * LINE_BYTES_MAX);
    let found = read(format!("\n{too_long}\n{too_long}\n{NATIVE}\n\n{NATIVE}"));
    assert!(
        found[0].starts_with("2 the line has more than"),
        "{}",
        found[0]
    );
    assert!(
        found[1].starts_with("3 the line has more than"),
        "{}",
        found[1]
    );
    assert_eq!(
        found[2..],
        ["4 https://a.example/n", "6 https://a.example/n"]
    );
    let found = read(&too_long);
    assert_eq!(found.len(), 1);
    assert!(
        found[0].starts_with("0 the line has more than"),
        "{}",
        found[0]
    );
}

#[test]
fn what_stands_before_the_break_of_a_packed_file_is_read() {
    // Little that no packing makes smaller, so that half of the bytes are half of the lines.
    let line = |number: u64| {
        let noise = xxhash_rust::xxh3::xxh3_64(&number.to_le_bytes());
        format!("{{\"request\":{{\"method\":\"GET\",\"url\":\"https://a.example/{noise}\"}}}}\n")
    };
    let text: String = (0..100).map(line).collect();
    let whole = gzip(text.as_bytes());
    let found = read(&whole[..whole.len() / 2]);
    let (last, sound) = found.split_last().unwrap();
    assert!(sound.len() > 10, "{found:?}");
    assert!(sound.iter().all(|it| it.contains(" https://a.example/")));
    assert!(
        last.contains("cannot be read from here on: what is packed in it ends too early"),
        "{last}"
    );
    assert!(last.starts_with(&format!("{} ", found.len())), "{last}");
    let mut wrong = whole;
    let sum = wrong.len() - 8;
    wrong[sum] ^= 1;
    let found = read(&wrong);
    assert_eq!(found.len(), 101, "all lines and the wrong sum: {found:?}");
}
