//! Files of any kind as one stream of exchanges. A file's kind is told by its content, one bad
//! line never stops the next, and memory stays bounded whatever a file holds: one buffer of
//! 4 MiB and a chunk, one entry of a document, and the window of its compression.

pub mod entries;
pub mod folders;
pub mod follow;
pub mod json;
pub(crate) mod opened;
pub mod options;
pub mod stream;
pub mod unpack;

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use gatewatch_model::Exchange;

use opened::{Opened, Step};
pub use options::{Asked, Options};

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
                match opened.step() {
                    Step::Frame => break,
                    Step::Pending | Step::End => self.open = None,
                }
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

#[cfg(test)]
mod tests;
