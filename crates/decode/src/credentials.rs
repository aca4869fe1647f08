//! Which kinds of credentials came with a request. The secrets themselves stay in the leaves.

mod cookies;
mod headers;
mod parameters;

#[cfg(test)]
mod tests;

use core::fmt;

use gatewatch_model::Exchange;
use gatewatch_model::caller::prefix;
use gatewatch_model::profile::{Credential, Credentials};

pub use headers::is_for_credentials;

use crate::json::Json;
use crate::jwt::{self, Claims, Token};
use crate::limits::NAME_BYTES_MAX;

/// What a request showed. Kinds are facts of what was there, not of what is valid.
#[derive(Default)]
pub struct Shown {
    kinds: Credentials,
    /// The header, parameter or cookie in which the first key or session came.
    carrier: String,
    token: Token,
    has_token: bool,
    token_in_url: bool,
    claims: Claims,
}

/// What is left of the claims that were read last may be secret, so it is not shown.
impl fmt::Debug for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shown")
            .field("kinds", &self.kinds)
            .field("carrier", &self.carrier)
            .field("token", &self.token())
            .finish_non_exhaustive()
    }
}

impl Shown {
    pub fn kinds(&self) -> Credentials {
        self.kinds
    }

    /// The name of the header, parameter or cookie in which an API key, a subscription key or a
    /// session came; empty if there was none.
    pub fn carrier(&self) -> &str {
        &self.carrier
    }

    /// The facts of the first JSON web token there was.
    pub fn token(&self) -> Option<&Token> {
        self.has_token.then_some(&self.token)
    }

    /// Whether a bearer token came in the URL, where logs keep it.
    pub fn token_in_url(&self) -> bool {
        self.token_in_url
    }

    pub(crate) fn clear(&mut self) {
        self.kinds = Credentials::default();
        self.carrier.clear();
        (self.has_token, self.token_in_url) = (false, false);
    }

    /// Takes in what the source knows beside the heads.
    pub(crate) fn see_source(&mut self, exchange: &Exchange<'_>) {
        let tls = exchange.tls.as_ref();
        if tls.is_some_and(|it| it.client_cert.as_deref().is_some_and(|it| !it.is_empty())) {
            self.kinds.insert(Credential::ClientCertificate);
        }
        let auth = exchange.auth.as_ref();
        if auth.is_some_and(|it| it.executed.as_ref().is_some_and(|it| !it.is_empty())) {
            self.kinds.insert(Credential::Gateway);
        }
        let hidden = |name: &str| exchange.redacted.iter().any(|it| it == name);
        if exchange.redacted.is_empty() {
            return;
        }
        let empty = exchange
            .request_header("authorization")
            .is_none_or(str::is_empty);
        if empty && hidden("$.request.headers.authorization") {
            self.kinds.insert(Credential::OtherScheme);
        }
    }

    fn carry(&mut self, kind: Credential, name: &str) {
        if self.carrier.is_empty() {
            self.carrier.push_str(prefix(name, NAME_BYTES_MAX));
        }
        self.kinds.insert(kind);
    }

    /// Looks into a token if it is one of JSON.
    fn see_token(&mut self, text: &str, json: &mut Json) -> bool {
        let found = jwt::looks_like(text);
        if found && !self.has_token {
            self.claims.read(text, json, &mut self.token);
            self.has_token = true;
        }
        found
    }

    fn see_bearer(&mut self, text: &str, json: &mut Json) {
        if text.is_empty() {
            return;
        }
        let kind = if self.see_token(text, json) {
            Credential::JwtBearer
        } else {
            Credential::OpaqueBearer
        };
        self.kinds.insert(kind);
    }
}
