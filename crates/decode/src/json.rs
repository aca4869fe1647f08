//! JSON, read value by value into the table of leaves: no tree, no recursion. Of a document that
//! is cut the readable prefix is taken; of one that is broken, what stands before the break.

mod scan;

#[cfg(test)]
mod tests;

use gatewatch_model::Blemishes;
use xxhash_rust::xxh3::xxh3_64;

use self::scan::{Scan, Text};
use crate::leaves::{Leaves, Value};
use crate::limits::DEPTH_MAX;

/// The memory that reading takes, used again and again.
#[derive(Default)]
pub(crate) struct Json {
    frames: Vec<Frame>,
    /// Hashes of the names in the objects that are open.
    names: Vec<u64>,
    /// Of a text with escapes, the text.
    text: String,
}

/// What was read of a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Extent {
    /// The offset up to which it was read.
    pub end: usize,
    /// Whether a whole value stood there.
    pub whole: bool,
}

/// An object or a list that is open.
#[derive(Clone, Copy, Debug)]
enum Frame {
    /// Where its names begin.
    Object(usize),
    /// Which item comes next.
    List(u32),
}

/// Why a document was not read to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stop {
    Cut,
    Bad,
    Full,
}

/// After a value: what comes next.
enum Next {
    Value,
    Up,
    End,
}

impl Json {
    /// Reads one value from the beginning of the text and adds its leaves below where the reader
    /// stands. `cut` says that the text is only a prefix of what there was.
    pub fn read(
        &mut self,
        text: &str,
        cut: bool,
        leaves: &mut Leaves,
        blemishes: &mut Blemishes,
    ) -> Extent {
        self.frames.clear();
        self.names.clear();
        let mark = leaves.mark();
        let mut scan = Scan::new(text, cut);
        let stop = self.read_values(&mut scan, leaves).err();
        leaves.back(mark);
        blemishes.insert(scan.blemishes);
        match stop {
            Some(Stop::Bad) => blemishes.insert(Blemishes::BAD_JSON),
            Some(Stop::Cut) if !cut => blemishes.insert(Blemishes::BAD_JSON),
            Some(Stop::Full) => blemishes.insert(Blemishes::LEAVES_LOST),
            Some(Stop::Cut) | None => {}
        }
        Extent {
            end: scan.at,
            whole: stop.is_none(),
        }
    }

    fn read_values(&mut self, scan: &mut Scan<'_>, leaves: &mut Leaves) -> Result<(), Stop> {
        loop {
            let closed = self.read_value(scan, leaves)?;
            if !closed {
                continue;
            }
            loop {
                match self.read_after(scan, leaves)? {
                    Next::Value => break,
                    Next::Up => {}
                    Next::End => return Ok(()),
                }
            }
        }
    }

    /// Reads a scalar or an empty container, or goes down into one that is not empty; false then.
    fn read_value(&mut self, scan: &mut Scan<'_>, leaves: &mut Leaves) -> Result<bool, Stop> {
        if leaves.is_full() {
            return Err(Stop::Full);
        }
        match scan.skip_blanks().ok_or(Stop::Cut)? {
            b'"' => {
                let text = scan.string(&mut self.text)?;
                leaves.add(Value::Text(text.of(&self.text)));
                if text.is_open() {
                    return Err(Stop::Cut);
                }
            }
            b'{' => return self.open(scan, leaves, b'}'),
            b'[' => return self.open(scan, leaves, b']'),
            b't' => scan
                .word("true")
                .map(|()| leaves.add(Value::Bool(true)))
                .map(drop)?,
            b'f' => scan
                .word("false")
                .map(|()| leaves.add(Value::Bool(false)))
                .map(drop)?,
            b'n' => scan
                .word("null")
                .map(|()| leaves.add(Value::Null))
                .map(drop)?,
            _ => {
                let number = scan.number()?;
                leaves.add(Value::Number(number));
            }
        }
        Ok(true)
    }

    fn open(&mut self, scan: &mut Scan<'_>, leaves: &mut Leaves, close: u8) -> Result<bool, Stop> {
        let start = scan.at;
        scan.at += 1;
        let first = scan.skip_blanks().ok_or(Stop::Cut)?;
        if first == close {
            scan.at += 1;
            leaves.add(if close == b'}' {
                Value::EmptyObject
            } else {
                Value::EmptyList
            });
            return Ok(true);
        }
        if self.frames.len() == DEPTH_MAX {
            scan.at = start;
            scan.blemishes.insert(Blemishes::TOO_DEEP);
            scan.skip_nested()?;
            return Ok(true);
        }
        if close == b'}' {
            self.frames.push(Frame::Object(self.names.len()));
            self.enter_member(scan, leaves)?;
        } else {
            self.frames.push(Frame::List(1));
            leaves.enter_item(0);
        }
        Ok(false)
    }

    /// Reads what stands after a value of the container that is open.
    fn read_after(&mut self, scan: &mut Scan<'_>, leaves: &mut Leaves) -> Result<Next, Stop> {
        let Some(frame) = self.frames.last().copied() else {
            return Ok(Next::End);
        };
        let sign = scan.skip_blanks().ok_or(Stop::Cut)?;
        match (frame, sign) {
            (Frame::Object(_), b',') => {
                scan.at += 1;
                leaves.leave();
                scan.skip_blanks().ok_or(Stop::Cut)?;
                self.enter_member(scan, leaves)?;
                Ok(Next::Value)
            }
            (Frame::List(index), b',') => {
                scan.at += 1;
                leaves.leave();
                leaves.enter_item(index);
                if let Some(last) = self.frames.last_mut() {
                    *last = Frame::List(index.saturating_add(1));
                }
                Ok(Next::Value)
            }
            (Frame::Object(from), b'}') => {
                scan.at += 1;
                leaves.leave();
                self.frames.pop();
                if self.has_twins(from) {
                    scan.blemishes.insert(Blemishes::DUPLICATE_NAMES);
                }
                self.names.truncate(from);
                Ok(Next::Up)
            }
            (Frame::List(_), b']') => {
                scan.at += 1;
                leaves.leave();
                self.frames.pop();
                Ok(Next::Up)
            }
            _ => Err(Stop::Bad),
        }
    }

    fn enter_member(&mut self, scan: &mut Scan<'_>, leaves: &mut Leaves) -> Result<(), Stop> {
        if scan.peek() != Some(b'"') {
            return Err(Stop::Bad);
        }
        let name = scan.string(&mut self.text)?;
        if name.is_open() {
            return Err(Stop::Cut);
        }
        let name = name.of(&self.text);
        let hash = xxh3_64(name.as_bytes());
        if scan.skip_blanks().ok_or(Stop::Cut)? != b':' {
            return Err(Stop::Bad);
        }
        scan.at += 1;
        self.names.push(hash);
        leaves.enter_hashed(name, hash);
        Ok(())
    }

    /// Whether two names of the object that begins there are one.
    fn has_twins(&mut self, from: usize) -> bool {
        let names = &mut self.names[from..];
        if names.len() <= FEW {
            return names
                .iter()
                .enumerate()
                .any(|(at, name)| names[..at].contains(name));
        }
        names.sort_unstable();
        names.windows(2).any(|it| it[0] == it[1])
    }
}

/// Up to that many names are compared each with each.
const FEW: usize = 12;

impl Text<'_> {
    fn of<'t>(&'t self, unescaped: &'t str) -> &'t str {
        match self {
            Text::Plain(text) | Text::PlainOpen(text) => text,
            Text::Unescaped | Text::UnescapedOpen => unescaped,
        }
    }

    /// Whether the document ends within it.
    fn is_open(&self) -> bool {
        matches!(self, Text::PlainOpen(_) | Text::UnescapedOpen)
    }
}
