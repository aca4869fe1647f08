//! What the JSON web tokens that came with calls said. Nobody has verified them here, so an
//! issuer counts only where the API answered.

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

/// One token.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Token<'t> {
    pub algorithm: &'t str,
    pub issuer: Option<&'t str>,
    pub expires: Option<Timestamp>,
    pub issued: Option<Timestamp>,
}

impl Tokens {
    /// `answered` says whether the call was answered 2xx, if its status was observed. Answers
    /// whether something is new.
    pub fn add(&mut self, token: Token<'_>, at: Timestamp, answered: Option<bool>) -> bool {
        let mut news = self.algorithms.add(token.algorithm);
        if let (Some(issuer), Some(true)) = (token.issuer, answered) {
            news |= self.issuers.add(issuer);
        }
        self.expires.add(token.expires.is_some(), at);
        if let (Some(answered), true) = (answered, token.expires.is_some_and(|it| it < at)) {
            news |= answered && self.expired_answered.yes == 0;
            self.expired_answered.add(answered, at);
        }
        if let (Some(from), Some(to)) = (token.issued, token.expires) {
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

    pub fn heap_bytes(&self) -> usize {
        self.algorithms.heap_bytes()
            + self.issuers.heap_bytes()
            + self.lifetime_seconds.heap_bytes()
    }
}
