//! Lists of values that hold no value: each is a keyed token. The key is in a file of its own, or
//! that of an installation. Who has the list alone learns nothing from it; who has both can ask
//! whether a value is on it.

use std::fmt::{self, Write};
use std::sync::Arc;

use sha2::{Digest, Sha256};

/// On one list.
pub const TOKENS_MAX: usize = 100_000;
/// Letters and digits of a value: shorter ones are guessed too easily, longer ones are texts.
pub const VALUE_SIGNS_MIN: usize = 5;
pub const VALUE_SIGNS_MAX: usize = 63;

const KEY_BYTES: usize = 32;
const BLOCK_BYTES: usize = 64;
const HEAD: &str = "gatewatch-tokens 1";
/// Of a list that was made with the key of an installation; a code of it follows.
const HEAD_OF_INSTALLATION: &str = "gatewatch-tokens 2 ";

/// The key of an installation, for lists that were made with it.
#[derive(Clone, Copy)]
pub enum ListKey<'k> {
    /// There is none: such a list is refused.
    None,
    /// It is not at hand: such a list is read and knows no value.
    Elsewhere,
    Of(&'k [u8; KEY_BYTES]),
}

/// The key of one list.
#[derive(Clone)]
pub struct TokenKey {
    inner: Sha256,
    outer: Sha256,
}

/// A list, ready to be asked.
#[derive(Clone)]
pub struct TokenList {
    /// None while it is elsewhere.
    key: Option<TokenKey>,
    /// By how many letters and digits values have: a bit each.
    lengths: u64,
    /// Sorted.
    tokens: Arc<[u128]>,
    /// Confidence in percent when nothing but the value speaks.
    pub alone: u8,
    pub named: u8,
}

impl fmt::Debug for TokenList {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "<{} tokens>", self.tokens.len())
    }
}

/// A key for one purpose from the key of an installation, so that tokens made for different
/// purposes cannot be held against each other.
pub fn derive(key: &[u8; KEY_BYTES], purpose: &str) -> [u8; KEY_BYTES] {
    TokenKey::new(key).code(purpose.as_bytes())
}

impl TokenKey {
    /// HMAC with SHA-256 (RFC 2104), its two first blocks done.
    pub fn new(key: &[u8; KEY_BYTES]) -> TokenKey {
        let begun = |pad: u8| {
            let mut block = [pad; BLOCK_BYTES];
            for (byte, key) in block.iter_mut().zip(key) {
                *byte ^= key;
            }
            Sha256::new_with_prefix(block)
        };
        TokenKey {
            inner: begun(0x36),
            outer: begun(0x5c),
        }
    }

    /// The token of a value, by its letters and digits alone; letters of ASCII without case.
    pub fn token(&self, value: &[u8]) -> Option<u128> {
        Signs::of(value).map(|it| self.of_signs(&it))
    }

    /// The token of a value, sign for sign.
    pub fn exact(&self, value: &[u8]) -> u128 {
        first_half(self.code(value))
    }

    fn of_signs(&self, signs: &Signs) -> u128 {
        first_half(self.code(signs.bytes()))
    }

    fn code(&self, text: &[u8]) -> [u8; KEY_BYTES] {
        let inner = self.inner.clone().chain_update(text).finalize();
        self.outer.clone().chain_update(inner).finalize().into()
    }
}

fn first_half(code: [u8; KEY_BYTES]) -> u128 {
    let mut first = [0; 16];
    first.copy_from_slice(&code[..16]);
    u128::from_be_bytes(first)
}

impl TokenList {
    /// A list as it is written with a key of its own, which comes in hexadecimal; an error says
    /// line and reason.
    pub fn read(list: &str, key: &str) -> Result<TokenList, (usize, String)> {
        let key = key_of(key).ok_or((
            0,
            "its key file does not hold 64 hexadecimal digits".to_owned(),
        ))?;
        if list.lines().next().is_none_or(|it| it.trim_end() != HEAD) {
            return Err((1, format!("a list of tokens begins with `{HEAD}`")));
        }
        TokenList::rows(list, Some(TokenKey::new(&key)))
    }

    /// A list that was made with the key of an installation.
    pub fn read_of_installation(
        list: &str,
        key: ListKey<'_>,
    ) -> Result<TokenList, (usize, String)> {
        let key = match key {
            ListKey::None => {
                let reason = "this list was made with the key of an installation, which is not at \
                    hand; name its file with --key-file";
                return Err((1, reason.to_owned()));
            }
            ListKey::Elsewhere => None,
            ListKey::Of(key) => Some(list_key(key)),
        };
        if let Some(key) = &key
            && list.lines().next().map(str::trim_end) != Some(&head(key))
        {
            let reason = "this list was made with the key of another installation; make it anew \
                with `gatewatch catalogue tokens FILE --key-file KEY`";
            return Err((1, reason.to_owned()));
        }
        TokenList::rows(list, key.map(|it| TokenKey::new(&it)))
    }

    fn rows(list: &str, key: Option<TokenKey>) -> Result<TokenList, (usize, String)> {
        let mut lengths = 0;
        let mut tokens = Vec::new();
        for (at, line) in list.lines().enumerate().skip(1) {
            let parsed = line
                .split_once(' ')
                .and_then(|(length, token)| Some((length.parse().ok()?, hex(token.trim_end())?)));
            let Some((length, token)) = parsed else {
                return Err((
                    at + 1,
                    "a line is a length and 32 hexadecimal digits".to_owned(),
                ));
            };
            if !(VALUE_SIGNS_MIN..=VALUE_SIGNS_MAX).contains(&length) {
                return Err((at + 1, "a length is from 5 to 63".to_owned()));
            }
            if tokens.len() == TOKENS_MAX {
                return Err((at + 1, "100,000 tokens are the most".to_owned()));
            }
            lengths |= 1 << length;
            tokens.push(token);
        }
        if tokens.is_empty() {
            return Err((1, "the list has no tokens".to_owned()));
        }
        tokens.sort_unstable();
        Ok(TokenList {
            key,
            lengths,
            tokens: tokens.into(),
            alone: 0,
            named: 0,
        })
    }

    /// Whether this value is on the list; most are told by their length, without a hash.
    pub fn holds(&self, value: &[u8]) -> bool {
        let Some((key, signs)) = self.key.as_ref().zip(Signs::of(value)) else {
            return false;
        };
        self.lengths >> signs.length & 1 == 1
            && self.tokens.binary_search(&key.of_signs(&signs)).is_ok()
    }
}

/// Whether a text is a list of tokens, by its first line.
pub fn is_token_list(text: &str) -> bool {
    text.lines().next().is_some_and(|it| it.trim_end() == HEAD) || is_of_installation(text)
}

/// Whether a list of tokens was made with the key of an installation.
pub fn is_of_installation(text: &str) -> bool {
    text.starts_with(HEAD_OF_INSTALLATION)
}

/// The text of a list of these values, sorted by token; with how many were too short or too long.
pub fn write_list<'a>(
    key: &[u8; KEY_BYTES],
    values: impl Iterator<Item = &'a str>,
) -> (String, usize) {
    write(HEAD, key, values)
}

/// The same, made with the key of an installation.
pub fn write_list_of_installation<'a>(
    key: &[u8; KEY_BYTES],
    values: impl Iterator<Item = &'a str>,
) -> (String, usize) {
    let key = list_key(key);
    write(&head(&key), &key, values)
}

fn list_key(installation: &[u8; KEY_BYTES]) -> [u8; KEY_BYTES] {
    derive(installation, "gatewatch: lists of tokens")
}

fn head(key: &[u8; KEY_BYTES]) -> String {
    let code = derive(key, "gatewatch: to know the key again");
    format!("{HEAD_OF_INSTALLATION}{:032x}", first_half(code))
}

fn write<'a>(
    head: &str,
    key: &[u8; KEY_BYTES],
    values: impl Iterator<Item = &'a str>,
) -> (String, usize) {
    let key = TokenKey::new(key);
    let mut passed_over = 0;
    let mut rows = Vec::new();
    for value in values {
        match Signs::of(value.as_bytes()) {
            Some(signs) => rows.push((key.of_signs(&signs), signs.length)),
            None => passed_over += 1,
        }
    }
    rows.sort_unstable();
    rows.dedup();
    let mut text = format!("{head}\n");
    for (token, length) in rows {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{length} {token:032x}");
    }
    (text, passed_over)
}

/// What of a value counts.
struct Signs {
    buffer: [u8; VALUE_SIGNS_MAX],
    length: usize,
}

impl Signs {
    fn of(value: &[u8]) -> Option<Signs> {
        let mut signs = Signs {
            buffer: [0; VALUE_SIGNS_MAX],
            length: 0,
        };
        let kept = value
            .iter()
            .filter(|it| it.is_ascii_alphanumeric() || !it.is_ascii());
        for sign in kept {
            *signs.buffer.get_mut(signs.length)? = sign.to_ascii_lowercase();
            signs.length += 1;
        }
        (signs.length >= VALUE_SIGNS_MIN).then_some(signs)
    }

    fn bytes(&self) -> &[u8] {
        &self.buffer[..self.length]
    }
}

fn key_of(text: &str) -> Option<[u8; KEY_BYTES]> {
    let (one, two) = text.trim().split_at_checked(32)?;
    let mut key = [0; KEY_BYTES];
    key[..16].copy_from_slice(&hex(one)?.to_be_bytes());
    key[16..].copy_from_slice(&hex(two)?.to_be_bytes());
    Some(key)
}

/// Exactly 32 digits.
fn hex(text: &str) -> Option<u128> {
    let digits = text.len() == 32 && text.bytes().all(|it| it.is_ascii_hexdigit());
    digits
        .then(|| u128::from_str_radix(text, 16).ok())
        .flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

    fn key() -> [u8; KEY_BYTES] {
        std::array::from_fn(|at| at as u8)
    }

    #[test]
    fn a_token_is_what_the_standard_says() {
        // RFC 4231, case 1, whose key of twenty bytes is filled up with zeros.
        let mut key = [0; KEY_BYTES];
        key[..20].fill(0x0b);
        let token = TokenKey::new(&key).token(b"Hi There");
        let signs = TokenKey::new(&key).token(b"hithere");
        assert_eq!(token, signs);
        let outer = TokenKey::new(&key).code(b"Hi There");
        assert_eq!(outer[..4], [0xb0, 0x34, 0x4c, 0x61]);
    }

    #[test]
    fn a_list_knows_its_values_however_they_are_separated() {
        let (list, passed_over) = write_list(&key(), ["AB-1234-56", "77 88 99", "x"].into_iter());
        let list = TokenList::read(&list, KEY).unwrap();
        assert_eq!(passed_over, 1);
        assert!(list.holds(b"ab123456"));
        assert!(list.holds(b"778899"));
        assert!(!list.holds(b"ab123457"));
        assert!(!list.holds(b"x"));
    }

    #[test]
    fn a_list_holds_no_value_and_another_key_knows_none() {
        let (text, _) = write_list(&key(), ["AB-1234-56"].into_iter());
        assert!(!text.contains("1234"));
        let other = TokenList::read(&text, &KEY.replace("00", "ff")).unwrap();
        assert!(!other.holds(b"AB-1234-56"));
        assert!(!format!("{other:?}").contains("ff"));
    }

    #[test]
    fn a_list_of_an_installation_is_read_with_its_key_alone() {
        let (text, _) = write_list_of_installation(&key(), ["AB-1234-56"].into_iter());
        assert!(is_token_list(&text) && is_of_installation(&text));
        let read = |key| TokenList::read_of_installation(&text, key);
        let installation = key();
        assert!(read(ListKey::Of(&installation)).unwrap().holds(b"ab123456"));
        assert!(!read(ListKey::Elsewhere).unwrap().holds(b"ab123456"));
        assert!(read(ListKey::None).unwrap_err().1.contains("--key-file"));
        let other = read(ListKey::Of(&[9; KEY_BYTES])).unwrap_err();
        assert!(other.1.contains("another installation"), "{other:?}");
        // With the key of the installation itself the tokens mean nothing.
        assert!(TokenList::read(&text, KEY).is_err());
        let forged = text.replacen(text.lines().next().unwrap(), HEAD, 1);
        assert!(!TokenList::read(&forged, KEY).unwrap().holds(b"ab123456"));
    }

    #[test]
    fn a_list_that_is_none_is_refused_with_its_line() {
        let read = |list: &str| TokenList::read(list, KEY).map(|_| ()).unwrap_err();
        assert_eq!(read("something").0, 1);
        assert_eq!(read("gatewatch-tokens 1\n").1, "the list has no tokens");
        assert_eq!(read("gatewatch-tokens 1\n9 zz\n").0, 2);
        let long = format!("gatewatch-tokens 1\n99 {}\n", "0".repeat(32));
        assert_eq!(read(&long), (2, "a length is from 5 to 63".to_owned()));
    }
}
