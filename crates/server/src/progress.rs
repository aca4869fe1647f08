//! How far the fold has come, and waiting until it has come far enough.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::Extensions;
use axum::routing::on;
use gatewatch_model::{Partition, Position, Stage};
use gatewatch_pipeline::intake::is_visible;
use gatewatch_ports::store::{Progress as Row, Role};
use serde::Serialize;
use tokio::sync::Semaphore;
use tokio::time::{Instant, sleep_until};
use utoipa::ToSchema;

use crate::asked::{Asked, Param, ParamKind};
use crate::openapi::{Content, shape};
use crate::problem::{BAD_PARAMETER, Problem, TOO_MANY};
use crate::routes::{Answer, Face, Gate, Operation, Route, Scoped, Verb};
use crate::shapes::seen;
use crate::shared::{Closing, Shared};

const WAITERS_MAX: usize = 256;
/// Positions move at each checkpoint; looking costs a few loads.
const LOOK_EVERY: Duration = Duration::from_millis(20);

pub(crate) static ROUTES: &[Route] = &[Route {
    verb: Verb::Get,
    path: "/api/v1/progress",
    face: Face::Serve,
    gate: Gate::Least(Role::Reader),
    scope: Scoped::Nothing,
    operation: Operation {
        id: "getProgress",
        summary: "How far the fold has come",
        description: "With `wait` it answers as soon as all below those positions is visible in the \
            API, or when the timeout is over: `visible` tells which. Ingest answers with such positions.",
        params: &[
            Param {
                name: "wait",
                what: "Partitions of the first stage, each with a position: `3:1234,5:99`.",
                kind: ParamKind::Positions,
            },
            Param {
                name: "timeout",
                what: "How many seconds to wait at most.",
                kind: ParamKind::Whole {
                    min: 0,
                    max: 30,
                    default: 5,
                },
            },
        ],
        answers: &[Answer {
            status: 200,
            what: "Positions of all partitions.",
            contents: &[Content::Json(shape::<Progress>)],
        }],
        ..Operation::PLAIN
    },
    answer: |verb| on(verb, get_progress),
}];

/// How far the fold has come.
#[derive(Debug, Serialize, ToSchema)]
struct Progress {
    /// Whether all below the positions of `wait` is visible; true when nothing was waited for.
    visible: bool,
    /// One for each stage and partition.
    items: Vec<Part>,
}

/// How far one partition has come.
#[derive(Debug, Serialize, ToSchema)]
struct Part {
    /// `exchanges` or `callers`.
    stage: &'static str,
    /// The partition.
    partition: u16,
    /// All records below are visible.
    effects_position: u64,
    /// All records below are in a snapshot.
    state_position: u64,
    /// The highest revision of a control that has taken effect.
    revision: u64,
    /// Receive stamp of what became visible last; null when nothing did since the start.
    #[schema(format = DateTime)]
    received: Option<String>,
}

/// How many may wait at once.
pub(crate) struct Waiters(Semaphore);

impl Default for Waiters {
    fn default() -> Waiters {
        Waiters(Semaphore::new(WAITERS_MAX))
    }
}

async fn get_progress(
    State(shared): State<Arc<Shared>>,
    asked: Asked,
    extensions: Extensions,
) -> Result<Json<Progress>, Problem> {
    let visible = match asked.positions("wait") {
        Some(positions) => {
            check(&shared, &positions)?;
            let seconds = asked.whole("timeout");
            wait(
                &shared,
                &positions,
                Duration::from_secs(seconds),
                Closing::of(&extensions),
            )
            .await?
        }
        None => true,
    };
    let rows = shared.blocking.ask(|store| store.progress()).await?;
    let items = shared.live.all_reached().map(|it| Part {
        stage: it.stage.name(),
        partition: it.partition.0,
        effects_position: it.effects.0,
        state_position: it.state.0,
        revision: revision(&rows, it.stage, it.partition),
        received: seen(it.received),
    });
    Ok(Json(Progress {
        visible,
        items: items.collect(),
    }))
}

fn check(shared: &Shared, positions: &[(Partition, Position)]) -> Result<(), Problem> {
    let count = shared.live.partitions();
    match positions.iter().find(|it| it.0.0 >= count) {
        Some((partition, _)) => {
            let detail = format!(
                "`wait` names partition {}; there are {count}, from 0 on",
                partition.0
            );
            Err(Problem::new(&BAD_PARAMETER, detail))
        }
        None => Ok(()),
    }
}

async fn wait(
    shared: &Shared,
    positions: &[(Partition, Position)],
    most: Duration,
    closing: Closing,
) -> Result<bool, Problem> {
    let Ok(_place) = shared.waiters.0.try_acquire() else {
        return Err(Problem::new(&TOO_MANY, "too many requests wait already; ask again").retry(1));
    };
    let end = Instant::now() + most;
    let closed = closing.wait();
    tokio::pin!(closed);
    while !is_visible(&shared.live, positions) {
        let next = end.min(Instant::now() + LOOK_EVERY);
        tokio::select! {
            () = sleep_until(next) => (),
            () = &mut closed => break,
        }
        if next == end {
            break;
        }
    }
    Ok(is_visible(&shared.live, positions))
}

fn revision(rows: &[Row], stage: Stage, partition: Partition) -> u64 {
    rows.iter()
        .find(|it| it.stage == stage && it.partition == partition)
        .map_or(0, |it| it.revision)
}
