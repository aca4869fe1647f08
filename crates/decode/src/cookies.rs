//! Cookies, those that a caller sends and those that an answer sets.

use crate::leaves::{Leaves, Value};

/// Adds the cookies of one `cookie` header, and shows each to `see`. They are not unescaped:
/// what an escape in them means is the application's affair.
pub(crate) fn read(header: &str, leaves: &mut Leaves, mut see: impl FnMut(&str, &str)) {
    for pair in header.split(';') {
        let pair = pair.trim();
        if pair.is_empty() {
            continue;
        }
        if leaves.is_full() {
            leaves.add(Value::Null);
            return;
        }
        let (name, value) = named(pair);
        leaves.add_named(name, Value::Text(value));
        see(name, value);
    }
}

/// Adds the cookie that one `set-cookie` header sets; its attributes are no values.
pub(crate) fn read_set(header: &str, leaves: &mut Leaves) {
    let pair = header.split(';').next().unwrap_or_default().trim();
    if !pair.is_empty() {
        let (name, value) = named(pair);
        leaves.add_named(name, Value::Text(value));
    }
}

fn named(pair: &str) -> (&str, &str) {
    let (name, value) = pair.split_once('=').unwrap_or(("", pair));
    let value = value.trim();
    let unquoted = value
        .strip_prefix('"')
        .and_then(|it| it.strip_suffix('"'))
        .unwrap_or(value);
    (name.trim(), unquoted)
}

#[cfg(test)]
mod tests {
    use gatewatch_model::Spot;

    use super::*;
    use crate::limits::COOKIES_MAX;

    fn cookies(header: &str) -> Vec<(String, String)> {
        let mut leaves = Leaves::default();
        leaves.begin(Spot::RequestCookies);
        let mut seen = Vec::new();
        read(header, &mut leaves, |name, value| {
            seen.push((name.to_owned(), value.to_owned()));
        });
        assert_eq!(seen.len(), leaves.len());
        seen
    }

    #[test]
    fn cookies_are_pairs_and_some_are_quoted_or_bare() {
        let found = cookies(" sid=a=b; theme=\"dark\";;  x ;y=");
        let found: Vec<_> = found
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        assert_eq!(
            found,
            [("sid", "a=b"), ("theme", "dark"), ("", "x"), ("y", "")]
        );
    }

    #[test]
    fn a_million_cookies_are_cut_to_their_bound() {
        assert_eq!(cookies(&"a=b;".repeat(1_000_000)).len(), COOKIES_MAX);
    }

    #[test]
    fn an_answer_sets_one_cookie_a_header() {
        let mut leaves = Leaves::default();
        leaves.begin(Spot::ResponseCookies);
        read_set("sid=31d4; Path=/; HttpOnly", &mut leaves);
        read_set("", &mut leaves);
        let set: Vec<_> = leaves.iter().map(|it| (it.name(), it.value)).collect();
        assert_eq!(set, [("sid", Value::Text("31d4"))]);
    }
}
