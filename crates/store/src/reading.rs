//! What pages and the API ask for.

mod endpoints;
mod filter;
mod lists;
mod rollup;

use gatewatch_model::effects::{CollectionKind, CollectionRow};
use gatewatch_model::rollup::MinuteCell;
use gatewatch_model::{CollectionId, EndpointId};
use gatewatch_ports::StoreError;
use gatewatch_ports::store::{
    AuditRow, CallerRow, CollectionQuery, CollectionSort, ControlRow, CoverageRow, EndpointItem,
    EndpointQuery, PAGE_ROWS_MAX, Page, Progress, Reading, RollupQuery, Skip, SourceRow,
};

use crate::SqlStore;
use crate::engine::{Engine, Row, Session, Value, all, damaged, one};
use filter::Filter;

impl<E: Engine> Reading for SqlStore<E> {
    fn collections(&self, query: &CollectionQuery) -> Result<Page<CollectionRow>, StoreError> {
        self.engine.read(|session| collections(session, query))
    }

    fn collection(&self, id: CollectionId) -> Result<Option<CollectionRow>, StoreError> {
        let sql = format!("{COLLECTIONS} WHERE c.id = ?");
        self.engine
            .read(|session| one(session, &sql, &[(&id).into()], read_collection))
    }

    fn endpoints(&self, query: &EndpointQuery) -> Result<Page<EndpointItem>, StoreError> {
        self.engine.read(|session| endpoints::page(session, query))
    }

    fn endpoint(&self, id: EndpointId) -> Result<Option<EndpointItem>, StoreError> {
        self.engine.read(|session| endpoints::find(session, id))
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

const COLLECTIONS: &str = "
    SELECT c.id, c.scope, c.name, c.kind, c.first_seen, c.last_seen, c.calls, c.endpoints
    FROM collections c";

const COUNT_COLLECTIONS: &str = "SELECT COUNT(*) FROM collections c";

fn collections(
    session: &dyn Session,
    query: &CollectionQuery,
) -> Result<Page<CollectionRow>, StoreError> {
    let mut filter = Filter::default();
    filter.within(&query.scope);
    filter.containing(&["c.search"], query.search.as_deref());
    let order = order(
        match query.sort {
            CollectionSort::Name => "c.search",
            CollectionSort::Calls => "c.calls",
            CollectionSort::Endpoints => "c.endpoints",
            CollectionSort::FirstSeen => "c.first_seen",
            CollectionSort::LastSeen => "c.last_seen",
        },
        query.descending,
        "c.id",
    );
    let select = Select {
        rows: COLLECTIONS,
        count: COUNT_COLLECTIONS,
        order: &order,
        offset: query.offset,
        limit: query.limit,
    };
    select.page(session, &filter, read_collection)
}

fn read_collection(row: &dyn Row) -> Result<CollectionRow, StoreError> {
    Ok(CollectionRow {
        id: CollectionId(row.id(0)?),
        scope: row.text(1)?.into(),
        name: row.text(2)?.into(),
        kind: CollectionKind::parse(row.text(3)?)
            .ok_or_else(|| damaged("a collection of unknown kind"))?,
        first_seen: row.time(4)?,
        last_seen: row.time(5)?,
        calls: row.count(6)?,
        endpoints: row.count(7)?,
        definition: None,
    })
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
