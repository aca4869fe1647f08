//! Schema version 3: which types of sensitive information endpoints carry, where that was
//! discovered, and what people say of it.

use super::Migration;

pub static MIGRATION: Migration = Migration {
    version: 3,
    statements: &[
        // `,4.credit-card,`: the number of the spot and the type.
        "ALTER TABLE endpoints ADD COLUMN info_types {text} NOT NULL DEFAULT ','",
        DISCOVERIES,
        DISCOVERIES_BY_ENDPOINT,
        SENSITIVITY,
        OWN_TYPES,
    ],
};

const DISCOVERIES: &str = "
    CREATE TABLE discoveries (
        number        BIGINT NOT NULL PRIMARY KEY,
        at            BIGINT NOT NULL,
        endpoint      {blob} NOT NULL,
        position      BIGINT NOT NULL,
        spot          {text} NOT NULL,
        status_class  BIGINT NOT NULL,
        path          {text} NOT NULL,
        info_type     {text} NOT NULL,
        category      {text} NOT NULL,
        confidence    BIGINT NOT NULL,
        grounds       BIGINT NOT NULL
    )";

const DISCOVERIES_BY_ENDPOINT: &str =
    "CREATE INDEX discoveries_by_endpoint ON discoveries (endpoint)";

/// `said` is CBOR.
const SENSITIVITY: &str = "
    CREATE TABLE sensitivity (
        scope     {text} NOT NULL PRIMARY KEY,
        revision  BIGINT NOT NULL,
        actor     {text} NOT NULL,
        at        BIGINT NOT NULL,
        said      {blob} NOT NULL
    )";

/// One row at most; the files stand in the control of that revision.
const OWN_TYPES: &str = "
    CREATE TABLE own_types (
        one       BIGINT NOT NULL PRIMARY KEY,
        revision  BIGINT NOT NULL,
        actor     {text} NOT NULL,
        at        BIGINT NOT NULL
    )";
