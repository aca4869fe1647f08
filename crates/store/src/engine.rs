//! What a database must offer so that the store can stand on it: transactions, statements with
//! `?` placeholders, and four kinds of value. It knows no table.

use std::path::Path;

use gatewatch_model::{CollectionId, EndpointId, Timestamp};
use gatewatch_ports::StoreError;

use crate::dialect::Dialect;

/// A database. Calls block; several threads may call at once.
pub trait Engine: Send + Sync {
    fn dialect(&self) -> &'static Dialect;

    /// Runs `work` in the one writing transaction there is at a time: all of it is durable when
    /// this answers `Ok`, and none of it happened otherwise.
    fn write<T>(
        &self,
        work: impl FnOnce(&dyn Session) -> Result<T, StoreError>,
    ) -> Result<T, StoreError>;

    /// Runs `work` on one consistent view, without waiting for a writer.
    fn read<T>(
        &self,
        work: impl FnOnce(&dyn Session) -> Result<T, StoreError>,
    ) -> Result<T, StoreError>;

    /// Keeps a copy aside before the schema changes to `version`.
    fn keep_before(&self, version: u32) -> Result<(), StoreError>;

    /// A consistent, checked copy while others write; `progress` gets parts done and in all.
    fn copy(&self, to: &Path, progress: &mut dyn FnMut(u64, u64)) -> Result<(), StoreError>;

    /// Gives room that deleted rows left back to the disk, in short steps.
    fn trim(&self) -> Result<(), StoreError>;

    fn bytes(&self) -> Result<u64, StoreError>;
}

/// Statements within a transaction.
pub trait Session {
    /// Answers how many rows changed.
    fn execute(&self, sql: &str, values: &[Value<'_>]) -> Result<u64, StoreError>;

    /// Hands each row to `each`, in order; an error of `each` ends the query.
    fn query(
        &self,
        sql: &str,
        values: &[Value<'_>],
        each: &mut dyn FnMut(&dyn Row) -> Result<(), StoreError>,
    ) -> Result<(), StoreError>;
}

/// One row of an answer; columns count from 0. A column of another kind than asked for means
/// that somebody else wrote the table: `Damaged`.
pub trait Row {
    fn int(&self, column: usize) -> Result<i64, StoreError>;
    fn int_or_null(&self, column: usize) -> Result<Option<i64>, StoreError>;
    fn text(&self, column: usize) -> Result<&str, StoreError>;
    fn blob(&self, column: usize) -> Result<&[u8], StoreError>;
    fn blob_or_null(&self, column: usize) -> Result<Option<&[u8]>, StoreError>;
    fn text_or_null(&self, column: usize) -> Result<Option<&str>, StoreError>;
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Value<'a> {
    Null,
    Int(i64),
    Text(&'a str),
    Blob(&'a [u8]),
}

/// Collects what `row` makes of each row.
pub fn all<T>(
    session: &dyn Session,
    sql: &str,
    values: &[Value<'_>],
    row: impl Fn(&dyn Row) -> Result<T, StoreError>,
) -> Result<Vec<T>, StoreError> {
    let mut rows = Vec::new();
    session.query(sql, values, &mut |it| {
        rows.push(row(it)?);
        Ok(())
    })?;
    Ok(rows)
}

/// What `row` makes of the last row, if there is one.
pub fn one<T>(
    session: &dyn Session,
    sql: &str,
    values: &[Value<'_>],
    row: impl Fn(&dyn Row) -> Result<T, StoreError>,
) -> Result<Option<T>, StoreError> {
    Ok(all(session, sql, values, row)?.pop())
}

pub fn damaged(reason: impl Into<Box<str>>) -> StoreError {
    StoreError::Damaged {
        reason: reason.into(),
    }
}

impl Value<'_> {
    /// SQL has no unsigned numbers; a count stops at the highest signed one.
    pub fn count(count: u64) -> Value<'static> {
        Value::Int(i64::try_from(count).unwrap_or(i64::MAX))
    }

    pub fn time_or_null(at: Option<Timestamp>) -> Value<'static> {
        at.map_or(Value::Null, |it| Value::Int(it.0))
    }
}

impl From<Timestamp> for Value<'_> {
    fn from(at: Timestamp) -> Self {
        Value::Int(at.0)
    }
}

impl<'a> From<&'a EndpointId> for Value<'a> {
    fn from(id: &'a EndpointId) -> Self {
        Value::Blob(&id.0)
    }
}

impl<'a> From<&'a CollectionId> for Value<'a> {
    fn from(id: &'a CollectionId) -> Self {
        Value::Blob(&id.0)
    }
}

impl dyn Row + '_ {
    /// A count below zero was never written: it reads as 0.
    pub fn count(&self, column: usize) -> Result<u64, StoreError> {
        Ok(u64::try_from(self.int(column)?).unwrap_or(0))
    }

    pub fn time(&self, column: usize) -> Result<Timestamp, StoreError> {
        self.int(column).map(Timestamp)
    }

    pub fn id(&self, column: usize) -> Result<[u8; 16], StoreError> {
        let bytes = self.blob(column)?;
        bytes
            .try_into()
            .map_err(|_| damaged(format!("an id of {} bytes instead of 16", bytes.len())))
    }
}
