//! A real store whose commits can be made to fail: before they are done, or just after, as when
//! the answer is lost.

use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use gatewatch_model::control::{Control, NumberedControl};
use gatewatch_model::effects::CollectionRow;
use gatewatch_model::own::OwnKind;
use gatewatch_model::profile::{Drift, ProfileRow};
use gatewatch_model::rollup::MinuteCell;
use gatewatch_model::{CollectionId, EndpointId, Partition, Stage, Timestamp};
use gatewatch_ports::StoreError;
use gatewatch_ports::definitions::{DefinitionRow, NewDefinition, PinRow};
use gatewatch_ports::facts::CollectionCounts;
use gatewatch_ports::own::OwnRow;
use gatewatch_ports::sensitive::{
    DiscoveryItem, DiscoveryQuery, SensitivityRow, TypeCount, TypeQuery,
};
use gatewatch_ports::signals::{SignalQuery, SignalSums, VigilanceRow};
use gatewatch_ports::store::{
    Actor, AuditRow, CallerRow, Changes, Checkpoint, Checkpoints, CollectionQuery, ControlRow,
    CoverageRow, EndpointItem, EndpointQuery, Loaded, Page, Progress, Reading, Retained,
    RollupQuery, Skip, SourceRow, TokenRow, Upkeep,
};
use gatewatch_store::SqliteStore;

pub struct FaultyStore {
    store: SqliteStore,
    /// How many commits until one fails, and whether it is done all the same.
    fault: Mutex<Option<(u64, bool)>>,
    full: AtomicBool,
    /// How many loads succeed, and how many fail then.
    loads: Mutex<(u64, u64)>,
}

impl FaultyStore {
    pub fn new(store: SqliteStore) -> FaultyStore {
        FaultyStore {
            store,
            fault: Mutex::default(),
            full: AtomicBool::default(),
            loads: Mutex::default(),
        }
    }

    /// While it is full nothing can be written, and everything can be read.
    pub fn fill(&self, full: bool) {
        self.full.store(full, Ordering::Release);
    }

    /// The `after`-th commit from now on fails, once.
    pub fn fail_commit(&self, after: u64, done_all_the_same: bool) {
        *self.fault.lock().unwrap() = Some((after, done_all_the_same));
    }

    pub fn fail_loads(&self, after: u64, count: u64) {
        *self.loads.lock().unwrap() = (after, count);
    }

    pub fn loads_to_fail(&self) -> u64 {
        self.loads.lock().unwrap().1
    }

    pub fn no_fault(&self) {
        *self.fault.lock().unwrap() = None;
        self.fill(false);
        self.fail_loads(0, 0);
    }

    fn room(&self) -> Result<(), StoreError> {
        if self.full.load(Ordering::Acquire) {
            return Err(StoreError::Full {
                reason: "a full disk under test".into(),
            });
        }
        Ok(())
    }

    fn strikes(&self) -> Option<bool> {
        let mut fault = self.fault.lock().unwrap();
        let (after, done) = (*fault)?;
        *fault = after.checked_sub(1).map(|it| (it, done));
        (after == 0).then_some(done)
    }
}

fn busy() -> StoreError {
    StoreError::Busy {
        reason: "a fault under test".into(),
    }
}

/// Passes calls on to the store as they are.
macro_rules! pass {
    ($($name:ident($($argument:ident: $kind:ty),*) -> $answer:ty;)*) => {
        $(fn $name(&self, $($argument: $kind),*) -> Result<$answer, StoreError> {
            self.store.$name($($argument),*)
        })*
    };
}

impl Checkpoints for FaultyStore {
    fn set_aside(&self, skip: &Skip) -> Result<(), StoreError> {
        self.room()?;
        self.store.set_aside(skip)
    }

    fn commit(&self, checkpoints: &[Checkpoint]) -> Result<(), StoreError> {
        self.room()?;
        let Some(done) = self.strikes() else {
            return self.store.commit(checkpoints);
        };
        if done {
            self.store.commit(checkpoints)?;
        }
        Err(busy())
    }

    fn load(&self, stage: Stage, partition: Partition) -> Result<Loaded, StoreError> {
        let mut loads = self.loads.lock().unwrap();
        let (after, count) = &mut *loads;
        match (after.checked_sub(1), count.checked_sub(1)) {
            (Some(fewer), Some(_)) => *after = fewer,
            (None, Some(fewer)) => {
                *count = fewer;
                return Err(busy());
            }
            (_, None) => {}
        }
        self.store.load(stage, partition)
    }

    pass! {
        controls_from(revision: u64, limit: usize) -> Vec<NumberedControl>;
    }
}

impl Reading for FaultyStore {
    pass! {
        collections(query: &CollectionQuery) -> Page<CollectionRow>;
        collection(id: CollectionId) -> Option<CollectionRow>;
        collection_home(id: CollectionId) -> Option<Partition>;
        collection_counts(
            ids: &[CollectionId],
            fresh_after: Timestamp
        ) -> Vec<CollectionCounts>;
        endpoints(query: &EndpointQuery) -> Page<EndpointItem>;
        endpoint(id: EndpointId) -> Option<EndpointItem>;
        profile(id: EndpointId) -> Option<ProfileRow>;
        drift(collection: CollectionId) -> Vec<(Drift, u64)>;
        definitions(scope: &str, offset: u64, limit: u64) -> Page<DefinitionRow>;
        definition(collection: CollectionId) -> Option<DefinitionRow>;
        document(collection: CollectionId) -> Option<Vec<u8>>;
        pins(collection: CollectionId) -> Vec<PinRow>;
        info_types(query: &TypeQuery) -> Vec<TypeCount>;
        discoveries(query: &DiscoveryQuery) -> Page<DiscoveryItem>;
        sensitivity() -> Vec<SensitivityRow>;
        signals(query: &SignalQuery) -> SignalSums;
        vigilance() -> Vec<VigilanceRow>;
        own(kind: OwnKind) -> Option<OwnRow>;
        rollup(query: &RollupQuery) -> Vec<MinuteCell>;
        sources() -> Vec<SourceRow>;
        callers(limit: usize, scope: &str) -> Vec<CallerRow>;
        coverage() -> Vec<CoverageRow>;
        skips(limit: usize) -> Vec<Skip>;
        controls(limit: usize) -> Vec<ControlRow>;
        control(revision: u64) -> Option<ControlRow>;
        audit(before: Option<u64>, limit: usize) -> Vec<AuditRow>;
        progress() -> Vec<Progress>;
    }
}

impl Changes for FaultyStore {
    pass! {
        add_control(control: &Control, actor: &Actor) -> NumberedControl;
        add_definition(definition: &NewDefinition, actor: &Actor) -> NumberedControl;
        drop_definition(collection: CollectionId, actor: &Actor) -> Option<NumberedControl>;
        tokens() -> Vec<TokenRow>;
        token_by_hash(hash: &[u8; 32]) -> Option<TokenRow>;
        add_token(token: &TokenRow, hash: &[u8; 32], actor: &Actor) -> ();
        revoke_token(id: &str, actor: &Actor) -> bool;
        setting(name: &str) -> Option<Vec<u8>>;
        put_setting(name: &str, value: Option<&[u8]>, actor: &Actor) -> ();
    }
}

impl Upkeep for FaultyStore {
    pass! {
        retain(now: Timestamp, tight: bool) -> Retained;
        backup(to: &Path, progress: &mut dyn FnMut(u64, u64)) -> ();
        bytes() -> u64;
    }
}
