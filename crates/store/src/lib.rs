//! What is kept: checkpoints, what pages read, what people change. All SQL stands here once and
//! is portable; a database is an `Engine`, and SQLite is the one that needs no server.

mod changes;
mod checkpoints;
mod codec;
mod dialect;
mod engine;
mod reading;
mod schema;
mod sqlite;
mod tiers;
mod upkeep;

pub use dialect::Dialect;
pub use engine::{Engine, Row, Session, Value};
pub use sqlite::{FILE_NAME, Sqlite, SqliteStore, Verified};

/// The store on any database.
#[derive(Debug)]
pub struct SqlStore<E> {
    engine: E,
}

impl<E: Engine> SqlStore<E> {
    /// Takes a database into use: an older store is brought to this release's schema, after a
    /// copy of it was kept; a newer one is refused.
    pub fn new(engine: E) -> Result<Self, gatewatch_ports::StoreError> {
        schema::migrate(&engine, schema::ROLL)?;
        Ok(SqlStore { engine })
    }
}
