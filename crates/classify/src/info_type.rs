//! One type of sensitive information, as its file in the catalogue tells it.

use gatewatch_model::InfoTypeId;
use gatewatch_model::info_type::Category;
use gatewatch_model::signal::Severity;
use serde::Deserialize;

use crate::checks::Check;
use crate::tokens::TokenList;

/// One type, read and proved sound.
#[derive(Clone, Debug)]
pub struct InfoType {
    pub key: InfoTypeId,
    /// `us-ssn`.
    pub id: Box<str>,
    pub title: Box<str>,
    pub category: Category,
    pub severity: Severity,
    /// Two capital letters; evidence of that country or its language raises confidence.
    pub country: Option<[u8; 2]>,
    /// Looked for unless a scope says otherwise.
    pub on: bool,
    pub mask: Mask,
    /// Names of members, and words beside a value, that speak for it, in lower case, words
    /// separated by one space: `card number`.
    pub near: Vec<Box<str>>,
    /// That speak against it.
    pub far: Vec<Box<str>>,
    /// Of a dictionary, a list or a type by name alone there is one that takes any value.
    pub patterns: Vec<Pattern>,
    /// Values that are one of these words.
    pub dictionary: Option<Dictionary>,
    /// Values that are on a list that holds only their tokens.
    pub tokens: Option<TokenList>,
    /// By name alone: confidence in percent for whatever stands under such a name; else 0.
    pub by_name: u8,
    /// Each a text such as `{"card": "4111 1111 1111 1111"}` or `pan=5500005555555559`.
    pub examples: Vec<Box<str>>,
    pub counter_examples: Vec<Box<str>>,
    pub references: Vec<Box<str>>,
    /// What it stands for in the reference product.
    pub purview: Vec<Purview>,
}

impl InfoType {
    /// Whether a value is in the dictionary or on the list.
    pub(crate) fn lists(&self, value: &[u8]) -> bool {
        let words = self.dictionary.as_ref();
        words.is_some_and(|it| it.holds(value))
            || self.tokens.as_ref().is_some_and(|it| it.holds(value))
    }
}

impl Dictionary {
    fn holds(&self, value: &[u8]) -> bool {
        str::from_utf8(value).is_ok_and(|it| {
            let word = it.to_lowercase();
            self.words
                .binary_search_by(|known| (**known).cmp(&word))
                .is_ok()
        })
    }
}

/// One form that values of a type have.
#[derive(Clone, Debug)]
pub struct Pattern {
    /// Of the whole value, bytes not characters, without anchors.
    pub regex: Box<str>,
    pub check: Option<&'static Check>,
    /// Confidence in percent when nothing but the value speaks; 0: never without a name.
    pub alone: u8,
    /// Confidence in percent when the name speaks for it too.
    pub named: u8,
    /// The value must be in the dictionary or on the list of the type besides.
    pub listed: bool,
}

/// What of a value may be shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mask {
    /// Its length alone.
    #[default]
    Hidden,
    /// Its last four letters or digits: `•••• •••• •••• 1111`.
    LastFour,
    /// A prefix that says what it is: `ghp_•••`.
    Prefix,
    /// Of an e-mail address what comes after the `@`; of a network address its first half.
    Domain,
}

/// Values in lower case, sorted; the whole value is one of them or it is none.
#[derive(Clone, Debug)]
pub struct Dictionary {
    pub words: Box<[Box<str>]>,
    pub alone: u8,
    pub named: u8,
}

/// A type of the reference product, with its name and id there, and whether it is on by default.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Purview {
    pub name: Box<str>,
    #[serde(default)]
    pub guid: Option<Box<str>>,
    #[serde(default)]
    pub default: bool,
}
