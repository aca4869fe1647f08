//! One endpoint as an operation of OpenAPI.

use gatewatch_model::Spot;
use gatewatch_model::definition::DefinedMember;
use gatewatch_model::profile::{Credential, MemberRow};
use serde_json::{Map, Value, json};

use super::members::Tree;
use super::names::{self, PathKey};
use super::{EXTENSION, Known, Writing, bodies, known_by, security, time};
use crate::member_path::{self, Step};
use crate::templates;

pub(super) fn write(writing: &mut Writing<'_>, known: &Known<'_>, key: &PathKey) -> Value {
    let given = known.defined.map_or("", |it| &*it.id);
    let (method, template) = (known.method(), known.template());
    let id = names::operation_id(&mut writing.operation_ids, given, method, template);
    let mut operation = json!({
        "operationId": id,
        "responses": bodies::responses(writing, known, &id),
        EXTENSION: knowledge(known),
    });
    let summary = known.defined.map_or("", |it| &*it.summary);
    if !summary.is_empty() {
        operation["summary"] = json!(summary);
    }
    let parameters = parameters(known, key);
    if !parameters.is_empty() {
        operation["parameters"] = Value::Array(parameters);
    }
    if let Some(body) = bodies::request(known) {
        operation["requestBody"] = body;
    }
    if let Some(security) = security::of_operation(writing, known) {
        operation["security"] = security;
    }
    let said = known.seen.and_then(|it| it.0.facts.deprecated.ever());
    if said == Some(true) || known.defined.is_some_and(|it| it.deprecated) {
        operation["deprecated"] = json!(true);
    }
    operation
}

/// Stands where several operations share one method and path, so that other readers see it.
pub(super) fn carrier(
    writing: &mut Writing<'_>,
    method: &str,
    key: &PathKey,
    count: usize,
) -> Value {
    let id = names::operation_id(&mut writing.operation_ids, "", method, &key.text);
    let mut operation = json!({
        "operationId": id,
        "summary": format!("{count} operations behind one path"),
        "responses": { "default": { "description": "See `x-gatewatch-operations`." } },
        EXTENSION: { "carrier": true },
    });
    let slots = key.slots.iter().map(|it| slot(it, &Tree::default()));
    if !key.slots.is_empty() {
        operation["parameters"] = slots.collect();
    }
    operation
}

/// What is known of the endpoint beyond OpenAPI.
fn knowledge(known: &Known<'_>) -> Value {
    let Some((row, profile)) = known.seen else {
        return json!({ "knownBy": known_by(false, true), "calls": 0 });
    };
    let facts = &row.facts;
    let decisions = facts.decisions.iter().map(|it| {
        json!({
            "segment": it.segment,
            "by": it.by.name(),
            "reason": it.reason,
            "confidence": it.confidence,
        })
    });
    let credentials = facts.credentials.iter().map(Credential::name);
    let mut knowledge = json!({
        "endpoint": row.id.to_string(),
        "template": row.template,
        "knownBy": known_by(
            facts.known_by.traffic || row.calls > 0,
            facts.known_by.definition || known.defined.is_some(),
        ),
        "calls": row.calls,
        "callers": row.callers(),
        "firstSeen": time(row.first_seen),
        "lastSeen": time(row.last_seen),
        "protocol": facts.protocol.name(),
        "role": facts.role.name(),
        "credentials": credentials.collect::<Vec<_>>(),
        "decisions": decisions.collect::<Vec<_>>(),
    });
    if let Some(drift) = facts.drift {
        knowledge["drift"] = json!(drift.name());
    }
    if let Some(profile) = profile {
        knowledge["membersLost"] = json!(profile.members_lost);
        if !profile.differences.is_empty() {
            knowledge["differences"] = json!(profile.differences);
        }
    }
    knowledge
}

/// No two have one place and name; each slot has one.
fn parameters(known: &Known<'_>, key: &PathKey) -> Vec<Value> {
    let mut parameters = slots(known, key);
    for (spot, place) in [
        (Spot::RequestQuery, "query"),
        (Spot::RequestHeaders, "header"),
        (Spot::RequestCookies, "cookie"),
    ] {
        let tree = tree(known, spot);
        let mut taken: Map<String, Value> = Map::new();
        for (name, member) in &tree.names {
            let name = match spot {
                Spot::RequestHeaders => name.to_ascii_lowercase(),
                _ => name.clone(),
            };
            let special = ["accept", "authorization", "content-type", "cookie"];
            let skipped = spot == Spot::RequestHeaders && special.contains(&&*name);
            if name.is_empty() || skipped || taken.contains_key(&name) {
                continue;
            }
            let parameter = json!({
                "name": name,
                "in": place,
                "required": member.is_always_present(),
                "schema": member.schema(false),
            });
            taken.insert(name, parameter);
        }
        parameters.extend(taken.into_iter().map(|it| it.1));
    }
    parameters
}

/// Rows of slots carry the slot's name in the template; of slots with one name, the first row
/// belongs to the first.
fn slots(known: &Known<'_>, key: &PathKey) -> Vec<Value> {
    let (path, _) = crate::learned::split(known.template());
    let rows = known.profile().into_iter().flat_map(|it| &it.members);
    let mut rows = rows
        .filter(|it| it.spot == Spot::RequestPath)
        .collect::<Vec<&MemberRow>>();
    let documented = known.defined.map(|it| {
        let (path, _) = crate::learned::split(&it.template);
        (templates::slots(path).collect::<Vec<_>>(), &it.request)
    });
    let names = templates::slots(path).chain(std::iter::repeat(""));
    let mut parameters = Vec::new();
    for (at, (name, written)) in names.zip(&key.slots).enumerate() {
        let is_it = |it: &&MemberRow| first_name(&it.path).as_deref() == Some(name);
        let row = rows.iter().position(is_it).map(|at| rows.remove(at));
        let defined = documented.as_ref().and_then(|(names, members)| {
            let name = *names.get(at)?;
            let is_it = |it: &&DefinedMember| {
                it.spot == Spot::RequestPath && first_name(&it.path).as_deref() == Some(name)
            };
            members.iter().find(is_it)
        });
        let tree = Tree::root(row, defined);
        parameters.push(slot(written, &tree));
    }
    parameters
}

fn slot(name: &str, tree: &Tree<'_>) -> Value {
    json!({ "name": name, "in": "path", "required": true, "schema": tree.schema(false) })
}

fn first_name(path: &str) -> Option<String> {
    match member_path::steps(path).into_iter().next() {
        Some(Step::Name(name)) => Some(name),
        _ => None,
    }
}

fn tree<'k>(known: &Known<'k>, spot: Spot) -> Tree<'k> {
    let rows = known.profile().into_iter().flat_map(|it| &it.members);
    let defined = known.defined.into_iter().flat_map(|it| &it.request);
    Tree::new(
        rows.filter(move |it| it.spot == spot),
        defined.filter(move |it| it.spot == spot),
    )
}
