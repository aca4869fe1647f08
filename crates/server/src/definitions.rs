//! Definitions that people uploaded: listed, given back as they were, and dropped.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE, LOCATION};
use axum::response::IntoResponse;
use axum::routing::on;
use gatewatch_model::CollectionId;
use gatewatch_ports::definitions::DefinitionRow;
use gatewatch_ports::store::{ControlRow, Page, Role};
use serde::Serialize;
use utoipa::ToSchema;

use crate::access::Grant;
use crate::asked::{Asked, Param, ParamKind};
use crate::controls::{self, SentControl, refused};
use crate::openapi::{Content, list, shape};
use crate::problem::{DISK_LOW, NOT_FOUND, Problem};
use crate::routes::{Answer, Face, Gate, Operation, Route, Scoped, Verb};
use crate::scope::covers;
use crate::shapes::{LIMIT, List, OFFSET};
use crate::shared::{From as Address, Shared, Slot};

pub(crate) const OF_COLLECTION: &str = "/api/v1/collections/{id}/definition";

pub(crate) static ROUTES: &[Route] = &[
    Route {
        verb: Verb::Get,
        path: "/api/v1/definitions",
        face: Face::Serve,
        gate: Gate::Least(Role::Reader),
        scope: Scoped::List,
        operation: Operation {
            id: "listDefinitions",
            summary: "Definitions that were uploaded",
            description: "By name, those of collections that were not seen yet among them.",
            params: &[
                Param {
                    name: "collection",
                    what: "Only the definition of this collection.",
                    kind: ParamKind::Collection,
                },
                LIMIT,
                OFFSET,
            ],
            answers: &[Answer {
                status: 200,
                what: "A page of definitions.",
                contents: &[Content::Json(list::<Defined>)],
            }],
            ..Operation::PLAIN
        },
        answer: |verb| on(verb, list_definitions),
    },
    Route {
        verb: Verb::Get,
        path: OF_COLLECTION,
        face: Face::Serve,
        gate: Gate::Least(Role::Reader),
        scope: Scoped::Item,
        operation: Operation {
            id: "getDefinition",
            summary: "The definition of a collection as it was uploaded",
            slots: &[("id", "The id of a collection, seen or not.")],
            answers: &[Answer {
                status: 200,
                what: "The document, byte by byte.",
                contents: &[
                    Content::Text("application/json"),
                    Content::Text("application/yaml"),
                ],
            }],
            problems: &[&NOT_FOUND],
            ..Operation::PLAIN
        },
        answer: |verb| on(verb, get_definition),
    },
    Route {
        verb: Verb::Delete,
        path: OF_COLLECTION,
        face: Face::Serve,
        gate: Gate::Least(Role::SecurityAdmin),
        scope: Scoped::Item,
        operation: Operation {
            id: "dropDefinition",
            summary: "Drop the definition of a collection",
            description: "What was learned from traffic stays.",
            slots: &[("id", "The id of a collection, seen or not.")],
            answers: &[Answer {
                status: 202,
                what: "It is gone; `Location` tells when the fold knows.",
                contents: &[Content::Json(shape::<SentControl>)],
            }],
            problems: &[&NOT_FOUND, &DISK_LOW],
            ..Operation::PLAIN
        },
        answer: |verb| on(verb, drop_definition),
    },
];

/// A definition that was uploaded.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Definition)]
struct Defined {
    /// The id of its collection, seen or not.
    collection_id: String,
    /// The name of its collection.
    collection: Box<str>,
    /// Where its collection lies in the tree of scopes.
    scope: Box<str>,
    /// The title in the document.
    title: Box<str>,
    /// The version in the document.
    version: Box<str>,
    /// `openapi-3.1`, `postman-2.1` and so on.
    format: Box<str>,
    /// How many operations it has.
    operations: u64,
    /// How long the document is.
    bytes: u64,
    /// Of the control that brought it to the fold.
    revision: u64,
    /// The name of the token that uploaded it.
    actor: Box<str>,
    /// When it was uploaded.
    #[schema(format = DateTime)]
    at: String,
}

async fn list_definitions(
    State(shared): State<Arc<Shared>>,
    grant: Grant,
    asked: Asked,
) -> Result<Json<List<Defined>>, Problem> {
    let (offset, limit) = (asked.whole("offset"), asked.whole("limit"));
    let page = match asked.collection("collection") {
        None => {
            let scope = grant.scope.clone();
            let page = shared
                .blocking
                .ask(move |store| store.definitions(&scope, offset, limit));
            page.await?
        }
        Some(id) => {
            let found = shared.blocking.ask(move |store| store.definition(id));
            let found = found.await?.filter(|it| covers(&grant.scope, &it.scope));
            Page {
                total: found.iter().count() as u64,
                items: found.into_iter().skip(offset as usize).collect(),
            }
        }
    };
    Ok(Json(List::of(page, offset, Defined::new)))
}

async fn get_definition(
    State(shared): State<Arc<Shared>>,
    grant: Grant,
    Slot(id): Slot,
) -> Result<impl IntoResponse, Problem> {
    let row = find_definition(&shared, &grant, &id).await?;
    let collection = row.collection;
    let document = shared.blocking.ask(move |store| store.document(collection));
    let document = document.await?.ok_or_else(lacking)?;
    let ending = row.media_type.trim_start_matches("application/");
    let name = format!("attachment; filename=\"definition.{ending}\"");
    let headers = [
        (CONTENT_TYPE, row.media_type.to_string()),
        (CONTENT_DISPOSITION, name),
    ];
    Ok((headers, document))
}

async fn drop_definition(
    State(shared): State<Arc<Shared>>,
    grant: Grant,
    Address(address): Address,
    Slot(id): Slot,
) -> Result<impl IntoResponse, Problem> {
    let collection = find_definition(&shared, &grant, &id).await?.collection;
    if let Some(refusal) = shared.intake.refusal() {
        return Err(refusal.into());
    }
    let actor = grant.actor(address, shared.now());
    let intake = shared.intake.clone();
    let sent = shared
        .blocking
        .run(move || intake.undefine(collection, &actor));
    let control = sent.await?.map_err(refused)?.ok_or_else(lacking)?;
    let location = format!("{}/{}", controls::PATH, control.revision);
    let row = ControlRow {
        control,
        actor: grant.name,
        applied: false,
    };
    Ok((
        StatusCode::ACCEPTED,
        [(LOCATION, location)],
        Json(SentControl::new(row)),
    ))
}

/// The definition of a collection, if it lies within the scope.
pub(crate) async fn find_definition(
    shared: &Shared,
    grant: &Grant,
    id: &str,
) -> Result<DefinitionRow, Problem> {
    let id = CollectionId::parse(id).ok_or_else(|| Problem::not_found("collection"))?;
    let row = shared.blocking.ask(move |store| store.definition(id));
    let row = row.await?;
    row.filter(|it| covers(&grant.scope, &it.scope))
        .ok_or_else(lacking)
}

fn lacking() -> Problem {
    let detail = "no definition was uploaded for a collection of that id within this token's scope; \
        PUT one here, or POST it to /api/v1/definitions";
    Problem::new(&NOT_FOUND, detail)
}

impl Defined {
    fn new(row: DefinitionRow) -> Defined {
        let DefinitionRow {
            collection,
            scope,
            name,
            revision,
            title,
            version,
            format,
            operations,
            bytes,
            media_type: _,
            actor,
            at,
        } = row;
        Defined {
            collection_id: collection.to_string(),
            collection: name,
            scope,
            title,
            version,
            format,
            operations,
            bytes,
            revision,
            actor,
            at: at.to_string(),
        }
    }
}
