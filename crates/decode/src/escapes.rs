//! Percent-escapes, wherever they stand: path, query, forms, cookies.

use std::borrow::Cow;

use gatewatch_model::Blemishes;

/// Decodes `%41` once into `bytes`; what is no escape stays as it is and makes this false.
pub(crate) fn percent_decode(text: &str, bytes: &mut Vec<u8>) -> bool {
    bytes.clear();
    append(text, Plus::Stays, bytes)
}

/// What a `+` means: itself, or a blank, as forms write it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Plus {
    Stays,
    IsBlank,
}

/// The text without its escapes. What decodes to no text is replaced and a blemish.
pub(crate) fn unescape<'t>(
    text: &'t str,
    plus: Plus,
    bytes: &'t mut Vec<u8>,
    blemishes: &mut Blemishes,
) -> Cow<'t, str> {
    let plain = match plus {
        Plus::Stays => memchr::memchr(b'%', text.as_bytes()).is_none(),
        Plus::IsBlank => memchr::memchr2(b'%', b'+', text.as_bytes()).is_none(),
    };
    if plain {
        return Cow::Borrowed(text);
    }
    bytes.clear();
    let sound = append(text, plus, bytes);
    let decoded = String::from_utf8_lossy(bytes);
    if !sound || matches!(decoded, Cow::Owned(_)) {
        blemishes.insert(Blemishes::BAD_ESCAPE);
    }
    decoded
}

/// Whether an escape stands in there.
pub(crate) fn is_escaped(text: &str) -> bool {
    text.as_bytes()
        .windows(3)
        .any(|it| it[0] == b'%' && it[1].is_ascii_hexdigit() && it[2].is_ascii_hexdigit())
}

fn append(text: &str, plus: Plus, bytes: &mut Vec<u8>) -> bool {
    let mut sound = true;
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let escape = match (first, tail) {
            (b'%', [high, low, ..]) => hex(*high).zip(hex(*low)),
            _ => None,
        };
        sound &= *first != b'%' || escape.is_some();
        bytes.push(match escape {
            Some((high, low)) => high << 4 | low,
            None if *first == b'+' && plus == Plus::IsBlank => b' ',
            None => *first,
        });
        rest = if escape.is_some() { &tail[2..] } else { tail };
    }
    sound
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).map(|it| it as u8)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, plus: Plus, expected: &str, sound: bool) {
        let (mut bytes, mut blemishes) = (Vec::new(), Blemishes::default());
        assert_eq!(unescape(text, plus, &mut bytes, &mut blemishes), expected);
        assert_eq!(blemishes.is_empty(), sound, "{text}");
    }

    #[test]
    fn escapes_and_blanks_are_decoded_once() {
        check("caf%C3%A9+au%20lait", Plus::IsBlank, "café au lait", true);
        check("a+b%2B%2520", Plus::Stays, "a+b+%20", true);
        check("plain", Plus::IsBlank, "plain", true);
    }

    #[test]
    fn what_is_no_escape_stays_and_what_is_no_text_is_replaced() {
        check("100%", Plus::Stays, "100%", false);
        check("%zz+%4", Plus::IsBlank, "%zz %4", false);
        check("%ff.", Plus::Stays, "\u{fffd}.", false);
    }

    #[test]
    fn only_whole_escapes_count_as_escaped() {
        assert!(is_escaped("a%2e"));
        assert!(!is_escaped("100% of %2"));
    }
}
