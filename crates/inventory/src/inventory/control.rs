//! What people tell the inventory to do, and how endpoints leave it.

use gatewatch_model::{EndpointId, Position, effects};

use super::Inventory;
use crate::aliases::Alias;
use crate::endpoints::Endpoint;
use crate::limits::ALIASES_MAX;

impl Inventory {
    /// Drops what is known of an endpoint, by whichever of its names. Called again, it starts
    /// anew; what was merged into it still is. False if there is none of that id.
    pub fn forget(&mut self, id: EndpointId) -> bool {
        let id = self.aliases.resolve_id(id);
        let Some(at) = self.endpoints.find_id(id) else {
            return false;
        };
        self.let_go(at);
        true
    }

    /// Folds `from` into `into`, now and for all exchanges to come. False, and nothing changes,
    /// unless both are endpoints of one collection and not one and the same already.
    pub fn merge(&mut self, from: EndpointId, into: EndpointId, position: Position) -> bool {
        let into = self.aliases.resolve_id(into);
        let places = self
            .endpoints
            .find_id(from)
            .zip(self.endpoints.find_id(into));
        let Some((from_at, into_at)) = places.filter(|(one, two)| one != two) else {
            return false;
        };
        let home = |at| self.endpoints.slab.get(at).map(|it| it.own.home);
        if home(from_at) != home(into_at) || self.aliases.len() >= ALIASES_MAX {
            return false;
        }
        let Some(old) = self.endpoints.remove(from_at) else {
            return false;
        };
        self.take_in(into_at, &old);
        self.hand_on(&old, into_at);
        self.pending.lead(effects::Alias {
            old: from,
            new: into,
            position,
        });
        self.leave(old.own.home);
        true
    }

    /// Takes an endpoint out, and its collection with the last of them.
    pub(super) fn let_go(&mut self, at: u32) {
        let Some(endpoint) = self.endpoints.remove(at) else {
            return;
        };
        if let Some(waits_at) = endpoint.own.waits_at {
            self.pending.take(waits_at);
        }
        self.pending.forget(endpoint.own.id, endpoint.own.written);
        self.leave(endpoint.own.home);
    }

    fn take_in(&mut self, into_at: u32, old: &Endpoint) {
        self.ways.void(old.own.home);
        let Some(into) = self.endpoints.slab.get_mut(into_at) else {
            return;
        };
        into.kept = true;
        self.aliases.add(Alias {
            collection: old.collection,
            old: old.key.clone(),
            old_id: old.own.id,
            new: into.key.clone(),
            new_id: into.own.id,
        });
        self.endpoints.take_in(into_at, old);
    }

    /// Counts one endpoint less in its collection.
    pub(super) fn leave(&mut self, home: u32) {
        let left = self.collections.yield_claim(home);
        let Some(collection) = self.collections.slab.get_mut(home) else {
            return;
        };
        // What was said of its paths outlives its endpoints.
        if left > 0 || !collection.said.is_empty() {
            collection
                .own
                .waits_at
                .get_or_insert_with(|| self.pending.wait_collection(home));
            return;
        }
        if let Some(collection) = self.collections.remove(home) {
            self.ways.void(home);
            self.path_nodes -= collection.paths.len();
            if let Some(waits_at) = collection.own.waits_at {
                self.pending.collections[waits_at as usize] = None;
            }
            if collection.own.written {
                self.pending.forgotten_collections.push(collection.id);
            }
        }
    }
}
