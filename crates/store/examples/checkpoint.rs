//! Measures what a checkpoint costs: 10,000 endpoint rows with their facts, 10,000 roll-up rows and
//! 200 profiles a commit, over one busy hour. `cargo run --release -p gatewatch-store --example checkpoint [FOLDER]`

use std::path::PathBuf;
use std::time::{Duration, Instant};

use gatewatch_model::effects::{
    CallerDelta, CollectionKind, CollectionRow, Effects, EndpointRow, RollupDelta, Spread,
};
use gatewatch_model::facts::SignalFacts;
use gatewatch_model::profile::{DecidedBy, Decision, Drift, EndpointFacts, MemberRow, ProfileRow};
use gatewatch_model::rollup::{Cell, Step};
use gatewatch_model::time::MICROS_PER_SECOND;
use gatewatch_model::{
    Caller, CollectionId, EndpointId, Partition, Position, Spot, Stage, Timestamp,
};
use gatewatch_ports::store::{
    Checkpoint, Checkpoints, EndpointQuery, EndpointSort, Reading, RollupQuery, Upkeep,
};
use gatewatch_store::SqliteStore;

const ENDPOINTS: u64 = 10_000;
const COLLECTIONS: u64 = 50;
const CALLERS: u64 = 3_000;
/// A profile is written when something new is in it, and else now and then.
const PROFILES: u64 = 200;
const COMMITS_PER_MINUTE: i64 = 2;
/// 2026-11-21T08:00:00Z, the start of an hour.
const START_SECONDS: i64 = 1_795_248_000;

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

#[expect(clippy::print_stdout, reason = "a measurement prints")]
fn main() -> Outcome<()> {
    let folder = std::env::args().nth(1).map_or_else(
        || std::env::temp_dir().join("gatewatch-checkpoint"),
        PathBuf::from,
    );
    let store = SqliteStore::open(&folder)?;
    let mut took = Vec::new();
    let loaded = store.load(Stage::Exchanges, Partition(0))?;
    let first = loaded.effects_position.0;
    for commit in 0..60 * COMMITS_PER_MINUTE {
        let checkpoint = checkpoint(first + commit.cast_unsigned(), commit);
        let start = Instant::now();
        store.commit(&[checkpoint])?;
        took.push(start.elapsed());
    }
    println!(
        "commits of {ENDPOINTS} endpoint and {ENDPOINTS} roll-up rows and {PROFILES} profiles: {}",
        summary(&mut took)
    );
    println!("store: {} MiB", store.bytes()? >> 20);
    for (what, question) in QUESTIONS {
        let mut took = Vec::new();
        for _ in 0..20 {
            let start = Instant::now();
            question(&store)?;
            took.push(start.elapsed());
        }
        println!("{what}: {}", summary(&mut took));
    }
    let start = Instant::now();
    let retained = store.retain(at(49 * 60), false)?;
    println!(
        "moving {} hours of minutes: {:?}",
        retained.minutes_rows,
        start.elapsed()
    );
    Ok(())
}

type Question = fn(&SqliteStore) -> Outcome<()>;

const QUESTIONS: &[(&str, Question)] = &[
    ("first page by calls", |store| {
        store
            .endpoints(&EndpointQuery {
                descending: true,
                limit: 50,
                ..EndpointQuery::default()
            })
            .map(drop)
            .map_err(Into::into)
    }),
    ("search in a scope, by errors", |store| {
        store
            .endpoints(&EndpointQuery {
                scope: "/contoso".into(),
                search: Some("orders/77".into()),
                status: Some(5),
                sort: EndpointSort::Errors,
                limit: 50,
                ..EndpointQuery::default()
            })
            .map(drop)
            .map_err(Into::into)
    }),
    ("one hour of everything by minutes", |store| {
        store
            .rollup(&RollupQuery {
                scope: "/".into(),
                collection: None,
                endpoint: None,
                from: at(0),
                to: at(60),
                step: Step::Minute,
            })
            .map(drop)
            .map_err(Into::into)
    }),
];

fn at(minute: i64) -> Timestamp {
    Timestamp((START_SECONDS + minute * 60) * MICROS_PER_SECOND)
}

fn summary(took: &mut [Duration]) -> String {
    took.sort_unstable();
    let [first, .., last] = took else {
        return String::new();
    };
    let (first, last) = (*first, *last);
    let p95 = took[took.len() * 95 / 100];
    format!(
        "min {first:?}, median {:?}, p95 {p95:?}, max {last:?}",
        took[took.len() / 2]
    )
}

fn id(kind: u64, number: u64) -> [u8; 16] {
    // Spread over the whole range, as hashes are.
    let scattered = (number + 1)
        .wrapping_mul(0x9e37_79b9_7f4a_7c15)
        .rotate_left(31);
    let mut bytes = [0; 16];
    bytes[..8].copy_from_slice(&scattered.to_be_bytes());
    bytes[8..].copy_from_slice(&kind.to_be_bytes());
    bytes
}

fn checkpoint(from: u64, commit: i64) -> Checkpoint {
    let minute = commit / COMMITS_PER_MINUTE;
    let effects = Effects {
        collections: (0..COLLECTIONS).map(|it| collection(it, minute)).collect(),
        endpoints: (0..ENDPOINTS).map(|it| endpoint(it, commit)).collect(),
        profiles: (0..PROFILES)
            .map(|it| profile((commit.unsigned_abs() * PROFILES + it) % ENDPOINTS))
            .collect(),
        rollups: (0..ENDPOINTS).map(|it| rollup(it, minute)).collect(),
        callers: (0..CALLERS).map(|it| caller(it, minute)).collect(),
        ..Effects::default()
    };
    Checkpoint {
        stage: Stage::Exchanges,
        partition: Partition(0),
        from: Position(from),
        to: Position(from + 1),
        revision: 0,
        effects,
        snapshot: Vec::new(),
    }
}

fn collection(number: u64, minute: i64) -> CollectionRow {
    CollectionRow {
        id: CollectionId(id(1, number)),
        scope: "/contoso/production".into(),
        name: format!("api-{number}.contoso.example").into(),
        kind: CollectionKind::Host,
        first_seen: at(0),
        last_seen: at(minute),
        calls: 1_000,
        endpoints: ENDPOINTS / COLLECTIONS,
        signals: SignalFacts::default(),
        definition: None,
    }
}

fn endpoint(number: u64, commit: i64) -> EndpointRow {
    let spread = Spread {
        count: 17,
        p50: 300,
        p95: 2_000 + number,
        p99: 60_000,
        max: 100_000,
    };
    let calls = (number + 1) * (commit.unsigned_abs() + 1);
    EndpointRow {
        id: EndpointId(id(2, number)),
        collection: CollectionId(id(1, number % COLLECTIONS)),
        method: "GET".into(),
        template: format!("/v2/customers/{{id}}/orders/{number}").into(),
        first_seen: at(0),
        last_seen: at(commit / COMMITS_PER_MINUTE),
        calls,
        statuses: vec![(200, calls), (404, 3), (503, number % 7)],
        callers_estimate: 40,
        request_bytes: spread,
        response_bytes: spread,
        latency_micros: spread,
        facts: facts(number, at(commit / COMMITS_PER_MINUTE)),
    }
}

/// As an ordinary endpoint has them: two segments decided, some questions answered.
fn facts(number: u64, now: Timestamp) -> EndpointFacts {
    let decision = |segment| Decision {
        segment,
        by: DecidedBy::Learned,
        reason: format!("{} different values in 400 calls", 30 + number % 300).into(),
        confidence: 95,
    };
    let mut facts = EndpointFacts {
        decisions: vec![decision(2), decision(4)],
        drift: Some(Drift::AsDocumented),
        ..EndpointFacts::default()
    };
    facts.known_by.traffic = true;
    facts.authenticated.add(true, now);
    facts.external.add(number.is_multiple_of(3), now);
    facts.encrypted.add(true, now);
    facts
}

fn profile(number: u64) -> ProfileRow {
    let member = |it: u64| MemberRow {
        spot: Spot::ResponseBody,
        status_class: 2,
        path: format!("customer.orders[].member_{it}").into(),
        present: 900 + it,
        observed: 1_000,
        types: vec![("string".into(), 900 + it)],
        formats: vec![("uuid".into(), 900)],
        length: Some((1, 36)),
        range: None,
        values: Vec::new(),
        distinct_estimate: number,
        first_seen: at(0),
        last_seen: at(it.cast_signed()),
        hits: Vec::new(),
    };
    ProfileRow {
        endpoint: EndpointId(id(2, number)),
        calls: 1_000,
        at: at(0),
        credentials: Vec::new(),
        tokens: None,
        request_types: vec![("application/json".into(), 1_000)],
        response_types: vec![("application/json".into(), 1_000)],
        protocols: vec![("HTTP/2".into(), 1_000)],
        callers_top: Vec::new(),
        members: (0..40).map(member).collect(),
        members_lost: 0,
        query_depth_max: 0,
        query_aliases_max: 0,
        batch_max: 0,
        origins: None,
        differences: Vec::new(),
    }
}

fn rollup(number: u64, minute: i64) -> RollupDelta {
    let cell = Cell {
        statuses: [0, 0, 30 + number % 9, 0, 1, 0],
        request_bytes: 15_000,
        response_bytes: 31_000,
        timed: 31,
        latency_micros_sum: 380_000,
        latency_micros_max: 90_000,
    };
    RollupDelta {
        endpoint: EndpointId(id(2, number)),
        minutes: vec![(at(minute).minute(), cell)],
    }
}

fn caller(number: u64, minute: i64) -> CallerDelta {
    CallerDelta {
        caller: Caller::Identity(format!("caller-{number}").into()),
        calls: 3,
        refused: 1,
        first_seen: at(minute),
        last_seen: at(minute),
        endpoints_estimate: 7,
    }
}
