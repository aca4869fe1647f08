//! Postman collections 2.0 and 2.1: folders and requests into operations.

mod request;
mod url;

use std::collections::{BTreeMap, BTreeSet};

use gatewatch_model::caller::prefix;
use gatewatch_model::definition::{Definition, Operation, Server};

use super::document::Document;
use super::openapi::sorted;
use crate::limits::{FOLDER_DEPTH_MAX, OPERATIONS_MAX, SERVERS_MAX, TEXT_BYTES_MAX, VARIABLES_MAX};
use crate::templates;
use crate::tree::{Node, Value};

/// The values of a collection's variables.
pub(super) type Variables<'d> = BTreeMap<&'d str, &'d str>;

pub(super) fn read(document: &mut Document<'_>) -> Definition {
    let root = document.root;
    let mut reading = Reading {
        variables: variables(document, root),
        servers: Vec::new(),
        operations: Vec::new(),
        known: BTreeSet::new(),
    };
    reading.folder(document, root, None, 0);
    let info = root.get("info");
    let text = |name| {
        info.and_then(|it| it.get(name)?.scalar())
            .unwrap_or_default()
    };
    let version = info.and_then(|it| it.get("version"));
    let format = if text("schema").contains("v2.0") {
        "postman-2.0"
    } else {
        "postman-2.1"
    };
    Definition {
        title: prefix(text("name"), TEXT_BYTES_MAX).into(),
        version: version.map(version_text).unwrap_or_default().into(),
        format: format.into(),
        servers: reading.servers,
        operations: sorted(reading.operations),
    }
}

/// Of a text, or of `{major, minor, patch}`.
fn version_text(version: &Node) -> String {
    if let Some(text) = version.scalar() {
        return prefix(text, TEXT_BYTES_MAX).to_owned();
    }
    let parts = ["major", "minor", "patch"];
    let numbers = parts.iter().filter_map(|it| version.get(it)?.scalar());
    let text = numbers.collect::<Vec<_>>().join(".");
    prefix(&text, TEXT_BYTES_MAX).to_owned()
}

fn variables<'d>(document: &mut Document<'d>, holder: &'d Node) -> Variables<'d> {
    let list = holder.get("variable").map(Node::items).unwrap_or_default();
    if let Some(beyond) = list.get(VARIABLES_MAX) {
        let text = format!("only the first {VARIABLES_MAX} variables are read");
        document.notes.add(beyond, text);
    }
    let used = list.iter().take(VARIABLES_MAX);
    used.filter(|it| !it.says("disabled"))
        .filter_map(|it| {
            let name = it.get("key").or_else(|| it.get("id"))?.text()?;
            Some((name, it.get("value")?.scalar()?))
        })
        .collect()
}

struct Reading<'d> {
    variables: Variables<'d>,
    servers: Vec<Server>,
    operations: Vec<Operation>,
    /// Method and template without names of slots.
    known: BTreeSet<String>,
}

impl<'d> Reading<'d> {
    /// `auth` is that of the nearest folder around that has any.
    fn folder(
        &mut self,
        document: &mut Document<'d>,
        folder: &'d Node,
        auth: Option<&'d Node>,
        depth: usize,
    ) {
        if depth > FOLDER_DEPTH_MAX {
            let text = format!("folders more than {FOLDER_DEPTH_MAX} deep are left out");
            document.notes.add(folder, text);
            return;
        }
        let auth = own_auth(folder).or(auth);
        for item in folder.get("item").map(Node::items).unwrap_or_default() {
            if item.get("item").is_some() {
                self.folder(document, item, auth, depth + 1);
            } else {
                self.request(document, item, auth);
            }
        }
    }

    fn request(&mut self, document: &mut Document<'d>, item: &'d Node, auth: Option<&'d Node>) {
        let Some(request) = item.get("request") else {
            let text = "this item is neither a folder nor a request; it was left out";
            document.notes.add(item, text);
            return;
        };
        if self.operations.len() >= OPERATIONS_MAX {
            let root = document.root;
            let text = format!("only the first {OPERATIONS_MAX} requests are read");
            document.notes.add(root, text);
            return;
        }
        let Some(address) = url::read(request, &self.variables) else {
            document
                .notes
                .add(item, "this request has no URL; it was left out");
            return;
        };
        for slot in &address.guessed {
            let text =
                format!("`{slot}` in the path looks like an example value; it was read as a slot");
            document.notes.add(item, text);
        }
        let method = match request.text_of("method") {
            "" => "GET".to_owned(),
            method => prefix(method, TEXT_BYTES_MAX).to_ascii_uppercase(),
        };
        let key = format!("{method} {}", templates::nameless(&address.template));
        if !self.known.insert(key) {
            let text = format!(
                "there is a {method} {} already; this one was left out",
                address.template
            );
            document.notes.add(item, text);
            return;
        }
        self.serve(document, &address.server);
        let operation = Operation::new(method, &*address.template);
        let auth = own_auth(request).or(auth);
        let read = request::read(document, item, auth, operation, &address);
        self.operations.push(read);
    }

    fn serve(&mut self, document: &mut Document<'d>, server: &Server) {
        let nothing_said = server.host.is_empty();
        if nothing_said || self.servers.contains(server) {
            return;
        }
        if self.servers.len() >= SERVERS_MAX {
            let root = document.root;
            let text = format!("only the first {SERVERS_MAX} servers are kept");
            document.notes.add(root, text);
            return;
        }
        self.servers.push(server.clone());
    }
}

fn own_auth(holder: &Node) -> Option<&Node> {
    holder.get("auth").filter(|it| it.value != Value::Null)
}
