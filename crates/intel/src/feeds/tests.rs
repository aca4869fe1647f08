//! Feeds of each kind, sound and hostile.

use proptest::prelude::*;

use super::*;

const NOW: Timestamp = Timestamp(1_795_248_000_000_000); // 2026-11-21

fn file(name: &str, text: impl AsRef<[u8]>) -> Vec<FeedFile> {
    vec![FeedFile {
        name: name.into(),
        bytes: text.as_ref().to_vec(),
    }]
}

fn read(text: impl AsRef<[u8]>) -> Result<Feeds, FeedError> {
    let mut feeds = Feeds::default();
    feeds.add(("mine", Tags::THREAT), file("mine.txt", text), None, NOW)?;
    Ok(feeds)
}

/// Of one feed: its format, entries, what was passed over and what was remarked.
fn counts(feeds: &Feeds) -> (&'static str, u64, u64, u64) {
    let feed = feeds.iter().next().unwrap();
    (
        feed.format,
        feed.entries,
        feed.passed_over,
        feed.remarks_total,
    )
}

fn names(feeds: &Feeds, address: &str) -> bool {
    feeds.find(address.parse().unwrap()).tags == Tags::THREAT
}

#[test]
fn a_list_is_read_line_by_line() {
    let feeds = read("# mine\n192.0.2.1\n198.51.100.0/24\r\n2001:db8::/32 ; a remark\n203.0.113.1-203.0.113.9\nno address\n").unwrap();
    assert_eq!(counts(&feeds), ("list", 4, 0, 1));
    let remark = &feeds.iter().next().unwrap().remarks[0];
    assert!(
        remark
            .to_string()
            .starts_with("mine.txt:6: `no` is no address"),
        "{remark}"
    );
    for address in [
        "192.0.2.1",
        "198.51.100.255",
        "2001:db8:ffff::1",
        "203.0.113.5",
    ] {
        assert!(names(&feeds, address), "{address}");
        assert_eq!(feeds.find(address.parse().unwrap()).name, Some("mine"));
    }
    for address in ["192.0.2.2", "198.51.101.0", "203.0.113.10", "2001:db9::"] {
        assert!(!names(&feeds, address), "{address}");
    }
}

#[test]
fn a_file_without_one_address_is_an_error_with_its_line() {
    let error = read("\n<html>not found</html>\n").unwrap_err().to_string();
    assert!(
        error.starts_with("mine.txt:2: `<html>not` is no address"),
        "{error}"
    );
    assert_eq!(
        counts(&read("# nobody today\n").unwrap()),
        ("list", 0, 0, 0)
    );
}

#[test]
fn what_moves_a_cursor_is_not_repeated() {
    let error = read("\x1b[2Jhere\n").unwrap_err().to_string();
    assert!(!error.contains('\x1b'), "{error:?}");
}

static BUNDLE: &str = r#"{"type":"bundle","id":"bundle--1","objects":[
 {"type":"identity","id":"identity--1","name":"us","confidence":"high"},
 {"type":"indicator","id":"indicator--1","pattern":"[ipv4-addr:value = '192.0.2.1' OR ipv4-addr:value = '192.0.2.2']","pattern_type":"stix","valid_from":"2026-01-01T00:00:00Z"},
 {"type":"indicator","id":"indicator--2","pattern":"[ipv4-addr:value = '192.0.2.3']","pattern_type":"stix","valid_until":"2026-02-01T00:00:00Z"},
 {"type":"indicator","id":"indicator--3","pattern":"[ipv4-addr:value = '192.0.2.4']","pattern_type":"stix","valid_from":"2027-01-01T00:00:00Z"},
 {"type":"indicator","id":"indicator--4","pattern":"[ipv4-addr:value = '192.0.2.5']","pattern_type":"stix","revoked":true},
 {"type":"indicator","id":"indicator--5","pattern":"[ipv4-addr:value = '192.0.2.6']","pattern_type":"stix","confidence":10},
 {"type":"indicator","id":"indicator--6","pattern":"[ipv4-addr:value = '192.0.2.7']","pattern_type":"stix","indicator_types":["benign"]},
 {"type":"indicator","id":"indicator--7","pattern":"[ipv4-addr:value = '192.0.2.8']","pattern_type":"stix","indicator_types":["anonymization"],"valid_until":"2026-12-01T00:00:00Z"},
 {"type":"indicator","id":"indicator--8","pattern":"alert tcp any","pattern_type":"snort"},
 {"type":"indicator","id":"indicator--9","pattern":"[ipv4-addr:value = '192.0.2.999']","pattern_type":"stix"},
 {"type":"indicator","id":7,"pattern":"[ipv4-addr:value = '192.0.2.9']"}
]}"#;

#[test]
fn of_a_bundle_the_indicators_that_hold_now_count() {
    let feeds = read(BUNDLE).unwrap();
    assert_eq!(counts(&feeds), ("stix", 3, 6, 2));
    assert!(names(&feeds, "192.0.2.1") && names(&feeds, "192.0.2.2"));
    for last in [3, 4, 5, 6, 7, 9] {
        assert!(!names(&feeds, &format!("192.0.2.{last}")), "{last}");
    }
    assert_eq!(feeds.find([192, 0, 2, 8].into()).tags, Tags::PROXY);
    let feed = feeds.iter().next().unwrap();
    assert_eq!(feed.changes_at, Timestamp::parse("2026-12-01T00:00:00Z"));
    assert!(
        feed.remarks[0].reason.contains("indicator--9"),
        "{:?}",
        feed.remarks
    );
}

#[test]
fn events_of_misp_are_read_as_files_and_as_answers() {
    let attributes = r#"{"Attribute":[
        {"type":"ip-src","value":"192.0.2.1","to_ids":true},
        {"type":"ip-dst|port","value":"192.0.2.2|443","to_ids":"1"},
        {"type":"ip-src","value":"192.0.2.3","to_ids":false},
        {"type":"ip-src","value":"192.0.2.4","to_ids":true,"deleted":true},
        {"type":"ip-src","value":"wrong","to_ids":1},
        {"type":"domain","value":"example.com","to_ids":true}],
      "Object":[{"name":"x","Attribute":[{"type":"ip-dst","value":"2001:db8::1","to_ids":true}]}]}"#;
    for text in [
        format!(r#"{{"Event":{attributes}}}"#),
        format!(r#"{{"response":[{{"Event":{attributes}}}]}}"#),
        format!(r#"{{"response":{attributes}}}"#),
        format!(r#"[{{"Event":{attributes}}}]"#),
    ] {
        let feeds = read(&text).unwrap();
        assert_eq!(counts(&feeds), ("misp", 3, 2, 1), "{text}");
        assert!(names(&feeds, "192.0.2.2") && names(&feeds, "2001:db8::1"));
        assert!(!names(&feeds, "192.0.2.3") && !names(&feeds, "192.0.2.4"));
    }
}

#[test]
fn json_that_is_neither_says_so_and_broken_json_says_where() {
    let error = read(r#"{"hello":1}"#).unwrap_err().to_string();
    assert!(error.contains("neither a STIX bundle"), "{error}");
    let error = read("{\"objects\":[\n{\n]}").unwrap_err().to_string();
    assert!(error.starts_with("mine.txt:3: this is no JSON"), "{error}");
    let deep = format!(
        "{{\"objects\":{}1{}}}",
        "[".repeat(100_000),
        "]".repeat(100_000)
    );
    assert!(read(deep).is_ok_and(|it| counts(&it).1 == 0) || read("{\"objects\":3}").is_err());
    let deep = format!("{}1{}", "[".repeat(200), "]".repeat(200));
    assert!(read(deep).unwrap_err().to_string().contains("deeper"));
}

#[test]
fn names_are_few_short_and_different() {
    let mut feeds = read("192.0.2.1").unwrap();
    let mut add = |name: &str| {
        let added = feeds.add((name, Tags::TOR), file("x", "192.0.2.2"), None, NOW);
        added.map(|it| it.entries).map_err(|it| it.reason)
    };
    assert!(
        add("mine")
            .unwrap_err()
            .contains("another feed of this name")
    );
    assert!(add("").is_err() && add(&"x".repeat(65)).is_err() && add("a\nb").is_err());
    for at in 1..FEEDS_MAX {
        assert_eq!(add(&format!("feed {at}")), Ok(1));
    }
    assert!(add("one more").unwrap_err().contains("no more are taken"));
}

#[test]
fn an_address_gets_the_tags_of_all_feeds_that_name_it() {
    let mut feeds = read("192.0.2.1").unwrap();
    feeds
        .add(("tor", Tags::TOR), file("x", "192.0.2.0/24"), None, NOW)
        .unwrap();
    let hit = feeds.find([192, 0, 2, 1].into());
    assert_eq!(
        (hit.tags.0, hit.name),
        (Tags::TOR.0 | Tags::THREAT.0, Some("mine"))
    );
    assert_eq!(
        feeds.names([192, 0, 2, 1].into()),
        ["mine".into(), "tor".into()]
    );
}

#[test]
fn a_database_outranks_what_is_shipped() {
    let feeds = read(database()).unwrap();
    assert_eq!(counts(&feeds).0, "mmdb");
    let found = feeds.look_up([1, 2, 3, 4].into()).unwrap();
    assert_eq!(
        (found.country, found.tags),
        (Country::parse("ZZ"), Tags::TOR)
    );
    assert_eq!((found.network, found.city), (Some(64_500), Some("Nowhere")));
    assert_eq!(
        feeds.look_up([201, 2, 3, 4].into()),
        Some(LookedUp::default())
    );
    let mut cut = database();
    cut.truncate(cut.len() - 40);
    assert!(read(cut).unwrap_err().reason.contains("cannot be read"));
}

proptest! {
    #[test]
    fn whatever_a_file_holds_no_reader_panics(text in ".{0,300}", bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = read(&text);
        let _ = read(&bytes);
        let quoted = serde_json::to_string(&text).unwrap();
        let _ = read(format!(r#"{{"objects":[{{"type":"indicator","pattern":{quoted}}}]}}"#));
        let _ = read(format!(r#"{{"Event":{{"Attribute":[{{"type":"ip-src","to_ids":true,"value":{quoted}}}]}}}}"#));
    }

    #[test]
    fn a_damaged_database_is_an_error_or_knows_less(at in any::<proptest::sample::Index>(), byte: u8, address: u32) {
        let mut bytes = database();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        if let Ok(feeds) = read(bytes) {
            let _ = feeds.look_up(IpAddr::V4(address.into()));
        }
    }
}

/// A database of one node: all IPv4 addresses below 128.0.0.0 have one row, the others none.
fn database() -> Vec<u8> {
    fn text(it: &str) -> Vec<u8> {
        [&[2 << 5 | it.len() as u8][..], it.as_bytes()].concat()
    }
    fn number(kind: u8, bytes: &[u8]) -> Vec<u8> {
        [&[kind << 5 | bytes.len() as u8][..], bytes].concat()
    }
    fn map(members: &[(&str, Vec<u8>)]) -> Vec<u8> {
        let inside = members
            .iter()
            .flat_map(|it| [text(it.0), it.1.clone()].concat());
        [vec![7 << 5 | members.len() as u8], inside.collect()].concat()
    }
    let row = map(&[
        ("country", map(&[("iso_code", text("ZZ"))])),
        ("city", map(&[("names", map(&[("en", text("Nowhere"))]))])),
        (
            "autonomous_system_number",
            number(6, &64_500_u16.to_be_bytes()),
        ),
        ("is_tor_exit_node", vec![1, 7]),
    ]);
    let description = map(&[
        ("binary_format_major_version", number(5, &[2])),
        ("binary_format_minor_version", vec![5 << 5]),
        ("build_epoch", vec![1, 2, 7]),
        ("database_type", text("Test")),
        ("description", map(&[("en", text("A test"))])),
        ("ip_version", number(5, &[4])),
        ("languages", vec![1, 4, 2 << 5 | 2, b'e', b'n']),
        ("node_count", number(6, &[1])),
        ("record_size", number(5, &[24])),
    ]);
    let tree = [0, 0, 17, 0, 0, 1];
    [
        &tree[..],
        &[0; 16],
        &row,
        b"\xab\xcd\xefMaxMind.com",
        &description,
    ]
    .concat()
}
