//! The URL of a Postman request: its server, template and query.

use gatewatch_model::caller::prefix;
use gatewatch_model::definition::Server;

use super::Variables;
use crate::definition::server;
use crate::limits::{MEMBERS_MAX, TEXT_BYTES_MAX, VARIABLE_HOPS_MAX};
use crate::templates;
use crate::tree::Node;

pub(super) struct Address {
    pub server: Server,
    pub template: String,
    /// Names of query parameters.
    pub query: Vec<String>,
    /// Values that were taken for slots by their looks.
    pub guessed: Vec<String>,
}

/// Nothing where the request has no URL.
pub(super) fn read(request: &Node, variables: &Variables<'_>) -> Option<Address> {
    let url = request.get("url").unwrap_or(request);
    let raw = raw(url)?;
    let raw = prefix(raw.trim(), TEXT_BYTES_MAX);
    let (before, after) = raw.split_at(raw.find(['?', '#']).unwrap_or(raw.len()));
    let address = filled_in(before, variables);
    let address = address.split(['?', '#']).next().unwrap_or_default();
    let (server, path) = split(address);
    let mut guessed = Vec::new();
    let mut path_with_slots = String::new();
    for segment in templates::segments(&path) {
        path_with_slots.push('/');
        path_with_slots.push_str(&slotted(segment, &mut guessed));
    }
    Some(Address {
        server,
        template: templates::tidy(&path_with_slots),
        query: query(url, after),
        guessed,
    })
}

fn raw(url: &Node) -> Option<String> {
    if let Some(text) = url.text() {
        return (!text.is_empty()).then(|| text.to_owned());
    }
    let given = url.text_of("raw");
    if !given.is_empty() {
        return Some(given.to_owned());
    }
    let joined = |name, by: &str| match url.get(name) {
        Some(node) if node.text().is_some() => node.text().unwrap_or_default().to_owned(),
        Some(node) => {
            let parts = node.items().iter();
            let texts = parts.map(|it| it.text().unwrap_or_else(|| it.text_of("value")));
            texts.collect::<Vec<_>>().join(by)
        }
        None => String::new(),
    };
    let (host, path) = (joined("host", "."), joined("path", "/"));
    if host.is_empty() && path.is_empty() {
        return None;
    }
    let scheme = match url.text_of("protocol") {
        "" => String::new(),
        scheme => format!("{}://", scheme.trim_end_matches("://")),
    };
    let port = match url.get("port").and_then(Node::scalar) {
        Some(port) if !port.is_empty() => format!(":{port}"),
        _ => String::new(),
    };
    Some(format!(
        "{scheme}{host}{port}/{}",
        path.trim_start_matches('/')
    ))
}

/// Variables that are part of the address are filled in; those that stand for a value stay, as
/// slots do: `{{id}}` becomes `{id}`.
fn filled_in(text: &str, variables: &Variables<'_>) -> String {
    let mut text = text.to_owned();
    for _ in 0..VARIABLE_HOPS_MAX {
        let (next, changed) = filled_in_once(&text, variables);
        text = next;
        if !changed {
            break;
        }
    }
    text.replace("{{", "{").replace("}}", "}")
}

fn filled_in_once(text: &str, variables: &Variables<'_>) -> (String, bool) {
    let mut out = String::new();
    let (mut rest, mut changed) = (text, false);
    while let Some(start) = rest.find("{{") {
        let Some(length) = rest[start..].find("}}") else {
            break;
        };
        let name = rest[start + 2..start + length].trim();
        out.push_str(&rest[..start]);
        let in_path = out.contains("://") && out[out.find("://").unwrap_or(0) + 3..].contains('/')
            || !out.contains("://") && !out.is_empty();
        match variables.get(name) {
            Some(value) if !value.is_empty() && (!in_path || is_address(value)) => {
                out.push_str(prefix(value, TEXT_BYTES_MAX));
                changed = true;
            }
            _ => out.extend(["{{", name, "}}"]),
        }
        rest = &rest[start + length + 2..];
        if out.len() > TEXT_BYTES_MAX {
            break;
        }
    }
    out.push_str(rest);
    (prefix(&out, TEXT_BYTES_MAX).to_owned(), changed)
}

/// Whether a value is a piece of an address and not what somebody would look up: `v1`, `/api/v2`,
/// another variable.
fn is_address(value: &str) -> bool {
    let version = value
        .strip_prefix(['v', 'V'])
        .is_some_and(|it| it.starts_with(|it: char| it.is_ascii_digit()));
    version || value.contains('/') || value.contains("{{")
}

/// A variable that nothing is known of stands for the server when the address begins with it.
fn split(address: &str) -> (Server, String) {
    if address.contains("://") {
        return without_path(address);
    }
    if let Some(after) = address.strip_prefix('{') {
        let path = after.split_once('}').map_or("", |(_, path)| path);
        let path = &path[path.find('/').unwrap_or(path.len())..];
        return (Server::default(), path.to_owned());
    }
    if address.starts_with('/') {
        return (Server::default(), address.to_owned());
    }
    // Postman takes a URL without a scheme as plain HTTP.
    without_path(&format!("http://{address}"))
}

fn without_path(address: &str) -> (Server, String) {
    let mut server = server::of_url(address);
    let path = std::mem::take(&mut server.base_path);
    if server.host.contains('{') {
        server.host = "".into();
    }
    (server, path.into())
}

/// `:id` and values that look like ids become slots.
fn slotted(segment: &str, guessed: &mut Vec<String>) -> String {
    if let Some(name) = segment.strip_prefix(':').filter(|it| !it.is_empty()) {
        return format!("{{{name}}}");
    }
    let number = segment.len() >= 3 && segment.bytes().all(|it| it.is_ascii_digit());
    if number || is_uuid(segment) {
        guessed.push(segment.to_owned());
        return "{id}".to_owned();
    }
    segment.to_owned()
}

fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(at, it)| match at {
            8 | 13 | 18 | 23 => it == b'-',
            _ => it.is_ascii_hexdigit(),
        })
}

/// The list knows which parameters are switched off, the text does not.
fn query(url: &Node, after_path: &str) -> Vec<String> {
    if let Some(list) = url.get("query") {
        return list
            .items()
            .iter()
            .filter(|it| !it.says("disabled"))
            .map(|it| it.text_of("key").to_owned())
            .filter(|it| !it.is_empty())
            .take(MEMBERS_MAX)
            .collect();
    }
    let text = after_path.split('#').next().unwrap_or_default();
    text.trim_start_matches('?')
        .split('&')
        .map(|it| it.split('=').next().unwrap_or_default().to_owned())
        .filter(|it| !it.is_empty())
        .take(MEMBERS_MAX)
        .collect()
}
