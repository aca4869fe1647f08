//! The effects of checkpoints as rows. What is let go goes first, so that what comes again
//! within the same effects starts anew.

mod deltas;

use gatewatch_model::EndpointId;
use gatewatch_model::effects::{Alias, CollectionRow, Effects, EndpointRow};
use gatewatch_ports::StoreError;
use gatewatch_ports::store::Checkpoint;

use crate::codec::spreads;
use crate::engine::{Session, Value};
use crate::tiers::TIERS;

const WRITE_COLLECTION: &str = "
    INSERT INTO collections
        (id, scope, name, search, kind, first_seen, last_seen, calls, endpoints)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (id) DO UPDATE SET
        scope = excluded.scope,
        name = excluded.name,
        search = excluded.search,
        kind = excluded.kind,
        first_seen = excluded.first_seen,
        last_seen = excluded.last_seen,
        calls = excluded.calls,
        endpoints = excluded.endpoints";

/// Collection, method and template make the id, so they never change under it.
const WRITE_ENDPOINT: &str = "
    INSERT INTO endpoints
        (id, collection, method, template, search, first_seen, last_seen, calls, callers,
         errors_share, latency_p95, statuses, spreads)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (id) DO UPDATE SET
        first_seen = excluded.first_seen,
        last_seen = excluded.last_seen,
        calls = excluded.calls,
        callers = excluded.callers,
        errors_share = excluded.errors_share,
        latency_p95 = excluded.latency_p95,
        statuses = excluded.statuses,
        spreads = excluded.spreads";

const WRITE_ALIAS: &str = "
    INSERT INTO aliases (old_id, new_id, position) VALUES (?, ?, ?)
    ON CONFLICT (old_id) DO UPDATE SET
        new_id = excluded.new_id,
        position = excluded.position";

const FORGET_COLLECTION: &str = "DELETE FROM collections WHERE id = ?";
const FORGET_ENDPOINT: &str = "DELETE FROM endpoints WHERE id = ?";

pub fn write(session: &dyn Session, checkpoints: &[Checkpoint]) -> Result<(), StoreError> {
    let mut buffers = Buffers::default();
    for checkpoint in checkpoints {
        let Effects {
            collections,
            endpoints,
            profiles: _,
            forgotten,
            forgotten_collections,
            aliases,
            rollups,
            sources,
            callers,
            // Written with the partition's position.
            coverage: _,
        } = &checkpoint.effects;
        for id in forgotten {
            forget(session, id)?;
        }
        for id in forgotten_collections {
            session.execute(FORGET_COLLECTION, &[id.into()])?;
        }
        for row in collections {
            write_collection(session, row)?;
        }
        for row in endpoints {
            write_endpoint(session, row, &mut buffers)?;
        }
        for alias in aliases {
            write_alias(session, alias)?;
        }
        deltas::write_rollups(session, rollups)?;
        deltas::write_sources(session, sources)?;
        deltas::write_callers(session, callers)?;
    }
    Ok(())
}

fn forget(session: &dyn Session, id: &EndpointId) -> Result<(), StoreError> {
    session.execute(FORGET_ENDPOINT, &[id.into()])?;
    for tier in TIERS {
        session.execute(
            &tier.spell("DELETE FROM {rollup} WHERE endpoint = ?"),
            &[id.into()],
        )?;
    }
    Ok(())
}

fn write_collection(session: &dyn Session, row: &CollectionRow) -> Result<(), StoreError> {
    let CollectionRow {
        id,
        scope,
        name,
        kind,
        first_seen,
        last_seen,
        calls,
        endpoints,
        definition: _,
    } = row;
    let values = [
        id.into(),
        Value::Text(scope),
        Value::Text(name),
        Value::Text(&name.to_lowercase()),
        Value::Text(kind.name()),
        (*first_seen).into(),
        (*last_seen).into(),
        Value::count(*calls),
        Value::count(*endpoints),
    ];
    session.execute(WRITE_COLLECTION, &values).map(drop)
}

/// Kept between rows, so that ten thousand of them do not allocate thirty thousand times.
#[derive(Default)]
struct Buffers {
    statuses: String,
    spreads: Vec<u8>,
}

fn write_endpoint(
    session: &dyn Session,
    row: &EndpointRow,
    buffers: &mut Buffers,
) -> Result<(), StoreError> {
    let EndpointRow {
        id,
        collection,
        method,
        template,
        first_seen,
        last_seen,
        calls,
        statuses,
        callers_estimate,
        request_bytes,
        response_bytes,
        latency_micros,
        facts: _,
    } = row;
    spreads::write_statuses(statuses, &mut buffers.statuses);
    spreads::encode(
        [request_bytes, response_bytes, latency_micros],
        &mut buffers.spreads,
    );
    let latency_p95 = match latency_micros.count {
        0 => Value::Int(-1),
        _ => Value::count(latency_micros.p95),
    };
    let values = [
        id.into(),
        collection.into(),
        Value::Text(method),
        Value::Text(template),
        Value::Text(&format!("{method} {template}").to_lowercase()),
        (*first_seen).into(),
        (*last_seen).into(),
        Value::count(*calls),
        Value::count(*callers_estimate),
        Value::Int(errors_share(statuses)),
        latency_p95,
        Value::Text(&buffers.statuses),
        Value::Blob(&buffers.spreads),
    ];
    session.execute(WRITE_ENDPOINT, &values).map(drop)
}

/// The share of 5xx among all answers, in billionths.
fn errors_share(statuses: &[(u16, u64)]) -> i64 {
    let (mut errors, mut all) = (0_u128, 0_u128);
    for (status, count) in statuses {
        all += u128::from(*count);
        if matches!(status, 500..=599) {
            errors += u128::from(*count);
        }
    }
    let share = (errors * 1_000_000_000).checked_div(all).unwrap_or(0);
    i64::try_from(share).unwrap_or(i64::MAX)
}

fn write_alias(session: &dyn Session, alias: &Alias) -> Result<(), StoreError> {
    let Alias { old, new, position } = alias;
    session.execute(
        WRITE_ALIAS,
        &[old.into(), new.into(), Value::count(position.0)],
    )?;
    session.execute(FORGET_ENDPOINT, &[old.into()]).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_share_of_errors_is_of_5xx_among_all() {
        assert_eq!(errors_share(&[]), 0);
        assert_eq!(
            errors_share(&[(0, 1), (200, 1), (500, 1), (599, 1)]),
            500_000_000
        );
        assert_eq!(
            errors_share(&[(503, u64::MAX), (504, u64::MAX)]),
            1_000_000_000
        );
    }
}
