//! How the exchange at hand finds its endpoint. The walks over what a collection has seen and
//! decided are chains of cache misses, so shorter ways come first: where the plain path, with its
//! surest values left out, was counted and led the last time, and the endpoint that is called so.

use gatewatch_model::EndpointId;
use xxhash_rust::xxh3::xxh3_64_with_seed;

use super::Inventory;
use crate::limits::{WAY_BYTES_MAX, WAYS_MAX};
use crate::paths::{REST, Trail};

/// Where plain paths led of late. Only in memory; a way that another one takes the place of is
/// walked again.
#[derive(Default)]
pub(crate) struct Ways {
    places: Vec<Option<Way>>,
    /// Ways found under another number of their home, or of all, are void.
    numbers: Vec<u64>,
    number: u64,
}

struct Way {
    number: u64,
    home: u32,
    at: u32,
    id: EndpointId,
    /// Where it counts, if an exchange that counts has come since something was decided.
    trail: Trail,
    plain: Box<str>,
}

impl Ways {
    /// Something was decided anew in a home: no way of it need lead where it did.
    pub fn void(&mut self, home: u32) {
        let places = home as usize + 1;
        if self.numbers.len() < places {
            self.numbers.resize(places, 0);
        }
        self.numbers[home as usize] += 1;
    }

    pub fn void_all(&mut self) {
        self.number += 1;
    }

    /// Of a home by now; it only ever grows.
    pub fn number(&self, home: u32) -> u64 {
        self.number + self.numbers.get(home as usize).copied().unwrap_or(0)
    }

    pub fn heap_bytes(&self) -> usize {
        let texts = self.places.iter().flatten().map(|it| it.plain.len());
        self.places.capacity() * size_of::<Option<Way>>()
            + self.numbers.capacity() * size_of::<u64>()
            + texts.sum::<usize>()
    }

    fn find(&self, home: u32, plain: &str) -> Option<&Way> {
        let way = self.places.get(self.place(home, plain))?.as_ref()?;
        let same = way.home == home && way.number == self.number(home) && *way.plain == *plain;
        same.then_some(way)
    }

    /// Has room for that many ways at least, as far as it may; more room begins empty.
    fn make_room(&mut self, ways: usize) {
        let wanted = ways.next_power_of_two().min(WAYS_MAX);
        if self.places.len() < wanted {
            self.places.clear();
            self.places.resize_with(wanted, || None);
        }
    }

    fn keep(&mut self, home: u32, plain: &str, (at, id): (u32, EndpointId), trail: Trail) {
        let (place, number) = (self.place(home, plain), self.number(home));
        let fits = plain.len() <= WAY_BYTES_MAX;
        let Some(place) = self.places.get_mut(place).filter(|_| fits) else {
            return;
        };
        let old = place.take().map(|it| it.plain);
        let old = old.filter(|it| **it == *plain);
        *place = Some(Way {
            number,
            home,
            at,
            id,
            trail,
            plain: old.unwrap_or_else(|| plain.into()),
        });
    }

    fn place(&self, home: u32, plain: &str) -> usize {
        let hash = xxh3_64_with_seed(plain.as_bytes(), u64::from(home));
        hash as usize & self.places.len().wrapping_sub(1)
    }
}

impl Inventory {
    /// Counts the path of the exchange at hand and finds its endpoint by what is known then.
    pub(super) fn learn_and_find(&mut self, home: u32, caller: u64) -> Option<u32> {
        self.scratch.write_key(None);
        let way = self.find_way(home).filter(|it| it.1.is_known());
        let Some((at, trail)) = way.filter(|_| self.is_plain(home)) else {
            self.learn(home, caller);
            return self.find_place(Some(home));
        };
        self.touch(at, caller);
        if self.learn_again(home, caller, &trail) {
            return self.find_place(Some(home));
        }
        #[cfg(debug_assertions)]
        assert_eq!(self.walk(home), Some(at), "{}", self.scratch.key);
        Some(at)
    }

    /// Finds the endpoint of the exchange at hand; where there is none, its key is written.
    pub(super) fn find_place(&mut self, home: Option<u32>) -> Option<u32> {
        self.scratch.write_key(None);
        let home = home?;
        if !self.is_plain(home) {
            return self.walk(home);
        }
        let trail = self.scratch.trail;
        let way = self.find_way(home).filter(|_| !trail.is_known());
        self.scratch.plain.clone_from(&self.scratch.key);
        if let Some((at, _)) = way {
            #[cfg(debug_assertions)]
            assert_eq!(self.walk(home), Some(at), "{}", self.scratch.plain);
            return Some(at);
        }
        // The template of every endpoint is what its collection decided of it, so whose key is the
        // plain path is where the decisions lead.
        let at = self.endpoints.find(home, &self.scratch.plain);
        #[cfg(debug_assertions)]
        assert!(
            at.is_none() || self.walk(home) == at,
            "{}",
            self.scratch.plain
        );
        let at = at.or_else(|| self.walk(home))?;
        let id = self.endpoints.slab.get(at)?.own.id;
        self.ways.make_room(self.endpoints.len() * 4);
        self.ways.keep(home, &self.scratch.plain, (at, id), trail);
        Some(at)
    }

    /// Where the plain path led the last time, if that is still there.
    fn find_way(&self, home: u32) -> Option<(u32, Trail)> {
        let way = self.ways.find(home, &self.scratch.key)?;
        let endpoint = self.endpoints.slab.get(way.at)?;
        (endpoint.own.id == way.id).then_some((way.at, way.trail))
    }

    /// Whether the plain path tells enough: what people and documents say may ask for more of it.
    fn is_plain(&self, home: u32) -> bool {
        let collection = self.collections.slab.get(home);
        collection.is_some_and(|it| it.said.is_empty()) && !self.scratch.key.ends_with(REST)
    }

    /// Finds it by all that is decided and said.
    fn walk(&mut self, home: u32) -> Option<u32> {
        self.scratch.write_key(self.collections.slab.get(home));
        self.find(home)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: EndpointId = EndpointId([7; 16]);

    #[test]
    fn a_way_is_known_for_its_home_until_it_is_void() {
        let mut ways = Ways::default();
        assert_eq!(ways.find(1, "GET /a").map(|it| it.at), None);
        ways.make_room(8);
        ways.keep(1, "GET /a", (3, ID), Trail::default());
        assert_eq!(ways.find(1, "GET /a").map(|it| it.at), Some(3));
        assert_eq!(ways.find(2, "GET /a").map(|it| it.at), None);
        assert_eq!(ways.find(1, "GET /b").map(|it| it.at), None);
        ways.void(2);
        assert_eq!(ways.find(1, "GET /a").map(|it| it.at), Some(3));
        ways.void(1);
        assert_eq!(ways.find(1, "GET /a").map(|it| it.at), None);
        ways.keep(1, "GET /a", (3, ID), Trail::default());
        ways.void_all();
        assert_eq!(ways.find(1, "GET /a").map(|it| it.at), None);
    }

    #[test]
    fn ways_have_a_bound_in_number_and_length() {
        let mut ways = Ways::default();
        ways.make_room(usize::MAX / 4);
        let long = "x".repeat(WAY_BYTES_MAX + 1);
        ways.keep(1, &long, (3, ID), Trail::default());
        assert_eq!(ways.find(1, &long).map(|it| it.at), None);
        for number in 0..2 * WAYS_MAX {
            ways.keep(1, &number.to_string(), (3, ID), Trail::default());
        }
        assert_eq!(ways.places.len(), WAYS_MAX);
    }
}
