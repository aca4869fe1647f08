//! Answers where a call comes from: shipped data first, then what a user's own feeds and databases
//! say, which outranks it.

use std::net::IpAddr;

use gatewatch_model::origin::{Country, Origin, Tags};

use crate::bots;
use crate::feeds::{FeedHit, Feeds, Merged};
use crate::nobody;
use crate::packed::Tables;
use crate::shipped::{COUNTRIES, LABELS, NETWORKS, ORGANISATIONS, PROVIDERS};

/// Shipped data with a user's own feeds. The shipped half is shared by all of them.
#[derive(Debug, Default)]
pub struct Origins {
    pub feeds: Feeds,
    /// The same for quick questions; none without feeds.
    merged: Option<Merged>,
}

/// All that is known of an address, for people to read.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct About {
    pub country: Option<Country>,
    pub network: u32,
    pub organisation: Option<Box<str>>,
    /// The cloud, VPN or crawler whose ranges it is in.
    pub provider: Option<Box<str>>,
    pub city: Option<Box<str>>,
    pub tags: Tags,
    /// The feeds that name it.
    pub feeds: Vec<Box<str>>,
}

impl Origins {
    pub fn new(feeds: Feeds) -> Origins {
        let merged = (!feeds.is_empty()).then(|| Merged::new(&feeds));
        Origins { feeds, merged }
    }

    /// Where it comes from; nothing is allocated.
    pub fn of(&self, address: IpAddr) -> Origin<'_> {
        let address = address.to_canonical();
        let merged = self.merged.as_ref();
        let feed = merged.map_or_else(FeedHit::default, |it| it.find(&self.feeds, address));
        let mut origin = Origin {
            tags: feed.tags,
            feed: feed.name,
            ..Origin::default()
        };
        if nobody::owns(address) {
            origin.tags.insert(Tags::PRIVATE);
            return origin;
        }
        origin.country = Country::from_number(COUNTRIES.find(address));
        origin.network = NETWORKS.find(address);
        origin
            .tags
            .insert(provider(address).map_or(Tags::default(), |it| it.0));
        if let Some(found) = self.feeds.look_up(address) {
            origin.country = found.country.or(origin.country);
            origin.network = found.network.unwrap_or(origin.network);
            origin.tags.insert(found.tags);
        }
        origin
    }

    /// The same with what the user agent says of itself. `None` when nothing is known at all.
    pub fn of_call(&self, address: Option<IpAddr>, agent: Option<&str>) -> Option<Origin<'_>> {
        let mut origin = address.map_or_else(Origin::default, |it| self.of(it));
        if let Some(bot) = agent.and_then(|it| bots::SHIPPED.find(it)) {
            origin.bot = Some(&bot.name);
            origin.tags.insert(Tags::BOT);
            if let (Some(range), Some(address)) = (&bot.provider, address) {
                let found = provider(address.to_canonical());
                let is_there = found.is_some_and(|it| it.1 == &**range);
                let is_somebodys = !origin.tags.contains(Tags::PRIVATE);
                if is_there {
                    origin.tags.insert(Tags::BOT_VERIFIED);
                } else if is_somebodys {
                    origin.tags.insert(Tags::BOT_FALSE);
                }
            }
        }
        (origin != Origin::default()).then_some(origin)
    }

    pub fn about(&self, address: IpAddr) -> About {
        let address = address.to_canonical();
        let origin = self.of(address);
        let mut about = About {
            country: origin.country,
            network: origin.network,
            tags: origin.tags,
            feeds: self.feeds.names(address),
            ..About::default()
        };
        if !origin.tags.contains(Tags::PRIVATE) {
            about.organisation = organisation(origin.network).map(Into::into);
            about.provider = provider(address).map(|it| it.1.into());
            if let Some(found) = self.feeds.look_up(address) {
                about.organisation = found.organisation.map(Into::into).or(about.organisation);
                about.city = found.city.map(Into::into);
            }
        }
        about
    }
}

/// Who has the network of that number.
pub fn organisation(number: u32) -> Option<&'static str> {
    let at = ORGANISATIONS
        .binary_search_by_key(&number, |it| it.0)
        .ok()?;
    Some(ORGANISATIONS[at].1).filter(|it| !it.is_empty())
}

fn provider(address: IpAddr) -> Option<&'static (Tags, &'static str)> {
    LABELS.get(PROVIDERS.find(address).checked_sub(1)? as usize)
}

impl Tables {
    fn find(&self, address: IpAddr) -> u32 {
        match address {
            IpAddr::V4(v4) => self.v4.find(v4.to_bits()),
            IpAddr::V6(v6) => self.v6.find((v6.to_bits() >> 64) as u64),
        }
    }
}

#[cfg(test)]
mod tests;
