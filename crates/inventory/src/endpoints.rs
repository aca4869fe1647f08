//! The endpoints of a partition: found by collection and template without allocation, those of
//! one collection together, and the
//! seedlings among them by how long ago they were seen.

use std::collections::BTreeSet;

use gatewatch_model::definition::Operation;
use gatewatch_model::effects::{EndpointRow, Spread};
use gatewatch_model::facts::{Facts, Observation, Quantiles};
use gatewatch_model::{CollectionId, EndpointId};

use crate::collections::digest;
use crate::limits::GROWN_CALLS;
use crate::places::Places;
use crate::profile::{Profile, Types};
use crate::recency::Recency;
use crate::slab::Slab;

#[derive(Clone, Debug, PartialEq, minicbor::Encode, minicbor::Decode)]
#[cbor(map)]
pub(crate) struct Endpoint {
    #[n(0)]
    pub collection: CollectionId,
    /// `GET /orders/{id}`.
    #[n(1)]
    pub key: Box<str>,
    #[n(2)]
    pub facts: Facts,
    /// Whether it has ever answered other than a miss.
    #[n(3)]
    pub answered: bool,
    /// Whether a person has merged others into it: never let go to make room.
    #[n(4)]
    pub kept: bool,
    /// Whether it has proved itself. It never becomes a seedling again.
    #[n(5)]
    pub grown: bool,
    #[n(6)]
    #[cbor(default)]
    pub profile: Profile,
    #[cbor(skip)]
    pub own: Own,
}

/// What an endpoint has only while it is in memory.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Own {
    pub id: EndpointId,
    /// The place of its collection.
    pub home: u32,
    /// Where it waits for the next checkpoint.
    pub waits_at: Option<u32>,
    /// Whether the store may have its row.
    pub written: bool,
    /// Whether it was seen otherwise than its definition says, when its profile was written last;
    /// `None` where that is not known or there is none.
    pub differs: Option<bool>,
}

impl Default for Own {
    fn default() -> Self {
        Own {
            id: EndpointId([0; 16]),
            home: 0,
            waits_at: None,
            written: true,
            differs: None,
        }
    }
}

#[derive(Default)]
pub(crate) struct Endpoints {
    pub slab: Slab<Endpoint>,
    pub seedlings: Recency,
    by_key: Places,
    by_id: Places,
    /// Collection and endpoint, by place.
    by_home: BTreeSet<(u32, u32)>,
}

impl Endpoints {
    pub fn find(&self, home: u32, key: &str) -> Option<u32> {
        let key = (home, key);
        self.by_key.find(key, |at| {
            self.slab.get(at).is_some_and(|it| it.full_key() == key)
        })
    }

    pub fn find_id(&self, id: EndpointId) -> Option<u32> {
        self.by_id
            .find(id, |at| self.slab.get(at).is_some_and(|it| it.own.id == id))
    }

    /// Places of the endpoints of one collection, in an order that history made.
    pub fn of(&self, home: u32) -> impl Iterator<Item = (u32, &Endpoint)> {
        let own = self.by_home.range((home, 0)..=(home, u32::MAX));
        own.filter_map(|(_, at)| Some((*at, self.slab.get(*at)?)))
    }

    pub fn add(&mut self, home: u32, collection: CollectionId, key: &str) -> u32 {
        self.insert(Endpoint {
            collection,
            key: key.into(),
            facts: Facts::default(),
            answered: false,
            kept: false,
            grown: false,
            profile: Profile::default(),
            own: Own {
                id: id(collection, key),
                home,
                waits_at: None,
                written: false,
                differs: None,
            },
        })
    }

    /// Takes in an endpoint; a seedling counts as the one seen last.
    pub fn insert(&mut self, endpoint: Endpoint) -> u32 {
        let (seedling, home) = (!endpoint.grown, endpoint.own.home);
        let at = self.slab.insert(endpoint);
        self.by_home.insert((home, at));
        self.by_key
            .insert(at, |at| self.slab.get(at).map(Endpoint::full_key));
        self.by_id
            .insert(at, |at| self.slab.get(at).map(|it| it.own.id));
        if seedling {
            self.seedlings.add(at);
        }
        at
    }

    pub fn remove(&mut self, at: u32) -> Option<Endpoint> {
        let endpoint = self.slab.remove(at)?;
        self.by_key.remove(endpoint.full_key(), at);
        self.by_id.remove(endpoint.own.id, at);
        self.by_home.remove(&(endpoint.own.home, at));
        if !endpoint.grown {
            self.seedlings.remove(at);
        }
        Some(endpoint)
    }

    /// Folds one observation into the endpoint, which may grow by it.
    pub fn observe(&mut self, at: u32, seen: &Observation) {
        if let Some(endpoint) = self.slab.get_mut(at) {
            endpoint.facts.observe(seen);
            endpoint.answered |= !MISSES.contains(&seen.status);
        }
        self.grow(at);
    }

    /// Lets a seedling that has proved itself out of the list of those that may go.
    pub fn grow(&mut self, at: u32) {
        let Some(endpoint) = self.slab.get_mut(at).filter(|it| !it.grown) else {
            return;
        };
        endpoint.grown = endpoint.kept || endpoint.answered && endpoint.facts.calls >= GROWN_CALLS;
        if endpoint.grown {
            self.seedlings.remove(at);
        } else {
            self.seedlings.touch(at);
        }
    }

    pub fn len(&self) -> usize {
        self.slab.len()
    }

    pub fn heap_bytes(&self) -> usize {
        let tables = self.by_key.heap_bytes() + self.by_id.heap_bytes();
        let tables = tables + self.by_home.len() * BY_HOME_BYTES;
        let inner = self.slab.iter().map(|(_, it)| it.heap_bytes());
        self.slab.heap_bytes() + self.seedlings.heap_bytes() + tables + inner.sum::<usize>()
    }
}

/// A pair in a tree whose nodes are two thirds full.
const BY_HOME_BYTES: usize = 12;

/// What a scanner gets that tries what is not there.
pub(crate) const MISSES: [u16; 3] = [400, 404, 405];

impl Endpoint {
    /// Without its method.
    pub fn template(&self) -> &str {
        self.key.split_once(' ').map_or(&*self.key, |it| it.1)
    }

    /// Folds another into it.
    pub fn take_in(&mut self, old: &Endpoint) {
        self.facts.merge(&old.facts);
        self.profile.merge(&old.profile);
        self.answered |= old.answered;
        self.kept |= old.kept;
        self.own.differs = None;
    }

    /// Whether it was seen otherwise than documented.
    pub fn differs(&self, operation: &Operation) -> bool {
        self.own
            .differs
            .unwrap_or_else(|| self.profile.differs(&self.facts, operation))
    }

    fn full_key(&self) -> (u32, &str) {
        (self.own.home, &self.key)
    }

    pub fn heap_bytes(&self) -> usize {
        self.key.len() + self.facts.heap_bytes() + self.profile.heap_bytes()
    }

    /// Reads from the places that its row will need.
    pub fn touch_row(&self) -> u64 {
        let key = self.key.as_bytes().first().copied();
        u64::from(key.unwrap_or_default()) ^ self.facts.touch_all() ^ self.profile.touch_facts()
    }

    pub fn row(&self, types: Types<'_>) -> EndpointRow {
        let (method, template) = self.key.split_once(' ').unwrap_or(("", &self.key));
        EndpointRow {
            id: self.own.id,
            collection: self.collection,
            method: method.into(),
            template: template.into(),
            first_seen: self.facts.first_seen,
            last_seen: self.facts.last_seen,
            calls: self.facts.calls,
            statuses: self.facts.statuses.iter().collect(),
            callers_estimate: self.facts.callers.estimate(),
            request_bytes: spread(&self.facts.request_bytes),
            response_bytes: spread(&self.facts.response_bytes),
            latency_micros: spread(&self.facts.latency_micros),
            facts: self
                .profile
                .facts((method, template), self.facts.calls, types),
        }
    }
}

pub(crate) fn id(collection: CollectionId, key: &str) -> EndpointId {
    let (method, template) = key.split_once(' ').unwrap_or(("", key));
    EndpointId(digest(&[
        &collection.0,
        method.as_bytes(),
        template.as_bytes(),
    ]))
}

pub(crate) fn spread(sketch: &Quantiles) -> Spread {
    let count = sketch.count();
    let [p50, p95, p99] = sketch.quantiles(count, [0.5, 0.95, 0.99]);
    Spread {
        count,
        p50,
        p95,
        p99,
        max: sketch.max(),
    }
}
