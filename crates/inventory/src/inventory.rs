//! The fold of one partition: an exchange finds its endpoint, or makes it, and is counted.

mod control;
mod drain;
mod learn;
mod operations;
mod profiles;
mod sensitive;
mod ways;
mod word;

use gatewatch_decode::{Api, Reading};
use gatewatch_model::effects::Coverage;
use gatewatch_model::facts::Observation;
use gatewatch_model::info_type::{Fit, Judge};
use gatewatch_model::profile::EndpointRole;
use gatewatch_model::rollup::{Cell, status_class};
use gatewatch_model::signal::{Judged, Judgement};
use gatewatch_model::{Blemishes, Caller, CollectionId, EndpointId, Exchange, Position, Timestamp};

use crate::aliases::Aliases;
use crate::callers::{caller_hash, is_observed};
use crate::collections::{self, Collection, Collections};
use crate::endpoints::{Body, Endpoints, MISSES};
use crate::limits::{COLLECTIONS_MAX, ENDPOINTS_MAX, SEEDLINGS_MAX};
use crate::paths::{Labels, Masks, Recent, Trail, Tree};
use crate::pending::Pending;
use crate::profile::{Named, Seen};
use profiles::Line;
use ways::Ways;

/// All collections and endpoints of one partition.
#[derive(Default)]
pub struct Inventory {
    pub(crate) collections: Collections,
    pub(crate) endpoints: Endpoints,
    pub(crate) aliases: Aliases,
    pub(crate) counters: Counters,
    pub(crate) pending: Pending,
    pub(crate) limits: Limits,
    pub(crate) line: Line,
    pub(crate) masks: Masks,
    ways: Ways,
    /// Of hashes of values, from the key.
    pub(crate) seed: u64,
    /// Nodes of evidence in all collections.
    pub(crate) path_nodes: usize,
    /// Of the record at hand.
    position: Position,
    scratch: Scratch,
}

/// An exchange as the fold has dated it.
#[derive(Clone, Copy, Debug)]
pub struct Sighting<'s> {
    pub exchange: &'s Exchange<'s>,
    /// The same, read.
    pub reading: &'s Reading,
    /// The scope of the ingest token.
    pub scope: &'s str,
    pub caller: &'s Caller,
    /// Whether the true caller lies outside the organisation's networks, if that is known.
    pub external: Option<bool>,
    /// The time that the fold believes.
    pub at: Timestamp,
    /// What is known to be odd so far.
    pub blemishes: Blemishes,
    /// What its values fit, in the order of its leaves, and who says what that makes of members.
    pub fits: &'s [Fit],
    pub judge: &'s dyn Judge,
    /// What is wrong with it.
    pub judged: Judged<'s>,
}

/// Where an exchange went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Placed {
    /// `None` when there was no room for a new endpoint.
    pub endpoint: Option<EndpointId>,
    /// All that was odd, the target included.
    pub blemishes: Blemishes,
}

/// What the inventory of a partition holds and how much memory that takes, by its own account.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Memory {
    pub collections: usize,
    pub endpoints: usize,
    pub seedlings: usize,
    pub collections_bytes: usize,
    /// Templates, facts and the tables that find them.
    pub endpoints_bytes: usize,
    /// The largest profile of all.
    pub profile_bytes_max: usize,
    pub pending_bytes: usize,
    /// Nodes of paths that templates are learned from, and such that went for want of room.
    pub path_nodes: usize,
    pub path_nodes_lost: u64,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
#[cbor(array)]
pub(crate) struct Counters {
    #[n(0)]
    pub evicted: u64,
    #[n(1)]
    pub unplaced: u64,
    /// Endpoints whose old name is kept, because their template was learned anew.
    #[n(2)]
    #[cbor(default)]
    pub renamed: u64,
    /// Paths that templates could not be learned from, for want of room.
    #[n(3)]
    #[cbor(default)]
    pub paths_lost: u64,
    /// Exchanges of endpoints that had no profile.
    #[n(4)]
    #[cbor(default)]
    pub unprofiled: u64,
}

#[derive(Clone, Copy)]
pub(crate) struct Limits {
    pub collections: usize,
    pub endpoints: usize,
    pub seedlings: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            collections: COLLECTIONS_MAX,
            endpoints: ENDPOINTS_MAX,
            seedlings: SEEDLINGS_MAX,
        }
    }
}

/// Memory that is used again for each exchange.
#[derive(Default)]
pub(crate) struct Scratch {
    labels: Labels,
    recent: Recent,
    /// What is asked for below the path.
    operation: String,
    /// Method, a space and the template.
    key: String,
    method_bytes: usize,
    /// The same as a collection writes it that has seen nothing.
    plain: String,
    untaught: Tree,
    /// Where the path was counted.
    trail: Trail,
}

impl Inventory {
    /// Counts one exchange at its endpoint.
    pub fn observe(&mut self, sighting: &Sighting<'_>) -> Placed {
        let mut blemishes = sighting.blemishes;
        blemishes.insert(sighting.exchange.blemishes);
        blemishes.insert(sighting.reading.blemishes());
        self.scratch.read(sighting.reading, &self.masks);
        let api = gatewatch_decode::api(sighting.exchange);
        if api == Api::Unknown {
            blemishes.insert(Blemishes::NO_HOST);
        }
        let mut home = self.collections.find(sighting.scope, &api);
        let fresh = home.is_none();
        // What an attack asks for is no evidence of what paths there are.
        let counts = !MISSES.contains(&sighting.exchange.status().unwrap_or(0))
            && sighting.judged.judgement != Judgement::Attack;
        let caller = caller_hash(sighting.caller);
        let mut place = match home {
            Some(home) if counts => self.learn_and_find(home, caller),
            home => self.find_place(home).inspect(|it| self.touch(*it, caller)),
        };
        place = place.or_else(|| self.add(&mut home, sighting.scope, &api));
        if let Some(home) = home.filter(|_| counts && fresh) {
            self.learn(home, caller);
            // It may have another name by what was learned.
            place = self.find_place(Some(home));
        }
        if let Some(home) = home {
            self.see_collection(home, sighting);
        }
        let endpoint = place.and_then(|at| self.see_endpoint(at, sighting, blemishes));
        self.counters.unplaced += u64::from(endpoint.is_none());
        Placed {
            endpoint,
            blemishes,
        }
    }

    /// Method and template of an exchange by all that is known now; nothing is counted.
    pub fn template_of(
        &mut self,
        exchange: &Exchange<'_>,
        reading: &Reading,
        scope: &str,
    ) -> Box<str> {
        self.scratch.read(reading, &self.masks);
        let api = gatewatch_decode::api(exchange);
        let home = self.collections.find(scope, &api);
        let found = self.find_place(home);
        let endpoint = found.and_then(|at| self.endpoints.slab.get(at));
        endpoint.map_or_else(|| self.scratch.key.as_str().into(), |it| it.key.clone())
    }

    /// The collection of an exchange, whether it was seen before or not.
    pub fn collection_of(&self, exchange: &Exchange<'_>, scope: &str) -> CollectionId {
        let api = gatewatch_decode::api(exchange);
        let known = self.collections.find(scope, &api);
        let known = known.and_then(|at| self.collections.slab.get(at));
        known.map_or_else(|| collections::id_of(scope, &api), |it| it.id)
    }

    /// About how much memory the next checkpoint holds back.
    pub fn pending_bytes(&self) -> usize {
        self.pending.bytes()
    }

    pub fn memory(&self) -> Memory {
        let profiles = self
            .endpoints
            .slab
            .iter()
            .map(|(_, it)| size_of_val(it) + it.heap_bytes());
        Memory {
            collections: self.collections.len(),
            endpoints: self.endpoints.len(),
            seedlings: self.endpoints.seedlings.len(),
            collections_bytes: self.collections.heap_bytes(),
            endpoints_bytes: self.endpoints.heap_bytes(),
            profile_bytes_max: profiles.max().unwrap_or(0),
            pending_bytes: self.pending_bytes(),
            path_nodes: self.path_nodes,
            path_nodes_lost: self.counters.paths_lost,
        }
    }

    /// Bytes on the heap, by its own account.
    pub fn heap_bytes(&self) -> usize {
        self.collections.heap_bytes()
            + self.endpoints.heap_bytes()
            + self.aliases.heap_bytes()
            + self.ways.heap_bytes()
            + self.pending.bytes()
    }

    pub fn coverage(&self) -> Coverage {
        Coverage {
            endpoints: self.endpoints.len() as u64,
            endpoints_evicted: self.counters.evicted,
            exchanges_unplaced: self.counters.unplaced,
            collections: self.collections.len() as u64,
            paths_lost: self.counters.paths_lost,
            exchanges_unprofiled: self.counters.unprofiled,
            ..Coverage::default()
        }
    }

    fn find(&mut self, home: u32) -> Option<u32> {
        let found = self.endpoints.find(home, &self.scratch.key);
        found.or_else(|| self.follow_merge(home))
    }

    /// Goes on with the key that the scratch's one was merged into, if it was.
    fn follow_merge(&mut self, home: u32) -> Option<u32> {
        let collection = self.collections.slab.get(home)?.id;
        let new = self.aliases.resolve(collection, &self.scratch.key)?;
        self.scratch.key.clear();
        self.scratch.key.push_str(new);
        self.endpoints.find(home, &self.scratch.key)
    }

    /// Makes the endpoint, and its collection where that is missing too, if there is room.
    fn add(&mut self, home: &mut Option<u32>, scope: &str, api: &Api<'_>) -> Option<u32> {
        if let Some(at) = *home {
            // Claimed first, so that making room cannot empty this very collection.
            self.collections.claim(at);
            if !self.make_room(0) {
                self.collections.yield_claim(at);
                return None;
            }
        } else if self.make_room(1) {
            let at = self.collections.add(scope, api);
            self.collections.claim(at);
            // A collection that comes back still knows what was merged in it.
            self.follow_merge(at);
            *home = Some(at);
        }
        let home = (*home)?;
        let collection = self.collections.slab.get(home)?.id;
        Some(self.endpoints.add(home, collection, &self.scratch.key))
    }

    /// Lets seedlings go until there is room for one endpoint and so many collections.
    fn make_room(&mut self, collections: usize) -> bool {
        while self.endpoints.seedlings.len() >= self.limits.seedlings
            || self.endpoints.len() >= self.limits.endpoints
            || self.collections.len() + collections > self.limits.collections
        {
            let Some(oldest) = self.endpoints.seedlings.oldest() else {
                return false;
            };
            self.let_go(oldest);
            self.counters.evicted += 1;
        }
        true
    }

    /// Reads from the places of an endpoint that an exchange will need.
    fn touch(&self, at: u32, caller: u64) {
        if let Some(endpoint) = self.endpoints.slab.get(at) {
            // Nothing comes of it but that the memory is at hand.
            core::hint::black_box(endpoint.touch(caller));
        }
    }

    fn see_collection(&mut self, home: u32, sighting: &Sighting<'_>) {
        if let Some(collection) = self.collections.slab.get_mut(home) {
            let status = sighting.exchange.status();
            let answered = status.is_some_and(|it| (200..300).contains(&it));
            collection.see(sighting.at, sighting.judged, answered);
            collection
                .own
                .waits_at
                .get_or_insert_with(|| self.pending.wait_collection(home));
        }
    }

    fn see_endpoint(
        &mut self,
        at: u32,
        sighting: &Sighting<'_>,
        blemishes: Blemishes,
    ) -> Option<EndpointId> {
        let seen = observation(sighting, blemishes);
        self.endpoints.observe(at, &seen);
        let endpoint = self.endpoints.slab.get_mut(at)?;
        let home = self.collections.slab.get(endpoint.own.home)?.id;
        let (mut found, mut role) = (Vec::new(), EndpointRole::default());
        if let Body::Full(full) = &mut endpoint.body {
            let profile = &mut full.profile;
            let caller = caller_hash(sighting.caller);
            let seen = Seen::of(sighting, home, caller, &endpoint.key, self.seed);
            found = profile.observe(&seen);
            if !found.is_empty() {
                let (method, template) = endpoint.key.split_once(' ').unwrap_or_default();
                role = profile.role(method, Named::of(method, template));
            }
        }
        self.counters.unprofiled += u64::from(endpoint.is_seed());
        let own = &mut endpoint.own;
        let waits_at = *own
            .waits_at
            .get_or_insert_with(|| self.pending.wait(at, own.id));
        self.pending.count(waits_at, seen.at.minute(), &cell(&seen));
        let id = own.id;
        if !found.is_empty() {
            self.discover((id, home, role), found, sighting);
        }
        Some(id)
    }
}

impl Scratch {
    /// Writes the key of the exchange at hand, by what its collection has learned if it has one.
    fn write_key(&mut self, collection: Option<&Collection>) {
        self.key.truncate(self.method_bytes);
        self.key.push(' ');
        match collection {
            Some(collection) => collection.write(&self.labels, &mut self.key),
            None => self.untaught.write(&self.labels, &mut self.key),
        }
    }

    fn read(&mut self, reading: &Reading, masks: &Masks) {
        let method = reading.method();
        self.trail = Trail::default();
        self.key.clear();
        self.key.push_str(method);
        self.method_bytes = method.len();
        let operation = operations::write(reading, &mut self.operation);
        let operation = operation.then_some(&*self.operation);
        self.labels
            .read(reading.path(), operation, masks, &mut self.recent);
    }

    fn method(&self) -> &str {
        &self.key[..self.method_bytes]
    }
}

fn observation(sighting: &Sighting<'_>, blemishes: Blemishes) -> Observation {
    let exchange = sighting.exchange;
    let response = exchange.response.as_ref();
    Observation {
        at: sighting.at,
        status: exchange.status().unwrap_or(0),
        request_bytes: exchange.request.body.as_ref().map(|it| it.bytes_total),
        response_bytes: response
            .and_then(|it| it.body.as_ref())
            .map(|it| it.bytes_total),
        latency_micros: response.and_then(|it| it.latency_micros),
        caller: is_observed(sighting.caller).then(|| caller_hash(sighting.caller)),
        blemishes,
    }
}

/// The same observation as a roll-up counts it.
fn cell(seen: &Observation) -> Cell {
    let mut cell = Cell {
        request_bytes: seen.request_bytes.unwrap_or(0),
        response_bytes: seen.response_bytes.unwrap_or(0),
        timed: u64::from(seen.latency_micros.is_some()),
        latency_micros_sum: seen.latency_micros.unwrap_or(0),
        latency_micros_max: seen.latency_micros.unwrap_or(0),
        ..Cell::default()
    };
    cell.statuses[status_class(Some(seen.status))] = 1;
    cell
}

#[cfg(test)]
mod tests;
