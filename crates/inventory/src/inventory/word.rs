//! What people and definitions say of templates, and what that does to endpoints.

use gatewatch_decode::Api;
use gatewatch_model::definition::{Definition, Subject};
use gatewatch_model::effects::EndpointRow;
use gatewatch_model::{CollectionId, EndpointId, Timestamp};

use super::Inventory;
use crate::endpoints::Explained;
use crate::paths::{Labels, Masks, Recent};

impl Inventory {
    /// Paths that fit the template belong to it from now on, whatever is learned. False, and
    /// nothing changes, if there is no such collection, it is pinned already, or no template.
    pub fn pin(&mut self, collection: CollectionId, template: &str) -> bool {
        self.change(collection, |it, masks| it.said.pin(template, masks))
    }

    pub fn unpin(&mut self, collection: CollectionId, template: &str) -> bool {
        self.change(collection, |it, masks| it.said.unpin(template, masks))
    }

    /// What stands at that segment of an endpoint's template are words, each with endpoints of
    /// its own from now on; what was counted stays with the endpoint. False if the segment is no
    /// slot, or one that a person or a definition gave.
    pub fn split(&mut self, endpoint: EndpointId, segment: u16) -> bool {
        let id = self.aliases.resolve_id(endpoint);
        let found = self.endpoints.find_id(id);
        let Some(endpoint) = found.and_then(|at| self.endpoints.slab.get(at)) else {
            return false;
        };
        let home = endpoint.own.home;
        let mut labels = Labels::default();
        labels.read_template(endpoint.template(), &self.masks);
        let Some(collection) = self.collections.slab.get_mut(home) else {
            return false;
        };
        if collection.said.find(&labels).is_some()
            || !collection.paths.split(&labels, usize::from(segment))
        {
            return false;
        }
        collection.said.note_split();
        self.decide(home);
        self.wait_all(home);
        true
    }

    /// Takes what a document says that a collection offers. Its operations are endpoints from
    /// now on, called or not. False if there is nothing in it, or no room for it.
    pub fn define(&mut self, subject: &Subject, definition: &Definition, at: Timestamp) -> bool {
        let Some(home) = self.home_of(subject) else {
            return false;
        };
        let Some(collection) = self.collections.slab.get_mut(home) else {
            return false;
        };
        let taken = collection.said.define(definition, at, &self.masks);
        if taken {
            self.follow_definitions(home);
        }
        // One that was made for this alone goes again when nothing came of it.
        self.leave_if_empty(home);
        taken
    }

    /// The collection has no definition any more; operations that were never called go.
    pub fn undefine(&mut self, collection: CollectionId) -> bool {
        let Some(home) = self.collections.find_id(collection) else {
            return false;
        };
        let Some(collection) = self.collections.slab.get_mut(home) else {
            return false;
        };
        if !collection.said.undefine(&self.masks) {
            return false;
        }
        self.follow_definitions(home);
        self.leave_if_empty(home);
        true
    }

    fn change(
        &mut self,
        collection: CollectionId,
        change: impl FnOnce(&mut crate::collections::Collection, &Masks) -> bool,
    ) -> bool {
        let Some(home) = self.collections.find_id(collection) else {
            return false;
        };
        let masks = &self.masks;
        let found = self.collections.slab.get_mut(home);
        let changed = found.is_some_and(|it| change(it, masks));
        if changed {
            self.rename_endpoints(home, None);
            self.wait_all(home);
        }
        changed
    }

    /// The collection that a definition speaks of; one that is named but not known is made.
    fn home_of(&mut self, subject: &Subject) -> Option<u32> {
        let (scope, api) = match subject {
            Subject::Collection(id) => return self.collections.find_id(*id),
            Subject::Host { scope, host } => (scope, Api::Host((&**host).into())),
            Subject::Api {
                scope,
                service,
                workspace,
                api,
            } => (
                scope,
                Api::Named {
                    service,
                    workspace,
                    api,
                },
            ),
        };
        let found = self.collections.find(scope, &api);
        found.or_else(|| self.make_room(1).then(|| self.collections.add(scope, &api)))
    }

    /// Renames what is there, adds what was never called and lets go what nobody documents now.
    fn follow_definitions(&mut self, home: u32) {
        // Claimed while endpoints go, so that the last of them does not take the collection along.
        self.collections.claim(home);
        let Some(collection) = self.collections.slab.get(home) else {
            return;
        };
        let (id, keys) = (collection.id, collection.said.keys());
        let uncalled = self.endpoints.of(home);
        let uncalled = uncalled.filter(|(_, it)| it.calls() == 0);
        let mut uncalled = uncalled
            .filter(|(_, it)| collection.said.operation(&it.key).is_none())
            .map(|(at, it)| (it.own.id, at))
            .collect::<Vec<_>>();
        uncalled.sort_unstable();
        for (_, at) in uncalled {
            self.let_go(at);
        }
        self.rename_endpoints(home, None);
        self.rewrite_profiles(home);
        for key in keys {
            let merged = self.aliases.resolve(id, &key).is_some();
            if !merged && self.endpoints.find(home, &key).is_none() && self.make_room(0) {
                self.collections.claim(home);
                let at = self.endpoints.add(home, id, &key);
                if let Some(endpoint) = self.endpoints.slab.get_mut(at) {
                    endpoint.kept = true;
                }
                self.endpoints.grow(at);
            }
        }
        self.wait_all(home);
        self.leave(home);
    }

    /// Has all rows of a collection and its own written at the next checkpoint.
    pub(super) fn wait_all(&mut self, home: u32) {
        let mut own = self
            .endpoints
            .of(home)
            .map(|(at, it)| (it.own.id, at))
            .collect::<Vec<_>>();
        own.sort_unstable();
        for (_, at) in own {
            self.wait(at);
        }
        if let Some(collection) = self.collections.slab.get_mut(home) {
            collection
                .own
                .waits_at
                .get_or_insert_with(|| self.pending.wait_collection(home));
        }
    }

    /// Has the profiles of a collection written again, with the differences that they have by now.
    pub(super) fn rewrite_profiles(&mut self, home: u32) {
        let own = self.endpoints.of(home).map(|it| it.0).collect::<Vec<_>>();
        for at in own {
            if let Some(endpoint) = self.endpoints.slab.get_mut(at) {
                endpoint.own.differs = None;
                if let Some(profile) = endpoint.profile_mut() {
                    profile.renew();
                }
            }
        }
    }

    fn leave_if_empty(&mut self, home: u32) {
        let own = self.collections.slab.get(home).map(|it| it.own.endpoints);
        if own == Some(0) {
            self.collections.claim(home);
            self.leave(home);
        }
    }
}

/// How the rows of endpoints say what is known of their templates.
impl Inventory {
    pub(super) fn explain_row(
        &mut self,
        at: u32,
        (labels, recent): (&mut Labels, &mut Recent),
        row: &mut EndpointRow,
    ) {
        let Some(endpoint) = self.endpoints.slab.get_mut(at) else {
            return;
        };
        let home = endpoint.own.home;
        let Some(collection) = self.collections.slab.get(home) else {
            return;
        };
        let number = self.ways.number(home);
        let mut fresh = || {
            labels.read_template_of_late(endpoint.template(), &self.masks, recent);
            collection.explain(labels)
        };
        let explained = endpoint.own.explained.as_ref();
        row.facts.decisions = match explained.filter(|it| it.number == number) {
            Some(explained) => {
                #[cfg(debug_assertions)]
                assert_eq!(explained.decisions, fresh(), "{}", endpoint.key);
                explained.decisions.clone()
            }
            None => fresh(),
        };
        let is_stale = explained.is_none_or(|it| it.number != number);
        // A seed has no room for it.
        if is_stale && !endpoint.is_seed() {
            endpoint.own.explained = Some(Box::new(Explained {
                number,
                decisions: row.facts.decisions.clone(),
            }));
        }
        let operation = collection.said.operation(&endpoint.key);
        row.facts.known_by.definition = operation.is_some();
        row.facts.known_by.pin = collection.said.is_pinned(endpoint.template());
        row.facts.drift = collection.said.drift(
            &endpoint.key,
            crate::said::Seen {
                calls: row.calls,
                last: row.last_seen,
                answered: endpoint.answered,
                differs: operation.is_some_and(|it| endpoint.differs(it)),
            },
        );
    }
}
