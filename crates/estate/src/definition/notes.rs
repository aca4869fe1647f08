//! Collects warnings by the values they concern, and finds the pointers to those at the end.

use std::collections::BTreeMap;

use super::Warning;
use crate::limits::WARNINGS_MAX;
use crate::tree::{Node, Value};

#[derive(Debug, Default)]
pub(super) struct Notes<'d> {
    list: Vec<(&'d Node, String)>,
    more: usize,
}

impl<'d> Notes<'d> {
    /// The same note of the same value is kept once.
    pub(super) fn add(&mut self, node: &'d Node, text: impl Into<String>) {
        let text = text.into();
        let known = |it: &(&Node, String)| std::ptr::eq(it.0, node) && it.1 == text;
        if self.list.iter().any(known) {
            return;
        }
        if self.list.len() < WARNINGS_MAX {
            self.list.push((node, text));
        } else {
            self.more += 1;
        }
    }

    /// Sorted by line.
    pub(super) fn into_warnings(self, root: &Node) -> Vec<Warning> {
        let mut pointers = self
            .list
            .iter()
            .map(|(node, _)| (std::ptr::from_ref::<Node>(node), None))
            .collect::<BTreeMap<_, _>>();
        if !pointers.is_empty() {
            find(root, &mut String::new(), &mut pointers);
        }
        let mut warnings = self
            .list
            .into_iter()
            .map(|(node, text)| Warning {
                line: node.line,
                pointer: pointers
                    .get(&std::ptr::from_ref(node))
                    .cloned()
                    .flatten()
                    .unwrap_or_default(),
                text,
            })
            .collect::<Vec<_>>();
        warnings.sort();
        if self.more > 0 {
            warnings.push(Warning {
                line: 0,
                pointer: String::new(),
                text: format!("there are {} more warnings", self.more),
            });
        }
        warnings
    }
}

/// Fills in the pointers of the values that are asked for. The depth of a tree is bounded.
fn find(node: &Node, pointer: &mut String, pointers: &mut BTreeMap<*const Node, Option<String>>) {
    if let Some(found) = pointers.get_mut(&std::ptr::from_ref(node)) {
        *found = Some(pointer.clone());
    }
    let length = pointer.len();
    match &node.value {
        Value::List(items) => {
            for (at, item) in items.iter().enumerate() {
                pointer.push('/');
                pointer.push_str(&at.to_string());
                find(item, pointer, pointers);
                pointer.truncate(length);
            }
        }
        Value::Object(object) => {
            for (name, member) in object.iter() {
                pointer.push('/');
                pointer.push_str(&name.replace('~', "~0").replace('/', "~1"));
                find(member, pointer, pointers);
                pointer.truncate(length);
            }
        }
        _ => {}
    }
}
