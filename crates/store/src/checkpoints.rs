//! What the fold writes: all of a checkpoint or none of it.

mod facts;
mod snapshots;

use gatewatch_model::control::NumberedControl;
use gatewatch_model::effects::Coverage;
use gatewatch_model::{Partition, Position, Record, Stage};
use gatewatch_ports::StoreError;
use gatewatch_ports::store::{Checkpoint, Checkpoints, Loaded, Skip};

use crate::SqlStore;
use crate::engine::{Engine, Session, Value, all, damaged, one};

const PARTITION: &str = "
    SELECT effects_position, revision, state_position, state_parts
    FROM partitions WHERE stage = ? AND number = ?";

/// Writes nothing if the partition is known.
const ADD_PARTITION: &str = "
    INSERT INTO partitions (stage, number, effects_position, revision) VALUES (?, ?, 0, 0)
    ON CONFLICT (stage, number) DO NOTHING";

const MOVE_PARTITION: &str = "
    INSERT INTO partitions (stage, number, effects_position, revision) VALUES (?, ?, ?, ?)
    ON CONFLICT (stage, number) DO UPDATE SET
        effects_position = excluded.effects_position,
        revision = excluded.revision";

const COVER: &str = "UPDATE partitions SET coverage = ? WHERE stage = ? AND number = ?";

const SKIPPED: &str = "
    SELECT position FROM skips WHERE stage = ? AND number = ? AND position >= ?
    ORDER BY position";

const SKIP: &str = "
    INSERT INTO skips (stage, number, position, at, source, head, reason)
    VALUES (?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (stage, number, position) DO NOTHING";

const CONTROLS_FROM: &str =
    "SELECT record FROM controls WHERE revision >= ? ORDER BY revision LIMIT ?";

impl<E: Engine> Checkpoints for SqlStore<E> {
    fn load(&self, stage: Stage, partition: Partition) -> Result<Loaded, StoreError> {
        let key = Key { stage, partition };
        // What a crash left behind only takes room, so a full disk does not stop the start.
        if let Err(error) = self.engine.write(|session| key.tidy(session)) {
            tracing::warn!(
                stage = stage.name(),
                partition = partition.0,
                %error,
                "could not clear what an unfinished snapshot left behind"
            );
        }
        self.engine.read(|session| key.load(session))
    }

    fn commit(&self, checkpoints: &[Checkpoint]) -> Result<(), StoreError> {
        self.engine.write(|session| {
            for checkpoint in checkpoints {
                key_of(checkpoint).commit(session, checkpoint)?;
            }
            facts::write(session, checkpoints)
        })
    }

    fn set_aside(&self, skip: &Skip) -> Result<(), StoreError> {
        self.engine.write(|session| {
            let values = [
                Value::Text(skip.stage.name()),
                Value::Int(skip.partition.0.into()),
                Value::count(skip.position.0),
                skip.at.into(),
                Value::Text(&skip.source),
                Value::Text(&skip.head),
                Value::Text(&skip.reason),
            ];
            session.execute(SKIP, &values).map(drop)
        })
    }

    fn controls_from(
        &self,
        revision: u64,
        limit: usize,
    ) -> Result<Vec<NumberedControl>, StoreError> {
        self.engine.read(|session| {
            let values = [Value::count(revision), Value::count(limit as u64)];
            all(session, CONTROLS_FROM, &values, |row| {
                read_control(row.blob(0)?)
            })
        })
    }
}

/// Reads the journal record that a control is kept as.
pub fn read_control(bytes: &[u8]) -> Result<NumberedControl, StoreError> {
    match gatewatch_wire::record::decode(bytes) {
        Ok(Record::Control(control)) => Ok(control),
        Ok(_) => Err(damaged("a control that is another record")),
        Err(error) => Err(damaged(format!("a control: {error}"))),
    }
}

pub fn read_coverage(bytes: &[u8]) -> Result<Coverage, StoreError> {
    minicbor::decode(bytes).map_err(|it| damaged(format!("a partition's coverage: {it}")))
}

/// One fold: its stage and partition.
#[derive(Clone, Copy)]
struct Key {
    stage: Stage,
    partition: Partition,
}

fn key_of(checkpoint: &Checkpoint) -> Key {
    Key {
        stage: checkpoint.stage,
        partition: checkpoint.partition,
    }
}

/// A row of `partitions`.
#[derive(Default)]
struct Standing {
    effects_position: Position,
    revision: u64,
    snapshot: Option<(Position, u64)>,
}

impl Key {
    fn values(self) -> [Value<'static>; 2] {
        [
            Value::Text(self.stage.name()),
            Value::Int(self.partition.0.into()),
        ]
    }

    fn standing(self, session: &dyn Session) -> Result<Standing, StoreError> {
        let standing = one(session, PARTITION, &self.values(), |row| {
            let parts = row.int_or_null(3)?.unwrap_or(0);
            let snapshot = row
                .int_or_null(2)?
                .map(|it| (Position(it as u64), parts as u64));
            Ok(Standing {
                effects_position: Position(row.count(0)?),
                revision: row.count(1)?,
                snapshot,
            })
        })?;
        Ok(standing.unwrap_or_default())
    }

    /// Makes the partition known, so that a control does not count as applied before all folds
    /// that have started obeyed it, and drops unfinished snapshots.
    fn tidy(self, session: &dyn Session) -> Result<(), StoreError> {
        session.execute(ADD_PARTITION, &self.values())?;
        let counts = self.standing(session)?.snapshot;
        snapshots::drop_others(session, self, counts)
    }

    fn load(self, session: &dyn Session) -> Result<Loaded, StoreError> {
        let standing = self.standing(session)?;
        let snapshot = match standing.snapshot {
            Some((position, parts)) => snapshots::read(session, self, position, parts)?,
            None => None,
        };
        let from = snapshot.as_ref().map_or(Position::START, |it| it.position);
        let [stage, number] = self.values();
        let skips = all(
            session,
            SKIPPED,
            &[stage, number, Value::count(from.0)],
            |row| row.count(0).map(Position),
        )?;
        Ok(Loaded {
            effects_position: standing.effects_position,
            revision: standing.revision,
            snapshot,
            skips,
        })
    }

    fn commit(self, session: &dyn Session, checkpoint: &Checkpoint) -> Result<(), StoreError> {
        let standing = self.standing(session)?;
        if standing.effects_position != checkpoint.from {
            return Err(StoreError::Superseded {
                stage: self.stage.name(),
                partition: self.partition,
            });
        }
        let [stage, number] = self.values();
        let values = [
            stage,
            number,
            Value::count(checkpoint.to.0),
            Value::count(checkpoint.revision),
        ];
        session.execute(MOVE_PARTITION, &values)?;
        if let Some(coverage) = &checkpoint.effects.coverage {
            let mut bytes = Vec::new();
            // Writing to a Vec cannot fail.
            let _ = minicbor::encode(coverage, &mut bytes);
            session.execute(COVER, &[Value::Blob(&bytes), stage, number])?;
        }
        snapshots::write(session, self, &checkpoint.snapshot)
    }
}
