//! Rows to write and shorthands to read them.

use gatewatch_model::effects::{
    CollectionKind, CollectionRow, Effects, EndpointRow, RollupDelta, Spread,
};
use gatewatch_model::facts::SignalFacts;
use gatewatch_model::profile::EndpointFacts;
use gatewatch_model::rollup::{Cell, MinuteCell, Step};
use gatewatch_model::{CollectionId, EndpointId, Partition, Position, Stage, Timestamp};

use crate::Store;
use crate::store::{
    Actor, Checkpoint, CollectionQuery, EndpointQuery, Page, RollupQuery, SnapshotStep,
};

/// 2026-11-21T08:00:00Z, the start of an hour.
pub const NOW: Timestamp = Timestamp(1_795_248_000_000_000);

pub const FIRST: Partition = Partition(0);

pub fn endpoint_id(number: u8) -> EndpointId {
    EndpointId([number; 16])
}

pub fn collection_id(number: u8) -> CollectionId {
    CollectionId([number; 16])
}

pub fn collection(number: u8, scope: &str, name: &str) -> CollectionRow {
    CollectionRow {
        id: collection_id(number),
        scope: scope.into(),
        name: name.into(),
        kind: CollectionKind::Host,
        first_seen: NOW,
        last_seen: NOW,
        calls: 1,
        endpoints: 1,
        definition: None,
        signals: SignalFacts::default(),
    }
}

/// An endpoint of collection 1 that answered 200 once.
pub fn endpoint(number: u8, template: &str) -> EndpointRow {
    EndpointRow {
        id: endpoint_id(number),
        collection: collection_id(1),
        method: "GET".into(),
        template: template.into(),
        first_seen: NOW,
        last_seen: NOW,
        calls: 1,
        statuses: vec![(200, 1)],
        callers_estimate: 1,
        request_bytes: Spread::default(),
        response_bytes: Spread::default(),
        latency_micros: Spread::default(),
        facts: EndpointFacts::default(),
    }
}

/// Calls of 2xx in minutes counted from `NOW`.
pub fn rollup(number: u8, minutes: &[(i64, u64)]) -> RollupDelta {
    RollupDelta {
        endpoint: endpoint_id(number),
        minutes: minutes
            .iter()
            .map(|(minute, calls)| (NOW.minute() + minute, calls_cell(*calls)))
            .collect(),
    }
}

pub fn calls_cell(calls: u64) -> Cell {
    Cell {
        statuses: [0, 0, calls, 0, 0, 0],
        request_bytes: calls * 100,
        timed: calls,
        latency_micros_sum: calls * 1_000,
        latency_micros_max: calls * 7,
        ..Cell::default()
    }
}

/// Collection 1 with endpoints of these numbers.
pub fn estate(numbers: &[u8]) -> Effects {
    Effects {
        collections: vec![collection(1, "/", "api.example")],
        endpoints: numbers
            .iter()
            .map(|it| endpoint(*it, &format!("/{it}")))
            .collect(),
        ..Effects::default()
    }
}

pub fn checkpoint(from: u64, to: u64, effects: Effects) -> Checkpoint {
    Checkpoint {
        stage: Stage::Exchanges,
        partition: FIRST,
        from: Position(from),
        to: Position(to),
        revision: 0,
        effects,
        snapshot: Vec::new(),
    }
}

/// Commits effects as the next record of the first partition.
pub fn write(store: &dyn Store, effects: Effects) {
    let from = store.load(Stage::Exchanges, FIRST).unwrap();
    let from = from.effects_position.0;
    store
        .commit(&[checkpoint(from, from + 1, effects)])
        .unwrap();
}

pub fn write_snapshot(store: &dyn Store, steps: Vec<SnapshotStep>) {
    let from = store.load(Stage::Exchanges, FIRST).unwrap();
    let from = from.effects_position.0;
    store.commit(&[with_snapshot(from, steps)]).unwrap();
}

pub fn with_snapshot(from: u64, steps: Vec<SnapshotStep>) -> Checkpoint {
    Checkpoint {
        snapshot: steps,
        ..checkpoint(from, from + 1, Effects::default())
    }
}

pub fn actor(name: &str) -> Actor {
    Actor {
        name: name.into(),
        address: "127.0.0.1".into(),
        at: NOW,
    }
}

pub fn all_endpoints() -> EndpointQuery {
    EndpointQuery {
        limit: 1_000,
        ..EndpointQuery::default()
    }
}

pub fn all_collections() -> CollectionQuery {
    CollectionQuery {
        limit: 1_000,
        ..CollectionQuery::default()
    }
}

/// Templates in the order of the answer.
pub fn templates(store: &dyn Store, query: &EndpointQuery) -> Vec<String> {
    let Page { items, total } = store.endpoints(query).unwrap();
    if query.offset == 0 && (items.len() as u64) < query.limit {
        assert_eq!(items.len() as u64, total, "one page that holds all");
    }
    items.into_iter().map(|it| it.row.template.into()).collect()
}

pub fn names(store: &dyn Store, query: &CollectionQuery) -> Vec<String> {
    let page = store.collections(query).unwrap();
    page.items.into_iter().map(|it| it.name.into()).collect()
}

/// Everything from ten years before `NOW` to a day after it.
pub fn all_time(step: Step) -> RollupQuery {
    RollupQuery {
        scope: "/".into(),
        collection: None,
        endpoint: None,
        from: NOW.plus_seconds(-3_650 * 86_400),
        to: NOW.plus_seconds(86_400),
        step,
    }
}

/// Steps with their calls, in minutes from `NOW`.
pub fn calls(store: &dyn Store, query: &RollupQuery) -> Vec<(i64, u64)> {
    let cells: Vec<MinuteCell> = store.rollup(query).unwrap();
    cells
        .into_iter()
        .map(|(minute, cell)| (minute - NOW.minute(), cell.calls()))
        .collect()
}

pub fn calls_of(store: &dyn Store, number: u8) -> u64 {
    let query = RollupQuery {
        endpoint: Some(endpoint_id(number)),
        ..all_time(Step::Day)
    };
    calls(store, &query).into_iter().map(|it| it.1).sum()
}
