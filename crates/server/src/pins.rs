//! Templates that people pinned, and how a template is spelled.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::routing::on;
use gatewatch_ports::definitions::PinRow;
use gatewatch_ports::store::Role;
use serde::Serialize;
use utoipa::ToSchema;

use crate::access::Grant;
use crate::inventory::find_collection;
use crate::openapi::{Content, list};
use crate::problem::{NOT_FOUND, Problem};
use crate::routes::{Answer, Face, Gate, Operation, Route, Scoped, Verb};
use crate::shapes::List;
use crate::shared::{Shared, Slot};

const TEMPLATE_BYTES_MAX: usize = 512;
const SEGMENTS_MAX: usize = 64;
const SLOT_BYTES_MAX: usize = 64;

pub(crate) static ROUTES: &[Route] = &[Route {
    verb: Verb::Get,
    path: "/api/v1/collections/{id}/pins",
    face: Face::Serve,
    gate: Gate::Least(Role::Reader),
    scope: Scoped::Item,
    operation: Operation {
        id: "listPins",
        summary: "Templates that are pinned in a collection",
        description: "Pinned and unpinned by `POST /api/v1/controls`.",
        slots: &[("id", "The id of a collection.")],
        answers: &[Answer {
            status: 200,
            what: "What is pinned, by template.",
            contents: &[Content::Json(list::<Pin>)],
        }],
        problems: &[&NOT_FOUND],
        ..Operation::PLAIN
    },
    answer: |verb| on(verb, list_pins),
}];

/// A template that somebody pinned.
#[derive(Debug, Serialize, ToSchema)]
struct Pin {
    /// Paths that fit it belong to it, whatever is learned.
    template: Box<str>,
    /// Of the control that pinned it.
    revision: u64,
    /// The name of the token that sent it.
    actor: Box<str>,
    /// When it was sent.
    #[schema(format = DateTime)]
    at: String,
}

async fn list_pins(
    State(shared): State<Arc<Shared>>,
    grant: Grant,
    Slot(id): Slot,
) -> Result<Json<List<Pin>>, Problem> {
    let collection = find_collection(&shared, &grant, &id).await?.id;
    let pins = shared
        .blocking
        .ask(move |store| store.pins(collection))
        .await?;
    Ok(Json(List::whole(pins.into_iter().map(Pin::new).collect())))
}

impl Pin {
    fn new(row: PinRow) -> Pin {
        let PinRow {
            template,
            revision,
            actor,
            at,
        } = row;
        Pin {
            template,
            revision,
            actor,
            at: at.to_string(),
        }
    }
}

/// What is wrong with a template that somebody wants to pin, and what it looks like instead.
pub(crate) fn fault(template: &str) -> Option<String> {
    let Some(rest) = template.strip_prefix('/') else {
        return Some("a template begins with a slash, such as `/users/{name}/photos`".into());
    };
    if template.len() > TEMPLATE_BYTES_MAX {
        return Some(format!("a template has at most {TEMPLATE_BYTES_MAX} bytes"));
    }
    if rest.is_empty() {
        return None;
    }
    let segments = rest.split('/').collect::<Vec<_>>();
    if segments.len() > SEGMENTS_MAX {
        return Some(format!("a template has at most {SEGMENTS_MAX} segments"));
    }
    segments.into_iter().find_map(segment_fault)
}

fn segment_fault(segment: &str) -> Option<String> {
    if segment.is_empty() {
        return Some(
            "a segment of the template is empty; write one slash, and none at its end".into(),
        );
    }
    let is_odd = |it: char| it.is_control() || it.is_whitespace() || "?#\\".contains(it);
    if segment.contains(is_odd) {
        return Some(
            "a template is a path without query: no `?`, `#`, `\\`, spaces or control characters"
                .into(),
        );
    }
    if is_slot(segment) || !segment.contains(['{', '}']) {
        return None;
    }
    Some(format!(
        "a slot takes a whole segment and has a name of 1 to {SLOT_BYTES_MAX} letters, digits, `.`, `_` \
         or `-`, such as `{{name}}`"
    ))
}

/// `{name}`.
fn is_slot(segment: &str) -> bool {
    let name = segment
        .strip_prefix('{')
        .and_then(|it| it.strip_suffix('}'));
    let is_plain = |it: u8| it.is_ascii_alphanumeric() || b"._-".contains(&it);
    name.is_some_and(|it| (1..=SLOT_BYTES_MAX).contains(&it.len()) && it.bytes().all(is_plain))
}

/// Whether that segment of an endpoint's template, counted from 0, is a slot.
pub(crate) fn has_slot_at(template: &str, segment: u16) -> bool {
    let mut segments = template.strip_prefix('/').unwrap_or_default().split('/');
    segments
        .nth(segment.into())
        .is_some_and(|it| it.starts_with('{') && it.ends_with('}'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_slots_make_a_template() {
        for good in [
            "/",
            "/users/me",
            "/users/{name}/photos",
            "/a/{b.c-d_1}",
            "/ü/x;y=1",
        ] {
            assert_eq!(fault(good), None, "{good}");
        }
        let long = format!("/{}", "a".repeat(TEMPLATE_BYTES_MAX));
        let deep = "/a".repeat(SEGMENTS_MAX + 1);
        for bad in [
            "", "users", "/users/", "//", "/a?b", "/a#b", "/a b", "/a\nb", "/{}", "/{a}{b}",
            "/x{a}", "/{a", "/a}", "/{ü}", &long, &deep,
        ] {
            assert!(fault(bad).is_some(), "{bad}");
        }
    }

    #[test]
    fn segments_count_from_0() {
        let template = "/orders/{id}/lines/{line}";
        assert!(has_slot_at(template, 1) && has_slot_at(template, 3));
        for segment in [0, 2, 4, u16::MAX] {
            assert!(!has_slot_at(template, segment), "{segment}");
        }
    }
}
