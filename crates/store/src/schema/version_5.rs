//! Schema version 5: own files of the catalogue are of more than one kind.

use super::Migration;

pub static MIGRATION: Migration = Migration {
    version: 5,
    statements: &[
        OWN_FILES,
        "INSERT INTO own_files (kind, revision, actor, at)
            SELECT 'info-types', revision, actor, at FROM own_types",
        "DROP TABLE own_types",
    ],
};

/// One row of a kind at most; the files stand in the control of that revision.
const OWN_FILES: &str = "
    CREATE TABLE own_files (
        kind      {text} NOT NULL PRIMARY KEY,
        revision  BIGINT NOT NULL,
        actor     {text} NOT NULL,
        at        BIGINT NOT NULL
    )";
