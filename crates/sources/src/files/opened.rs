//! One file that is being read: what kind it is, and its lines or entries one by one.

use std::io;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use gatewatch_model::Blemishes;
use gatewatch_model::caller::prefix;

use super::entries::{Entries, Entry};
use super::json::{self, Json};
use super::stream::{Line, Stream};
use super::{Item, Options, Outcome, Place, Unit, unpack};
use crate::kinds::{self, Kind, Sample, Settings};
use crate::limits::{ENTRY_BYTES_MAX, LINE_BYTES_MAX, SAMPLE_BYTES_MAX};

/// A file that is being read.
pub struct Opened {
    stream: Stream,
    kind: &'static Kind,
    settings: Settings,
    entries: Option<Entries>,
    unit: Unit,
    number: u64,
    /// The lines before the first that could be sampled which had no room, the first last.
    too_long: Vec<u64>,
    frame: Frame,
    /// A line or entry that is no UTF-8, with what can be read of it.
    lossy: String,
}

/// What the next step has found; it borrows nothing, so that a reader can go on.
enum Frame {
    Line(Range<usize>),
    Lossy,
    Entry,
    Refused(Box<str>),
}

/// What going on has come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// There is an item.
    Frame,
    /// Nothing more is there now; there may be later.
    Pending,
    End,
}

impl Opened {
    /// `None` for a file without content.
    pub fn open(
        path: &Path,
        options: &Options,
        bytes_read: &Arc<AtomicU64>,
    ) -> Result<Option<Opened>, Box<str>> {
        let from = unpack::open(path, bytes_read).map_err(|it| told(&it))?;
        let mut stream = Stream::new(from);
        let whole = sample(&mut stream).map_err(|it| told(&it))?;
        if whole && stream.window().trim_ascii().is_empty() {
            return Ok(None);
        }
        let (number, too_long) = skip_too_long(&mut stream).map_err(|it| told(&it))?;
        if !too_long.is_empty() && stream.window().trim_ascii().is_empty() {
            return Err(self::too_long().into());
        }
        let mut opened = Opened::new(stream, options)?;
        (opened.number, opened.too_long) = (number, too_long);
        Ok(Some(opened))
    }

    /// A file whose beginning is in the window.
    pub fn new(mut stream: Stream, options: &Options) -> Result<Opened, Box<str>> {
        if stream.window().starts_with(BYTE_ORDER_MARK) {
            stream.consume(BYTE_ORDER_MARK.len());
        }
        let text = String::from_utf8_lossy(stream.window());
        let text = prefix(&text, first_line(&text).1.max(SAMPLE_BYTES_MAX));
        let list = list_path(text);
        let text = if list.is_some() {
            prefix(text, SAMPLE_BYTES_MAX)
        } else {
            text
        };
        let firsts = first_json(text, list);
        let json = firsts.iter().filter_map(|it| json::read(it).ok());
        let sample = Sample {
            text,
            json: json.map(|it| it.0).collect(),
            list,
            settings: &options.settings,
        };
        let recognised = || {
            kinds::ROLL
                .iter()
                .copied()
                .find(|it| (it.recognise)(&sample))
        };
        let kind = options
            .format
            .or_else(recognised)
            .ok_or_else(|| unknown(&sample))?;
        let settings = kinds::settle(kind, &sample);
        let entries = list.map(Entries::new);
        let unit = if list.is_some() {
            Unit::Entry
        } else {
            Unit::Line
        };
        Ok(Opened {
            stream,
            kind,
            settings,
            entries,
            unit,
            number: 0,
            too_long: Vec::new(),
            frame: Frame::Lossy,
            lossy: String::new(),
        })
    }

    /// Goes on to the next frame.
    pub fn step(&mut self) -> Step {
        if let Some(number) = self.too_long.pop() {
            // What follows counts from the last of them.
            self.number = number;
            self.frame = Frame::Refused(too_long().into());
            return Step::Frame;
        }
        let stepped = match &mut self.entries {
            Some(entries) => entries.next(&mut self.stream).map(|it| self.take_entry(it)),
            None => self.next_line(),
        };
        match stepped {
            Ok(true) => Step::Frame,
            Ok(false) => Step::End,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Step::Pending,
            Err(error) => {
                self.number += 1;
                let why = format!("the file cannot be read from here on: {}", told(&error));
                self.frame = Frame::Refused(why.into());
                // So that the next step finds the end.
                self.stream = Stream::new(Box::new(io::empty()));
                self.entries = None;
                Step::Frame
            }
        }
    }

    /// What is left of a line where nothing more comes; false if nothing is.
    pub fn finish(&mut self) -> bool {
        let line = self.stream.rest();
        self.take_line(line)
    }

    /// Goes on with another file of the same kind from its beginning.
    pub fn renew(&mut self, stream: Stream) {
        self.stream = stream;
        self.number = 0;
    }

    fn take_entry(&mut self, entry: Entry) -> bool {
        self.number += 1;
        self.frame = match entry {
            Entry::Here => self.entry_frame(),
            Entry::TooLong => Frame::Refused(
                format!("the entry has more than {ENTRY_BYTES_MAX} bytes, long texts not counted")
                    .into(),
            ),
            Entry::Broken(why) => Frame::Refused(why.into()),
            Entry::End => return false,
        };
        true
    }

    fn entry_frame(&mut self) -> Frame {
        let entry = self.entries.as_ref().map_or(&[][..], Entries::entry);
        if core::str::from_utf8(entry).is_ok() {
            return Frame::Entry;
        }
        self.lossy = String::from_utf8_lossy(entry).into_owned();
        Frame::Lossy
    }

    /// To the next line that is not blank.
    fn next_line(&mut self) -> io::Result<bool> {
        loop {
            let line = self.stream.line()?;
            if line == Line::End {
                return Ok(false);
            }
            if self.take_line(line) {
                return Ok(true);
            }
        }
    }

    /// False where there is nothing in it.
    fn take_line(&mut self, line: Line) -> bool {
        let frame = match line {
            Line::End => return false,
            Line::Here(range) => {
                self.number += 1;
                self.line_frame(range)
            }
            Line::TooLong => {
                self.number += 1;
                Some(Frame::Refused(too_long().into()))
            }
        };
        let found = frame.is_some();
        self.frame = frame.unwrap_or(Frame::Lossy);
        found
    }

    /// `None` for a blank line.
    fn line_frame(&mut self, range: Range<usize>) -> Option<Frame> {
        let line = self.stream.get(range.clone());
        let trimmed = line.trim_ascii();
        if trimmed.is_empty() {
            return None;
        }
        if core::str::from_utf8(trimmed).is_err() {
            self.lossy.clear();
            self.lossy.push_str(&String::from_utf8_lossy(trimmed));
            return Some(Frame::Lossy);
        }
        // Where the trimmed line lies: pointers of one buffer, taken apart by their lengths.
        let start = range.end - line.trim_ascii_start().len();
        Some(Frame::Line(start..start + trimmed.len()))
    }

    pub fn item<'r>(&'r self, path: &'r Path) -> Item<'r> {
        let place = Place {
            path,
            number: self.number,
            unit: self.unit,
        };
        let cut = self.entries.as_ref().is_some_and(|it| it.cut);
        let (text, blemish) = match &self.frame {
            Frame::Line(range) => (core::str::from_utf8(self.stream.get(range.clone())), None),
            Frame::Lossy => (Ok(self.lossy.as_str()), Some(Blemishes::BAD_VALUE)),
            Frame::Entry => {
                let entry = self.entries.as_ref().map_or(&[][..], Entries::entry);
                (core::str::from_utf8(entry), None)
            }
            Frame::Refused(why) => {
                return Item {
                    place,
                    outcome: Outcome::Refused(why.clone()),
                    native: None,
                };
            }
        };
        let Ok(text) = text else {
            let outcome = Outcome::Refused("it is no UTF-8".into());
            return Item {
                place,
                outcome,
                native: None,
            };
        };
        let outcome = match (self.kind.read)(text, &self.settings) {
            Ok(Some(mut exchange)) => {
                let cut = cut.then_some(Blemishes::TRUNCATED);
                for blemish in blemish.into_iter().chain(cut) {
                    exchange.blemishes.insert(blemish);
                }
                Outcome::Exchange(exchange)
            }
            Ok(None) => Outcome::PassedOver,
            Err(why) => Outcome::Refused(why),
        };
        let is_native = self.unit == Unit::Line && self.kind.name == kinds::NATIVE;
        Item {
            place,
            outcome,
            native: is_native.then_some(text),
        }
    }
}

/// So many lines that are too long may stand before the first that tells what a file is.
const LONG_LINES_MAX: usize = 16;

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

fn too_long() -> String {
    format!(
        "the line has more than {LINE_BYTES_MAX} bytes; cut its bodies and say their size in `body_bytes`"
    )
}

/// Where the first line begins that is not blank, and where it ends.
fn first_line(text: &str) -> (usize, usize) {
    let begin = text.len() - text.trim_start().len();
    let end = memchr::memchr(b'\n', &text.as_bytes()[begin..]);
    (begin, end.map_or(text.len(), |it| begin + it))
}

/// Goes past first lines of JSON that have more than a line may have, so that they do not hide
/// what kind those behind them are. Answers how many lines that were, and the numbers of those
/// that were too long, the first last.
fn skip_too_long(stream: &mut Stream) -> io::Result<(u64, Vec<u64>)> {
    let (mut number, mut too_long) = (0, Vec::new());
    while too_long.len() < LONG_LINES_MAX {
        let window = stream.window();
        let begun = window.trim_ascii_start();
        let lined = memchr::memchr(b'\n', begun).is_some();
        if lined || begun.len() <= LINE_BYTES_MAX || !begun.starts_with(b"{") {
            break;
        }
        if list_path(&String::from_utf8_lossy(&begun[..SAMPLE_BYTES_MAX])).is_some() {
            break;
        }
        loop {
            number += 1;
            match stream.line()? {
                Line::TooLong => break,
                Line::Here(_) => (),
                Line::End => return Ok((number, too_long)),
            }
        }
        too_long.insert(0, number);
        sample(stream)?;
    }
    Ok((number, too_long))
}

/// Fills the window until it holds a line that is not blank, or enough; true where it is all.
pub fn sample(stream: &mut Stream) -> io::Result<bool> {
    // No line that is shorter says anything; a first read may well be.
    const LEAST_BYTES: usize = 16;
    loop {
        let window = stream.window();
        let begun = window.iter().position(|it| !it.is_ascii_whitespace());
        let lined = begun.is_some_and(|it| memchr::memchr(b'\n', &window[it..]).is_some());
        // A document may begin with short lines; more of it costs nothing but a pipe's patience.
        let document =
            begun.is_some_and(|it| matches!(window[it..], [b'{' | b'[', b'\r' | b'\n', ..]));
        let enough = lined && !document && window.len() > LEAST_BYTES;
        // An exchange with its bodies has more than a sample: its line is wanted whole.
        let object = begun.is_some_and(|it| window[it] == b'{');
        let long = object && !lined && window.len() <= LINE_BYTES_MAX;
        if enough || window.len() >= SAMPLE_BYTES_MAX && !long {
            return Ok(false);
        }
        if !stream.peek()? {
            return Ok(true);
        }
    }
}

/// Where the list of a document lies, if it is one.
pub fn list_path(text: &str) -> Option<&'static [&'static str]> {
    let text = text.trim_start();
    let opens = |text: &str, first, second| {
        let below = text.trim_start().strip_prefix(first);
        below.is_some_and(|it| it.trim_start().starts_with(second))
    };
    if opens(text, '[', '{') {
        return Some(&[]);
    }
    if !text.starts_with('{') {
        return None;
    }
    if let Some(Ok((line, _))) = text.lines().next().map(json::read) {
        // A whole object: either the document in one line, or one of many lines.
        let is_list = |path: &[&str]| matches!(line.at(&path.join(".")), Some(Json::List(_)));
        return LISTS.iter().map(|it| it.1).find(|it| is_list(it));
    }
    let found = LISTS.iter().find(|(name, _, open)| {
        let mut places = text.match_indices(name);
        places.any(|(at, _)| opens(&text[at + name.len()..], ':', *open))
    });
    found.map(|it| it.1)
}

/// Documents that hold exchanges in a list: the member that tells, the way there, what opens it.
static LISTS: &[(&str, &[&str], char)] = &[
    ("\"log\"", HAR_LIST, '{'),
    ("\"records\"", &["records"], '['),
    ("\"Records\"", &["Records"], '['),
];

/// Where a HAR has its entries.
pub const HAR_LIST: &[&str] = &["log", "entries"];

/// The first lines of the sample that are JSON, or the first entry of its list.
fn first_json(text: &str, list: Option<&'static [&'static str]>) -> Vec<String> {
    let Some(path) = list else {
        let lines = text.lines().map(str::trim).filter(|it| it.starts_with('{'));
        return lines
            .take(kinds::SAMPLED_LINES_MAX)
            .map(str::to_owned)
            .collect();
    };
    let mut stream = Stream::new(Box::new(io::Cursor::new(text.as_bytes().to_vec())));
    let mut entries = Entries::new(path);
    let mut found = Vec::new();
    while found.len() < kinds::SAMPLED_LINES_MAX
        && let Ok(Entry::Here) = entries.next(&mut stream)
    {
        found.extend(String::from_utf8(entries.entry().to_vec()));
    }
    found
}

/// What to say of a file that is of no kind.
fn unknown(sample: &Sample<'_>) -> Box<str> {
    let like = match (sample.json.first(), sample.lines().next()) {
        (Some(Json::Object(members)), _) => {
            let names: Vec<_> = members
                .iter()
                .take(12)
                .map(|it| format!("`{}`", it.0.escape_debug()))
                .collect();
            format!(
                "JSON with {}, in which no request is recognised; name where they are with --map",
                names.join(", ")
            )
        }
        (Some(_), _) => "JSON, but no objects".to_owned(),
        (None, Some(line)) if line.starts_with(['{', '[']) => {
            "nearly JSON, but its first exchange cannot be read".to_owned()
        }
        (None, _) if sample.text.contains('\0') => "binary data".to_owned(),
        (None, _) => "text, but no access log; name its format with --log-format".to_owned(),
    };
    format!("the file is {like}; what is read: {}", kinds::known()).into()
}

/// An error with its causes.
fn told(error: &io::Error) -> Box<str> {
    if error.kind() == io::ErrorKind::UnexpectedEof {
        return format!("what is packed in it ends too early; copy it whole ({error})").into();
    }
    error.to_string().into()
}
