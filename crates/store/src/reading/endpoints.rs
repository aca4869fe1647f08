//! Lists of endpoints, and one of them by any of its names.

use gatewatch_model::effects::EndpointRow;
use gatewatch_model::profile::{Drift, EndpointRole, ProfileRow, Protocol};
use gatewatch_model::{CollectionId, EndpointId};
use gatewatch_ports::StoreError;
use gatewatch_ports::facts::{FactQuery, State};
use gatewatch_ports::store::{EndpointItem, EndpointQuery, EndpointSort, Page};

use super::filter::Filter;
use super::{Select, order};
use crate::codec::{facts, packed, spreads};
use crate::engine::{Row, Session, all, damaged, one};

const ENDPOINTS: &str = "
    SELECT e.id, e.collection, e.method, e.template, e.first_seen, e.last_seen, e.calls,
        e.callers, e.statuses, e.spreads, c.name, c.scope, e.facts
    FROM endpoints e JOIN collections c ON c.id = e.collection";

const COUNT_ENDPOINTS: &str =
    "SELECT COUNT(*) FROM endpoints e JOIN collections c ON c.id = e.collection";

const ALIAS: &str = "SELECT new_id FROM aliases WHERE old_id = ?";

const PROFILE: &str = "SELECT bytes FROM profiles WHERE endpoint = ?";

const DRIFT: &str = "
    SELECT drift, COUNT(*) FROM endpoints WHERE collection = ? AND drift <> ''
    GROUP BY drift ORDER BY drift";

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
        EndpointSort::External => "e.external_yes",
        EndpointSort::Confidence => "e.confidence",
        EndpointSort::Drift => "e.drift",
        EndpointSort::Protocol => "e.protocol",
        EndpointSort::Role => "e.role",
        EndpointSort::Attacks => "e.attacks",
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

/// The profile of that endpoint, or of what it was merged into.
pub fn profile(session: &dyn Session, id: EndpointId) -> Result<Option<ProfileRow>, StoreError> {
    let Some(item) = find(session, id)? else {
        return Ok(None);
    };
    one(session, PROFILE, &[(&item.row.id).into()], |row| {
        packed::unpack_profile(row.blob(0)?).map_err(|it| damaged(format!("a profile: {it}")))
    })
}

pub fn drift(
    session: &dyn Session,
    collection: CollectionId,
) -> Result<Vec<(Drift, u64)>, StoreError> {
    all(session, DRIFT, &[(&collection).into()], |row| {
        let drift = Drift::parse(row.text(0)?).ok_or_else(|| damaged("an unknown drift"))?;
        Ok((drift, row.count(1)?))
    })
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
    add_facts(&mut filter, &query.facts);
    filter
}

fn add_facts(filter: &mut Filter, asked: &FactQuery) {
    let after = asked.fresh_after.0;
    match asked.state {
        None => {}
        Some(State::Active) => filter.ints("e.calls > 0 AND e.last_seen > ?", &[after]),
        Some(State::Inactive) => filter.ints("e.calls > 0 AND e.last_seen <= ?", &[after]),
        Some(State::Awaiting) => filter.ints("e.calls = 0", &[]),
    }
    for (question, answer) in &asked.answers {
        let (yes, no) = facts::columns(*question);
        match answer {
            Some(true) => filter.ints(&format!("{yes} > ?"), &[after]),
            Some(false) => {
                filter.ints(&format!("{yes} <= ? AND {no} > ?"), &[after, after]);
            }
            None => filter.ints(&format!("{yes} <= ? AND {no} <= ?"), &[after, after]),
        }
    }
    filter.text("e.drift = ?", asked.drift.map(Drift::name));
    if asked.drifting {
        filter.text(
            "e.drift <> '' AND e.drift <> ?",
            Some(Drift::AsDocumented.name()),
        );
    }
    for carries in &asked.carries {
        let forms = carries.types.iter();
        let forms = forms.map(|it| facts::info_type_form(it, carries.spot));
        filter.any_like("e.info_types", &forms.collect::<Vec<_>>(), carries.yes);
    }
    match asked.attacked {
        None => {}
        Some(true) => filter.ints("e.attacks > 0", &[]),
        Some(false) => filter.ints("e.attacks = 0", &[]),
    }
    if let Some(class) = &asked.class {
        filter.like("e.classes", &format!("%,{class},%"));
    }
    for tag in asked.from.names() {
        filter.like("e.origins", &format!("%,{tag},%"));
    }
    if let Some(country) = asked.from_country {
        // Countries are capitals and kinds are not, but LIKE may know no case; no kind has two letters.
        filter.like("e.origins", &format!("%,{country},%"));
    }
    filter.text("e.protocol = ?", asked.protocol.map(Protocol::name));
    filter.text("e.role = ?", asked.role.map(EndpointRole::name));
    if let Some(missed) = asked.missed {
        let form = format!("%,{},%", facts::MISSED);
        filter.any_like("e.known_by", &[form], missed);
    }
    if let Some(known) = asked.known_by {
        filter.like("e.known_by", &format!("%,{},%", known.name()));
    }
    if let Some(way) = asked.decided_by {
        filter.like("e.decided_by", &format!("%,{},%", way.name()));
    }
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
            facts: facts::decode(row.blob_or_null(12)?)
                .map_err(|it| damaged(format!("an endpoint's facts: {it}")))?,
        },
        collection_name: row.text(10)?.into(),
        scope: row.text(11)?.into(),
    })
}
