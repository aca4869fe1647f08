//! What a JSON web token says of itself. Nothing is verified, and the signature is not looked at
//! beyond whether there is one.

use gatewatch_model::caller::prefix;
use gatewatch_model::{Blemishes, Spot, Timestamp};

use crate::base64;
use crate::json::Json;
use crate::leaves::{Leaf, Leaves, Value};
use crate::limits::{AUDIENCES_MAX, NAME_BYTES_MAX, TOKEN_BYTES_MAX};

/// The facts of one token. A text that it does not have is empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Token {
    /// As written: `RS256`, `none`.
    pub algorithm: String,
    /// The `typ` of its header: `JWT`, `at+jwt`.
    pub typ: String,
    pub has_key_id: bool,
    pub issuer: String,
    pub subject: String,
    pub audiences: Vec<String>,
    pub expires_at: Option<Timestamp>,
    pub issued_at: Option<Timestamp>,
    pub valid_from: Option<Timestamp>,
    /// Whether a signature stands at its end.
    pub signed: bool,
    /// Whether its claims are encrypted, and so unknown.
    pub encrypted: bool,
    /// It begins like a token, but its header or its claims cannot be read.
    pub malformed: bool,
}

/// The memory that reading takes.
#[derive(Default)]
pub(crate) struct Claims {
    bytes: Vec<u8>,
    leaves: Leaves,
}

/// Whether that could be a token: base64 of `{`, and a dot.
pub(crate) fn looks_like(text: &str) -> bool {
    (text.starts_with("ey") || text.starts_with("ew"))
        && memchr::memchr(b'.', text.as_bytes()).is_some()
}

impl Claims {
    pub fn read(&mut self, text: &str, json: &mut Json, token: &mut Token) {
        token.clear();
        let mut parts = text.split('.');
        let [header, claims, third] = [(); 3].map(|()| parts.next().unwrap_or_default());
        let more = parts.count();
        token.encrypted = more == 2;
        token.signed = more == 0 && !third.is_empty();
        token.malformed = !matches!(more, 0 | 2) || text.len() > TOKEN_BYTES_MAX;
        if text.len() > TOKEN_BYTES_MAX {
            return;
        }
        token.malformed |= !self.read_part(header, json, |leaf, name| match name {
            "alg" => set(&mut token.algorithm, leaf),
            "typ" => set(&mut token.typ, leaf),
            "kid" => token.has_key_id = true,
            _ => {}
        });
        token.malformed |= token.algorithm.is_empty();
        if token.encrypted {
            return;
        }
        token.malformed |= !self.read_part(claims, json, |leaf, name| match name {
            "iss" => set(&mut token.issuer, leaf),
            "sub" => set(&mut token.subject, leaf),
            "aud" if token.audiences.len() < AUDIENCES_MAX => {
                token.audiences.push(String::new());
                if let Some(last) = token.audiences.last_mut() {
                    set(last, leaf);
                }
            }
            "exp" => token.expires_at = date(leaf),
            "iat" => token.issued_at = date(leaf),
            "nbf" => token.valid_from = date(leaf),
            _ => {}
        });
    }

    /// Shows the top-level members of one part; false if it is no JSON object.
    fn read_part(
        &mut self,
        part: &str,
        json: &mut Json,
        mut see: impl FnMut(&Leaf<'_>, &str),
    ) -> bool {
        if !base64::decode(part.as_bytes(), &mut self.bytes) {
            return false;
        }
        let Ok(text) = core::str::from_utf8(&self.bytes) else {
            return false;
        };
        self.leaves.clear();
        // The share of a head is enough for any token that a server takes.
        self.leaves.begin(Spot::RequestHeaders);
        let mut blemishes = Blemishes::default();
        let extent = json.read(text, false, &mut self.leaves, &mut blemishes);
        for leaf in self.leaves.iter() {
            if let Some(name) = leaf.top_name() {
                see(&leaf, name);
            }
        }
        let is_object = extent.whole && text.trim_start().starts_with('{');
        self.leaves.clear();
        self.bytes.clear();
        is_object
    }
}

impl Token {
    fn clear(&mut self) {
        let Token {
            algorithm,
            typ,
            has_key_id,
            issuer,
            subject,
            audiences,
            expires_at,
            issued_at,
            valid_from,
            signed,
            encrypted,
            malformed,
        } = self;
        for text in [algorithm, typ, issuer, subject] {
            text.clear();
        }
        audiences.clear();
        (*expires_at, *issued_at, *valid_from) = (None, None, None);
        for fact in [has_key_id, signed, encrypted, malformed] {
            *fact = false;
        }
    }
}

fn set(text: &mut String, leaf: &Leaf<'_>) {
    if let Value::Text(value) = leaf.value {
        text.clear();
        text.push_str(prefix(value, NAME_BYTES_MAX));
    }
}

/// Seconds since 1970, maybe with a fraction, that fit a timestamp.
fn date(leaf: &Leaf<'_>) -> Option<Timestamp> {
    let Value::Number(text) = leaf.value else {
        return None;
    };
    let seconds = text.parse::<f64>().ok()?;
    let fits = (0.0..SECONDS_MAX).contains(&seconds);
    fits.then(|| Timestamp::from_seconds(seconds as i64))
}

/// The year 10000: who writes milliseconds by mistake is beyond it.
const SECONDS_MAX: f64 = 253_402_300_800.0;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The alphabet of tokens, without padding.
    fn encode(text: &str) -> String {
        let signs = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        let mut out = String::new();
        for chunk in text.as_bytes().chunks(3) {
            let mut word = [0; 3];
            word[..chunk.len()].copy_from_slice(chunk);
            let bits = u32::from_be_bytes([0, word[0], word[1], word[2]]);
            for at in 0..=chunk.len() {
                let six = bits >> (18 - 6 * at) & 63;
                out.push(char::from(signs[six as usize]));
            }
        }
        out
    }

    fn read(text: &str) -> Token {
        let mut token = Token {
            issuer: "left over".into(),
            ..Token::default()
        };
        Claims::default().read(text, &mut Json::default(), &mut token);
        token
    }

    #[test]
    fn a_token_tells_what_it_says_of_itself() {
        let header = encode(r#"{"alg":"RS256","typ":"at+jwt","kid":"05a4"}"#);
        let claims = encode(
            r#"{"iss":"https://login.example/","sub":"alice","aud":["a","b"],"exp":1751301013.5,
            "iat":1751297413,"nbf":1751297400,"nested":{"iss":"other","exp":1}}"#,
        );
        let token = read(&format!("{header}.{claims}.c2ln"));
        let expected = Token {
            algorithm: "RS256".into(),
            typ: "at+jwt".into(),
            has_key_id: true,
            issuer: "https://login.example/".into(),
            subject: "alice".into(),
            audiences: vec!["a".into(), "b".into()],
            expires_at: Some(Timestamp::from_seconds(1_751_301_013)),
            issued_at: Some(Timestamp::from_seconds(1_751_297_413)),
            valid_from: Some(Timestamp::from_seconds(1_751_297_400)),
            signed: true,
            encrypted: false,
            malformed: false,
        };
        assert_eq!(token, expected);
    }

    #[test]
    fn a_token_without_a_signature_and_an_encrypted_one_are_known() {
        let open = read(&format!(
            "{}.{}.",
            encode(r#"{"alg":"none"}"#),
            encode("{}")
        ));
        assert_eq!((open.algorithm.as_str(), open.signed), ("none", false));
        assert!(!open.malformed);
        let sealed = read(&format!(
            "{}.k.i.c.t",
            encode(r#"{"alg":"dir","enc":"A256GCM"}"#)
        ));
        assert!(sealed.encrypted && !sealed.malformed && !sealed.signed);
    }

    #[test]
    fn what_only_begins_like_a_token_is_malformed() {
        let header = encode(r#"{"alg":"RS256"}"#);
        for text in [
            "eyJ.".to_owned(),
            format!("{header}.!!!.c2ln"),
            format!("{header}.{}.c2ln", encode("[1]")),
            format!("{header}.{}.c2ln", encode(r#"{"sub":"#)),
            format!("{}.{}.c2ln", encode(r#"{"typ":"JWT"}"#), encode("{}")),
            format!("{header}.{}.c2ln.x", encode("{}")),
            format!("{header}.{}.c2ln", "e".repeat(TOKEN_BYTES_MAX)),
        ] {
            assert!(looks_like(&text));
            assert!(read(&text).malformed, "{text:.60}");
        }
        for text in ["", "ya29.a0AfH6SMB", "abc", "eyJhbGciOiJub25lIn0"] {
            assert!(!looks_like(text), "{text}");
        }
    }

    #[test]
    fn dates_that_cannot_be_are_left_out() {
        let header = encode(r#"{"alg":"RS256"}"#);
        for date in ["-1", "1e300", "1751301013000", "\"1751301013\"", "null"] {
            let claims = encode(&format!("{{\"exp\":{date}}}"));
            assert_eq!(
                read(&format!("{header}.{claims}.x")).expires_at,
                None,
                "{date}"
            );
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read(random in any::<String>(), json in r#"\{"[a-z]{3}":[\[\]"0-9a-z]{0,20}\}"#) {
            read(&random);
            let part = encode(&json);
            let token = read(&format!("{part}.{part}.{random}"));
            prop_assert!(token.algorithm.len() <= NAME_BYTES_MAX);
        }
    }
}
