//! Which collections and endpoints there are.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::header::ACCEPT;
use axum::response::{IntoResponse, Response};
use axum::routing::on;
use gatewatch_model::effects::CollectionRow;
use gatewatch_model::{CollectionId, EndpointId};
use gatewatch_ports::facts::FactQuery;
use gatewatch_ports::store::{
    CollectionQuery, CollectionSort, EndpointItem, EndpointQuery, EndpointSort, Role,
};

use crate::access::Grant;
use crate::asked::{Asked, Param, ParamKind};
use crate::csv;
use crate::openapi::{Content, list, shape};
use crate::problem::{NOT_FOUND, Problem};
use crate::routes::{Answer, Face, Gate, Operation, Route, Scoped, Verb};
use crate::scope::covers;
use crate::shapes::{Collection, Endpoint, LIMIT, List, OFFSET};
use crate::shared::{Shared, Slot};

const SEARCH_CHARACTERS_MAX: usize = 200;

const ORDER: Param = Param {
    name: "order",
    what: "Numbers and times begin with the highest unless asked otherwise, names with the lowest.",
    kind: ParamKind::Choice(|| vec!["asc", "desc"]),
};

static COLLECTION_SORTS: &[(&str, CollectionSort)] = &[
    ("name", CollectionSort::Name),
    ("calls", CollectionSort::Calls),
    ("endpoints", CollectionSort::Endpoints),
    ("first_seen", CollectionSort::FirstSeen),
    ("last_seen", CollectionSort::LastSeen),
];
static ENDPOINT_SORTS: &[(&str, EndpointSort)] = &[
    ("calls", EndpointSort::Calls),
    ("template", EndpointSort::Template),
    ("first_seen", EndpointSort::FirstSeen),
    ("last_seen", EndpointSort::LastSeen),
    ("errors", EndpointSort::Errors),
    ("callers", EndpointSort::Callers),
    ("latency_p95", EndpointSort::LatencyP95),
];

pub(crate) static ROUTES: &[Route] = &[
    Route {
        verb: Verb::Get,
        path: "/api/v1/collections",
        face: Face::Serve,
        gate: Gate::Least(Role::Reader),
        scope: Scoped::List,
        operation: Operation {
            id: "listCollections",
            summary: "Collections",
            description: "The APIs that were seen.",
            params: &[
                Param {
                    name: "search",
                    what: "A part of the name, whatever its case.",
                    kind: ParamKind::Text {
                        characters_max: SEARCH_CHARACTERS_MAX,
                    },
                },
                Param {
                    name: "sort",
                    what: "What the list is sorted by, `name` when not given.",
                    kind: ParamKind::Choice(|| COLLECTION_SORTS.iter().map(|it| it.0).collect()),
                },
                ORDER,
                LIMIT,
                OFFSET,
            ],
            answers: &[Answer {
                status: 200,
                what: "A page of collections.",
                contents: &[Content::Json(list::<Collection>)],
            }],
            ..Operation::PLAIN
        },
        answer: |verb| on(verb, list_collections),
    },
    Route {
        verb: Verb::Get,
        path: "/api/v1/collections/{id}",
        face: Face::Serve,
        gate: Gate::Least(Role::Reader),
        scope: Scoped::Item,
        operation: Operation {
            id: "getCollection",
            summary: "One collection",
            slots: &[("id", "The id of a collection.")],
            answers: &[Answer {
                status: 200,
                what: "The collection.",
                contents: &[Content::Json(shape::<Collection>)],
            }],
            problems: &[&NOT_FOUND],
            ..Operation::PLAIN
        },
        answer: |verb| on(verb, get_collection),
    },
    Route {
        verb: Verb::Get,
        path: "/api/v1/endpoints",
        face: Face::Serve,
        gate: Gate::Least(Role::Reader),
        scope: Scoped::List,
        operation: Operation {
            id: "listEndpoints",
            summary: "Endpoints",
            description: "The endpoints that were seen. As CSV (`format=csv` or `Accept: text/csv`) \
                `limit` does not count and up to 100,000 rows from `offset` on are written.",
            params: ENDPOINT_PARAMS,
            answers: &[Answer {
                status: 200,
                what: "A page of endpoints.",
                contents: &[
                    Content::Json(list::<Endpoint>),
                    Content::Text(csv::MEDIA_TYPE),
                ],
            }],
            ..Operation::PLAIN
        },
        answer: |verb| on(verb, list_endpoints),
    },
    Route {
        verb: Verb::Get,
        path: "/api/v1/endpoints/{id}",
        face: Face::Serve,
        gate: Gate::Least(Role::Reader),
        scope: Scoped::Item,
        operation: Operation {
            id: "getEndpoint",
            summary: "One endpoint",
            description: "An id from before a merge finds the endpoint that it was merged into.",
            slots: &[(
                "id",
                "The id of an endpoint, of today or of before a merge.",
            )],
            answers: &[Answer {
                status: 200,
                what: "The endpoint.",
                contents: &[Content::Json(shape::<Endpoint>)],
            }],
            problems: &[&NOT_FOUND],
            ..Operation::PLAIN
        },
        answer: |verb| on(verb, get_endpoint),
    },
];

static ENDPOINT_PARAMS: &[Param] = &[
    Param {
        name: "collection",
        what: "Only endpoints of this collection.",
        kind: ParamKind::Collection,
    },
    Param {
        name: "method",
        what: "Only endpoints of this method.",
        kind: ParamKind::Text { characters_max: 32 },
    },
    Param {
        name: "search",
        what: "A part of method and template, or of the collection's name, whatever its case.",
        kind: ParamKind::Text {
            characters_max: SEARCH_CHARACTERS_MAX,
        },
    },
    Param {
        name: "status",
        what: "Only endpoints that answered at least once with this status or class: `404`, `5xx`.",
        kind: ParamKind::Status,
    },
    Param {
        name: "seen_after",
        what: "Only endpoints whose latest exchange is after this time.",
        kind: ParamKind::Time,
    },
    Param {
        name: "seen_before",
        what: "Only endpoints whose latest exchange is before this time.",
        kind: ParamKind::Time,
    },
    Param {
        name: "sort",
        what: "What the list is sorted by, `calls` when not given; `errors` is the share of 5xx answers.",
        kind: ParamKind::Choice(|| ENDPOINT_SORTS.iter().map(|it| it.0).collect()),
    },
    ORDER,
    Param {
        name: "format",
        what: "Without it the `Accept` header decides.",
        kind: ParamKind::Choice(|| vec!["json", "csv"]),
    },
    LIMIT,
    OFFSET,
];

/// The collection, if there is one of that id within the scope.
pub(crate) async fn find_collection(
    shared: &Shared,
    grant: &Grant,
    id: &str,
) -> Result<CollectionRow, Problem> {
    let missing = || Problem::not_found("collection");
    let id = CollectionId::parse(id).ok_or_else(missing)?;
    let row = shared
        .blocking
        .ask(move |store| store.collection(id))
        .await?;
    row.filter(|it| covers(&grant.scope, &it.scope))
        .ok_or_else(missing)
}

/// The endpoint, if there is one of that id within the scope.
pub(crate) async fn find_endpoint(
    shared: &Shared,
    grant: &Grant,
    id: &str,
) -> Result<EndpointItem, Problem> {
    let missing = || Problem::not_found("endpoint");
    let id = EndpointId::parse(id).ok_or_else(missing)?;
    let item = shared.blocking.ask(move |store| store.endpoint(id)).await?;
    item.filter(|it| covers(&grant.scope, &it.scope))
        .ok_or_else(missing)
}

async fn list_collections(
    State(shared): State<Arc<Shared>>,
    grant: Grant,
    asked: Asked,
) -> Result<Json<List<Collection>>, Problem> {
    let sort = pick(&asked, COLLECTION_SORTS);
    let query = CollectionQuery {
        scope: grant.scope,
        search: asked.text("search"),
        sort,
        descending: is_descending(&asked, sort == CollectionSort::Name),
        offset: asked.whole("offset"),
        limit: asked.whole("limit"),
    };
    let offset = query.offset;
    let page = shared
        .blocking
        .ask(move |store| store.collections(&query))
        .await?;
    Ok(Json(List::of(page, offset, Collection::new)))
}

async fn get_collection(
    State(shared): State<Arc<Shared>>,
    grant: Grant,
    Slot(id): Slot,
) -> Result<Json<Collection>, Problem> {
    Ok(Json(Collection::new(
        find_collection(&shared, &grant, &id).await?,
    )))
}

async fn list_endpoints(
    State(shared): State<Arc<Shared>>,
    grant: Grant,
    asked: Asked,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let query = endpoint_query(grant, &asked);
    if wants_csv(&asked, &headers) {
        return csv::endpoints(shared, query).await;
    }
    let offset = query.offset;
    let page = shared
        .blocking
        .ask(move |store| store.endpoints(&query))
        .await?;
    Ok(Json(List::of(page, offset, Endpoint::new)).into_response())
}

async fn get_endpoint(
    State(shared): State<Arc<Shared>>,
    grant: Grant,
    Slot(id): Slot,
) -> Result<Json<Endpoint>, Problem> {
    Ok(Json(Endpoint::new(
        find_endpoint(&shared, &grant, &id).await?,
    )))
}

fn endpoint_query(grant: Grant, asked: &Asked) -> EndpointQuery {
    let sort = pick(asked, ENDPOINT_SORTS);
    EndpointQuery {
        scope: grant.scope,
        collection: asked.collection("collection"),
        method: asked.text("method").map(|it| it.to_uppercase().into()),
        search: asked.text("search"),
        status: asked.status("status"),
        seen_after: asked.time("seen_after"),
        seen_before: asked.time("seen_before"),
        facts: FactQuery::default(),
        sort,
        descending: is_descending(asked, sort == EndpointSort::Template),
        offset: asked.whole("offset"),
        limit: asked.whole("limit"),
    }
}

fn wants_csv(asked: &Asked, headers: &HeaderMap) -> bool {
    match asked.choice("format") {
        Some(format) => format == "csv",
        None => headers
            .get(ACCEPT)
            .is_some_and(|it| it.as_bytes().starts_with(csv::MEDIA_TYPE.as_bytes())),
    }
}

fn pick<T: Copy + Default>(asked: &Asked, sorts: &[(&'static str, T)]) -> T {
    let name = asked.choice("sort");
    sorts
        .iter()
        .find(|it| Some(it.0) == name)
        .map_or_else(T::default, |it| it.1)
}

fn is_descending(asked: &Asked, by_name: bool) -> bool {
    asked.choice("order").map_or(!by_name, |it| it == "desc")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_sort_is_the_default_one() {
        assert_eq!(COLLECTION_SORTS[0].1, CollectionSort::default());
        assert_eq!(ENDPOINT_SORTS[0].1, EndpointSort::default());
    }

    #[test]
    fn names_begin_at_a_and_numbers_at_the_highest() {
        let asked = Asked::default();
        assert!(!is_descending(&asked, true));
        assert!(is_descending(&asked, false));
    }

    #[test]
    fn a_browser_gets_json_and_a_spreadsheet_csv() {
        let accept = |text: &'static str| HeaderMap::from_iter([(ACCEPT, text.parse().unwrap())]);
        assert!(wants_csv(&Asked::default(), &accept("text/csv, */*")));
        assert!(!wants_csv(&Asked::default(), &accept("text/html, */*")));
    }
}
