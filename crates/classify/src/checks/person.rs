//! Names of people and postal addresses: nothing proves them, so what is clearly something else is
//! told apart. The words come from `catalogue/words`.

use std::sync::LazyLock;

use hashbrown::HashTable; // order never observed: only looked up by key
use xxhash_rust::xxh3::xxh3_64;

const NAME_WORDS_MAX: usize = 7;
const KNOWN_WORDS: core::ops::RangeInclusive<usize> = 2..=4;
const WORD_BYTES_MAX: usize = 40;
const ADDRESS_LETTERS_MIN: usize = 3;

static GIVEN: LazyLock<WordSet> =
    LazyLock::new(|| WordSet::of(include_str!("../../../../catalogue/words/given-names.txt")));
static NOT_NAMES: LazyLock<WordSet> =
    LazyLock::new(|| WordSet::of(include_str!("../../../../catalogue/words/not-names.txt")));
static STREETS: LazyLock<WordSet> =
    LazyLock::new(|| WordSet::of(include_str!("../../../../catalogue/words/streets.txt")));

/// Words in small letters.
struct WordSet(HashTable<&'static str>);

impl WordSet {
    fn of(text: &'static str) -> WordSet {
        let mut words = HashTable::<&str>::new();
        let hash = |it: &str| xxh3_64(it.as_bytes());
        for word in text.split_whitespace() {
            words
                .entry(hash(word), |it| *it == word, |it| hash(it))
                .or_insert(word);
        }
        WordSet(words)
    }

    fn has(&self, word: &str) -> bool {
        let mut lower = [0_u8; WORD_BYTES_MAX];
        let Some(lower) = lower.get_mut(..word.len()) else {
            return false;
        };
        lower.copy_from_slice(word.as_bytes());
        lower.make_ascii_lowercase();
        let known = self.0.find(xxh3_64(lower), |it| it.as_bytes() == lower);
        known.is_some()
    }
}

/// Whether it could be the name of a person where a member says so.
pub(super) fn name(value: &[u8]) -> bool {
    let Ok(text) = core::str::from_utf8(value) else {
        return false;
    };
    let mut words = 0;
    for word in words_of(text) {
        words += 1;
        if words > NAME_WORDS_MAX || !is_name_word(word) || NOT_NAMES.has(word) {
            return false;
        }
    }
    let letters = text.chars().filter(|it| it.is_alphabetic()).count();
    // A single word without a capital is rather a kind of thing than a person.
    let begins = text.chars().next().is_some_and(|it| !it.is_lowercase());
    words > 0 && letters >= 2 && (begins || words > 1)
}

/// Whether its first or last word is a given name that is known, and the rest could be a name.
pub(super) fn known_name(value: &[u8]) -> bool {
    let Ok(text) = core::str::from_utf8(value) else {
        return false;
    };
    let count = words_of(text).count();
    if !KNOWN_WORDS.contains(&count) || !name(value) {
        return false;
    }
    let capital = |it: &str| it.chars().next().is_some_and(char::is_uppercase);
    let small = |it: &str| it.len() <= 4 && it.bytes().all(|it| it.is_ascii_lowercase());
    let capitals = words_of(text).filter(|it| capital(it)).count();
    if capitals < 2 || !words_of(text).all(|it| capital(it) || small(it)) {
        return false;
    }
    let first = words_of(text).next().is_some_and(|it| GIVEN.has(it));
    // `Roe, Jane` as well.
    first || text.contains(',') && words_of(text).any(|it| GIVEN.has(it))
}

/// Whether it could be an address where a member says so: words and a number, or a word for a
/// street.
pub(super) fn address(value: &[u8]) -> bool {
    let Ok(text) = core::str::from_utf8(value) else {
        return false;
    };
    if text.contains("://") || text.contains('@') || text.contains("0x") {
        return false;
    }
    let foreign = text.chars().any(|it| it as u32 >= 0x2e80);
    let letters = text.chars().filter(|it| it.is_alphabetic()).count();
    if letters < ADDRESS_LETTERS_MIN && !(foreign && letters > 1) {
        return false;
    }
    let digits = text.bytes().any(|it| it.is_ascii_digit());
    let words = text.split_whitespace().count();
    let has_word = words_of(text).any(|it| it.chars().filter(|it| it.is_alphabetic()).count() >= 3);
    let street = words_of(text).any(is_street);
    (digits && (words > 1 || foreign) && has_word)
        || (street && words > 1)
        || (foreign && letters > 3)
}

fn words_of(text: &str) -> impl Iterator<Item = &str> {
    text.split([' ', ',', '.', '(', ')', ';', '/', '\n', '\u{3000}'])
        .filter(|it| !it.is_empty())
}

fn is_name_word(word: &str) -> bool {
    word.len() <= WORD_BYTES_MAX
        && !is_humped(word)
        && word.chars().any(char::is_alphabetic)
        && word.chars().all(|it| {
            it.is_alphabetic() || matches!(it, '\'' | '’' | '-' | '・' | '\u{300}'..='\u{36f}')
        })
}

fn ends_with(word: &str, ending: &str) -> bool {
    let tail = word
        .len()
        .checked_sub(ending.len())
        .and_then(|it| word.get(it..));
    tail.is_some_and(|it| it.eq_ignore_ascii_case(ending))
}

/// Whether it is written as names in programs are: `getElementById`. In names of people a capital
/// after a small letter follows such as `Mc` alone.
fn is_humped(word: &str) -> bool {
    static BEGINNINGS: &[&str] = &[
        "Al", "D", "Da", "De", "Del", "Della", "Di", "Du", "El", "Fitz", "La", "Le", "Mac", "Mc",
        "O", "St", "Ten", "Van", "Ver", "Von",
    ];
    let letters = word.char_indices().zip(word.chars().skip(1));
    let humps = letters.filter(|((_, one), two)| one.is_lowercase() && two.is_uppercase());
    let mut humps = humps.map(|((at, one), _)| &word[..at + one.len_utf8()]);
    let first = humps.next();
    first.is_some_and(|it| !BEGINNINGS.contains(&it)) || humps.next().is_some()
}

/// A word for a street, or one that ends in such a word, as German and Dutch ones do.
fn is_street(word: &str) -> bool {
    static ENDINGS: &[&str] = &[
        "strasse", "straße", "str", "weg", "platz", "gasse", "allee", "ring", "ufer", "straat",
        "laan", "plein", "gracht", "kade", "steeg", "pad", "singel", "dreef", "gatan", "vägen",
        "vagen", "gata", "vej", "katu", "tie", "utca",
    ];
    STREETS.has(word)
        || word.len() >= 7
            && ENDINGS
                .iter()
                .any(|it| it.len() >= 3 && ends_with(word, it))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_people_are_told_from_those_of_things() {
        for text in [
            "Jane Roe",
            "ROE, JANE",
            "Ana-María de la Cruz",
            "田中 桃子",
            "Seán O'Neill",
            "Dr. Jan Żak",
        ] {
            assert!(name(text.as_bytes()), "{text}");
        }
        for text in [
            "Contoso Ltd",
            "db-prod-01",
            "USB-C Cable 2m",
            "pending",
            "Gift Set",
            "a@b.c",
            "",
        ] {
            assert!(!name(text.as_bytes()), "{text}");
        }
    }

    #[test]
    fn a_known_given_name_makes_a_name() {
        for text in ["Jane Roe", "Roe, Jane", "Jan van der Berg", "MARIA ROSSI"] {
            assert!(known_name(text.as_bytes()), "{text}");
        }
        for text in [
            "Jane",
            "Victoria Sponge Tin",
            "Blue Harbour",
            "Zanzibar Nights",
            "jane roe",
        ] {
            assert!(!known_name(text.as_bytes()), "{text}");
        }
    }

    #[test]
    fn addresses_have_words_and_numbers() {
        for text in [
            "12 High Street",
            "Hauptstraße 5, 10115 Berlin",
            "calle Mayor 3",
            "東京都千代田区1-1",
            "PO Box 77",
        ] {
            assert!(address(text.as_bytes()), "{text}");
        }
        for text in [
            "10.0.0.1",
            "0x52908400098527886E0F7030069857D2E4169EE7",
            "jo@example.com",
            "https://a.b/c 1",
            "active",
        ] {
            assert!(!address(text.as_bytes()), "{text}");
        }
    }
}
