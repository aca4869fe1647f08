//! One detection, as its file in the catalogue tells it: the card, and its rules if it is written
//! as data.

use gatewatch_model::signal::{Maturity, Severity};
use serde::Deserialize;

/// A kind of attack: the `class` that `scan` prints.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Class {
    pub id: Box<str>,
    pub title: Box<str>,
    pub owasp: Vec<Box<str>>,
    pub mitre: Vec<Box<str>>,
}

#[derive(Clone, Debug)]
pub struct Detection {
    /// `injection.sql`.
    pub id: Box<str>,
    /// Of `classes.toml`.
    pub class: Box<str>,
    pub title: Box<str>,
    pub severity: Severity,
    pub maturity: Maturity,
    /// Beyond those of its class.
    pub owasp: Vec<Box<str>>,
    pub mitre: Vec<Box<str>>,
    /// For people who see the alert.
    pub why: Box<str>,
    /// What to do about it, in order.
    pub respond: Vec<Box<str>>,
    pub references: Vec<Box<str>>,
    /// Its `see` is a function on the roll; then there are no rules.
    pub code: bool,
    pub rules: Vec<Rule>,
    /// Detections of answers that show that it worked.
    pub proved_by: Vec<Box<str>>,
}

/// An expression that speaks for an attack where it is found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Within its detection: `union-select`.
    pub id: Box<str>,
    /// Found anywhere in a value, in lower case.
    pub pattern: Box<str>,
    pub view: View,
    /// Where it looks; everywhere in the request if nothing is said.
    pub on: Vec<Part>,
    /// One of these stands in every text that matches, in lower case; read off the pattern if
    /// nothing is said.
    pub gate: Vec<Box<str>>,
    /// How sure it is on its own, in percent.
    pub confidence: u8,
    /// Values on which it fires, and on which it does not.
    pub fires: Vec<Box<str>>,
    pub quiet: Vec<Box<str>>,
}

/// As what a value is read before a rule looks at it. Every view is unwound: encodings undone,
/// lower case.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum View {
    #[default]
    Plain,
    /// Comments are spaces, texts that are strung together are one.
    Sql,
    /// Quotes, backslashes and empty variables that a shell would drop are gone.
    Shell,
    /// Entities undone, white space within words of a scheme dropped, as browsers do.
    Html,
    /// `/./` and `//` are `/`, backslashes are slashes.
    Path,
    /// As it came, but in lower case.
    Raw,
}

impl View {
    pub const ALL: [View; 6] = [
        View::Plain,
        View::Sql,
        View::Shell,
        View::Html,
        View::Path,
        View::Raw,
    ];

    pub fn name(self) -> &'static str {
        match self {
            View::Plain => "plain",
            View::Sql => "sql",
            View::Shell => "shell",
            View::Html => "html",
            View::Path => "path",
            View::Raw => "raw",
        }
    }
}

/// A part of an exchange that a rule looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Part {
    /// The whole path.
    Path,
    /// Values of the query.
    Query,
    /// Of headers other than those named below.
    Headers,
    UserAgent,
    Referer,
    Cookies,
    Body,
    /// Names of parameters and members.
    Names,
    /// The answer's body.
    Answer,
    AnswerHeaders,
}

impl Part {
    pub const ALL: [Part; 10] = [
        Part::Path,
        Part::Query,
        Part::Headers,
        Part::UserAgent,
        Part::Referer,
        Part::Cookies,
        Part::Body,
        Part::Names,
        Part::Answer,
        Part::AnswerHeaders,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Part::Path => "path",
            Part::Query => "query",
            Part::Headers => "headers",
            Part::UserAgent => "user-agent",
            Part::Referer => "referer",
            Part::Cookies => "cookies",
            Part::Body => "body",
            Part::Names => "names",
            Part::Answer => "answer",
            Part::AnswerHeaders => "answer-headers",
        }
    }

    pub fn is_answer(self) -> bool {
        matches!(self, Part::Answer | Part::AnswerHeaders)
    }
}
