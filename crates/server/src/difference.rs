//! Where traffic differs from a definition: the one that is kept, or one that is only compared.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::routing::on;
use gatewatch_estate::difference::{Difference, difference};
use gatewatch_ports::store::Role;
use serde::Serialize;
use utoipa::ToSchema;

use crate::access::Grant;
use crate::asked::{Asked, Param};
use crate::definitions::find_definition;
use crate::document::{self, Sending, Warning};
use crate::inventory::find_collection;
use crate::learned::{defined, learn};
use crate::openapi::{Content, list, shape};
use crate::problem::{
    BAD_BODY, NOT_FOUND, Problem, SLOW_BODY, TOO_LARGE, UNAVAILABLE, WRONG_ENCODING,
};
use crate::routes::{Answer, Face, Gate, Operation, Route, Scoped, Verb};
use crate::shapes::{LIMIT, List, OFFSET};
use crate::shared::{Shared, Slot};
use crate::uploads::ENCODING;

const DIFFERENCE: &str = "/api/v1/collections/{id}/difference";
static PAGES: &[Param] = &[LIMIT, OFFSET];
static DIFFERENCES: &[Answer] = &[Answer {
    status: 200,
    what: "A page of differences, by template.",
    contents: &[Content::Json(list::<Differing>)],
}];
static COMPARED: &[Answer] = &[Answer {
    status: 200,
    what: "What was read of the document, and a page of differences, by template.",
    contents: &[Content::Json(shape::<Compared>)],
}];

pub(crate) static ROUTES: &[Route] = &[
    Route {
        verb: Verb::Get,
        path: DIFFERENCE,
        face: Face::Serve,
        gate: Gate::Least(Role::Reader),
        scope: Scoped::Item,
        operation: Operation {
            id: "getDifference",
            summary: "Where traffic differs from the definition",
            slots: &[("id", "The id of a collection.")],
            params: PAGES,
            answers: DIFFERENCES,
            problems: &[&NOT_FOUND],
            ..Operation::PLAIN
        },
        answer: |verb| on(verb, get_difference),
    },
    Route {
        verb: Verb::Post,
        path: DIFFERENCE,
        face: Face::Serve,
        gate: Gate::Least(Role::Reader),
        scope: Scoped::Item,
        operation: Operation {
            id: "compareDefinition",
            summary: "Where traffic differs from a document",
            description: "The document is compared and not kept; what it lacks of the definition that is kept \
                counts as removed. `warnings` say what of it was left out or \
                taken otherwise; one without any operation is refused.",
            slots: &[("id", "The id of a collection.")],
            params: PAGES,
            headers: ENCODING,
            body: Some(Content::Text("application/octet-stream")),
            answers: COMPARED,
            problems: &[
                &BAD_BODY,
                &SLOW_BODY,
                &TOO_LARGE,
                &WRONG_ENCODING,
                &NOT_FOUND,
            ],
        },
        answer: |verb| on(verb, compare_definition),
    },
];

/// Where traffic differs from a definition.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Difference)]
struct Differing {
    /// The method of HTTP.
    method: Box<str>,
    /// As it was seen, or else as it is documented.
    template: Box<str>,
    /// `never-seen`, `shadow`, `zombie`, `undocumented-parameter`, `other-type` and so on.
    kind: &'static str,
    /// `$.request.query.debug`; empty for the whole endpoint.
    place: Box<str>,
    /// What the definition says; empty where it says nothing.
    defined: Box<str>,
    /// What was seen; empty where nothing was.
    seen: Box<str>,
    /// All of it in a sentence.
    sentence: Box<str>,
}

/// A document that was only compared.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ComparedDefinition)]
struct Compared {
    /// How many operations the document has.
    operations: u64,
    /// What was left out or taken otherwise than the document says.
    warnings: Vec<Warning>,
    /// A page of differences.
    items: Vec<Differing>,
    /// How many there are on all pages.
    total: u64,
    /// The `offset` of the next page; null on the last.
    next_offset: Option<u64>,
}

async fn get_difference(
    State(shared): State<Arc<Shared>>,
    grant: Grant,
    Slot(id): Slot,
    asked: Asked,
) -> Result<Json<List<Differing>>, Problem> {
    let row = find_collection(&shared, &grant, &id).await?;
    find_definition(&shared, &grant, &id).await?;
    let turn = document::turn(&shared).await?;
    let compared = shared.blocking.ask(move |store| {
        let _turn = turn;
        let Some(defined) = defined(store, &row)? else {
            return Ok(None);
        };
        let (learned, _) = learn(store, row)?;
        Ok(Some(difference(&defined, None, &learned)))
    });
    let compared = compared.await?.ok_or_else(|| {
        let detail = "the definition that is kept cannot be read by this release; upload it again";
        Problem::new(&UNAVAILABLE, detail)
    })?;
    Ok(Json(page(compared, &asked)))
}

async fn compare_definition(
    State(shared): State<Arc<Shared>>,
    grant: Grant,
    Slot(id): Slot,
    sending: Sending,
) -> Result<Json<Compared>, Problem> {
    let row = find_collection(&shared, &grant, &id).await?;
    let asked = sending.asked.clone();
    let read = document::read(&shared, sending).await?;
    let (defined, warnings) = (read.definition, read.warnings);
    let operations = defined.operations.len() as u64;
    if operations == 0 {
        return Err(document::without_operations(&defined, &warnings));
    }
    let turn = document::turn(&shared).await?;
    let compared = shared.blocking.ask(move |store| {
        let _turn = turn;
        let kept = self::defined(store, &row)?;
        let (learned, _) = learn(store, row)?;
        Ok(difference(&defined, kept.as_ref(), &learned))
    });
    let List {
        items,
        total,
        next_offset,
    } = page(compared.await?, &asked);
    Ok(Json(Compared {
        operations,
        warnings,
        items,
        total,
        next_offset,
    }))
}

fn page(found: Vec<Difference>, asked: &Asked) -> List<Differing> {
    let (offset, limit) = (asked.whole("offset"), asked.whole("limit"));
    List::cut(found, offset, limit, Differing::new)
}

impl Differing {
    fn new(found: Difference) -> Differing {
        let Difference {
            template,
            method,
            kind,
            place,
            defined,
            seen,
            sentence,
        } = found;
        Differing {
            method,
            template,
            kind: kind.name(),
            place,
            defined,
            seen,
            sentence,
        }
    }
}
