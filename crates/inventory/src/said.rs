//! What people and documents say of the paths of a collection. It outranks what is learned: a
//! pinned word, a pinned slot, a word of a definition, a slot of one, in this order.

mod fixed;

use std::collections::BTreeSet;

use gatewatch_model::Timestamp;
use gatewatch_model::definition::{Definition, Operation};
use gatewatch_model::profile::{DecidedBy, Decision, Drift};

use crate::limits::{DEFINITIONS_MAX, OPERATIONS_MAX, PINS_MAX, REMOVED_MAX, TEMPLATE_BYTES_MAX};
use crate::paths::{Labels, Masks};
use fixed::Fixed;

#[derive(Default, minicbor::Encode, minicbor::Decode)]
#[cbor(map)]
pub(crate) struct Said {
    /// Sorted.
    #[n(0)]
    pins: Vec<Box<str>>,
    /// In the order in which they came.
    #[n(1)]
    definitions: Vec<Definition>,
    /// Operations that a newer definition has no more: shape and since when, sorted by shape.
    #[n(2)]
    removed: Vec<(Box<str>, Timestamp)>,
    /// A person split a slot here.
    #[n(3)]
    split: bool,
    #[cbor(skip)]
    pinned: Fixed,
    #[cbor(skip)]
    defined: Fixed,
}

impl Said {
    /// Makes what is not saved anew.
    pub fn rebuild(&mut self, masks: &Masks) {
        self.pinned = Fixed::of(self.pins.iter().map(|it| &**it), masks);
        let operations = self.definitions.iter().flat_map(|it| &it.operations);
        self.defined = Fixed::of(operations.map(|it| &*it.template), masks);
    }

    pub fn is_empty(&self) -> bool {
        self.pins.is_empty() && self.definitions.is_empty() && !self.split
    }

    /// The template of a path, if anyone said one.
    pub fn find(&self, labels: &Labels) -> Option<&str> {
        self.pinned
            .find(labels)
            .or_else(|| self.defined.find(labels))
    }

    /// Why the template of a path is what it is; `None` where nobody said so.
    pub fn explain(&self, labels: &Labels) -> Option<Vec<Decision>> {
        let pinned = self.pinned.find(labels);
        let template = pinned.or_else(|| self.defined.find(labels))?;
        let segments = template.split('/').filter(|it| !it.is_empty()).enumerate();
        let slots = segments.filter(|it| it.1.contains('{') || pinned.is_some());
        let decision = |(segment, text): (usize, &str)| match pinned {
            Some(_) => Decision {
                segment: segment as u16,
                by: DecidedBy::Person,
                reason: "pinned by a person".into(),
                confidence: 100,
            },
            None => Decision {
                segment: segment as u16,
                by: DecidedBy::Definition,
                reason: format!("named {text} by the definition").into(),
                confidence: 99,
            },
        };
        Some(slots.map(decision).collect())
    }

    pub fn is_pinned(&self, template: &str) -> bool {
        self.pins
            .binary_search_by(|it| (**it).cmp(template))
            .is_ok()
    }

    /// False where it changes nothing, or is no template.
    pub fn pin(&mut self, template: &str, masks: &Masks) -> bool {
        let place = self.pins.binary_search_by(|it| (**it).cmp(template));
        let Err(place) = place else {
            return false;
        };
        if self.pins.len() >= PINS_MAX || !is_template(template) {
            return false;
        }
        self.pins.insert(place, template.into());
        self.rebuild(masks);
        true
    }

    pub fn unpin(&mut self, template: &str, masks: &Masks) -> bool {
        let before = self.pins.len();
        self.pins.retain(|it| **it != *template);
        self.rebuild(masks);
        self.pins.len() < before
    }

    pub fn note_split(&mut self) {
        self.split = true;
    }

    /// Takes a definition in place of one of the same title, or beside others. False where there
    /// is no room, or nothing in it.
    pub fn define(&mut self, definition: &Definition, at: Timestamp, masks: &Masks) -> bool {
        let mut definition = definition.clone();
        definition
            .operations
            .retain(|it| is_template(&it.template) && is_method(&it.method));
        definition.operations.truncate(OPERATIONS_MAX);
        definition
            .operations
            .sort_by(|one, two| order(one).cmp(&order(two)));
        definition
            .operations
            .dedup_by(|one, two| order(one) == order(two));
        let same = self
            .definitions
            .iter()
            .position(|it| it.title == definition.title);
        if definition.operations.is_empty()
            || same.is_none() && self.definitions.len() >= DEFINITIONS_MAX
        {
            return false;
        }
        let mut gone = Vec::new();
        if let Some(place) = same {
            gone = self.definitions.remove(place).operations;
        }
        self.definitions.push(definition);
        self.note_removed(&gone, at);
        self.rebuild(masks);
        true
    }

    /// Keeps what was documented and is no more. It is called by another name from then on, as
    /// learned from traffic, so only its shape can be told again.
    fn note_removed(&mut self, gone: &[Operation], at: Timestamp) {
        let documented = self
            .keys()
            .iter()
            .map(|it| shape(it))
            .collect::<BTreeSet<_>>();
        let gone = gone
            .iter()
            .map(|it| shape(&format!("{} {}", it.method, it.template)));
        self.removed.extend(gone.map(|it| (it.into(), at)));
        self.removed.retain(|it| !documented.contains(&*it.0));
        self.removed.sort();
        self.removed.dedup_by(|later, first| later.0 == first.0);
        self.removed.truncate(REMOVED_MAX);
    }

    pub fn undefine(&mut self, masks: &Masks) -> bool {
        let any = !self.definitions.is_empty();
        self.definitions.clear();
        self.removed.clear();
        self.rebuild(masks);
        any
    }

    /// What a definition says of `GET /orders/{id}`.
    pub fn operation(&self, key: &str) -> Option<&Operation> {
        let (method, template) = key.split_once(' ')?;
        self.definitions.iter().find_map(|it| {
            let found = it
                .operations
                .binary_search_by(|it| order(it).cmp(&(template, method)));
            found.ok().map(|at| &it.operations[at])
        })
    }

    /// Keys of all operations.
    pub fn keys(&self) -> Vec<String> {
        let operations = self.definitions.iter().flat_map(|it| &it.operations);
        operations
            .map(|it| format!("{} {}", it.method, it.template))
            .collect()
    }

    /// Title and version, of the newest.
    pub fn title(&self) -> Option<(Box<str>, Box<str>)> {
        self.definitions
            .last()
            .map(|it| (it.title.clone(), it.version.clone()))
    }

    /// How an endpoint stands to the definitions.
    pub fn drift(&self, key: &str, seen: Seen) -> Option<Drift> {
        if self.definitions.is_empty() {
            return None;
        }
        if self.operation(key).is_some() {
            return Some(match seen.calls {
                0 => Drift::NeverSeen,
                _ if seen.differs => Drift::Different,
                _ => Drift::AsDocumented,
            });
        }
        if self.implies(key) {
            return None;
        }
        let key = shape(key);
        let removed = self.removed.binary_search_by(|it| (*it.0).cmp(&key));
        match removed {
            Ok(at) if seen.last > self.removed[at].1 => Some(Drift::Zombie),
            Ok(_) => (seen.calls > 0).then_some(Drift::Removed),
            Err(_) => seen.answered.then_some(Drift::Shadow),
        }
    }

    /// Nobody documents `HEAD` beside `GET`, nor what browsers ask before they call.
    fn implies(&self, key: &str) -> bool {
        let Some((method, template)) = key.split_once(' ') else {
            return false;
        };
        let mut operations = self.definitions.iter().flat_map(|it| at(it, template));
        match method {
            "HEAD" => operations.any(|it| *it.method == *"GET"),
            "OPTIONS" => operations.next().is_some(),
            _ => false,
        }
    }

    pub fn heap_bytes(&self) -> usize {
        let members = |it: &Operation| {
            it.request.len()
                + it.responses
                    .iter()
                    .map(|it| it.members.len())
                    .sum::<usize>()
        };
        let operations = self.definitions.iter().flat_map(|it| &it.operations);
        let bytes = operations.map(|it| {
            size_of::<Operation>() + it.template.len() + it.summary.len() + members(it) * 128
        });
        self.pins.iter().map(|it| it.len() + 16).sum::<usize>()
            + bytes.sum::<usize>()
            + self.pinned.heap_bytes()
            + self.defined.heap_bytes()
    }
}

/// What drift asks of an endpoint.
#[derive(Clone, Copy)]
pub(crate) struct Seen {
    pub calls: u64,
    pub last: Timestamp,
    /// Other than with a miss.
    pub answered: bool,
    /// Otherwise than documented.
    pub differs: bool,
}

/// What a definition says of a template, by method.
fn at<'d>(definition: &'d Definition, template: &str) -> &'d [Operation] {
    let all = &definition.operations;
    let start = all.partition_point(|it| *it.template < *template);
    let count = all[start..].partition_point(|it| *it.template == *template);
    &all[start..start + count]
}

fn order(operation: &Operation) -> (&str, &str) {
    (&operation.template, &operation.method)
}

/// A key without the names of its slots: `GET /orders/{}`.
fn shape(key: &str) -> String {
    let mut shape = String::with_capacity(key.len());
    let mut rest = key;
    while let Some((before, (_, after))) = rest
        .split_once('{')
        .and_then(|(before, after)| Some((before, after.split_once('}')?)))
    {
        shape.push_str(before);
        shape.push_str("{}");
        rest = after;
    }
    shape.push_str(rest);
    shape
}

fn is_method(method: &str) -> bool {
    (1..=16).contains(&method.len())
        && method
            .bytes()
            .all(|it| it.is_ascii_uppercase() || b"-_".contains(&it))
}

/// A slash, and nothing that a page or a log could trip over.
fn is_template(text: &str) -> bool {
    text.starts_with('/')
        && text.len() <= TEMPLATE_BYTES_MAX
        && !text
            .chars()
            .any(|it| it.is_control() || it.is_whitespace() || "<>\"'`\\".contains(it))
}

#[cfg(test)]
mod tests;
