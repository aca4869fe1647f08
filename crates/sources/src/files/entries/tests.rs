//! Documents taken apart, whole and broken.

use super::*;

const HAR: &[&str] = &["log", "entries"];

fn entries(path: &'static [&'static str], text: &str) -> Vec<String> {
    let mut found = Vec::new();
    // Once whole and once byte by byte.
    for piece_bytes in [usize::MAX, 1] {
        let pieces = Trickle(text.as_bytes().to_vec(), piece_bytes);
        let mut stream = Stream::new(Box::new(pieces));
        let mut entries = Entries::new(path);
        found.push(Vec::new());
        let found = found.last_mut().unwrap();
        loop {
            found.push(match entries.next(&mut stream).unwrap() {
                Entry::Here => String::from_utf8(entries.entry().to_vec()).unwrap(),
                Entry::TooLong => "…".into(),
                Entry::Broken(why) => why.into(),
                Entry::End => break,
            });
        }
    }
    assert_eq!(found[0], found[1]);
    found.swap_remove(0)
}

struct Trickle(Vec<u8>, usize);

impl io::Read for Trickle {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let bytes = self.0.len().min(self.1).min(into.len());
        into[..bytes].copy_from_slice(&self.0[..bytes]);
        self.0.drain(..bytes);
        Ok(bytes)
    }
}

#[test]
fn entries_come_one_by_one() {
    let text = r#" {"x":[{"entries":[1]},"]"],"log": {"version":"1.2", "pages":[{}],
        "entries": [ {"a": "}]\"", "b":[1, {"c":null}]} , {} ,3.5], "more":1 } }"#;
    assert_eq!(
        entries(HAR, text),
        [r#"{"a":"}]\"","b":[1,{"c":null}]}"#, "{}", "3.5"]
    );
    assert_eq!(entries(&[], "[]"), [""; 0]);
    assert_eq!(
        entries(&["records"], r#"{"records":[{"a":1}]}"#),
        [r#"{"a":1}"#]
    );
}

#[test]
fn private_members_are_left_out() {
    let text = r#"[{"_messages":[{"a":[1,2]},"x"],"b":{"_c":1},"_d":"e"},{"_f":{},"g":"_h"}]"#;
    assert_eq!(
        entries(&[], text),
        [
            r#"{"_messages":null,"b":{"_c":1},"_d":null}"#,
            r#"{"_f":null,"g":"_h"}"#
        ]
    );
}

#[test]
fn a_stray_brace_is_said_and_passed() {
    let text = r#"[{"a":1}}} ,{"b":2} } ]"#;
    assert_eq!(
        entries(&[], text),
        [r#"{"a":1}"#, STRAY, r#"{"b":2}"#, STRAY]
    );
    let why = "the document ends before its list does";
    assert_eq!(entries(HAR, r#"{"log":{"entries":[}}}"#), [STRAY, why]);
}

#[test]
fn escapes_are_copied_as_they_stand() {
    let text = r#"[{"a\\\"":"\\","b":"\u00e9\\u","c":"\u12"},{"d":"\"]}"}]"#;
    assert_eq!(
        entries(&[], text),
        [
            r#"{"a\\\"":"\\","b":"\u00e9\\u","c":"\u12"}"#,
            r#"{"d":"\"]}"}"#
        ]
    );
}

#[test]
fn what_is_cut_off_says_so() {
    for text in [
        r#"{"log":{"entries":[{"a":1},{"b":"#,
        r#"{"log":{"entries":[{"a":1},{"b":"\u00"#,
    ] {
        assert_eq!(entries(HAR, text), [r#"{"a":1}"#, CUT_SHORT]);
    }
    let why = "the document ends before its list does";
    assert_eq!(
        entries(HAR, r#"{"log":{"entries":[{"a":1}"#),
        [r#"{"a":1}"#, why]
    );
    for text in [
        "",
        "{",
        r#"{"log":1}"#,
        r#"{"log":{"entries":{}}}"#,
        r#"{"log":{}}"#,
        "]",
    ] {
        assert_eq!(
            entries(HAR, text),
            ["the list of its entries is missing"],
            "{text}"
        );
    }
}

#[test]
fn a_long_text_is_cut_between_characters_and_escapes() {
    for unit in ["é", "\\n", "\\u00e9", "x"] {
        let long = unit.repeat(ENTRY_TEXT_BYTES_MAX / unit.len() + 100);
        let text = format!(r#"[{{"a":"x{long}","b":1}}]"#);
        let mut stream = Stream::new(Box::new(io::Cursor::new(text)));
        let mut found = Entries::new(&[]);
        assert_eq!(found.next(&mut stream).unwrap(), Entry::Here);
        assert!(found.cut && found.entry().len() < ENTRY_TEXT_BYTES_MAX + 100);
        let json: serde_json::Value = serde_json::from_slice(found.entry()).unwrap();
        assert_eq!(json["b"], 1);
    }
}

#[test]
fn an_entry_without_end_is_read_past_in_bounded_memory() {
    let many = format!(
        "[{{\"a\":[{}1]}},{{}}]",
        "123456789,".repeat(ENTRY_BYTES_MAX / 5)
    );
    let mut stream = Stream::new(Box::new(io::Cursor::new(many)));
    let mut found = Entries::new(&[]);
    assert_eq!(found.next(&mut stream).unwrap(), Entry::TooLong);
    assert!(found.entry().len() <= ENTRY_BYTES_MAX + ENTRY_TEXT_BYTES_MAX);
    assert_eq!(found.next(&mut stream).unwrap(), Entry::Here);
    assert_eq!(found.entry(), b"{}");
}
