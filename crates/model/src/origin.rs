//! Where a call comes from, as far as its address and its user agent tell: country, network, and
//! what kind of network that is. Admission answers it, and the journal carries the answer.

use core::fmt;

use minicbor::{Decode, Encode};

use crate::time::Timestamp;

/// What is known of one caller's address; nothing at all is the default.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Origin<'a> {
    pub country: Option<Country>,
    /// The number of the autonomous system; 0 where it is not known.
    pub network: u32,
    pub tags: Tags,
    /// The bot that the user agent says it is.
    pub bot: Option<&'a str>,
    /// The first feed that names the address.
    pub feed: Option<&'a str>,
}

/// How often something was seen, and when.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(array)]
pub struct OriginCount {
    #[n(0)]
    pub calls: u64,
    #[n(1)]
    pub first_seen: Timestamp,
    #[n(2)]
    pub last_seen: Timestamp,
}

impl OriginCount {
    pub fn merge(&mut self, other: &OriginCount) {
        self.calls += other.calls;
        self.first_seen = self.first_seen.min(other.first_seen);
        self.last_seen = self.last_seen.max(other.last_seen);
    }
}

/// Where the callers of an endpoint are, the most frequent first.
#[derive(Clone, Debug, Default, PartialEq, Encode, Decode)]
#[cbor(map)]
pub struct OriginsRow {
    #[n(0)]
    pub countries: Vec<(Country, OriginCount)>,
    /// Calls from countries that found no room.
    #[n(1)]
    pub countries_lost: u64,
    /// By the number of the autonomous system.
    #[n(2)]
    pub networks: Vec<(u32, OriginCount)>,
    /// Calls that no listed network's count has.
    #[n(3)]
    pub networks_lost: u64,
    /// No network has more calls than it is listed with and so many.
    #[n(7)]
    #[cbor(default)]
    pub networks_short_max: u64,
    /// By the number of the tag's bit.
    #[n(4)]
    pub tags: Vec<(u32, OriginCount)>,
    #[n(5)]
    pub bots: Vec<(Box<str>, u64)>,
    #[n(6)]
    pub feeds: Vec<(Box<str>, u64)>,
}

/// Where callers ever were: all kinds of addresses and all countries, whatever their number.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct OriginFacts {
    #[n(0)]
    pub tags: Tags,
    /// Sorted.
    #[n(1)]
    pub countries: Vec<Country>,
}

/// A country as ISO 3166 writes it, in two capital letters.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Country([u8; 2]);

impl Country {
    pub fn parse(text: &str) -> Option<Country> {
        match text.as_bytes() {
            [a, b] if a.is_ascii_uppercase() && b.is_ascii_uppercase() => Some(Country([*a, *b])),
            _ => None,
        }
    }

    /// Never 0.
    pub fn number(self) -> u32 {
        u32::from(u16::from_be_bytes(self.0))
    }

    pub fn from_number(number: u32) -> Option<Country> {
        let [a, b] = u16::try_from(number).ok()?.to_be_bytes();
        (a.is_ascii_uppercase() && b.is_ascii_uppercase()).then_some(Country([a, b]))
    }

    pub fn code(&self) -> &str {
        // Only letters are ever taken in.
        core::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl fmt::Debug for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl fmt::Display for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl<C> minicbor::Encode<C> for Country {
    fn encode<W: minicbor::encode::Write>(
        &self,
        e: &mut minicbor::Encoder<W>,
        _: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        e.str(self.code())?.ok()
    }
}

impl<'b, C> minicbor::Decode<'b, C> for Country {
    fn decode(d: &mut minicbor::Decoder<'b>, _: &mut C) -> Result<Self, minicbor::decode::Error> {
        Country::parse(d.str()?).ok_or_else(|| minicbor::decode::Error::message("no country"))
    }
}

bits! {
    /// What kind of address it is, and what its user agent makes of itself.
    Tags {
        /// An exit of the Tor network.
        TOR = 0 "tor",
        /// A machine of a cloud or of somebody who lets machines.
        HOSTING = 1 "hosting",
        VPN = 2 "vpn",
        PROXY = 3 "proxy",
        /// A network that stands in front of other people's sites.
        CDN = 4 "cdn",
        /// In the ranges that a crawler publishes as its own.
        CRAWLER = 5 "crawler",
        /// Private, loopback, link-local, for documentation or otherwise nobody's on the internet.
        PRIVATE = 6 "private",
        /// A feed says that it does harm.
        THREAT = 7 "threat",
        /// The user agent says that it is a bot.
        BOT = 8 "bot",
        /// The bot that it says it is, by that bot's published ranges.
        BOT_VERIFIED = 9 "bot-verified",
        /// It claims to be a bot whose published ranges it is not in.
        BOT_FALSE = 10 "bot-false",
    }
}

impl<C> minicbor::Encode<C> for Tags {
    fn encode<W: minicbor::encode::Write>(
        &self,
        e: &mut minicbor::Encoder<W>,
        _: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        e.u32(self.0)?.ok()
    }
}

impl<'b, C> minicbor::Decode<'b, C> for Tags {
    fn decode(d: &mut minicbor::Decoder<'b>, _: &mut C) -> Result<Self, minicbor::decode::Error> {
        d.u32().map(Tags)
    }
}

impl Tags {
    /// The name of the tag with that bit.
    pub fn name_of(bit: u32) -> Option<&'static str> {
        Tags(1_u32.checked_shl(bit)?).names().next()
    }

    /// The ways in which callers hide where they are.
    pub const ANONYMOUS: Tags = Tags(Tags::TOR.0 | Tags::VPN.0 | Tags::PROXY.0);

    pub fn intersects(self, other: Tags) -> bool {
        self.0 & other.0 != 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_two_capital_letters_are_a_country() {
        assert_eq!(
            Country::parse("DE").map(|it| it.to_string()),
            Some("DE".into())
        );
        for text in ["", "D", "de", "DEU", "D1", "é"] {
            assert_eq!(Country::parse(text), None, "{text}");
        }
    }

    #[test]
    fn tags_read_what_they_write() {
        for (tag, name) in Tags::ROLL {
            assert_eq!(Tags::parse(name), Some(*tag));
        }
        assert!(Tags::ANONYMOUS.intersects(Tags::VPN) && !Tags::ANONYMOUS.intersects(Tags::CDN));
    }
}
