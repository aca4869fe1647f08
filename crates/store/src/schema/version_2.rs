//! Schema version 2: facts and profiles of endpoints, definitions and pins. What lists filter and
//! sort by are columns, the rest is one BLOB.

use super::Migration;

pub static MIGRATION: Migration = Migration {
    version: 2,
    statements: &[
        "ALTER TABLE collections ADD COLUMN home BIGINT",
        "ALTER TABLE collections ADD COLUMN title {text}",
        "ALTER TABLE collections ADD COLUMN version {text}",
        "ALTER TABLE endpoints ADD COLUMN known_by {text} NOT NULL DEFAULT ',traffic,'",
        "ALTER TABLE endpoints ADD COLUMN decided_by {text} NOT NULL DEFAULT ','",
        "ALTER TABLE endpoints ADD COLUMN confidence BIGINT NOT NULL DEFAULT 100",
        "ALTER TABLE endpoints ADD COLUMN drift {text} NOT NULL DEFAULT ''",
        "ALTER TABLE endpoints ADD COLUMN protocol {text} NOT NULL DEFAULT 'rest'",
        "ALTER TABLE endpoints ADD COLUMN role {text} NOT NULL DEFAULT 'business'",
        "ALTER TABLE endpoints ADD COLUMN authenticated_yes BIGINT NOT NULL DEFAULT 0",
        "ALTER TABLE endpoints ADD COLUMN authenticated_no BIGINT NOT NULL DEFAULT 0",
        "ALTER TABLE endpoints ADD COLUMN anonymous_yes BIGINT NOT NULL DEFAULT 0",
        "ALTER TABLE endpoints ADD COLUMN anonymous_no BIGINT NOT NULL DEFAULT 0",
        "ALTER TABLE endpoints ADD COLUMN external_yes BIGINT NOT NULL DEFAULT 0",
        "ALTER TABLE endpoints ADD COLUMN external_no BIGINT NOT NULL DEFAULT 0",
        "ALTER TABLE endpoints ADD COLUMN encrypted_yes BIGINT NOT NULL DEFAULT 0",
        "ALTER TABLE endpoints ADD COLUMN encrypted_no BIGINT NOT NULL DEFAULT 0",
        "ALTER TABLE endpoints ADD COLUMN deprecated_yes BIGINT NOT NULL DEFAULT 0",
        "ALTER TABLE endpoints ADD COLUMN deprecated_no BIGINT NOT NULL DEFAULT 0",
        // Null where the row was written by version 1.
        "ALTER TABLE endpoints ADD COLUMN facts {blob}",
        PROFILES,
        DEFINITIONS,
        PINS,
    ],
};

/// `bytes` is the packed profile.
const PROFILES: &str = "
    CREATE TABLE profiles (
        endpoint  {blob} NOT NULL PRIMARY KEY,
        bytes     {blob} NOT NULL
    )";

/// `document` is packed, `bytes` its size before; `search` is the name in lower case.
const DEFINITIONS: &str = "
    CREATE TABLE definitions (
        collection  {blob} NOT NULL PRIMARY KEY,
        scope       {text} NOT NULL,
        name        {text} NOT NULL,
        search      {text} NOT NULL,
        revision    BIGINT NOT NULL,
        title       {text} NOT NULL,
        version     {text} NOT NULL,
        format      {text} NOT NULL,
        operations  BIGINT NOT NULL,
        bytes       BIGINT NOT NULL,
        media_type  {text} NOT NULL,
        actor       {text} NOT NULL,
        at          BIGINT NOT NULL,
        document    {blob} NOT NULL
    )";

const PINS: &str = "
    CREATE TABLE pins (
        collection  {blob} NOT NULL,
        template    {text} NOT NULL,
        revision    BIGINT NOT NULL,
        actor       {text} NOT NULL,
        at          BIGINT NOT NULL,
        PRIMARY KEY (collection, template)
    )";
