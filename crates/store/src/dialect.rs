//! The few words in which databases differ. Everything else in this crate is SQL that SQLite and
//! PostgreSQL both read: `?` for values (an engine may rewrite them), `ON CONFLICT … DO UPDATE`,
//! `RETURNING`, `WITH RECURSIVE`, times as microseconds in BIGINT, no booleans, no dates.

/// Words for the statements that make tables.
#[derive(Debug)]
pub struct Dialect {
    /// A string of bytes.
    pub blob: &'static str,
    /// Text that is compared and sorted byte by byte.
    pub text: &'static str,
}

pub static SQLITE: Dialect = Dialect {
    blob: "BLOB",
    text: "TEXT",
};

impl Dialect {
    /// Puts this dialect's words into a statement: `{blob}` and `{text}`.
    pub fn spell(&self, sql: &str) -> String {
        sql.replace("{blob}", self.blob)
            .replace("{text}", self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_statement_is_spelled_in_the_words_of_the_database() {
        let postgres = Dialect {
            blob: "BYTEA",
            text: "TEXT COLLATE \"C\"",
        };
        let sql = "CREATE TABLE t (id {blob}, name {text})";
        assert_eq!(SQLITE.spell(sql), "CREATE TABLE t (id BLOB, name TEXT)");
        assert_eq!(
            postgres.spell(sql),
            "CREATE TABLE t (id BYTEA, name TEXT COLLATE \"C\")"
        );
    }
}
