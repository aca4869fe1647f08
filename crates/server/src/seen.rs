//! Who calls, what is followed, and what had to be let go or set aside.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::routing::on;
use gatewatch_model::effects::Coverage;
use gatewatch_ports::store::{CallerRow, CoverageRow, Role, Skip};
use serde::Serialize;
use utoipa::ToSchema;

use crate::access::Grant;
use crate::asked::Asked;
use crate::openapi::{Content, first, list};
use crate::problem::Problem;
use crate::routes::{Answer, Face, Gate, Operation, Route, Scoped, Verb};
use crate::shapes::{First, List, MOST};
use crate::shared::Shared;

pub(crate) static ROUTES: &[Route] = &[
    Route {
        verb: Verb::Get,
        path: "/api/v1/callers",
        face: Face::Serve,
        gate: Gate::Least(Role::SecurityAdmin),
        scope: Scoped::Whole,
        operation: Operation {
            id: "listCallers",
            summary: "Callers with the most calls",
            description: "Callers are personal data; they are kept for 90 days after their last call.",
            params: &[MOST],
            answers: &[Answer {
                status: 200,
                what: "Callers, those with the most calls first.",
                contents: &[Content::Json(first::<Caller>)],
            }],
            ..Operation::PLAIN
        },
        answer: |verb| on(verb, list_callers),
    },
    Route {
        verb: Verb::Get,
        path: "/api/v1/set-aside",
        face: Face::Serve,
        gate: Gate::Least(Role::Reader),
        scope: Scoped::Whole,
        operation: Operation {
            id: "listSetAside",
            summary: "Exchanges that were set aside",
            description: "An exchange that breaks the fold is set aside: head and reason are kept, its body never is.",
            params: &[MOST],
            answers: &[Answer {
                status: 200,
                what: "What was set aside, latest first.",
                contents: &[Content::Json(first::<SetAside>)],
            }],
            ..Operation::PLAIN
        },
        answer: |verb| on(verb, list_set_aside),
    },
    Route {
        verb: Verb::Get,
        path: "/api/v1/coverage",
        face: Face::Serve,
        gate: Gate::Least(Role::Reader),
        scope: Scoped::Whole,
        operation: Operation {
            id: "listCoverage",
            summary: "What is followed and what had to be let go",
            answers: &[Answer {
                status: 200,
                what: "One item for each stage and partition that has seen anything.",
                contents: &[Content::Json(list::<Covered>)],
            }],
            ..Operation::PLAIN
        },
        answer: |verb| on(verb, list_coverage),
    },
];

/// Who calls, as far as it is known.
#[derive(Debug, Serialize, ToSchema)]
struct Caller {
    /// `id:` and an identity, or an address (of IPv6 the first half), or `unknown`.
    name: Box<str>,
    /// Exchanges in all.
    calls: u64,
    /// Answers of 4xx.
    refused: u64,
    /// About how many endpoints.
    endpoints_estimate: u64,
    /// Time of the first exchange.
    #[schema(format = DateTime)]
    first_seen: String,
    /// Time of the latest exchange.
    #[schema(format = DateTime)]
    last_seen: String,
}

/// An exchange that was set aside.
#[derive(Debug, Serialize, ToSchema)]
struct SetAside {
    /// `exchanges` or `callers`.
    stage: &'static str,
    /// The partition it lies in.
    partition: u16,
    /// Its position there.
    position: u64,
    /// When it was set aside.
    #[schema(format = DateTime)]
    at: String,
    /// The source it came from.
    source: Box<str>,
    /// Method and path without values.
    head: Box<str>,
    /// Why it was set aside.
    reason: Box<str>,
}

/// What one partition follows and what it had to let go.
#[derive(Debug, Serialize, ToSchema)]
struct Covered {
    /// `exchanges` or `callers`.
    stage: &'static str,
    /// The partition.
    partition: u16,
    /// Collections that are followed.
    collections: u64,
    /// Endpoints that are followed.
    endpoints: u64,
    /// Endpoints that were let go to make room.
    endpoints_evicted: u64,
    /// Exchanges whose endpoint found no room; they count in their collection only.
    exchanges_unplaced: u64,
    /// Paths from which no templates could be learned, for want of room.
    paths_lost: u64,
    /// Exchanges of endpoints seen a few times only, counted and not profiled for want of room.
    exchanges_unprofiled: u64,
    /// Callers that are followed.
    callers: u64,
    /// Callers that were let go to make room.
    callers_evicted: u64,
    /// About how many callers there were in all.
    callers_estimate: u64,
}

async fn list_callers(
    State(shared): State<Arc<Shared>>,
    grant: Grant,
    asked: Asked,
) -> Result<Json<First<Caller>>, Problem> {
    let limit = asked.whole("limit") as usize;
    let rows = shared
        .blocking
        .ask(move |store| store.callers(limit + 1, &grant.scope))
        .await?;
    Ok(Json(First::of(rows, limit, Caller::new)))
}

async fn list_set_aside(
    State(shared): State<Arc<Shared>>,
    asked: Asked,
) -> Result<Json<First<SetAside>>, Problem> {
    let limit = asked.whole("limit") as usize;
    let rows = shared
        .blocking
        .ask(move |store| store.skips(limit + 1))
        .await?;
    Ok(Json(First::of(rows, limit, SetAside::new)))
}

async fn list_coverage(State(shared): State<Arc<Shared>>) -> Result<Json<List<Covered>>, Problem> {
    let rows = shared.blocking.ask(|store| store.coverage()).await?;
    Ok(Json(List::whole(
        rows.into_iter().map(Covered::new).collect(),
    )))
}

impl Caller {
    fn new(row: CallerRow) -> Caller {
        let CallerRow {
            caller,
            calls,
            refused,
            endpoints_estimate,
            first_seen,
            last_seen,
        } = row;
        Caller {
            name: caller,
            calls,
            refused,
            endpoints_estimate,
            first_seen: first_seen.to_string(),
            last_seen: last_seen.to_string(),
        }
    }
}

impl SetAside {
    fn new(skip: Skip) -> SetAside {
        let Skip {
            stage,
            partition,
            position,
            at,
            source,
            head,
            reason,
        } = skip;
        SetAside {
            stage: stage.name(),
            partition: partition.0,
            position: position.0,
            at: at.to_string(),
            source,
            head,
            reason,
        }
    }
}

impl Covered {
    fn new(row: CoverageRow) -> Covered {
        let Coverage {
            endpoints,
            endpoints_evicted,
            exchanges_unplaced,
            callers,
            callers_evicted,
            callers_estimate,
            collections,
            paths_lost,
            exchanges_unprofiled,
        } = row.coverage;
        Covered {
            stage: row.stage.name(),
            partition: row.partition.0,
            collections,
            endpoints,
            endpoints_evicted,
            exchanges_unplaced,
            paths_lost,
            exchanges_unprofiled,
            callers,
            callers_evicted,
            callers_estimate,
        }
    }
}
