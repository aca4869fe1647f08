//! Which collection a definition speaks of, and which partition knows that collection.

use gatewatch_decode::Api;
use gatewatch_model::definition::Subject;
use gatewatch_model::exchange::Request;
use gatewatch_model::{CollectionId, Exchange, Partition};
use gatewatch_sources::partition;

/// A collection as it is called before an exchange of it was seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Foreseen {
    pub id: CollectionId,
    pub scope: Box<str>,
    pub name: Box<str>,
    /// With the names spelled as exchanges of it will be read.
    pub subject: Subject,
}

/// The collection of a host; `None` for what can be no host.
pub fn of_host(scope: &str, host: &str) -> Option<Foreseen> {
    let exchange = Exchange {
        request: Request {
            headers: Some(vec![("host".into(), host.into())]),
            ..Request::default()
        },
        ..Exchange::default()
    };
    foresee(scope, &gatewatch_decode::api(&exchange))
}

/// The collection of an API as its gateway names it; `None` where a name is empty.
pub fn of_api(scope: &str, service: &str, workspace: &str, api: &str) -> Option<Foreseen> {
    let exchange = Exchange {
        service: Some(service.into()),
        workspace: Some(workspace.into()),
        api: Some(api.into()),
        ..Exchange::default()
    };
    foresee(scope, &gatewatch_decode::api(&exchange))
}

/// The partition whose fold sees the exchanges of a subject that names its API; `None` for one
/// that is known by its collection.
pub fn partition_of(subject: &Subject, partitions: u16) -> Option<Partition> {
    let (scope, api) = match subject {
        Subject::Collection(_) => return None,
        Subject::Host { scope, host } => (scope, Api::Host((&**host).into())),
        Subject::Api {
            scope,
            service,
            workspace,
            api,
        } => {
            let api = Api::Named {
                service,
                workspace,
                api,
            };
            (scope, api)
        }
    };
    Some(partition::of_api(scope, &api, partitions))
}

fn foresee(scope: &str, api: &Api<'_>) -> Option<Foreseen> {
    let (name, subject) = match api {
        Api::Unknown => return None,
        Api::Host(host) => {
            let subject = Subject::Host {
                scope: scope.into(),
                host: (&**host).into(),
            };
            ((&**host).into(), subject)
        }
        Api::Named {
            service,
            workspace,
            api,
        } => {
            let name = match *workspace {
                "" => format!("{service}/{api}"),
                workspace => format!("{service}/{workspace}/{api}"),
            };
            let subject = Subject::Api {
                scope: scope.into(),
                service: (*service).into(),
                workspace: (*workspace).into(),
                api: (*api).into(),
            };
            (name, subject)
        }
    };
    Some(Foreseen {
        id: gatewatch_inventory::collection_id(scope, api),
        scope: scope.into(),
        name: name.replace(char::is_control, "\u{fffd}").into(),
        subject,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exchange(url: &'static str) -> Exchange<'static> {
        let mut exchange = Exchange::default();
        exchange.request.url = url.into();
        exchange
    }

    #[test]
    fn a_definition_and_its_exchanges_meet_in_one_partition() {
        let foreseen = of_host("/a", "API.Contoso.com:443").unwrap();
        let exchange = exchange("https://api.contoso.com/x");
        for partitions in [1, 16, 1_000] {
            assert_eq!(
                partition_of(&foreseen.subject, partitions),
                Some(partition::partition_of("/a", &exchange, partitions))
            );
        }
        assert_eq!(&*foreseen.name, "api.contoso.com");
    }

    #[test]
    fn an_api_is_called_as_its_exchanges_call_it() {
        let named = of_api("/a", "gateway", "team", "orders").unwrap();
        assert_eq!(&*named.name, "gateway/team/orders");
        let mut exchange = exchange("https://elsewhere.example/");
        (exchange.service, exchange.workspace) = (Some("gateway".into()), Some("team".into()));
        exchange.api = Some("orders".into());
        assert_eq!(
            partition_of(&named.subject, 1_000),
            Some(partition::partition_of("/a", &exchange, 1_000))
        );
        let api = gatewatch_decode::api(&exchange);
        assert_eq!(named.id, gatewatch_inventory::collection_id("/a", &api));
    }

    #[test]
    fn what_can_be_no_host_leads_nowhere() {
        assert_eq!(of_host("/", "not a host"), None);
        assert_eq!(of_host("/", ""), None);
        assert_eq!(of_api("/", "gateway", "", ""), None);
    }
}
