//! The catalogue of detections: files of TOML, read and proved sound.

mod own;
#[cfg(test)]
mod tests;
mod written;

use std::fmt;
use std::sync::LazyLock;

use self::written::{CLASSES, read, read_classes};
use crate::detection::{Class, Detection};

static FILES: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/detections.rs"));

/// All that is shipped. A test reads each file, so none is ever missing here.
pub static SHIPPED: LazyLock<Detections> = LazyLock::new(|| {
    let classes = FILES
        .iter()
        .find(|it| it.0 == CLASSES)
        .and_then(|it| read_classes(it.0, it.1).ok())
        .unwrap_or_default();
    let classes: Vec<Class> = classes.into_iter().map(|it| it.0).collect();
    let list = files()
        .filter_map(|(file, text)| Some(read(file, text, &classes).ok()?.detection))
        .collect();
    Detections { classes, list }
});

/// Classes and detections, sorted by file.
#[derive(Clone, Debug, Default)]
pub struct Detections {
    pub classes: Vec<Class>,
    pub list: Vec<Detection>,
}

/// What is wrong in which line of which file, and what would be right.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
pub struct CatalogueError {
    pub file: Box<str>,
    /// From one; 0 if it is of the whole file.
    pub line: usize,
    /// Empty if it is of the whole file.
    pub key: Box<str>,
    pub reason: Box<str>,
}

impl fmt::Display for CatalogueError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}:", self.file)?;
        if self.line > 0 {
            write!(out, "{}:", self.line)?;
        }
        if !self.key.is_empty() {
            write!(out, " {}:", self.key)?;
        }
        write!(out, " {}", self.reason)
    }
}

impl Detections {
    pub fn find(&self, id: &str) -> Option<&Detection> {
        self.list.iter().find(|it| *it.id == *id)
    }

    pub fn class(&self, id: &str) -> Option<&Class> {
        self.classes.iter().find(|it| *it.id == *id)
    }

    /// The id that looks most like this one, for who mistyped it.
    pub fn nearest(&self, id: &str) -> Option<&str> {
        written::nearest(id, self.list.iter().map(|it| &*it.id))
    }
}

fn files() -> impl Iterator<Item = (&'static str, &'static str)> {
    FILES.iter().copied().filter(|it| it.0 != CLASSES)
}
