//! Looks at a file that is to become the store, before anything is replaced by it.

use std::path::Path;

use gatewatch_ports::StoreError;
use rusqlite::{Connection, OpenFlags};

use super::errors::{failed, io_failed};
use super::session::Session;
use crate::schema;

/// What a sound store says of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verified {
    pub schema: u32,
    pub bytes: u64,
}

const TABLES: &str = "
    SELECT COUNT(*) FROM sqlite_master WHERE type = 'table' AND name IN
        ('schema_version', 'partitions', 'endpoints', 'audit')";

pub fn verify(file: &Path) -> Result<Verified, StoreError> {
    let bytes = std::fs::metadata(file)
        .map_err(|it| io_failed(file, &it))?
        .len();
    let store =
        Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_ONLY).map_err(failed)?;
    let tables: i64 = store
        .query_row(TABLES, [], |row| row.get(0))
        .map_err(failed)?;
    if tables != 4 {
        return Err(damaged(file, "it is not a store of Gatewatch"));
    }
    let found = schema::version(&Session(&store))?;
    let known = schema::known(schema::ROLL);
    if found > known {
        return Err(StoreError::TooNew { found, known });
    }
    let answer: String = store
        .pragma_query_value(None, "integrity_check", |row| row.get(0))
        .map_err(failed)?;
    if answer == "ok" {
        return Ok(Verified {
            schema: found,
            bytes,
        });
    }
    Err(damaged(file, &answer))
}

fn damaged(file: &Path, reason: &str) -> StoreError {
    StoreError::Damaged {
        reason: format!("{}: {reason}", file.display()).into(),
    }
}
