//! A document while it is read: its tree, its warnings, and the way from a reference to what it
//! names.

use super::notes::Notes;
use crate::limits::REFERENCE_HOPS_MAX;
use crate::tree::{Node, Value};

pub(super) struct Document<'d> {
    pub root: &'d Node,
    pub notes: Notes<'d>,
    /// Schemas looked at so far.
    pub visits: usize,
    /// Of those, for the member that is looked at.
    pub visits_here: usize,
    /// Members found so far.
    pub members: usize,
}

impl<'d> Document<'d> {
    pub(super) fn new(root: &'d Node) -> Self {
        Document {
            root,
            notes: Notes::default(),
            visits: 0,
            visits_here: 0,
            members: 0,
        }
    }

    /// What stands there, or where the references there lead; `None`, with a warning, where they
    /// lead nowhere.
    pub(super) fn follow(&mut self, node: &'d Node) -> Option<&'d Node> {
        let mut at = node;
        for _ in 0..REFERENCE_HOPS_MAX {
            let Some(reference) = at.get("$ref").and_then(Node::text) else {
                return Some(at);
            };
            at = self.target(at, reference)?;
        }
        self.notes.add(
            node,
            format!("this reference leads to more than {REFERENCE_HOPS_MAX} others, or back to itself; it was left out"),
        );
        None
    }

    /// What a reference names; a warning where it names nothing in this document.
    pub(super) fn target(&mut self, from: &'d Node, reference: &str) -> Option<&'d Node> {
        let shown = gatewatch_model::caller::prefix(reference, 200);
        let Some(pointer) = reference.strip_prefix('#') else {
            let text = format!(
                "`{shown}` lies outside of this document and is not fetched; put it into the document to have it read"
            );
            self.notes.add(from, text);
            return None;
        };
        let found = self.at(pointer);
        if found.is_none() {
            let text = format!("`{shown}` names nothing in this document; it was left out");
            self.notes.add(from, text);
        }
        found
    }

    fn at(&self, pointer: &str) -> Option<&'d Node> {
        if pointer.is_empty() {
            return Some(self.root);
        }
        let mut at = self.root;
        for step in pointer.strip_prefix('/')?.split('/') {
            let plain = percent_decoded(step).replace("~1", "/").replace("~0", "~");
            at = match &at.value {
                Value::Object(object) => object.get(&plain)?,
                Value::List(items) => items.get(plain.parse::<usize>().ok()?)?,
                _ => return None,
            };
        }
        Some(at)
    }
}

/// Of a pointer in a reference; what is no escape stays as it is.
fn percent_decoded(text: &str) -> String {
    if !text.contains('%') {
        return text.to_owned();
    }
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let hex = bytes
            .get(at + 1..at + 3)
            .filter(|it| bytes[at] == b'%' && it.iter().all(u8::is_ascii_hexdigit))
            .and_then(|it| std::str::from_utf8(it).ok())
            .and_then(|it| u8::from_str_radix(it, 16).ok());
        out.push(hex.unwrap_or(bytes[at]));
        at += if hex.is_some() { 3 } else { 1 };
    }
    String::from_utf8_lossy(&out).into_owned()
}
