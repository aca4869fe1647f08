//! Takes a JSON document apart that holds many exchanges in one list, entry by entry, without
//! ever holding the document: `log.entries` of a HAR, `records` of an export, or a bare list.

use std::io;

use super::stream::Stream;
use crate::limits::{ENTRY_BYTES_MAX, ENTRY_TEXT_BYTES_MAX};

/// Goes to the list at `path`, then from entry to entry. Its buffer has `ENTRY_BYTES_MAX` and one
/// text at most.
pub struct Entries {
    path: &'static [&'static str],
    stage: Stage,
    entry: Vec<u8>,
    /// How many bytes of the current text are still copied.
    text_left: usize,
    pub cut: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// Before the list.
    Before,
    Within,
    Over,
}

#[derive(Debug, PartialEq, Eq)]
pub enum Entry {
    /// It lies in `entry()`.
    Here,
    TooLong,
    /// The document is broken from here on.
    Broken(&'static str),
    End,
}

const CUT_SHORT: &str = "the document ends within this entry";

impl Entries {
    pub fn new(path: &'static [&'static str]) -> Entries {
        Entries {
            path,
            stage: Stage::Before,
            entry: Vec::new(),
            text_left: 0,
            cut: false,
        }
    }

    pub fn entry(&self) -> &[u8] {
        &self.entry
    }

    pub fn next(&mut self, stream: &mut Stream) -> io::Result<Entry> {
        if self.stage == Stage::Before {
            for name in self.path {
                if !self.enter(stream, name)? {
                    return Ok(self.broken("the list of its entries is missing"));
                }
            }
            if token(stream)? != Some(b'[') {
                return Ok(self.broken("the list of its entries is missing"));
            }
            stream.consume(1);
            self.stage = Stage::Within;
        }
        if self.stage == Stage::Over {
            return Ok(Entry::End);
        }
        while token(stream)? == Some(b',') {
            stream.consume(1);
        }
        match token(stream)? {
            Some(b']') => {
                self.stage = Stage::Over;
                Ok(Entry::End)
            }
            Some(_) => self.read(stream),
            None => Ok(self.broken("the document ends before its list does")),
        }
    }

    fn read(&mut self, stream: &mut Stream) -> io::Result<Entry> {
        self.entry.clear();
        self.cut = false;
        if !self.value(stream, true)? {
            return Ok(self.broken(CUT_SHORT));
        }
        Ok(if self.entry.len() > ENTRY_BYTES_MAX {
            Entry::TooLong
        } else {
            Entry::Here
        })
    }

    fn broken(&mut self, why: &'static str) -> Entry {
        self.stage = Stage::Over;
        Entry::Broken(why)
    }

    /// Into the object that is next, up to the value of that member.
    fn enter(&mut self, stream: &mut Stream, name: &str) -> io::Result<bool> {
        if token(stream)? != Some(b'{') {
            return Ok(false);
        }
        stream.consume(1);
        loop {
            while token(stream)? == Some(b',') {
                stream.consume(1);
            }
            if token(stream)? != Some(b'"') {
                return Ok(false);
            }
            self.entry.clear();
            let whole = self.text(stream, true)?;
            let found = self
                .entry
                .strip_prefix(b"\"")
                .and_then(|it| it.strip_suffix(b"\""))
                == Some(name.as_bytes());
            if !whole || token(stream)? != Some(b':') {
                return Ok(false);
            }
            stream.consume(1);
            if found {
                return Ok(true);
            }
            if !self.value(stream, false)? {
                return Ok(false);
            }
        }
    }

    /// Reads one value to its end, copying it where it is kept; false if the document ends first.
    /// Members whose name begins with `_` are private to whoever wrote them (stacks, messages of
    /// web sockets) and often the larger part: nulls stand in their place.
    fn value(&mut self, stream: &mut Stream, keep: bool) -> io::Result<bool> {
        let mut depth = 0_usize;
        let mut named = false;
        let mut kept = keep;
        loop {
            let Some(byte) = token(stream)? else {
                return Ok(false);
            };
            let over = match byte {
                b'"' => {
                    let start = self.entry.len();
                    if !self.text(stream, kept)? {
                        return Ok(false);
                    }
                    named = kept && depth == 1 && self.entry[start..].starts_with(b"\"_");
                    depth == 0
                }
                b'{' | b'[' => {
                    self.copy(stream, kept);
                    depth += 1;
                    false
                }
                b'}' | b']' => {
                    if depth == 0 {
                        return Ok(true);
                    }
                    kept = keep && (kept || depth == 1);
                    self.copy(stream, kept);
                    depth -= 1;
                    depth == 0
                }
                b':' => {
                    self.copy(stream, kept);
                    if core::mem::take(&mut named) {
                        self.entry.extend_from_slice(b"null");
                        kept = false;
                    }
                    false
                }
                b',' => {
                    if depth == 0 {
                        return Ok(true);
                    }
                    kept = keep && (kept || depth == 1);
                    named = false;
                    self.copy(stream, kept);
                    false
                }
                _ => {
                    self.word(stream, kept)?;
                    depth == 0
                }
            };
            if over {
                return Ok(true);
            }
        }
    }

    /// A number or a name, up to what ends it.
    fn word(&mut self, stream: &mut Stream, keep: bool) -> io::Result<()> {
        loop {
            let window = stream.window();
            let ends = |it: &u8| it.is_ascii_whitespace() || b",:{}[]\"".contains(it);
            let length = window.iter().position(ends);
            let bytes = length.unwrap_or(window.len());
            if keep && self.entry.len() <= ENTRY_BYTES_MAX {
                self.entry.extend_from_slice(&window[..bytes]);
            }
            stream.consume(bytes);
            if length.is_some() || !stream.fill()? {
                return Ok(());
            }
        }
    }

    /// A text with its quotes; false if the document ends within it. Only its beginning is kept.
    fn text(&mut self, stream: &mut Stream, keep: bool) -> io::Result<bool> {
        self.copy(stream, keep);
        self.text_left = if keep { ENTRY_TEXT_BYTES_MAX } else { 0 };
        loop {
            let window = stream.window();
            let Some(at) = memchr::memchr2(b'"', b'\\', window) else {
                let bytes = window.len();
                self.piece(stream, bytes, keep);
                if !stream.fill()? {
                    return Ok(false);
                }
                continue;
            };
            let ends = window[at] == b'"';
            self.piece(stream, at, keep);
            if ends {
                self.copy(stream, keep);
                return Ok(true);
            }
            let Some(bytes) = escape(stream)? else {
                return Ok(false);
            };
            if bytes > self.text_left {
                self.text_left = 0;
                self.cut |= keep;
            }
            self.piece(stream, bytes, keep);
        }
    }

    /// So many bytes of a text, cut between characters where too much is there.
    fn piece(&mut self, stream: &mut Stream, bytes: usize, keep: bool) {
        let piece = &stream.window()[..bytes];
        let mut kept = bytes.min(self.text_left);
        if kept < bytes {
            while kept > 0 && piece[kept] & 0xc0 == 0x80 {
                kept -= 1;
            }
            self.text_left = 0;
            self.cut |= keep;
        } else {
            self.text_left -= kept;
        }
        if self.entry.len() <= ENTRY_BYTES_MAX {
            self.entry.extend_from_slice(&piece[..kept]);
        }
        stream.consume(bytes);
    }

    fn copy(&mut self, stream: &mut Stream, keep: bool) {
        if keep && self.entry.len() <= ENTRY_BYTES_MAX {
            self.entry.extend_from_slice(&stream.window()[..1]);
        }
        stream.consume(1);
    }
}

/// The next byte that is no white space, not consumed.
fn token(stream: &mut Stream) -> io::Result<Option<u8>> {
    loop {
        let window = stream.window();
        let blank = window
            .iter()
            .take_while(|it| it.is_ascii_whitespace())
            .count();
        let found = window.get(blank).copied();
        stream.consume(blank);
        if found.is_some() || !stream.fill()? {
            return Ok(found);
        }
    }
}

/// The length of the escape that is next, which is all there; `None` at the end.
fn escape(stream: &mut Stream) -> io::Result<Option<usize>> {
    let mut length = 2;
    while stream.window().len() < length {
        if !stream.fill()? {
            return Ok(None);
        }
    }
    if stream.window()[1] == b'u' {
        length = 6;
        while stream.window().len() < length {
            if !stream.fill()? {
                return Ok(None);
            }
        }
        // A quote among the digits ends the text, whatever the escape was to be.
        let digits = stream.window()[2..6]
            .iter()
            .take_while(|it| it.is_ascii_hexdigit());
        length = 2 + digits.count();
    }
    Ok(Some(length))
}

#[cfg(test)]
mod tests {
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
}
