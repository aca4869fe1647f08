//! Which collections and endpoints there are.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use axum::routing::on;
use gatewatch_model::effects::CollectionRow;
use gatewatch_model::{CollectionId, EndpointId, Timestamp};
use gatewatch_ports::facts::fresh_after;
use gatewatch_ports::store::{CollectionQuery, CollectionSort, EndpointItem, Page, Role};
use gatewatch_ports::{Store, StoreError};
use serde::Serialize;
use utoipa::ToSchema;

use crate::access::Grant;
use crate::asked::{Asked, Param, ParamKind};
use crate::carries;
use crate::csv;
use crate::endpoint_query::{self, ORDER, SEARCH_CHARACTERS_MAX, is_descending, pick};
use crate::openapi::{Content, list, shape};
use crate::problem::{NOT_FOUND, Problem};
use crate::routes::{Answer, Face, Gate, Operation, Route, Scoped, Verb};
use crate::scope::covers;
use crate::sensitive;
use crate::shapes::{Collection, Endpoint, LIMIT, List, OFFSET};
use crate::shared::{Shared, Slot};

static COLLECTION_SORTS: &[(&str, CollectionSort)] = &[
    ("name", CollectionSort::Name),
    ("calls", CollectionSort::Calls),
    ("endpoints", CollectionSort::Endpoints),
    ("first_seen", CollectionSort::FirstSeen),
    ("last_seen", CollectionSort::LastSeen),
    ("attacks", CollectionSort::Attacks),
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
            description: "The endpoints that were seen; `missed` counts those that are left out because their \
                every answer was 400, 404 or the like. As CSV (`format=csv` or `Accept: text/csv`) \
                up to 100,000 rows from `offset` on are written, or as many as `limit` says.",
            params: endpoint_query::PARAMS,
            answers: &[Answer {
                status: 200,
                what: "A page of endpoints.",
                contents: &[
                    Content::Json(shape::<Endpoints>),
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

/// A page of endpoints.
#[derive(Debug, Serialize, ToSchema)]
struct Endpoints {
    /// The endpoints themselves.
    items: Vec<Endpoint>,
    /// How many there are on all pages.
    total: u64,
    /// The `offset` of the next page; null on the last.
    next_offset: Option<u64>,
    /// How many fit what was asked for and only ever answered 400, 404 or the like.
    missed: u64,
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
    let (offset, now) = (query.offset, shared.now());
    let page = shared
        .blocking
        .ask(move |store| {
            let Page { items, total } = store.collections(&query)?;
            let items = counted(store, items, now)?;
            Ok(Page { items, total })
        })
        .await?;
    Ok(Json(List::of(page, offset, |it| it)))
}

async fn get_collection(
    State(shared): State<Arc<Shared>>,
    grant: Grant,
    Slot(id): Slot,
) -> Result<Json<Collection>, Problem> {
    let row = find_collection(&shared, &grant, &id).await?;
    let now = shared.now();
    let mut counted = shared
        .blocking
        .ask(move |store| counted(store, vec![row], now))
        .await?;
    let collection = counted.pop();
    collection
        .map(Json)
        .ok_or_else(|| Problem::not_found("collection"))
}

async fn list_endpoints(
    State(shared): State<Arc<Shared>>,
    grant: Grant,
    asked: Asked,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let mut query = endpoint_query::read(grant, &asked, shared.now());
    query.facts.carries = carries::asked(&shared, &query.scope, &asked).await?;
    if csv::is_asked(&asked, &headers) {
        query.limit = csv::rows(&asked);
        return csv::endpoints(shared, query).await;
    }
    let (offset, fresh_after) = (query.offset, query.facts.fresh_after);
    let page = shared.blocking.ask(move |store| {
        let page = store.endpoints(&query)?;
        query.facts.missed = Some(true);
        (query.offset, query.limit) = (0, 0);
        let missed = store.endpoints(&query)?.total;
        Ok((page, missed, sensitive::said(store)?))
    });
    let (page, missed, said) = page.await?;
    let list = List::of(page, offset, |it| Endpoint::new(it, fresh_after, &said));
    Ok(Json(Endpoints {
        items: list.items,
        total: list.total,
        next_offset: list.next_offset,
        missed,
    })
    .into_response())
}

async fn get_endpoint(
    State(shared): State<Arc<Shared>>,
    grant: Grant,
    Slot(id): Slot,
) -> Result<Json<Endpoint>, Problem> {
    let item = find_endpoint(&shared, &grant, &id).await?;
    let said = shared.blocking.ask(sensitive::said).await?;
    Ok(Json(Endpoint::new(item, fresh_after(shared.now()), &said)))
}

/// Of the page's rows, with what their endpoints count.
fn counted(
    store: &dyn Store,
    rows: Vec<CollectionRow>,
    now: Timestamp,
) -> Result<Vec<Collection>, StoreError> {
    let ids = rows.iter().map(|it| it.id).collect::<Vec<_>>();
    let counts = store.collection_counts(&ids, fresh_after(now))?;
    let said = sensitive::said(store)?;
    let pairs = rows.into_iter().zip(counts);
    Ok(pairs
        .map(|(row, counts)| Collection::new(row, counts, &said))
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_sort_is_the_default_one() {
        assert_eq!(COLLECTION_SORTS[0].1, CollectionSort::default());
    }
}
