//! Tokens and the set-up code: made from random bytes, kept as hashes, never printed by accident.

use core::fmt;

use gatewatch_ports::store::Role;
use sha2::{Digest, Sha256};

const SECRET_BYTES: usize = 32;
const SECRET_CHARACTERS: usize = 43;
const URL_SAFE: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const STANDARD: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

pub type Hash = [u8; 32];

/// A secret that prints as its length. Whoever needs the text says so with `expose`.
#[derive(Clone, PartialEq, Eq)]
pub struct Redacted(Box<str>);

impl Redacted {
    pub fn new(text: impl Into<Box<str>>) -> Redacted {
        Redacted(text.into())
    }

    pub fn expose(&self) -> &str {
        &self.0
    }

    pub(crate) fn hash(&self) -> Hash {
        Sha256::digest(self.0.as_bytes()).into()
    }
}

impl fmt::Display for Redacted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<{} characters>", self.0.chars().count())
    }
}

impl fmt::Debug for Redacted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[derive(Debug, thiserror::Error)]
#[error("the system gives no random bytes: {0}")]
pub struct NoRandomness(getrandom::Error);

/// A new token, `gw_o_` and 43 characters.
pub(crate) fn new_token(role: Role) -> Result<Redacted, NoRandomness> {
    Ok(Redacted(
        format!("gw_{}_{}", letter(role), random_text()?).into(),
    ))
}

pub(crate) fn new_code() -> Result<Redacted, NoRandomness> {
    Ok(Redacted(random_text()?.into()))
}

/// 16 hexadecimal digits: the public name of a token, or of a request.
pub(crate) fn new_id() -> Result<Box<str>, NoRandomness> {
    let mut bytes = [0; 8];
    getrandom::fill(&mut bytes).map_err(NoRandomness)?;
    Ok(format!("{:016x}", u64::from_be_bytes(bytes)).into())
}

/// Whether it has the form of a token at all; what has not is never looked up.
pub(crate) fn is_token(text: &str) -> bool {
    let Some((letter, secret)) = text.strip_prefix("gw_").and_then(|it| it.split_once('_')) else {
        return false;
    };
    Role::ALL.iter().any(|it| self::letter(*it) == letter)
        && secret.len() == SECRET_CHARACTERS
        && secret.bytes().all(|it| URL_SAFE.contains(&it))
}

/// Takes the same time wherever two hashes differ.
pub(crate) fn same(one: &Hash, other: &[u8]) -> bool {
    one.len() == other.len()
        && one
            .iter()
            .zip(other)
            .fold(0, |differing, (a, b)| differing | (a ^ b))
            == 0
}

/// For `'sha256-…'` in a content security policy.
pub(crate) fn content_hash(content: &str) -> String {
    let mut text = base64(&Sha256::digest(content.as_bytes()), STANDARD);
    text.push('=');
    text
}

fn letter(role: Role) -> &'static str {
    match role {
        Role::Ingest => "i",
        Role::Reader => "r",
        Role::SecurityAdmin => "s",
        Role::Owner => "o",
    }
}

fn random_text() -> Result<String, NoRandomness> {
    let mut bytes = [0; SECRET_BYTES];
    getrandom::fill(&mut bytes).map_err(NoRandomness)?;
    Ok(base64(&bytes, URL_SAFE))
}

/// Without padding.
fn base64(bytes: &[u8], alphabet: &[u8; 64]) -> String {
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for group in bytes.chunks(3) {
        let bits = group
            .iter()
            .fold(0_u32, |bits, it| bits << 8 | u32::from(*it))
            << (8 * (3 - group.len()));
        for place in 0..=group.len() {
            let index = bits >> (18 - 6 * place) & 63;
            text.push(char::from(alphabet[index as usize]));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_writes_what_rfc_4648_says() {
        let written =
            ["", "f", "fo", "foo", "foob", "fooba"].map(|it| base64(it.as_bytes(), STANDARD));
        assert_eq!(written, ["", "Zg", "Zm8", "Zm9v", "Zm9vYg", "Zm9vYmE"]);
        assert_eq!(base64(&[0xfb, 0xff], URL_SAFE), "-_8");
    }

    #[test]
    fn a_token_has_the_form_of_one_and_differs_from_the_next() {
        let tokens = Role::ALL.map(|it| new_token(it).unwrap());
        assert!(tokens.iter().all(|it| is_token(it.expose())), "{tokens:?}");
        assert_ne!(
            new_token(Role::Owner).unwrap(),
            new_token(Role::Owner).unwrap()
        );
    }

    #[test]
    fn what_is_no_token_is_told_by_its_form() {
        let good = new_token(Role::Reader).unwrap();
        for bad in [
            "",
            "gw_",
            "gw_r_",
            "gw_x_",
            &good.expose()[1..],
            &format!("{}A", good.expose()),
        ] {
            assert!(!is_token(bad), "{bad}");
        }
    }

    #[test]
    fn a_secret_prints_as_its_length() {
        let secret = Redacted::new("correct horse");
        assert_eq!(
            format!("{secret} {secret:?}"),
            "<13 characters> <13 characters>"
        );
    }

    #[test]
    fn hashes_differ_in_any_byte_and_length() {
        let hash = Redacted::new("a").hash();
        assert!(same(&hash, &hash));
        assert!(!same(&hash, &hash[..31]));
        for at in [0, 31] {
            let mut other = hash;
            other[at] ^= 1;
            assert!(!same(&hash, &other));
        }
    }
}
