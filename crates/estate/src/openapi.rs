//! Writes what was learned of a collection as an OpenAPI 3.1 document. What OpenAPI has no words
//! for stands below `x-gatewatch`: how often something was seen, and how sure it is.

mod bodies;
mod members;
mod names;
mod operation;
mod security;

use std::collections::{BTreeMap, BTreeSet};

use gatewatch_model::Timestamp;
use gatewatch_model::definition::{Definition, Operation};
use gatewatch_model::effects::{CollectionKind, EndpointRow};
use gatewatch_model::profile::ProfileRow;
use serde_json::{Map, Value, json};

use crate::learned::{LearnedApi, split};
use crate::templates;
use names::PathKey;

/// Operations that share one method and path, by `METHOD#name`.
pub(crate) const OPERATIONS: &str = "x-gatewatch-operations";
/// What Gatewatch knows beyond OpenAPI.
pub(crate) const EXTENSION: &str = "x-gatewatch";
/// Endpoints that no path of OpenAPI names, such as `OPTIONS *`.
const UNPLACED: &str = "x-gatewatch-unplaced";

/// With a definition, each part says whether it is known from there, from traffic or both, and
/// what was never seen is there too.
pub fn write(learned: &LearnedApi, defined: Option<&Definition>) -> Value {
    let mut writing = Writing::new(defined);
    let mut paths: BTreeMap<String, Vec<Known<'_>>> = BTreeMap::new();
    let mut unplaced = Map::new();
    for known in writing.all_known(learned) {
        let (path, _) = split(known.template());
        if path.starts_with('/') {
            paths
                .entry(templates::nameless(path))
                .or_default()
                .push(known);
        } else {
            let name = format!("{} {}", known.method(), known.template());
            let key = PathKey::new("/");
            unplaced.insert(name, operation::write(&mut writing, &known, &key));
        }
    }
    let mut written = Map::new();
    for group in paths.into_values() {
        let (path, _) = split(group[0].template());
        let key = PathKey::new(path);
        let item = path_item(&mut writing, &group, &key);
        written.insert(key.text, item);
    }
    let mut document = json!({
        "openapi": "3.1.0",
        "info": info(learned, defined),
        "paths": written,
    });
    let servers = servers(learned, defined);
    if !servers.is_empty() {
        document["servers"] = json!(servers);
    }
    let schemes = security::schemes(&writing.schemes, defined);
    if !writing.schemas.is_empty() {
        document["components"]["schemas"] = Value::Object(std::mem::take(&mut writing.schemas));
    }
    if !schemes.is_empty() {
        document["components"]["securitySchemes"] = Value::Object(schemes);
    }
    if !unplaced.is_empty() {
        document[UNPLACED] = Value::Object(unplaced);
    }
    document
}

/// A document as text. What YAML does not take as it is stands escaped, because many tools read
/// JSON with a YAML parser.
pub fn text(document: &Value) -> String {
    let plain = format!("{document:#}");
    let mut text = String::with_capacity(plain.len() + 1);
    for sign in plain.chars() {
        match sign {
            '\u{7f}'..='\u{9f}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}' => {
                // Such a sign stands within a string, never between values.
                text.push_str(&format_args!("\\u{:04x}", u32::from(sign)).to_string());
            }
            _ => text.push(sign),
        }
    }
    text.push('\n');
    text
}

/// An endpoint that was seen, documented, or both.
struct Known<'k> {
    seen: Option<(&'k EndpointRow, Option<&'k ProfileRow>)>,
    defined: Option<&'k Operation>,
}

impl<'k> Known<'k> {
    fn template(&self) -> &'k str {
        match (self.seen, self.defined) {
            (Some((row, _)), _) => &row.template,
            (None, Some(defined)) => &defined.template,
            (None, None) => "",
        }
    }

    fn method(&self) -> &'k str {
        match (self.seen, self.defined) {
            (Some((row, _)), _) => &row.method,
            (None, Some(defined)) => &defined.method,
            (None, None) => "",
        }
    }

    fn profile(&self) -> Option<&'k ProfileRow> {
        self.seen.and_then(|it| it.1)
    }
}

/// What is collected while paths are written.
struct Writing<'k> {
    defined: Option<&'k Definition>,
    /// Each with the last number behind it.
    operation_ids: BTreeMap<String, u32>,
    schemas: Map<String, Value>,
    /// Those that operations name, with the header or cookie that seems to carry them.
    schemes: BTreeMap<String, security::Used>,
    /// By kind of scheme, the first header, parameter or cookie that the definition names.
    carriers: BTreeMap<&'k str, &'k str>,
}

impl<'k> Writing<'k> {
    fn new(defined: Option<&'k Definition>) -> Self {
        let operations = defined.into_iter().flat_map(|it| &it.operations);
        let schemes = operations.flat_map(|it| &it.security.schemes);
        let named = schemes.filter(|it| !it.carrier.is_empty());
        let mut carriers = BTreeMap::new();
        for scheme in named {
            carriers.entry(&*scheme.kind).or_insert(&*scheme.carrier);
        }
        Writing {
            defined,
            operation_ids: BTreeMap::new(),
            schemas: Map::new(),
            schemes: BTreeMap::new(),
            carriers,
        }
    }

    /// What was seen with what is documented of it, then what is documented alone.
    fn all_known(&self, learned: &'k LearnedApi) -> Vec<Known<'k>> {
        let operations = self.defined.map_or(&[][..], |it| &it.operations);
        let mut documented = operations
            .iter()
            .map(|it| ((&*it.method, templates::nameless(&it.template)), it))
            .collect::<BTreeMap<_, _>>();
        let mut known = Vec::new();
        for (row, profile) in learned.sorted() {
            let key = (&*row.method, templates::nameless(&row.template));
            known.push(Known {
                seen: Some((row, profile)),
                defined: documented.remove(&key),
            });
        }
        known.extend(documented.into_values().map(|it| Known {
            seen: None,
            defined: Some(it),
        }));
        known
    }
}

/// All operations of one path: those with a method that OpenAPI knows, and below our extension
/// those that share a method, or have another.
fn path_item(writing: &mut Writing<'_>, group: &[Known<'_>], key: &PathKey) -> Value {
    let mut item = Map::new();
    let mut shared: BTreeMap<&str, Map<String, Value>> = BTreeMap::new();
    for known in group {
        let written = operation::write(writing, known, key);
        let method = known.method();
        let (_, name) = split(known.template());
        let lower = method.to_ascii_lowercase();
        let free = names::METHODS.contains(&&*lower) && !item.contains_key(&lower);
        match name {
            None if free => {
                item.insert(lower, written);
            }
            _ => {
                let name = name.map_or(method.to_owned(), |name| format!("{method}#{name}"));
                let all = shared.entry(method).or_default();
                // Two templates that differ in the names of their slots alone.
                all.entry(name).or_insert(written);
            }
        }
    }
    for (method, operations) in shared {
        let lower = method.to_ascii_lowercase();
        if !names::METHODS.contains(&&*lower) {
            let all = item.entry(OPERATIONS).or_insert_with(|| json!({}));
            for (name, operation) in operations {
                all[&name] = operation;
            }
            continue;
        }
        let carrier = item
            .entry(lower)
            .or_insert_with(|| operation::carrier(writing, method, key, operations.len()));
        carrier[OPERATIONS] = Value::Object(operations);
    }
    Value::Object(item)
}

fn info(learned: &LearnedApi, defined: Option<&Definition>) -> Value {
    let row = &learned.collection;
    let title = defined.map(|it| &*it.title).filter(|it| !it.is_empty());
    let name = if row.name.is_empty() {
        "unnamed"
    } else {
        &row.name
    };
    let version = defined.map(|it| &*it.version).filter(|it| !it.is_empty());
    let called = row.calls > 0;
    let last_seen = if called {
        row.last_seen.to_string()
    } else {
        "never called".to_owned()
    };
    let day = last_seen.split('T').next().unwrap_or_default();
    let learned = if called {
        format!(
            "{} calls between {} and {last_seen}",
            row.calls, row.first_seen
        )
    } else {
        "no call so far".to_owned()
    };
    json!({
        "title": title.unwrap_or(name),
        "version": version.unwrap_or(day),
        "description": format!(
            "Learned by Gatewatch from {learned}. What it is sure of is said below `x-gatewatch`.",
        ),
        EXTENSION: {
            "collection": row.id.to_string(),
            "scope": row.scope,
            "name": row.name,
            "kind": row.kind.name(),
            "calls": row.calls,
            "endpoints": row.endpoints,
            "firstSeen": time(row.first_seen),
            "lastSeen": time(row.last_seen),
            "definition": row.definition.as_ref().map(|(title, version)| json!({
                "title": title, "version": version,
            })),
        },
    })
}

/// Without base paths: templates have them already.
fn servers(learned: &LearnedApi, defined: Option<&Definition>) -> Vec<Value> {
    let mut urls = Vec::new();
    for server in defined.into_iter().flat_map(|it| &it.servers) {
        let scheme = if server.scheme.is_empty() {
            "https"
        } else {
            &server.scheme
        };
        if names::is_host(&server.host) {
            urls.push(format!("{scheme}://{}", server.host));
        }
    }
    let row = &learned.collection;
    if urls.is_empty() && row.kind == CollectionKind::Host && names::is_host(&row.name) {
        let schemes = schemes(learned).into_iter();
        urls.extend(schemes.map(|scheme| format!("{scheme}://{}", row.name)));
    }
    let mut known = BTreeSet::new();
    urls.retain(|it| known.insert(it.clone()));
    urls.into_iter().map(|url| json!({ "url": url })).collect()
}

/// Those that it was called by; under TLS where nobody saw.
fn schemes(learned: &LearnedApi) -> Vec<&'static str> {
    let answers = || learned.endpoints.iter().map(|it| &it.0.facts.encrypted);
    let plain = answers().any(|it| it.no > 0);
    let secure = !plain || answers().any(|it| it.yes > 0);
    [(secure, "https"), (plain, "http")]
        .into_iter()
        .filter_map(|(seen, scheme)| seen.then_some(scheme))
        .collect()
}

/// Where something is known from.
fn known_by(traffic: bool, definition: bool) -> Value {
    let names = [("traffic", traffic), ("definition", definition)];
    names.into_iter().filter(|it| it.1).map(|it| it.0).collect()
}

fn time(at: Timestamp) -> Value {
    if at == Timestamp::ZERO {
        Value::Null
    } else {
        at.to_string().into()
    }
}
