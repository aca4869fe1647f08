//! One request with its response, as a source observed it. Absent and not observed are
//! different facts: `headers: None` was not observed, `Some(vec![])` was observed and empty.

use core::fmt;
use std::borrow::Cow;
use std::net::IpAddr;

use crate::origin::Origin;
use crate::time::Timestamp;

pub type Text<'a> = Cow<'a, str>;
pub type Headers<'a> = Vec<(Text<'a>, Text<'a>)>;

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Exchange<'a> {
    pub id: Option<Text<'a>>,
    /// As the source stamped it; the fold decides whether to believe it.
    pub at: Option<Timestamp>,
    pub service: Option<Text<'a>>,
    pub workspace: Option<Text<'a>>,
    pub api: Option<Text<'a>>,
    pub revision: Option<Text<'a>>,
    pub operation: Option<Text<'a>>,
    pub region: Option<Text<'a>>,
    /// The address the source holds to be the caller's; `peer_ip` is the socket's.
    pub caller_ip: Option<IpAddr>,
    pub peer_ip: Option<IpAddr>,
    /// Where the caller is, as admission knows it; sources do not say it.
    pub origin: Origin<'a>,
    pub principal: Option<Text<'a>>,
    pub request: Request<'a>,
    pub response: Option<Response<'a>>,
    /// What the source can see at all; `None` means: what is present.
    pub seen: Option<Seen>,
    /// Names of the headers that are forwarded, when only some are.
    pub headers_seen: Option<Vec<Text<'a>>>,
    /// Places whose values the source has taken out.
    pub redacted: Vec<Text<'a>>,
    /// The share of exchanges that the source forwards, in (0, 1].
    pub sample_rate: Option<f64>,
    pub protocol: Option<Text<'a>>,
    pub tls: Option<Tls<'a>>,
    pub auth: Option<Auth<'a>>,
    pub backend: Option<Backend<'a>>,
    pub direction: Direction,
    pub trace_id: Option<Text<'a>>,
    pub blemishes: Blemishes,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Request<'a> {
    pub method: Text<'a>,
    /// Absolute or origin-form.
    pub url: Text<'a>,
    pub headers: Option<Headers<'a>>,
    pub body: Option<Body<'a>>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Response<'a> {
    pub status: Option<u16>,
    pub headers: Option<Headers<'a>>,
    pub body: Option<Body<'a>>,
    pub latency_micros: Option<u64>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Body<'a> {
    /// What is at hand: the whole, or a prefix of it.
    pub bytes: Cow<'a, [u8]>,
    /// The true size, at least `bytes.len()`.
    pub bytes_total: u64,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tls<'a> {
    pub version: Option<Text<'a>>,
    /// Subject or fingerprint of the caller's certificate.
    pub client_cert: Option<Text<'a>>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Auth<'a> {
    /// Which authentication steps the gateway ran: `subscription-key`, `validate-jwt`, …
    pub executed: Option<Vec<Text<'a>>>,
    pub subject: Option<Text<'a>>,
    pub subscription: Option<Text<'a>>,
    pub product: Option<Text<'a>>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Backend<'a> {
    pub host: Option<Text<'a>>,
    pub status: Option<u16>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Direction {
    #[default]
    Inbound,
    Outbound,
}

impl Exchange<'_> {
    /// The first request header of that name, whatever its case.
    pub fn request_header(&self, name: &str) -> Option<&str> {
        find_header(self.request.headers.as_ref(), name)
    }

    pub fn response_header(&self, name: &str) -> Option<&str> {
        find_header(
            self.response.as_ref().and_then(|it| it.headers.as_ref()),
            name,
        )
    }

    pub fn status(&self) -> Option<u16> {
        self.response.as_ref().and_then(|it| it.status)
    }

    /// What was seen: as the source says, else what is present.
    pub fn seen(&self) -> Seen {
        self.seen.unwrap_or_else(|| self.present())
    }

    fn present(&self) -> Seen {
        let response = self.response.as_ref();
        let mut seen = Seen::default();
        for (spot, present) in [
            (Seen::REQUEST_HEADERS, self.request.headers.is_some()),
            (
                Seen::REQUEST_BODY,
                self.request.body.as_ref().is_some_and(Body::is_seen),
            ),
            (Seen::RESPONSE_STATUS, self.status().is_some()),
            (
                Seen::RESPONSE_HEADERS,
                response.is_some_and(|it| it.headers.is_some()),
            ),
            (
                Seen::RESPONSE_BODY,
                response
                    .and_then(|it| it.body.as_ref())
                    .is_some_and(Body::is_seen),
            ),
            (
                Seen::LATENCY,
                response.is_some_and(|it| it.latency_micros.is_some()),
            ),
            (Seen::CALLER_IP, self.caller_ip.is_some()),
            (Seen::PRINCIPAL, self.principal.is_some()),
            (Seen::TLS, self.tls.is_some()),
            (Seen::AUTH, self.auth.is_some()),
            (Seen::BACKEND, self.backend.is_some()),
        ] {
            if present {
                seen.insert(spot);
            }
        }
        seen
    }
}

impl Body<'_> {
    /// False where only the size is known, as from an access log.
    pub fn is_seen(&self) -> bool {
        !self.bytes.is_empty() || self.bytes_total == 0
    }
}

fn find_header<'h>(headers: Option<&'h Headers<'_>>, name: &str) -> Option<&'h str> {
    headers?
        .iter()
        .find(|(key, _)| key.eq_ignore_ascii_case(name))
        .map(|(_, value)| value.as_ref())
}

/// A set of single bits with names, kept as one number.
macro_rules! bits {
    ($(#[$doc:meta])* $set:ident { $($(#[$inner:meta])* $flag:ident = $bit:literal $text:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
        pub struct $set(pub u32);

        impl $set {
            $($(#[$inner])* pub const $flag: $set = $set(1 << $bit);)*
            pub const ROLL: &'static [($set, &'static str)] = &[$(($set::$flag, $text),)*];

            pub fn insert(&mut self, other: $set) {
                self.0 |= other.0;
            }

            pub fn contains(self, other: $set) -> bool {
                self.0 & other.0 == other.0
            }

            pub fn is_empty(self) -> bool {
                self.0 == 0
            }

            pub fn names(self) -> impl Iterator<Item = &'static str> {
                Self::ROLL.iter().filter(move |(flag, _)| self.contains(*flag)).map(|(_, name)| *name)
            }

            pub fn parse(name: &str) -> Option<$set> {
                Self::ROLL.iter().find(|(_, text)| *text == name).map(|(flag, _)| *flag)
            }
        }

        impl fmt::Debug for $set {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_set().entries(self.names()).finish()
            }
        }
    };
}

bits! {
    /// What a source can see of an exchange.
    Seen {
        REQUEST_HEADERS = 0 "request.headers",
        REQUEST_BODY = 1 "request.body",
        RESPONSE_STATUS = 2 "response.status",
        RESPONSE_HEADERS = 3 "response.headers",
        RESPONSE_BODY = 4 "response.body",
        LATENCY = 5 "response.latency",
        CALLER_IP = 6 "caller.ip",
        PRINCIPAL = 7 "principal",
        TLS = 8 "tls",
        AUTH = 9 "auth",
        BACKEND = 10 "backend",
    }
}

bits! {
    /// What was odd about an exchange. Hostile input is a fact, not an error.
    Blemishes {
        TRUNCATED = 0 "truncated",
        SKEWED = 1 "skewed",
        LATE = 2 "late",
        BAD_URL = 3 "bad-url",
        BAD_METHOD = 4 "bad-method",
        BAD_STATUS = 5 "bad-status",
        BAD_BASE64 = 6 "bad-base64",
        BAD_VALUE = 7 "bad-value",
        NO_HOST = 8 "no-host",
        HEADERS_CUT = 9 "headers-cut",
        /// Of the query, a form or a cookie: a `%` that starts no escape, or escapes of no text.
        BAD_ESCAPE = 10 "bad-escape",
        BAD_JSON = 11 "bad-json",
        BAD_XML = 12 "bad-xml",
        /// A multipart body that its boundary does not divide, or a part without a name.
        BAD_FORM = 13 "bad-form",
        /// A content encoding that is unknown, or a body that is not in it.
        BAD_ENCODING = 14 "bad-encoding",
        /// Bytes or escapes that are no text in the character set they claim.
        BAD_CHARSET = 15 "bad-charset",
        /// GraphQL, JSON-RPC, SOAP or gRPC that cannot be read.
        BAD_CALL = 16 "bad-call",
        /// Something in the shape of a JSON web token that is none.
        BAD_TOKEN = 17 "bad-token",
        TOO_DEEP = 18 "too-deep",
        /// Values found no room, or were cut.
        LEAVES_LOST = 19 "leaves-lost",
        /// It would unpack to many times its size.
        BOMB = 20 "bomb",
        /// XML with a document type; its entities are not expanded.
        DTD = 21 "dtd",
        /// An object with two members of one name.
        DUPLICATE_NAMES = 22 "duplicate-names",
        /// Segments of the path that are still escaped after they were decoded.
        DOUBLE_ENCODED = 23 "double-encoded",
        /// A body of another length than `content-length` says, or a length that no body has.
        BAD_LENGTH = 24 "bad-length",
    }
}

/// One blemish alone; a set of them is `Blemishes`.
pub type Blemish = Blemishes;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_found_whatever_their_case() {
        let mut exchange = Exchange::default();
        exchange.request.headers = Some(vec![("Content-Type".into(), "text/plain".into())]);
        assert_eq!(exchange.request_header("content-type"), Some("text/plain"));
        assert_eq!(exchange.request_header("host"), None);
    }

    #[test]
    fn empty_headers_are_seen_and_missing_ones_are_not() {
        let mut exchange = Exchange::default();
        assert!(!exchange.seen().contains(Seen::REQUEST_HEADERS));
        exchange.request.headers = Some(Vec::new());
        assert!(exchange.seen().contains(Seen::REQUEST_HEADERS));
    }

    #[test]
    fn a_body_of_which_only_the_size_is_known_is_not_seen() {
        let mut exchange = Exchange::default();
        exchange.request.body = Some(Body {
            bytes_total: 9,
            ..Body::default()
        });
        assert!(!exchange.seen().contains(Seen::REQUEST_BODY));
        exchange.request.body = Some(Body::default());
        assert!(exchange.seen().contains(Seen::REQUEST_BODY));
    }

    #[test]
    fn what_the_source_says_it_sees_outranks_what_is_there() {
        let exchange = Exchange {
            seen: Some(Seen::REQUEST_BODY),
            ..Exchange::default()
        };
        assert_eq!(exchange.seen(), Seen::REQUEST_BODY);
    }

    #[test]
    fn bits_read_what_they_write() {
        for (flag, name) in Blemishes::ROLL {
            assert_eq!(Blemishes::parse(name), Some(*flag));
        }
        assert_eq!(Blemishes::parse("unheard-of"), None);
    }
}
