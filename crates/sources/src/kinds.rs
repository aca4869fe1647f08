//! The kinds of files that are read. Each knows one format and nothing of files, compression or
//! following; a kind that is not on the roll does not exist.

mod access_log;
mod har;
mod native;

use core::fmt;

use gatewatch_model::Exchange;

use crate::files::json::Json;

/// Its lines are what ingest reads, so they can be sent as they are.
pub const NATIVE: &str = "native";

/// In the order in which a file is asked whether it is one.
pub static ROLL: &[&Kind] = &[&har::KIND, &native::KIND, &access_log::KIND];

pub struct Kind {
    /// As `--format` names it.
    pub name: &'static str,
    /// What is read, for people.
    pub title: &'static str,
    /// Whether a file that begins so is of this kind.
    pub recognise: fn(&Sample<'_>) -> bool,
    pub read: for<'l> fn(&'l str, &'l Settings) -> Read<'l>,
}

/// The exchange of one line or entry; none where it is of something else, as a log may well hold;
/// or why it cannot be read. What it says never quotes the line, which may hold secrets.
pub type Read<'l> = Result<Option<Exchange<'l>>, Box<str>>;

/// What a reader is told about its files, besides their kind.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// Stands in where a log names no host.
    pub host: Option<Box<str>>,
}

/// The beginning of a file: its first lines, or the first entry of its list.
pub struct Sample<'s> {
    pub text: &'s str,
    pub json: Option<Json<'s>>,
    /// Where the list lies in a document that is one.
    pub list: Option<&'static [&'static str]>,
}

impl<'s> Sample<'s> {
    pub fn json(&self) -> Option<&Json<'s>> {
        self.json.as_ref()
    }

    /// The first of its lines that say something.
    pub fn lines(&self) -> impl Iterator<Item = &'s str> {
        const SAMPLED_LINES_MAX: usize = 20;
        self.text
            .lines()
            .filter(|it| !it.trim().is_empty())
            .take(SAMPLED_LINES_MAX)
    }
}

impl fmt::Debug for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

pub fn of_name(name: &str) -> Option<&'static Kind> {
    ROLL.iter().find(|it| it.name == name).copied()
}

/// What is read, a line each.
pub fn known() -> String {
    ROLL.iter().map(|it| it.name).collect::<Vec<_>>().join(", ")
}
