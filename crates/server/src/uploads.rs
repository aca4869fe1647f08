//! Definitions on their way in: for a collection that was seen, or for one that will be.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::IntoResponse;
use axum::routing::on;
use gatewatch_model::CollectionId;
use gatewatch_model::definition::Subject;
use gatewatch_pipeline::subject::{self, Foreseen};
use gatewatch_ports::definitions::{DEFINITIONS_MAX, NewDefinition};
use gatewatch_ports::store::Role;
use serde::Serialize;
use utoipa::ToSchema;

use crate::access::Grant;
use crate::asked::{Asked, Param, ParamKind};
use crate::controls::{self, refused};
use crate::definitions::OF_COLLECTION;
use crate::document::{self, HINT, Sending, Warning};
use crate::inventory::find_collection;
use crate::openapi::{Content, shape};
use crate::problem::{
    BAD_BODY, BAD_PARAMETER, CONFLICT, DISK_LOW, Kind, NOT_FOUND, Problem, SLOW_BODY, TOO_LARGE,
    WRONG_ENCODING,
};
use crate::routes::{Answer, Face, Gate, Operation, Route, Scoped, Verb};
use crate::scope::{covers, is_scope};
use crate::shared::{Shared, Slot};

const NAME_CHARACTERS_MAX: usize = 256;

pub(crate) static ROUTES: &[Route] = &[
    Route {
        verb: Verb::Post,
        path: "/api/v1/definitions",
        face: Face::Serve,
        gate: Gate::Least(Role::SecurityAdmin),
        scope: Scoped::Stamp,
        operation: Operation {
            id: "addDefinition",
            summary: "Upload a definition by host or by gateway",
            description: "For a collection that was not seen yet: give `host`, or `service` and `api`. The \
                body is OpenAPI 2.0, 3.0 or 3.1 or a Postman collection, as JSON or YAML, of at most \
                16 MiB; its type is told by what it contains.",
            params: SUBJECT,
            headers: ENCODING,
            body: Some(Content::Text("application/octet-stream")),
            answers: TAKEN,
            problems: UPLOAD_PROBLEMS,
            ..Operation::PLAIN
        },
        answer: |verb| on(verb, add_definition),
    },
    Route {
        verb: Verb::Put,
        path: OF_COLLECTION,
        face: Face::Serve,
        gate: Gate::Least(Role::SecurityAdmin),
        scope: Scoped::Item,
        operation: Operation {
            id: "putDefinition",
            summary: "Upload the definition of a collection",
            description: "In place of an earlier one; what was in that and is not in this counts as removed. \
                The body is OpenAPI 2.0, 3.0 or 3.1 or a Postman collection, as JSON or YAML, of at \
                most 16 MiB; its type is told by what it contains.",
            slots: &[("id", "The id of a collection.")],
            params: &[HINT],
            headers: ENCODING,
            body: Some(Content::Text("application/octet-stream")),
            answers: TAKEN,
            problems: UPLOAD_PROBLEMS,
        },
        answer: |verb| on(verb, put_definition),
    },
];

static SUBJECT: &[Param] = &[
    Param {
        name: "host",
        what: "The host that serves the API, with its port where that is no default one.",
        kind: NAME,
    },
    Param {
        name: "service",
        what: "The gateway that serves the API, as its exchanges name it.",
        kind: NAME,
    },
    Param {
        name: "workspace",
        what: "The gateway's workspace, if any.",
        kind: NAME,
    },
    Param {
        name: "api",
        what: "The API, as its gateway names it.",
        kind: NAME,
    },
    Param {
        name: "scope",
        what: "At or below the token's own, which it is when not given.",
        kind: NAME,
    },
    HINT,
];
const NAME: ParamKind = ParamKind::Text {
    characters_max: NAME_CHARACTERS_MAX,
};
pub(crate) static ENCODING: &[(&str, &str)] =
    &[("Content-Encoding", "`identity`, `gzip` or `zstd`.")];
static TAKEN: &[Answer] = &[Answer {
    status: 202,
    what: "The definition is kept; `Location` tells when it is applied.",
    contents: &[Content::Json(shape::<Taken>)],
}];
static UPLOAD_PROBLEMS: &[&Kind] = &[
    &BAD_BODY,
    &SLOW_BODY,
    &TOO_LARGE,
    &WRONG_ENCODING,
    &NOT_FOUND,
    &CONFLICT,
    &DISK_LOW,
];

/// What was read of a definition.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = TakenDefinition)]
struct Taken {
    /// The id of its collection, seen or not.
    collection_id: String,
    /// The name of its collection.
    collection: Box<str>,
    /// Of the control that brings it to the fold.
    revision: u64,
    /// The title in the document.
    title: Box<str>,
    /// The version in the document.
    version: Box<str>,
    /// `openapi-3.1`, `postman-2.1` and so on.
    format: Box<str>,
    /// Where the document says that its API lives.
    servers: Vec<String>,
    /// How many operations it has.
    operations: u64,
    /// What was left out or taken otherwise than the document says.
    warnings: Vec<Warning>,
}

async fn add_definition(
    State(shared): State<Arc<Shared>>,
    grant: Grant,
    sending: Sending,
) -> Result<impl IntoResponse, Problem> {
    let subject = foresee(&grant, &sending.asked)?;
    take(&shared, &grant, subject, sending).await
}

async fn put_definition(
    State(shared): State<Arc<Shared>>,
    grant: Grant,
    Slot(id): Slot,
    sending: Sending,
) -> Result<impl IntoResponse, Problem> {
    let row = find_collection(&shared, &grant, &id).await?;
    let id = row.id;
    let home = shared.blocking.ask(move |store| store.collection_home(id));
    if home.await?.is_none() {
        let detail = "nothing of this collection was seen since the last upgrade; send it again after \
            its next exchange";
        return Err(Problem::new(&CONFLICT, detail));
    }
    let subject = Foreseen {
        id,
        scope: row.scope,
        name: row.name,
        subject: Subject::Collection(id),
    };
    take(&shared, &grant, subject, sending).await
}

/// Which collection the parameters name.
fn foresee(grant: &Grant, asked: &Asked) -> Result<Foreseen, Problem> {
    let scope = asked.text("scope").unwrap_or_else(|| grant.scope.clone());
    if !is_scope(&scope) || !covers(&grant.scope, &scope) {
        let detail =
            "`scope` is a place such as `/contoso/production`, at or below the token's own";
        return Err(Problem::new(&BAD_PARAMETER, detail));
    }
    let name = |it: &str| asked.text(it);
    let foreseen = match (name("host"), name("service"), name("api")) {
        (Some(host), None, None) if name("workspace").is_none() => subject::of_host(&scope, &host),
        (None, Some(service), Some(api)) => {
            let workspace = name("workspace").unwrap_or_default();
            subject::of_api(&scope, &service, &workspace, &api)
        }
        _ => {
            let detail = "give `host`, or `service` and `api`, to say which collection it defines";
            return Err(Problem::new(&BAD_PARAMETER, detail));
        }
    };
    foreseen.ok_or_else(|| {
        let detail = "this can be no host; `api.example.com` and `api.example.com:8443` can";
        Problem::new(&BAD_PARAMETER, detail)
    })
}

async fn take(
    shared: &Shared,
    grant: &Grant,
    subject: Foreseen,
    sending: Sending,
) -> Result<impl IntoResponse + use<>, Problem> {
    if let Some(refusal) = shared.intake.refusal() {
        return Err(refusal.into());
    }
    let Foreseen {
        id,
        scope,
        name,
        subject,
    } = subject;
    refuse_too_many(shared, id).await?;
    let actor = grant.actor(sending.address, shared.now());
    let read = document::read(shared, sending).await?;
    let new = NewDefinition {
        collection: id,
        subject,
        scope,
        name,
        media_type: document::media_type(&read.document).into(),
        definition: read.definition,
        document: read.document,
    };
    let intake = shared.intake.clone();
    let kept = move || {
        let numbered = intake.define(&new, &actor);
        numbered.map(|it| (it.revision, new))
    };
    let (revision, new) = shared.blocking.run(kept).await?.map_err(refused)?;
    let location = format!("{}/{revision}", controls::PATH);
    let taken = Taken::new(new, revision, read.warnings);
    Ok((StatusCode::ACCEPTED, [(LOCATION, location)], Json(taken)))
}

async fn refuse_too_many(shared: &Shared, id: CollectionId) -> Result<(), Problem> {
    let full = move |store: &dyn gatewatch_ports::Store| {
        let total = store.definitions("/", 0, 1)?.total;
        Ok(total >= DEFINITIONS_MAX && store.definition(id)?.is_none())
    };
    if shared.blocking.ask(full).await? {
        let detail = format!("{DEFINITIONS_MAX} definitions are kept; drop one first");
        return Err(Problem::new(&CONFLICT, detail));
    }
    Ok(())
}

impl Taken {
    fn new(new: NewDefinition, revision: u64, warnings: Vec<Warning>) -> Taken {
        let definition = new.definition;
        let servers = definition.servers.iter().map(|it| match &*it.scheme {
            "" => format!("{}{}", it.host, it.base_path),
            scheme => format!("{scheme}://{}{}", it.host, it.base_path),
        });
        Taken {
            collection_id: new.collection.to_string(),
            collection: new.name,
            revision,
            servers: servers.collect(),
            operations: definition.operations.len() as u64,
            title: definition.title,
            version: definition.version,
            format: definition.format,
            warnings,
        }
    }
}
