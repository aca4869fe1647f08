//! The parts of an exchange in which values stand.

#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, minicbor::Encode, minicbor::Decode,
)]
#[cbor(index_only)]
pub enum Spot {
    #[n(0)]
    RequestPath,
    #[n(1)]
    RequestQuery,
    #[n(2)]
    RequestHeaders,
    #[n(3)]
    RequestCookies,
    #[n(4)]
    RequestBody,
    #[n(5)]
    ResponseHeaders,
    /// Set by `set-cookie`.
    #[n(6)]
    ResponseCookies,
    #[n(7)]
    ResponseBody,
}

impl Spot {
    pub const ALL: [Spot; 8] = [
        Spot::RequestPath,
        Spot::RequestQuery,
        Spot::RequestHeaders,
        Spot::RequestCookies,
        Spot::RequestBody,
        Spot::ResponseHeaders,
        Spot::ResponseCookies,
        Spot::ResponseBody,
    ];

    /// How every place in this spot begins: `$.request.query`.
    pub fn prefix(self) -> &'static str {
        match self {
            Spot::RequestPath => "$.request.path",
            Spot::RequestQuery => "$.request.query",
            Spot::RequestHeaders => "$.request.headers",
            Spot::RequestCookies => "$.request.cookies",
            Spot::RequestBody => "$.request.body",
            Spot::ResponseHeaders => "$.response.headers",
            Spot::ResponseCookies => "$.response.cookies",
            Spot::ResponseBody => "$.response.body",
        }
    }

    pub fn parse(prefix: &str) -> Option<Spot> {
        Spot::ALL.into_iter().find(|it| it.prefix() == prefix)
    }

    pub fn is_response(self) -> bool {
        matches!(
            self,
            Spot::ResponseHeaders | Spot::ResponseCookies | Spot::ResponseBody
        )
    }
}
