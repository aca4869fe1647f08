//! Where the callers of an endpoint are: countries, networks, kinds of addresses, bots and feeds,
//! as admission knew them. Within its bounds merging is exact; what finds no room is counted.

use gatewatch_model::Timestamp;
use gatewatch_model::facts::Names;
use gatewatch_model::origin::{Country, Origin, OriginCount, OriginsRow, Tags};
use minicbor::{Decode, Encode};

const COUNTRIES_MAX: usize = 48;
const NETWORKS_MAX: usize = 16;

#[derive(Clone, Debug, Default, PartialEq, Encode, Decode)]
#[cbor(map)]
pub(super) struct Origins {
    /// By the number of the country, of the network, and of the tag's bit.
    #[n(0)]
    countries: Counts,
    #[n(1)]
    networks: Counts,
    #[n(2)]
    tags: Counts,
    #[n(3)]
    bots: Names<8>,
    #[n(4)]
    feeds: Names<8>,
}

/// Counts under numbers, in the order of these.
#[derive(Clone, Debug, Default, PartialEq, Encode, Decode)]
#[cbor(map)]
struct Counts {
    #[n(0)]
    list: Vec<(u32, OriginCount)>,
    /// Calls of what found no room.
    #[n(1)]
    lost: u64,
}

impl Origins {
    /// Answers whether a country, a kind of address, a bot or a feed is new.
    pub fn add(&mut self, origin: &Origin<'_>, at: Timestamp) -> bool {
        let mut news = false;
        let once = OriginCount {
            calls: 1,
            first_seen: at,
            last_seen: at,
        };
        if let Some(country) = origin.country {
            news |= self.countries.add(country.number(), once, COUNTRIES_MAX);
        }
        if origin.network != 0 {
            self.networks.add(origin.network, once, NETWORKS_MAX);
        }
        let mut bits = origin.tags.0;
        while bits != 0 {
            news |= self.tags.add(bits.trailing_zeros(), once, Tags::ROLL.len());
            bits &= bits - 1;
        }
        for (names, name) in [(&mut self.bots, origin.bot), (&mut self.feeds, origin.feed)] {
            news |= name.is_some_and(|it| names.add(it));
        }
        news
    }

    pub fn merge(&mut self, other: &Origins) {
        let Origins {
            countries,
            networks,
            tags,
            bots,
            feeds,
        } = other;
        self.countries.merge(countries, COUNTRIES_MAX);
        self.networks.merge(networks, NETWORKS_MAX);
        self.tags.merge(tags, Tags::ROLL.len());
        self.bots.merge(bots);
        self.feeds.merge(feeds);
    }

    /// All of it, the most frequent first.
    pub fn row(&self) -> OriginsRow {
        let countries = self.countries.rows().into_iter();
        OriginsRow {
            countries: countries
                .filter_map(|(it, count)| Some((Country::from_number(it)?, count)))
                .collect(),
            countries_lost: self.countries.lost,
            networks: self.networks.rows(),
            networks_lost: self.networks.lost,
            tags: self.tags.rows(),
            bots: self.bots.rows(),
            feeds: self.feeds.rows(),
        }
    }

    pub fn heap_bytes(&self) -> usize {
        let counts = [&self.countries, &self.networks, &self.tags];
        let counts = counts.iter().map(|it| it.list.capacity());
        counts.sum::<usize>() * size_of::<(u32, OriginCount)>()
            + self.bots.heap_bytes()
            + self.feeds.heap_bytes()
    }

    pub fn touch(&self) -> u64 {
        let first = |it: &Counts| it.list.first().map_or(0, |it| it.1.calls);
        first(&self.countries) ^ first(&self.networks) ^ first(&self.tags)
    }
}

impl Counts {
    /// Answers whether it is new here.
    fn add(&mut self, number: u32, count: OriginCount, max: usize) -> bool {
        let place = self.list.iter().position(|it| it.0 >= number);
        let place = place.unwrap_or(self.list.len());
        if let Some(found) = self.list.get_mut(place).filter(|it| it.0 == number) {
            found.1.merge(&count);
            return false;
        }
        if self.list.len() >= max {
            self.lost += count.calls;
            return false;
        }
        if self.list.len() == self.list.capacity() {
            self.list.reserve_exact(2);
        }
        self.list.insert(place, (number, count));
        true
    }

    fn merge(&mut self, other: &Counts, max: usize) {
        for (number, count) in &other.list {
            self.add(*number, *count, max);
        }
        self.lost += other.lost;
    }

    fn rows(&self) -> Vec<(u32, OriginCount)> {
        let mut rows = self.list.clone();
        rows.sort_by_key(|it| core::cmp::Reverse(it.1.calls));
        rows
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn origin(country: &str, network: u32, tags: u32) -> Origin<'static> {
        Origin {
            country: Country::parse(country),
            network,
            tags: Tags(tags & ((1 << Tags::ROLL.len()) - 1)),
            bot: (network % 3 == 1).then_some("Googlebot"),
            feed: (network % 5 == 1).then_some("mine"),
        }
    }

    fn folded(calls: &[(u8, u32, u32)]) -> Origins {
        let mut origins = Origins::default();
        for (at, (country, network, tags)) in calls.iter().enumerate() {
            let country = char::from(b'A' + country % 26);
            let origin = origin(&format!("D{country}"), network % 16, *tags);
            origins.add(&origin, Timestamp((at as u64).cast_signed()));
        }
        origins
    }

    #[test]
    fn the_most_frequent_come_first_and_news_are_told_once() {
        let mut origins = Origins::default();
        assert!(origins.add(&origin("DE", 3_320, Tags::TOR.0), Timestamp(5)));
        assert!(origins.add(&origin("FR", 3_215, 0), Timestamp(6)));
        assert!(!origins.add(&origin("FR", 3_215, 0), Timestamp(7)));
        let row = origins.row();
        let countries = row
            .countries
            .iter()
            .map(|it| (it.0.code(), it.1.calls, it.1.last_seen));
        assert_eq!(
            countries.collect::<Vec<_>>(),
            [("FR", 2, Timestamp(7)), ("DE", 1, Timestamp(5))]
        );
        assert_eq!(row.networks[0].0, 3_215);
        assert_eq!(row.tags.len(), 1);
    }

    #[test]
    fn networks_beyond_the_bound_are_counted_as_lost() {
        let mut origins = Origins::default();
        for network in 1..=100 {
            origins.add(&origin("DE", network, 0), Timestamp(1));
        }
        let row = origins.row();
        assert_eq!((row.networks.len(), row.networks_lost), (NETWORKS_MAX, 84));
    }

    #[test]
    fn state_is_read_as_it_was_written() {
        let origins = folded(&[(1, 2, 3), (4, 5, 6), (1, 7, 1 << 9)]);
        let bytes = minicbor::to_vec(&origins).unwrap();
        assert_eq!(minicbor::decode::<Origins>(&bytes).unwrap(), origins);
    }

    proptest! {
        #[test]
        fn two_halves_merged_are_the_whole(
            calls in proptest::collection::vec(any::<(u8, u32, u32)>(), 0..60),
            at in any::<proptest::sample::Index>(),
        ) {
            let at = at.index(calls.len() + 1).min(calls.len());
            // Times follow the place in the whole.
            let whole = folded(&calls);
            let mut first = folded(&calls[..at]);
            let mut second = Origins::default();
            for (offset, (country, network, tags)) in calls[at..].iter().enumerate() {
                let country = char::from(b'A' + country % 26);
                let origin = origin(&format!("D{country}"), network % 16, *tags);
                second.add(&origin, Timestamp(((at + offset) as u64).cast_signed()));
            }
            first.merge(&second);
            prop_assert_eq!(first.row(), whole.row());
        }
    }
}
