//! The effects of checkpoints as rows. What is let go goes first, then names that lead elsewhere,
//! so that what comes again within the same effects starts anew.

mod deltas;
mod discoveries;
mod endpoints;

use gatewatch_model::effects::{Alias, CollectionRow, Effects};
use gatewatch_model::profile::ProfileRow;
use gatewatch_model::{EndpointId, Partition};
use gatewatch_ports::StoreError;
use gatewatch_ports::store::Checkpoint;

use crate::codec::packed::{pack_profile, short};
use crate::engine::{Session, Value};
use crate::tiers::TIERS;

const WRITE_COLLECTION: &str = "
    INSERT INTO collections
        (id, scope, name, search, kind, first_seen, last_seen, calls, endpoints,
         home, title, version, attacks, suspicious, signals)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (id) DO UPDATE SET
        scope = excluded.scope,
        name = excluded.name,
        search = excluded.search,
        kind = excluded.kind,
        first_seen = excluded.first_seen,
        last_seen = excluded.last_seen,
        calls = excluded.calls,
        endpoints = excluded.endpoints,
        home = excluded.home,
        title = excluded.title,
        version = excluded.version,
        attacks = excluded.attacks,
        suspicious = excluded.suspicious,
        signals = excluded.signals";

/// Nothing if the endpoint has gone since.
const WRITE_PROFILE: &str = "
    INSERT INTO profiles (endpoint, bytes) SELECT e.id, ? FROM endpoints e WHERE e.id = ?
    ON CONFLICT (endpoint) DO UPDATE SET bytes = excluded.bytes";

const WRITE_ALIAS: &str = "
    INSERT INTO aliases (old_id, new_id, position) VALUES (?, ?, ?)
    ON CONFLICT (old_id) DO UPDATE SET
        new_id = excluded.new_id,
        position = excluded.position";

const FORGET_COLLECTION: &str = "DELETE FROM collections WHERE id = ?";
const FORGET_ENDPOINT: &str = "DELETE FROM endpoints WHERE id = ?";
const FORGET_PROFILE: &str = "DELETE FROM profiles WHERE endpoint = ?";

pub fn write(session: &dyn Session, checkpoints: &[Checkpoint]) -> Result<(), StoreError> {
    let mut buffers = endpoints::Buffers::default();
    for checkpoint in checkpoints {
        let Effects {
            collections,
            endpoints,
            profiles,
            forgotten,
            forgotten_collections,
            aliases,
            rollups,
            sources,
            callers,
            discoveries,
            // Written with the partition's position.
            coverage: _,
        } = &checkpoint.effects;
        for id in forgotten {
            forget(session, id)?;
        }
        for id in forgotten_collections {
            session.execute(FORGET_COLLECTION, &[id.into()])?;
        }
        for alias in aliases {
            write_alias(session, alias)?;
        }
        for row in collections {
            write_collection(session, checkpoint.partition, row)?;
        }
        for row in endpoints {
            endpoints::write(session, row, &mut buffers)?;
        }
        for profile in profiles {
            write_profile(session, profile)?;
        }
        for discovery in discoveries {
            discoveries::add(session, discovery)?;
        }
        deltas::write_rollups(session, rollups)?;
        deltas::write_sources(session, sources)?;
        deltas::write_callers(session, callers)?;
    }
    Ok(())
}

fn forget(session: &dyn Session, id: &EndpointId) -> Result<(), StoreError> {
    session.execute(FORGET_ENDPOINT, &[id.into()])?;
    session.execute(FORGET_PROFILE, &[id.into()])?;
    discoveries::forget(session, id)?;
    for tier in TIERS {
        session.execute(
            &tier.spell("DELETE FROM {rollup} WHERE endpoint = ?"),
            &[id.into()],
        )?;
    }
    Ok(())
}

fn write_collection(
    session: &dyn Session,
    home: Partition,
    row: &CollectionRow,
) -> Result<(), StoreError> {
    let CollectionRow {
        id,
        scope,
        name,
        kind,
        first_seen,
        last_seen,
        calls,
        endpoints,
        definition,
        signals,
    } = row;
    let (title, version) = definition
        .as_ref()
        .map_or((Value::Null, Value::Null), |(title, version)| {
            (Value::Text(short(title)), Value::Text(short(version)))
        });
    let mut told = Vec::new();
    // Writing to a Vec cannot fail.
    let _ = minicbor::encode(signals, &mut told);
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
        Value::Int(home.0.into()),
        title,
        version,
        Value::count(signals.attacks),
        Value::count(signals.suspicious),
        if signals.is_empty() {
            Value::Null
        } else {
            Value::Blob(&told)
        },
    ];
    session.execute(WRITE_COLLECTION, &values).map(drop)
}

fn write_alias(session: &dyn Session, alias: &Alias) -> Result<(), StoreError> {
    let Alias { old, new, position } = alias;
    session.execute(
        WRITE_ALIAS,
        &[old.into(), new.into(), Value::count(position.0)],
    )?;
    session.execute(FORGET_PROFILE, &[old.into()])?;
    session.execute(FORGET_ENDPOINT, &[old.into()])?;
    if old == new {
        return Ok(());
    }
    discoveries::lead(session, alias)?;
    // A name may live again one day, and then begins anew.
    for tier in TIERS {
        tier.hand_on(session, old.0, new.0)?;
    }
    Ok(())
}

fn write_profile(session: &dyn Session, profile: &ProfileRow) -> Result<(), StoreError> {
    let packed = pack_profile(profile).map_err(|it| StoreError::Other {
        reason: format!("a profile cannot be packed: {it}").into(),
    })?;
    let values = [Value::Blob(&packed), (&profile.endpoint).into()];
    session.execute(WRITE_PROFILE, &values).map(drop)
}
