//! Schema version 6: where callers of endpoints are.

use super::Migration;

pub static MIGRATION: Migration = Migration {
    version: 6,
    // `,tor,hosting,DE,FR,`: the counts of each stand in the profile.
    statements: &["ALTER TABLE endpoints ADD COLUMN origins {text} NOT NULL DEFAULT ','"],
};
