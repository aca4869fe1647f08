//! Bodies, answers and their headers.

use std::collections::{BTreeMap, BTreeSet};

use gatewatch_model::Spot;
use gatewatch_model::definition::DefinedResponse;
use serde_json::{Map, Value, json};

use super::members::Tree;
use super::names;
use super::{EXTENSION, Known, Writing, known_by};
use crate::learned::SURE_OBSERVED_MIN;

const JSON: &str = "application/json";

/// Nothing where no body was seen and none is documented.
pub(super) fn request(known: &Known<'_>) -> Option<Value> {
    let rows = known.profile().into_iter().flat_map(|it| &it.members);
    let rows = rows.filter(|it| it.spot == Spot::RequestBody);
    let defined = known.defined.into_iter().flat_map(|it| &it.request);
    let defined = defined.filter(|it| it.spot == Spot::RequestBody);
    let tree = Tree::new(rows, defined);
    let types = media_types(
        known.profile().map(|it| &*it.request_types),
        known.defined.map(|it| &*it.request_types),
    );
    if tree.is_empty() && types.is_empty() {
        return None;
    }
    let types = or_json(types, &tree);
    let schema = tree.schema(false);
    let content = types
        .into_iter()
        .map(|it| (it, json!({ "schema": schema })));
    let calls = known.profile().map_or(0, |it| it.calls);
    let always = calls >= SURE_OBSERVED_MIN && tree.observed() >= calls;
    Some(json!({
        "required": always || !tree.was_seen() && tree.is_always_present(),
        "content": content.collect::<Map<_, _>>(),
    }))
}

/// By status, as OpenAPI wants them: at least one.
pub(super) fn responses(writing: &mut Writing<'_>, known: &Known<'_>, id: &str) -> Value {
    let mut statuses = BTreeMap::new();
    for (status, calls) in known.seen.iter().flat_map(|it| &it.0.statuses) {
        if (100..600).contains(status) {
            *statuses.entry(status.to_string()).or_insert(0) += calls;
        }
    }
    let classes = known.profile().into_iter().flat_map(|it| &it.members);
    let classes = classes.filter(|it| it.spot.is_response());
    for class in classes.map(|it| it.status_class).collect::<BTreeSet<_>>() {
        let seen = statuses.keys().any(|it| it.starts_with(&class.to_string()));
        if (1..=5).contains(&class) && !seen {
            statuses.insert(format!("{class}XX"), 0);
        }
    }
    let documented = known.defined.into_iter().flat_map(|it| &it.responses);
    for response in documented.clone() {
        statuses.entry(response.status.to_string()).or_insert(0);
    }
    let mut shared = BTreeMap::new();
    let mut responses = Map::new();
    for (status, calls) in statuses {
        let defined = documented.clone().find(|it| *it.status == *status);
        let response = Answer {
            status: &status,
            calls,
            defined,
        };
        responses.insert(
            status.clone(),
            response.write(writing, known, id, &mut shared),
        );
    }
    if responses.is_empty() {
        let what = json!({ "description": "No answer was observed." });
        responses.insert("default".to_owned(), what);
    }
    Value::Object(responses)
}

struct Answer<'a> {
    status: &'a str,
    calls: u64,
    defined: Option<&'a DefinedResponse>,
}

impl Answer<'_> {
    /// `shared` holds the names of schemas that answers of one class have in common.
    fn write(
        &self,
        writing: &mut Writing<'_>,
        known: &Known<'_>,
        id: &str,
        shared: &mut BTreeMap<u8, String>,
    ) -> Value {
        let class = self.class();
        let tree = |spot| {
            let rows = known.profile().into_iter().flat_map(|it| &it.members);
            let rows = rows.filter(move |it| it.spot == spot && it.status_class == class);
            let defined = self.defined.into_iter().flat_map(|it| &it.members);
            Tree::new(rows, defined.filter(move |it| it.spot == spot))
        };
        let description = match self.calls {
            0 => "Documented, or known by its members alone.".to_owned(),
            1 => "Answered once.".to_owned(),
            calls => format!("Answered {calls} times."),
        };
        let mut response = json!({
            "description": description,
            EXTENSION: {
                "calls": self.calls,
                "knownBy": known_by(self.calls > 0 || self.defined.is_none(), self.defined.is_some()),
            },
        });
        let cookies = tree(Spot::ResponseCookies);
        if !cookies.names.is_empty() {
            response[EXTENSION]["cookies"] = json!(cookies.names.keys().collect::<Vec<_>>());
        }
        let headers = headers(&tree(Spot::ResponseHeaders));
        if !headers.is_empty() {
            response["headers"] = Value::Object(headers);
        }
        let body = tree(Spot::ResponseBody);
        let types = self.types(known, &body);
        if !types.is_empty() {
            let schema = if self.defined.is_some() || body.is_empty() {
                body.schema(false)
            } else {
                reference(writing, &body, class, id, shared)
            };
            let content = types
                .into_iter()
                .map(|it| (it, json!({ "schema": schema })));
            response["content"] = Value::Object(content.collect());
        }
        response
    }

    fn class(&self) -> u8 {
        let first = self.status.bytes().next().unwrap_or_default();
        first.wrapping_sub(b'0')
    }

    /// Traffic does not tell which status came with which type: where no body was seen, only
    /// those of a success get one.
    fn types(&self, known: &Known<'_>, body: &Tree<'_>) -> BTreeSet<String> {
        if matches!(self.status, "204" | "205" | "304") {
            return BTreeSet::new();
        }
        let seen = known.profile().map(|it| &*it.response_types);
        let seen = seen.filter(|_| !body.is_empty() || self.class() == 2 && self.calls > 0);
        let types = media_types(seen, self.defined.map(|it| &*it.types));
        or_json(types, body)
    }
}

/// A schema that all answers of one class share.
fn reference(
    writing: &mut Writing<'_>,
    body: &Tree<'_>,
    class: u8,
    id: &str,
    shared: &mut BTreeMap<u8, String>,
) -> Value {
    let name = shared.entry(class).or_insert_with(|| {
        let wanted = names::component(&format!("{id}_{class}xx"));
        let name = names::unique(&wanted, |it| writing.schemas.contains_key(it));
        writing.schemas.insert(name.clone(), body.schema(false));
        name
    });
    json!({ "$ref": format!("#/components/schemas/{name}") })
}

fn headers(tree: &Tree<'_>) -> Map<String, Value> {
    let mut headers = Map::new();
    for (name, member) in &tree.names {
        let name = name.to_ascii_lowercase();
        let token = |it: u8| it.is_ascii_alphanumeric() || b"-_.!#$%&'*+^`|~".contains(&it);
        let sound = !name.is_empty() && name.bytes().all(token);
        if sound && !matches!(&*name, "content-type" | "set-cookie") {
            let header = json!({
                "required": member.is_always_present(),
                "schema": member.schema(false),
            });
            headers.insert(name, header);
        }
    }
    headers
}

fn media_types(seen: Option<&[(Box<str>, u64)]>, defined: Option<&[Box<str>]>) -> BTreeSet<String> {
    let seen = seen.into_iter().flatten().map(|it| &*it.0);
    let defined = defined.into_iter().flatten().map(|it| &**it);
    seen.chain(defined)
        .map(|it| it.split(';').next().unwrap_or_default().trim())
        .filter(|it| names::is_media_type(it))
        .map(str::to_ascii_lowercase)
        .collect()
}

/// Members that came without a type were read as JSON.
fn or_json(mut types: BTreeSet<String>, tree: &Tree<'_>) -> BTreeSet<String> {
    if types.is_empty() && !tree.is_empty() {
        types.insert(JSON.to_owned());
    }
    types
}
