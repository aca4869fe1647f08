//! What people tell the fold to do. A control is accepted at once and applied when all
//! partitions have passed it.

use std::net::IpAddr;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::IntoResponse;
use axum::routing::on;
use gatewatch_model::control::{Control, NumberedControl};
use gatewatch_model::definition::Subject;
use gatewatch_model::effects::EndpointRow;
use gatewatch_model::sensitivity::of_place;
use gatewatch_pipeline::IntakeError;
use gatewatch_ports::definitions::PINS_MAX;
use gatewatch_ports::store::{ControlRow, Role};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::access::Grant;
use crate::asked::Asked;
use crate::body::Sent;
use crate::inventory::{find_collection, find_endpoint};
use crate::openapi::{Content, first, shape};
use crate::pins;
use crate::problem::{BAD_BODY, CONFLICT, DISK_LOW, NOT_FOUND, Problem, TOO_LARGE, UNAVAILABLE};
use crate::routes::{Answer, Face, Gate, Operation, Route, Scoped, Verb};
use crate::shapes::{First, MOST};
use crate::shared::{From as Address, Shared, Slot};

pub(crate) const PATH: &str = "/api/v1/controls";

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
            summary: "Correct what was learned",
            description: "Forget an endpoint, merge one into another, pin or unpin a template, or split a \
                slot. The answer says that the control is kept; `Location` tells when it is applied.",
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
    /// Paths that fit a template belong to it, whatever is learned. A pinned word outranks a
    /// pinned slot.
    Pin {
        /// The id of a collection.
        collection: String,
        /// `/users/me`, `/users/{name}/photos`.
        template: String,
    },
    /// Learn freely again.
    Unpin {
        /// The id of a collection.
        collection: String,
        /// As it was pinned.
        template: String,
    },
    /// The slot at a segment is none: what stands there are words, each with endpoints of its own.
    Split {
        /// The id of an endpoint.
        endpoint: String,
        /// Of its template, counted from 0.
        segment: u16,
    },
}

/// A control that was accepted.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SentControl {
    /// Counts up by one with each control.
    revision: u64,
    /// `forget`, `merge`, `pin`, `unpin`, `split`, `define`, `undefine`, `classify` or
    /// `info-types`.
    kind: &'static str,
    /// The ids of the endpoints it speaks of, in the order of the request.
    endpoints: Vec<String>,
    /// The id of the collection it speaks of; null when it speaks of endpoints, or of a
    /// collection by its host or its gateway's names.
    collection_id: Option<String>,
    /// The template that it pins or unpins, else null.
    template: Option<Box<str>>,
    /// The segment that it splits, else null.
    segment: Option<u16>,
    /// The title of the definition that it brings, else null.
    definition: Option<Box<str>>,
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
    send(&shared, grant, address, control).await
}

/// Keeps a control and brings it to the fold.
pub(crate) async fn send(
    shared: &Shared,
    grant: Grant,
    address: IpAddr,
    control: Control,
) -> Result<impl IntoResponse + use<>, Problem> {
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

/// Endpoints and collections outside the scope do not exist for whoever asks.
async fn read(shared: &Shared, grant: &Grant, asking: &Asking) -> Result<Control, Problem> {
    match asking {
        Asking::Forget { endpoint } => Ok(Control::Forget {
            endpoint: find_endpoint(shared, grant, endpoint).await?.row.id,
        }),
        Asking::Merge { from, into } => {
            let from = find_endpoint(shared, grant, from).await?.row;
            let into = find_endpoint(shared, grant, into).await?.row;
            merge(&from, &into)
        }
        Asking::Pin {
            collection,
            template,
        } => pin(shared, grant, collection, template).await,
        Asking::Unpin {
            collection,
            template,
        } => unpin(shared, grant, collection, template).await,
        Asking::Split { endpoint, segment } => {
            let row = find_endpoint(shared, grant, endpoint).await?.row;
            if !pins::has_slot_at(&row.template, *segment) {
                let detail = format!(
                    "segment {segment} of `{}` is no slot; segments count from 0",
                    row.template
                );
                return Err(Problem::new(&CONFLICT, detail));
            }
            Ok(Control::Split {
                endpoint: row.id,
                segment: *segment,
            })
        }
    }
}

async fn pin(
    shared: &Shared,
    grant: &Grant,
    collection: &str,
    template: &str,
) -> Result<Control, Problem> {
    let collection = find_collection(shared, grant, collection).await?.id;
    if let Some(fault) = pins::fault(template) {
        return Err(Problem::new(&BAD_BODY, fault));
    }
    let pinned = shared.blocking.ask(move |store| store.pins(collection));
    if pinned.await?.len() as u64 >= PINS_MAX {
        let detail = format!("{PINS_MAX} templates are pinned in this collection; unpin one first");
        return Err(Problem::new(&CONFLICT, detail));
    }
    Ok(Control::Pin {
        collection,
        template: template.into(),
    })
}

async fn unpin(
    shared: &Shared,
    grant: &Grant,
    collection: &str,
    template: &str,
) -> Result<Control, Problem> {
    let collection = find_collection(shared, grant, collection).await?.id;
    let pinned = shared.blocking.ask(move |store| store.pins(collection));
    if !pinned.await?.iter().any(|it| &*it.template == template) {
        let detail = format!(
            "this template is not pinned; GET /api/v1/collections/{collection}/pins lists what is"
        );
        return Err(Problem::new(&CONFLICT, detail));
    }
    Ok(Control::Unpin {
        collection,
        template: template.into(),
    })
}

fn merge(from: &EndpointRow, into: &EndpointRow) -> Result<Control, Problem> {
    if from.id == into.id {
        let detail = "`from` and `into` are one endpoint already";
        return Err(Problem::new(&CONFLICT, detail));
    }
    if from.collection != into.collection {
        let detail =
            "`from` and `into` belong to two collections; only endpoints of one can be merged";
        return Err(Problem::new(&CONFLICT, detail));
    }
    Ok(Control::Merge {
        from: from.id,
        into: into.id,
    })
}

/// What the store has kept takes effect later, and must not be sent again in the meantime.
pub(crate) fn refused(error: IntakeError) -> Problem {
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
    pub fn new(row: ControlRow) -> SentControl {
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
        let kind = control.name();
        let (mut endpoints, mut collection, mut template) = (Vec::new(), None, None);
        let (mut at_segment, mut title) = (None, None);
        match control {
            Control::Forget { endpoint } => endpoints.push(endpoint),
            Control::Merge { from, into } => endpoints.extend([from, into]),
            Control::Split { endpoint, segment } => {
                endpoints.push(endpoint);
                at_segment = Some(segment);
            }
            Control::Pin {
                collection: id,
                template: text,
            }
            | Control::Unpin {
                collection: id,
                template: text,
            } => (collection, template) = (Some(id), Some(text)),
            Control::Define {
                subject,
                definition,
            } => {
                title = Some(definition.title);
                if let Subject::Collection(id) = subject {
                    collection = Some(id);
                }
            }
            Control::Undefine { collection: id } => collection = Some(id),
            Control::Classify { scope, .. } => collection = of_place(&scope).1,
            Control::Bring { .. } | Control::Watch { .. } | Control::Elsewhere => {}
        }
        SentControl {
            revision,
            kind,
            endpoints: endpoints.iter().map(ToString::to_string).collect(),
            collection_id: collection.map(|it| it.to_string()),
            template,
            segment: at_segment,
            definition: title,
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
            r#"{"kind":"split","endpoint":"a","segment":-1}"#,
            r#"{"kind":"pin","collection":"a"}"#,
            r#"{"kind":"define","collection":"a"}"#,
            r#"{"endpoint":"a"}"#,
        ] {
            assert!(read(bad).is_err(), "{bad}");
        }
    }
}
