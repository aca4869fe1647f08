//! Names that OpenAPI takes: keys of paths, slots that are unique, ids of operations.

use std::collections::BTreeMap;

use crate::templates::{self, Part};

pub(super) static METHODS: &[&str] = &[
    "get", "put", "post", "delete", "options", "head", "patch", "trace",
];

/// The path of a template as OpenAPI writes it.
pub(super) struct PathKey {
    pub text: String,
    /// The names of its slots, from left to right: no two alike.
    pub slots: Vec<String>,
}

impl PathKey {
    pub(super) fn new(path: &str) -> Self {
        let mut key = PathKey {
            text: String::new(),
            slots: Vec::new(),
        };
        for part in templates::parts(path) {
            match part {
                Part::Word(word) => push_word(&mut key.text, word),
                Part::Slot(name) => {
                    let name = unique(&plain(name, "slot"), |it| {
                        key.slots.iter().any(|known| known == it)
                    });
                    key.text.extend(["{", &name, "}"]);
                    key.slots.push(name);
                }
            }
        }
        key
    }
}

/// What would mean something else in the key of a path is percent-encoded.
fn push_word(text: &mut String, word: &str) {
    for sign in word.chars() {
        match sign {
            '{' => text.push_str("%7B"),
            '}' => text.push_str("%7D"),
            '?' => text.push_str("%3F"),
            '#' => text.push_str("%23"),
            ' ' => text.push_str("%20"),
            _ => text.push(sign),
        }
    }
}

/// Letters, digits, `-`, `_` and `.`; never empty.
fn plain(name: &str, instead: &str) -> String {
    let plain = |it: char| it.is_ascii_alphanumeric() || matches!(it, '-' | '_' | '.');
    let text = name.chars().filter(|it| plain(*it)).collect::<String>();
    if text.is_empty() {
        instead.to_owned()
    } else {
        text
    }
}

/// `id`, `id2`, `id3` …
pub(super) fn unique(name: &str, is_taken: impl Fn(&str) -> bool) -> String {
    let numbered = (2..).map(|number: u32| format!("{name}{number}"));
    std::iter::once(name.to_owned())
        .chain(numbered)
        .find(|it| !is_taken(it))
        .unwrap_or_default()
}

/// `get_orders_id`, unless the document has a name of its own.
/// With every id that is known stands the last number that was tried behind it.
pub(super) fn operation_id(
    known: &mut BTreeMap<String, u32>,
    given: &str,
    method: &str,
    template: &str,
) -> String {
    let made = || {
        let mut text = method.to_ascii_lowercase();
        let letters = |it: char| it.is_ascii_alphanumeric();
        for word in template
            .split(|it| !letters(it))
            .filter(|it| !it.is_empty())
        {
            text.push('_');
            text.push_str(word);
        }
        text
    };
    let given = plain(given, "");
    let wanted = if given.is_empty() { made() } else { given };
    let mut number = known.get(&wanted).copied().unwrap_or(1);
    let mut id = wanted.clone();
    while known.contains_key(&id) {
        number += 1;
        id = format!("{wanted}{number}");
    }
    known.insert(wanted, number);
    known.entry(id.clone()).or_insert(1);
    id
}

/// A name below `components`.
pub(super) fn component(name: &str) -> String {
    plain(name, "unnamed")
}

/// `application/json`; nothing that is no media type.
pub(super) fn is_media_type(text: &str) -> bool {
    let token = |it: &str| {
        let sign = |it: u8| it.is_ascii_alphanumeric() || b"!#$&-^_.+*".contains(&it);
        !it.is_empty() && it.bytes().all(sign)
    };
    text.split_once('/')
        .is_some_and(|(kind, sub)| token(kind) && token(sub))
}

pub(super) fn is_host(text: &str) -> bool {
    let sign = |it: u8| it.is_ascii_alphanumeric() || b"-._:[]".contains(&it);
    !text.is_empty() && text.bytes().all(sign)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_of_a_path_have_different_names() {
        let key = PathKey::new("/a/{id}/b/{id}/{id2}/{}/{é}.json");
        assert_eq!(key.text, "/a/{id}/b/{id2}/{id22}/{slot}/{slot2}.json");
        assert_eq!(key.slots, ["id", "id2", "id22", "slot", "slot2"]);
    }

    #[test]
    fn braces_that_are_no_slot_are_encoded() {
        assert_eq!(PathKey::new("/a{b/c}?x y").text, "/a%7Bb/c%7D%3Fx%20y");
    }

    #[test]
    fn ids_of_operations_never_meet() {
        let mut known = BTreeMap::new();
        let mut id = |given, template| operation_id(&mut known, given, "GET", template);
        assert_eq!(id("", "/orders/{id}"), "get_orders_id");
        assert_eq!(id("", "/orders/id"), "get_orders_id2");
        assert_eq!(id("getOrder", "/x"), "getOrder");
        assert_eq!(id("getOrder", "/y"), "getOrder2");
        assert_eq!(id("", "*"), "get");
    }

    #[test]
    fn one_name_for_all_takes_no_search_for_each() {
        let mut known = BTreeMap::new();
        let ids = (0..200_000).map(|_| operation_id(&mut known, "same", "GET", "/"));
        assert_eq!(ids.last().unwrap(), "same200000");
    }
}
