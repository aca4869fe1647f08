//! The tables, as the list of steps that made them. A step that was released never changes: a
//! new shape is a new step at the end.

use gatewatch_ports::StoreError;

use crate::engine::{Engine, Session, Value, one};

mod version_1;
mod version_2;
mod version_3;
mod version_4;
mod version_5;
mod version_6;

/// One step from a schema version to the next.
#[derive(Debug)]
pub struct Migration {
    /// The version that the store has after it. The roll counts 1, 2, 3 …
    pub version: u32,
    pub statements: &'static [&'static str],
}

/// All steps, in order.
pub static ROLL: &[&Migration] = &[
    &version_1::MIGRATION,
    &version_2::MIGRATION,
    &version_3::MIGRATION,
    &version_4::MIGRATION,
    &version_5::MIGRATION,
    &version_6::MIGRATION,
];

const VERSIONS: &str = "
    CREATE TABLE IF NOT EXISTS schema_version (
        version  BIGINT NOT NULL PRIMARY KEY
    )";

const VERSION: &str = "SELECT COALESCE(MAX(version), 0) FROM schema_version";

const ADD_VERSION: &str = "INSERT INTO schema_version (version) VALUES (?)";

/// Brings the store to the last version of `roll`, all steps in one transaction, after the
/// engine has kept a copy of what was there.
pub fn migrate<E: Engine>(engine: &E, roll: &[&Migration]) -> Result<(), StoreError> {
    let known = known(roll);
    let found = found(engine)?;
    if found > known {
        return Err(StoreError::TooNew { found, known });
    }
    if found == known {
        return Ok(());
    }
    if found > 0 {
        engine.keep_before(known)?;
        tracing::info!(
            from = found,
            to = known,
            "the store moves to a newer schema"
        );
    }
    engine.write(|session| {
        for step in roll.iter().filter(|it| it.version > found) {
            for statement in step.statements {
                session.execute(&engine.dialect().spell(statement), &[])?;
            }
            session.execute(ADD_VERSION, &[Value::Int(step.version.into())])?;
        }
        Ok(())
    })
}

/// The version that a roll leads to.
pub fn known(roll: &[&Migration]) -> u32 {
    roll.last().map_or(0, |it| it.version)
}

/// The version a store has; it must have the table of versions.
pub fn version(session: &dyn Session) -> Result<u32, StoreError> {
    let version = one(session, VERSION, &[], |row| row.int(0))?.unwrap_or(0);
    Ok(u32::try_from(version).unwrap_or(u32::MAX))
}

fn found<E: Engine>(engine: &E) -> Result<u32, StoreError> {
    engine.write(|session| {
        session.execute(VERSIONS, &[])?;
        version(session)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_roll_counts_from_one_without_gaps() {
        let versions = ROLL.iter().map(|it| it.version).collect::<Vec<_>>();
        assert_eq!(versions, (1..=known(ROLL)).collect::<Vec<_>>());
    }
}
