//! The API described by itself: OpenAPI 3.1, made of the roll of routes and of the types that
//! are written as JSON. `openapi.json` beside this crate's manifest is what it comes to.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use axum::routing::on;
use serde_json::{Value, json};
use utoipa::ToSchema;
use utoipa::openapi::{RefOr, Schema};

use crate::asked::{Param, ParamKind};
use crate::problem::{
    BAD_PARAMETER, Kind, MEDIA_TYPE, NO_TOKEN, NOT_ALLOWED, ProblemBody, TOO_MANY, UNAVAILABLE,
};
use crate::routes::{self, Answer, Face, Gate, Operation, Route, Scoped, Verb};
use crate::shapes::{First, List};
use crate::shared::Shared;

/// Of the API, not of the product: changes when something that was there changes.
const API_VERSION: &str = "1.0.0";

pub(crate) static ROUTES: &[Route] = &[Route {
    verb: Verb::Get,
    path: "/openapi.json",
    face: Face::Always,
    gate: Gate::Open,
    scope: Scoped::Nothing,
    operation: Operation {
        id: "describeApi",
        summary: "This description",
        description: "OpenAPI 3.1. It tells nothing of this installation.",
        answers: &[Answer {
            status: 200,
            what: "The description of the API.",
            contents: &[Content::Text("application/json")],
        }],
        ..Operation::PLAIN
    },
    answer: |verb| on(verb, describe),
}];

/// What a body holds.
pub(crate) enum Content {
    Json(Shape),
    /// Of this media type, without a schema of its own.
    Text(&'static str),
}

/// Adds a type and all it is made of to the schemas, and answers with a reference to it.
pub(crate) type Shape = fn(&mut Schemas) -> Value;
pub(crate) type Schemas = BTreeMap<String, Value>;

pub(crate) fn shape<T: ToSchema>(schemas: &mut Schemas) -> Value {
    let mut parts: Vec<(String, RefOr<Schema>)> = Vec::new();
    T::schemas(&mut parts);
    for (name, schema) in parts {
        schemas.entry(name).or_insert_with(|| json!(schema));
    }
    named::<T>(T::name().into_owned(), schemas)
}

/// A page of a list of these.
pub(crate) fn list<T: ToSchema>(schemas: &mut Schemas) -> Value {
    shape::<T>(schemas);
    named::<List<T>>(format!("{}List", T::name()), schemas)
}

/// The first of these.
pub(crate) fn first<T: ToSchema>(schemas: &mut Schemas) -> Value {
    shape::<T>(schemas);
    named::<First<T>>(format!("{}First", T::name()), schemas)
}

fn named<T: ToSchema>(name: String, schemas: &mut Schemas) -> Value {
    let reference = json!({ "$ref": format!("#/components/schemas/{name}") });
    schemas.entry(name).or_insert_with(|| json!(T::schema()));
    reference
}

pub(crate) fn document() -> Value {
    let mut schemas = Schemas::new();
    let mut paths: BTreeMap<&str, BTreeMap<&str, Value>> = BTreeMap::new();
    for route in routes::all() {
        let operation = operation(route, &mut schemas);
        paths
            .entry(route.path)
            .or_default()
            .insert(route.verb.name(), operation);
    }
    shape::<ProblemBody>(&mut schemas);
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Gatewatch",
            "version": API_VERSION,
            "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" },
            "description": "Times are RFC 3339 in UTC; ids are hexadecimal; names of numbers end in \
                their unit. `null` means *not observed*, which differs from zero. Parameters that an \
                operation does not name are refused. Errors are RFC 9457.",
        },
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": { "token": {
                "type": "http",
                "scheme": "bearer",
                "description": "A token `gw_…` with a role, a scope and perhaps an end.",
            } },
        },
    })
}

async fn describe(State(shared): State<Arc<Shared>>) -> impl IntoResponse {
    (
        [(CONTENT_TYPE, "application/json")],
        shared.description.clone(),
    )
}

fn operation(route: &Route, schemas: &mut Schemas) -> Value {
    let Operation {
        id,
        summary,
        description,
        slots,
        params,
        headers,
        body,
        answers,
        problems,
    } = &route.operation;
    let mut parameters: Vec<Value> = slots.iter().map(slot).collect();
    parameters.extend(params.iter().map(parameter));
    parameters.extend(headers.iter().map(header));
    let mut written = json!({
        "operationId": id,
        "summary": summary,
        "description": format!("{description}\n\n{}", access(route)).trim(),
        "responses": responses(route, answers, problems, schemas),
    });
    if !parameters.is_empty() {
        written["parameters"] = parameters.into();
    }
    if let Some(body) = body {
        written["requestBody"] = json!({ "required": true, "content": content(body, schemas) });
    }
    if route.gate.asks_for_token() {
        written["security"] = json!([{ "token": [] }]);
        written["x-gatewatch-roles"] = json!(route.gate.roles());
    }
    written
}

/// The gate and the scope of a route in a sentence.
fn access(route: &Route) -> String {
    let roles = match route.gate {
        Gate::Open => "Open to all.".to_owned(),
        Gate::SetupCode => "Open to whoever holds the set-up code.".to_owned(),
        Gate::Least(_) | Gate::Only(_) => format!("Roles: {}.", route.gate.roles().join(", ")),
    };
    let scope = match route.scope {
        Scoped::Nothing => "",
        Scoped::Whole => " Only for tokens of scope `/`.",
        Scoped::List => " Holds what lies at or below the token's scope.",
        Scoped::Item => " What lies outside the token's scope does not exist.",
        Scoped::Stamp => " What is sent gets the token's scope.",
    };
    roles + scope
}

fn slot((name, what): &(&str, &str)) -> Value {
    json!({ "name": name, "in": "path", "required": true, "description": what, "schema": { "type": "string" } })
}

fn header((name, what): &(&str, &str)) -> Value {
    json!({ "name": name, "in": "header", "required": false, "description": what, "schema": { "type": "string" } })
}

fn parameter(param: &Param) -> Value {
    let schema = match &param.kind {
        ParamKind::Text { characters_max } => {
            json!({ "type": "string", "minLength": 1, "maxLength": characters_max })
        }
        ParamKind::Whole { min, max, default } => {
            json!({ "type": "integer", "minimum": min, "maximum": max, "default": default })
        }
        ParamKind::Time => json!({ "type": "string", "format": "date-time" }),
        ParamKind::Choice(names) => json!({ "type": "string", "enum": names() }),
        ParamKind::Collection => json!({ "type": "string", "pattern": "^[0-9a-f]{32}$" }),
        ParamKind::Status => json!({ "type": "string", "pattern": "^([1-5]xx|[1-5][0-9]{2})$" }),
        ParamKind::Country => json!({ "type": "string", "pattern": "^[A-Za-z]{2}$" }),
        ParamKind::Positions => {
            json!({ "type": "string", "pattern": "^[0-9]+:[0-9]+(,[0-9]+:[0-9]+)*$" })
        }
    };
    json!({ "name": param.name, "in": "query", "required": false, "description": param.what, "schema": schema })
}

fn responses(
    route: &Route,
    answers: &[Answer],
    problems: &[&Kind],
    schemas: &mut Schemas,
) -> Value {
    let mut written: BTreeMap<u16, Value> = BTreeMap::new();
    for Answer {
        status,
        what,
        contents,
    } in answers
    {
        let mut answer = json!({ "description": what });
        for it in *contents {
            merge(&mut answer["content"], content(it, schemas));
        }
        written.insert(*status, answer);
    }
    let always: &[&Kind] = if route.gate.asks_for_token() {
        &[&NO_TOKEN, &NOT_ALLOWED, &TOO_MANY, &UNAVAILABLE]
    } else {
        &[]
    };
    for kind in [&BAD_PARAMETER]
        .into_iter()
        .chain(always.iter().copied())
        .chain(problems.iter().copied())
    {
        let entry = written
            .entry(kind.status.as_u16())
            .or_insert_with(|| json!({ "description": "" }));
        let told = entry["description"].as_str().unwrap_or_default();
        let line = format!("`{}`: {}.", kind.name, kind.title);
        if !told.contains(&line) {
            entry["description"] = format!("{told} {line}").trim().into();
        }
        let problem =
            json!({ MEDIA_TYPE: { "schema": { "$ref": "#/components/schemas/Problem" } } });
        merge(&mut entry["content"], problem);
    }
    json!(written)
}

fn content(content: &Content, schemas: &mut Schemas) -> Value {
    match content {
        Content::Json(shape) => json!({ "application/json": { "schema": shape(schemas) } }),
        Content::Text(media_type) => json!({ *media_type: { "schema": { "type": "string" } } }),
    }
}

/// Adds the members of one object to another, which may not be there yet.
fn merge(into: &mut Value, from: Value) {
    match (into, from) {
        (Value::Object(into), Value::Object(from)) => into.extend(from),
        (into, from) => *into = from,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::*;

    const REWRITE: &str = "GATEWATCH_REWRITE_GOLDEN";

    #[test]
    fn the_description_is_the_one_that_is_checked_in() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("openapi.json");
        let now = format!("{:#}\n", document());
        if std::env::var_os(REWRITE).is_some() {
            std::fs::write(&path, &now).unwrap();
        }
        let golden = std::fs::read_to_string(&path).unwrap_or_default();
        let differing: Vec<String> = golden
            .lines()
            .zip(now.lines())
            .enumerate()
            .filter(|(_, (was, is))| was != is)
            .take(5)
            .map(|(line, (was, is))| format!("{}:\n  - {was}\n  + {is}", line + 1))
            .collect();
        assert!(
            golden == now,
            "openapi.json is not what the roll of routes says ({} lines, now {}):\n{}\n\
             look at the change, then run this test once with {REWRITE}=1",
            golden.lines().count(),
            now.lines().count(),
            differing.join("\n")
        );
    }

    #[test]
    fn every_operation_has_an_id_of_its_own_a_summary_and_an_answer() {
        let mut ids = BTreeSet::new();
        for route in routes::all() {
            let operation = &route.operation;
            assert!(ids.insert(operation.id), "{} twice", operation.id);
            assert!(
                !operation.summary.is_empty() && !operation.answers.is_empty(),
                "{}",
                operation.id
            );
            for (slot, _) in operation.slots {
                assert!(
                    route.path.contains(&format!("{{{slot}}}")),
                    "{}",
                    route.path
                );
            }
            assert_eq!(
                route.path.matches('{').count(),
                operation.slots.len(),
                "{}",
                route.path
            );
        }
    }

    #[test]
    fn every_reference_leads_somewhere_and_every_member_is_described() {
        let document = document();
        let schemas = &document["components"]["schemas"];
        let text = document.to_string();
        for reference in text.split("#/components/schemas/").skip(1) {
            let name = reference.split('"').next().unwrap();
            assert!(schemas.get(name).is_some(), "{name}");
        }
        for (name, schema) in schemas.as_object().unwrap() {
            for (member, it) in schema["properties"].as_object().into_iter().flatten() {
                let told = it.get("description").is_some()
                    || it.get("$ref").is_some()
                    || it.get("oneOf").is_some();
                assert!(told, "{name}.{member} lacks a description");
            }
        }
    }
}
