//! Snapshots of a fold's state, written in parts over several checkpoints.

use gatewatch_model::Position;
use gatewatch_ports::StoreError;
use gatewatch_ports::store::{Snapshot, SnapshotStep};

use super::Key;
use crate::engine::{Session, Value, one};

const WRITE_PART: &str = "
    INSERT INTO snapshot_parts (stage, number, position, part, bytes) VALUES (?, ?, ?, ?, ?)
    ON CONFLICT (stage, number, position, part) DO UPDATE SET bytes = excluded.bytes";

const COUNT_PARTS: &str = "
    SELECT COUNT(*) FROM snapshot_parts
    WHERE stage = ? AND number = ? AND position = ? AND part < ?";

const COMPLETE: &str = "
    UPDATE partitions SET state_position = ?, state_parts = ? WHERE stage = ? AND number = ?";

const DROP_OTHERS: &str = "
    DELETE FROM snapshot_parts
    WHERE stage = ? AND number = ? AND (position <> ? OR part >= ?)";

const DROP_OLDER: &str = "
    DELETE FROM snapshot_parts
    WHERE stage = ? AND number = ? AND (position < ? OR (position = ? AND part >= ?))";

const READ_PARTS: &str = "
    SELECT part, bytes FROM snapshot_parts
    WHERE stage = ? AND number = ? AND position = ? AND part < ? ORDER BY part";

pub fn write(session: &dyn Session, key: Key, steps: &[SnapshotStep]) -> Result<(), StoreError> {
    let [stage, number] = key.values();
    for step in steps {
        match step {
            SnapshotStep::Part {
                position,
                index,
                bytes,
            } => {
                let values = [
                    stage,
                    number,
                    Value::count(position.0),
                    Value::Int((*index).into()),
                    Value::Blob(bytes),
                ];
                session.execute(WRITE_PART, &values)?;
            }
            SnapshotStep::Complete { position, parts } => {
                complete(session, key, *position, *parts)?;
            }
        }
    }
    Ok(())
}

/// From here on this snapshot counts and no older one is kept. One whose parts are not all there is
/// refused: the journal below it may go as soon as it counts.
fn complete(
    session: &dyn Session,
    key: Key,
    position: Position,
    parts: u32,
) -> Result<(), StoreError> {
    let [stage, number] = key.values();
    let (at, wanted) = (Value::count(position.0), Value::Int(parts.into()));
    let found = one(session, COUNT_PARTS, &[stage, number, at, wanted], |row| {
        row.count(0)
    })?;
    if found != Some(parts.into()) {
        return Err(StoreError::Other {
            reason: format!(
                "the snapshot at {} is called complete with {parts} parts, but {} are there",
                position.0,
                found.unwrap_or(0)
            )
            .into(),
        });
    }
    session.execute(COMPLETE, &[at, wanted, stage, number])?;
    session
        .execute(DROP_OLDER, &[stage, number, at, at, wanted])
        .map(drop)
}

/// Drops all parts but those of the snapshot that counts.
pub fn drop_others(
    session: &dyn Session,
    key: Key,
    counts: Option<(Position, u64)>,
) -> Result<(), StoreError> {
    let [stage, number] = key.values();
    let (position, parts) = counts.unwrap_or_default();
    let values = [stage, number, Value::count(position.0), Value::count(parts)];
    session.execute(DROP_OTHERS, &values).map(drop)
}

/// Joins the parts. If one is missing the fold starts without a snapshot.
pub fn read(
    session: &dyn Session,
    key: Key,
    position: Position,
    parts: u64,
) -> Result<Option<Snapshot>, StoreError> {
    let [stage, number] = key.values();
    let values = [stage, number, Value::count(position.0), Value::count(parts)];
    let mut bytes = Vec::new();
    let mut next = 0;
    session.query(READ_PARTS, &values, &mut |row| {
        if row.count(0)? == next {
            bytes.extend_from_slice(row.blob(1)?);
            next += 1;
        }
        Ok(())
    })?;
    if next == parts {
        return Ok(Some(Snapshot { position, bytes }));
    }
    tracing::error!(
        stage = key.stage.name(),
        partition = key.partition.0,
        position = position.0,
        parts,
        missing = next,
        "a part of the snapshot is missing: the fold starts without it; restore a backup if \
         the journal does not reach back that far"
    );
    Ok(None)
}
