//! Who changed what.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::routing::on;
use gatewatch_ports::store::{AuditRow, Role};
use serde::Serialize;
use utoipa::ToSchema;

use crate::asked::{Asked, Param, ParamKind};
use crate::openapi::{Content, shape};
use crate::problem::Problem;
use crate::routes::{Answer, Face, Gate, Operation, Route, Scoped, Verb};
use crate::shapes::MOST;
use crate::shared::Shared;

pub(crate) static ROUTES: &[Route] = &[Route {
    verb: Verb::Get,
    path: "/api/v1/audit",
    face: Face::Serve,
    gate: Gate::Least(Role::Owner),
    scope: Scoped::Whole,
    operation: Operation {
        id: "listAudit",
        summary: "Who changed what",
        params: &[
            Param {
                name: "before",
                what: "Only rows of lower number: the `next_before` of the page before.",
                kind: ParamKind::Whole {
                    min: 0,
                    max: u64::MAX >> 1,
                    default: u64::MAX >> 1,
                },
            },
            MOST,
        ],
        answers: &[Answer {
            status: 200,
            what: "Changes, latest first.",
            contents: &[Content::Json(shape::<Audit>)],
        }],
        ..Operation::PLAIN
    },
    answer: |verb| on(verb, list_audit),
}];

/// A page of the audit log.
#[derive(Debug, Serialize, ToSchema)]
struct Audit {
    /// Changes, latest first.
    items: Vec<Changed>,
    /// The `before` of the next page; null on the last.
    next_before: Option<u64>,
}

/// A change that somebody made.
#[derive(Debug, Serialize, ToSchema)]
struct Changed {
    /// Counts up with each change.
    number: u64,
    /// When it was made.
    #[schema(format = DateTime)]
    at: String,
    /// The name of a token, `set-up link`, or `gatewatch` itself.
    actor: Box<str>,
    /// The address it came from.
    address: Box<str>,
    /// What was done: `token.add`, `control.merge` and so on.
    action: Box<str>,
    /// What it was done to.
    subject: Box<str>,
}

async fn list_audit(
    State(shared): State<Arc<Shared>>,
    asked: Asked,
) -> Result<Json<Audit>, Problem> {
    let (before, limit) = (asked.whole("before"), asked.whole("limit") as usize);
    let mut rows = shared
        .blocking
        .ask(move |store| store.audit(Some(before), limit + 1))
        .await?;
    let more = rows.len() > limit;
    rows.truncate(limit);
    let next_before = rows.last().filter(|_| more).map(|it| it.number);
    Ok(Json(Audit {
        items: rows.into_iter().map(Changed::new).collect(),
        next_before,
    }))
}

impl Changed {
    fn new(row: AuditRow) -> Changed {
        let AuditRow {
            number,
            at,
            actor,
            address,
            action,
            subject,
        } = row;
        Changed {
            number,
            at: at.to_string(),
            actor,
            address,
            action,
            subject,
        }
    }
}
