//! The kinds of files that are read. Each knows one format and nothing of files, compression or
//! following; a kind that is not on the roll does not exist.

mod access_log;
mod har;
pub mod json_log;
pub mod log_format;
mod native;

use core::fmt;
use std::sync::Arc;

use gatewatch_model::Exchange;

use crate::files::json::Json;
use crate::mapping::Mapping;
use log_format::LogFormat;

/// Its lines are what ingest reads, so they can be sent as they are.
pub const NATIVE: &str = "native";

/// In the order in which a file is asked whether it is one.
pub static ROLL: &[&Kind] = &[
    &log_format::KIND,
    &har::KIND,
    &json_log::KIND,
    &native::KIND,
    &access_log::KIND,
];

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
    /// Where JSON lines have what an exchange is made of. Without an id it is laid over the
    /// shipped mapping that a log is of.
    pub mapping: Option<Arc<Mapping>>,
    pub log_format: Option<Arc<LogFormat>>,
}

/// The beginning of a file: its first lines, or the first entry of its list.
pub struct Sample<'s> {
    pub text: &'s str,
    /// The first lines or entries that are JSON.
    pub json: Vec<Json<'s>>,
    /// Where the list lies in a document that is one.
    pub list: Option<&'static [&'static str]>,
    pub settings: &'s Settings,
}

impl<'s> Sample<'s> {
    /// The first of its lines that say something.
    pub fn lines(&self) -> impl Iterator<Item = &'s str> {
        let lines = self.text.lines().map(str::trim).filter(|it| !it.is_empty());
        lines.take(SAMPLED_LINES_MAX)
    }
}

pub const SAMPLED_LINES_MAX: usize = 20;

impl fmt::Debug for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

pub fn of_name(name: &str) -> Option<&'static Kind> {
    ROLL.iter().find(|it| it.name == name).copied()
}

/// The settings of one file of that kind, which may need a mapping.
pub fn settle(kind: &Kind, sample: &Sample<'_>) -> Settings {
    let mut settings = sample.settings.clone();
    if kind.name == json_log::KIND.name {
        settings.mapping = json_log::mapping(sample);
    }
    settings
}

/// What is read, by name.
pub fn known() -> String {
    ROLL.iter().map(|it| it.name).collect::<Vec<_>>().join(", ")
}
