//! OpenAPI 2.0, 3.0 and 3.1: paths into operations.

use std::collections::BTreeSet;

use gatewatch_model::caller::prefix;
use gatewatch_model::definition::{Definition, Operation, Server};

use super::Version;
use super::document::Document;
use super::operation::{self, Surroundings};
use super::server;
use crate::limits::{OPERATIONS_MAX, TEXT_BYTES_MAX};
use crate::openapi::{EXTENSION, OPERATIONS};
use crate::templates;
use crate::tree::Node;

static METHODS: &[&str] = &[
    "get", "put", "post", "delete", "options", "head", "patch", "trace",
];

pub(super) fn read(document: &mut Document<'_>, version: Version) -> Definition {
    let root = document.root;
    if version == Version::Later {
        document
            .notes
            .add(root, "this is newer than OpenAPI 3.1; it was read as 3.1");
    }
    let list = root.get("servers");
    let servers = match version {
        Version::V2 => server::of_swagger(root),
        _ => server::of_list(document, list),
    };
    let base = server::base_of(document, &servers, list);
    let mut reading = Reading {
        version,
        operations: Vec::new(),
        known: BTreeSet::new(),
    };
    let paths = root.get("paths");
    if paths.is_none() && root.get("webhooks").is_none() {
        document.notes.add(root, "there are no `paths`");
    }
    for (path, item) in paths.into_iter().flat_map(Node::entries) {
        if !path.starts_with("x-") {
            reading.path(document, path, item, &base);
        }
    }
    let info = root.get("info");
    let text = |name| {
        info.and_then(|it| it.get(name)?.scalar())
            .unwrap_or_default()
    };
    Definition {
        title: prefix(text("title"), TEXT_BYTES_MAX).into(),
        version: prefix(text("version"), TEXT_BYTES_MAX).into(),
        format: match version {
            Version::V2 => "openapi-2.0".into(),
            Version::V3_0 => "openapi-3.0".into(),
            Version::V3_1 | Version::Later => "openapi-3.1".into(),
        },
        servers,
        operations: sorted(reading.operations),
    }
}

pub(super) fn sorted(mut operations: Vec<Operation>) -> Vec<Operation> {
    operations.sort_by(|a, b| (&a.template, &a.method).cmp(&(&b.template, &b.method)));
    operations
}

struct Reading {
    version: Version,
    operations: Vec<Operation>,
    /// Method and template without names of slots.
    known: BTreeSet<String>,
}

/// Where the operations of a path stand.
#[derive(Clone, Copy)]
struct At<'p, 'd> {
    path: &'p str,
    base: &'p str,
    item: &'d Node,
}

impl Reading {
    fn path<'d>(&mut self, document: &mut Document<'d>, path: &str, item: &'d Node, base: &str) {
        if !path.starts_with('/') {
            let text = "a path starts with a slash; it was read as if it did";
            document.notes.add(item, text);
        }
        let (target, beside) = match item.get("$ref") {
            Some(_) => (document.follow(item), Some(item)),
            None => (Some(item), None),
        };
        for item in target.into_iter().chain(beside) {
            let own = base_below(document, item);
            let base = own.as_deref().unwrap_or(base);
            self.item(document, At { path, base, item });
        }
    }

    fn item<'d>(&mut self, document: &mut Document<'d>, at: At<'_, 'd>) {
        for method in METHODS.iter().copied().chain(["query"]) {
            if let Some(node) = at.item.get(method) {
                self.operation(document, at, &method.to_ascii_uppercase(), node);
            }
        }
        let additional = at.item.get("additionalOperations");
        for (method, node) in additional.into_iter().flat_map(Node::entries) {
            self.operation(document, at, prefix(method, TEXT_BYTES_MAX), node);
        }
        self.shared(document, at, at.item);
    }

    /// Operations below our own extension, by `METHOD` or `METHOD#name`.
    fn shared<'d>(&mut self, document: &mut Document<'d>, at: At<'_, 'd>, node: &'d Node) {
        let entries = node.get(OPERATIONS);
        for (method, node) in entries.into_iter().flat_map(Node::entries) {
            self.operation(document, at, prefix(method, TEXT_BYTES_MAX), node);
        }
    }

    /// `method` may carry a name behind `#`, which becomes part of the template.
    fn operation<'d>(
        &mut self,
        document: &mut Document<'d>,
        at: At<'_, 'd>,
        method: &str,
        node: &'d Node,
    ) {
        if node.object().is_none() {
            let text = "this is no operation; it was left out";
            document.notes.add(node, text);
            return;
        }
        if node.get(EXTENSION).is_some_and(|it| it.says("carrier")) {
            self.shared(document, at, node);
            return;
        }
        if self.operations.len() >= OPERATIONS_MAX {
            let root = document.root;
            let text = format!("only the first {OPERATIONS_MAX} operations are read");
            document.notes.add(root, text);
            return;
        }
        let own = base_below(document, node);
        let base = own.as_deref().unwrap_or(at.base);
        let mut template = template(document, at.path, at.item, base);
        let (method, name) = method.split_once('#').unwrap_or((method, ""));
        if !name.is_empty() {
            template.push('#');
            template.push_str(name);
        }
        let key = format!("{method} {}", templates::nameless(&template));
        if !self.known.insert(key) {
            let text = format!(
                "there is {method} {template} already, but for names of slots; this one was left out"
            );
            document.notes.add(node, text);
            return;
        }
        let around = Surroundings {
            version: self.version,
            item: at.item,
        };
        let read = operation::read(document, around, node, Operation::new(method, template));
        self.operations.push(read);
        if name.is_empty() {
            self.shared(document, at, node);
        }
    }
}

/// The base path of servers that a path or an operation has for itself.
fn base_below<'d>(document: &mut Document<'d>, node: &'d Node) -> Option<Box<str>> {
    let list = node.get("servers").filter(|it| !it.items().is_empty())?;
    let servers: Vec<Server> = server::of_list(document, Some(list));
    Some(server::base_of(document, &servers, Some(list)))
}

fn template<'d>(document: &mut Document<'d>, path: &str, item: &'d Node, base: &str) -> String {
    let plain = path.split(['?', '#']).next().unwrap_or_default();
    if plain.len() < path.len() {
        let text = "query and fragment are no part of a path; they were left out";
        document.notes.add(item, text);
    }
    let whole = format!("{base}/{plain}");
    if whole.len() > TEXT_BYTES_MAX {
        let text = format!("the path is longer than {TEXT_BYTES_MAX} bytes; its end was cut");
        document.notes.add(item, text);
    }
    templates::tidy(prefix(&whole, TEXT_BYTES_MAX))
}
