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
    /// What was to be an entry is none.
    Broken(&'static str),
    End,
}

const CUT_SHORT: &str = "the document ends within this entry";
const STRAY: &str = "a brace stands here that closes nothing";

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
            Some(b'}') => {
                while token(stream)? == Some(b'}') {
                    stream.consume(1);
                }
                Ok(Entry::Broken(STRAY))
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
            let (bytes, ends) = run(stream.window());
            if bytes > self.text_left {
                self.text_left = before_escape(stream.window(), self.text_left);
            }
            self.piece(stream, bytes, keep);
            if ends {
                self.copy(stream, keep);
                return Ok(true);
            }
            if !stream.fill()? {
                return Ok(false);
            }
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

/// How many bytes of a text are here, and whether its quote comes next. An escape that is not all
/// here is left for later.
fn run(window: &[u8]) -> (usize, bool) {
    let mut at = 0;
    while let Some(offset) = memchr::memchr2(b'"', b'\\', &window[at..]) {
        at += offset;
        let length = match window[at..] {
            [b'"', ..] => return (at, true),
            [_, b'u', ..] => 6,
            _ => 2,
        };
        if window.len() - at < length {
            return (at, false);
        }
        // The digits are signs like others; a quote among them ends the text.
        at += 2;
    }
    (window.len(), false)
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

/// How many of so many bytes of a text stand before an escape that would be cut by their end.
fn before_escape(text: &[u8], bytes: usize) -> usize {
    let mut at = 0;
    while let Some(offset) = memchr::memchr(b'\\', &text[at..bytes]) {
        let escape = at + offset;
        let digits = text[escape..].iter().skip(2).take(4);
        at = match text.get(escape + 1) {
            Some(b'u') => escape + 2 + digits.take_while(|it| it.is_ascii_hexdigit()).count(),
            _ => escape + 2,
        };
        if at > bytes {
            return escape;
        }
    }
    bytes
}

#[cfg(test)]
mod tests;
