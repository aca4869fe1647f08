//! Templates that a person has merged into others. They are part of the state for good: what is
//! called by an old template counts for the new one, whether that one is known just now or not.

use std::collections::BTreeMap;

use gatewatch_model::{CollectionId, EndpointId};

use crate::paths::Shown;

/// Old to new, per collection; a new one is never an old one too.
#[derive(Default)]
pub(crate) struct Aliases(BTreeMap<CollectionId, BTreeMap<Box<str>, Alias>>);

#[derive(Clone, Debug, PartialEq, minicbor::Encode, minicbor::Decode)]
#[cbor(array)]
pub(crate) struct Alias {
    #[n(0)]
    pub collection: CollectionId,
    /// The old key, `GET /orders/{id}`, and its id.
    #[n(1)]
    pub old: Box<str>,
    #[n(2)]
    pub old_id: EndpointId,
    #[n(3)]
    pub new: Box<str>,
    #[n(4)]
    pub new_id: EndpointId,
}

impl Aliases {
    /// The key that counts for `key` by now, if it is an old one.
    pub fn resolve(&self, collection: CollectionId, key: &str) -> Option<&str> {
        Some(&*self.0.get(&collection)?.get(key)?.new)
    }

    pub fn resolve_id(&self, id: EndpointId) -> EndpointId {
        self.iter()
            .find(|it| it.old_id == id)
            .map_or(id, |it| it.new_id)
    }

    /// Adds one; whatever led to its old key leads to its new one now.
    pub fn add(&mut self, alias: Alias) {
        let siblings = self.0.entry(alias.collection).or_default();
        for earlier in siblings.values_mut().filter(|it| it.new_id == alias.old_id) {
            earlier.new = alias.new.clone();
            earlier.new_id = alias.new_id;
        }
        siblings.insert(alias.old.clone(), alias);
    }

    /// Has old names hold the text that is shown by now in place of a token.
    pub fn show(&mut self, collection: CollectionId, shown: &[Shown]) {
        let Some(siblings) = self.0.get_mut(&collection) else {
            return;
        };
        for shown in shown {
            let found = siblings.keys().filter(|it| shown.stands_in(it));
            for old in found.cloned().collect::<Vec<_>>() {
                let Some(mut alias) = siblings.remove(&old) else {
                    continue;
                };
                alias.old = shown.show_in(&alias.old).into();
                siblings.insert(alias.old.clone(), alias);
            }
        }
    }

    /// Lets whatever led to an endpoint lead on to its new key.
    pub fn lead_on(
        &mut self,
        collection: CollectionId,
        from: EndpointId,
        key: &str,
        id: EndpointId,
    ) {
        let Some(siblings) = self.0.get_mut(&collection) else {
            return;
        };
        siblings.retain(|old, _| **old != *key);
        for alias in siblings.values_mut().filter(|it| it.new_id == from) {
            (alias.new, alias.new_id) = (key.into(), id);
        }
    }

    /// All of them, in one order.
    pub fn iter(&self) -> impl Iterator<Item = &Alias> {
        self.0.values().flat_map(BTreeMap::values)
    }

    pub fn len(&self) -> usize {
        self.0.values().map(BTreeMap::len).sum()
    }

    pub fn heap_bytes(&self) -> usize {
        self.iter()
            .map(|it| size_of::<Alias>() + size_of::<Box<str>>() + 2 * it.old.len() + it.new.len())
            .sum()
    }
}
