//! Schema version 4: what was wrong with exchanges, and what people say of detections.

use super::Migration;

pub static MIGRATION: Migration = Migration {
    version: 4,
    statements: &[
        "ALTER TABLE endpoints ADD COLUMN attacks BIGINT NOT NULL DEFAULT 0",
        "ALTER TABLE endpoints ADD COLUMN suspicious BIGINT NOT NULL DEFAULT 0",
        // `,sqli,xss,`: the counts of each stand among the facts.
        "ALTER TABLE endpoints ADD COLUMN classes {text} NOT NULL DEFAULT ','",
        "ALTER TABLE collections ADD COLUMN attacks BIGINT NOT NULL DEFAULT 0",
        "ALTER TABLE collections ADD COLUMN suspicious BIGINT NOT NULL DEFAULT 0",
        // CBOR; null where nothing was ever wrong.
        "ALTER TABLE collections ADD COLUMN signals {blob}",
        VIGILANCE,
    ],
};

/// `said` is CBOR.
const VIGILANCE: &str = "
    CREATE TABLE vigilance (
        scope     {text} NOT NULL PRIMARY KEY,
        revision  BIGINT NOT NULL,
        actor     {text} NOT NULL,
        at        BIGINT NOT NULL,
        said      {blob} NOT NULL
    )";
