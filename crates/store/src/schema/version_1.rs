//! Schema version 1. Ids are 16 bytes, times microseconds since 1970, `stage` and `kind` words.
//! No index on what every checkpoint changes: sorting ten thousand rows costs less than keeping
//! them sorted twice a second.

use super::Migration;

pub static MIGRATION: Migration = Migration {
    version: 1,
    statements: &[
        PARTITIONS,
        SNAPSHOT_PARTS,
        SKIPS,
        COLLECTIONS,
        ENDPOINTS,
        ENDPOINTS_BY_COLLECTION,
        ALIASES,
        ALIASES_BY_NEW,
        ROLLUP_MINUTES,
        ROLLUP_MINUTES_BY_BLOCK,
        ROLLUP_HOURS,
        ROLLUP_HOURS_BY_BLOCK,
        ROLLUP_DAYS,
        ROLLUP_DAYS_BY_BLOCK,
        SOURCES,
        CALLERS,
        COUNTERS,
        CONTROLS,
        TOKENS,
        SETTINGS,
        AUDIT,
    ],
};

/// Where each fold stands. `state_position` is that of its last complete snapshot.
const PARTITIONS: &str = "
    CREATE TABLE partitions (
        stage             {text} NOT NULL,
        number            BIGINT NOT NULL,
        effects_position  BIGINT NOT NULL,
        revision          BIGINT NOT NULL,
        state_position    BIGINT,
        state_parts       BIGINT,
        coverage          {blob},
        PRIMARY KEY (stage, number)
    )";

const SNAPSHOT_PARTS: &str = "
    CREATE TABLE snapshot_parts (
        stage     {text} NOT NULL,
        number    BIGINT NOT NULL,
        position  BIGINT NOT NULL,
        part      BIGINT NOT NULL,
        bytes     {blob} NOT NULL,
        PRIMARY KEY (stage, number, position, part)
    )";

const SKIPS: &str = "
    CREATE TABLE skips (
        stage     {text} NOT NULL,
        number    BIGINT NOT NULL,
        position  BIGINT NOT NULL,
        at        BIGINT NOT NULL,
        source    {text} NOT NULL,
        head      {text} NOT NULL,
        reason    {text} NOT NULL,
        PRIMARY KEY (stage, number, position)
    )";

/// `search` is the name in lower case.
const COLLECTIONS: &str = "
    CREATE TABLE collections (
        id          {blob} NOT NULL PRIMARY KEY,
        scope       {text} NOT NULL,
        name        {text} NOT NULL,
        search      {text} NOT NULL,
        kind        {text} NOT NULL,
        first_seen  BIGINT NOT NULL,
        last_seen   BIGINT NOT NULL,
        calls       BIGINT NOT NULL,
        endpoints   BIGINT NOT NULL
    )";

/// `search` is method and template in lower case, `statuses` reads `,200:17,404:1,`, `spreads`
/// are the packed distributions. `errors_share` is the share of 5xx answers in billionths and
/// `latency_p95` is -1 when not observed; lists sort by them.
const ENDPOINTS: &str = "
    CREATE TABLE endpoints (
        id            {blob} NOT NULL PRIMARY KEY,
        collection    {blob} NOT NULL,
        method        {text} NOT NULL,
        template      {text} NOT NULL,
        search        {text} NOT NULL,
        first_seen    BIGINT NOT NULL,
        last_seen     BIGINT NOT NULL,
        calls         BIGINT NOT NULL,
        callers       BIGINT NOT NULL,
        errors_share  BIGINT NOT NULL,
        latency_p95   BIGINT NOT NULL,
        statuses      {text} NOT NULL,
        spreads       {blob} NOT NULL
    )";

const ENDPOINTS_BY_COLLECTION: &str =
    "CREATE INDEX endpoints_by_collection ON endpoints (collection)";

const ALIASES: &str = "
    CREATE TABLE aliases (
        old_id    {blob} NOT NULL PRIMARY KEY,
        new_id    {blob} NOT NULL,
        position  BIGINT NOT NULL
    )";

const ALIASES_BY_NEW: &str = "CREATE INDEX aliases_by_new ON aliases (new_id)";

/// The minutes of one hour of one endpoint; `block` is the hour since 1970.
const ROLLUP_MINUTES: &str = "
    CREATE TABLE rollup_minutes (
        endpoint  {blob} NOT NULL,
        block     BIGINT NOT NULL,
        cells     {blob} NOT NULL,
        PRIMARY KEY (endpoint, block)
    )";

const ROLLUP_MINUTES_BY_BLOCK: &str =
    "CREATE INDEX rollup_minutes_by_block ON rollup_minutes (block)";

/// The hours of one day of one endpoint; `block` is the day since 1970.
const ROLLUP_HOURS: &str = "
    CREATE TABLE rollup_hours (
        endpoint  {blob} NOT NULL,
        block     BIGINT NOT NULL,
        cells     {blob} NOT NULL,
        PRIMARY KEY (endpoint, block)
    )";

const ROLLUP_HOURS_BY_BLOCK: &str = "CREATE INDEX rollup_hours_by_block ON rollup_hours (block)";

/// Twenty days of one endpoint; `block` counts such runs of days since 1970.
const ROLLUP_DAYS: &str = "
    CREATE TABLE rollup_days (
        endpoint  {blob} NOT NULL,
        block     BIGINT NOT NULL,
        cells     {blob} NOT NULL,
        PRIMARY KEY (endpoint, block)
    )";

const ROLLUP_DAYS_BY_BLOCK: &str = "CREATE INDEX rollup_days_by_block ON rollup_days (block)";

const SOURCES: &str = "
    CREATE TABLE sources (
        source         {text} NOT NULL,
        scope          {text} NOT NULL,
        exchanges      BIGINT NOT NULL,
        truncated      BIGINT NOT NULL,
        skewed         BIGINT NOT NULL,
        late           BIGINT NOT NULL,
        blemished      BIGINT NOT NULL,
        last_received  BIGINT NOT NULL,
        last_at        BIGINT NOT NULL,
        PRIMARY KEY (source, scope)
    )";

const CALLERS: &str = "
    CREATE TABLE callers (
        caller      {text} NOT NULL PRIMARY KEY,
        calls       BIGINT NOT NULL,
        refused     BIGINT NOT NULL,
        endpoints   BIGINT NOT NULL,
        first_seen  BIGINT NOT NULL,
        last_seen   BIGINT NOT NULL
    )";

/// The last number given out, by what is numbered.
const COUNTERS: &str = "
    CREATE TABLE counters (
        name    {text} NOT NULL PRIMARY KEY,
        number  BIGINT NOT NULL
    )";

/// `record` is the journal record of the control.
const CONTROLS: &str = "
    CREATE TABLE controls (
        revision  BIGINT NOT NULL PRIMARY KEY,
        record    {blob} NOT NULL,
        actor     {text} NOT NULL
    )";

const TOKENS: &str = "
    CREATE TABLE tokens (
        id       {text} NOT NULL PRIMARY KEY,
        hash     {blob} NOT NULL UNIQUE,
        name     {text} NOT NULL,
        role     {text} NOT NULL,
        scope    {text} NOT NULL,
        created  BIGINT NOT NULL,
        expires  BIGINT,
        revoked  BIGINT
    )";

const SETTINGS: &str = "
    CREATE TABLE settings (
        name   {text} NOT NULL PRIMARY KEY,
        value  {blob} NOT NULL
    )";

const AUDIT: &str = "
    CREATE TABLE audit (
        number   BIGINT NOT NULL PRIMARY KEY,
        at       BIGINT NOT NULL,
        actor    {text} NOT NULL,
        address  {text} NOT NULL,
        action   {text} NOT NULL,
        subject  {text} NOT NULL
    )";
