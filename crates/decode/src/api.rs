//! Which API an exchange belongs to, by what its gateway says or by its host, and whose it is.

use std::borrow::Cow;

use gatewatch_model::caller::prefix;
use gatewatch_model::{Caller, Exchange};

use crate::host::host;
use crate::limits::NAME_BYTES_MAX;

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
}
