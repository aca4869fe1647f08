//! Which words of paths are kept as text. One that may be a value of somebody is known by its
//! token alone, a keyed hash, until so many callers have sent it that it is nobody's secret.
//!
//! The rule: text are slots, words of the vocabulary of APIs (`segment/vocabulary.rs`), what a
//! person or a document says, and a word that by the last decision is a name and that has been
//! sent by `SHOWN_CALLERS` callers; where no values are to be expected, that it came in
//! `SHOWN_VISITS` calls is enough, and where an API begins, `/` or `/api/v1`, the first few unknown
//! words that are answered are its names. Its text is taken from the next call that brings it, and goes
//! when its place becomes a slot. Nothing else of a path stays anywhere. Without a key, as where
//! files are read and nothing is kept, all words are text.

use sha2::{Digest, Sha256};
use xxhash_rust::xxh3::xxh3_64;

use super::words::Word;
use crate::limits::{SHOWN_CALLERS, SHOWN_SIBLINGS, SHOWN_VISITS};
use crate::profile::is_secret;
use crate::segment::vocabulary::is_ordinary;

/// What has a token instead of its text begins so; 16 digits to the base 16 follow.
const MARK: char = '~';
const TOKEN_BYTES: usize = 17;

/// The key of an installation, if there is one.
#[derive(Default)]
pub(crate) struct Masks(Option<Box<Keyed>>);

/// HMAC with SHA-256; both halves of the key are taken in already.
struct Keyed {
    inner: Sha256,
    outer: Sha256,
}

/// Answers of late, so that a word that comes in every call is hashed once. Only in memory.
#[derive(Default)]
pub(crate) struct Recent(Vec<Option<(Box<str>, Option<u64>)>>);

/// A partition with a thousand endpoints has about as many words.
const RECENT: usize = 2_048;

impl Masks {
    pub fn new(key: &[u8; 32]) -> Masks {
        let half = |pad: u8| {
            let mut block = [pad; 64];
            for (byte, key) in block.iter_mut().zip(key) {
                *byte ^= key;
            }
            Sha256::new_with_prefix(block)
        };
        let (inner, outer) = (half(0x36), half(0x5c));
        Masks(Some(Box::new(Keyed { inner, outer })))
    }

    /// Whether there is no key, and all words are text.
    pub fn is_open(&self) -> bool {
        self.0.is_none()
    }

    /// Of hashes that are too short to be tokens and are made of each value.
    pub fn seed(&self) -> u64 {
        self.0.as_ref().map_or(0, |it| it.hash("values of members"))
    }

    /// The token of a word that is not to be text.
    pub fn token(&self, word: &str) -> Option<u64> {
        let keyed = self.0.as_ref()?;
        (!is_ordinary(word)).then(|| keyed.hash(word))
    }

    pub fn token_of_late(&self, word: &str, recent: &mut Recent) -> Option<u64> {
        self.0.as_ref()?;
        recent.0.resize_with(RECENT, || None);
        let at = (xxh3_64(word.as_bytes()) % RECENT as u64) as usize;
        let place = &mut recent.0[at];
        if let Some((text, token)) = place
            && **text == *word
        {
            return *token;
        }
        let token = self.token(word);
        *place = Some((word.into(), token));
        token
    }

    /// Spelling and identity of a word, of which nothing but its likeness to others can be told.
    pub fn word(&self, text: &str, identity: &str) -> Word {
        let mut word = Word::of(text);
        word.hash = xxh3_64(identity.as_bytes());
        if let Some(keyed) = &self.0 {
            word.stem = keyed.hash(&Word::stem_text(text));
        }
        word
    }
}

impl Keyed {
    fn hash(&self, text: &str) -> u64 {
        let inner = self.inner.clone().chain_update(text).finalize();
        let hash = self.outer.clone().chain_update(inner).finalize();
        hash.iter()
            .take(8)
            .fold(0, |hash, byte| hash << 8 | u64::from(*byte))
    }
}

/// What stands for a word in a template and wherever else it is known.
pub(super) fn push_token(token: u64, text: &mut String) {
    text.push(MARK);
    for nibble in (0..16).rev() {
        let digit = char::from_digit((token >> (4 * nibble) & 15) as u32, 16);
        text.extend(digit);
    }
}

/// Whether that is the token of a word, or has one beside a value: `{id}.~0123456789abcdef`.
pub(crate) fn is_token(text: &str) -> bool {
    text.len()
        .checked_sub(TOKEN_BYTES)
        .and_then(|at| text.get(at..))
        .and_then(|it| it.strip_prefix(MARK))
        .is_some_and(|it| {
            it.bytes()
                .all(|it| it.is_ascii_digit() || (b'a'..=b'f').contains(&it))
        })
}

/// A token, and the text that stands in its place from now on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Shown {
    pub token: Box<str>,
    pub text: Box<str>,
}

impl Shown {
    pub fn stands_in(&self, key: &str) -> bool {
        key.contains(&*self.token)
    }

    pub fn show_in(&self, key: &str) -> String {
        key.replace(&*self.token, &self.text)
    }
}

/// How a word came that is a name by what is known.
#[derive(Clone, Copy)]
pub(super) struct Came {
    pub callers: u32,
    pub visits: u64,
    /// Words at its place that are tokens too.
    pub siblings: usize,
    /// Whether values are to be expected at its place: below a slot or a word for many things.
    pub suspect: bool,
}

impl Came {
    pub fn may_show(self) -> bool {
        let known = self.visits >= SHOWN_VISITS && self.siblings <= SHOWN_SIBLINGS;
        self.callers >= SHOWN_CALLERS || known && !self.suspect
    }
}

/// Whether it is a word as the things at the entrance of an API are called: `/frobnicators`.
pub(super) fn is_plain(text: &str) -> bool {
    const BYTES_MAX: usize = 24;
    let marks = text.bytes().filter(|it| b"-_".contains(it)).count();
    let letters = text.bytes().filter(u8::is_ascii_alphabetic).count();
    text.len() <= BYTES_MAX && marks <= 1 && letters + marks == text.len() && is_showable(text)
}

/// Whether a text may ever be shown: no key, nothing a machine made, and no token of ours.
pub(super) fn is_showable(text: &str) -> bool {
    !text.contains(MARK) && !is_secret(text)
}
