//! JSON web tokens of made-up issuers. Their signatures are noise: nobody could check them.

use std::fmt::Write;

use gatewatch_model::Timestamp;
use serde::Deserialize;

use super::chance::Chance;

const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// What the tokens of a company say.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Token {
    pub issuer: String,
    pub audience: String,
    pub algorithm: String,
    /// How long each is good for; 0 when it does not say.
    pub minutes: i64,
}

impl Default for Token {
    fn default() -> Self {
        Token {
            issuer: "https://login.example".to_owned(),
            audience: "api".to_owned(),
            algorithm: "RS256".to_owned(),
            minutes: 60,
        }
    }
}

impl Token {
    /// Appends the token that `subject` holds at that time; it is a new one each time the last
    /// has run out.
    pub fn write(&self, subject: &str, at: Timestamp, out: &mut String) {
        let Token {
            issuer,
            audience,
            algorithm,
            minutes,
        } = self;
        let seconds = (minutes * 60)
            .max(86_400 * i64::from(*minutes == 0))
            .max(60);
        let issued = at.seconds().div_euclid(seconds) * seconds;
        let expires = match minutes {
            0 => String::new(),
            _ => format!(",\"exp\":{}", issued + seconds),
        };
        let mut seed = Chance::new(issued.cast_unsigned());
        let signature = signature(algorithm, subject, &mut seed);
        let head = format!("{{\"alg\":\"{algorithm}\",\"typ\":\"JWT\",\"kid\":\"2026-11\"}}");
        let claims = format!(
            "{{\"iss\":\"{issuer}\",\"aud\":\"{audience}\",\"sub\":\"{subject}\",\"iat\":{issued}{expires}}}"
        );
        base64(head.as_bytes(), out);
        out.push('.');
        base64(claims.as_bytes(), out);
        out.push('.');
        base64(&signature, out);
    }

    /// The same with nothing to check, as attackers send it.
    pub fn write_unsigned(&self, subject: &str, at: Timestamp, out: &mut String) {
        let unsigned = Token {
            algorithm: "none".to_owned(),
            ..self.clone()
        };
        unsigned.write(subject, at, out);
    }
}

/// As long as that algorithm's are.
fn signature(algorithm: &str, subject: &str, seed: &mut Chance) -> Vec<u8> {
    let bytes = match algorithm {
        "none" => 0,
        "HS256" => 32,
        "ES256" | "EdDSA" => 64,
        _ => 256,
    };
    let mut own = Chance::new(
        subject
            .bytes()
            .fold(seed.number(), |sum, it| sum.rotate_left(5) ^ u64::from(it)),
    );
    (0..bytes).map(|_| own.number() as u8).collect()
}

/// Base64 for URLs, without padding.
pub fn base64(bytes: &[u8], out: &mut String) {
    for three in bytes.chunks(3) {
        let byte = |at: usize| u32::from(three.get(at).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for at in 0..=three.len() {
            let six = bits >> (18 - 6 * at) & 63;
            out.push(char::from(LETTERS[six as usize]));
        }
    }
}

/// The same with the usual letters and padding, as Basic credentials want it.
pub fn base64_padded(bytes: &[u8]) -> String {
    let mut text = String::new();
    base64(bytes, &mut text);
    let missing = (4 - text.len() % 4) % 4;
    let mut text = text.replace('-', "+").replace('_', "/");
    // Writing to a String cannot fail.
    let _ = write!(text, "{:=<missing$}", "");
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_become_the_letters_of_the_standard() {
        for (bytes, plain, padded) in [
            ("", "", ""),
            ("f", "Zg", "Zg=="),
            ("fo", "Zm8", "Zm8="),
            ("foobar", "Zm9vYmFy", "Zm9vYmFy"),
            ("??>", "Pz8-", "Pz8+"),
        ] {
            let mut text = String::new();
            base64(bytes.as_bytes(), &mut text);
            assert_eq!(text, plain);
            assert_eq!(base64_padded(bytes.as_bytes()), padded);
        }
    }

    #[test]
    fn a_token_is_kept_until_it_runs_out() {
        let token = Token::default();
        let at = |seconds: i64| {
            let mut out = String::new();
            token.write(
                "u1",
                Timestamp::from_seconds(1_795_248_000 + seconds),
                &mut out,
            );
            out
        };
        assert_eq!(at(0), at(3_599));
        assert_ne!(at(0), at(3_600));
        assert_eq!(at(0).split('.').count(), 3);
        assert!(at(0).starts_with("eyJhbGciOiJSUzI1NiIs"));
    }

    #[test]
    fn an_unsigned_token_has_an_empty_signature() {
        let mut out = String::new();
        Token::default().write_unsigned("u1", Timestamp::from_seconds(1), &mut out);
        assert!(
            out.starts_with("eyJhbGciOiJub25lIi") && out.ends_with('.'),
            "{out}"
        );
    }
}
