//! The catalogue of detections, each with its card, and whether it counts in a scope.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::routing::on;
use gatewatch_detect::{Detection, Detections, SHIPPED};
use gatewatch_model::own::OwnKind;
use gatewatch_model::sensitivity::scopes_above;
use gatewatch_model::signal::Vigilance;
use gatewatch_ports::signals::VigilanceRow;
use gatewatch_ports::store::Role;
use gatewatch_ports::{Store, StoreError};
use serde::Serialize;
use utoipa::ToSchema;

use crate::access::Grant;
use crate::asked::{Asked, Param, ParamKind};
use crate::openapi::{Content, list, shape};
use crate::problem::{NOT_FOUND, Problem};
use crate::routes::{Answer, Face, Gate, Operation, Route, Scoped, Verb};
use crate::sensitivity::{SCOPE, scope};
use crate::shapes::{LIMIT, List, OFFSET};
use crate::shared::{Shared, Slot};

pub(crate) static ROUTES: &[Route] = &[
    Route {
        verb: Verb::Get,
        path: "/api/v1/detections",
        face: Face::Serve,
        gate: Gate::Least(Role::Reader),
        scope: Scoped::List,
        operation: Operation {
            id: "listDetections",
            summary: "What attacks are looked for",
            description: "The catalogue and detections of your own, with whether each counts in a scope.",
            params: &[
                SCOPE,
                Param {
                    name: "class",
                    what: "Only of this class of attack: `sqli`.",
                    kind: ParamKind::Text { characters_max: 64 },
                },
                LIMIT,
                OFFSET,
            ],
            answers: &[Answer {
                status: 200,
                what: "A page of detections.",
                contents: &[Content::Json(list::<Card>)],
            }],
            ..Operation::PLAIN
        },
        answer: |verb| on(verb, list_detections),
    },
    Route {
        verb: Verb::Get,
        path: "/api/v1/detections/{id}",
        face: Face::Serve,
        gate: Gate::Least(Role::Reader),
        scope: Scoped::List,
        operation: Operation {
            id: "getDetection",
            summary: "One detection",
            slots: &[("id", "Its id: `injection.sql`.")],
            params: &[SCOPE],
            answers: &[Answer {
                status: 200,
                what: "Its card.",
                contents: &[Content::Json(shape::<Card>)],
            }],
            problems: &[&NOT_FOUND],
            ..Operation::PLAIN
        },
        answer: |verb| on(verb, get_detection),
    },
];

/// A detection, as its card tells it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Detection)]
struct Card {
    /// `injection.sql`.
    id: Box<str>,
    /// For people.
    title: Box<str>,
    /// The kind of attack: `sqli`.
    class: Box<str>,
    /// That for people.
    class_title: Box<str>,
    /// `informational`, `low`, `medium` or `high`; an answer that shows success raises it.
    severity: &'static str,
    /// `sandbox`, `incubating`, `stable` or `deprecated`.
    maturity: &'static str,
    /// Whether it counts in the scope that was asked of.
    on: bool,
    /// Whether it is one of your own.
    own: bool,
    /// Of the OWASP API Security Top 10.
    owasp: Vec<Box<str>>,
    /// Techniques of MITRE ATT&CK.
    mitre: Vec<Box<str>>,
    /// What it means when it fires.
    why: Box<str>,
    /// What to do about it, in order.
    respond: Vec<Box<str>>,
    /// Where to read on.
    references: Vec<Box<str>>,
    /// Its rules by id; none for one that is code.
    rules: Vec<Box<str>>,
}

async fn list_detections(
    State(shared): State<Arc<Shared>>,
    grant: Grant,
    asked: Asked,
) -> Result<Json<List<Card>>, Problem> {
    let (offset, limit) = (asked.whole("offset"), asked.whole("limit"));
    let class = asked.text("class");
    let scope = scope(&grant, &asked)?;
    let known = known(&shared).await?;
    let said = said_of(&known.said, &scope);
    let mut list = known.catalogue.list.iter().collect::<Vec<_>>();
    list.retain(|it| class.as_ref().is_none_or(|class| *class == it.class));
    list.sort_by(|one, two| one.id.cmp(&two.id));
    let write = |it: &Detection| Card::new(it, &known.catalogue, &said);
    Ok(Json(List::cut(list, offset, limit, write)))
}

async fn get_detection(
    State(shared): State<Arc<Shared>>,
    grant: Grant,
    Slot(id): Slot,
    asked: Asked,
) -> Result<Json<Card>, Problem> {
    let scope = scope(&grant, &asked)?;
    let known = known(&shared).await?;
    let said = said_of(&known.said, &scope);
    let found = known.catalogue.find(&id);
    let card = found.map(|it| Card::new(it, &known.catalogue, &said));
    card.map(Json)
        .ok_or_else(|| Problem::not_found("detection"))
}

struct Known {
    catalogue: Detections,
    said: Vec<VigilanceRow>,
}

async fn known(shared: &Shared) -> Result<Known, Problem> {
    let known = shared.blocking.ask(|store| {
        Ok(Known {
            catalogue: catalogue(store)?,
            said: store.vigilance()?,
        })
    });
    known.await
}

/// The shipped detections and those of its own that a store has.
pub(crate) fn catalogue(store: &dyn Store) -> Result<Detections, StoreError> {
    let own = store.own(OwnKind::Detections)?;
    let files = own.map(|it| it.files).unwrap_or_default();
    let texts = files.iter().map(|it| (&*it.0, &*it.1)).collect::<Vec<_>>();
    // What a later release took and this one cannot read is left out.
    let with = SHIPPED.with_unproved(&texts);
    Ok(with.unwrap_or_else(|_| SHIPPED.clone()))
}

fn said_of(rows: &[VigilanceRow], scope: &str) -> Vigilance {
    let above = scopes_above(scope).filter_map(|scope| rows.iter().find(|it| *it.scope == *scope));
    above.fold(Vigilance::default(), |above, row| {
        row.vigilance.below(&above)
    })
}

impl Card {
    fn new(detection: &Detection, catalogue: &Detections, said: &Vigilance) -> Card {
        let Detection {
            id,
            class,
            title,
            severity,
            maturity,
            owasp,
            mitre,
            why,
            respond,
            references,
            code: _,
            rules,
            proved_by: _,
        } = detection;
        let of_class = catalogue.class(class);
        let with = |own: &[Box<str>], of: Option<&Vec<Box<str>>>| {
            let of = of.into_iter().flatten();
            let mut all = of.chain(own).cloned().collect::<Vec<_>>();
            all.dedup();
            all
        };
        Card {
            id: id.clone(),
            title: title.clone(),
            class: class.clone(),
            class_title: of_class.map_or_else(|| class.clone(), |it| it.title.clone()),
            severity: severity.name(),
            maturity: maturity.name(),
            on: said.counts(id, class, *maturity),
            own: SHIPPED.find(id).is_none(),
            owasp: with(owasp, of_class.map(|it| &it.owasp)),
            mitre: with(mitre, of_class.map(|it| &it.mitre)),
            why: why.clone(),
            respond: respond.clone(),
            references: references.clone(),
            rules: rules.iter().map(|it| it.id.clone()).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_card_says_whether_it_counts_in_the_scope() {
        let row = |scope: &str, on| VigilanceRow {
            scope: scope.into(),
            vigilance: Vigilance {
                classes: vec![("sqli".into(), on)],
                ..Vigilance::default()
            },
            revision: 1,
            actor: "anna".into(),
            at: gatewatch_model::Timestamp::ZERO,
        };
        let rows = [row("/", false), row("/a", true)];
        let sql = SHIPPED.find("injection.sql").unwrap();
        let card = |scope| Card::new(sql, &SHIPPED, &said_of(&rows, scope));
        assert!(!card("/").on && card("/a/b").on);
        assert_eq!(&*card("/").class_title, "SQL injection");
        assert!(!card("/").owasp.is_empty() && !card("/").respond.is_empty());
    }
}
