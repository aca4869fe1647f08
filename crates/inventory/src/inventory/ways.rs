//! How the exchange at hand finds its endpoint. The walk over what a collection has decided is a
//! chain of cache misses, so two shorter ways come first: the endpoint that is called like the
//! plain path, with its surest values left out, and where that plain path led the last time.

use gatewatch_model::EndpointId;
use xxhash_rust::xxh3::xxh3_64_with_seed;

use super::Inventory;
use crate::limits::{WAY_BYTES_MAX, WAYS_MAX};
use crate::paths::REST;

/// Where plain paths led of late. Only in memory; a way that another one takes the place of is
/// walked again.
#[derive(Default)]
pub(crate) struct Ways {
    places: Vec<Option<Way>>,
    /// Ways found under another number are void.
    number: u64,
}

struct Way {
    number: u64,
    home: u32,
    at: u32,
    id: EndpointId,
    plain: Box<str>,
}

impl Ways {
    /// Something was decided anew: no way need lead where it did.
    pub fn void(&mut self) {
        self.number += 1;
    }

    pub fn heap_bytes(&self) -> usize {
        let texts = self.places.iter().flatten().map(|it| it.plain.len());
        self.places.capacity() * size_of::<Option<Way>>() + texts.sum::<usize>()
    }

    fn find(&self, home: u32, plain: &str) -> Option<(u32, EndpointId)> {
        let way = self.places.get(self.place(home, plain))?.as_ref()?;
        let same = way.home == home && way.number == self.number && *way.plain == *plain;
        same.then_some((way.at, way.id))
    }

    /// Has room for that many ways at least, as far as it may; more room begins empty.
    fn make_room(&mut self, ways: usize) {
        let wanted = ways.next_power_of_two().min(WAYS_MAX);
        if self.places.len() < wanted {
            self.places.clear();
            self.places.resize_with(wanted, || None);
        }
    }

    fn keep(&mut self, home: u32, plain: &str, at: u32, id: EndpointId) {
        let place = self.place(home, plain);
        if let Some(place) = self
            .places
            .get_mut(place)
            .filter(|_| plain.len() <= WAY_BYTES_MAX)
        {
            *place = Some(Way {
                number: self.number,
                home,
                at,
                id,
                plain: plain.into(),
            });
        }
    }

    fn place(&self, home: u32, plain: &str) -> usize {
        let hash = xxh3_64_with_seed(plain.as_bytes(), u64::from(home));
        hash as usize & self.places.len().wrapping_sub(1)
    }
}

impl Inventory {
    /// Finds the endpoint of the exchange at hand; where there is none, its key is written.
    pub(super) fn find_place(&mut self, home: Option<u32>) -> Option<u32> {
        self.scratch.write_key(None);
        let home = home?;
        let collection = self.collections.slab.get(home)?;
        // What people and documents say may ask for more of a path than is plain.
        let plain = collection.said.is_empty() && !self.scratch.key.ends_with(REST);
        if plain && let Some(at) = self.find_plain(home) {
            #[cfg(debug_assertions)]
            assert_eq!(self.walk(home), Some(at), "{}", self.scratch.key);
            return Some(at);
        }
        self.scratch.plain.clone_from(&self.scratch.key);
        let at = self.walk(home)?;
        if plain && let Some(endpoint) = self.endpoints.slab.get(at) {
            self.ways.make_room(self.endpoints.len() * 4);
            self.ways
                .keep(home, &self.scratch.plain, at, endpoint.own.id);
        }
        Some(at)
    }

    /// The template of every endpoint is what its collection decided of it, so whose key is the
    /// plain path is where the decisions lead.
    fn find_plain(&self, home: u32) -> Option<u32> {
        let plain = &self.scratch.key;
        self.endpoints.find(home, plain).or_else(|| {
            let (at, id) = self.ways.find(home, plain)?;
            let endpoint = self.endpoints.slab.get(at)?;
            (endpoint.own.id == id).then_some(at)
        })
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
        assert_eq!(ways.find(1, "GET /a"), None);
        ways.make_room(8);
        ways.keep(1, "GET /a", 3, ID);
        assert_eq!(ways.find(1, "GET /a"), Some((3, ID)));
        assert_eq!(ways.find(2, "GET /a"), None);
        assert_eq!(ways.find(1, "GET /b"), None);
        ways.void();
        assert_eq!(ways.find(1, "GET /a"), None);
    }

    #[test]
    fn ways_have_a_bound_in_number_and_length() {
        let mut ways = Ways::default();
        ways.make_room(usize::MAX / 4);
        let long = "x".repeat(WAY_BYTES_MAX + 1);
        ways.keep(1, &long, 3, ID);
        assert_eq!(ways.find(1, &long), None);
        for number in 0..2 * WAYS_MAX {
            ways.keep(1, &number.to_string(), 3, ID);
        }
        assert_eq!(ways.places.len(), WAYS_MAX);
    }
}
