//! What the spelling of one word says: whether it looks like a code, a verb, many things.

use xxhash_rust::xxh3::xxh3_64;

/// A word taken apart once.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Word {
    pub hash: u64,
    /// Of what is left in small letters without the number at its end.
    pub stem: u64,
    spelled: u16,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Spelled {
    Digit,
    /// A letter and then a number at the end, with a mark between or not.
    DigitTail,
    Version,
    Upper,
    Camel,
    Capital,
    Dash,
    Underscore,
    Dot,
    Short,
    OtherSign,
    Plural,
    Verb,
    /// `by-name`, `ByID`.
    By,
}

/// What APIs in general do or offer under a name of its own, beside slots.
static VERBS: &[&str] = &[
    "activate",
    "add",
    "all",
    "batch",
    "bulk",
    "cancel",
    "config",
    "count",
    "create",
    "current",
    "deactivate",
    "default",
    "delete",
    "disable",
    "download",
    "enable",
    "export",
    "find",
    "health",
    "history",
    "import",
    "info",
    "latest",
    "list",
    "login",
    "logout",
    "me",
    "new",
    "ping",
    "preview",
    "query",
    "refresh",
    "remove",
    "search",
    "self",
    "session",
    "settings",
    "statistics",
    "stats",
    "status",
    "summary",
    "token",
    "update",
    "upload",
    "validate",
    "verify",
    "version",
];

impl Word {
    pub fn of(text: &str) -> Word {
        let mut word = Word {
            hash: xxh3_64(text.as_bytes()),
            stem: xxh3_64(Word::stem_text(text).as_bytes()),
            spelled: 0,
        };
        let bytes = text.as_bytes();
        let any = |is: fn(&u8) -> bool| bytes.iter().any(is);
        let version = is_version(bytes);
        for (spelled, is) in [
            (Spelled::Digit, any(u8::is_ascii_digit)),
            (Spelled::DigitTail, has_digit_tail(text) && !version),
            (Spelled::Version, version),
            (Spelled::Upper, is_upper(text)),
            (Spelled::Camel, has_camel(bytes)),
            (Spelled::Capital, is_capital(bytes)),
            (Spelled::Dash, text.contains('-')),
            (Spelled::Underscore, text.contains('_')),
            (Spelled::Dot, text.contains('.')),
            (Spelled::Short, text.chars().count() <= 2),
            (
                Spelled::OtherSign,
                any(|it| !it.is_ascii_alphanumeric() && !b"._-".contains(it)),
            ),
            (
                Spelled::Plural,
                text.ends_with('s') && !text.ends_with("ss"),
            ),
            (
                Spelled::Verb,
                VERBS.binary_search(&&*text.to_ascii_lowercase()).is_ok(),
            ),
            (Spelled::By, is_by(text)),
        ] {
            word.spelled |= u16::from(is) << spelled as u16;
        }
        word
    }

    /// In small letters, without the number at its end.
    pub fn stem_text(text: &str) -> String {
        stem(text).to_lowercase()
    }

    /// Stem and spelling of a word whose text is not kept, and back.
    pub fn saved(self) -> (u64, u16) {
        (self.stem, self.spelled)
    }

    pub fn of_saved(identity: &str, (stem, spelled): (u64, u16)) -> Word {
        Word {
            hash: xxh3_64(identity.as_bytes()),
            stem,
            spelled,
        }
    }

    pub(super) fn is(self, spelled: Spelled) -> bool {
        self.spelled & 1 << spelled as u16 != 0
    }
}

/// The word without a number at its end and the one mark before that.
fn stem(text: &str) -> &str {
    let head = text.trim_end_matches(|it: char| it.is_ascii_digit());
    if head.len() == text.len() {
        return text;
    }
    head.strip_suffix(['-', '_']).unwrap_or(head)
}

fn has_digit_tail(text: &str) -> bool {
    let stem = stem(text);
    stem.len() < text.len() && stem.ends_with(|it: char| it.is_ascii_alphabetic())
}

fn is_version(text: &[u8]) -> bool {
    matches!(text, [b'v' | b'V', b'0'..=b'9', ..])
}

fn is_upper(text: &str) -> bool {
    text.len() > 1 && text.chars().any(char::is_uppercase) && !text.chars().any(char::is_lowercase)
}

fn has_camel(text: &[u8]) -> bool {
    text.windows(2)
        .any(|it| it[0].is_ascii_lowercase() && it[1].is_ascii_uppercase())
}

fn is_capital(text: &[u8]) -> bool {
    matches!(text, [b'A'..=b'Z', rest @ ..] if !rest.is_empty() && rest.iter().all(u8::is_ascii_lowercase))
}

fn is_by(text: &str) -> bool {
    text.get(..2)
        .is_some_and(|it| it.eq_ignore_ascii_case("by"))
        || ["-by", "_by", "By"].iter().any(|it| text.contains(it))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verbs_stand_in_order() {
        assert!(VERBS.is_sorted());
    }

    #[test]
    fn words_that_differ_in_their_number_have_one_stem() {
        for text in ["team7", "team-12", "TEAM_3", "team"] {
            assert_eq!(Word::of(text).stem, Word::of("team").stem, "{text}");
        }
        assert_ne!(Word::of("teams").stem, Word::of("team").stem);
        assert!(Word::of("v2").is(Spelled::Version) && !Word::of("v2").is(Spelled::DigitTail));
    }
}
