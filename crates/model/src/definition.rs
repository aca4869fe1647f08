//! What a document says that an API offers. Only `estate` reads such documents; everything else
//! takes this.

use minicbor::{Decode, Encode};

use crate::ids::CollectionId;
use crate::spot::Spot;

#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Definition {
    #[n(0)]
    pub title: Box<str>,
    #[n(1)]
    pub version: Box<str>,
    /// `openapi-2.0`, `openapi-3.0`, `openapi-3.1`, `postman-2.1` …
    #[n(2)]
    pub format: Box<str>,
    #[n(3)]
    pub servers: Vec<Server>,
    /// Sorted by template and method; no two alike.
    #[n(4)]
    pub operations: Vec<Operation>,
}

/// Where a definition says its API lives.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Server {
    /// With its port where that is no default one; empty where only a path is given.
    #[n(0)]
    pub host: Box<str>,
    /// `/v1`, without a slash at its end; empty for the root. It is part of every template.
    #[n(1)]
    pub base_path: Box<str>,
    /// `https`, `http` …; empty where it is not said.
    #[n(2)]
    pub scheme: Box<str>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Operation {
    /// In upper case.
    #[n(0)]
    pub method: Box<str>,
    /// With the base path of the server: `/v1/orders/{orderId}`.
    #[n(1)]
    pub template: Box<str>,
    #[n(2)]
    pub id: Box<str>,
    #[n(3)]
    pub summary: Box<str>,
    #[n(4)]
    pub deprecated: bool,
    /// Members of path, query, headers, cookies and request body, sorted by spot and path. Names of
    /// headers are in lower case.
    #[n(5)]
    pub request: Vec<DefinedMember>,
    #[n(6)]
    pub request_types: Vec<Box<str>>,
    #[n(7)]
    pub responses: Vec<DefinedResponse>,
    #[n(8)]
    pub security: Security,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct DefinedResponse {
    /// `200`, a class such as `2XX`, or `default`. Sorted by it.
    #[n(0)]
    pub status: Box<str>,
    #[n(1)]
    pub types: Vec<Box<str>>,
    #[n(2)]
    pub members: Vec<DefinedMember>,
}

/// A parameter or member of a body, as documented.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct DefinedMember {
    #[n(0)]
    pub spot: Spot,
    /// As in `MemberRow`: `customer.cards[].number`. Objects and lists on the way are members too,
    /// and a whole body is the member with the empty path.
    #[n(1)]
    pub path: Box<str>,
    /// Whether every request or answer with a body must have it: never so below a list, nor below
    /// what itself may be missing.
    #[n(2)]
    pub required: bool,
    /// JSON types, sorted; empty where any is allowed.
    #[n(3)]
    pub types: Vec<Box<str>>,
    #[n(4)]
    pub format: Box<str>,
    /// The only values allowed; empty where any is.
    #[n(5)]
    pub values: Vec<Box<str>>,
    /// Whether members not named here may stand below it: a free-form object, or one that was
    /// cut because it contains itself or grows too large.
    #[n(6)]
    pub open: bool,
}

impl Operation {
    /// Nothing known of it but where it is.
    pub fn new(method: impl Into<Box<str>>, template: impl Into<Box<str>>) -> Operation {
        Operation {
            method: method.into(),
            template: template.into(),
            ..Operation::default()
        }
    }
}

/// What an operation asks for before it answers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Security {
    /// False where the document says nothing about security at all.
    #[n(0)]
    pub said: bool,
    /// Whether the document allows calls without any credential.
    #[n(1)]
    pub anonymous: bool,
    /// Whichever is asked for in some alternative; sorted.
    #[n(2)]
    pub schemes: Vec<Scheme>,
}

/// One way to show who is calling.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[cbor(map)]
pub struct Scheme {
    /// As the document calls it.
    #[n(0)]
    pub name: Box<str>,
    /// `http-basic`, `http-bearer`, `http-other`, `api-key-header`, `api-key-query`,
    /// `api-key-cookie`, `oauth2`, `openid-connect`, `mutual-tls`; `unknown` where the document
    /// does not define it.
    #[n(1)]
    pub kind: Box<str>,
    /// Of an API key: the header, parameter or cookie that carries it. Headers in lower case.
    #[n(2)]
    pub carrier: Box<str>,
}

/// Which collection a definition speaks of, known already or not.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub enum Subject {
    #[n(0)]
    Collection(#[n(0)] CollectionId),
    /// By the host that it serves.
    #[n(1)]
    Host {
        #[n(0)]
        scope: Box<str>,
        #[n(1)]
        host: Box<str>,
    },
    /// By the names that its gateway gives it.
    #[n(2)]
    Api {
        #[n(0)]
        scope: Box<str>,
        #[n(1)]
        service: Box<str>,
        #[n(2)]
        workspace: Box<str>,
        #[n(3)]
        api: Box<str>,
    },
}
