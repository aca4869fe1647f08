//! What pages and the API ask for.

mod collections;
mod definitions;
mod endpoints;
mod filter;
mod lists;
mod own;
mod rollup;
mod sensitive;
mod signals;

use gatewatch_model::effects::CollectionRow;
use gatewatch_model::own::OwnKind;
use gatewatch_model::profile::{Drift, ProfileRow};
use gatewatch_model::rollup::MinuteCell;
use gatewatch_model::{CollectionId, EndpointId, Partition, Timestamp};
use gatewatch_ports::StoreError;
use gatewatch_ports::definitions::{DOCUMENT_BYTES_MAX, DefinitionRow, PinRow};
use gatewatch_ports::facts::CollectionCounts;
use gatewatch_ports::own::OwnRow;
use gatewatch_ports::sensitive::{
    DiscoveryItem, DiscoveryQuery, SensitivityRow, TypeCount, TypeQuery,
};
use gatewatch_ports::signals::{SignalQuery, SignalSums, VigilanceRow};
use gatewatch_ports::store::{
    AuditRow, CallerRow, CollectionQuery, ControlRow, CoverageRow, EndpointItem, EndpointQuery,
    PAGE_ROWS_MAX, Page, Progress, Reading, RollupQuery, Skip, SourceRow,
};

use crate::SqlStore;
use crate::codec::packed::unpack;
use crate::engine::{Engine, Row, Session, Value, all, damaged, one};
use filter::Filter;
pub use lists::obeyed;

impl<E: Engine> Reading for SqlStore<E> {
    fn collections(&self, query: &CollectionQuery) -> Result<Page<CollectionRow>, StoreError> {
        self.engine
            .read(|session| collections::page(session, query))
    }

    fn collection(&self, id: CollectionId) -> Result<Option<CollectionRow>, StoreError> {
        self.engine.read(|session| collections::find(session, id))
    }

    fn collection_home(&self, id: CollectionId) -> Result<Option<Partition>, StoreError> {
        self.engine.read(|session| collections::home(session, id))
    }

    fn collection_counts(
        &self,
        ids: &[CollectionId],
        fresh_after: Timestamp,
    ) -> Result<Vec<CollectionCounts>, StoreError> {
        self.engine
            .read(|session| collections::counts(session, ids, fresh_after))
    }

    fn endpoints(&self, query: &EndpointQuery) -> Result<Page<EndpointItem>, StoreError> {
        self.engine.read(|session| endpoints::page(session, query))
    }

    fn endpoint(&self, id: EndpointId) -> Result<Option<EndpointItem>, StoreError> {
        self.engine.read(|session| endpoints::find(session, id))
    }

    fn profile(&self, id: EndpointId) -> Result<Option<ProfileRow>, StoreError> {
        self.engine.read(|session| endpoints::profile(session, id))
    }

    fn drift(&self, collection: CollectionId) -> Result<Vec<(Drift, u64)>, StoreError> {
        self.engine
            .read(|session| endpoints::drift(session, collection))
    }

    fn info_types(&self, query: &TypeQuery) -> Result<Vec<TypeCount>, StoreError> {
        self.engine.read(|session| sensitive::types(session, query))
    }

    fn discoveries(&self, query: &DiscoveryQuery) -> Result<Page<DiscoveryItem>, StoreError> {
        self.engine
            .read(|session| sensitive::discoveries(session, query))
    }

    fn signals(&self, query: &SignalQuery) -> Result<SignalSums, StoreError> {
        self.engine.read(|session| signals::sums(session, query))
    }

    fn vigilance(&self) -> Result<Vec<VigilanceRow>, StoreError> {
        self.engine.read(signals::said)
    }

    fn sensitivity(&self) -> Result<Vec<SensitivityRow>, StoreError> {
        self.engine.read(sensitive::said)
    }

    fn own(&self, kind: OwnKind) -> Result<Option<OwnRow>, StoreError> {
        self.engine.read(|session| own::own(session, kind))
    }

    fn definitions(
        &self,
        scope: &str,
        offset: u64,
        limit: u64,
    ) -> Result<Page<DefinitionRow>, StoreError> {
        self.engine
            .read(|session| definitions::page(session, scope, offset, limit))
    }

    fn definition(&self, collection: CollectionId) -> Result<Option<DefinitionRow>, StoreError> {
        self.engine
            .read(|session| definitions::find(session, collection))
    }

    fn document(&self, collection: CollectionId) -> Result<Option<Vec<u8>>, StoreError> {
        let packed = self
            .engine
            .read(|session| definitions::document(session, collection))?;
        packed
            .map(|it| {
                unpack(&it, DOCUMENT_BYTES_MAX)
                    .map_err(|it| damaged(format!("a definition's document: {it}")))
            })
            .transpose()
    }

    fn pins(&self, collection: CollectionId) -> Result<Vec<PinRow>, StoreError> {
        self.engine
            .read(|session| definitions::pins(session, collection))
    }

    fn rollup(&self, query: &RollupQuery) -> Result<Vec<MinuteCell>, StoreError> {
        self.engine.read(|session| rollup::read(session, query))
    }

    fn sources(&self) -> Result<Vec<SourceRow>, StoreError> {
        self.engine.read(lists::sources)
    }

    fn callers(&self, limit: usize, scope: &str) -> Result<Vec<CallerRow>, StoreError> {
        self.engine
            .read(|session| lists::callers(session, limit, scope))
    }

    fn coverage(&self) -> Result<Vec<CoverageRow>, StoreError> {
        self.engine.read(lists::coverage)
    }

    fn skips(&self, limit: usize) -> Result<Vec<Skip>, StoreError> {
        self.engine.read(|session| lists::skips(session, limit))
    }

    fn controls(&self, limit: usize) -> Result<Vec<ControlRow>, StoreError> {
        self.engine.read(|session| lists::controls(session, limit))
    }

    fn control(&self, revision: u64) -> Result<Option<ControlRow>, StoreError> {
        self.engine
            .read(|session| lists::control(session, revision))
    }

    fn audit(&self, before: Option<u64>, limit: usize) -> Result<Vec<AuditRow>, StoreError> {
        self.engine
            .read(|session| lists::audit(session, before, limit))
    }

    fn progress(&self) -> Result<Vec<Progress>, StoreError> {
        self.engine.read(lists::progress)
    }
}

/// Rows of equal rank keep their order from page to page: the id decides.
fn order(column: &str, descending: bool, id: &str) -> String {
    let direction = if descending { "DESC" } else { "ASC" };
    format!(" ORDER BY {column} {direction}, {id} LIMIT ? OFFSET ?")
}

/// One page and how many rows there are in all.
struct Select<'q> {
    rows: &'q str,
    count: &'q str,
    order: &'q str,
    offset: u64,
    limit: u64,
}

impl Select<'_> {
    fn page<T>(
        &self,
        session: &dyn Session,
        filter: &Filter,
        row: impl Fn(&dyn Row) -> Result<T, StoreError>,
    ) -> Result<Page<T>, StoreError> {
        let condition = filter.condition();
        let mut values = filter.values();
        let count = format!("{}{condition}", self.count);
        let total = one(session, &count, &values, |it| it.count(0))?.unwrap_or(0);
        values.push(Value::count(self.limit.min(PAGE_ROWS_MAX)));
        values.push(Value::count(self.offset));
        let rows = format!("{}{condition}{}", self.rows, self.order);
        let items = all(session, &rows, &values, row)?;
        Ok(Page { items, total })
    }
}
