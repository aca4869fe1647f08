//! What one schema says of one value, its parts joined: `allOf` narrows, `oneOf` and `anyOf`
//! widen.

use std::collections::{BTreeMap, BTreeSet};

use super::document::Document;
use crate::limits::{
    ENUM_VALUE_BYTES_MAX, ENUM_VALUES_MAX, MEMBER_VISITS_MAX, MEMBERS_MAX, PROPERTIES_PER_VISIT,
    SCHEMA_JOIN_DEPTH_MAX, SCHEMA_PARTS_MAX, SCHEMA_VISITS_MAX,
};
use crate::tree::{Node, Value};

/// A schema, and which references led to it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Part<'d> {
    pub node: &'d Node,
    /// The last of them, in a `Trail`.
    pub trail: Option<usize>,
}

/// The schemas that references named on the way, each with the one before.
#[derive(Debug, Default)]
pub(super) struct Trail<'d> {
    steps: Vec<(&'d Node, Option<usize>)>,
}

/// Several schemas for one value.
#[derive(Clone, Debug, Default)]
pub(super) struct Parts<'d> {
    pub list: Vec<Part<'d>>,
    /// Whether one of them is enough.
    pub any: bool,
}

/// A member that a schema names.
#[derive(Clone, Debug, Default)]
pub(super) struct Property<'d> {
    pub parts: Parts<'d>,
    pub required: bool,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Shape<'d> {
    /// `None` where any is allowed.
    pub types: Option<BTreeSet<&'static str>>,
    pub format: &'d str,
    /// `None` where any is allowed.
    pub values: Option<BTreeSet<&'d str>>,
    pub properties: BTreeMap<&'d str, Property<'d>>,
    /// Names that are required, with a property of theirs or without.
    required: BTreeSet<&'d str>,
    pub items: Parts<'d>,
    /// Members without a name here may stand below.
    pub open: bool,
    /// They may not.
    closed: bool,
    pub read_only: bool,
    pub write_only: bool,
}

impl<'d> Trail<'d> {
    fn contains(&self, node: &Node, from: Option<usize>) -> bool {
        let mut at = from;
        while let Some((here, before)) = at.map(|at| self.steps[at]) {
            if std::ptr::eq(here, node) {
                return true;
            }
            at = before;
        }
        false
    }

    fn add(&mut self, node: &'d Node, before: Option<usize>) -> usize {
        self.steps.push((node, before));
        self.steps.len() - 1
    }
}

impl Shape<'_> {
    /// What is known of a schema that was cut.
    fn anything() -> Self {
        Shape {
            open: true,
            ..Shape::default()
        }
    }

    fn allows(&self, kind: &str) -> bool {
        self.types.as_ref().is_none_or(|it| it.contains(kind))
    }

    /// Whether there may be values below it that have no name here.
    pub(super) fn is_open(&self) -> bool {
        let bare_object = self.allows("object") && self.properties.is_empty() && !self.closed;
        let bare_list = self.allows("array") && self.items.list.is_empty();
        // A scalar alone, or a list whose items are known, has nothing else below it.
        let nothing_said = match &self.types {
            None => self.items.list.is_empty() && bare_object,
            Some(types) => {
                types.contains("object") && bare_object || types.contains("array") && bare_list
            }
        };
        self.open || nothing_said
    }
}

impl<'d> Parts<'d> {
    pub(super) fn one(node: &'d Node) -> Self {
        Parts {
            list: vec![Part { node, trail: None }],
            any: false,
        }
    }

    fn join(&mut self, other: Parts<'d>, any: bool) {
        self.any |= other.any || any;
        for part in other.list {
            let known = self.list.iter().any(|it| std::ptr::eq(it.node, part.node));
            if !known && self.list.len() < SCHEMA_PARTS_MAX {
                self.list.push(part);
            }
        }
    }
}

/// Reads what several schemas say of one value.
pub(super) fn of_parts<'d>(
    document: &mut Document<'d>,
    trail: &mut Trail<'d>,
    parts: &Parts<'d>,
) -> Shape<'d> {
    document.visits_here = 0;
    let mut joined: Option<Shape<'d>> = None;
    for part in &parts.list {
        let shape = of_part(document, trail, *part, 0);
        joined = Some(match joined {
            None => shape,
            Some(before) if parts.any => any_of(before, shape),
            Some(before) => all_of(before, shape),
        });
    }
    joined.unwrap_or_else(Shape::anything)
}

fn of_part<'d>(
    document: &mut Document<'d>,
    trail: &mut Trail<'d>,
    part: Part<'d>,
    depth: usize,
) -> Shape<'d> {
    document.visits += 1;
    document.visits_here += 1;
    if document.visits_here > MEMBER_VISITS_MAX {
        let text = format!(
            "this schema is joined of more than {MEMBER_VISITS_MAX} parts; what is left of them is taken as unknown"
        );
        document.notes.add(part.node, text);
        return Shape::anything();
    }
    if document.visits > SCHEMA_VISITS_MAX {
        let root = document.root;
        let text = "the schemas are too much entangled; what is left of them is taken as unknown";
        document.notes.add(root, text);
        return Shape::anything();
    }
    if depth > SCHEMA_JOIN_DEPTH_MAX {
        let text = format!(
            "schemas are joined more than {SCHEMA_JOIN_DEPTH_MAX} deep here; deeper ones are taken as unknown"
        );
        document.notes.add(part.node, text);
        return Shape::anything();
    }
    let mut shape = own(document, part);
    if let Some(reference) = part.node.get("$ref").and_then(Node::text) {
        let named = named(document, trail, part, reference, depth);
        shape = all_of(shape, named);
    }
    for all in alternatives(document, part.node, "allOf") {
        let below = Part { node: all, ..part };
        let other = of_part(document, trail, below, depth + 1);
        shape = all_of(shape, other);
    }
    for key in ["oneOf", "anyOf"] {
        let widened = alternatives(document, part.node, key)
            .iter()
            .map(|node| of_part(document, trail, Part { node, ..part }, depth + 1))
            .reduce(any_of);
        if let Some(widened) = widened {
            shape = all_of(shape, widened);
        }
    }
    settle(shape)
}

/// Names that one part requires and another describes are required.
fn settle(mut shape: Shape<'_>) -> Shape<'_> {
    for (name, property) in &mut shape.properties {
        property.required |= shape.required.contains(name);
    }
    shape
}

fn named<'d>(
    document: &mut Document<'d>,
    trail: &mut Trail<'d>,
    part: Part<'d>,
    reference: &str,
    depth: usize,
) -> Shape<'d> {
    let Some(node) = document.target(part.node, reference) else {
        return Shape::anything();
    };
    if trail.contains(node, part.trail) {
        return Shape::anything();
    }
    let trail_here = Some(trail.add(node, part.trail));
    let target = Part {
        node,
        trail: trail_here,
    };
    of_part(document, trail, target, depth + 1)
}

fn alternatives<'d>(document: &mut Document<'d>, node: &'d Node, key: &str) -> &'d [Node] {
    let items = node.get(key).map(Node::items).unwrap_or_default();
    if let Some(beyond) = items.get(SCHEMA_PARTS_MAX) {
        let text = format!("only the first {SCHEMA_PARTS_MAX} parts of a schema are read");
        document.notes.add(beyond, text);
    }
    &items[..items.len().min(SCHEMA_PARTS_MAX)]
}

/// What a schema says without those it refers to.
fn own<'d>(document: &mut Document<'d>, part: Part<'d>) -> Shape<'d> {
    let node = part.node;
    let mut shape = Shape::default();
    let Some(object) = node.object() else {
        return shape;
    };
    let below = |node| Parts {
        list: vec![Part { node, ..part }],
        any: false,
    };
    if let Some(properties) = object.get("properties") {
        for (name, node) in properties.entries().take(MEMBERS_MAX) {
            let parts = below(node);
            let required = false;
            shape.properties.insert(name, Property { parts, required });
        }
        if properties.entries().nth(MEMBERS_MAX).is_some() {
            let text = format!("only the first {MEMBERS_MAX} properties of a schema are read");
            document.notes.add(properties, text);
            shape.open = true;
        }
        document.visits += shape.properties.len() / PROPERTIES_PER_VISIT;
    }
    let required = object.get("required").map(Node::items).unwrap_or_default();
    let required = required.iter().take(MEMBERS_MAX);
    shape.required = required.filter_map(Node::text).collect();
    if let Some(items) = object.get("items") {
        shape.items = below(items);
    }
    for item in object
        .get("prefixItems")
        .map(Node::items)
        .unwrap_or_default()
        .iter()
        .take(SCHEMA_PARTS_MAX)
    {
        shape.items.join(below(item), true);
    }
    for key in [
        "additionalProperties",
        "patternProperties",
        "unevaluatedProperties",
    ] {
        match object.get(key).map(|it| &it.value) {
            Some(Value::Bool(false)) => shape.closed = true,
            Some(Value::Bool(true) | Value::Object(_)) => shape.open = true,
            _ => {}
        }
    }
    (shape.types, shape.format) = types(node, &shape);
    shape.values = values(document, node);
    shape.read_only = node.says("readOnly");
    shape.write_only = node.says("writeOnly");
    settle(shape)
}

static TYPES: &[&str] = &[
    "array", "boolean", "integer", "null", "number", "object", "string",
];

fn types<'d>(node: &'d Node, shape: &Shape<'d>) -> (Option<BTreeSet<&'static str>>, &'d str) {
    let given = node.get("type");
    let names = match given.map(|it| &it.value) {
        Some(Value::List(items)) => {
            let items = items.iter().take(SCHEMA_PARTS_MAX);
            items.filter_map(Node::scalar).collect()
        }
        Some(_) => given.and_then(Node::scalar).into_iter().collect(),
        None => Vec::new(),
    };
    let format = node.text_of("format");
    if names == ["file"] {
        return (Some(["string"].into()), "binary");
    }
    let mut types = names
        .iter()
        .filter_map(|name| TYPES.iter().copied().find(|it| it == name))
        .collect::<BTreeSet<_>>();
    if types.is_empty() && !shape.properties.is_empty() {
        types.insert("object");
    }
    if types.is_empty() && !shape.items.list.is_empty() {
        types.insert("array");
    }
    if types.is_empty() {
        return (None, format);
    }
    if node.says("nullable") || node.says("x-nullable") {
        types.insert("null");
    }
    (Some(types), format)
}

/// The values that `enum` or `const` allow, as texts; none where they are lists or objects.
fn values<'d>(document: &mut Document<'d>, node: &'d Node) -> Option<BTreeSet<&'d str>> {
    if let Some(value) = node.get("const") {
        return value
            .scalar()
            .filter(|it| it.len() <= ENUM_VALUE_BYTES_MAX)
            .map(|it| [it].into());
    }
    let list = node.get("enum")?;
    let items = list.items();
    if items.len() > ENUM_VALUES_MAX {
        let text = format!("of more than {ENUM_VALUES_MAX} allowed values none is kept");
        document.notes.add(list, text);
        return None;
    }
    let short = |it: &&str| it.len() <= ENUM_VALUE_BYTES_MAX;
    let values = items.iter().filter_map(|it| it.scalar().filter(short));
    let values = values.collect::<BTreeSet<_>>();
    let all = items
        .iter()
        .all(|it| it.scalar().is_some_and(|it| short(&it)));
    (all && !values.is_empty()).then_some(values)
}

fn all_of<'d>(mut one: Shape<'d>, other: Shape<'d>) -> Shape<'d> {
    one.types = narrowed(one.types, other.types);
    one.values = narrowed(one.values, other.values);
    if one.format.is_empty() {
        one.format = other.format;
    }
    for (name, property) in other.properties {
        let known = one.properties.entry(name).or_default();
        known.required |= property.required;
        known.parts.join(property.parts, false);
    }
    one.required.extend(other.required);
    one.items.join(other.items, false);
    one.open |= other.open;
    one.closed |= other.closed;
    one.read_only |= other.read_only;
    one.write_only |= other.write_only;
    one
}

/// What both allow; where that is nothing, somebody was careless, and either will do.
fn narrowed<T: Ord + Clone>(
    one: Option<BTreeSet<T>>,
    other: Option<BTreeSet<T>>,
) -> Option<BTreeSet<T>> {
    let (Some(one), Some(other)) = (&one, &other) else {
        return one.or(other);
    };
    let both = one.intersection(other).cloned().collect::<BTreeSet<_>>();
    if both.is_empty() {
        return Some(one.union(other).cloned().collect());
    }
    Some(both)
}

fn any_of<'d>(mut one: Shape<'d>, other: Shape<'d>) -> Shape<'d> {
    // An alternative that is no object says nothing on the members of the others.
    let (one_counts, other_counts) = (may_have_members(&one), may_have_members(&other));
    if one_counts && other_counts {
        for (name, property) in &mut one.properties {
            let there = other.properties.get(name).is_some_and(|it| it.required);
            property.required &= there || other.required.contains(name);
        }
    }
    for (name, mut property) in other.properties {
        let new = !one.properties.contains_key(name);
        property.required &= !(one_counts && new) || one.required.contains(name);
        let known = one.properties.entry(name).or_default();
        if new {
            known.required = property.required;
        }
        known.parts.join(property.parts, !new);
    }
    one.required = match (one_counts, other_counts) {
        (true, true) => one
            .required
            .intersection(&other.required)
            .copied()
            .collect(),
        (true, false) => one.required,
        (false, _) => other.required,
    };
    one.types = widened(one.types, other.types);
    one.values = widened(one.values, other.values);
    if one.format != other.format {
        one.format = "";
    }
    let both_have_items = !one.items.list.is_empty() && !other.items.list.is_empty();
    one.items.join(other.items, both_have_items);
    one.open |= other.open;
    one.closed &= other.closed;
    one.read_only &= other.read_only;
    one.write_only &= other.write_only;
    one
}

fn may_have_members(shape: &Shape<'_>) -> bool {
    shape.allows("object") && (shape.types.is_some() || !shape.properties.is_empty() || shape.open)
}

fn widened<T: Ord>(one: Option<BTreeSet<T>>, other: Option<BTreeSet<T>>) -> Option<BTreeSet<T>> {
    let mut all = one?;
    all.extend(other?);
    Some(all)
}
