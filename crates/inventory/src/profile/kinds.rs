//! What kind of value a leaf is: its JSON type, and of texts the format, told by the classes of
//! their bytes in one pass.

use gatewatch_decode::Value;

/// Type and format in one; what a member counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub(crate) enum Kind {
    Null = 0,
    Boolean,
    Integer,
    Number,
    Object,
    Array,
    /// A text of no format that is known here.
    Text,
    Empty,
    IntegerText,
    Decimal,
    BooleanText,
    Uuid,
    Date,
    DateTime,
    Email,
    Uri,
    Ipv4,
    Ipv6,
    Hex,
    Base64,
    Jwt,
    Phone,
}

/// Every kind with the name of its JSON type and of its format.
#[rustfmt::skip]
pub(super) static ROLL: &[(Kind, &str, &str)] = &[
    (Kind::Null,        "null",    ""),
    (Kind::Boolean,     "boolean", ""),
    (Kind::Integer,     "integer", ""),
    (Kind::Number,      "number",  ""),
    (Kind::Object,      "object",  ""),
    (Kind::Array,       "array",   ""),
    (Kind::Text,        "string",  ""),
    (Kind::Empty,       "string",  ""),
    (Kind::IntegerText, "string",  "integer"),
    (Kind::Decimal,     "string",  "decimal"),
    (Kind::BooleanText, "string",  "boolean"),
    (Kind::Uuid,        "string",  "uuid"),
    (Kind::Date,        "string",  "date"),
    (Kind::DateTime,    "string",  "date-time"),
    (Kind::Email,       "string",  "email"),
    (Kind::Uri,         "string",  "uri"),
    (Kind::Ipv4,        "string",  "ipv4"),
    (Kind::Ipv6,        "string",  "ipv6"),
    (Kind::Hex,         "string",  "hex"),
    (Kind::Base64,      "string",  "base64"),
    (Kind::Jwt,         "string",  "jwt"),
    (Kind::Phone,       "string",  "phone"),
];

impl Kind {
    pub fn of(value: Value<'_>) -> Kind {
        match value {
            Value::Null => Kind::Null,
            Value::Bool(_) => Kind::Boolean,
            Value::Number(text) if text.bytes().any(|it| b".eE".contains(&it)) => Kind::Number,
            Value::Number(_) => Kind::Integer,
            Value::Text(text) => Kind::of_text(text),
            Value::EmptyList => Kind::Array,
            Value::EmptyObject => Kind::Object,
        }
    }

    pub fn of_text(text: &str) -> Kind {
        let bytes = text.as_bytes();
        let seen = classes(bytes);
        let only = |allowed: u16| seen & !allowed == 0;
        match bytes {
            [] => Kind::Empty,
            _ if only(DIGIT) && bytes.len() <= DIGITS_MAX => Kind::IntegerText,
            _ if only(DIGIT | HEX | DASH) && is_uuid(bytes) => Kind::Uuid,
            _ if only(DIGIT | DASH) && is_date(bytes) => Kind::Date,
            _ if only(DIGIT | DASH | DOT | PLUS) => of_numbers(text),
            _ if only(ALPHA) => of_letters(text),
            _ if seen & (DIGIT | COLON) == DIGIT | COLON && is_date_time(bytes) => Kind::DateTime,
            _ if seen & AT != 0 && is_email(bytes) => Kind::Email,
            _ if seen & (COLON | SLASH) == COLON | SLASH && is_uri(bytes) => Kind::Uri,
            _ if seen & COLON != 0 && only(DIGIT | HEX | COLON | DOT) && is_ipv6(text) => {
                Kind::Ipv6
            }
            _ if only(DIGIT | HEX) && is_hex(bytes) => Kind::Hex,
            _ if only(DIGIT | DASH | DOT | PLUS | PHONE | SPACE) && is_phone(bytes) => Kind::Phone,
            _ if seen & DOT != 0 && only(BASE64_URL | DOT) && is_jwt(bytes) => Kind::Jwt,
            _ if is_base64(bytes, seen) => Kind::Base64,
            _ => Kind::Text,
        }
    }

    pub fn number(self) -> u8 {
        self as u8
    }

    pub fn json_type(self) -> &'static str {
        ROLL[usize::from(self.number())].1
    }

    /// Empty for what has none.
    pub fn format(self) -> &'static str {
        ROLL[usize::from(self.number())].2
    }

    pub fn parse(number: u8) -> Option<Kind> {
        ROLL.get(usize::from(number)).map(|it| it.0)
    }
}

/// More digits than this are a text of digits.
const DIGITS_MAX: usize = 19;
const HEX_BYTES_MIN: usize = 12;
const BASE64_BYTES_MIN: usize = 20;

const DIGIT: u16 = 1;
/// `a` to `f` in either case.
const HEX: u16 = 2;
const LOWER: u16 = 4;
const UPPER: u16 = 8;
const DASH: u16 = 16;
const UNDERSCORE: u16 = 32;
const DOT: u16 = 64;
const COLON: u16 = 128;
const SLASH: u16 = 256;
const PLUS: u16 = 512;
const EQUALS: u16 = 1_024;
const AT: u16 = 2_048;
const SPACE: u16 = 4_096;
/// Brackets.
const PHONE: u16 = 8_192;
const OTHER: u16 = 16_384;
/// Set beside `HEX`, so that the case of those letters shows too.
const ALPHA: u16 = HEX | LOWER | UPPER;
const BASE64_URL: u16 = DIGIT | ALPHA | DASH | UNDERSCORE;

static CLASSES: [u16; 256] = {
    let mut table = [OTHER; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] = match byte as u8 {
            b'0'..=b'9' => DIGIT,
            b'a'..=b'f' | b'A'..=b'F' => HEX,
            b'g'..=b'z' => LOWER,
            b'G'..=b'Z' => UPPER,
            b'-' => DASH,
            b'_' => UNDERSCORE,
            b'.' => DOT,
            b':' => COLON,
            b'/' => SLASH,
            b'+' => PLUS,
            b'=' => EQUALS,
            b'@' => AT,
            b' ' => SPACE,
            b'(' | b')' => PHONE,
            _ => OTHER,
        };
        byte += 1;
    }
    table
};

/// Only the beginning of a long text is looked at.
const LOOK_BYTES_MAX: usize = 512;

fn classes(bytes: &[u8]) -> u16 {
    let looked = &bytes[..bytes.len().min(LOOK_BYTES_MAX)];
    looked
        .iter()
        .fold(0, |seen, byte| seen | CLASSES[usize::from(*byte)])
}

/// Digits with signs and dots, but no plain integer.
fn of_numbers(text: &str) -> Kind {
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let dots = unsigned.bytes().filter(|it| *it == b'.').count();
    let rest_digits = unsigned.bytes().all(|it| it.is_ascii_digit() || it == b'.');
    let edges = unsigned.starts_with('.') || unsigned.ends_with('.');
    if rest_digits && !edges && unsigned.len() <= DIGITS_MAX + 1 {
        match dots {
            0 if (1..=DIGITS_MAX).contains(&unsigned.len()) => return Kind::IntegerText,
            1 => return Kind::Decimal,
            3 if text.parse::<core::net::Ipv4Addr>().is_ok() => return Kind::Ipv4,
            _ => {}
        }
    }
    if is_phone(text.as_bytes()) {
        return Kind::Phone;
    }
    Kind::Text
}

fn of_letters(text: &str) -> Kind {
    if text.eq_ignore_ascii_case("true") || text.eq_ignore_ascii_case("false") {
        Kind::BooleanText
    } else {
        Kind::Text
    }
}

fn is_uuid(bytes: &[u8]) -> bool {
    bytes.len() == 36
        && bytes
            .iter()
            .enumerate()
            .all(|(at, it)| (*it == b'-') == matches!(at, 8 | 13 | 18 | 23))
}

/// `2026-11-21`.
fn is_date(bytes: &[u8]) -> bool {
    let [_, _, _, _, b'-', month, month2, b'-', day, day2] = bytes else {
        return false;
    };
    let two = |one: u8, two: u8| {
        let digits = one.is_ascii_digit() && two.is_ascii_digit();
        digits.then(|| u32::from(one - b'0') * 10 + u32::from(two - b'0'))
    };
    bytes[..4].iter().all(u8::is_ascii_digit)
        && two(*month, *month2).is_some_and(|it| (1..=12).contains(&it))
        && two(*day, *day2).is_some_and(|it| (1..=31).contains(&it))
}

/// A date, `T` or a blank, and at least hours and minutes.
fn is_date_time(bytes: &[u8]) -> bool {
    bytes.len() >= 16
        && bytes.len() <= 40
        && is_date(&bytes[..10])
        && matches!(bytes[10], b'T' | b't' | b' ')
        && bytes[13] == b':'
        && [11, 12, 14, 15]
            .iter()
            .all(|at| bytes[*at].is_ascii_digit())
}

fn is_email(bytes: &[u8]) -> bool {
    let Some(at) = bytes.iter().position(|it| *it == b'@') else {
        return false;
    };
    let (local, domain) = (&bytes[..at], &bytes[at + 1..]);
    let plain = |it: &u8| it.is_ascii_alphanumeric() || b"-._%+'".contains(it) || *it >= 0x80;
    bytes.len() <= 254
        && !local.is_empty()
        && local.iter().all(plain)
        && domain.iter().all(plain)
        && domain
            .iter()
            .position(|it| *it == b'.')
            .is_some_and(|it| it > 0 && it + 1 < domain.len())
}

/// A scheme, `://` and something behind it.
fn is_uri(bytes: &[u8]) -> bool {
    let scheme = bytes
        .iter()
        .take_while(|it| it.is_ascii_alphanumeric() || b"+-.".contains(it))
        .count();
    (1..=16).contains(&scheme)
        && bytes[0].is_ascii_alphabetic()
        && bytes[scheme..].starts_with(b"://")
        && bytes.len() > scheme + 3
        && !bytes.contains(&b' ')
}

fn is_ipv6(text: &str) -> bool {
    text.parse::<core::net::Ipv6Addr>().is_ok()
}

/// With at least one digit and one letter: a word such as `facade` is none.
fn is_hex(bytes: &[u8]) -> bool {
    bytes.len() >= HEX_BYTES_MIN
        && bytes.iter().any(u8::is_ascii_digit)
        && bytes.iter().any(u8::is_ascii_alphabetic)
}

/// Up to fifteen digits, with `+` before them or signs between them.
fn is_phone(bytes: &[u8]) -> bool {
    let digits = bytes.iter().filter(|it| it.is_ascii_digit()).count();
    let plus = bytes.first() == Some(&b'+');
    let bracket = bytes.first() == Some(&b'(');
    let digits_min = if plus || bracket { 7 } else { 10 };
    (digits_min..=15).contains(&digits)
        && bytes.len() <= 24
        && (plus || bytes.len() > digits)
        && bytes.iter().skip(1).all(|it| *it != b'+')
        && dots(bytes) != 1
        && matches!(bytes[0], b'+' | b'(' | b'0'..=b'9')
}

fn is_jwt(bytes: &[u8]) -> bool {
    bytes.starts_with(b"eyJ") && dots(bytes) == 2
}

fn dots(bytes: &[u8]) -> usize {
    bytes.split(|it| *it == b'.').count() - 1
}

/// Long, of no other signs, and so mixed that it is no word.
fn is_base64(bytes: &[u8], seen: u16) -> bool {
    let standard =
        seen & !(DIGIT | ALPHA | PLUS | SLASH | EQUALS) == 0 && bytes.len().is_multiple_of(4);
    let url = seen & !(BASE64_URL | EQUALS) == 0;
    bytes.len() >= BASE64_BYTES_MIN
        && (standard || url)
        && seen & DIGIT != 0
        && bytes.iter().any(u8::is_ascii_uppercase)
        && bytes.iter().any(u8::is_ascii_lowercase)
        && !bytes.starts_with(b"/")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(text: &str, expected: &str) {
        assert_eq!(Kind::of_text(text).format(), expected, "{text}");
    }

    #[test]
    fn formats_are_told_by_their_bytes() {
        for (text, format) in [
            ("17", "integer"),
            ("-17", "integer"),
            ("3.14", "decimal"),
            ("True", "boolean"),
            ("c0ffee00-4f89-11d3-9a0c-0305e82c3301", "uuid"),
            ("2026-11-21", "date"),
            ("2026-11-21T08:00:00Z", "date-time"),
            ("2026-11-21 08:00", "date-time"),
            ("anna.o'neil+x@mail.example.com", "email"),
            ("https://a.example/b?c=d", "uri"),
            ("203.0.113.9", "ipv4"),
            ("2001:db8::1", "ipv6"),
            ("deadbeefcafe0042", "hex"),
            ("dGhpcyBpcyBhIHRlc3QgMTIzNDU2", "base64"),
            ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln", "jwt"),
            ("+49 30 123456", "phone"),
            ("(555) 123-4567", "phone"),
        ] {
            check(text, format);
        }
    }

    #[test]
    fn what_only_looks_a_little_like_it_is_plain_text() {
        for text in [
            "",
            "-",
            ".",
            "1.2.3",
            "2026-13-21",
            "facade",
            "PENDING_REVIEW",
            "a@b",
            "@home",
            "12:30",
            "http://",
            "a/b/c",
            "v1.2",
            "11111111111111111111",
            "hello world",
            "ünïcode",
        ] {
            check(text, "");
        }
    }

    #[test]
    fn the_roll_stands_in_the_order_of_its_numbers() {
        for (number, (kind, ..)) in ROLL.iter().enumerate() {
            assert_eq!(usize::from(kind.number()), number);
        }
    }

    proptest! {
        #[test]
        fn any_text_has_a_kind(text in any::<String>()) {
            prop_assert_eq!(Kind::of_text(&text).json_type(), "string");
        }

        #[test]
        fn a_number_as_text_keeps_its_kind(number in any::<i64>()) {
            check(&number.to_string(), "integer");
        }
    }
}
