//! What is known of an endpoint beyond its counts, as the fold hands it on: a small row of facts
//! that lists and checks read, and the profile in detail. Every fact is yes, no or not observed.

use minicbor::{Decode, Encode};

use crate::effects::Spread;
use crate::facts::SignalFacts;
use crate::ids::EndpointId;
use crate::origin::{OriginFacts, OriginsRow};
use crate::sensitivity::{MemberHit, Sensitive};
use crate::spot::Spot;
use crate::time::Timestamp;

/// A question that exchanges answer: how often yes, how often no, and when last. Both counts 0
/// means *not observed*.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct Answer {
    #[n(0)]
    pub yes: u64,
    #[n(1)]
    pub no: u64,
    /// Of the last yes and the last no; `Timestamp::ZERO` where there was none.
    #[n(2)]
    pub last_yes: Timestamp,
    #[n(3)]
    pub last_no: Timestamp,
}

impl Answer {
    pub fn add(&mut self, yes: bool, at: Timestamp) {
        let (count, last) = if yes {
            (&mut self.yes, &mut self.last_yes)
        } else {
            (&mut self.no, &mut self.last_no)
        };
        *count += 1;
        *last = (*last).max(at);
    }

    pub fn merge(&mut self, other: &Answer) {
        let Answer {
            yes,
            no,
            last_yes,
            last_no,
        } = other;
        self.yes += yes;
        self.no += no;
        self.last_yes = self.last_yes.max(*last_yes);
        self.last_no = self.last_no.max(*last_no);
    }

    /// Whether it was ever yes; `None` when nothing was observed.
    pub fn ever(&self) -> Option<bool> {
        (self.yes + self.no > 0).then_some(self.yes > 0)
    }
}

/// The facts of an endpoint that lists filter by and checks read.
#[derive(Clone, Debug, Default, PartialEq, Encode, Decode)]
#[cbor(map)]
pub struct EndpointFacts {
    /// Known from traffic, from a definition, or both.
    #[n(0)]
    pub known_by: KnownBy,
    #[n(1)]
    pub decisions: Vec<Decision>,
    /// How it stands to the collection's definition; `None` where there is no definition.
    #[n(2)]
    pub drift: Option<Drift>,
    #[n(3)]
    pub protocol: Protocol,
    #[n(4)]
    pub role: EndpointRole,
    /// Kinds of credentials that came with requests.
    #[n(5)]
    pub credentials: Credentials,
    /// Did the request carry credentials (or did the gateway check some)?
    #[n(6)]
    pub authenticated: Answer,
    /// Of the requests without credentials: were they answered 2xx?
    #[n(7)]
    pub anonymous_answered: Answer,
    /// Did the call come from outside the organisation's networks?
    #[n(8)]
    pub external: Answer,
    /// Did it travel under TLS?
    #[n(9)]
    pub encrypted: Answer,
    /// Of GraphQL introspection queries: were they answered?
    #[n(10)]
    pub introspection: Answer,
    /// Did answers say that it is deprecated, or does the definition?
    #[n(11)]
    pub deprecated: Answer,
    /// The latest `sunset` announced, if any.
    #[n(12)]
    pub sunset: Option<Timestamp>,
    /// Types of sensitive information by spot and class of status, the surest first.
    #[n(13)]
    #[cbor(default)]
    pub sensitive: Vec<Sensitive>,
    /// What was wrong with exchanges, by class of attack.
    #[n(14)]
    #[cbor(default)]
    pub signals: SignalFacts,
    /// The same of credentials that came where credentials belong: they authenticate requests, and
    /// make nothing sensitive.
    #[n(17)]
    #[cbor(default)]
    pub in_place: Vec<Sensitive>,
    /// Where callers ever were.
    #[n(18)]
    #[cbor(default)]
    pub origins: OriginFacts,
}

/// Where the knowledge of an endpoint comes from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct KnownBy {
    #[n(0)]
    pub traffic: bool,
    #[n(1)]
    pub definition: bool,
    /// A person pinned its template.
    #[n(2)]
    pub pin: bool,
}

/// Why a segment of a template is a slot or stays a word, for people to read.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Decision {
    /// Of the template, counted from 0.
    #[n(0)]
    pub segment: u16,
    #[n(1)]
    pub by: DecidedBy,
    /// `31 different values in 40 calls, and the same 3 paths below each`.
    #[n(2)]
    pub reason: Box<str>,
    /// In percent.
    #[n(3)]
    pub confidence: u8,
}

macro_rules! named {
    ($(#[$doc:meta])* $name:ident { $($(#[$inner:meta])* $variant:ident = $number:literal $text:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
        #[cbor(index_only)]
        pub enum $name {
            $($(#[$inner])* #[n($number)] $variant,)*
        }

        impl $name {
            pub const ALL: &'static [$name] = &[$($name::$variant,)*];

            pub fn name(self) -> &'static str {
                match self {
                    $($name::$variant => $text,)*
                }
            }

            pub fn parse(text: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|it| it.name() == text)
            }
        }
    };
}

named! {
    DecidedBy {
        /// The text itself shows what it is: an integer, a UUID.
        #[default]
        Kind = 0 "kind",
        /// From what was seen of its siblings.
        Learned = 1 "learned",
        Definition = 2 "definition",
        Person = 3 "person",
    }
}

named! {
    /// How an endpoint stands to the definition of its collection.
    Drift {
        /// Documented, called, and as documented.
        #[default]
        AsDocumented = 0 "as-documented",
        /// Documented but never seen.
        NeverSeen = 1 "never-seen",
        /// Seen but not documented.
        Shadow = 2 "shadow",
        /// Removed from a newer definition but still called.
        Zombie = 3 "zombie",
        /// Documented, and seen otherwise than documented.
        Different = 4 "different",
        /// Removed from a newer definition and not called since.
        Removed = 5 "removed",
    }
}

named! {
    Protocol {
        #[default]
        Rest = 0 "rest",
        GraphQl = 1 "graphql",
        Grpc = 2 "grpc",
        Soap = 3 "soap",
        JsonRpc = 4 "json-rpc",
        Mcp = 5 "mcp",
        WebSocket = 6 "websocket",
    }
}

named! {
    /// What an endpoint is for, as far as its template and answers tell.
    EndpointRole {
        #[default]
        Business = 0 "business",
        Health = 1 "health",
        Login = 2 "login",
        Docs = 3 "docs",
        Static = 4 "static",
        Admin = 5 "admin",
        Metrics = 6 "metrics",
        Webhook = 7 "webhook",
        Upload = 8 "upload",
        Search = 9 "search",
    }
}

named! {
    /// A kind of credential, and what shows that it was there.
    Credential {
        #[default]
        JwtBearer = 0 "jwt-bearer",
        OpaqueBearer = 1 "opaque-bearer",
        Basic = 2 "basic",
        ApiKeyHeader = 3 "api-key-header",
        ApiKeyQuery = 4 "api-key-query",
        ApiKeyCookie = 5 "api-key-cookie",
        /// Azure API Management's subscription key.
        SubscriptionKey = 6 "subscription-key",
        ClientCertificate = 7 "client-certificate",
        /// HMAC over the request, AWS SigV4 among them.
        Signature = 8 "signature",
        SessionCookie = 9 "session-cookie",
        /// The gateway says that it checked some.
        Gateway = 10 "gateway",
        /// An `authorization` header of another scheme.
        OtherScheme = 11 "other-scheme",
    }
}

/// A set of kinds of credentials.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Encode, Decode)]
#[cbor(transparent)]
pub struct Credentials(#[n(0)] pub u32);

impl Credentials {
    pub fn insert(&mut self, kind: Credential) {
        self.0 |= 1 << kind as u32;
    }

    pub fn merge(&mut self, other: Credentials) {
        self.0 |= other.0;
    }

    pub fn contains(self, kind: Credential) -> bool {
        self.0 & 1 << kind as u32 != 0
    }

    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    pub fn iter(self) -> impl Iterator<Item = Credential> {
        Credential::ALL
            .iter()
            .copied()
            .filter(move |it| self.contains(*it))
    }
}

/// A profile in detail. It is written when something new is in it, and else now and then.
#[derive(Clone, Debug, PartialEq, Encode, Decode)]
#[cbor(map)]
pub struct ProfileRow {
    #[n(0)]
    pub endpoint: EndpointId,
    /// Calls folded into it, and the time of the last.
    #[n(1)]
    pub calls: u64,
    #[n(2)]
    pub at: Timestamp,
    /// Calls that carried that kind, and calls that carried others alone.
    #[n(3)]
    pub credentials: Vec<(Credential, Answer)>,
    #[n(4)]
    pub tokens: Option<TokensRow>,
    #[n(5)]
    pub request_types: Vec<(Box<str>, u64)>,
    #[n(6)]
    pub response_types: Vec<(Box<str>, u64)>,
    /// Versions of HTTP and of TLS.
    #[n(7)]
    pub protocols: Vec<(Box<str>, u64)>,
    #[n(8)]
    pub callers_top: Vec<(Box<str>, u64)>,
    #[n(9)]
    pub members: Vec<MemberRow>,
    /// Members that found no room.
    #[n(10)]
    pub members_lost: u64,
    /// Of GraphQL queries: how deep, and how many aliases and operations in one batch at most.
    #[n(11)]
    pub query_depth_max: u32,
    #[n(12)]
    pub query_aliases_max: u32,
    #[n(13)]
    pub batch_max: u32,
    /// Where it differs from the definition, in the words of `difference`.
    #[n(14)]
    pub differences: Vec<Box<str>>,
    /// Where its callers are; `None` where that was never known.
    #[n(20)]
    pub origins: Option<OriginsRow>,
}

/// What the JSON web tokens of an endpoint's callers said.
#[derive(Clone, Debug, Default, PartialEq, Encode, Decode)]
#[cbor(map)]
pub struct TokensRow {
    #[n(0)]
    pub algorithms: Vec<(Box<str>, u64)>,
    #[n(1)]
    pub issuers: Vec<(Box<str>, u64)>,
    /// Does the token say when it expires?
    #[n(2)]
    pub expires: Answer,
    /// Of tokens past their time: were they answered 2xx?
    #[n(3)]
    pub expired_answered: Answer,
    #[n(4)]
    pub lifetime_seconds: Spread,
}

/// A parameter or member of a body.
#[derive(Clone, Debug, PartialEq, Encode, Decode)]
#[cbor(map)]
pub struct MemberRow {
    #[n(0)]
    pub spot: Spot,
    /// For responses the class of the status it came with, 1 to 5; else 0.
    #[n(1)]
    pub status_class: u8,
    /// Below the spot, items of lists as `[]`: `customer.cards[].number`.
    #[n(2)]
    pub path: Box<str>,
    /// Exchanges that had it, of those in which its spot was observed.
    #[n(3)]
    pub present: u64,
    #[n(4)]
    pub observed: u64,
    /// JSON types with their counts: `string`, `integer`, `number`, `boolean`, `null`, `object`, `array`.
    #[n(5)]
    pub types: Vec<(Box<str>, u64)>,
    /// Formats of texts: `uuid`, `date-time`, `email` …
    #[n(6)]
    pub formats: Vec<(Box<str>, u64)>,
    /// Of texts, in characters.
    #[n(7)]
    pub length: Option<(u64, u64)>,
    /// Bounds of numbers: whole up to 99, powers of ten beyond. They are no values that were sent.
    #[n(8)]
    pub range: Option<(f64, f64)>,
    /// All values there were, when they are few and harmless, with their counts.
    #[n(9)]
    pub values: Vec<(Box<str>, u64)>,
    #[n(10)]
    pub distinct_estimate: u64,
    #[n(11)]
    pub first_seen: Timestamp,
    #[n(12)]
    pub last_seen: Timestamp,
    /// Types of sensitive information that it is or may be, the surest first.
    #[n(13)]
    #[cbor(default)]
    pub hits: Vec<MemberHit>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_observed_is_neither_yes_nor_no() {
        let mut answer = Answer::default();
        assert_eq!(answer.ever(), None);
        answer.add(false, Timestamp(7));
        assert_eq!(answer.ever(), Some(false));
        answer.add(true, Timestamp(5));
        assert_eq!(answer.ever(), Some(true));
        assert_eq!(
            (answer.last_yes, answer.last_no),
            (Timestamp(5), Timestamp(7))
        );
    }

    #[test]
    fn names_read_what_they_write() {
        for kind in Credential::ALL {
            assert_eq!(Credential::parse(kind.name()), Some(*kind));
        }
        assert_eq!(Drift::parse("zombie"), Some(Drift::Zombie));
        assert_eq!(Drift::parse("ghost"), None);
    }

    #[test]
    fn a_set_of_credentials_lists_what_was_put_in() {
        let mut set = Credentials::default();
        set.insert(Credential::Basic);
        set.insert(Credential::SessionCookie);
        let kinds = set.iter().collect::<Vec<_>>();
        assert_eq!(kinds, [Credential::Basic, Credential::SessionCookie]);
    }
}
