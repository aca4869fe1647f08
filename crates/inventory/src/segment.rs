//! What kind of text a path segment is: a word that names, or a value of some kind.

mod shape;
mod spelling;
pub(crate) mod vocabulary;

use crate::limits::LITERAL_BYTES_MAX;

/// A kind of value, and the slot that stands for it.
pub struct Kind {
    pub name: &'static str,
    pub slot: &'static str,
    is: fn(&str) -> bool,
}

/// The first kind that fits wins.
pub static ROLL: &[Kind] = &[
    kind("integer", "{id}", shape::integer),
    kind("uuid", "{id}", shape::uuid),
    kind("date", "{date}", shape::date),
    kind("decimal", "{number}", shape::decimal),
    kind("hash", "{hash}", shape::hash),
    kind("jwt", "{token}", shape::jwt),
    kind("email", "{email}", shape::email),
    kind("address", "{address}", shape::address),
    kind("hex", "{id}", shape::hex),
    kind("ulid", "{id}", shape::ulid),
    kind("list", "{id}", shape::list),
    kind("prefixed", "{id}", shape::prefixed),
    kind("opaque", "{id}", shape::opaque),
];

/// What stands for a text that may be anything: too long, or with signs that no name has.
const TEXT: &str = "{text}";

/// Appends the segment as it stands in a template: itself if it is a name, else its slot.
pub fn write(segment: &str, template: &mut String) {
    if is_plain_word(segment) {
        template.push_str(segment);
    } else if let Some(kind) = find(segment) {
        template.push_str(kind.slot);
    } else if let Some(parts) = with_value(segment) {
        template.extend(parts);
    } else if is_literal(segment) {
        template.push_str(segment);
    } else {
        template.push_str(TEXT);
    }
}

/// The kind of value that this segment is, if it is one.
pub fn find(segment: &str) -> Option<&'static Kind> {
    ROLL.iter().find(|it| (it.is)(segment))
}

const fn kind(name: &'static str, slot: &'static str, is: fn(&str) -> bool) -> Kind {
    Kind { name, slot, is }
}

/// Most segments are words in small letters: no value looks like that.
fn is_plain_word(segment: &str) -> bool {
    segment.len() <= LITERAL_BYTES_MAX
        && segment
            .bytes()
            .all(|it| it.is_ascii_lowercase() || it == b'-' || it == b'_')
}

/// `17.json` and `17:cancel` are a value with a word after it, `Orders(17)` one within it.
fn with_value(segment: &str) -> Option<[&str; 3]> {
    if let Some((name, value)) = segment.strip_suffix(')').and_then(|it| it.split_once('(')) {
        let value = value.trim_matches('\'');
        return (is_word(name) && !value.is_empty()).then_some([name, "({id}", ")"]);
    }
    let (value, word) = segment.rsplit_once(['.', ':'])?;
    let kind = find(value).filter(|_| is_word(word))?;
    Some([kind.slot, &segment[value.len()..=value.len()], word])
}

fn is_word(text: &str) -> bool {
    (1..=WORD_BYTES_MAX).contains(&text.len()) && text.bytes().all(|it| it.is_ascii_alphabetic())
}

/// The word beside a value: `json`, `cancel`, `UserAccounts`.
const WORD_BYTES_MAX: usize = 32;

pub(crate) fn is_literal(segment: &str) -> bool {
    segment.len() <= LITERAL_BYTES_MAX
        && segment
            .chars()
            .all(|it| it.is_alphanumeric() || "-._~!$*+,=:()[]&;|^".contains(it))
}

#[cfg(test)]
mod tests;
