//! Statements on one connection, prepared once.

use gatewatch_ports::StoreError;
use rusqlite::Connection;
use rusqlite::types::{ToSqlOutput, ValueRef};

use super::errors::failed;
use crate::engine::{self, Value, damaged};

pub struct Session<'c>(pub &'c Connection);

impl engine::Session for Session<'_> {
    fn execute(&self, sql: &str, values: &[Value<'_>]) -> Result<u64, StoreError> {
        let mut statement = self.0.prepare_cached(sql).map_err(failed)?;
        for (at, value) in values.iter().enumerate() {
            statement
                .raw_bind_parameter(at + 1, bound(value))
                .map_err(failed)?;
        }
        let rows = statement.raw_execute().map_err(failed)?;
        Ok(rows as u64)
    }

    fn query(
        &self,
        sql: &str,
        values: &[Value<'_>],
        each: &mut dyn FnMut(&dyn engine::Row) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let mut statement = self.0.prepare_cached(sql).map_err(failed)?;
        for (at, value) in values.iter().enumerate() {
            statement
                .raw_bind_parameter(at + 1, bound(value))
                .map_err(failed)?;
        }
        let mut rows = statement.raw_query();
        while let Some(row) = rows.next().map_err(failed)? {
            each(&Row(row))?;
        }
        Ok(())
    }
}

fn bound<'v>(value: &Value<'v>) -> ToSqlOutput<'v> {
    ToSqlOutput::Borrowed(match *value {
        Value::Null => ValueRef::Null,
        Value::Int(number) => ValueRef::Integer(number),
        Value::Text(text) => ValueRef::Text(text.as_bytes()),
        Value::Blob(bytes) => ValueRef::Blob(bytes),
    })
}

struct Row<'r>(&'r rusqlite::Row<'r>);

impl Row<'_> {
    fn value(&self, column: usize) -> Result<ValueRef<'_>, StoreError> {
        self.0.get_ref(column).map_err(failed)
    }
}

impl engine::Row for Row<'_> {
    fn int(&self, column: usize) -> Result<i64, StoreError> {
        self.value(column)?.as_i64().map_err(|it| odd(column, &it))
    }

    fn int_or_null(&self, column: usize) -> Result<Option<i64>, StoreError> {
        self.value(column)?
            .as_i64_or_null()
            .map_err(|it| odd(column, &it))
    }

    fn text(&self, column: usize) -> Result<&str, StoreError> {
        self.value(column)?.as_str().map_err(|it| odd(column, &it))
    }

    fn blob(&self, column: usize) -> Result<&[u8], StoreError> {
        self.value(column)?.as_blob().map_err(|it| odd(column, &it))
    }

    fn blob_or_null(&self, column: usize) -> Result<Option<&[u8]>, StoreError> {
        let value = self.value(column)?;
        value.as_blob_or_null().map_err(|it| odd(column, &it))
    }

    fn text_or_null(&self, column: usize) -> Result<Option<&str>, StoreError> {
        let value = self.value(column)?;
        value.as_str_or_null().map_err(|it| odd(column, &it))
    }
}

fn odd(column: usize, error: &rusqlite::types::FromSqlError) -> StoreError {
    damaged(format!("column {column} of an answer: {error}"))
}
