//! What adds up: roll-ups, sources and callers.

use std::collections::BTreeMap;

use gatewatch_model::EndpointId;
use gatewatch_model::effects::{CallerDelta, RollupDelta, SourceDelta};
use gatewatch_model::rollup::Minutes;
use gatewatch_ports::StoreError;

use crate::engine::{Session, Value};
use crate::tiers::MINUTES;

const ADD_SOURCE: &str = "
    INSERT INTO sources
        (source, scope, exchanges, truncated, skewed, late, blemished, last_received, last_at)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (source, scope) DO UPDATE SET
        exchanges = sources.exchanges + excluded.exchanges,
        truncated = sources.truncated + excluded.truncated,
        skewed = sources.skewed + excluded.skewed,
        late = sources.late + excluded.late,
        blemished = sources.blemished + excluded.blemished,
        last_received = CASE WHEN excluded.last_received > sources.last_received
            THEN excluded.last_received ELSE sources.last_received END,
        last_at = CASE WHEN excluded.last_at > sources.last_at
            THEN excluded.last_at ELSE sources.last_at END";

const ADD_CALLER: &str = "
    INSERT INTO callers (caller, calls, refused, endpoints, first_seen, last_seen)
    VALUES (?, ?, ?, ?, ?, ?)
    ON CONFLICT (caller) DO UPDATE SET
        calls = callers.calls + excluded.calls,
        refused = callers.refused + excluded.refused,
        endpoints = CASE WHEN excluded.endpoints > callers.endpoints
            THEN excluded.endpoints ELSE callers.endpoints END,
        first_seen = CASE WHEN excluded.first_seen < callers.first_seen
            THEN excluded.first_seen ELSE callers.first_seen END,
        last_seen = CASE WHEN excluded.last_seen > callers.last_seen
            THEN excluded.last_seen ELSE callers.last_seen END";

/// Rows are gathered first: each is then read and written once, in the order of its id.
pub fn write_rollups(session: &dyn Session, rollups: &[RollupDelta]) -> Result<(), StoreError> {
    let mut blocks = BTreeMap::<i64, BTreeMap<EndpointId, Minutes>>::new();
    for RollupDelta { endpoint, minutes } in rollups {
        for (minute, cell) in minutes {
            let block = blocks.entry(MINUTES.block(*minute)).or_default();
            block.entry(*endpoint).or_default().add(*minute, cell);
        }
    }
    for (block, rows) in blocks {
        let mut rows = rows
            .into_iter()
            .map(|(endpoint, minutes)| (endpoint.0, minutes))
            .collect::<Vec<_>>();
        MINUTES.add(session, block, &mut rows)?;
    }
    Ok(())
}

pub fn write_sources(session: &dyn Session, sources: &[SourceDelta]) -> Result<(), StoreError> {
    for delta in sources {
        let SourceDelta {
            source,
            scope,
            exchanges,
            truncated,
            skewed,
            late,
            blemished,
            last_received,
            last_at,
        } = delta;
        let values = [
            Value::Text(source),
            Value::Text(scope),
            Value::count(*exchanges),
            Value::count(*truncated),
            Value::count(*skewed),
            Value::count(*late),
            Value::count(*blemished),
            (*last_received).into(),
            (*last_at).into(),
        ];
        session.execute(ADD_SOURCE, &values)?;
    }
    Ok(())
}

pub fn write_callers(session: &dyn Session, callers: &[CallerDelta]) -> Result<(), StoreError> {
    for delta in callers {
        let CallerDelta {
            caller,
            calls,
            refused,
            first_seen,
            last_seen,
            endpoints_estimate,
        } = delta;
        let values = [
            Value::Text(&caller.to_string()),
            Value::count(*calls),
            Value::count(*refused),
            Value::count(*endpoints_estimate),
            (*first_seen).into(),
            (*last_seen).into(),
        ];
        session.execute(ADD_CALLER, &values)?;
    }
    Ok(())
}
