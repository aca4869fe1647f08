//! The questions of the roll of kinds, each answered from the text alone.

use super::spelling::Spelling;

/// Digits, with a sign or not.
pub fn integer(text: &str) -> bool {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    is_all(digits, |it| it.is_ascii_digit())
}

/// With hyphens and in braces or not; without hyphens it is a hash.
pub fn uuid(text: &str) -> bool {
    let text = text
        .strip_prefix('{')
        .and_then(|it| it.strip_suffix('}'))
        .unwrap_or(text);
    text.len() == 36
        && text.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

/// `2026-11-21`, `2026-11`, each with or without a time of day.
pub fn date(text: &str) -> bool {
    let (day, time) = text.split_once(['T', ' ']).unwrap_or((text, "00"));
    let mut parts = day.split('-');
    let numbered = |part: Option<&str>, low: u32, high: u32, length: usize| {
        part.is_some_and(|it| {
            it.len() == length
                && integer(it)
                && it.parse().is_ok_and(|it: u32| (low..=high).contains(&it))
        })
    };
    numbered(parts.next(), 1_000, 2_999, 4)
        && numbered(parts.next(), 1, 12, 2)
        && parts.next().is_none_or(|it| numbered(Some(it), 1, 31, 2))
        && parts.next().is_none()
        && is_all(time, |it| it.is_ascii_digit() || b":.+-Z".contains(&it))
}

/// `-33.86` or `52.520008`; `1.1` is a version.
pub fn decimal(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let signed = digits.len() < text.len();
    digits.split_once('.').is_some_and(|(whole, part)| {
        let spelled =
            is_all(whole, |it| it.is_ascii_digit()) && is_all(part, |it| it.is_ascii_digit());
        spelled && (signed || part.len() >= 3)
    })
}

/// A digest in hexadecimal.
pub fn hash(text: &str) -> bool {
    matches!(text.len(), 32 | 40 | 56 | 64 | 96 | 128) && is_all(text, |it| it.is_ascii_hexdigit())
}

pub fn jwt(text: &str) -> bool {
    text.starts_with("eyJ")
        && text.split('.').count() >= 3
        && text.bytes().all(|it| it == b'.' || is_base64url(it))
}

/// Anything with an `@`: none of it may become a name.
pub fn email(text: &str) -> bool {
    text.contains('@')
}

pub fn address(text: &str) -> bool {
    text.parse::<std::net::IpAddr>().is_ok()
}

/// At least eight digits to the base 16, of both sorts; `deadbeef` is a word.
pub fn hex(text: &str) -> bool {
    text.len() >= 8
        && text.bytes().any(|it| it.is_ascii_digit())
        && (is_all(text, |it| {
            it.is_ascii_digit() || (b'a'..=b'f').contains(&it)
        }) || is_all(text, |it| {
            it.is_ascii_digit() || (b'A'..=b'F').contains(&it)
        }))
}

/// 26 digits to the base 32 of Crockford, the first of them at most 7.
pub fn ulid(text: &str) -> bool {
    text.len() == 26
        && matches!(text.as_bytes()[0], b'0'..=b'7')
        && is_all(text, |it| {
            it.is_ascii_alphanumeric() && !b"ILOUilou".contains(&it)
        })
}

/// Values side by side: `17,18,19`.
pub fn list(text: &str) -> bool {
    let kinds = [integer, decimal, uuid, hex, prefixed, opaque];
    text.contains(',') && text.split(',').all(|part| kinds.iter().any(|is| is(part)))
}

/// Letters and digits that spell nothing: `A1B2C3`, `qt7FHcdG`, or base64.
pub fn opaque(text: &str) -> bool {
    let text = text.trim_end_matches('=');
    if text.len() < OPAQUE_BYTES_MIN || !text.bytes().all(is_base64url) {
        return false;
    }
    let spelling = Spelling::of(text);
    let scrambled = text.len() >= SCRAMBLED_BYTES_MIN && spelling.is_scrambled();
    let Spelling {
        letters,
        digits,
        marks,
        ..
    } = spelling;
    if marks > 0 {
        // With `-` or `_` in it, it could be words.
        return digits > 0
            && text.len() >= MARKED_BYTES_MIN
            && scrambled
            && spelling.spells_less_than(1, 2);
    }
    if digits == 0 || letters == 0 {
        return scrambled && spelling.spells_less_than(1, 2);
    }
    if let Some((word, number)) = word_and_number(text) {
        let named = is_technical(word) || number.len() < 3 && !scrambled;
        return !named && (number.len() >= 3 || spelling.spells_less_than(3, 4));
    }
    let numeric = digits >= 3 && letters <= 3;
    numeric || spelling.spells_less_than(1, 2) || scrambled && spelling.spells_less_than(3, 4)
}

/// A short word, `_` or `-`, and a value: `cus_9s6XKzkNRiz8i3`, `ord-000123`.
pub fn prefixed(text: &str) -> bool {
    let Some((head, tail)) = text.rsplit_once(['_', '-']) else {
        return false;
    };
    let named = is_all(head, |it| it.is_ascii_alphanumeric() || b"_-".contains(&it));
    named
        && !is_technical(head)
        && (long_number(tail)
            || ends_in_uuid(text)
            || hash(tail)
            || hex(tail)
            || opaque(tail)
            || random(tail))
}

const OPAQUE_BYTES_MIN: usize = 6;
/// From here on the change of cases tells words from noise.
const SCRAMBLED_BYTES_MIN: usize = 8;
const MARKED_BYTES_MIN: usize = 16;

/// Words that go with a number and stay names: `sha256`, `iso27001`, `utf-16`.
static TECHNICAL: &[&str] = &[
    "aes", "amd", "api", "arm", "base", "bip", "css", "ec", "ed", "eip", "erc", "es", "fips",
    "float", "form", "h", "hs", "html", "http", "int", "ipv", "iso", "latin", "md", "mp", "mpeg",
    "oauth", "pkcs", "ps", "rfc", "rs", "rsa", "sha", "soap", "tls", "uint", "utf", "v", "ver",
    "version", "web", "win", "windows", "x",
];

fn is_technical(word: &str) -> bool {
    TECHNICAL.iter().any(|it| it.eq_ignore_ascii_case(word))
}

/// Letters and then digits, and nothing else: `user123`, `INV2024001`.
fn word_and_number(text: &str) -> Option<(&str, &str)> {
    let word = text.trim_end_matches(|it: char| it.is_ascii_digit());
    let letters = is_all(word, |it| it.is_ascii_alphabetic()) && word.len() < text.len();
    letters.then(|| text.split_at(word.len()))
}

/// At least four digits that are no year.
fn long_number(text: &str) -> bool {
    let year = text.len() == 4 && (text.starts_with("19") || text.starts_with("20"));
    text.len() >= 4 && !year && is_all(text, |it| it.is_ascii_digit())
}

/// After a prefix, less is needed to be no word.
fn random(tail: &str) -> bool {
    let spelling = Spelling::of(tail);
    tail.len() >= SCRAMBLED_BYTES_MIN
        && is_all(tail, |it| it.is_ascii_alphanumeric())
        && spelling.mixed
        && (spelling.digits > 0 || spelling.is_scrambled())
}

fn ends_in_uuid(text: &str) -> bool {
    text.len()
        .checked_sub(36)
        .is_some_and(|at| text.is_char_boundary(at) && uuid(&text[at..]))
}

fn is_base64url(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_'
}

fn is_all(text: &str, is: impl Fn(u8) -> bool) -> bool {
    !text.is_empty() && text.bytes().all(is)
}
