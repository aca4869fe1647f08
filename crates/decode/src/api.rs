//! Which API an exchange belongs to, by what its gateway says or by its host, and whose it is.

use std::borrow::Cow;

use gatewatch_model::caller::prefix;
use gatewatch_model::{Caller, Exchange};

use crate::host::host;
use crate::limits::NAME_BYTES_MAX;
use crate::reading::Reading;

/// What makes a collection, besides its scope. All exchanges of one API have an equal one, so it
/// also says which partition they fall into (`workspace` may be left out there).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Api<'e> {
    /// The gateway names service and API.
    Named {
        service: &'e str,
        workspace: &'e str,
        api: &'e str,
    },
    Host(Cow<'e, str>),
    /// Neither name nor host.
    Unknown,
}

pub fn api<'e>(exchange: &'e Exchange<'_>) -> Api<'e> {
    let name =
        |text: &'e Option<Cow<'_, str>>| prefix(text.as_deref().unwrap_or(""), NAME_BYTES_MAX);
    let (service, api) = (name(&exchange.service), name(&exchange.api));
    if service.is_empty() || api.is_empty() {
        return host(exchange).map_or(Api::Unknown, Api::Host);
    }
    Api::Named {
        service,
        workspace: name(&exchange.workspace),
        api,
    }
}

/// Who sent it: the principal if the source names one, else the address.
pub fn caller(exchange: &Exchange<'_>) -> Caller {
    let subject = exchange.auth.as_ref().and_then(|it| it.subject.as_deref());
    let identity = exchange
        .principal
        .as_deref()
        .filter(|it| !it.is_empty())
        .or(subject);
    Caller::new(identity, exchange.caller_ip.or(exchange.peer_ip))
}

/// The same, with what was read of the request. Where nobody names the caller, a signed token
/// does, by issuer and subject together; but nobody has verified it here, so it counts only for
/// a call that the API answered 2xx. Else anyone could write calls into somebody's account by
/// sending a token of that name. Keys and sessions name no caller: as text they are secrets, and
/// a fold has no key to hash them with.
pub fn caller_of(exchange: &Exchange<'_>, reading: &Reading) -> Caller {
    let named = caller(exchange);
    if matches!(named, Caller::Identity(_)) || !matches!(exchange.status(), Some(200..=299)) {
        return named;
    }
    let token = reading.token().filter(|it| it.signed && !it.malformed);
    let token = token.filter(|it| !it.issuer.is_empty() && !it.subject.is_empty());
    match token {
        Some(token) => {
            let identity = format!("{}@{}", token.subject, token.issuer);
            Caller::new(Some(&identity), None)
        }
        None => named,
    }
}

#[cfg(test)]
mod tests {
    use gatewatch_model::exchange::{Auth, Request};

    use super::*;

    fn to_host() -> Exchange<'static> {
        Exchange {
            request: Request {
                url: "https://API.contoso.com/a".into(),
                ..Request::default()
            },
            ..Exchange::default()
        }
    }

    #[test]
    fn an_api_is_named_only_by_service_and_api_together() {
        let mut exchange = to_host();
        exchange.service = Some("apim-contoso".into());
        assert_eq!(api(&exchange), Api::Host("api.contoso.com".into()));
        exchange.api = Some("echo-api".into());
        let named = Api::Named {
            service: "apim-contoso",
            workspace: "",
            api: "echo-api",
        };
        assert_eq!(api(&exchange), named);
        exchange.service = Some("".into());
        assert_eq!(api(&exchange), Api::Host("api.contoso.com".into()));
    }

    #[test]
    fn without_name_and_host_the_api_is_unknown() {
        assert_eq!(api(&Exchange::default()), Api::Unknown);
    }

    #[test]
    fn names_are_cut_to_their_bound() {
        let mut exchange = to_host();
        let long = "é".repeat(NAME_BYTES_MAX);
        (exchange.service, exchange.api) = (Some(long.clone().into()), Some(long.into()));
        let cut = "é".repeat(NAME_BYTES_MAX / 2);
        assert_eq!(
            api(&exchange),
            Api::Named {
                service: &cut,
                workspace: "",
                api: &cut
            }
        );
    }

    #[test]
    fn a_caller_is_its_principal_then_its_subject_then_its_address() {
        let mut exchange = to_host();
        assert_eq!(caller(&exchange).to_string(), "unknown");
        exchange.peer_ip = Some([192, 0, 2, 1].into());
        assert_eq!(caller(&exchange).to_string(), "192.0.2.1");
        exchange.caller_ip = Some([203, 0, 113, 9].into());
        assert_eq!(caller(&exchange).to_string(), "203.0.113.9");
        exchange.auth = Some(Auth {
            subject: Some("bob".into()),
            ..Auth::default()
        });
        assert_eq!(caller(&exchange).to_string(), "id:bob");
        exchange.principal = Some("alice".into());
        assert_eq!(caller(&exchange).to_string(), "id:alice");
    }

    /// `{"alg":…}.{"iss":"https://idp.example","sub":"bob"}` and a signature.
    fn token(header: &str, signature: &str) -> String {
        let claims = "eyJpc3MiOiJodHRwczovL2lkcC5leGFtcGxlIiwic3ViIjoiYm9iIn0";
        format!("Bearer {header}.{claims}.{signature}")
    }

    fn check(authorization: &str, status: u16, principal: Option<&str>, expected: &str) {
        let mut exchange = to_host();
        exchange.caller_ip = Some([203, 0, 113, 9].into());
        exchange.principal = principal.map(Into::into);
        exchange.request.headers = Some(vec![("Authorization".into(), authorization.into())]);
        exchange.response.get_or_insert_default().status = Some(status);
        let mut reading = Reading::default();
        reading.read(&exchange);
        assert_eq!(caller_of(&exchange, &reading).to_string(), expected);
    }

    #[test]
    fn a_token_names_the_caller_only_where_the_api_took_it() {
        const RS256: &str = "eyJhbGciOiJSUzI1NiJ9";
        let signed = token(RS256, "c2lnbmF0dXJl");
        check(&signed, 200, None, "id:bob@https://idp.example");
        check(&signed, 200, Some("alice"), "id:alice");
        check(&signed, 401, None, "203.0.113.9");
        check(&token(RS256, ""), 200, None, "203.0.113.9");
        check("Bearer opaque", 200, None, "203.0.113.9");
        check("Basic Ym9iOnB3", 200, None, "203.0.113.9");
    }
}
