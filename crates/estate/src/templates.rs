//! Templates read slot by slot: `/orders/{id}.json` is two segments, the last one a slot with a
//! word behind it.

/// A part of a template.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part<'t> {
    Word(&'t str),
    /// Its name, without braces and without what modifies it: `{+path}`, `{id:[0-9]+}`.
    Slot(&'t str),
}

/// Cuts a template into words and slots. A brace that is never closed is a word.
pub(crate) fn parts(template: &str) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    let mut rest = template;
    while let Some(start) = rest.find('{') {
        let Some(length) = slot_length(&rest[start..]) else {
            break;
        };
        if start > 0 {
            parts.push(Part::Word(&rest[..start]));
        }
        let inside = &rest[start + 1..start + length - 1];
        parts.push(Part::Slot(slot_name(inside)));
        rest = &rest[start + length..];
    }
    if !rest.is_empty() {
        parts.push(Part::Word(rest));
    }
    parts
}

/// Of a slot at the start of the text, both braces counted. One segment at most.
fn slot_length(text: &str) -> Option<usize> {
    let mut depth = 0;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'{' => depth += 1,
            b'}' if depth == 1 => return Some(at + 1),
            b'}' => depth -= 1,
            b'/' => return None,
            _ => {}
        }
    }
    None
}

fn slot_name(inside: &str) -> &str {
    let name = inside.split_once(':').map_or(inside, |(name, _)| name);
    name.trim_matches(|it| matches!(it, '+' | '*' | '?' | '{' | '}') || char::is_whitespace(it))
}

pub(crate) fn slots(template: &str) -> impl Iterator<Item = &str> {
    parts(template).into_iter().filter_map(|it| match it {
        Part::Slot(name) => Some(name),
        Part::Word(_) => None,
    })
}

/// The template with slots that have no names: what two ways of naming them share.
pub(crate) fn nameless(template: &str) -> String {
    let mut text = String::with_capacity(template.len());
    for part in parts(template) {
        match part {
            Part::Word(word) => text.push_str(word),
            Part::Slot(_) => text.push_str("{}"),
        }
    }
    text
}

/// As inventory writes it: one slash between segments, none at the end, plain names in slots.
pub(crate) fn tidy(template: &str) -> String {
    let mut text = String::with_capacity(template.len() + 1);
    for segment in segments(template) {
        text.push('/');
        for part in parts(segment) {
            match part {
                Part::Word(word) => text.push_str(word),
                Part::Slot(name) => {
                    text.push('{');
                    text.push_str(name);
                    text.push('}');
                }
            }
        }
    }
    if text.is_empty() {
        text.push('/');
    }
    text
}

/// What stands between slashes, as long as that is not nothing.
pub(crate) fn segments(template: &str) -> impl Iterator<Item = &str> {
    template.split('/').filter(|it| !it.is_empty())
}

/// Whether both could name one path: segment by segment the same word, or a slot on a side.
pub(crate) fn overlap(one: &str, other: &str) -> bool {
    let (mut one, mut other) = (segments(one), segments(other));
    loop {
        match (one.next(), other.next()) {
            (None, None) => return true,
            (Some(one), Some(other)) => {
                let slot = one.contains('{') || other.contains('{');
                if !slot && one != other {
                    return false;
                }
            }
            _ => return false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_are_found_wherever_they_stand() {
        use Part::{Slot, Word};
        assert_eq!(
            parts("/a/{id}.json"),
            [Word("/a/"), Slot("id"), Word(".json")]
        );
        assert_eq!(
            parts("/Orders({id})"),
            [Word("/Orders("), Slot("id"), Word(")")]
        );
        assert_eq!(parts("/{from}-{to}").len(), 4);
        assert_eq!(
            parts("/a/{id:[0-9]{2,3}}/b"),
            [Word("/a/"), Slot("id"), Word("/b")]
        );
        assert_eq!(parts("/{proxy+}"), [Word("/"), Slot("proxy")]);
        assert_eq!(parts("/a{b/c}"), [Word("/a{b/c}")]);
        assert_eq!(parts("*"), [Word("*")]);
    }

    #[test]
    fn names_of_slots_do_not_matter() {
        assert_eq!(nameless("/pets/{petId}"), nameless("/pets/{id}"));
        assert_ne!(nameless("/pets/{petId}"), nameless("/pets/{id}.json"));
    }

    #[test]
    fn templates_are_spelled_as_inventory_spells_them() {
        for (text, expected) in [
            ("", "/"),
            ("/", "/"),
            ("//a///b/", "/a/b"),
            ("a/{id:int}", "/a/{id}"),
        ] {
            assert_eq!(tidy(text), expected);
        }
    }

    #[test]
    fn a_word_overlaps_a_slot_and_no_other_word() {
        assert!(overlap("/users/me", "/users/{id}"));
        assert!(!overlap("/users/me", "/users/you"));
        assert!(!overlap("/users/me", "/users/{id}/x"));
    }
}
