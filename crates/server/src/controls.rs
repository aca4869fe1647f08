//! What people tell the fold to do. A control is accepted at once and applied when all
//! partitions have passed it.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::IntoResponse;
use axum::routing::on;
use gatewatch_model::control::{Control, NumberedControl};
use gatewatch_pipeline::IntakeError;
use gatewatch_ports::store::{ControlRow, Role};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::access::Grant;
use crate::asked::Asked;
use crate::body::Sent;
use crate::inventory::find_endpoint;
use crate::openapi::{Content, first, shape};
use crate::problem::{BAD_BODY, CONFLICT, DISK_LOW, NOT_FOUND, Problem, TOO_LARGE, UNAVAILABLE};
use crate::routes::{Answer, Face, Gate, Operation, Route, Scoped, Verb};
use crate::shapes::{First, MOST};
use crate::shared::{From as Address, Shared, Slot};

const PATH: &str = "/api/v1/controls";

pub(crate) static ROUTES: &[Route] = &[
    Route {
        verb: Verb::Get,
        path: PATH,
        face: Face::Serve,
        gate: Gate::Least(Role::Reader),
        scope: Scoped::Whole,
        operation: Operation {
            id: "listControls",
            summary: "Controls that were sent",
            params: &[MOST],
            answers: &[Answer {
                status: 200,
                what: "Controls, latest first.",
                contents: &[Content::Json(first::<SentControl>)],
            }],
            ..Operation::PLAIN
        },
        answer: |verb| on(verb, list_controls),
    },
    Route {
        verb: Verb::Post,
        path: PATH,
        face: Face::Serve,
        gate: Gate::Least(Role::SecurityAdmin),
        scope: Scoped::Item,
        operation: Operation {
            id: "sendControl",
            summary: "Forget an endpoint, or merge one into another",
            description: "The answer says that the control is kept; `Location` tells when it is applied.",
            body: Some(Content::Json(shape::<Asking>)),
            answers: &[Answer {
                status: 202,
                what: "The control is kept.",
                contents: &[Content::Json(shape::<SentControl>)],
            }],
            problems: &[&BAD_BODY, &TOO_LARGE, &NOT_FOUND, &CONFLICT, &DISK_LOW],
            ..Operation::PLAIN
        },
        answer: |verb| on(verb, send_control),
    },
    Route {
        verb: Verb::Get,
        path: "/api/v1/controls/{revision}",
        face: Face::Serve,
        gate: Gate::Least(Role::Reader),
        scope: Scoped::Item,
        operation: Operation {
            id: "getControl",
            summary: "One control",
            description: "Tokens of a scope below `/` see the controls that they sent themselves.",
            slots: &[("revision", "The number of a control.")],
            answers: &[Answer {
                status: 200,
                what: "The control.",
                contents: &[Content::Json(shape::<SentControl>)],
            }],
            problems: &[&NOT_FOUND],
            ..Operation::PLAIN
        },
        answer: |verb| on(verb, get_control),
    },
];

/// What the fold is to do.
#[derive(Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
#[schema(as = Control)]
enum Asking {
    /// Drop what is known of an endpoint. If it is called again, it starts anew.
    Forget {
        /// The id of an endpoint.
        endpoint: String,
    },
    /// Fold one endpoint into another of the same collection, now and from now on.
    Merge {
        /// The id of the endpoint that goes.
        from: String,
        /// The id of the endpoint that stays.
        into: String,
    },
}

/// A control that was accepted.
#[derive(Debug, Serialize, ToSchema)]
struct SentControl {
    /// Counts up by one with each control.
    revision: u64,
    /// `forget` or `merge`.
    kind: &'static str,
    /// The ids of the endpoints it speaks of, in the order of the request.
    endpoints: Vec<String>,
    /// When it was accepted.
    #[schema(format = DateTime)]
    at: String,
    /// The name of the token that sent it.
    actor: Box<str>,
    /// Whether all partitions have passed it.
    applied: bool,
}

async fn list_controls(
    State(shared): State<Arc<Shared>>,
    asked: Asked,
) -> Result<Json<First<SentControl>>, Problem> {
    let limit = asked.whole("limit") as usize;
    let rows = shared
        .blocking
        .ask(move |store| store.controls(limit + 1))
        .await?;
    Ok(Json(First::of(rows, limit, SentControl::new)))
}

async fn send_control(
    State(shared): State<Arc<Shared>>,
    grant: Grant,
    Address(address): Address,
    Sent(asking): Sent<Asking>,
) -> Result<impl IntoResponse, Problem> {
    let control = read(&shared, &grant, &asking).await?;
    if let Some(refusal) = shared.intake.refusal() {
        return Err(refusal.into());
    }
    let actor = grant.actor(address, shared.now());
    let intake = shared.intake.clone();
    let sent = shared
        .blocking
        .run(move || intake.control(&control, &actor))
        .await?;
    let control = sent.map_err(refused)?;
    let location = format!("{PATH}/{}", control.revision);
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

async fn get_control(
    State(shared): State<Arc<Shared>>,
    grant: Grant,
    Slot(revision): Slot,
) -> Result<Json<SentControl>, Problem> {
    let missing = || Problem::not_found("control");
    let revision: u64 = revision.parse().map_err(|_| missing())?;
    let row = shared
        .blocking
        .ask(move |store| store.control(revision))
        .await?;
    let is_theirs = |it: &ControlRow| &*grant.scope == "/" || it.actor == grant.name;
    row.filter(is_theirs)
        .map(|it| Json(SentControl::new(it)))
        .ok_or_else(missing)
}

/// Endpoints outside the scope do not exist for whoever asks.
async fn read(shared: &Shared, grant: &Grant, asking: &Asking) -> Result<Control, Problem> {
    match asking {
        Asking::Forget { endpoint } => Ok(Control::Forget {
            endpoint: find_endpoint(shared, grant, endpoint).await?.row.id,
        }),
        Asking::Merge { from, into } => {
            let from = find_endpoint(shared, grant, from).await?.row;
            let into = find_endpoint(shared, grant, into).await?.row;
            if from.id == into.id {
                return Err(Problem::new(
                    &CONFLICT,
                    "`from` and `into` are one endpoint already",
                ));
            }
            if from.collection != into.collection {
                let detail = "`from` and `into` belong to two collections; only endpoints of one can be merged";
                return Err(Problem::new(&CONFLICT, detail));
            }
            Ok(Control::Merge {
                from: from.id,
                into: into.id,
            })
        }
    }
}

/// What the store has kept takes effect later, and must not be sent again in the meantime.
fn refused(error: IntakeError) -> Problem {
    match error {
        IntakeError::Journal(error) => {
            tracing::error!(%error, "a control is kept and not in the journal yet");
            let detail = "the control is kept and takes effect later, do not send it again; \
                the log says why";
            Problem::new(&UNAVAILABLE, detail)
        }
        IntakeError::Store(_)
        | IntakeError::DiskLow { .. }
        | IntakeError::LongDefinition { .. }
        | IntakeError::Closing => error.into(),
    }
}

impl SentControl {
    fn new(row: ControlRow) -> SentControl {
        let ControlRow {
            control:
                NumberedControl {
                    revision,
                    at,
                    control,
                },
            actor,
            applied,
        } = row;
        let endpoints = match control {
            Control::Forget { endpoint }
            | Control::Split {
                endpoint,
                segment: _,
            } => vec![endpoint],
            Control::Merge { from, into } => vec![from, into],
            Control::Pin { .. }
            | Control::Unpin { .. }
            | Control::Define { .. }
            | Control::Undefine { .. }
            | Control::Elsewhere => Vec::new(),
        };
        SentControl {
            revision,
            kind: control.name(),
            endpoints: endpoints.iter().map(ToString::to_string).collect(),
            at: at.to_string(),
            actor,
            applied,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_control_has_the_members_of_its_kind_and_no_others() {
        let read = |text| serde_json::from_str::<Asking>(text);
        assert_eq!(
            read(r#"{"kind":"forget","endpoint":"a"}"#).unwrap(),
            Asking::Forget {
                endpoint: "a".to_owned()
            }
        );
        for bad in [
            r#"{"kind":"forget"}"#,
            r#"{"kind":"forget","endpoint":"a","into":"b"}"#,
            r#"{"kind":"split","endpoint":"a"}"#,
            r#"{"endpoint":"a"}"#,
        ] {
            assert!(read(bad).is_err(), "{bad}");
        }
    }
}
