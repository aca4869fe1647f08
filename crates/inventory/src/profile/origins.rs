//! Where the callers of an endpoint are: countries, networks, kinds of addresses, bots and feeds,
//! as admission knew them. Within its bounds merging is exact; what finds no room is counted, and of
//! countries and kinds it is kept beyond any bound that they called.

use gatewatch_model::Timestamp;
use gatewatch_model::facts::Names;
use gatewatch_model::origin::{Country, Origin, OriginCount, OriginFacts, OriginsRow, Tags};
use minicbor::{Decode, Encode};

use super::networks::TopNetworks;

const COUNTRIES_MAX: usize = 48;

#[derive(Clone, Debug, Default, PartialEq, Encode, Decode)]
#[cbor(map)]
pub(super) struct Origins {
    /// By the number of the country, of the network, and of the tag's bit.
    #[n(0)]
    countries: Counts,
    #[n(1)]
    networks: TopNetworks,
    #[n(2)]
    tags: Counts,
    #[n(3)]
    bots: Names<8>,
    #[n(4)]
    feeds: Names<8>,
    /// Countries whose calls found no room, by their numbers, sorted: that they called is kept.
    #[n(5)]
    #[cbor(default)]
    countries_more: Vec<u16>,
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
            news |= self.see_country(country.number(), once);
        }
        if origin.network != 0 {
            self.networks.add(origin.network, once);
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
            countries_more,
        } = other;
        for (number, count) in &countries.list {
            self.see_country(*number, *count);
        }
        self.countries.lost += countries.lost;
        for number in countries_more {
            self.see_more(u32::from(*number));
        }
        self.networks.merge(networks);
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
            networks_lost: self.networks.lost(),
            networks_short_max: self.networks.short_max(),
            tags: self.tags.rows(),
            bots: self.bots.rows(),
            feeds: self.feeds.rows(),
        }
    }

    /// Where callers ever were. It depends on no order and on no bound.
    pub fn facts(&self) -> OriginFacts {
        let tags = self.tags.list.iter();
        let tags = tags.map(|it| 1_u32.checked_shl(it.0).unwrap_or_default());
        let counted = self.countries.list.iter().map(|it| it.0);
        let more = self.countries_more.iter().map(|it| u32::from(*it));
        let mut countries = counted
            .chain(more)
            .filter_map(Country::from_number)
            .collect::<Vec<_>>();
        countries.sort_unstable();
        countries.dedup();
        OriginFacts {
            tags: Tags(tags.fold(0, |all, it| all | it)),
            countries,
        }
    }

    fn see_country(&mut self, number: u32, count: OriginCount) -> bool {
        let lost = self.countries.lost;
        let news = self.countries.add(number, count, COUNTRIES_MAX);
        news || lost != self.countries.lost && self.see_more(number)
    }

    /// Bounded by itself: there are 676 countries at most.
    fn see_more(&mut self, number: u32) -> bool {
        let Ok(number) = u16::try_from(number) else {
            return false;
        };
        match self.countries_more.binary_search(&number) {
            Ok(_) => false,
            Err(at) => {
                self.countries_more.insert(at, number);
                true
            }
        }
    }

    pub fn heap_bytes(&self) -> usize {
        let counts = [&self.countries, &self.tags];
        let counts = counts.iter().map(|it| it.list.capacity());
        counts.sum::<usize>() * size_of::<(u32, OriginCount)>()
            + self.networks.heap_bytes()
            + self.countries_more.capacity() * size_of::<u16>()
            + self.bots.heap_bytes()
            + self.feeds.heap_bytes()
    }

    pub fn touch(&self) -> u64 {
        let first = |it: &Counts| it.list.first().map_or(0, |it| it.1.calls);
        first(&self.countries) ^ self.networks.touch() ^ first(&self.tags)
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
    fn a_network_that_calls_often_is_told_though_many_came_before() {
        let mut origins = Origins::default();
        for network in (1..=100).chain([7_018; 90]) {
            origins.add(&origin("DE", network, 0), Timestamp(1));
        }
        let row = origins.row();
        assert_eq!(row.networks[0].0, 7_018);
        assert!(
            row.networks[0].1.calls + row.networks_short_max >= 90,
            "{row:?}"
        );
        let told = row.networks.iter().map(|it| it.1.calls).sum::<u64>();
        assert_eq!(told + row.networks_lost, 190);
    }

    #[test]
    fn of_more_countries_than_are_counted_each_is_still_known() {
        let countries = (0..200_u32).map(|it| {
            let letter = |it: u32| char::from(b'A' + (it % 26) as u8);
            format!("{}{}", letter(it / 26), letter(it))
        });
        let countries = countries.collect::<Vec<_>>();
        let seen = |order: &mut dyn Iterator<Item = &String>| {
            let mut origins = Origins::default();
            for country in order {
                origins.add(&origin(country, 0, 0), Timestamp(1));
            }
            origins
        };
        let one = seen(&mut countries.iter());
        let mut halves = seen(&mut countries[90..].iter().rev());
        halves.merge(&seen(&mut countries[..110].iter()));
        assert_eq!(one.row().countries_lost, 200 - COUNTRIES_MAX as u64);
        assert_eq!(one.facts(), halves.facts());
        let told = one.facts().countries.into_iter().map(|it| it.to_string());
        assert_eq!(told.collect::<Vec<_>>(), countries);
        let again = minicbor::decode::<Origins>(&minicbor::to_vec(&one).unwrap()).unwrap();
        assert_eq!(again, one);
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
