//! Follows growing logs across rotation. A log that is renamed or deleted is read to its end
//! before the new one under its name is begun; one that is cut to nothing is begun anew. It keeps
//! no clock: whoever asks decides how long to wait when nothing is there.

use std::fs::{File, Metadata};
use std::io::{self, ErrorKind, Read};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::opened::{Opened, Step, list_path, sample};
use super::stream::Stream;
use super::{FilesError, Item, Options, Outcome, Place, Unit, folders};

/// After so many items it is the next file's turn, so that none waits for one that never rests.
const TURN_ITEMS_MAX: usize = 1_000;

/// Reads all files by turns, for as long as anybody asks.
pub struct Follower {
    files: Vec<Followed>,
    turn: usize,
    /// Items of the file whose turn it is.
    taken: usize,
    options: Options,
    bytes_read: Arc<AtomicU64>,
}

/// Where in a log its reading begins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum From {
    #[default]
    Start,
    /// Only what is written from now on.
    End,
}

struct Followed {
    path: PathBuf,
    state: State,
    tail: Option<Tail>,
    /// That another file stands under the name, and nothing more has come from this one since.
    rotated: bool,
}

enum State {
    /// Its beginning is not there yet, so nobody knows what kind it is.
    Begun(Stream),
    Open(Box<Opened>),
    /// It cannot be read, or needs no following because it is packed or a document.
    Refused(Box<str>),
    Over,
}

/// Which file is read, and how far.
#[derive(Clone)]
struct Tail {
    identity: (u64, u64),
    offset: Arc<AtomicU64>,
}

impl Follower {
    /// Of a folder, the files that are in it now.
    pub fn open(inputs: &[PathBuf], options: Options, from: From) -> Result<Follower, FilesError> {
        let bytes_read = Arc::default();
        let mut files = Vec::new();
        for path in folders::files(inputs)? {
            let opened = Tail::open(&path, from, &bytes_read);
            let (tail, stream) = opened.map_err(|cause| {
                let path = path.display().to_string();
                FilesError::Unreadable { path, cause }
            })?;
            let state = State::Begun(stream);
            files.push(Followed {
                path,
                state,
                tail: Some(tail),
                rotated: false,
            });
        }
        Ok(Follower {
            files,
            turn: 0,
            taken: 0,
            options,
            bytes_read,
        })
    }

    pub fn bytes_read(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.bytes_read)
    }

    /// Whether anything may still come.
    pub fn is_over(&self) -> bool {
        self.files.iter().all(|it| matches!(it.state, State::Over))
    }

    /// The next line of any of the files; `None` where nothing is there now. Ask again later.
    #[expect(
        clippy::should_implement_trait,
        reason = "an item borrows from its reader, which no iterator can lend"
    )]
    pub fn next(&mut self) -> Option<Item<'_>> {
        let count = self.files.len();
        let mut left = count;
        while left > 0 {
            let at = self.turn;
            if self.taken < TURN_ITEMS_MAX {
                if self.files[at].advance(&self.options, &self.bytes_read) {
                    self.taken += 1;
                    return self.files[at].item();
                }
                left -= 1;
            }
            (self.turn, self.taken) = ((at + 1) % count, 0);
        }
        None
    }
}

impl Followed {
    /// True where there is an item.
    fn advance(&mut self, options: &Options, bytes_read: &Arc<AtomicU64>) -> bool {
        if let State::Begun(stream) = &mut self.state
            && (sample(stream).is_ok() || !grows(stream))
        {
            self.begin(options, bytes_read);
        }
        match &mut self.state {
            State::Begun(_) => self.turn_over(bytes_read),
            State::Refused(_) => true,
            State::Over => false,
            State::Open(opened) => match opened.step() {
                Step::Frame => {
                    self.rotated = false;
                    true
                }
                Step::Pending => self.turn_over(bytes_read),
                Step::End => {
                    self.state = State::Over;
                    false
                }
            },
        }
    }

    /// Its beginning is there. What is packed or a document does not grow, and is read as it is.
    fn begin(&mut self, options: &Options, bytes_read: &Arc<AtomicU64>) {
        let State::Begun(stream) = core::mem::replace(&mut self.state, State::Over) else {
            return;
        };
        let opened = if grows(&stream) {
            Opened::new(stream, options).map(Some)
        } else {
            self.tail = None;
            Opened::open(&self.path, options, bytes_read)
        };
        self.state = match opened {
            Ok(Some(opened)) => State::Open(Box::new(opened)),
            Ok(None) => State::Over,
            Err(why) => State::Refused(why),
        };
    }

    /// Looks whether this is still the file under its name. True where its last line, which has
    /// no end, is the item.
    fn turn_over(&mut self, bytes_read: &Arc<AtomicU64>) -> bool {
        let Some(tail) = &self.tail else { return false };
        let Ok(now) = std::fs::metadata(&self.path) else {
            // Renamed, and nothing new is there yet.
            return false;
        };
        let replaced = identity(&now) != tail.identity;
        if !replaced && now.len() >= tail.offset.load(Ordering::Relaxed) {
            return false;
        }
        if replaced && !self.rotated {
            // Its writer may hold it a little longer: it is let go when a whole turn brings nothing.
            self.rotated = true;
            return false;
        }
        if let State::Open(opened) = &mut self.state
            && opened.finish()
        {
            return true;
        }
        self.renew(bytes_read);
        false
    }

    fn renew(&mut self, bytes_read: &Arc<AtomicU64>) {
        // What cannot be opened now is tried again at the next turn.
        let Ok((tail, stream)) = Tail::open(&self.path, From::Start, bytes_read) else {
            return;
        };
        self.tail = Some(tail);
        self.rotated = false;
        match &mut self.state {
            State::Open(opened) => opened.renew(stream),
            state => *state = State::Begun(stream),
        }
    }

    fn item(&mut self) -> Option<Item<'_>> {
        if let State::Refused(why) = &mut self.state {
            let why = core::mem::take(why);
            self.state = State::Over;
            let place = Place {
                path: &self.path,
                number: 0,
                unit: Unit::Line,
            };
            return Some(Item {
                place,
                outcome: Outcome::Refused(why),
                native: None,
            });
        }
        match &self.state {
            State::Open(opened) => Some(opened.item(&self.path)),
            State::Begun(_) | State::Refused(_) | State::Over => None,
        }
    }
}

impl Tail {
    fn open(path: &Path, from: From, bytes_read: &Arc<AtomicU64>) -> io::Result<(Tail, Stream)> {
        let mut file = File::open(path)?;
        let identity = identity(&file.metadata()?);
        let start = match from {
            From::Start => 0,
            From::End => io::Seek::seek(&mut file, io::SeekFrom::End(0))?,
        };
        let tail = Tail {
            identity,
            offset: Arc::new(AtomicU64::new(start)),
        };
        let all = Arc::clone(bytes_read);
        let growing = Growing {
            file,
            offset: Arc::clone(&tail.offset),
            all,
        };
        Ok((tail, Stream::new(Box::new(growing))))
    }
}

/// A file whose end may not be its last.
struct Growing {
    file: File,
    offset: Arc<AtomicU64>,
    all: Arc<AtomicU64>,
}

impl Read for Growing {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let bytes = self.file.read(into)?;
        if bytes == 0 {
            return Err(ErrorKind::WouldBlock.into());
        }
        self.offset.fetch_add(bytes as u64, Ordering::Relaxed);
        self.all.fetch_add(bytes as u64, Ordering::Relaxed);
        Ok(bytes)
    }
}

/// Whether a file that begins so is text of lines.
fn grows(stream: &Stream) -> bool {
    let text = String::from_utf8_lossy(stream.window());
    !text.contains(['\0', char::REPLACEMENT_CHARACTER]) && list_path(&text).is_none()
}

fn identity(metadata: &Metadata) -> (u64, u64) {
    (metadata.dev(), metadata.ino())
}

#[cfg(test)]
mod tests {
    use std::fs::{OpenOptions, rename};
    use std::io::Write;

    use super::*;

    struct Log {
        folder: tempfile::TempDir,
        file: File,
    }

    impl Log {
        fn new() -> Log {
            let folder = tempfile::tempdir().unwrap();
            let file = create(&folder.path().join("log"));
            Log { folder, file }
        }

        fn path(&self) -> PathBuf {
            self.folder.path().join("log")
        }

        fn follow(&self) -> Follower {
            Follower::open(&[self.path()], Options::default(), From::Start).unwrap()
        }

        fn write(&mut self, text: &str) {
            self.file.write_all(text.as_bytes()).unwrap();
        }

        fn rotate(&mut self) -> File {
            rename(self.path(), self.folder.path().join("log.1")).unwrap();
            let new = create(&self.path());
            std::mem::replace(&mut self.file, new)
        }
    }

    fn create(path: &Path) -> File {
        OpenOptions::new()
            .create(true)
            .append(true)
            .open(path)
            .unwrap()
    }

    fn line(url: &str) -> String {
        format!(r#"{{"request":{{"method":"GET","url":"{url}"}}}}{}"#, "\n")
    }

    /// What comes until nothing does, asked as often as a rotation needs turns.
    fn all(follower: &mut Follower) -> Vec<String> {
        const TURNS: usize = 4;
        let mut found = Vec::new();
        for _ in 0..TURNS {
            while let Some(item) = follower.next() {
                let what = match &item.outcome {
                    Outcome::Exchange(it) => it.request.url.to_string(),
                    Outcome::PassedOver => "-".into(),
                    Outcome::Refused(why) => why.to_string(),
                };
                found.push(format!("{} {what}", item.place.number));
            }
        }
        found
    }

    #[test]
    fn a_file_that_never_rests_keeps_no_other_waiting() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name| folder.path().join(name);
        std::fs::write(path("a"), line("/a").repeat(3 * TURN_ITEMS_MAX)).unwrap();
        std::fs::write(path("b"), line("/b")).unwrap();
        let inputs = [folder.path().to_owned()];
        let mut follower = Follower::open(&inputs, Options::default(), From::Start).unwrap();
        let found = all(&mut follower);
        assert_eq!(found.len(), 3 * TURN_ITEMS_MAX + 1);
        assert_eq!(found[TURN_ITEMS_MAX], "1 /b");
        assert_eq!(
            found[3 * TURN_ITEMS_MAX],
            format!("{} /a", 3 * TURN_ITEMS_MAX)
        );
    }

    #[test]
    fn lines_come_as_they_are_written_and_only_when_they_are_whole() {
        let mut log = Log::new();
        let mut follower = log.follow();
        assert_eq!(all(&mut follower), [""; 0]);
        log.write(&line("/1"));
        assert_eq!(all(&mut follower), ["1 /1"]);
        let two = line("/2");
        let (half, rest) = two.split_at(20);
        log.write(half);
        assert_eq!(all(&mut follower), [""; 0]);
        log.write(&format!("{rest}{}", line("/3")));
        assert_eq!(all(&mut follower), ["2 /2", "3 /3"]);
        assert!(!follower.is_over());
    }

    #[test]
    fn nothing_is_lost_when_a_log_is_renamed_and_written_a_little_longer() {
        let mut log = Log::new();
        log.write(&line("/1"));
        let mut follower = log.follow();
        assert!(follower.next().is_some());
        log.write(&line("/2"));
        let mut old = log.rotate();
        old.write_all(line("/3").as_bytes()).unwrap();
        log.write(&line("/new"));
        assert!(follower.next().is_some_and(|it| it.place.number == 2));
        assert!(follower.next().is_some_and(|it| it.place.number == 3));
        assert!(follower.next().is_none(), "the rotation is seen");
        old.write_all(line("/4").as_bytes()).unwrap();
        old.write_all(line("/5").trim_end().as_bytes()).unwrap();
        assert_eq!(all(&mut follower), ["4 /4", "5 /5", "1 /new"]);
        log.write(&line("/newer"));
        assert_eq!(all(&mut follower), ["2 /newer"]);
    }

    #[test]
    fn a_log_that_is_away_for_a_while_is_waited_for() {
        let mut log = Log::new();
        log.write(&line("/1"));
        let mut follower = log.follow();
        assert_eq!(all(&mut follower), ["1 /1"]);
        rename(log.path(), log.folder.path().join("log.1")).unwrap();
        log.write(&line("/2"));
        assert_eq!(all(&mut follower), ["2 /2"]);
        log.file = create(&log.path());
        log.write(&line("/3"));
        assert_eq!(all(&mut follower), ["1 /3"]);
    }

    #[test]
    fn a_log_that_is_copied_and_cut_is_begun_anew() {
        let mut log = Log::new();
        log.write(&(line("/1") + &line("/2")));
        let mut follower = log.follow();
        assert_eq!(all(&mut follower).len(), 2);
        log.file.set_len(0).unwrap();
        log.write(&line("/3"));
        assert_eq!(all(&mut follower), ["1 /3"]);
    }

    #[test]
    fn several_logs_take_turns_and_what_is_packed_is_read_once() {
        let mut log = Log::new();
        log.write(&line("/log"));
        let folder = log.folder.path();
        let packed = zstd::bulk::compress(line("/packed").as_bytes(), 1).unwrap();
        std::fs::write(folder.join("a.zst"), packed).unwrap();
        std::fs::write(
            folder.join("b.har"),
            r#"{"log":{"entries":[{"request":{"method":"GET","url":"/har"}}]}}"#,
        )
        .unwrap();
        std::fs::write(folder.join("c.txt"), "Dear diary, today I wrote a line.\n").unwrap();
        let mut follower =
            Follower::open(&[folder.to_owned()], Options::default(), From::Start).unwrap();
        let found = all(&mut follower);
        assert_eq!(found.len(), 4, "{found:?}");
        assert_eq!(found[..2], ["1 /packed", "1 /har"]);
        assert!(found[2].starts_with("0 the file is text"));
        assert_eq!(found[3], "1 /log");
        log.write(&line("/more"));
        assert_eq!(all(&mut follower), ["2 /more"]);
    }

    #[test]
    fn only_what_is_new_is_read_where_that_is_asked() {
        let mut log = Log::new();
        log.write(&line("/old"));
        let mut follower = Follower::open(&[log.path()], Options::default(), From::End).unwrap();
        assert_eq!(all(&mut follower), [""; 0]);
        log.write(&line("/new"));
        assert_eq!(all(&mut follower), ["1 /new"]);
    }
}
