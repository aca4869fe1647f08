//! Collections, and how many of their endpoints are of which kind.

use gatewatch_model::effects::{CollectionKind, CollectionRow};
use gatewatch_model::profile::Drift;
use gatewatch_model::{CollectionId, Partition, Timestamp};
use gatewatch_ports::StoreError;
use gatewatch_ports::facts::CollectionCounts;
use gatewatch_ports::sensitive::TypeQuery;
use gatewatch_ports::store::{CollectionQuery, CollectionSort, Page};

use super::filter::Filter;
use super::{Select, order, sensitive, signals};
use crate::codec::facts;
use crate::engine::{Row, Session, Value, damaged, one};

const COLLECTIONS: &str = "
    SELECT c.id, c.scope, c.name, c.kind, c.first_seen, c.last_seen, c.calls, c.endpoints,
        c.title, c.version, c.signals
    FROM collections c";

const COUNT_COLLECTIONS: &str = "SELECT COUNT(*) FROM collections c";

const HOME: &str = "SELECT home FROM collections WHERE id = ? AND home IS NOT NULL";

const COUNTS: &str = "
    SELECT
        COALESCE(SUM(CASE WHEN calls > 0 AND last_seen <= ? THEN 1 ELSE 0 END), 0),
        COALESCE(SUM(CASE WHEN calls = 0 THEN 1 ELSE 0 END), 0),
        COALESCE(SUM(CASE WHEN authenticated_yes <= ? AND authenticated_no > ?
            THEN 1 ELSE 0 END), 0),
        COALESCE(SUM(CASE WHEN external_yes > ? THEN 1 ELSE 0 END), 0),
        COALESCE(SUM(CASE WHEN drift <> '' AND drift <> ? THEN 1 ELSE 0 END), 0),
        COALESCE(SUM(CASE WHEN known_by LIKE ? THEN 1 ELSE 0 END), 0)
    FROM endpoints WHERE collection = ?";

pub fn page(
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
            CollectionSort::Attacks => "c.attacks",
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
    select.page(session, &filter, read)
}

pub fn find(session: &dyn Session, id: CollectionId) -> Result<Option<CollectionRow>, StoreError> {
    let sql = format!("{COLLECTIONS} WHERE c.id = ?");
    one(session, &sql, &[(&id).into()], read)
}

pub fn home(session: &dyn Session, id: CollectionId) -> Result<Option<Partition>, StoreError> {
    one(session, HOME, &[(&id).into()], |row| {
        u16::try_from(row.int(0)?)
            .map(Partition)
            .map_err(|_| damaged("a collection's partition beyond 65535"))
    })
}

pub fn counts(
    session: &dyn Session,
    ids: &[CollectionId],
    fresh_after: Timestamp,
) -> Result<Vec<CollectionCounts>, StoreError> {
    let after = Value::from(fresh_after);
    let as_documented = Value::Text(Drift::AsDocumented.name());
    let missed = format!("%,{},%", facts::MISSED);
    let mut counts = Vec::with_capacity(ids.len());
    for id in ids {
        let values = [
            after,
            after,
            after,
            after,
            as_documented,
            Value::Text(&missed),
            id.into(),
        ];
        let found = one(session, COUNTS, &values, |row| {
            Ok(CollectionCounts {
                id: *id,
                inactive: row.count(0)?,
                awaiting: row.count(1)?,
                unauthenticated: row.count(2)?,
                external: row.count(3)?,
                drifting: row.count(4)?,
                missed: row.count(5)?,
                types: Vec::new(),
            })
        })?;
        let of_collection = TypeQuery {
            collection: Some(*id),
            ..TypeQuery::default()
        };
        let types = sensitive::types(session, &of_collection)?;
        counts.extend(found.map(|it| CollectionCounts { types, ..it }));
    }
    Ok(counts)
}

fn read(row: &dyn Row) -> Result<CollectionRow, StoreError> {
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
        definition: row
            .text_or_null(8)?
            .zip(row.text_or_null(9)?)
            .map(|(title, version)| (title.into(), version.into())),
        signals: signals::decode(row.blob_or_null(10)?)?,
    })
}
