//! Reads files of any kind and cuts them into batches of lines of the native exchange file. Each
//! line remembers where it comes from, so that a refusal can name the place.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use gatewatch_sources::admit;
use gatewatch_sources::files::follow::Follower;
use gatewatch_sources::files::{Item, Outcome, Place, Reader, Unit};
use gatewatch_wire::exchange_file;
use indicatif::ProgressBar;
use tokio::sync::mpsc::Sender;

const BATCH_BYTES_MAX: usize = 2 << 20;
const BATCH_LINES_MAX: usize = 2_000;

/// What files are cut into.
#[derive(Debug, PartialEq, Eq)]
pub enum Cut {
    Lines(Lines),
    /// A line or entry that cannot be sent at all.
    Refused {
        origin: Origin,
        why: String,
    },
    /// So many more that hold no exchange, as logs may.
    PassedOver(u64),
}

/// Lines that are sent together.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Lines {
    /// Of each line.
    pub origins: Vec<Origin>,
    pub bytes: Vec<u8>,
}

/// Where a line comes from. Those of one file follow one another in order.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Origin {
    /// Which of the files, in the order in which they were read.
    file: usize,
    number: u64,
    path: Arc<Path>,
    is_entry: bool,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unit = if self.is_entry {
            Unit::Entry
        } else {
            Unit::Line
        };
        let (path, number) = (&*self.path, self.number);
        Place { path, number, unit }.fmt(f)
    }
}

/// Reads all files in order; stops early when nobody wants more.
pub fn read(mut reader: Reader, bar: &ProgressBar, to: &Sender<Cut>) {
    let bytes_read = reader.bytes_read();
    let mut cutter = Cutter::new(to);
    while let Some(item) = reader.next() {
        match cutter.take(item) {
            Took::Room => (),
            Took::Passed => bar.set_position(bytes_read.load(Ordering::Relaxed)),
            Took::Unwanted => return,
        }
    }
    cutter.pass();
}

/// Reads what there is and what comes, looking again after each `interval`, until `stop` is set.
/// What is there is sent before it waits.
pub fn follow(
    mut follower: Follower,
    interval: Duration,
    (bar, stop): (&ProgressBar, &AtomicBool),
    to: &Sender<Cut>,
) {
    let bytes_read = follower.bytes_read();
    let mut cutter = Cutter::new(to);
    loop {
        let wanted = if let Some(item) = follower.next() {
            !matches!(cutter.take(item), Took::Unwanted)
        } else {
            let wanted = cutter.pass();
            if follower.is_over() || stop.load(Ordering::Relaxed) {
                return;
            }
            bar.set_position(bytes_read.load(Ordering::Relaxed));
            std::thread::sleep(interval);
            wanted
        };
        if !wanted || to.is_closed() {
            return;
        }
    }
}

struct Cutter<'t> {
    to: &'t Sender<Cut>,
    lines: Lines,
    passed_over: u64,
    /// All files so far, so that each is named once in memory, with the order they came in.
    files: BTreeMap<Arc<Path>, usize>,
    /// The file of the line before, which is the next one's too, nearly always.
    last: Option<(Arc<Path>, usize)>,
}

enum Took {
    /// The batch is not full yet.
    Room,
    Passed,
    /// Nobody wants more.
    Unwanted,
}

impl<'t> Cutter<'t> {
    fn new(to: &'t Sender<Cut>) -> Cutter<'t> {
        Cutter {
            to,
            lines: Lines::default(),
            passed_over: 0,
            files: BTreeMap::new(),
            last: None,
        }
    }

    fn take(&mut self, item: Item<'_>) -> Took {
        let Item {
            place,
            outcome,
            native,
        } = item;
        match (outcome, native) {
            (Outcome::PassedOver, _) => self.passed_over += 1,
            (Outcome::Refused(why), _) => {
                let (origin, why) = (self.origin(place), why.into());
                if self.to.blocking_send(Cut::Refused { origin, why }).is_err() {
                    return Took::Unwanted;
                }
            }
            (Outcome::Exchange(_), Some(line)) => {
                self.lines.bytes.extend_from_slice(line.as_bytes());
                self.lines.bytes.push(b'\n');
                self.push(place);
            }
            (Outcome::Exchange(mut exchange), None) => {
                // What the server would cut need not travel.
                admit(&mut exchange);
                exchange_file::write(&exchange, &mut self.lines.bytes);
                self.push(place);
            }
        }
        let Lines { origins, bytes } = &self.lines;
        if bytes.len() < BATCH_BYTES_MAX && origins.len() < BATCH_LINES_MAX {
            return Took::Room;
        }
        if self.pass() {
            Took::Passed
        } else {
            Took::Unwanted
        }
    }

    /// Hands on what there is; false when no more is wanted.
    fn pass(&mut self) -> bool {
        let mut wanted = true;
        if !self.lines.origins.is_empty() {
            let lines = std::mem::take(&mut self.lines);
            wanted &= self.to.blocking_send(Cut::Lines(lines)).is_ok();
        }
        if self.passed_over > 0 {
            let count = std::mem::take(&mut self.passed_over);
            wanted &= self.to.blocking_send(Cut::PassedOver(count)).is_ok();
        }
        wanted
    }

    fn push(&mut self, place: Place<'_>) {
        let origin = self.origin(place);
        self.lines.origins.push(origin);
    }

    fn origin(&mut self, place: Place<'_>) -> Origin {
        let Place { path, number, unit } = place;
        let last = self.last.take().filter(|it| *it.0 == *path);
        let (path, file) = last.unwrap_or_else(|| self.file(path));
        self.last = Some((Arc::clone(&path), file));
        Origin {
            file,
            number,
            path,
            is_entry: unit == Unit::Entry,
        }
    }

    /// Which of the files that is.
    fn file(&mut self, path: &Path) -> (Arc<Path>, usize) {
        if let Some((path, file)) = self.files.get_key_value(path) {
            return (Arc::clone(path), *file);
        }
        let (path, file) = (Arc::<Path>::from(path), self.files.len());
        self.files.insert(Arc::clone(&path), file);
        (path, file)
    }
}

#[cfg(test)]
pub fn origin(path: &str, number: u64) -> Origin {
    Origin {
        file: 0,
        number,
        path: Path::new(path).into(),
        is_entry: false,
    }
}

#[cfg(test)]
mod tests {
    use gatewatch_sources::files::Options;
    use tokio::sync::mpsc;

    use super::*;

    const LINE: &str = r#"{"request":{"method":"GET","url":"/a"}}"#;
    const LOG: &str = r#"203.0.113.9 - - [21/Nov/2026:08:00:00 +0000] "GET /l HTTP/1.1" 200 5"#;

    fn cuts(text: &str) -> Vec<Cut> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        std::fs::write(&path, text).unwrap();
        let reader = Reader::open(&[path], Options::default()).unwrap();
        let (to, mut from) = mpsc::channel(1_000);
        read(reader, &ProgressBar::hidden(), &to);
        drop(to);
        std::iter::from_fn(|| from.blocking_recv()).collect()
    }

    /// How many lines each batch has and the number of its first, 0 for what is refused.
    fn places(cuts: &[Cut]) -> Vec<(u64, usize)> {
        let of = |it: &Cut| match it {
            Cut::Lines(lines) => (lines.origins[0].number, lines.origins.len()),
            Cut::Refused { origin, .. } => (origin.number, 0),
            Cut::PassedOver(count) => (0, *count as usize),
        };
        cuts.iter().map(of).collect()
    }

    #[test]
    fn batches_hold_so_many_lines_and_keep_their_numbers() {
        let text = format!("{LINE}\n").repeat(4_500);
        let found = cuts(&text);
        assert_eq!(places(&found), [(1, 2_000), (2_001, 2_000), (4_001, 500)]);
        let Cut::Lines(lines) = &found[2] else {
            panic!("no lines")
        };
        assert_eq!(
            lines.bytes,
            format!("{LINE}\n").repeat(500).as_bytes(),
            "native lines travel as they are"
        );
        assert!(lines.origins[499].to_string().ends_with("file:4500"));
    }

    #[test]
    fn a_file_that_comes_again_is_the_same_file() {
        let (to, _from) = mpsc::channel(1);
        let mut cutter = Cutter::new(&to);
        let mut file = |path: &str| {
            let (path, number, unit) = (Path::new(path), 1, Unit::Line);
            cutter.origin(Place { path, number, unit }).file
        };
        let found = ["b", "a", "b", "b", "a"].map(&mut file);
        assert_eq!(found, [0, 1, 0, 0, 1]);
    }

    #[test]
    fn batches_hold_so_many_bytes() {
        let long = LINE.replace("/a", &format!("/{}", "x".repeat(1 << 20)));
        let text = format!("{long}\n").repeat(5);
        assert_eq!(places(&cuts(&text)), [(1, 2), (3, 2), (5, 1)]);
    }

    #[test]
    fn other_kinds_are_sent_as_native_lines_and_cut_before() {
        let text = format!("{LOG}\n{}\n{LOG}\n", LOG.replace("GET /l HTTP/1.1", "-"));
        let found = cuts(&text);
        assert_eq!(places(&found), [(1, 2), (0, 1)]);
        let Cut::Lines(lines) = &found[0] else {
            panic!("no lines")
        };
        let first = lines.bytes.split(|it| *it == b'\n').next().unwrap();
        assert_eq!(exchange_file::read(first).unwrap().request.url, "/l");
        let long = LOG.replace("/l", &format!("/{}", "x".repeat(20_000)));
        let Cut::Lines(lines) = &cuts(&long)[0] else {
            panic!("no lines")
        };
        assert!(lines.bytes.len() < 17_000);
    }

    #[test]
    fn what_cannot_be_read_is_refused_where_it_stands() {
        let found = cuts(&format!("{LINE}\nno exchange\n\n{LINE}"));
        assert_eq!(places(&found), [(2, 0), (1, 2)]);
        assert!(cuts("").is_empty() && cuts(" \n\n").is_empty());
    }
}
