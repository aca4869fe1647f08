//! What was learned of a collection as an OpenAPI document.

use std::sync::Arc;

use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use axum::routing::on;
use gatewatch_estate::{LearnedApi, openapi};
use gatewatch_model::definition::Definition;
use gatewatch_model::effects::CollectionRow;
use gatewatch_ports::facts::FactQuery;
use gatewatch_ports::store::{EndpointQuery, Role};
use gatewatch_ports::{Store, StoreError};

use crate::access::Grant;
use crate::document;
use crate::inventory::find_collection;
use crate::openapi::Content;
use crate::problem::{NOT_FOUND, Problem};
use crate::routes::{Answer, Face, Gate, Operation, Route, Scoped, Verb};
use crate::shared::{Shared, Slot};

/// With their profiles these take some hundred megabytes; of more, those with the most calls count.
const ENDPOINTS_MAX: u64 = 2_000;
const LEFT_OUT: &str = "x-gatewatch-left-out";

pub(crate) static ROUTES: &[Route] = &[Route {
    verb: Verb::Get,
    path: "/api/v1/collections/{id}/openapi",
    face: Face::Serve,
    gate: Gate::Least(Role::Reader),
    scope: Scoped::Item,
    operation: Operation {
        id: "getOpenApi",
        summary: "A collection as OpenAPI 3.1",
        description: "What was learned from traffic, together with its definition if it has one, and \
                without what only ever answered 400, 404 or the like. \
                `x-gatewatch` says how often something was seen and how sure it is. Of more than 2,000 \
                endpoints those with the most calls are written, and `x-gatewatch-left-out` counts the \
                others.",
        slots: &[("id", "The id of a collection.")],
        answers: &[Answer {
            status: 200,
            what: "An OpenAPI 3.1 document.",
            contents: &[Content::Text("application/json")],
        }],
        problems: &[&NOT_FOUND],
        ..Operation::PLAIN
    },
    answer: |verb| on(verb, get_openapi),
}];

async fn get_openapi(
    State(shared): State<Arc<Shared>>,
    grant: Grant,
    Slot(id): Slot,
) -> Result<impl IntoResponse, Problem> {
    let row = find_collection(&shared, &grant, &id).await?;
    let turn = document::turn(&shared).await?;
    let written = shared.blocking.ask(move |store| {
        let _turn = turn;
        let defined = defined(store, &row)?;
        let (learned, left_out) = learn(store, row)?;
        let mut document = openapi::write(&learned, defined.as_ref());
        if left_out > 0 {
            document[LEFT_OUT] = left_out.into();
        }
        Ok(format!("{document:#}"))
    });
    Ok(([(CONTENT_TYPE, "application/json")], written.await?))
}

/// What traffic taught of a collection, and how many endpoints found no room in it.
pub(crate) fn learn(
    store: &dyn Store,
    collection: CollectionRow,
) -> Result<(LearnedApi, u64), StoreError> {
    let page = store.endpoints(&EndpointQuery {
        scope: collection.scope.clone(),
        collection: Some(collection.id),
        facts: FactQuery {
            missed: Some(false),
            ..FactQuery::default()
        },
        descending: true,
        limit: ENDPOINTS_MAX,
        ..EndpointQuery::default()
    })?;
    let left_out = page.total - page.items.len() as u64;
    let mut endpoints = Vec::with_capacity(page.items.len());
    for item in page.items {
        let profile = store.profile(item.row.id)?;
        endpoints.push((item.row, profile));
    }
    let learned = LearnedApi {
        collection,
        endpoints,
    };
    Ok((learned, left_out))
}

/// `None` where none was uploaded, or an earlier release took what this one does not read.
pub(crate) fn defined(
    store: &dyn Store,
    row: &CollectionRow,
) -> Result<Option<Definition>, StoreError> {
    let document = store.document(row.id)?;
    let read = document.and_then(|it| gatewatch_estate::definition::read(&it, None).ok());
    Ok(read.map(|it| it.0))
}
