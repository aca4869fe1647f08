//! Lists of endpoints, and one of them by any of its names.

use gatewatch_model::effects::EndpointRow;
use gatewatch_model::{CollectionId, EndpointId};
use gatewatch_ports::StoreError;
use gatewatch_ports::store::{EndpointItem, EndpointQuery, EndpointSort, Page};

use super::filter::Filter;
use super::{Select, order};
use crate::codec::spreads;
use crate::engine::{Row, Session, damaged, one};

const ENDPOINTS: &str = "
    SELECT e.id, e.collection, e.method, e.template, e.first_seen, e.last_seen, e.calls,
        e.callers, e.statuses, e.spreads, c.name, c.scope
    FROM endpoints e JOIN collections c ON c.id = e.collection";

const COUNT_ENDPOINTS: &str =
    "SELECT COUNT(*) FROM endpoints e JOIN collections c ON c.id = e.collection";

const ALIAS: &str = "SELECT new_id FROM aliases WHERE old_id = ?";

/// A chain of merges longer than this is not followed to its end.
const HOPS_MAX: usize = 64;

pub fn page(
    session: &dyn Session,
    query: &EndpointQuery,
) -> Result<Page<EndpointItem>, StoreError> {
    let column = match query.sort {
        EndpointSort::Calls => "e.calls",
        EndpointSort::Template => "e.template",
        EndpointSort::FirstSeen => "e.first_seen",
        EndpointSort::LastSeen => "e.last_seen",
        EndpointSort::Errors => "e.errors_share",
        EndpointSort::Callers => "e.callers",
        EndpointSort::LatencyP95 => "e.latency_p95",
    };
    let select = Select {
        rows: ENDPOINTS,
        count: COUNT_ENDPOINTS,
        order: &order(column, query.descending, "e.id"),
        offset: query.offset,
        limit: query.limit,
    };
    select.page(session, &filter(query), read)
}

/// The row of that id, or of what it was merged into.
pub fn find(session: &dyn Session, mut id: EndpointId) -> Result<Option<EndpointItem>, StoreError> {
    let sql = format!("{ENDPOINTS} WHERE e.id = ?");
    for _ in 0..HOPS_MAX {
        if let Some(item) = one(session, &sql, &[(&id).into()], read)? {
            return Ok(Some(item));
        }
        let next = one(session, ALIAS, &[(&id).into()], |row| row.id(0))?;
        let Some(next) = next else { break };
        id = EndpointId(next);
    }
    Ok(None)
}

fn filter(query: &EndpointQuery) -> Filter {
    let mut filter = Filter::default();
    filter.within(&query.scope);
    filter.id("e.collection = ?", query.collection.map(|it| it.0));
    filter.text("e.method = ?", query.method.as_deref());
    filter.containing(&["e.search", "c.search"], query.search.as_deref());
    match query.status {
        None => {}
        Some(class @ 1..=5) => filter.like("e.statuses", &format!("%,{class}__:%")),
        Some(status) => filter.like("e.statuses", &format!("%,{status}:%")),
    }
    filter.int("e.last_seen > ?", query.seen_after.map(|it| it.0));
    filter.int("e.last_seen < ?", query.seen_before.map(|it| it.0));
    filter
}

fn read(row: &dyn Row) -> Result<EndpointItem, StoreError> {
    let odd = |it| damaged(format!("an endpoint's row: {it}"));
    let [request_bytes, response_bytes, latency_micros] =
        spreads::decode(row.blob(9)?).map_err(odd)?;
    Ok(EndpointItem {
        row: EndpointRow {
            id: EndpointId(row.id(0)?),
            collection: CollectionId(row.id(1)?),
            method: row.text(2)?.into(),
            template: row.text(3)?.into(),
            first_seen: row.time(4)?,
            last_seen: row.time(5)?,
            calls: row.count(6)?,
            statuses: spreads::read_statuses(row.text(8)?).map_err(odd)?,
            callers_estimate: row.count(7)?,
            request_bytes,
            response_bytes,
            latency_micros,
            facts: gatewatch_model::profile::EndpointFacts::default(),
        },
        collection_name: row.text(10)?.into(),
        scope: row.text(11)?.into(),
    })
}
