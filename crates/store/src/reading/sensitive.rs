//! Types that endpoints carry, where they were discovered, and what people say of them.

use std::collections::BTreeMap;

use gatewatch_model::effects::CollectionKind;
use gatewatch_model::info_type::{Category, Grounds};
use gatewatch_model::sensitivity::{Discovery, Sensitive};
use gatewatch_model::{CollectionId, EndpointId, Position, Spot};
use gatewatch_ports::StoreError;
use gatewatch_ports::sensitive::{
    DiscoveryItem, DiscoveryQuery, SensitivityRow, TypeCount, TypeQuery,
};
use gatewatch_ports::store::Page;

use super::Select;
use super::filter::Filter;
use crate::codec::facts;
use crate::engine::{Row, Session, all, damaged};

const CARRIERS: &str = "
    SELECT e.facts FROM endpoints e JOIN collections c ON c.id = e.collection";

const DISCOVERIES: &str = "
    SELECT d.number, d.at, d.endpoint, d.position, d.spot, d.status_class, d.path, d.info_type,
        d.category, d.confidence, d.grounds, c.id, c.name, c.scope, e.method, e.template
    FROM discoveries d JOIN endpoints e ON e.id = d.endpoint
        JOIN collections c ON c.id = e.collection";

const COUNT_DISCOVERIES: &str = "
    SELECT COUNT(*) FROM discoveries d JOIN endpoints e ON e.id = d.endpoint
        JOIN collections c ON c.id = e.collection";

const LATEST_FIRST: &str = " ORDER BY d.number DESC LIMIT ? OFFSET ?";

const SAID: &str = "SELECT scope, revision, actor, at, said FROM sensitivity ORDER BY scope";

pub fn types(session: &dyn Session, query: &TypeQuery) -> Result<Vec<TypeCount>, StoreError> {
    let mut filter = Filter::default();
    filter.within(&query.scope);
    filter.id("e.collection = ?", query.collection.map(|it| it.0));
    if let Some(service) = &query.service {
        filter.text("c.kind = ?", Some(CollectionKind::Api.name()));
        filter.beginning("c.name", &format!("{service}/"));
    }
    filter.text("e.info_types <> ?", Some(","));
    let sql = format!("{CARRIERS}{}", filter.condition());
    let mut counts = BTreeMap::new();
    session.query(&sql, &filter.values(), &mut |row| {
        let facts = facts::decode(row.blob_or_null(0)?)
            .map_err(|it| damaged(format!("an endpoint's facts: {it}")))?;
        count(facts.sensitive, &mut counts);
        Ok(())
    })?;
    let mut counts = counts.into_values().collect::<Vec<_>>();
    counts.sort_by(|one, two| {
        let rank = |it: &TypeCount| (it.endpoints, it.hits);
        rank(two).cmp(&rank(one))
    });
    Ok(counts)
}

/// Adds what one endpoint carries.
fn count(sensitive: Vec<Sensitive>, counts: &mut BTreeMap<Box<str>, TypeCount>) {
    let mut here = Vec::new();
    for one in sensitive {
        let sum = counts
            .entry(one.info_type.clone())
            .or_insert_with(|| TypeCount {
                info_type: one.info_type.clone(),
                category: one.category,
                endpoints: 0,
                hits: 0,
                confidence: 0,
                spots: Vec::new(),
                first_seen: one.first_seen,
                last_seen: one.last_seen,
            });
        sum.hits += one.hits;
        sum.confidence = sum.confidence.max(one.confidence);
        sum.first_seen = sum.first_seen.min(one.first_seen);
        sum.last_seen = sum.last_seen.max(one.last_seen);
        if let Err(at) = sum.spots.binary_search(&one.spot) {
            sum.spots.insert(at, one.spot);
        }
        if !here.contains(&one.info_type) {
            sum.endpoints += 1;
            here.push(one.info_type);
        }
    }
}

pub fn discoveries(
    session: &dyn Session,
    query: &DiscoveryQuery,
) -> Result<Page<DiscoveryItem>, StoreError> {
    let mut filter = Filter::default();
    filter.within(&query.scope);
    filter.id("e.collection = ?", query.collection.map(|it| it.0));
    let select = Select {
        rows: DISCOVERIES,
        count: COUNT_DISCOVERIES,
        order: LATEST_FIRST,
        offset: query.offset,
        limit: query.limit,
    };
    select.page(session, &filter, discovery)
}

fn discovery(row: &dyn Row) -> Result<DiscoveryItem, StoreError> {
    let odd = |what: &str| damaged(format!("a discovery of an unknown {what}"));
    let small = |column| Ok::<_, StoreError>(u8::try_from(row.int(column)?).unwrap_or(u8::MAX));
    Ok(DiscoveryItem {
        number: row.count(0)?,
        discovery: Discovery {
            at: row.time(1)?,
            endpoint: EndpointId(row.id(2)?),
            position: Position(row.count(3)?),
            spot: Spot::parse(row.text(4)?).ok_or_else(|| odd("spot"))?,
            status_class: small(5)?,
            path: row.text(6)?.into(),
            info_type: row.text(7)?.into(),
            category: Category::parse(row.text(8)?).ok_or_else(|| odd("category"))?,
            confidence: small(9)?,
            grounds: Grounds(u16::try_from(row.int(10)?).unwrap_or(0)),
        },
        collection: CollectionId(row.id(11)?),
        collection_name: row.text(12)?.into(),
        scope: row.text(13)?.into(),
        method: row.text(14)?.into(),
        template: row.text(15)?.into(),
    })
}

pub fn said(session: &dyn Session) -> Result<Vec<SensitivityRow>, StoreError> {
    all(session, SAID, &[], |row| {
        Ok(SensitivityRow {
            scope: row.text(0)?.into(),
            revision: row.count(1)?,
            actor: row.text(2)?.into(),
            at: row.time(3)?,
            sensitivity: minicbor::decode(row.blob(4)?)
                .map_err(|it| damaged(format!("what is said of a scope: {it}")))?,
        })
    })
}
