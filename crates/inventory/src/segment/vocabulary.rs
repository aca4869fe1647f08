//! Words that name things of APIs in general and nobody in particular: `orders`, `export`,
//! `getUserByID`. Text made of them alone tells nothing of anyone, however few have sent it.

use std::sync::LazyLock;

use super::spelling::{SMALL_WORDS, tokens};

/// In small letters, one a line, sorted. Not a name of a person or a place is among them, and
/// plurals that a rule makes are left out.
static WORDS: LazyLock<Vec<&str>> =
    LazyLock::new(|| include_str!("vocabulary.txt").lines().collect());

/// More is a sentence, and a title may be a value.
const PARTS_MAX: usize = 6;
/// A longer number beside words is a date or an id.
const DIGITS_MAX: usize = 3;
const WORD_BYTES_MAX: usize = 24;

/// Whether every word of the text is of the vocabulary.
pub(crate) fn is_ordinary(text: &str) -> bool {
    if text.len() <= 2 {
        return text.is_ascii();
    }
    let (mut parts, mut known) = (0, false);
    for token in tokens(text) {
        match token[0] {
            b'0'..=b'9' if token.len() > DIGITS_MAX => return false,
            b'a'..=b'z' | b'A'..=b'Z' => {
                let word = is_word(token);
                if !word && !is_small(token) {
                    return false;
                }
                known |= word;
                parts += 1;
            }
            b'0'..=b'9' | b'-' | b'_' | b'.' | b'$' | b':' | b'~' | b'(' | b')' => {}
            _ => return false,
        }
    }
    known && parts <= PARTS_MAX
}

/// Letters that go with words: `v2`, `byId`, `x-rates`.
fn is_small(token: &[u8]) -> bool {
    token.len() == 1
        || token.len() == 2
            && SMALL_WORDS
                .iter()
                .chain(&["db", "js", "md", "os", "qr", "ui"])
                .any(|it| it.as_bytes().eq_ignore_ascii_case(token))
}

fn is_word(token: &[u8]) -> bool {
    let mut small = [0; WORD_BYTES_MAX];
    let Some(small) = small.get_mut(..token.len()) else {
        return false;
    };
    small.copy_from_slice(token);
    small.make_ascii_lowercase();
    let knows = |it: &[u8]| {
        it.len() >= 2
            && WORDS
                .binary_search_by(|word| word.as_bytes().cmp(it))
                .is_ok()
    };
    if knows(small) || small.strip_suffix(b"s").is_some_and(knows) {
        return true;
    }
    if small.strip_suffix(b"es").is_some_and(knows) {
        return true;
    }
    // `ies` is the plural of `y`.
    let length = small.len();
    if length > 4 && small.ends_with(b"ies") {
        small[length - 3] = b'y';
        return knows(&small[..length - 2]);
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_sorted_and_in_small_letters() {
        assert!(WORDS.is_sorted() && WORDS.len() > 800);
        let plain = |it: &&str| it.len() >= 3 && it.bytes().all(|it| it.is_ascii_lowercase());
        assert!(WORDS.iter().all(plain));
    }

    #[test]
    fn what_apis_offer_is_ordinary() {
        for text in [
            "orders",
            "v1",
            "me",
            "getUserByID",
            "openid-configuration",
            ".well-known",
            "oauth2",
            "categories",
            "statuses",
            "user_settings",
            "app.min.js",
            "healthz",
            "X-Rates",
        ] {
            assert!(is_ordinary(text), "{text}");
        }
    }

    #[test]
    fn people_places_and_what_tells_of_them_are_not() {
        for text in [
            "alice",
            "anna-schmidt",
            "Berlin",
            "user-anna",
            "order-20261121",
            "frobnicate",
            "é",
            "orders,anna",
            "how-to-update-the-status-of-an-order-by-mail",
            "4111",
            "",
            "my-order-of-alice",
        ] {
            assert_eq!(is_ordinary(text), text.is_empty(), "{text}");
        }
    }
}
