//! Which endpoints are on one side only, and which are on both.

use std::collections::{BTreeMap, BTreeSet};

use gatewatch_model::definition::{Definition, Operation};
use gatewatch_model::difference::{DifferenceKind, times};
use gatewatch_model::effects::EndpointRow;
use gatewatch_model::profile::Drift;

use super::{Difference, Pair};
use crate::learned::{LearnedApi, split};
use crate::limits::{DIFFERENCES_MAX, OVERLAPS_MAX};
use crate::templates;

/// Reports what is on one side only, and returns what is on both.
pub(super) fn pairs<'p>(
    (defined, kept): (&'p Definition, Option<&'p Definition>),
    learned: &'p LearnedApi,
    found: &mut Vec<Difference>,
) -> Vec<Pair<'p>> {
    let mut documented = Documented::new(defined);
    let kept = kept.into_iter().flat_map(|it| &it.operations);
    documented.kept = kept.map(|it| key(&it.method, &it.template)).collect();
    let mut overlaps = Overlaps::default();
    let mut seen = BTreeSet::new();
    let mut pairs = Vec::new();
    let mut alone = Vec::new();
    for (row, profile) in learned.sorted() {
        if row.calls == 0 && !row.facts.known_by.traffic {
            continue;
        }
        match documented.find(row) {
            Some(operation) => {
                seen.insert(key(&operation.method, &operation.template));
                pairs.push(Pair {
                    operation,
                    row,
                    profile,
                });
            }
            None if documented.implies(row) => {}
            None => alone.push(row),
        }
    }
    for row in alone.iter().take(DIFFERENCES_MAX) {
        found.push(undocumented(&documented, &mut overlaps, row));
    }
    let rows = pairs.iter().map(|it| it.row).chain(alone);
    let by_shape = by_shape(rows.map(|it| (&*it.method, &*it.template)));
    let unseen = defined.operations.iter();
    let unseen = unseen.filter(|it| !seen.contains(&key(&it.method, &it.template)));
    for operation in unseen.take(DIFFERENCES_MAX) {
        let other = overlaps.find(&by_shape, &operation.method, &operation.template);
        found.push(never_seen(operation, other));
    }
    pairs
}

fn key(method: &str, template: &str) -> String {
    format!("{method} {}", templates::nameless(template))
}

struct Documented<'d> {
    by_key: BTreeMap<String, &'d Operation>,
    /// Paths without names of slots, and the methods they have.
    methods: BTreeMap<String, BTreeSet<&'d str>>,
    /// Methods and paths of operations that have names of their own.
    named: BTreeSet<String>,
    by_shape: ByShape<'d>,
    /// Of the definition whose place this one would take.
    kept: BTreeSet<String>,
}

impl<'d> Documented<'d> {
    fn new(defined: &'d Definition) -> Self {
        let operations = &defined.operations;
        let mut methods: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
        let mut named = BTreeSet::new();
        for operation in operations {
            let (path, name) = split(&operation.template);
            let path_key = templates::nameless(path);
            methods
                .entry(path_key)
                .or_default()
                .insert(&*operation.method);
            if name.is_some() {
                named.insert(key(&operation.method, path));
            }
        }
        let all = operations.iter();
        Documented {
            by_key: all
                .clone()
                .map(|it| (key(&it.method, &it.template), it))
                .collect(),
            methods,
            named,
            kept: BTreeSet::new(),
            by_shape: by_shape(all.map(|it| (&*it.method, &*it.template))),
        }
    }

    /// An operation behind `#` is documented by its path, unless the definition names some there.
    fn find(&self, row: &EndpointRow) -> Option<&'d Operation> {
        let whole = self.by_key.get(&key(&row.method, &row.template));
        let (path, name) = split(&row.template);
        let path_key = key(&row.method, path);
        let by_path = || {
            let falls_back = name.is_some() && !self.named.contains(&path_key);
            falls_back.then(|| self.by_key.get(&path_key)).flatten()
        };
        whole.or_else(by_path).copied()
    }

    /// Nobody documents `HEAD` beside `GET`, nor what browsers ask before they call.
    fn implies(&self, row: &EndpointRow) -> bool {
        let (path, _) = split(&row.template);
        let methods = self.methods.get(&templates::nameless(path));
        match &*row.method {
            "HEAD" => methods.is_some_and(|it| it.contains("GET")),
            "OPTIONS" => methods.is_some(),
            _ => false,
        }
    }
}

/// Templates by method and number of segments.
type ByShape<'t> = BTreeMap<(&'t str, usize), Vec<&'t str>>;

fn by_shape<'t>(all: impl Iterator<Item = (&'t str, &'t str)>) -> ByShape<'t> {
    let mut by_shape = ByShape::new();
    for (method, template) in all {
        let count = templates::segments(template).count();
        by_shape.entry((method, count)).or_default().push(template);
    }
    by_shape
}

/// How many pairs were held against each other already.
#[derive(Default)]
struct Overlaps {
    tried: usize,
}

impl Overlaps {
    /// A template of the other side that could name the same path, apart from one that is the
    /// same.
    fn find<'t>(&mut self, all: &ByShape<'t>, method: &str, template: &str) -> Option<&'t str> {
        let count = templates::segments(template).count();
        for other in all.get(&(method, count))? {
            self.tried += 1;
            if self.tried > OVERLAPS_MAX {
                return None;
            }
            if templates::overlap(template, other) {
                return Some(other);
            }
        }
        None
    }
}

fn undocumented(
    documented: &Documented<'_>,
    overlaps: &mut Overlaps,
    row: &EndpointRow,
) -> Difference {
    let (method, template) = (&row.method, &row.template);
    let mut other = None;
    let kind = match row.facts.drift {
        Some(Drift::Zombie) => DifferenceKind::Zombie,
        Some(Drift::Removed) => DifferenceKind::Removed,
        _ if documented.kept.contains(&key(method, template)) => DifferenceKind::Removed,
        _ => {
            other = overlaps.find(&documented.by_shape, method, template);
            other.map_or(DifferenceKind::Shadow, |_| DifferenceKind::Overlap)
        }
    };
    let defined = other.unwrap_or_default();
    let seen = format!("{}, last {}", times(row.calls), row.last_seen);
    Difference {
        template: template.clone(),
        method: method.clone(),
        kind,
        place: "".into(),
        defined: defined.into(),
        sentence: format!("{method} {template} {}", kind.says(defined, &seen)).into(),
        seen: seen.into(),
    }
}

fn never_seen(operation: &Operation, other: Option<&str>) -> Difference {
    let Operation {
        method, template, ..
    } = operation;
    let deprecated = if operation.deprecated {
        "; it is deprecated"
    } else {
        ""
    };
    let perhaps = match other {
        Some(other) => format!("; calls of it may stand under `{other}`"),
        None => String::new(),
    };
    let kind = DifferenceKind::NeverSeen;
    let says = kind.says(template, "");
    Difference {
        template: template.clone(),
        method: method.clone(),
        kind,
        place: "".into(),
        defined: template.clone(),
        seen: "".into(),
        sentence: format!("{method} {template} {says}{deprecated}{perhaps}").into(),
    }
}
