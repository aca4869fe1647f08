//! One operation of an OpenAPI document: its parameters, bodies and answers.

use std::collections::BTreeMap;

use gatewatch_model::Spot;
use gatewatch_model::caller::prefix;
use gatewatch_model::definition::{DefinedMember, DefinedResponse, Operation};

use super::document::Document;
use super::{Version, schema, security};
use crate::limits::{MEDIA_TYPES_MAX, MEMBERS_MAX, RESPONSES_MAX, TEXT_BYTES_MAX};
use crate::member_path;
use crate::templates;
use crate::tree::Node;

/// What stands around an operation and counts for it.
#[derive(Clone, Copy)]
pub(super) struct Surroundings<'d> {
    pub version: Version,
    /// The path item.
    pub item: &'d Node,
}

/// Fills in what the document says of an operation whose place is known.
pub(super) fn read<'d>(
    document: &mut Document<'d>,
    around: Surroundings<'d>,
    node: &'d Node,
    mut operation: Operation,
) -> Operation {
    let text = |name| prefix(node.text_of(name), TEXT_BYTES_MAX);
    operation.id = text("operationId").into();
    operation.summary = text("summary").into();
    operation.deprecated = node.says("deprecated");
    operation.security = security::of_operation(document, node);
    let mut request = Request::default();
    for parameter in parameters(document, around, node) {
        request.parameter(document, around, &operation.template, parameter);
    }
    if around.version == Version::V2 {
        if request.has_body() {
            request.types = swagger_types(document, node, "consumes");
        }
    } else if let Some(body) = node.get("requestBody") {
        request.body(document, body);
    }
    request.name_all_slots(&operation.template);
    operation.request = sorted(request.members);
    operation.request_types = request.types;
    operation.responses = responses(document, around, node);
    operation
}

/// Those of the path and those of the operation, which outrank them; of two that have one name
/// and place the first.
fn parameters<'d>(
    document: &mut Document<'d>,
    around: Surroundings<'d>,
    node: &'d Node,
) -> Vec<&'d Node> {
    let mut found = BTreeMap::new();
    for (own, holder) in [(false, around.item), (true, node)] {
        let list = holder
            .get("parameters")
            .map(Node::items)
            .unwrap_or_default();
        if let Some(beyond) = list.get(MEMBERS_MAX) {
            let text = format!("only the first {MEMBERS_MAX} parameters are read");
            document.notes.add(beyond, text);
        }
        for written in list.iter().take(MEMBERS_MAX) {
            let Some(parameter) = document.follow(written) else {
                continue;
            };
            let (place, name) = (parameter.text_of("in"), parameter.text_of("name"));
            let before = found.insert((place, name), (own, parameter));
            if let Some(before) = before.filter(|it| it.0 == own) {
                let text = format!(
                    "there is a {place} parameter `{}` already",
                    prefix(name, 100)
                );
                document.notes.add(written, text);
                found.insert((place, name), before);
            }
        }
    }
    found
        .into_values()
        .map(|(_, parameter)| parameter)
        .collect()
}

/// Headers that OpenAPI describes elsewhere.
static SPECIAL_HEADERS: &[&str] = &["accept", "authorization", "content-type"];

#[derive(Default)]
struct Request {
    members: Vec<DefinedMember>,
    types: Vec<Box<str>>,
}

impl Request {
    fn parameter<'d>(
        &mut self,
        document: &mut Document<'d>,
        around: Surroundings<'d>,
        template: &str,
        parameter: &'d Node,
    ) {
        let name = parameter.text_of("name");
        let required = parameter.says("required");
        let schema = schema_of(around.version, parameter);
        let spot = match parameter.text_of("in") {
            "path" => Spot::RequestPath,
            "query" => Spot::RequestQuery,
            "header" => Spot::RequestHeaders,
            "cookie" => Spot::RequestCookies,
            "formData" => Spot::RequestBody,
            "body" => {
                let schemas = parameter.get("schema").into_iter().collect::<Vec<_>>();
                let members = schema::of_body(document, &schemas, Spot::RequestBody, required);
                self.members.extend(members);
                return;
            }
            other => {
                let text = format!(
                    "`in` is none of path, query, header, cookie but `{}`; the parameter was left out",
                    prefix(other, 100)
                );
                document.notes.add(parameter, text);
                return;
            }
        };
        if name.is_empty() {
            document
                .notes
                .add(parameter, "this parameter has no name; it was left out");
            return;
        }
        if spot == Spot::RequestPath && !templates::slots(template).any(|it| it == name) {
            let text = format!(
                "the path has no slot `{{{}}}`; the parameter was left out",
                prefix(name, 100)
            );
            document.notes.add(parameter, text);
            return;
        }
        let lower = name.to_ascii_lowercase();
        if spot == Spot::RequestHeaders && SPECIAL_HEADERS.contains(&&*lower) {
            return;
        }
        let deep = spot == Spot::RequestQuery && parameter.text_of("style") == "deepObject";
        if let Some(schema) = schema.filter(|_| deep) {
            let members = schema::of_deep_object(document, schema, name, required);
            self.members.extend(members);
            return;
        }
        let name = if spot == Spot::RequestHeaders {
            &lower
        } else {
            name
        };
        let mut member = schema::of_parameter(document, schema, spot, name);
        member.required = required || spot == Spot::RequestPath;
        self.members.push(member);
    }

    fn body<'d>(&mut self, document: &mut Document<'d>, body: &'d Node) {
        let Some(body) = document.follow(body) else {
            return;
        };
        let (types, schemas) = content(document, body);
        let members = schema::of_body(document, &schemas, Spot::RequestBody, body.says("required"));
        self.types = types;
        self.members.extend(members);
    }

    fn has_body(&self) -> bool {
        self.members.iter().any(|it| it.spot == Spot::RequestBody)
    }

    /// Every slot is a member, even one that the document does not describe.
    fn name_all_slots(&mut self, template: &str) {
        let path = template.split('#').next().unwrap_or_default();
        for slot in templates::slots(path) {
            let path = member_path::of_name(slot);
            let known = |it: &DefinedMember| it.spot == Spot::RequestPath && *it.path == *path;
            if !self.members.iter().any(known) {
                self.members.push(DefinedMember {
                    spot: Spot::RequestPath,
                    path: path.into(),
                    required: true,
                    types: Vec::new(),
                    format: "".into(),
                    values: Vec::new(),
                    open: false,
                });
            }
        }
    }
}

/// In OpenAPI 2.0 a parameter is its own schema.
fn schema_of(version: Version, parameter: &Node) -> Option<&Node> {
    if version == Version::V2 {
        return Some(parameter);
    }
    let of_content = || {
        let (_, media) = parameter.get("content")?.entries().next()?;
        media.get("schema")
    };
    parameter.get("schema").or_else(of_content)
}

/// The media types of a body or an answer, sorted, and the schemas they have.
fn content<'d>(document: &mut Document<'d>, holder: &'d Node) -> (Vec<Box<str>>, Vec<&'d Node>) {
    let Some(content) = holder.get("content") else {
        return (Vec::new(), Vec::new());
    };
    let (mut types, mut schemas) = (Vec::new(), Vec::new());
    for (at, (name, media)) in content.entries().enumerate() {
        if at == MEDIA_TYPES_MAX {
            let text = format!("only the first {MEDIA_TYPES_MAX} media types are read");
            document.notes.add(content, text);
            break;
        }
        types.push(media_type(name));
        schemas.extend(document.follow(media).and_then(|it| it.get("schema")));
    }
    types.sort();
    types.dedup();
    (types, schemas)
}

/// Of OpenAPI 2.0: those of the operation, or else of the document.
fn swagger_types<'d>(document: &mut Document<'d>, node: &'d Node, key: &str) -> Vec<Box<str>> {
    let root = document.root;
    let list = node.get(key).or_else(|| root.get(key));
    let items = list.map(Node::items).unwrap_or_default();
    let mut types = items
        .iter()
        .filter_map(Node::text)
        .take(MEDIA_TYPES_MAX)
        .map(media_type)
        .collect::<Vec<_>>();
    types.sort();
    types.dedup();
    types
}

/// In lower case, without parameters such as the character set.
pub(super) fn media_type(text: &str) -> Box<str> {
    let plain = text.split(';').next().unwrap_or_default().trim();
    prefix(plain, TEXT_BYTES_MAX).to_ascii_lowercase().into()
}

fn responses<'d>(
    document: &mut Document<'d>,
    around: Surroundings<'d>,
    node: &'d Node,
) -> Vec<DefinedResponse> {
    let Some(list) = node.get("responses") else {
        return Vec::new();
    };
    let mut responses = BTreeMap::new();
    for (status, written) in list.entries().filter(|it| !it.0.starts_with("x-")) {
        if responses.len() >= RESPONSES_MAX {
            let text = format!("only the first {RESPONSES_MAX} answers are read");
            document.notes.add(list, text);
            break;
        }
        let Some(status) = status_name(status) else {
            let text = format!("`{}` is no status; it was left out", prefix(status, 100));
            document.notes.add(written, text);
            continue;
        };
        if let Some(response) = document.follow(written) {
            let read = response_members(document, around, node, response);
            responses.insert(status, read);
        }
    }
    responses
        .into_iter()
        .map(|(status, (types, members))| DefinedResponse {
            status: status.into(),
            types,
            members,
        })
        .collect()
}

/// `200`, `2XX` or `default`.
fn status_name(text: &str) -> Option<String> {
    let upper = text.to_ascii_uppercase();
    let known = match upper.as_bytes() {
        [b'1'..=b'5', b'X', b'X'] => true,
        [b'1'..=b'9', one, two] => one.is_ascii_digit() && two.is_ascii_digit(),
        _ => false,
    };
    match &*upper {
        "DEFAULT" => Some("default".to_owned()),
        _ => known.then_some(upper),
    }
}

fn response_members<'d>(
    document: &mut Document<'d>,
    around: Surroundings<'d>,
    node: &'d Node,
    response: &'d Node,
) -> (Vec<Box<str>>, Vec<DefinedMember>) {
    let (mut types, mut schemas) = content(document, response);
    if around.version == Version::V2 {
        schemas.extend(response.get("schema"));
        if !schemas.is_empty() {
            types = swagger_types(document, node, "produces");
        }
    }
    let mut members = schema::of_body(document, &schemas, Spot::ResponseBody, false);
    let headers = response.get("headers").into_iter().flat_map(Node::entries);
    for (name, written) in headers.take(MEMBERS_MAX) {
        let Some(header) = document.follow(written) else {
            continue;
        };
        let name = name.to_ascii_lowercase();
        if name == "content-type" {
            continue;
        }
        let schema = schema_of(around.version, header);
        let spot = Spot::ResponseHeaders;
        let mut member = schema::of_parameter(document, schema, spot, &name);
        member.required = header.says("required");
        members.push(member);
    }
    (types, sorted(members))
}

/// By spot and path, each once.
pub(super) fn sorted(mut members: Vec<DefinedMember>) -> Vec<DefinedMember> {
    members.sort_by(|a, b| (a.spot, &a.path).cmp(&(b.spot, &b.path)));
    members.dedup_by(|a, b| a.spot == b.spot && a.path == b.path);
    members
}
