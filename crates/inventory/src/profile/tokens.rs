//! What the JSON web tokens that came with calls said. Nobody has verified them here, so an
//! issuer counts only where the API answered.

use gatewatch_decode::Token;
use gatewatch_model::Timestamp;
use gatewatch_model::facts::{Names, Quantiles};
use gatewatch_model::profile::{Answer, TokensRow};
use minicbor::{Decode, Encode};

use crate::endpoints::spread;

#[derive(Clone, Debug, Default, PartialEq, Encode, Decode)]
#[cbor(array)]
pub(super) struct Tokens {
    #[n(0)]
    algorithms: Names<8>,
    #[n(1)]
    issuers: Names<8>,
    #[n(2)]
    expires: Answer,
    #[n(3)]
    expired_answered: Answer,
    #[n(4)]
    lifetime_seconds: Quantiles,
}

impl Tokens {
    /// `answered` says whether the call was answered 2xx, if its status was observed. Answers
    /// whether something is new.
    pub fn add(&mut self, token: &Token, at: Timestamp, answered: Option<bool>) -> bool {
        let expires = token.expires_at;
        let mut news = self.algorithms.add(algorithm(token));
        if answered == Some(true) && !token.issuer.is_empty() {
            news |= self.issuers.add(&token.issuer);
        }
        self.expires.add(expires.is_some(), at);
        if let (Some(answered), true) = (answered, expires.is_some_and(|it| it < at)) {
            news |= answered && self.expired_answered.yes == 0;
            self.expired_answered.add(answered, at);
        }
        if let (Some(from), Some(to)) = (token.issued_at, expires) {
            let seconds = to.seconds().saturating_sub(from.seconds());
            self.lifetime_seconds
                .add(u64::try_from(seconds).unwrap_or(0));
        }
        news
    }

    pub fn merge(&mut self, other: &Tokens) {
        let Tokens {
            algorithms,
            issuers,
            expires,
            expired_answered,
            lifetime_seconds,
        } = other;
        self.algorithms.merge(algorithms);
        self.issuers.merge(issuers);
        self.expires.merge(expires);
        self.expired_answered.merge(expired_answered);
        self.lifetime_seconds.merge(lifetime_seconds);
    }

    pub fn row(&self) -> TokensRow {
        TokensRow {
            algorithms: self.algorithms.rows(),
            issuers: self.issuers.rows(),
            expires: self.expires,
            expired_answered: self.expired_answered,
            lifetime_seconds: spread(&self.lifetime_seconds),
        }
    }

    pub fn touch(&self) -> u64 {
        self.algorithms.touch() ^ self.issuers.touch() ^ self.lifetime_seconds.touch()
    }

    pub fn heap_bytes(&self) -> usize {
        self.algorithms.heap_bytes()
            + self.issuers.heap_bytes()
            + self.lifetime_seconds.heap_bytes()
    }
}

/// As written, if it can be one.
fn algorithm(token: &Token) -> &str {
    let plain = |it: u8| it.is_ascii_alphanumeric() || b"-+".contains(&it);
    let text = &*token.algorithm;
    if text.len() <= 20 && text.bytes().all(plain) {
        text
    } else {
        "other"
    }
}
