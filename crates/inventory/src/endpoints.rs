//! The endpoints of a partition: found by collection and template without allocation, and the
//! seedlings among them by how long ago they were seen.

use std::hash::{BuildHasher, RandomState};

use gatewatch_model::effects::{EndpointRow, Spread};
use gatewatch_model::facts::{Facts, Observation, Quantiles};
use gatewatch_model::{CollectionId, EndpointId};
use hashbrown::HashTable;

use crate::collections::digest;
use crate::limits::GROWN_CALLS;
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
}

impl Default for Own {
    fn default() -> Self {
        Own {
            id: EndpointId([0; 16]),
            home: 0,
            waits_at: None,
            written: true,
        }
    }
}

#[derive(Default)]
pub(crate) struct Endpoints {
    pub slab: Slab<Endpoint>,
    pub seedlings: Recency,
    by_key: HashTable<u32>,
    by_id: HashTable<u32>,
    // Keyed at random, so that nobody can make paths that collide; its order never shows.
    hasher: RandomState,
}

impl Endpoints {
    pub fn find(&self, home: u32, key: &str) -> Option<u32> {
        let same = |at: &u32| {
            self.slab
                .get(*at)
                .is_some_and(|it| it.own.home == home && *it.key == *key)
        };
        self.by_key
            .find(self.hasher.hash_one((home, key)), same)
            .copied()
    }

    pub fn find_id(&self, id: EndpointId) -> Option<u32> {
        let same = |at: &u32| self.slab.get(*at).is_some_and(|it| it.own.id == id);
        self.by_id.find(self.hasher.hash_one(id), same).copied()
    }

    pub fn add(&mut self, home: u32, collection: CollectionId, key: &str) -> u32 {
        self.insert(Endpoint {
            collection,
            key: key.into(),
            facts: Facts::default(),
            answered: false,
            kept: false,
            grown: false,
            own: Own {
                id: id(collection, key),
                home,
                waits_at: None,
                written: false,
            },
        })
    }

    /// Takes in an endpoint; a seedling counts as the one seen last.
    pub fn insert(&mut self, endpoint: Endpoint) -> u32 {
        let seedling = !endpoint.grown;
        let key_hash = hash_key(&self.hasher, &endpoint);
        let id_hash = self.hasher.hash_one(endpoint.own.id);
        let at = self.slab.insert(endpoint);
        let Endpoints {
            slab,
            by_key,
            by_id,
            hasher,
            ..
        } = self;
        by_key.insert_unique(key_hash, at, |it| {
            slab.get(*it).map_or(0, |it| hash_key(hasher, it))
        });
        by_id.insert_unique(id_hash, at, |it| {
            slab.get(*it).map_or(0, |it| hasher.hash_one(it.own.id))
        });
        if seedling {
            self.seedlings.add(at);
        }
        at
    }

    pub fn remove(&mut self, at: u32) -> Option<Endpoint> {
        let endpoint = self.slab.remove(at)?;
        let hashes = [
            hash_key(&self.hasher, &endpoint),
            self.hasher.hash_one(endpoint.own.id),
        ];
        for (table, hash) in [&mut self.by_key, &mut self.by_id].into_iter().zip(hashes) {
            if let Ok(entry) = table.find_entry(hash, |it| *it == at) {
                entry.remove();
            }
        }
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
        let tables = self.by_key.allocation_size() + self.by_id.allocation_size();
        let inner = self.slab.iter().map(|(_, it)| it.heap_bytes());
        self.slab.heap_bytes() + self.seedlings.heap_bytes() + tables + inner.sum::<usize>()
    }
}

/// What a scanner gets that tries what is not there.
const MISSES: [u16; 3] = [400, 404, 405];

impl Endpoint {
    pub fn heap_bytes(&self) -> usize {
        self.key.len() + self.facts.heap_bytes()
    }

    pub fn row(&self) -> EndpointRow {
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

fn hash_key(hasher: &RandomState, endpoint: &Endpoint) -> u64 {
    hasher.hash_one((endpoint.own.home, &*endpoint.key))
}

fn spread(sketch: &Quantiles) -> Spread {
    Spread {
        count: sketch.count(),
        p50: sketch.quantile(0.5),
        p95: sketch.quantile(0.95),
        p99: sketch.quantile(0.99),
        max: sketch.max(),
    }
}
