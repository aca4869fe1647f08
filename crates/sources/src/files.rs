//! Files of any kind as one stream of exchanges. A file's kind is told by its content, one bad
//! line never stops the next, and memory stays bounded whatever a file holds: one buffer of
//! 4 MiB and a chunk, one entry of a document, and the window of its compression.

pub mod entries;
pub mod folders;
pub mod json;
pub mod options;
pub mod stream;
pub mod unpack;

use std::fmt;
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use gatewatch_model::caller::prefix;
use gatewatch_model::{Blemishes, Exchange};

use crate::kinds::{self, Kind, Sample, Settings};
use crate::limits::{ENTRY_BYTES_MAX, LINE_BYTES_MAX, SAMPLE_BYTES_MAX};
use entries::{Entries, Entry};
use json::Json;
pub use options::{Asked, Options};
use stream::{Line, Stream};

#[derive(Debug, thiserror::Error)]
pub enum FilesError {
    #[error("cannot read {path}")]
    Unreadable {
        path: String,
        #[source]
        cause: io::Error,
    },
    #[error("there are more than {files_max} files in {path}; name some of its folders instead")]
    TooMany { path: String, files_max: usize },
    #[error("there is no file in {path}")]
    Empty { path: String },
}

/// One line or entry of a file.
#[derive(Debug)]
pub struct Item<'r> {
    pub place: Place<'r>,
    pub outcome: Outcome<'r>,
    /// The line as it stands, where it is one of the native exchange file.
    pub native: Option<&'r str>,
}

#[derive(Debug)]
#[expect(
    clippy::large_enum_variant,
    reason = "nearly all items are exchanges, one at a time"
)]
pub enum Outcome<'r> {
    Exchange(Exchange<'r>),
    /// Sound, but of no exchange: a connection that asked for nothing, a picture within a page.
    PassedOver,
    Refused(Box<str>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place<'r> {
    pub path: &'r Path,
    /// Counted from 1, blank lines included; 0 for the file as a whole.
    pub number: u64,
    pub unit: Unit,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    Line,
    /// Of a document that holds a list.
    Entry,
}

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path.display();
        match (self.number, self.unit) {
            (0, _) => write!(f, "{path}"),
            (number, Unit::Line) => write!(f, "{path}:{number}"),
            (number, Unit::Entry) => write!(f, "{path} entry {number}"),
        }
    }
}

/// Reads files one after the other.
pub struct Reader {
    files: Vec<PathBuf>,
    next: usize,
    open: Option<Opened>,
    options: Options,
    bytes_read: Arc<AtomicU64>,
}

/// A file that is being read.
struct Opened {
    stream: Stream,
    kind: &'static Kind,
    settings: Settings,
    entries: Option<Entries>,
    unit: Unit,
    number: u64,
    frame: Frame,
    /// A line that is no UTF-8, with what can be read of it.
    lossy: String,
}

/// What the next step has found; it borrows nothing, so that a reader can go on.
enum Frame {
    Line(Range<usize>),
    Lossy,
    Entry,
    Refused(Box<str>),
}

impl Reader {
    /// Finds all files: folders are gone through in the order of names, `-` is standard input.
    pub fn open(inputs: &[PathBuf], options: Options) -> Result<Reader, FilesError> {
        Ok(Reader {
            files: folders::files(inputs)?,
            next: 0,
            open: None,
            options,
            bytes_read: Arc::default(),
        })
    }

    /// All files there are to read.
    pub fn files(&self) -> &[PathBuf] {
        &self.files
    }

    /// How many bytes of all files together have been read, as they lie on the disk.
    pub fn bytes_read(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.bytes_read)
    }

    /// `None` where one of them is no plain file, such as a pipe.
    pub fn bytes_total(&self) -> Option<u64> {
        let length = |path: &PathBuf| {
            let metadata = std::fs::metadata(path).ok()?;
            metadata.is_file().then_some(metadata.len())
        };
        self.files.iter().map(length).sum()
    }

    /// The next line or entry of the files, in their order; `None` at the end of the last.
    #[expect(
        clippy::should_implement_trait,
        reason = "an item borrows from its reader, which no iterator can lend"
    )]
    pub fn next(&mut self) -> Option<Item<'_>> {
        loop {
            if self.open.is_none() {
                let path = self.files.get(self.next)?;
                self.next += 1;
                match Opened::open(path, &self.options, &self.bytes_read) {
                    Ok(opened) => self.open = opened,
                    Err(why) => return Some(self.refuse_file(why)),
                }
            }
            if let Some(opened) = &mut self.open {
                if opened.step() {
                    break;
                }
                self.open = None;
            }
        }
        let path = self.files.get(self.next - 1)?;
        let opened = self.open.as_ref()?;
        Some(opened.item(path))
    }

    fn refuse_file(&self, why: Box<str>) -> Item<'_> {
        let place = Place {
            path: &self.files[self.next - 1],
            number: 0,
            unit: Unit::Line,
        };
        Item {
            place,
            outcome: Outcome::Refused(why),
            native: None,
        }
    }
}

impl Opened {
    /// `None` for a file without content.
    fn open(
        path: &Path,
        options: &Options,
        bytes_read: &Arc<AtomicU64>,
    ) -> Result<Option<Opened>, Box<str>> {
        let from = unpack::open(path, bytes_read).map_err(|it| told(&it))?;
        let mut stream = Stream::new(from);
        let whole = sample(&mut stream).map_err(|it| told(&it))?;
        if stream.window().starts_with(BYTE_ORDER_MARK) {
            stream.consume(BYTE_ORDER_MARK.len());
        }
        let text = String::from_utf8_lossy(stream.window());
        let text = prefix(&text, SAMPLE_BYTES_MAX);
        if text.trim().is_empty() && whole {
            return Ok(None);
        }
        let list = list_path(text);
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
        Ok(Some(Opened {
            stream,
            kind,
            settings,
            entries,
            unit,
            number: 0,
            frame: Frame::Lossy,
            lossy: String::new(),
        }))
    }

    /// Goes on to the next frame; false at the end of the file.
    fn step(&mut self) -> bool {
        let stepped = match &mut self.entries {
            Some(entries) => entries.next(&mut self.stream).map(|it| self.take_entry(it)),
            None => self.next_line(),
        };
        match stepped {
            Ok(more) => more,
            Err(error) => {
                self.number += 1;
                let why = format!("the file cannot be read from here on: {}", told(&error));
                self.frame = Frame::Refused(why.into());
                // So that the next step finds the end.
                self.stream = Stream::new(Box::new(io::empty()));
                self.entries = None;
                true
            }
        }
    }

    fn take_entry(&mut self, entry: Entry) -> bool {
        self.number += 1;
        self.frame = match entry {
            Entry::Here => Frame::Entry,
            Entry::TooLong => Frame::Refused(
                format!("the entry has more than {ENTRY_BYTES_MAX} bytes, long texts not counted")
                    .into(),
            ),
            Entry::Broken(why) => Frame::Refused(why.into()),
            Entry::End => return false,
        };
        true
    }

    /// To the next line that is not blank.
    fn next_line(&mut self) -> io::Result<bool> {
        loop {
            let line = self.stream.line()?;
            if line == Line::End {
                return Ok(false);
            }
            self.number += 1;
            self.frame = match line {
                Line::Here(range) => match self.line_frame(range) {
                    Some(frame) => frame,
                    None => continue,
                },
                Line::TooLong | Line::End => Frame::Refused(too_long().into()),
            };
            return Ok(true);
        }
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

    fn item<'r>(&'r self, path: &'r Path) -> Item<'r> {
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
                (
                    core::str::from_utf8(entry),
                    cut.then_some(Blemishes::TRUNCATED),
                )
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
            let outcome = Outcome::Refused("the entry is no UTF-8".into());
            return Item {
                place,
                outcome,
                native: None,
            };
        };
        let outcome = match (self.kind.read)(text, &self.settings) {
            Ok(Some(mut exchange)) => {
                exchange.blemishes.insert(blemish.unwrap_or_default());
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

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

fn too_long() -> String {
    format!(
        "the line has more than {LINE_BYTES_MAX} bytes; cut its bodies and say their size in `body_bytes`"
    )
}

/// Fills the window until it holds a line that is not blank, or enough; true where it is all.
fn sample(stream: &mut Stream) -> io::Result<bool> {
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
        if window.len() >= SAMPLE_BYTES_MAX || enough {
            return Ok(false);
        }
        if !stream.fill()? {
            return Ok(true);
        }
    }
}

/// Where the list of a document lies, if it is one.
fn list_path(text: &str) -> Option<&'static [&'static str]> {
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
    error.to_string().into()
}

#[cfg(test)]
mod tests;
