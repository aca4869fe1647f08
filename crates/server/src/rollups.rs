//! Counts per minute, hour or day.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::routing::on;
use gatewatch_model::Timestamp;
use gatewatch_model::rollup::{Cell, MinuteCell, Step};
use gatewatch_model::time::MINUTE_SECONDS;
use gatewatch_ports::store::{Role, RollupQuery};
use serde::Serialize;
use utoipa::ToSchema;

use crate::access::Grant;
use crate::asked::{Asked, Param, ParamKind};
use crate::inventory::{find_collection, find_endpoint};
use crate::openapi::{Content, shape};
use crate::problem::{BAD_PARAMETER, NOT_FOUND, Problem, TOO_LONG};
use crate::routes::{Answer, Face, Gate, Operation, Route, Scoped, Verb};
use crate::shared::{Shared, Slot};

const CELLS_MAX: i64 = 2_000;
const CELLS_DEFAULT: i64 = 60;

static STEPS: &[(&str, Step)] = &[
    ("minute", Step::Minute),
    ("hour", Step::Hour),
    ("day", Step::Day),
];

static PARAMS: &[Param] = &[
    Param {
        name: "from",
        what: "Where the first step lies; 60 steps before `to` when not given.",
        kind: ParamKind::Time,
    },
    Param {
        name: "to",
        what: "The end, not included; now when not given.",
        kind: ParamKind::Time,
    },
    Param {
        name: "step",
        what: "`minute` when not given. Minutes are kept for 48 hours, hours for 35 days, days for 400 days.",
        kind: ParamKind::Choice(|| STEPS.iter().map(|it| it.0).collect()),
    },
];
const DESCRIPTION: &str = "Steps without exchanges are left out. At most 2,000 steps may lie between \
    `from` and `to`.";
static ANSWERS: &[Answer] = &[Answer {
    status: 200,
    what: "Counts, oldest first.",
    contents: &[Content::Json(shape::<Rollups>)],
}];

pub(crate) static ROUTES: &[Route] = &[
    Route {
        verb: Verb::Get,
        path: "/api/v1/rollups",
        face: Face::Serve,
        gate: Gate::Least(Role::Reader),
        scope: Scoped::List,
        operation: Operation {
            id: "getRollups",
            summary: "Counts over time of all endpoints",
            description: DESCRIPTION,
            params: PARAMS,
            answers: ANSWERS,
            problems: &[&TOO_LONG],
            ..Operation::PLAIN
        },
        answer: |verb| on(verb, of_all),
    },
    Route {
        verb: Verb::Get,
        path: "/api/v1/collections/{id}/rollups",
        face: Face::Serve,
        gate: Gate::Least(Role::Reader),
        scope: Scoped::Item,
        operation: Operation {
            id: "getCollectionRollups",
            summary: "Counts over time of a collection",
            description: DESCRIPTION,
            slots: &[("id", "The id of a collection.")],
            params: PARAMS,
            answers: ANSWERS,
            problems: &[&NOT_FOUND, &TOO_LONG],
            ..Operation::PLAIN
        },
        answer: |verb| on(verb, of_collection),
    },
    Route {
        verb: Verb::Get,
        path: "/api/v1/endpoints/{id}/rollups",
        face: Face::Serve,
        gate: Gate::Least(Role::Reader),
        scope: Scoped::Item,
        operation: Operation {
            id: "getEndpointRollups",
            summary: "Counts over time of an endpoint",
            description: DESCRIPTION,
            slots: &[(
                "id",
                "The id of an endpoint, of today or of before a merge.",
            )],
            params: PARAMS,
            answers: ANSWERS,
            problems: &[&NOT_FOUND, &TOO_LONG],
            ..Operation::PLAIN
        },
        answer: |verb| on(verb, of_endpoint),
    },
];

/// Counts over time.
#[derive(Debug, Serialize, ToSchema)]
struct Rollups {
    /// One for each step that has exchanges, oldest first.
    items: Vec<Count>,
    /// How many items there are.
    total: u64,
    /// Always null: the answer is whole.
    next_offset: Option<u64>,
    /// Where the first step begins.
    #[schema(format = DateTime)]
    from: String,
    /// The end, not included.
    #[schema(format = DateTime)]
    to: String,
    /// How long a step is.
    step_seconds: i64,
}

/// What was counted in one step.
#[derive(Debug, Serialize, ToSchema)]
struct Count {
    /// When the step begins.
    #[schema(format = DateTime)]
    at: String,
    /// Exchanges in all.
    calls: u64,
    /// Exchanges by class of status.
    statuses: Classes,
    /// Bytes of request bodies, of those whose size was observed.
    request_bytes: u64,
    /// Bytes of response bodies, of those whose size was observed.
    response_bytes: u64,
    /// Mean latency in microseconds; null when not observed.
    latency_micros_mean: Option<u64>,
    /// The longest latency in microseconds; null when not observed.
    latency_micros_max: Option<u64>,
}

/// Exchanges by class of status.
#[derive(Debug, Serialize, ToSchema)]
struct Classes {
    /// Status not observed.
    unknown: u64,
    /// 100 to 199.
    #[serde(rename = "1xx")]
    informational: u64,
    /// 200 to 299.
    #[serde(rename = "2xx")]
    successful: u64,
    /// 300 to 399.
    #[serde(rename = "3xx")]
    redirected: u64,
    /// 400 to 499.
    #[serde(rename = "4xx")]
    refused: u64,
    /// 500 to 599.
    #[serde(rename = "5xx")]
    failed: u64,
}

async fn of_all(
    State(shared): State<Arc<Shared>>,
    grant: Grant,
    asked: Asked,
) -> Result<Json<Rollups>, Problem> {
    let query = query(grant.scope, &asked, shared.now())?;
    answer(&shared, query).await
}

async fn of_collection(
    State(shared): State<Arc<Shared>>,
    grant: Grant,
    Slot(id): Slot,
    asked: Asked,
) -> Result<Json<Rollups>, Problem> {
    let collection = find_collection(&shared, &grant, &id).await?.id;
    let query = query(grant.scope, &asked, shared.now())?;
    answer(
        &shared,
        RollupQuery {
            collection: Some(collection),
            ..query
        },
    )
    .await
}

async fn of_endpoint(
    State(shared): State<Arc<Shared>>,
    grant: Grant,
    Slot(id): Slot,
    asked: Asked,
) -> Result<Json<Rollups>, Problem> {
    let endpoint = find_endpoint(&shared, &grant, &id).await?.row.id;
    let query = query(grant.scope, &asked, shared.now())?;
    answer(
        &shared,
        RollupQuery {
            endpoint: Some(endpoint),
            ..query
        },
    )
    .await
}

async fn answer(shared: &Shared, query: RollupQuery) -> Result<Json<Rollups>, Problem> {
    let (from, to, step) = (query.from, query.to, query.step);
    let cells = shared
        .blocking
        .ask(move |store| store.rollup(&query))
        .await?;
    Ok(Json(Rollups {
        total: cells.len() as u64,
        items: cells.into_iter().map(Count::new).collect(),
        next_offset: None,
        from: from.to_string(),
        to: to.to_string(),
        step_seconds: step.seconds(),
    }))
}

fn query(scope: Box<str>, asked: &Asked, now: Timestamp) -> Result<RollupQuery, Problem> {
    let name = asked.choice("step");
    let step = STEPS
        .iter()
        .find(|it| Some(it.0) == name)
        .map_or(Step::Minute, |it| it.1);
    let to = asked.time("to").unwrap_or(now);
    let from = asked
        .time("from")
        .unwrap_or_else(|| to.plus_seconds(-step.seconds() * (CELLS_DEFAULT - 1)));
    let from = step.floor(from);
    if from >= to {
        return Err(Problem::new(&BAD_PARAMETER, "`from` is a time before `to`"));
    }
    let seconds = to.seconds().saturating_sub(from.seconds());
    if seconds / step.seconds() >= CELLS_MAX {
        let fits = STEPS.iter().find(|it| seconds / it.1.seconds() < CELLS_MAX);
        let instead = fits.map_or_else(
            || "a shorter time".to_owned(),
            |it| format!("`step={}`", it.0),
        );
        let detail =
            format!("more than {CELLS_MAX} steps lie between `from` and `to`; ask for {instead}");
        return Err(Problem::new(&BAD_PARAMETER, detail));
    }
    Ok(RollupQuery {
        scope,
        collection: None,
        endpoint: None,
        from,
        to,
        step,
    })
}

impl Count {
    fn new((minute, cell): MinuteCell) -> Count {
        let Cell {
            statuses,
            request_bytes,
            response_bytes,
            timed,
            latency_micros_sum,
            latency_micros_max,
        } = cell;
        let [
            unknown,
            informational,
            successful,
            redirected,
            refused,
            failed,
        ] = statuses;
        Count {
            at: Timestamp::from_seconds(minute.saturating_mul(MINUTE_SECONDS)).to_string(),
            calls: cell.calls(),
            statuses: Classes {
                unknown,
                informational,
                successful,
                redirected,
                refused,
                failed,
            },
            request_bytes,
            response_bytes,
            latency_micros_mean: latency_micros_sum.checked_div(timed),
            latency_micros_max: (timed > 0).then_some(latency_micros_max),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<RollupQuery, Problem> {
        let now = Timestamp::parse("2026-11-21T08:30:30Z").unwrap();
        query("/".into(), &Asked::read(text, PARAMS).unwrap(), now)
    }

    #[test]
    fn the_last_hour_by_minute_is_what_one_gets_unasked() {
        let query = read("").unwrap();
        assert_eq!(query.from.to_string(), "2026-11-21T07:31:00Z");
        assert_eq!(
            (query.to.to_string().as_str(), query.step),
            ("2026-11-21T08:30:30Z", Step::Minute)
        );
    }

    #[test]
    fn too_many_steps_are_told_which_step_fits() {
        let detail = read("from=2026-11-01T00:00:00Z").unwrap_err().detail;
        assert!(detail.contains("`step=hour`"), "{detail}");
        assert!(read("from=2026-11-01T00:00:00Z&step=hour").is_ok());
        let detail = read("from=1970-01-01T00:00:00Z").unwrap_err().detail;
        assert!(detail.contains("a shorter time"), "{detail}");
    }

    #[test]
    fn an_end_before_the_beginning_is_refused() {
        assert!(read("from=2026-11-21T09:00:00Z").is_err());
    }

    #[test]
    fn latency_that_was_not_observed_is_null() {
        let count = Count::new((
            0,
            Cell {
                statuses: [1, 0, 0, 0, 0, 0],
                ..Cell::default()
            },
        ));
        assert_eq!(
            (
                count.calls,
                count.latency_micros_mean,
                count.latency_micros_max
            ),
            (1, None, None)
        );
    }
}
