//! Paths of members as people read them: names that are values become `{key}`, and what is very
//! deep ends in `{rest}`.

use gatewatch_model::Spot;
use xxhash_rust::xxh3::xxh3_64_with_seed;

use crate::profile::secrecy::is_dynamic;

pub(super) const PATH_BYTES_MAX: usize = 128;
pub(super) const KEY: &str = "{key}";
const REST: &str = "{rest}";

/// Writes the path with `{key}` where a name is a value or its object is `wide`. Answers whether
/// it is another path by that.
pub(super) fn generalise(path: &str, wide: impl Fn(&str) -> bool, out: &mut String) -> bool {
    out.clear();
    let mut changed = false;
    for part in parts(path) {
        if out.len() + part.len() > PATH_BYTES_MAX {
            push(out, REST);
            return true;
        }
        if part == "[]" {
            out.push_str(part);
        } else if part != KEY && (is_dynamic(&plain(part)) || wide(out)) {
            push(out, KEY);
            changed = true;
        } else {
            push(out, part);
        }
    }
    changed
}

/// What an object is known under, wherever it stands.
pub(super) fn object(spot: Spot, path: &str) -> u64 {
    xxh3_64_with_seed(path.as_bytes(), spot as u64)
}

/// The objects on the way to a member, each with the name that follows.
pub(super) fn objects(path: &str) -> impl Iterator<Item = (&str, &str)> {
    parts(path).filter(|it| *it != "[]").map(move |part| {
        let at = part.as_ptr() as usize - path.as_ptr() as usize;
        (path[..at].trim_end_matches('.'), part)
    })
}

/// The names and `[]` of a path; a quoted name with its quotes.
fn parts(path: &str) -> impl Iterator<Item = &str> {
    let mut rest = path;
    core::iter::from_fn(move || {
        rest = rest.strip_prefix('.').unwrap_or(rest);
        let end = end_of_part(rest)?;
        let (part, behind) = rest.split_at(end);
        rest = behind;
        Some(part)
    })
}

fn end_of_part(rest: &str) -> Option<usize> {
    let bytes = rest.as_bytes();
    match bytes {
        [] => None,
        [b'[', b']', ..] => Some(2),
        [b'[', b'\'', ..] => {
            let mut at = 2;
            while at < bytes.len() && bytes[at] != b'\'' {
                at += 1 + usize::from(bytes[at] == b'\\');
            }
            // Past the quote and the bracket, or whatever stands there instead.
            let mut end = (at + 2).min(rest.len());
            while !rest.is_char_boundary(end) {
                end += 1;
            }
            Some(end)
        }
        [_, behind @ ..] => {
            let plain = behind.iter().take_while(|it| **it != b'.' && **it != b'[');
            Some(1 + plain.count())
        }
    }
}

/// A name without its quotes.
fn plain(part: &str) -> std::borrow::Cow<'_, str> {
    match part.strip_prefix("['").and_then(|it| it.strip_suffix("']")) {
        Some(quoted) if quoted.contains('\\') => quoted.replace('\\', "").into(),
        Some(quoted) => quoted.into(),
        None => part.into(),
    }
}

fn push(out: &mut String, part: &str) {
    if !out.is_empty() && !part.starts_with('[') {
        out.push('.');
    }
    out.push_str(part);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(path: &str, expected: &str) {
        let mut out = String::new();
        generalise(path, |it| it == "wide", &mut out);
        assert_eq!(out, expected);
        let mut again = String::new();
        assert!(!generalise(&out, |it| it == "wide", &mut again), "{again}");
        assert_eq!(again, out);
    }

    #[test]
    fn names_that_are_values_become_key() {
        check("a.b[].c", "a.b[].c");
        check("users.17.name", "users.{key}.name");
        check("[].c0ffee00-4f89-11d3-9a0c-0305e82c3301[]", "[].{key}[]");
        check(
            "['anna@example.com'].x['two words']",
            "{key}.x['two words']",
        );
        check("wide.anything.below", "wide.{key}.below");
        check(r"a['it\'s'].b", r"a['it\'s'].b");
        check("", "");
        check("[][]", "[][]");
    }

    #[test]
    fn what_is_very_deep_ends_in_rest() {
        let deep = ["level"; 99].join(".");
        let mut out = String::new();
        assert!(generalise(&deep, |_| false, &mut out));
        assert!(
            out.len() <= PATH_BYTES_MAX + REST.len() + 1 && out.ends_with(".{rest}"),
            "{out}"
        );
    }

    #[test]
    fn objects_are_told_with_what_follows() {
        let found = objects("a.b[].c").collect::<Vec<_>>();
        assert_eq!(found, [("", "a"), ("a", "b"), ("a.b[]", "c")]);
    }

    proptest! {
        #[test]
        fn any_text_can_stand_for_a_path(path in any::<String>(), odd in "[a.\\[\\]'\\\\é{}]{0,40}") {
            let mut out = String::new();
            for path in [path, odd] {
                generalise(&path, |_| false, &mut out);
                prop_assert!(out.len() <= PATH_BYTES_MAX + REST.len() + 1);
                objects(&path).count();
            }
        }
    }
}
