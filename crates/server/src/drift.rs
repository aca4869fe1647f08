//! How a collection stands to its definition: what is documented and never seen, seen and not
//! documented, removed and still called, or seen otherwise than documented.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::routing::on;
use gatewatch_model::profile::Drift;
use gatewatch_ports::facts::{FactQuery, fresh_after};
use gatewatch_ports::store::{EndpointItem, EndpointQuery, EndpointSort, Role};
use gatewatch_ports::{Store, StoreError};
use serde::Serialize;
use utoipa::ToSchema;

use crate::access::Grant;
use crate::asked::{Asked, Param, ParamKind};
use crate::inventory::find_collection;
use crate::openapi::{Content, shape};
use crate::problem::{NOT_FOUND, Problem};
use crate::routes::{Answer, Face, Gate, Operation, Route, Scoped, Verb};
use crate::sensitive;
use crate::shapes::{Endpoint, LIMIT, List, OFFSET};
use crate::shared::{Shared, Slot};

pub(crate) static ROUTES: &[Route] = &[Route {
    verb: Verb::Get,
    path: "/api/v1/collections/{id}/drift",
    face: Face::Serve,
    gate: Gate::Least(Role::Reader),
    scope: Scoped::Item,
    operation: Operation {
        id: "getDrift",
        summary: "How a collection stands to its definition",
        description: "`never-seen`: documented and never seen. `shadow`: seen and not documented. `zombie`: \
            removed from a newer definition and still called. `removed`: the same, and not called \
            since. `different`: seen otherwise than documented; `differences` says how. Without `kind`, endpoints of all kinds but \
            `as-documented` are listed.",
        slots: &[("id", "The id of a collection.")],
        params: &[
            Param {
                name: "kind",
                what: "Only endpoints that stand so.",
                kind: ParamKind::Choice(|| Drift::ALL.iter().map(|it| it.name()).collect()),
            },
            LIMIT,
            OFFSET,
        ],
        answers: &[Answer {
            status: 200,
            what: "Counts, and a page of endpoints by kind and template.",
            contents: &[Content::Json(shape::<Drifts>)],
        }],
        problems: &[&NOT_FOUND],
        ..Operation::PLAIN
    },
    answer: |verb| on(verb, get_drift),
}];

/// How a collection stands to its definition.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Drift)]
struct Drifts {
    /// Whether the fold has a definition for it; without one nothing is counted.
    defined: bool,
    /// How many endpoints stand how, whatever page is asked for.
    counts: DriftCounts,
    /// A page of endpoints.
    items: Vec<Drifting>,
    /// How many there are on all pages.
    total: u64,
    /// The `offset` of the next page; null on the last.
    next_offset: Option<u64>,
}

/// How many endpoints stand how to a definition.
#[derive(Debug, Default, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
struct DriftCounts {
    /// Documented, called, and as documented.
    as_documented: u64,
    /// Documented and never seen.
    never_seen: u64,
    /// Seen and not documented.
    shadow: u64,
    /// Removed from a newer definition and still called.
    zombie: u64,
    /// Removed from a newer definition and not called since.
    removed: u64,
    /// Documented, and seen otherwise than documented.
    different: u64,
}

/// An endpoint that is not as documented.
#[derive(Debug, Serialize, ToSchema)]
struct Drifting {
    /// The endpoint, `drift` says how it stands.
    endpoint: Endpoint,
    /// Where it differs; empty while its profile is not written.
    differences: Vec<Box<str>>,
}

async fn get_drift(
    State(shared): State<Arc<Shared>>,
    grant: Grant,
    Slot(id): Slot,
    asked: Asked,
) -> Result<Json<Drifts>, Problem> {
    let row = find_collection(&shared, &grant, &id).await?;
    let fresh_after = fresh_after(shared.now());
    let kind = asked.choice("kind").and_then(Drift::parse);
    let query = EndpointQuery {
        scope: grant.scope,
        collection: Some(row.id),
        facts: FactQuery {
            drift: kind,
            drifting: kind.is_none(),
            fresh_after,
            ..FactQuery::default()
        },
        sort: EndpointSort::Drift,
        offset: asked.whole("offset"),
        limit: asked.whole("limit"),
        ..EndpointQuery::default()
    };
    let offset = query.offset;
    let asking = move |store: &dyn Store| {
        let counts = store.drift(row.id)?;
        let page = store.endpoints(&query)?;
        let differences = page.items.iter().map(|it| differences(store, it));
        let differences = differences.collect::<Result<Vec<_>, _>>()?;
        Ok((counts, page, differences, sensitive::said(store)?))
    };
    let (counts, page, differences, said) = shared.blocking.ask(asking).await?;
    let mut differences = differences.into_iter();
    let list = List::of(page, offset, |it| Drifting {
        endpoint: Endpoint::new(it, fresh_after, &said),
        differences: differences.next().unwrap_or_default(),
    });
    Ok(Json(Drifts {
        defined: row.definition.is_some(),
        counts: DriftCounts::new(counts),
        items: list.items,
        total: list.total,
        next_offset: list.next_offset,
    }))
}

/// Only what is seen otherwise than documented has any.
fn differences(store: &dyn Store, item: &EndpointItem) -> Result<Vec<Box<str>>, StoreError> {
    if item.row.facts.drift != Some(Drift::Different) {
        return Ok(Vec::new());
    }
    let profile = store.profile(item.row.id)?;
    Ok(profile.map(|it| it.differences).unwrap_or_default())
}

impl DriftCounts {
    fn new(counts: Vec<(Drift, u64)>) -> DriftCounts {
        let mut written = DriftCounts::default();
        for (drift, count) in counts {
            let into = match drift {
                Drift::AsDocumented => &mut written.as_documented,
                Drift::NeverSeen => &mut written.never_seen,
                Drift::Shadow => &mut written.shadow,
                Drift::Zombie => &mut written.zombie,
                Drift::Removed => &mut written.removed,
                Drift::Different => &mut written.different,
            };
            *into = count;
        }
        written
    }
}
