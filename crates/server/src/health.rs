//! How it goes: liveness, readiness, and what arrives from each source.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::on;
use gatewatch_model::Timestamp;
use gatewatch_ports::store::{Role, SourceRow};
use serde::Serialize;
use utoipa::ToSchema;

use crate::access::Grant;
use crate::asked::Asked;
use crate::openapi::{Content, list, shape};
use crate::problem::Problem;
use crate::routes::{Answer, Face, Gate, Operation, Route, Scoped, Verb};
use crate::scope::covers;
use crate::shapes::{LIMIT, List, OFFSET, seen};
use crate::shared::Shared;

mod ready;

pub(crate) use ready::Readiness;

const ARRIVING_SECONDS_MAX: i64 = 60;
pub(crate) static ROUTES: &[Route] = &[
    Route {
        verb: Verb::Get,
        path: "/healthz",
        face: Face::Always,
        gate: Gate::Open,
        scope: Scoped::Nothing,
        operation: Operation {
            id: "isAlive",
            summary: "Whether the process lives",
            description: "Asks nothing of store and journal.",
            answers: &[Answer {
                status: 200,
                what: "It lives.",
                contents: &[Content::Text("text/plain")],
            }],
            ..Operation::PLAIN
        },
        answer: |verb| on(verb, async || "alive\n"),
    },
    Route {
        verb: Verb::Get,
        path: "/readyz",
        face: Face::Always,
        gate: Gate::Open,
        scope: Scoped::Nothing,
        operation: Operation {
            id: "isReady",
            summary: "Whether it can take exchanges in and show them",
            description: "Looks at most once a second.",
            answers: &[
                Answer {
                    status: 200,
                    what: "It is ready.",
                    contents: &[Content::Json(shape::<Ready>)],
                },
                Answer {
                    status: 503,
                    what: "It is not ready.",
                    contents: &[Content::Json(shape::<Ready>)],
                },
            ],
            ..Operation::PLAIN
        },
        answer: |verb| on(verb, get_ready),
    },
    Route {
        verb: Verb::Get,
        path: "/api/v1/version",
        face: Face::Always,
        gate: Gate::Least(Role::Ingest),
        scope: Scoped::Nothing,
        operation: Operation {
            id: "getVersion",
            summary: "Which release this is",
            answers: &[Answer {
                status: 200,
                what: "The release.",
                contents: &[Content::Json(shape::<Version>)],
            }],
            ..Operation::PLAIN
        },
        answer: |verb| on(verb, get_version),
    },
    Route {
        verb: Verb::Get,
        path: "/api/v1/sources",
        face: Face::Serve,
        gate: Gate::Least(Role::Reader),
        scope: Scoped::List,
        operation: Operation {
            id: "listSources",
            summary: "Sources and their health",
            params: &[LIMIT, OFFSET],
            answers: &[Answer {
                status: 200,
                what: "A page of sources.",
                contents: &[Content::Json(list::<Source>)],
            }],
            ..Operation::PLAIN
        },
        answer: |verb| on(verb, list_sources),
    },
];

/// Whether all is well enough to go on.
#[derive(Clone, Debug, Serialize, ToSchema)]
struct Ready {
    /// Whether there is no reason against it.
    ready: bool,
    /// What is in the way, and what to do.
    reasons: Vec<String>,
}

/// The release that runs.
#[derive(Debug, Serialize, ToSchema)]
struct Version {
    /// As `gatewatch --version` prints it.
    version: &'static str,
}

/// Where exchanges come from, and how well they come.
#[derive(Debug, Serialize, ToSchema)]
struct Source {
    /// That of its ingest token.
    name: Box<str>,
    /// The scope of its ingest token.
    scope: Box<str>,
    /// Something came within the last 60 seconds.
    arriving: bool,
    /// How long nothing has come; null when nothing ever did.
    silent_seconds: Option<i64>,
    /// How old its newest exchange was when it came; null when nothing ever did.
    lag_seconds: Option<i64>,
    /// Exchanges that are visible.
    exchanges: u64,
    /// Exchanges longer than what is kept of one.
    truncated: u64,
    /// Exchanges whose time lay too far from when they came; their receive stamp counts instead.
    skewed: u64,
    /// Exchanges that came after their window had closed.
    late: u64,
    /// Exchanges that were odd in another way.
    blemished: u64,
    /// Lines that could not be read, since this process started.
    refused_since_start: u64,
    /// Exchanges that broke the fold and were set aside.
    set_aside: u64,
    /// When the latest came.
    #[schema(format = DateTime)]
    last_received: Option<String>,
    /// The highest time that an exchange had.
    #[schema(format = DateTime)]
    last_at: Option<String>,
}

async fn get_ready(State(shared): State<Arc<Shared>>) -> Response {
    let reasons = shared.readiness.reasons(&shared).await;
    let ready = reasons.is_empty();
    let status = if ready {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    (status, Json(Ready { ready, reasons })).into_response()
}

async fn get_version(State(shared): State<Arc<Shared>>) -> Json<Version> {
    Json(Version {
        version: shared.version,
    })
}

async fn list_sources(
    State(shared): State<Arc<Shared>>,
    grant: Grant,
    asked: Asked,
) -> Result<Json<List<Source>>, Problem> {
    let mut rows = shared.blocking.ask(|store| store.sources()).await?;
    rows.retain(|it| covers(&grant.scope, &it.scope));
    let now = shared.now();
    let write = |row: SourceRow| {
        let refused = shared.live.lines_refused_by(&row.source);
        Source::new(row, refused, now)
    };
    Ok(Json(List::cut(
        rows,
        asked.whole("offset"),
        asked.whole("limit"),
        write,
    )))
}

impl Source {
    fn new(row: SourceRow, refused_since_start: u64, now: Timestamp) -> Source {
        let SourceRow {
            source,
            scope,
            exchanges,
            truncated,
            skewed,
            late,
            blemished,
            set_aside,
            last_received,
            last_at,
        } = row;
        let came = last_received != Timestamp::ZERO;
        let silent = (now.seconds() - last_received.seconds()).max(0);
        let lag = (last_received.seconds() - last_at.seconds()).max(0);
        Source {
            name: source,
            scope,
            arriving: came && silent <= ARRIVING_SECONDS_MAX,
            silent_seconds: came.then_some(silent),
            lag_seconds: came.then_some(lag),
            exchanges,
            truncated,
            skewed,
            late,
            blemished,
            refused_since_start,
            set_aside,
            last_received: seen(last_received),
            last_at: seen(last_at),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(received: i64, at: i64) -> SourceRow {
        SourceRow {
            source: "edge".into(),
            scope: "/".into(),
            exchanges: 1,
            truncated: 0,
            skewed: 0,
            late: 0,
            blemished: 0,
            set_aside: 0,
            last_received: Timestamp::from_seconds(received),
            last_at: Timestamp::from_seconds(at),
        }
    }

    #[test]
    fn a_source_arrives_while_the_last_minute_brought_something() {
        let at = |now| Source::new(row(1_000, 970), 0, Timestamp::from_seconds(now));
        assert!(at(1_060).arriving);
        assert!(!at(1_061).arriving);
        assert_eq!(
            (at(1_061).silent_seconds, at(1_061).lag_seconds),
            (Some(61), Some(30))
        );
    }

    #[test]
    fn a_source_that_never_came_has_no_lag() {
        let source = Source::new(row(0, 0), 3, Timestamp::from_seconds(1_000));
        assert!(!source.arriving);
        assert_eq!(
            (
                source.silent_seconds,
                source.lag_seconds,
                source.last_received
            ),
            (None, None, None)
        );
    }
}
