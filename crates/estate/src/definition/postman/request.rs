//! A Postman request with its saved answers into an operation.

use std::collections::BTreeMap;

use gatewatch_model::Spot;
use gatewatch_model::caller::prefix;
use gatewatch_model::definition::{DefinedMember, DefinedResponse, Operation};

use super::url::Address;
use crate::definition::document::Document;
use crate::definition::examples::Examples;
use crate::definition::operation::{media_type, sorted};
use crate::definition::security;
use crate::limits::{
    EXAMPLES_MAX, MEMBER_PATH_BYTES_MAX, MEMBERS_MAX, TEXT_BYTES_MAX, VARIABLE_BYTES_MAX,
};
use crate::member_path;
use crate::templates;
use crate::tree::{self, Node};

pub(super) fn read<'d>(
    document: &mut Document<'d>,
    item: &'d Node,
    auth: Option<&'d Node>,
    mut operation: Operation,
    address: &Address,
) -> Operation {
    let name = item.get("name").and_then(Node::scalar).unwrap_or_default();
    operation.summary = prefix(name, TEXT_BYTES_MAX).into();
    operation.security = security::of_postman(auth);
    let slots = templates::slots(&address.template);
    let mut members = slots
        .map(|it| named(Spot::RequestPath, it, true))
        .collect::<Vec<_>>();
    let query = address.query.iter();
    members.extend(query.map(|it| named(Spot::RequestQuery, it, false)));
    if let Some(request) = item.get("request") {
        for (name, value) in headers(request) {
            if name == "content-type" {
                operation.request_types = vec![media_type(&value)];
            } else if !matches!(&*name, "accept" | "authorization" | "cookie") {
                members.push(named(Spot::RequestHeaders, &name, false));
            }
        }
        if let Some(body) = request.get("body") {
            members.extend(body_members(document, body, &mut operation.request_types));
        }
    }
    operation.request = sorted(members);
    operation.responses = responses(document, item);
    operation
}

fn named(spot: Spot, name: &str, required: bool) -> DefinedMember {
    DefinedMember {
        spot,
        path: member_path::of_name(prefix(name, MEMBER_PATH_BYTES_MAX)).into(),
        required,
        types: Vec::new(),
        format: "".into(),
        values: Vec::new(),
        open: false,
    }
}

/// Names in lower case with their values: a list of `{key, value}`, or lines of text in 2.0.
fn headers(holder: &Node) -> Vec<(String, String)> {
    let Some(header) = holder.get("header") else {
        return Vec::new();
    };
    let of_lines = header.text().unwrap_or_default().lines();
    let of_lines = of_lines.filter_map(|it| it.split_once(':'));
    let of_items = header
        .items()
        .iter()
        .filter(|it| !it.says("disabled"))
        .map(|it| (it.text_of("key"), it.text_of("value")));
    of_lines
        .chain(of_items)
        .map(|(name, value)| (name.trim().to_ascii_lowercase(), value.trim().to_owned()))
        .filter(|(name, _)| !name.is_empty() && !name.contains("{{"))
        .take(MEMBERS_MAX)
        .collect()
}

fn body_members<'d>(
    document: &mut Document<'d>,
    body: &'d Node,
    types: &mut Vec<Box<str>>,
) -> Vec<DefinedMember> {
    let mode = body.text_of("mode");
    let (media, members) = match mode {
        "raw" => {
            let text = body.text_of("raw");
            let language = body
                .get("options")
                .and_then(|it| it.get("raw")?.get("language"))
                .and_then(Node::text)
                .unwrap_or_default();
            let mut examples = Examples::default();
            let json = take(document, &mut examples, body, text);
            let media = match language {
                "json" => "application/json",
                "xml" => "application/xml",
                "html" => "text/html",
                _ if json => "application/json",
                _ => "",
            };
            (media, examples.into_members(Spot::RequestBody))
        }
        "urlencoded" => ("application/x-www-form-urlencoded", fields(body, mode)),
        "formdata" => ("multipart/form-data", fields(body, mode)),
        "graphql" => {
            let names = ["query", "variables", "operationName"];
            let members = names.map(|it| named(Spot::RequestBody, it, it == "query"));
            ("application/json", members.into())
        }
        "file" => ("application/octet-stream", Vec::new()),
        _ => ("", Vec::new()),
    };
    if types.is_empty() && !media.is_empty() {
        types.push(media.into());
    }
    members
}

fn fields(body: &Node, mode: &str) -> Vec<DefinedMember> {
    let list = body.get(mode).map(Node::items).unwrap_or_default();
    let used = list.iter().filter(|it| !it.says("disabled"));
    let names = used.map(|it| it.text_of("key")).filter(|it| !it.is_empty());
    names
        .take(MEMBERS_MAX)
        .map(|it| named(Spot::RequestBody, it, false))
        .collect()
}

/// Takes in an example that is JSON; variables in it stand for values nobody knows.
fn take<'d>(
    document: &mut Document<'d>,
    examples: &mut Examples,
    at: &'d Node,
    text: &str,
) -> bool {
    let begin = text.trim_start();
    if !begin.starts_with(['{', '[']) {
        return false;
    }
    let Ok(root) = tree::read_json(without_variables(text).as_bytes()) else {
        return false;
    };
    if !examples.add(&root) {
        let text = format!("this example has more than {MEMBERS_MAX} members; some were left out");
        document.notes.add(at, text);
    }
    true
}

fn without_variables(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find("{{") {
        let inside = &rest[start + 2..];
        let near = prefix(inside, VARIABLE_BYTES_MAX);
        let length = near.find("}}").filter(|at| {
            let name = inside[..*at].trim();
            let plain = |it: u8| it.is_ascii_alphanumeric() || b"_-.$ ".contains(&it);
            !name.is_empty() && name.bytes().all(plain)
        });
        let Some(length) = length else {
            out.push_str(&rest[..start + 2]);
            rest = inside;
            continue;
        };
        out.push_str(&rest[..start]);
        out.push_str("null");
        rest = &inside[length + 2..];
    }
    out.push_str(rest);
    out
}

fn responses<'d>(document: &mut Document<'d>, item: &'d Node) -> Vec<DefinedResponse> {
    #[derive(Default)]
    struct Answer {
        types: Vec<Box<str>>,
        headers: Vec<DefinedMember>,
        examples: Examples,
    }
    let mut answers: BTreeMap<String, Answer> = BTreeMap::new();
    let list = item.get("response").map(Node::items).unwrap_or_default();
    if let Some(beyond) = list.get(EXAMPLES_MAX) {
        let text = format!("only the first {EXAMPLES_MAX} saved answers of a request are read");
        document.notes.add(beyond, text);
    }
    for response in list.iter().take(EXAMPLES_MAX) {
        let code = response.get("code").and_then(Node::scalar);
        let is_status = |it: &&str| it.len() == 3 && it.bytes().all(|it| it.is_ascii_digit());
        let code = code.filter(is_status).unwrap_or("default");
        let answer = answers.entry(code.to_owned()).or_default();
        let text = response.text_of("body");
        let json = take(document, &mut answer.examples, response, text);
        let mut media = if json {
            "application/json".into()
        } else {
            "".into()
        };
        for (name, value) in headers(response) {
            if name == "content-type" {
                media = media_type(&value);
            } else {
                let member = named(Spot::ResponseHeaders, &name, false);
                answer.headers.push(member);
            }
        }
        if !media.is_empty() && !answer.types.contains(&media) {
            answer.types.push(media);
        }
    }
    answers
        .into_iter()
        .map(|(status, answer)| {
            let Answer {
                mut types,
                headers,
                examples,
            } = answer;
            types.sort();
            let mut members = headers;
            members.extend(examples.into_members(Spot::ResponseBody));
            DefinedResponse {
                status: status.into(),
                types,
                members: sorted(members),
            }
        })
        .collect()
}
