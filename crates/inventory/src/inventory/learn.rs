//! How the inventory learns templates, and what happens to endpoints whose template changes.

use gatewatch_model::effects;
use gatewatch_model::{EndpointId, Position};

use super::Inventory;
use crate::endpoints::{self, Endpoint};
use crate::limits::{GROWN_ALIASES_MAX, LEARNED_ALIASES_MAX, PATH_NODES_ALL_MAX};
use crate::paths::{Before, From, Labels, Masks, Recent, Shown, Trail};

impl Inventory {
    /// From now on words that may be values are kept as tokens under that key, those that were
    /// loaded too. It has to be the same for the life of an installation.
    pub fn set_key(&mut self, key: &[u8; 32]) {
        self.masks = Masks::new(key);
        self.ways.void_all();
        self.seed = self.masks.seed();
        self.scratch.recent = Recent::default();
        self.path_nodes = 0;
        for (_, collection) in self.collections.slab.iter_mut() {
            collection.paths.mask(&self.masks);
            collection.said.rebuild(&self.masks);
            self.path_nodes += collection.paths.len();
        }
    }

    /// Says where in the journal the next record stands; names that change by it say so.
    pub fn stand_at(&mut self, position: Position) {
        self.position = position;
    }

    /// Decides all templates again from everything seen, as after the last record of a file.
    pub fn settle(&mut self) {
        self.decide_where(crate::paths::Tree::is_unsettled);
    }

    /// Decides again where enough was seen since the last time, as at a Tick.
    pub fn decide_due(&mut self) {
        self.decide_where(crate::paths::Tree::is_due);
    }

    fn decide_where(&mut self, is_due: fn(&crate::paths::Tree) -> bool) {
        let due = self
            .collections
            .slab
            .iter()
            .filter(|(_, it)| is_due(&it.paths));
        let mut due = due.map(|(at, it)| (it.id, at)).collect::<Vec<_>>();
        due.sort_unstable();
        for (_, home) in due {
            self.decide(home);
        }
    }

    /// Counts the path at hand in its collection, and decides anew when enough of it is new.
    pub(super) fn learn(&mut self, home: u32, caller: u64) {
        let Some(collection) = self.collections.slab.get_mut(home) else {
            return;
        };
        let tree = &mut collection.paths;
        let (before, lost_before) = (tree.len(), tree.lost());
        let room = self.path_nodes < PATH_NODES_ALL_MAX;
        let scratch = &self.scratch;
        let from = From {
            method: scratch.method(),
            caller,
        };
        let (due, trail) = tree.learn(&scratch.labels, from, room, &self.masks);
        let shown = tree.show(&scratch.labels, &self.masks);
        // As long as nothing is decided, there is nothing to show by the same path again.
        let steady = !due && shown.is_empty();
        self.scratch.trail = if steady { trail } else { Trail::default() };
        self.path_nodes += tree.len() - before;
        self.counters.paths_lost += tree.lost() - lost_before;
        if due {
            self.decide(home);
        }
        if !shown.is_empty() {
            self.rename_shown(home, &shown);
        }
    }

    /// The same for a path of which it is known where it counts. True if that made a decision.
    pub(super) fn learn_again(&mut self, home: u32, caller: u64, trail: &Trail) -> bool {
        let Some(collection) = self.collections.slab.get_mut(home) else {
            return false;
        };
        let scratch = &self.scratch;
        let from = From {
            method: scratch.method(),
            caller,
        };
        let due = collection.paths.learn_again(&scratch.labels, from, trail);
        if due {
            self.decide(home);
        }
        due
    }

    pub(super) fn decide(&mut self, home: u32) {
        let Some(collection) = self.collections.slab.get_mut(home) else {
            return;
        };
        self.path_nodes -= collection.paths.len();
        let lost_before = collection.paths.lost();
        let before = collection.paths.decide();
        self.counters.paths_lost += collection.paths.lost() - lost_before;
        self.path_nodes += collection.paths.len();
        self.rename_endpoints(home, Some(&before));
    }

    /// Gives all endpoints of a collection the templates that they have by now.
    pub(super) fn rename_endpoints(&mut self, home: u32, before: Option<&Before>) {
        self.rename_where(home, before, |_| true);
    }

    /// Gives endpoints with a token in their name the text that is shown in its place by now.
    fn rename_shown(&mut self, home: u32, shown: &[Shown]) {
        if let Some(collection) = self.collections.slab.get(home) {
            self.aliases.show(collection.id, shown);
        }
        self.rename_where(home, None, |key| shown.iter().any(|it| it.stands_in(key)));
    }

    fn rename_where(&mut self, home: u32, before: Option<&Before>, is_one: impl Fn(&str) -> bool) {
        self.ways.void(home);
        let own = self.endpoints.of(home).filter(|(_, it)| is_one(&it.key));
        let mut own = own.map(|(at, it)| (it.key.clone(), at)).collect::<Vec<_>>();
        own.sort_unstable();
        let mut labels = Labels::default();
        for (key, at) in own {
            let Some(collection) = self.collections.slab.get(home) else {
                return;
            };
            let (method, template) = key.split_once(' ').unwrap_or(("", &key));
            labels.read_template(template, &self.masks);
            let mut new = format!("{method} ");
            collection.write(&labels, &mut new);
            // Merged into another, it counts there whatever is learned.
            if let Some(merged) = self.aliases.resolve(collection.id, &new) {
                merged.clone_into(&mut new);
            }
            if *new != *key {
                self.rename(home, at, &new);
            } else if before
                .is_none_or(|it| it.explain(&labels) != collection.paths.explain(&labels))
            {
                self.wait(at);
            }
        }
    }

    /// Folds an endpoint into the one of its new key.
    fn rename(&mut self, home: u32, at: u32, key: &str) {
        let Some(old) = self.endpoints.remove(at) else {
            return;
        };
        let into_at = self.endpoints.find(home, key).unwrap_or_else(|| {
            self.collections.claim(home);
            self.endpoints.add(home, old.collection, key)
        });
        let into = endpoints::id(old.collection, key);
        self.leave_name(&old, into, into_at);
        self.aliases.lead_on(old.collection, old.own.id, key, into);
        self.endpoints.take_in(into_at, &old);
        self.leave(home);
    }

    /// What was kept under the old id is found by the new one, while there is room for that.
    fn leave_name(&mut self, old: &Endpoint, new: EndpointId, new_at: u32) {
        let max = if old.grown {
            GROWN_ALIASES_MAX
        } else {
            LEARNED_ALIASES_MAX
        };
        if self.counters.renamed < max {
            self.counters.renamed += 1;
            self.hand_on(old, new_at);
            self.pending.lead(effects::Alias {
                old: old.own.id,
                new,
                position: self.position,
            });
            return;
        }
        self.wait(new_at);
        if let Some(waits_at) = old.own.waits_at {
            self.pending.take(waits_at);
        }
        self.pending.forget(old.own.id, old.own.written);
    }

    /// Has what waits of an endpoint that went written for the one that took it in.
    pub(super) fn hand_on(&mut self, old: &Endpoint, into_at: u32) {
        let into = self.waits_at(into_at);
        if let (Some(from), Some(into)) = (old.own.waits_at, into) {
            self.pending.hand_on(from, into);
        }
    }

    /// Has the row of an endpoint written at the next checkpoint.
    pub(super) fn wait(&mut self, at: u32) {
        self.waits_at(at);
    }

    /// Where an endpoint waits for the next checkpoint, from now on at least.
    fn waits_at(&mut self, at: u32) -> Option<u32> {
        let own = &mut self.endpoints.slab.get_mut(at)?.own;
        let waits_at = own
            .waits_at
            .get_or_insert_with(|| self.pending.wait(at, own.id));
        Some(*waits_at)
    }
}
