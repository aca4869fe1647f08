//! The endpoints of a partition: found by collection and template without allocation, those of
//! one collection together, and the
//! seedlings among them by how long ago they were seen.

mod seed;

use std::borrow::Cow;
use std::collections::BTreeSet;

use gatewatch_model::definition::Operation;
use gatewatch_model::effects::{EndpointRow, Spread};
use gatewatch_model::facts::{Facts, Observation, Quantiles};
use gatewatch_model::profile::Decision;
use gatewatch_model::{CollectionId, EndpointId};

use crate::collections::digest;
use crate::limits::{GROWN_CALLS, PROFILED_SEEDLINGS_MAX};
use crate::places::Places;
use crate::profile::{Named, Profile, Types};
use crate::recency::Recency;
use crate::slab::Slab;
pub(crate) use seed::Seed;

/// Small, because there may be many that are no more than seeds.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Endpoint {
    pub collection: CollectionId,
    /// `GET /orders/{id}`.
    pub key: Box<str>,
    pub body: Body,
    /// Whether it has ever answered other than a miss.
    pub answered: bool,
    /// Whether a person has merged others into it: never let go to make room.
    pub kept: bool,
    /// Whether it has proved itself. It never becomes a seedling again.
    pub grown: bool,
    pub own: Own,
}

/// What is known of an endpoint.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Body {
    /// As long as it has not proved itself and others took the room for profiles: facts alone.
    Seed(Seed),
    Full(Box<Full>),
}

#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Full {
    pub facts: Facts,
    pub profile: Profile,
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
    /// What its name says it is for.
    pub role: Option<Named>,
    /// Why its template is what it is, as long as nothing is decided anew.
    pub explained: Option<Box<Explained>>,
}

/// Decisions on a template, under the number that its collection had then.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Explained {
    pub number: u64,
    pub decisions: Vec<Decision>,
}

impl Default for Own {
    fn default() -> Self {
        Own {
            id: EndpointId([0; 16]),
            home: 0,
            waits_at: None,
            written: true,
            differs: None,
            role: None,
            explained: None,
        }
    }
}

pub(crate) struct Endpoints {
    pub slab: Slab<Endpoint>,
    pub seedlings: Recency,
    /// Seedlings that have a profile, and how many may.
    profiled: usize,
    profiled_max: usize,
    by_key: Places,
    by_id: Places,
    /// Collection and endpoint, by place.
    by_home: BTreeSet<(u32, u32)>,
}

impl Default for Endpoints {
    fn default() -> Self {
        Endpoints {
            slab: Slab::default(),
            seedlings: Recency::default(),
            profiled: 0,
            profiled_max: PROFILED_SEEDLINGS_MAX,
            by_key: Places::default(),
            by_id: Places::default(),
            by_home: BTreeSet::new(),
        }
    }
}

impl Endpoints {
    /// From now on so many seedlings may have a profile.
    #[cfg(test)]
    pub fn set_profiled_max(&mut self, profiled_max: usize) {
        self.profiled_max = profiled_max;
    }

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
            body: self.fresh_body(),
            answered: false,
            kept: false,
            grown: false,
            own: Own {
                id: id(collection, key),
                home,
                waits_at: None,
                written: false,
                ..Own::default()
            },
        })
    }

    /// Takes in an endpoint; a seedling counts as the one seen last.
    pub fn insert(&mut self, endpoint: Endpoint) -> u32 {
        let (seedling, home) = (!endpoint.grown, endpoint.own.home);
        self.profiled += usize::from(endpoint.is_profiled_seedling());
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
        self.profiled -= usize::from(endpoint.is_profiled_seedling());
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
            match &mut endpoint.body {
                Body::Seed(seed) => seed.observe(seen),
                Body::Full(full) => full.facts.observe(seen),
            }
            endpoint.answered |= !MISSES.contains(&seen.status);
        }
        self.grow(at);
    }

    /// Lets a seedling that has proved itself out of the list of those that may go. One that has
    /// no profile gets it then, or when there is room.
    pub fn grow(&mut self, at: u32) {
        let Some(endpoint) = self.slab.get_mut(at).filter(|it| !it.grown) else {
            return;
        };
        let was_profiled = endpoint.is_profiled_seedling();
        endpoint.grown = endpoint.kept || endpoint.answered && endpoint.calls() >= GROWN_CALLS;
        if endpoint.grown || self.profiled < self.profiled_max {
            endpoint.make_full();
        }
        self.profiled -= usize::from(was_profiled);
        self.profiled += usize::from(endpoint.is_profiled_seedling());
        if endpoint.grown {
            self.seedlings.remove(at);
        } else {
            self.seedlings.touch(at);
        }
    }

    /// Folds another into an endpoint, which may grow by it.
    pub fn take_in(&mut self, at: u32, old: &Endpoint) {
        if let Some(endpoint) = self.slab.get_mut(at) {
            self.profiled -= usize::from(endpoint.is_profiled_seedling());
            endpoint.take_in(old);
            self.profiled += usize::from(endpoint.is_profiled_seedling());
        }
        self.grow(at);
    }

    /// Of an endpoint that is new, and no more than a seed where all room for profiles is taken.
    fn fresh_body(&self) -> Body {
        if self.profiled < self.profiled_max {
            Body::Full(Box::default())
        } else {
            Body::Seed(Seed::default())
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

    pub fn facts(&self) -> Cow<'_, Facts> {
        match &self.body {
            Body::Seed(seed) => Cow::Owned(seed.facts()),
            Body::Full(full) => Cow::Borrowed(&full.facts),
        }
    }

    pub fn calls(&self) -> u64 {
        match &self.body {
            Body::Seed(seed) => seed.calls(),
            Body::Full(full) => full.facts.calls,
        }
    }

    /// What a seed has not got.
    pub fn profile_mut(&mut self) -> Option<&mut Profile> {
        match &mut self.body {
            Body::Seed(_) => None,
            Body::Full(full) => Some(&mut full.profile),
        }
    }

    /// Makes a profile for it where there is none.
    fn make_full(&mut self) {
        if let Body::Seed(seed) = &self.body {
            self.body = Body::Full(Box::new(Full {
                facts: seed.facts(),
                profile: Profile::default(),
            }));
        }
    }

    pub fn is_seed(&self) -> bool {
        matches!(self.body, Body::Seed(_))
    }

    fn is_profiled_seedling(&self) -> bool {
        !self.grown && !self.is_seed()
    }

    /// Folds another into it.
    fn take_in(&mut self, old: &Endpoint) {
        if matches!(old.body, Body::Full(_)) {
            self.make_full();
        }
        match (&mut self.body, &old.body) {
            (Body::Seed(mine), _) => mine.merge(&old.facts()),
            (Body::Full(mine), Body::Seed(theirs)) => mine.facts.merge(&theirs.facts()),
            (Body::Full(mine), Body::Full(theirs)) => {
                mine.facts.merge(&theirs.facts);
                mine.profile.merge(&theirs.profile);
            }
        }
        self.answered |= old.answered;
        self.kept |= old.kept;
        self.own.differs = None;
    }

    /// Whether it was seen otherwise than documented.
    pub fn differs(&self, operation: &Operation) -> bool {
        self.own.differs.unwrap_or_else(|| match &self.body {
            Body::Seed(_) => false,
            Body::Full(full) => full.profile.differs(&full.facts, operation),
        })
    }

    fn full_key(&self) -> (u32, &str) {
        (self.own.home, &self.key)
    }

    pub fn heap_bytes(&self) -> usize {
        let body = match &self.body {
            Body::Seed(seed) => seed.heap_bytes(),
            Body::Full(full) => {
                size_of::<Full>() + full.facts.heap_bytes() + full.profile.heap_bytes()
            }
        };
        let explained = self.own.explained.as_ref();
        self.key.len() + body + explained.map_or(0, |it| it.bytes())
    }

    /// Reads from the places that an exchange will need.
    pub fn touch(&self, caller: u64) -> u64 {
        match &self.body {
            Body::Seed(seed) => seed.touch(),
            Body::Full(full) => full.facts.touch(caller) ^ full.profile.touch(),
        }
    }

    /// Reads from the places that its row will need.
    pub fn touch_row(&self) -> u64 {
        let key = self.key.as_bytes().first().copied();
        let body = match &self.body {
            Body::Seed(seed) => seed.touch(),
            Body::Full(full) => full.facts.touch_all() ^ full.profile.touch_facts(),
        };
        u64::from(key.unwrap_or_default()) ^ body
    }

    pub fn row(&mut self, types: Types<'_>) -> EndpointRow {
        let (method, template) = self.key.split_once(' ').unwrap_or(("", &self.key));
        let role = *self
            .own
            .role
            .get_or_insert_with(|| Named::of(method, template));
        let facts = self.facts();
        EndpointRow {
            id: self.own.id,
            collection: self.collection,
            method: method.into(),
            template: template.into(),
            first_seen: facts.first_seen,
            last_seen: facts.last_seen,
            calls: facts.calls,
            statuses: facts.statuses.iter().collect(),
            callers_estimate: facts.callers.estimate(),
            request_bytes: spread(&facts.request_bytes),
            response_bytes: spread(&facts.response_bytes),
            latency_micros: spread(&facts.latency_micros),
            facts: match &self.body {
                Body::Seed(_) => Profile::default().facts((method, role), facts.calls, types),
                Body::Full(full) => full.profile.facts((method, role), facts.calls, types),
            },
        }
    }
}

impl Explained {
    fn bytes(&self) -> usize {
        let reasons = self.decisions.iter().map(|it| it.reason.len());
        size_of::<Explained>()
            + self.decisions.capacity() * size_of::<Decision>()
            + reasons.sum::<usize>()
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
