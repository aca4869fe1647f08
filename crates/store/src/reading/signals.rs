//! Attacks by class over many collections, and what people say of detections.

use std::collections::BTreeMap;

use gatewatch_model::effects::CollectionKind;
use gatewatch_model::facts::SignalFacts;
use gatewatch_ports::StoreError;
use gatewatch_ports::signals::{ClassCount, SignalQuery, SignalSums, VigilanceRow};

use super::filter::Filter;
use crate::engine::{Session, all, damaged};

const OF_COLLECTIONS: &str = "SELECT c.signals FROM collections c";

const OF_ENDPOINTS: &str = "
    SELECT e.classes FROM endpoints e JOIN collections c ON c.id = e.collection";

const SAID: &str = "SELECT scope, revision, actor, at, said FROM vigilance ORDER BY scope";

pub fn sums(session: &dyn Session, query: &SignalQuery) -> Result<SignalSums, StoreError> {
    let mut filter = filter(query, "c.id = ?");
    filter.ints("c.signals IS NOT NULL", &[]);
    let sql = format!("{OF_COLLECTIONS}{}", filter.condition());
    // Each fact is of one collection, so sums are exact whatever bounds a merge has.
    let mut sums = SignalSums::default();
    let mut classes = BTreeMap::<Box<str>, (SignalFacts, u64)>::new();
    session.query(&sql, &filter.values(), &mut |row| {
        let facts = decode(row.blob_or_null(0)?)?;
        sums.attacks += facts.attacks;
        sums.suspicious += facts.suspicious;
        sums.answered += facts.answered;
        for class in facts.classes {
            let (sum, collections) = classes.entry(class.class.clone()).or_default();
            *collections += 1;
            sum.merge(&SignalFacts {
                classes: vec![class],
                ..SignalFacts::default()
            });
        }
        Ok(())
    })?;
    let endpoints = endpoints(session, query)?;
    let counts = classes.into_iter().filter_map(|(id, (sum, collections))| {
        Some(ClassCount {
            facts: sum.classes.into_iter().next()?,
            collections,
            endpoints: endpoints.get(&id).copied().unwrap_or(0),
        })
    });
    sums.classes = counts.collect();
    sums.classes.sort_by(|one, two| {
        let rank = |it: &ClassCount| (it.facts.attacks, it.facts.suspicious);
        rank(two).cmp(&rank(one))
    });
    Ok(sums)
}

/// How many endpoints each class was seen at.
fn endpoints(
    session: &dyn Session,
    query: &SignalQuery,
) -> Result<BTreeMap<Box<str>, u64>, StoreError> {
    let mut filter = filter(query, "e.collection = ?");
    filter.text("e.classes <> ?", Some(","));
    let sql = format!("{OF_ENDPOINTS}{}", filter.condition());
    let mut counts = BTreeMap::<Box<str>, u64>::new();
    session.query(&sql, &filter.values(), &mut |row| {
        for class in row.text(0)?.split(',').filter(|it| !it.is_empty()) {
            *counts.entry(class.into()).or_default() += 1;
        }
        Ok(())
    })?;
    Ok(counts)
}

fn filter(query: &SignalQuery, of_collection: &str) -> Filter {
    let mut filter = Filter::default();
    filter.within(&query.scope);
    filter.id(of_collection, query.collection.map(|it| it.0));
    if let Some(service) = &query.service {
        filter.text("c.kind = ?", Some(CollectionKind::Api.name()));
        filter.beginning("c.name", &format!("{service}/"));
    }
    filter
}

/// What a row of a collection says of attacks.
pub fn decode(bytes: Option<&[u8]>) -> Result<SignalFacts, StoreError> {
    let Some(bytes) = bytes else {
        return Ok(SignalFacts::default());
    };
    minicbor::decode(bytes).map_err(|it| damaged(format!("a collection's signals: {it}")))
}

pub fn said(session: &dyn Session) -> Result<Vec<VigilanceRow>, StoreError> {
    all(session, SAID, &[], |row| {
        Ok(VigilanceRow {
            scope: row.text(0)?.into(),
            revision: row.count(1)?,
            actor: row.text(2)?.into(),
            at: row.time(3)?,
            vigilance: minicbor::decode(row.blob(4)?)
                .map_err(|it| damaged(format!("what is said of detections: {it}")))?,
        })
    })
}
