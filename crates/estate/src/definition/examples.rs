//! Bodies that were written down as examples, into members. An example shows what may be there,
//! not what must be, nor all that may.

use std::collections::{BTreeMap, BTreeSet};

use gatewatch_model::Spot;
use gatewatch_model::definition::DefinedMember;

use crate::limits::{EXAMPLE_WAITING_MAX, MEMBER_DEPTH_MAX, MEMBER_PATH_BYTES_MAX, MEMBERS_MAX};
use crate::member_path;
use crate::tree::{Node, Value};

/// What several examples show together.
#[derive(Debug, Default)]
pub(super) struct Examples {
    /// By path, the types; empty where one example does not tell.
    members: BTreeMap<String, BTreeSet<&'static str>>,
    unsure: BTreeSet<String>,
}

impl Examples {
    /// Takes in the values of one example; false where there was no room for all.
    pub(super) fn add(&mut self, root: &Node) -> bool {
        let mut waiting = vec![(root, String::new(), 0)];
        let mut all = true;
        while let Some((node, path, depth)) = waiting.pop() {
            let known = self.members.contains_key(&path);
            let beyond = depth > MEMBER_DEPTH_MAX || path.len() > MEMBER_PATH_BYTES_MAX;
            if beyond || !known && self.members.len() >= MEMBERS_MAX {
                all = false;
                continue;
            }
            let kind = match &node.value {
                Value::Null => None,
                Value::Bool(_) => Some("boolean"),
                Value::Number(text) if text.contains(['.', 'e', 'E']) => Some("number"),
                Value::Number(_) => Some("integer"),
                Value::Text(_) => Some("string"),
                Value::List(_) => Some("array"),
                Value::Object(_) => Some("object"),
            };
            let room = EXAMPLE_WAITING_MAX.saturating_sub(waiting.len());
            all &= node.entries().nth(room).is_none() && node.items().len() <= room;
            for (name, member) in node.entries().take(room) {
                let mut below = path.clone();
                member_path::push_name(&mut below, name);
                waiting.push((member, below, depth + 1));
            }
            for item in node.items().iter().take(room) {
                waiting.push((item, format!("{path}[]"), depth + 1));
            }
            if kind.is_none() {
                self.unsure.insert(path.clone());
            }
            self.members.entry(path).or_default().extend(kind);
        }
        all
    }

    pub(super) fn into_members(self, spot: Spot) -> Vec<DefinedMember> {
        let Examples { members, unsure } = self;
        members
            .into_iter()
            .map(|(path, types)| {
                let open = types.is_empty() || types.contains("object") || types.contains("array");
                let told = !unsure.contains(&path);
                DefinedMember {
                    spot,
                    path: path.into(),
                    required: false,
                    types: types.into_iter().filter(|_| told).map(Box::from).collect(),
                    format: "".into(),
                    values: Vec::new(),
                    open,
                }
            })
            .collect()
    }
}
