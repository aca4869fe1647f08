//! Schemas into members: the shallow ones first, so that a bound cuts what lies deep.

use std::collections::VecDeque;

use gatewatch_model::Spot;
use gatewatch_model::caller::prefix;
use gatewatch_model::definition::DefinedMember;

use super::document::Document;
use super::shape::{self, Parts, Shape, Trail};
use crate::limits::{
    MEMBER_DEPTH_MAX, MEMBER_PATH_BYTES_MAX, MEMBERS_MAX, MEMBERS_TOTAL_MAX, TEXT_BYTES_MAX,
};
use crate::member_path;
use crate::tree::Node;

/// The schemas of one body, one of which holds.
pub(super) fn of_body<'d>(
    document: &mut Document<'d>,
    schemas: &[&'d Node],
    spot: Spot,
    required: bool,
) -> Vec<DefinedMember> {
    let mut parts = Parts {
        list: Vec::new(),
        any: true,
    };
    for node in schemas {
        parts.list.extend(Parts::one(node).list);
    }
    if parts.list.is_empty() {
        return Vec::new();
    }
    let mut walk = Walk {
        spot,
        trail: Trail::default(),
        members: Vec::new(),
        waiting: VecDeque::new(),
        cut: false,
    };
    walk.waiting.push_back(Waiting {
        parts,
        path: String::new(),
        required: true,
        depth: 0,
        above: None,
    });
    while let Some(next) = walk.waiting.pop_front() {
        walk.take(document, next);
    }
    if walk.cut {
        let text = format!(
            "this body has more than {MEMBERS_MAX} members, or more than {MEMBER_DEPTH_MAX} within each other; deeper ones are left open"
        );
        document.notes.add(schemas[0], text);
    }
    if let Some(root) = walk.members.first_mut() {
        root.required = required;
    }
    walk.members
}

/// A parameter: one member, whatever its schema holds within.
pub(super) fn of_parameter<'d>(
    document: &mut Document<'d>,
    schema: Option<&'d Node>,
    spot: Spot,
    name: &str,
) -> DefinedMember {
    let shape = match schema {
        Some(schema) => shape::of_parts(document, &mut Trail::default(), &Parts::one(schema)),
        None => Shape::default(),
    };
    document.members += 1;
    let path = member_path::of_name(prefix(name, MEMBER_PATH_BYTES_MAX));
    member(&shape, spot, path, false)
}

/// The members of a parameter that is written `filter[name]`.
pub(super) fn of_deep_object<'d>(
    document: &mut Document<'d>,
    schema: &'d Node,
    name: &str,
    required: bool,
) -> Vec<DefinedMember> {
    let mut trail = Trail::default();
    let whole = shape::of_parts(document, &mut trail, &Parts::one(schema));
    let mut members = Vec::new();
    for (inner, property) in whole.properties.iter().take(MEMBERS_MAX) {
        let shape = shape::of_parts(document, &mut trail, &property.parts);
        let name = format!("{name}[{inner}]");
        let path = member_path::of_name(prefix(&name, MEMBER_PATH_BYTES_MAX));
        let required = required && property.required;
        members.push(member(&shape, Spot::RequestQuery, path, required));
    }
    document.members += members.len();
    members
}

/// A member that still has to be looked at.
struct Waiting<'d> {
    parts: Parts<'d>,
    path: String,
    required: bool,
    depth: usize,
    /// In `Walk::members`, what it stands in.
    above: Option<usize>,
}

struct Walk<'d> {
    spot: Spot,
    trail: Trail<'d>,
    members: Vec<DefinedMember>,
    waiting: VecDeque<Waiting<'d>>,
    cut: bool,
}

impl<'d> Walk<'d> {
    fn take(&mut self, document: &mut Document<'d>, next: Waiting<'d>) {
        if self.is_beyond(document, &next) {
            if let Some(above) = next.above {
                self.members[above].open = true;
            }
            return;
        }
        let shape = shape::of_parts(document, &mut self.trail, &next.parts);
        let hidden = if self.spot.is_response() {
            shape.write_only
        } else {
            shape.read_only
        };
        if hidden && next.depth > 0 {
            return;
        }
        document.members += 1;
        let here = self.members.len();
        let known = member(&shape, self.spot, next.path.clone(), next.required);
        self.members.push(known);
        let alone = shape
            .types
            .as_ref()
            .is_none_or(|it| it.len() == 1 || it.contains("object"));
        for (name, property) in shape.properties {
            let mut path = next.path.clone();
            member_path::push_name(&mut path, name);
            self.waiting.push_back(Waiting {
                parts: property.parts,
                path,
                required: next.required && property.required && alone,
                depth: next.depth + 1,
                above: Some(here),
            });
        }
        if !shape.items.list.is_empty() {
            self.waiting.push_back(Waiting {
                parts: shape.items,
                path: format!("{}[]", next.path),
                required: false,
                depth: next.depth + 1,
                above: Some(here),
            });
        }
    }

    fn is_beyond(&mut self, document: &mut Document<'d>, next: &Waiting<'d>) -> bool {
        if next.depth == 0 {
            return false;
        }
        let here = self.members.len() >= MEMBERS_MAX
            || next.depth > MEMBER_DEPTH_MAX
            || next.path.len() > MEMBER_PATH_BYTES_MAX;
        let whole = document.members >= MEMBERS_TOTAL_MAX;
        if whole && !here {
            let root = document.root;
            let text = format!(
                "the document has more than {MEMBERS_TOTAL_MAX} members; the bodies that come later are left open"
            );
            document.notes.add(root, text);
        }
        self.cut |= here;
        here || whole
    }
}

fn member(shape: &Shape<'_>, spot: Spot, path: String, required: bool) -> DefinedMember {
    let types = shape.types.iter().flatten();
    let values = shape.values.iter().flatten();
    DefinedMember {
        spot,
        path: path.into(),
        required,
        types: types.map(|it| Box::from(*it)).collect(),
        format: prefix(shape.format, TEXT_BYTES_MAX).into(),
        values: values.map(|it| Box::from(*it)).collect(),
        open: shape.is_open(),
    }
}
