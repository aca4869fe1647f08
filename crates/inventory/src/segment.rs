//! What kind of text a path segment is: a word that names, or a value of some kind.

mod shape;

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
    kind("opaque", "{id}", shape::opaque),
    kind("prefixed", "{id}", shape::prefixed),
];

/// What stands for a text that may be anything: too long, or with signs that no name has.
const TEXT: &str = "{text}";

/// Appends the segment as it stands in a template: itself if it is a name, else its slot.
pub fn write(segment: &str, template: &mut String) {
    if is_plain_word(segment) {
        template.push_str(segment);
    } else if let Some(kind) = find(segment) {
        template.push_str(kind.slot);
    } else if let Some((slot, tail)) = with_tail(segment) {
        template.push_str(slot);
        template.push_str(tail);
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

/// `17.json` and `17:cancel` are a value with a word that names.
fn with_tail(segment: &str) -> Option<(&'static str, &str)> {
    let at = segment.rfind(['.', ':']).filter(|it| *it > 0)?;
    let (value, tail) = segment.split_at(at);
    let named =
        (2..=17).contains(&tail.len()) && tail[1..].bytes().all(|it| it.is_ascii_alphabetic());
    let kind = find(value).filter(|_| named)?;
    Some((kind.slot, tail))
}

fn is_literal(segment: &str) -> bool {
    segment.len() <= LITERAL_BYTES_MAX
        && segment
            .chars()
            .all(|it| it.is_alphanumeric() || "-._~!$*+,=:()[]&;|^".contains(it))
}
