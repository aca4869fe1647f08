//! Types of sensitive information: those of the catalogue and a user's own.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::routing::on;
use gatewatch_classify::Catalogue;
use gatewatch_model::info_type::{Category, SENSITIVE_CONFIDENCE_MIN};
use gatewatch_model::sensitivity::{Sensitivity, scopes_above};
use gatewatch_ports::sensitive::SensitivityRow;
use gatewatch_ports::store::Role;
use serde::Serialize;
use utoipa::ToSchema;

use crate::access::Grant;
use crate::asked::Asked;
use crate::openapi::{Content, list};
use crate::problem::{NOT_FOUND, Problem};
use crate::routes::{Answer, Face, Gate, Operation, Route, Scoped, Verb};
use crate::sensitivity::{SCOPE, SINGLE, catalogue, place};
use crate::shapes::{LIMIT, List, OFFSET};
use crate::shared::Shared;

pub(crate) static ROUTES: &[Route] = &[Route {
    verb: Verb::Get,
    path: "/api/v1/info-types",
    face: Face::Serve,
    gate: Gate::Least(Role::Reader),
    scope: Scoped::List,
    operation: Operation {
        id: "listInfoTypes",
        summary: "Types of sensitive information",
        description: "The catalogue and types of your own, with whether they are looked for in a scope \
            or a collection, and from which confidence on they count there.",
        params: &[SCOPE, SINGLE, LIMIT, OFFSET],
        answers: &[Answer {
            status: 200,
            what: "A page of types.",
            contents: &[Content::Json(list::<KnownType>)],
        }],
        problems: &[&NOT_FOUND],
        ..Operation::PLAIN
    },
    answer: |verb| on(verb, list_types),
}];

/// A type of sensitive information.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = InfoType)]
struct KnownType {
    /// Its id in the catalogue: `credit-card`.
    id: Box<str>,
    /// For people.
    title: Box<str>,
    /// `finance`, `pii`, `credentials`, `other` or `custom`.
    category: &'static str,
    /// Two capital letters; null where it belongs to no country.
    country: Option<String>,
    /// Whether it is looked for in the scope or collection that was asked of.
    on: bool,
    /// Whether it is looked for where nobody has said otherwise.
    on_by_default: bool,
    /// From which confidence on a member counts as one there, in percent.
    confidence_min: u8,
    /// Whether it is one of your own.
    own: bool,
    /// Its label; null when it has none.
    label: Option<Box<str>>,
    /// Whether it counts as sensitive by its label.
    counts: bool,
}

async fn list_types(
    State(shared): State<Arc<Shared>>,
    grant: Grant,
    asked: Asked,
) -> Result<Json<List<KnownType>>, Problem> {
    let place = place(&shared, &grant, &asked).await?;
    let (offset, limit) = (asked.whole("offset"), asked.whole("limit"));
    let known = shared
        .blocking
        .ask(|store| Ok((catalogue(store)?, store.sensitivity()?)));
    let (catalogue, said) = known.await?;
    let types = known_types(&catalogue, &said, &place);
    Ok(Json(List::cut(types, offset, limit, |it| it)))
}

fn known_types(catalogue: &Catalogue, said: &[SensitivityRow], place: &str) -> Vec<KnownType> {
    let find = |scope: &str| said.iter().find(|it| *it.scope == *scope);
    let above = scopes_above(place).filter_map(find).collect::<Vec<_>>();
    let none = Sensitivity::default();
    let root = find("/").map_or(&none, |it| &it.sensitivity);
    let types = catalogue.types().iter();
    types
        .map(|it| {
            let said = || above.iter().rev().map(|it| &it.sensitivity);
            let mut switches = said().filter_map(|row| row.switch(&it.id, it.category));
            let mut confidences = said().filter_map(|row| row.confidence_min(&it.id));
            KnownType {
                id: it.id.clone(),
                title: it.title.clone(),
                category: it.category.name(),
                country: it.country.map(|it| it.map(char::from).iter().collect()),
                on: switches.next().unwrap_or(it.on),
                on_by_default: it.on,
                confidence_min: confidences.next().unwrap_or(SENSITIVE_CONFIDENCE_MIN),
                own: it.category == Category::Custom,
                label: root.label(&it.id, it.category).map(|it| it.name.clone()),
                counts: root.counts(&it.id, it.category),
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use gatewatch_classify::SHIPPED;

    use super::*;

    #[test]
    fn a_nearer_scope_outranks_one_above() {
        let row = |scope: &str, sensitivity| SensitivityRow {
            scope: scope.into(),
            sensitivity,
            revision: 1,
            actor: "anna".into(),
            at: gatewatch_model::Timestamp::ZERO,
        };
        let said = [
            row(
                "/",
                Sensitivity {
                    categories: vec![(Category::Finance, false)],
                    ..Sensitivity::default()
                },
            ),
            row(
                "/a",
                Sensitivity {
                    types: vec![("credit-card".into(), true)],
                    ..Sensitivity::default()
                },
            ),
        ];
        let on = |scope| {
            let types = known_types(&SHIPPED, &said, scope);
            types.iter().find(|it| &*it.id == "credit-card").unwrap().on
        };
        assert!(!on("/") && !on("/b") && on("/a") && on("/a/b"));
    }
}
