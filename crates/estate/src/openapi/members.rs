//! Members into the schemas they were the leaves of: `customer.cards[].number` becomes an object
//! with a list of objects.

use std::collections::BTreeMap;

use gatewatch_model::definition::DefinedMember;
use gatewatch_model::profile::MemberRow;
use serde_json::{Map, Value, json};

use super::{EXTENSION, known_by, time};
use crate::learned::{self, SURE_OBSERVED_MIN, confidence, is_always_present};
use crate::limits::MEMBER_DEPTH_MAX;
use crate::member_path::{self, Step};

/// A place in a body, or among the parameters of a spot.
#[derive(Default)]
pub(super) struct Tree<'k> {
    row: Option<&'k MemberRow>,
    defined: Option<&'k DefinedMember>,
    pub names: BTreeMap<String, Tree<'k>>,
    items: Option<Box<Tree<'k>>>,
    /// What stood deeper than the bound was left out.
    cut: bool,
}

impl<'k> Tree<'k> {
    pub(super) fn new(
        rows: impl Iterator<Item = &'k MemberRow>,
        defined: impl Iterator<Item = &'k DefinedMember>,
    ) -> Self {
        let mut tree = Tree::default();
        for row in rows {
            if let Some(place) = tree.place(&row.path) {
                // Of two with one path the first counts.
                place.row.get_or_insert(row);
            }
        }
        for member in defined {
            if let Some(place) = tree.place(&member.path) {
                place.defined.get_or_insert(member);
            }
        }
        tree
    }

    /// One member alone.
    pub(super) fn root(row: Option<&'k MemberRow>, defined: Option<&'k DefinedMember>) -> Self {
        Tree {
            row,
            defined,
            ..Tree::default()
        }
    }

    fn place(&mut self, path: &str) -> Option<&mut Tree<'k>> {
        let steps = member_path::steps(path);
        let mut at = self;
        for (depth, step) in steps.into_iter().enumerate() {
            if depth >= MEMBER_DEPTH_MAX {
                at.cut = true;
                return None;
            }
            at = match step {
                Step::Item => at.items.get_or_insert_default(),
                Step::Name(name) => at.names.entry(name).or_default(),
            };
        }
        Some(at)
    }

    pub(super) fn is_empty(&self) -> bool {
        let Tree {
            row,
            defined,
            names,
            items,
            cut,
        } = self;
        row.is_none() && defined.is_none() && names.is_empty() && items.is_none() && !cut
    }

    /// Whether it is in every exchange: it, or anything that stands below it.
    pub(super) fn is_always_present(&self) -> bool {
        if self.was_seen() {
            return self.row.is_some_and(is_always_present)
                || self.below().any(Tree::is_always_present);
        }
        self.defined.is_some_and(|it| it.required)
    }

    /// How many exchanges its spot was looked at in, at most.
    pub(super) fn observed(&self) -> u64 {
        let own = self.row.map_or(0, |it| it.observed);
        self.below().map(Tree::observed).fold(own, u64::max)
    }

    pub(super) fn was_seen(&self) -> bool {
        self.row.is_some() || self.below().any(Tree::was_seen)
    }

    fn below(&self) -> impl Iterator<Item = &Tree<'k>> {
        self.names.values().chain(self.items.as_deref())
    }

    /// Its schema. Below a list nothing is required: presence is counted per exchange.
    pub(super) fn schema(&self, within_list: bool) -> Value {
        let mut schema = Map::new();
        let types = self.types();
        match &*types {
            [] => {}
            [one] => {
                schema.insert("type".to_owned(), json!(one));
            }
            _ => {
                schema.insert("type".to_owned(), json!(types));
            }
        }
        if !self.names.is_empty() {
            let members = self.names.iter();
            let members = members.map(|(name, it)| (name.clone(), it.schema(within_list)));
            schema.insert(
                "properties".to_owned(),
                members.collect::<Map<_, _>>().into(),
            );
            let required = self.names.iter().filter(|it| it.1.is_always_present());
            let required = required.map(|it| &**it.0).collect::<Vec<_>>();
            if !within_list && !required.is_empty() {
                schema.insert("required".to_owned(), json!(required));
            }
        }
        if let Some(items) = &self.items {
            schema.insert("items".to_owned(), items.schema(true));
        }
        if self.cut || self.defined.is_some_and(|it| it.open) && !self.names.is_empty() {
            schema.insert("additionalProperties".to_owned(), true.into());
        }
        self.write_values(&types, &mut schema);
        if let Some(known) = self.known() {
            schema.insert(EXTENSION.to_owned(), known);
        }
        Value::Object(schema)
    }

    /// JSON types, sorted; what was seen outranks what is documented.
    fn types(&self) -> Vec<&str> {
        let seen = self.row.map(learned::types).unwrap_or_default();
        let mut types = seen.into_keys().collect::<Vec<_>>();
        if types.is_empty() && !self.below().any(Tree::was_seen) {
            types.extend(
                self.defined
                    .iter()
                    .flat_map(|it| it.types.iter().map(|it| &**it)),
            );
        }
        let untold = types.is_empty() && self.row.is_some();
        if !self.names.is_empty() && !untold {
            types.push("object");
        }
        if self.items.is_some() && !untold {
            types.push("array");
        }
        types.retain(|it| TYPES.contains(it));
        types.sort_unstable();
        types.dedup();
        if types.contains(&"number") {
            types.retain(|it| *it != "integer");
        }
        types
    }

    /// Format and allowed values, where all that was seen has them.
    fn write_values(&self, types: &[&str], schema: &mut Map<String, Value>) {
        let Some(row) = self.row else {
            let Some(defined) = self.defined else { return };
            if !defined.format.is_empty() {
                schema.insert("format".to_owned(), json!(defined.format));
            }
            if !defined.values.is_empty() {
                let values = defined.values.iter().map(|it| &**it);
                schema.insert("enum".to_owned(), allowed(values, types));
            }
            return;
        };
        if let Some(format) = learned::format(row) {
            schema.insert("format".to_owned(), json!(format));
        }
        let whole = self.names.is_empty() && self.items.is_none() && !types.is_empty();
        if !row.values.is_empty() && row.observed >= SURE_OBSERVED_MIN && whole {
            let values = row.values.iter().map(|it| &*it.0);
            schema.insert("enum".to_owned(), allowed(values, types));
        }
    }

    /// What is known of it beyond its schema.
    fn known(&self) -> Option<Value> {
        let Some(row) = self.row else {
            let by = known_by(self.was_seen(), true);
            return self.defined.map(|_| json!({ "knownBy": by }));
        };
        let mut known = json!({
            "knownBy": known_by(true, self.defined.is_some()),
            "present": row.present,
            "observed": row.observed,
            "confidence": confidence(row.present, row.observed),
            "distinct": row.distinct_estimate,
            "firstSeen": time(row.first_seen),
            "lastSeen": time(row.last_seen),
        });
        let counts = |list: &[(Box<str>, u64)]| {
            let entries = list
                .iter()
                .map(|(name, count)| (name.to_string(), json!(count)));
            Value::Object(entries.collect())
        };
        if row.types.len() > 1 {
            known["types"] = counts(&row.types);
        }
        if !row.formats.is_empty() {
            known["formats"] = counts(&row.formats);
        }
        if let Some((min, max)) = row.length {
            known["length"] = json!([min, max]);
        }
        if let Some((min, max)) = row.range {
            known["range"] = json!([min, max]);
        }
        Some(known)
    }
}

static TYPES: &[&str] = &[
    "array", "boolean", "integer", "null", "number", "object", "string",
];

/// Values are kept as texts; here they get back the types they were seen with.
fn allowed<'v>(values: impl Iterator<Item = &'v str>, types: &[&str]) -> Value {
    let mut allowed = values
        .map(|text| {
            let read = serde_json::from_str::<Value>(text).unwrap_or_default();
            let fits = match &read {
                Value::Number(_) => types.contains(&"integer") || types.contains(&"number"),
                Value::Bool(_) => types.contains(&"boolean"),
                Value::Null => text == "null" && types.contains(&"null"),
                _ => false,
            };
            let text_alone = types.contains(&"string");
            if fits && !text_alone {
                read
            } else {
                json!(text)
            }
        })
        .collect::<Vec<_>>();
    if types.contains(&"null") && !allowed.contains(&Value::Null) {
        allowed.push(Value::Null);
    }
    Value::Array(allowed)
}
