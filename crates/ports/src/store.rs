//! What is kept. Three audiences, three traits: the fold writes checkpoints, pages and the API
//! read, and people change things, each change with its audit row. All calls block; async
//! callers move them to a blocking thread.

use gatewatch_model::control::NumberedControl;
use gatewatch_model::effects::{CollectionRow, Effects, EndpointRow};
use gatewatch_model::own::OwnKind;
use gatewatch_model::profile::{Drift, ProfileRow};
use gatewatch_model::rollup::{MinuteCell, Step};
use gatewatch_model::{CollectionId, EndpointId, Partition, Position, Stage, Timestamp};

use crate::definitions::{DefinitionRow, NewDefinition, PinRow};
use crate::facts::{CollectionCounts, FactQuery};
use crate::own::OwnRow;
use crate::sensitive::{DiscoveryItem, DiscoveryQuery, SensitivityRow, TypeCount, TypeQuery};
use crate::signals::{SignalQuery, SignalSums, VigilanceRow};

pub trait Store: Checkpoints + Reading + Changes + Upkeep {}

impl<T: Checkpoints + Reading + Changes + Upkeep> Store for T {}

// ---- the fold ------------------------------------------------------------------------------

pub trait Checkpoints: Send + Sync {
    /// What a partition needs to start: where its effects end, its last complete snapshot and
    /// the positions to skip. A partition never seen starts at 0 with nothing.
    fn load(&self, stage: Stage, partition: Partition) -> Result<Loaded, StoreError>;

    /// One transaction, all of it or nothing. A checkpoint whose `from` is not the stored
    /// effects position writes nothing and answers `Superseded`: somebody else has gone on.
    fn commit(&self, checkpoints: &[Checkpoint]) -> Result<(), StoreError>;

    /// Sets a record aside for good, durably, before the fold goes on without it.
    fn set_aside(&self, skip: &Skip) -> Result<(), StoreError>;

    /// Controls from that revision on, in order, at most `limit`: what was accepted and may not
    /// be in the journal yet.
    fn controls_from(
        &self,
        revision: u64,
        limit: usize,
    ) -> Result<Vec<NumberedControl>, StoreError>;
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Loaded {
    /// The next record to take effect; all below have.
    pub effects_position: Position,
    /// The highest control revision that has taken effect here.
    pub revision: u64,
    pub snapshot: Option<Snapshot>,
    pub skips: Vec<Position>,
}

/// A state from which folding can start: it has seen everything below `position`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    pub position: Position,
    pub bytes: Vec<u8>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Checkpoint {
    pub stage: Stage,
    pub partition: Partition,
    pub from: Position,
    pub to: Position,
    /// Highest control revision obeyed below `to`.
    pub revision: u64,
    pub effects: Effects,
    pub snapshot: Vec<SnapshotStep>,
}

/// Snapshots are written in parts over several checkpoints, so that none of them is long.
/// Parts of different `position` never mix.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SnapshotStep {
    Part {
        position: Position,
        index: u32,
        bytes: Vec<u8>,
    },
    /// All `parts` are there: this snapshot now counts, and older ones and their parts go. If
    /// they are not, the commit is refused.
    Complete { position: Position, parts: u32 },
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skip {
    pub stage: Stage,
    pub partition: Partition,
    pub position: Position,
    pub at: Timestamp,
    pub source: Box<str>,
    /// Method and URL path without values, never a body.
    pub head: Box<str>,
    pub reason: Box<str>,
}

// ---- reading -------------------------------------------------------------------------------

/// No list answers more rows at once, whatever its `limit`.
pub const PAGE_ROWS_MAX: u64 = 10_000;

/// Of a longer search only the beginning is searched for.
pub const SEARCH_BYTES_MAX: usize = 256;

/// A roll-up over more steps than this answers its last ones.
pub const ROLLUP_STEPS_MAX: i64 = 100_000;

/// How many of the latest controls are looked through for one.
const CONTROLS_MAX: usize = 100_000;

pub trait Reading: Send + Sync {
    fn collections(&self, query: &CollectionQuery) -> Result<Page<CollectionRow>, StoreError>;
    fn collection(&self, id: CollectionId) -> Result<Option<CollectionRow>, StoreError>;
    /// Which partition of the first stage knows the collection; `None` also where it was last
    /// written by a release that did not say.
    fn collection_home(&self, id: CollectionId) -> Result<Option<Partition>, StoreError>;
    /// In the order of the ids; those that are unknown count nothing.
    fn collection_counts(
        &self,
        ids: &[CollectionId],
        fresh_after: Timestamp,
    ) -> Result<Vec<CollectionCounts>, StoreError>;
    fn endpoints(&self, query: &EndpointQuery) -> Result<Page<EndpointItem>, StoreError>;
    /// Follows aliases: an old id finds its endpoint's row of today.
    fn endpoint(&self, id: EndpointId) -> Result<Option<EndpointItem>, StoreError>;
    /// Follows aliases likewise. `None` where none was written yet.
    fn profile(&self, id: EndpointId) -> Result<Option<ProfileRow>, StoreError>;
    /// How many endpoints of a collection stand how to its definition; kinds without any are
    /// left out.
    fn drift(&self, collection: CollectionId) -> Result<Vec<(Drift, u64)>, StoreError>;
    /// Types that endpoints carry, those that most carry first.
    fn info_types(&self, query: &TypeQuery) -> Result<Vec<TypeCount>, StoreError>;
    /// Latest first.
    fn discoveries(&self, query: &DiscoveryQuery) -> Result<Page<DiscoveryItem>, StoreError>;
    /// Attacks by class, those with most first.
    fn signals(&self, query: &SignalQuery) -> Result<SignalSums, StoreError>;
    /// What is said of detections, by scope.
    fn vigilance(&self) -> Result<Vec<VigilanceRow>, StoreError>;
    /// What is said of sensitive information, by scope.
    fn sensitivity(&self) -> Result<Vec<SensitivityRow>, StoreError>;
    /// A user's own files of the catalogue.
    fn own(&self, kind: OwnKind) -> Result<Option<OwnRow>, StoreError>;
    /// Those at or below a scope, by name, those of collections never seen among them.
    fn definitions(
        &self,
        scope: &str,
        offset: u64,
        limit: u64,
    ) -> Result<Page<DefinitionRow>, StoreError>;
    fn definition(&self, collection: CollectionId) -> Result<Option<DefinitionRow>, StoreError>;
    /// The document of a definition, byte by byte as it was uploaded.
    fn document(&self, collection: CollectionId) -> Result<Option<Vec<u8>>, StoreError>;
    /// What is pinned in a collection, by template.
    fn pins(&self, collection: CollectionId) -> Result<Vec<PinRow>, StoreError>;
    /// Whole cells of every `step` that `[from, to)` touches, sorted by time, aliases included;
    /// the key is the start of the step in whole minutes since 1970. Without collection and
    /// endpoint: all in scope. Minutes are kept for 48 hours and hours for 35 days; what is older
    /// is only there in coarser steps, and a finer question leaves it out rather than spread it.
    fn rollup(&self, query: &RollupQuery) -> Result<Vec<MinuteCell>, StoreError>;
    /// What was set aside is counted by the source's name, in each scope it sends to.
    fn sources(&self) -> Result<Vec<SourceRow>, StoreError>;
    /// Those with the most calls first. Callers are followed across scopes, so a scope other than
    /// `/` sees none.
    fn callers(&self, limit: usize, scope: &str) -> Result<Vec<CallerRow>, StoreError>;
    fn coverage(&self) -> Result<Vec<CoverageRow>, StoreError>;
    /// Latest first, as are controls and audit rows.
    fn skips(&self, limit: usize) -> Result<Vec<Skip>, StoreError>;
    /// Those that bring a definition without its operations.
    fn controls(&self, limit: usize) -> Result<Vec<ControlRow>, StoreError>;
    /// One control; a store that can look it up directly does.
    fn control(&self, revision: u64) -> Result<Option<ControlRow>, StoreError> {
        let latest = self.controls(CONTROLS_MAX)?;
        Ok(latest
            .into_iter()
            .find(|it| it.control.revision == revision))
    }
    fn audit(&self, before: Option<u64>, limit: usize) -> Result<Vec<AuditRow>, StoreError>;
    fn progress(&self) -> Result<Vec<Progress>, StoreError>;
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T> {
    pub items: Vec<T>,
    /// How many there are in all pages.
    pub total: u64,
}

#[derive(Clone, Debug, Default)]
pub struct CollectionQuery {
    /// Only what lies at or below this scope; `/` is everything.
    pub scope: Box<str>,
    /// A part of the name, whatever its case.
    pub search: Option<Box<str>>,
    pub sort: CollectionSort,
    pub descending: bool,
    pub offset: u64,
    pub limit: u64,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CollectionSort {
    #[default]
    Name,
    Calls,
    Endpoints,
    FirstSeen,
    LastSeen,
    Attacks,
}

#[derive(Clone, Debug, Default)]
pub struct EndpointQuery {
    pub scope: Box<str>,
    pub collection: Option<CollectionId>,
    pub method: Option<Box<str>>,
    /// A part of method and template, or of the collection's name, whatever its case.
    pub search: Option<Box<str>>,
    /// Endpoints that answered at least once with this status, or with this class (`5xx` is 5).
    pub status: Option<u16>,
    pub seen_after: Option<Timestamp>,
    pub seen_before: Option<Timestamp>,
    pub facts: FactQuery,
    pub sort: EndpointSort,
    pub descending: bool,
    pub offset: u64,
    pub limit: u64,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum EndpointSort {
    #[default]
    Calls,
    Template,
    FirstSeen,
    LastSeen,
    /// Share of 5xx answers.
    Errors,
    Callers,
    LatencyP95,
    /// When a call from outside was last seen.
    External,
    /// Of the decision that is least sure.
    Confidence,
    /// These three by name.
    Drift,
    Protocol,
    Role,
    Attacks,
}

/// An endpoint with the name of its collection, as lists show it.
#[derive(Clone, Debug, PartialEq)]
pub struct EndpointItem {
    pub row: EndpointRow,
    pub collection_name: Box<str>,
    pub scope: Box<str>,
}

#[derive(Clone, Debug)]
pub struct RollupQuery {
    pub scope: Box<str>,
    pub collection: Option<CollectionId>,
    pub endpoint: Option<EndpointId>,
    pub from: Timestamp,
    pub to: Timestamp,
    pub step: Step,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceRow {
    pub source: Box<str>,
    pub scope: Box<str>,
    pub exchanges: u64,
    pub truncated: u64,
    pub skewed: u64,
    pub late: u64,
    pub blemished: u64,
    pub set_aside: u64,
    pub last_received: Timestamp,
    pub last_at: Timestamp,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallerRow {
    pub caller: Box<str>,
    pub calls: u64,
    pub refused: u64,
    pub endpoints_estimate: u64,
    pub first_seen: Timestamp,
    pub last_seen: Timestamp,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CoverageRow {
    pub stage: Stage,
    pub partition: Partition,
    pub coverage: gatewatch_model::effects::Coverage,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Progress {
    pub stage: Stage,
    pub partition: Partition,
    pub effects_position: Position,
    pub state_position: Position,
    pub revision: u64,
}

#[derive(Clone, Debug, PartialEq)]
pub struct ControlRow {
    pub control: NumberedControl,
    pub actor: Box<str>,
    /// All partitions of the first stage have passed it.
    pub applied: bool,
}

// ---- changes by people -----------------------------------------------------------------------

pub trait Changes: Send + Sync {
    /// Numbers the control and keeps it with its audit row, in one transaction. The caller then
    /// brings it into the journal; what did not get there is found by `controls_from`. Of pins,
    /// of what is said of sensitive information and of a user's own types it also keeps which
    /// there are.
    fn add_control(
        &self,
        control: &gatewatch_model::control::Control,
        actor: &Actor,
    ) -> Result<NumberedControl, StoreError>;

    /// The same for a definition, which is kept with its document in place of an earlier one.
    fn add_definition(
        &self,
        definition: &NewDefinition,
        actor: &Actor,
    ) -> Result<NumberedControl, StoreError>;

    /// Drops the definition of a collection and numbers the control that says so; `None` if it
    /// had none.
    fn drop_definition(
        &self,
        collection: CollectionId,
        actor: &Actor,
    ) -> Result<Option<NumberedControl>, StoreError>;

    fn tokens(&self) -> Result<Vec<TokenRow>, StoreError>;
    /// Answers by hash; the token itself is never kept.
    fn token_by_hash(&self, hash: &[u8; 32]) -> Result<Option<TokenRow>, StoreError>;
    fn add_token(&self, token: &TokenRow, hash: &[u8; 32], actor: &Actor)
    -> Result<(), StoreError>;
    /// False if there was none of that id that was not revoked yet.
    fn revoke_token(&self, id: &str, actor: &Actor) -> Result<bool, StoreError>;

    fn setting(&self, name: &str) -> Result<Option<Vec<u8>>, StoreError>;
    /// `None` drops it. The audit row names the setting, never its value.
    fn put_setting(
        &self,
        name: &str,
        value: Option<&[u8]>,
        actor: &Actor,
    ) -> Result<(), StoreError>;
}

/// Who changes something and when; becomes the audit row of the change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actor {
    /// A token's name, or `set-up link`, or `gatewatch` itself.
    pub name: Box<str>,
    pub address: Box<str>,
    pub at: Timestamp,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenRow {
    pub id: Box<str>,
    pub name: Box<str>,
    pub role: Role,
    pub scope: Box<str>,
    pub created: Timestamp,
    pub expires: Option<Timestamp>,
    pub revoked: Option<Timestamp>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Sends exchanges, sees nothing.
    Ingest,
    Reader,
    /// A reader who may also send controls and see callers.
    SecurityAdmin,
    Owner,
}

impl Role {
    pub const ALL: [Role; 4] = [Role::Ingest, Role::Reader, Role::SecurityAdmin, Role::Owner];

    pub fn name(self) -> &'static str {
        match self {
            Role::Ingest => "ingest",
            Role::Reader => "reader",
            Role::SecurityAdmin => "security-admin",
            Role::Owner => "owner",
        }
    }

    pub fn parse(text: &str) -> Option<Role> {
        Role::ALL.into_iter().find(|it| it.name() == text)
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditRow {
    pub number: u64,
    pub at: Timestamp,
    pub actor: Box<str>,
    pub address: Box<str>,
    /// `token.add`, `token.revoke`, `control.merge`, `setting.put` …
    pub action: Box<str>,
    pub subject: Box<str>,
}

// ---- upkeep ----------------------------------------------------------------------------------

pub trait Upkeep: Send + Sync {
    /// Moves roll-ups to coarser rows and lets go of what is past its time. Idempotent, in short
    /// transactions; `tight` keeps minutes for six hours only (the disk is nearly full).
    fn retain(&self, now: Timestamp, tight: bool) -> Result<Retained, StoreError>;
    /// A consistent copy into an empty folder or file while everything goes on; `progress` gets
    /// pages done and pages in all.
    fn backup(
        &self,
        to: &std::path::Path,
        progress: &mut dyn FnMut(u64, u64),
    ) -> Result<(), StoreError>;
    fn bytes(&self) -> Result<u64, StoreError>;
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Retained {
    pub minutes_rows: u64,
    pub hours_rows: u64,
    pub days_rows: u64,
    pub callers_rows: u64,
    pub audit_rows: u64,
    pub discoveries_rows: u64,
}

#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error(
        "another process has gone on from where this one stood (partition {partition:?}, stage {stage})"
    )]
    Superseded {
        stage: &'static str,
        partition: Partition,
    },
    #[error(
        "the store has no room left: {reason}; free some disk space, writing goes on by itself"
    )]
    Full { reason: Box<str> },
    #[error("the store cannot be written: {reason}")]
    Unwritable { reason: Box<str> },
    #[error(
        "the store is of schema {found}, this release knows up to {known}; start the newer release again"
    )]
    TooNew { found: u32, known: u32 },
    #[error("the store is damaged: {reason}; restore a backup with `gatewatch restore`")]
    Damaged { reason: Box<str> },
    #[error("the store is busy: {reason}")]
    Busy { reason: Box<str> },
    #[error(
        "this took more than {seconds} s and was broken off; ask for a shorter time, a coarser step, \
         or one collection"
    )]
    TooLong { seconds: u64 },
    #[error("the store failed: {reason}")]
    Other { reason: Box<str> },
}
