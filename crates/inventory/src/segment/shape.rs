//! The questions of the roll of kinds, each answered from the text alone.

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
    text.contains(',')
        && text
            .split(',')
            .all(|it| integer(it) || uuid(it) || hex(it) || opaque(it) || prefixed(it))
}

/// Letters and digits that spell nothing: `A1B2C3`, `qt7FHcdG`, or base64.
pub fn opaque(text: &str) -> bool {
    let text = text.trim_end_matches('=');
    if text.len() < OPAQUE_BYTES_MIN || !text.bytes().all(is_base64url) {
        return false;
    }
    let counts = Counts::of(text);
    if counts.marks > 0 {
        return text.len() >= OPAQUE_MARKED_BYTES_MIN
            && counts.digits > 0
            && counts.case_mixed()
            && counts.spells_little();
    }
    match (counts.digits, counts.letters()) {
        (0, _) => text.len() >= OPAQUE_LETTERS_MIN && counts.case_mixed() && counts.spells_little(),
        (_, 0) => false,
        _ => !is_technical(text) && (counts.spells_little() || numbered_word(text)),
    }
}

/// A short word, `_` or `-`, and a value: `cus_9s6XKzkNRiz8i3`, `ord-000123`.
pub fn prefixed(text: &str) -> bool {
    let Some((head, tail)) = text.rsplit_once(['_', '-']) else {
        return false;
    };
    let named =
        !head.is_empty() && is_all(head, |it| it.is_ascii_alphanumeric() || b"_-".contains(&it));
    named
        && !is_technical_word(head)
        && (long_number(tail) || uuid_tail(text) || hash(tail) || hex(tail) || opaque(tail))
}

const OPAQUE_BYTES_MIN: usize = 6;
/// Letters alone must be more before they are held to spell nothing.
const OPAQUE_LETTERS_MIN: usize = 12;
/// With `-` or `_` in it, it could be words.
const OPAQUE_MARKED_BYTES_MIN: usize = 16;

/// Words that go with a number and stay names: `sha256`, `iso27001`, `utf-16`.
static TECHNICAL: &[&str] = &[
    "aes", "amd", "api", "arm", "base", "bip", "css", "ec", "ed", "eip", "erc", "es", "fips",
    "float", "form", "h", "hs", "html", "http", "int", "ipv", "iso", "latin", "md", "mp", "mpeg",
    "oauth", "pkcs", "ps", "rfc", "rs", "rsa", "sha", "soap", "tls", "uint", "utf", "v", "ver",
    "version", "web", "win", "windows", "x",
];

fn is_technical(text: &str) -> bool {
    let word = text.trim_end_matches(|it: char| it.is_ascii_digit());
    word.len() < text.len() && is_technical_word(word)
}

fn is_technical_word(word: &str) -> bool {
    TECHNICAL.iter().any(|it| it.eq_ignore_ascii_case(word))
}

/// One word and at least three digits: `user123`, `INV2024001`.
fn numbered_word(text: &str) -> bool {
    let word = text.trim_end_matches(|it: char| it.is_ascii_digit());
    text.len() - word.len() >= 3 && is_all(word, |it| it.is_ascii_alphabetic())
}

/// At least four digits that are no year.
fn long_number(text: &str) -> bool {
    let year = text.len() == 4 && (text.starts_with("19") || text.starts_with("20"));
    text.len() >= 4 && !year && is_all(text, |it| it.is_ascii_digit())
}

fn uuid_tail(text: &str) -> bool {
    text.len() > 37 && text.is_char_boundary(text.len() - 36) && uuid(&text[text.len() - 36..])
}

/// What a text is made of.
#[derive(Default)]
struct Counts {
    lower: usize,
    upper: usize,
    digits: usize,
    marks: usize,
    /// Letters in runs that could be a word: `Callback`, `user`.
    spelled: usize,
}

impl Counts {
    fn of(text: &str) -> Counts {
        let mut counts = Counts::default();
        for byte in text.bytes() {
            match byte {
                b'a'..=b'z' => counts.lower += 1,
                b'A'..=b'Z' => counts.upper += 1,
                b'0'..=b'9' => counts.digits += 1,
                _ => counts.marks += 1,
            }
        }
        counts.spelled = spelled(text.as_bytes(), counts.lower == 0);
        counts
    }

    fn letters(&self) -> usize {
        self.lower + self.upper
    }

    fn case_mixed(&self) -> bool {
        self.lower > 0 && self.upper > 0
    }

    fn spells_little(&self) -> bool {
        self.spelled * 2 < self.letters() || self.digits >= 3 && self.letters() <= 3
    }
}

/// How many letters stand in runs of at least three of one case (a capital may lead) that have a
/// vowel. `shouting` text has no small letters: there capitals count as such.
fn spelled(bytes: &[u8], shouting: bool) -> usize {
    let mut sum = 0;
    let mut run: &[u8] = &[];
    for at in 0..=bytes.len() {
        let small = bytes.get(at).is_some_and(|it| {
            if shouting {
                it.is_ascii_uppercase()
            } else {
                it.is_ascii_lowercase()
            }
        });
        if small {
            let from = at - run.len();
            run = &bytes[from..=at];
            continue;
        }
        if run.len() >= 2 && run.iter().any(|it| b"aeiouyAEIOUY".contains(it)) {
            let capital = bytes[..at - run.len()]
                .last()
                .is_some_and(u8::is_ascii_uppercase)
                && !shouting;
            let length = run.len() + usize::from(capital);
            sum += if length >= 3 { length } else { 0 };
        }
        run = &[];
    }
    sum
}

fn is_base64url(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_'
}

fn is_all(text: &str, is: impl Fn(u8) -> bool) -> bool {
    !text.is_empty() && text.bytes().all(is)
}
