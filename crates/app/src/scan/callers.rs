//! Where callers are: over all exchanges that are printed, and of one endpoint, in words.

use std::collections::BTreeMap;

use gatewatch_intel::organisation;
use gatewatch_model::Exchange;
use gatewatch_model::origin::{Country, Origin, OriginsRow, Tags};
use gatewatch_model::signal::Judgement;

use super::words;

/// Networks that are counted one by one; more than the shipped data knows.
const NETWORKS_MAX: usize = 200_000;
/// Countries, networks, bots and feeds that are shown of each; the JSON has more.
const SHOWN_MAX: usize = 10;
/// The same of one endpoint.
const OF_ENDPOINT_SHOWN_MAX: usize = 5;

/// What kinds of callers are called; what matters most comes first.
static KINDS: &[(Tags, &str)] = &[
    (Tags::THREAT, "named by a feed as a threat"),
    (Tags::TOR, "exits of Tor"),
    (Tags::VPN, "VPNs"),
    (Tags::PROXY, "proxies"),
    (Tags::BOT_FALSE, "bots that are not who they say"),
    (Tags::HOSTING, "clouds and hosting"),
    (Tags::CDN, "content delivery networks"),
    (Tags::CRAWLER, "ranges of crawlers"),
    (Tags::BOT_VERIFIED, "bots that are who they say"),
    (Tags::BOT, "user agents that name a bot"),
    (Tags::PRIVATE, "private and reserved addresses"),
];

/// All exchanges that are printed, by where they came from.
#[derive(Debug, Default)]
pub struct Callers {
    pub exchanges: u64,
    /// Those whose caller has an address.
    pub addressed: u64,
    /// Those that came through Tor, a VPN or a proxy.
    pub anonymous: u64,
    pub feeds_loaded: usize,
    pub countries: BTreeMap<u32, Count>,
    pub networks: BTreeMap<u32, Count>,
    /// Calls from networks beyond what is counted one by one.
    pub networks_lost: u64,
    /// By the number of the tag's bit.
    pub tags: BTreeMap<u32, Count>,
    pub bots: BTreeMap<Box<str>, Count>,
    pub feeds: BTreeMap<Box<str>, Count>,
}

/// How many exchanges, and how many of them were attacks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Count {
    pub calls: u64,
    pub attacks: u64,
}

/// Some of one kind, the most frequent first.
#[derive(Debug, PartialEq, Eq)]
pub struct Group {
    /// `countries`, `networks` …
    pub heading: &'static str,
    pub rows: Vec<(String, Count)>,
    /// How many more there are.
    pub more: u64,
}

impl Callers {
    pub fn add(&mut self, exchange: &Exchange<'_>, judgement: Judgement) {
        let Origin {
            country,
            network,
            tags,
            bot,
            feed,
        } = exchange.origin;
        let attack = judgement == Judgement::Attack;
        self.exchanges += 1;
        self.addressed += u64::from(exchange.caller_ip.is_some());
        self.anonymous += u64::from(tags.intersects(Tags::ANONYMOUS));
        if let Some(country) = country {
            count(&mut self.countries, country.number(), attack);
        }
        if network != 0 {
            if self.networks.len() < NETWORKS_MAX || self.networks.contains_key(&network) {
                count(&mut self.networks, network, attack);
            } else {
                self.networks_lost += 1;
            }
        }
        let mut bits = tags.0;
        while bits != 0 {
            count(&mut self.tags, bits.trailing_zeros(), attack);
            bits &= bits - 1;
        }
        for (names, name) in [(&mut self.bots, bot), (&mut self.feeds, feed)] {
            if let Some(name) = name {
                count(names, name.into(), attack);
            }
        }
    }

    /// What there is to tell, without groups that have nothing.
    pub fn groups(&self) -> Vec<Group> {
        let kinds = self.tags.iter();
        let kinds = kinds.filter_map(|it| Some((kind(*it.0)?, *it.1)));
        let groups = [
            group("countries", &self.countries, |it| country(*it)),
            group("networks", &self.networks, |it| Some(network(*it))),
            ranked("kinds of callers", kinds.collect(), KINDS.len()),
            group("bots", &self.bots, |it| Some(it.to_string())),
            group("your feeds", &self.feeds, |it| Some(it.to_string())),
        ];
        groups
            .into_iter()
            .filter(|it| !it.rows.is_empty())
            .collect()
    }

    /// What there is to say where nothing can be shown, and of feeds.
    pub fn remark(&self) -> String {
        if self.addressed == 0 {
            return "not known: no exchange names its caller's address".to_owned();
        }
        match (self.feeds_loaded, self.feeds.is_empty()) {
            (0, _) => {
                "no feed of yours is loaded; --feeds brings lists of exits of Tor, threats and the like"
                    .to_owned()
            }
            (1, true) => "no caller is named by your feed".to_owned(),
            (loaded, true) => format!("no caller is named by any of your {loaded} feeds"),
            _ => String::new(),
        }
    }

    /// Of how many exchanges all this is.
    pub fn span(&self) -> String {
        let (some, all) = (words::count(self.addressed), words::count(self.exchanges));
        format!("{some} of {all} exchanges name their caller's address")
    }
}

impl Group {
    /// `DE 1,203 (12 attacks), US 900 and 14 more`.
    pub fn in_words(&self) -> String {
        let told = self.rows.iter().map(|(name, count)| {
            let calls = words::count(count.calls);
            match count.attacks {
                0 => format!("{name} {calls}"),
                attacks => format!("{name} {calls} ({})", words::several(attacks, "attack")),
            }
        });
        let told = told.collect::<Vec<_>>().join(", ");
        match self.more {
            0 => told,
            more => format!("{told} and {} more", words::count(more)),
        }
    }
}

/// Where the callers of one endpoint are, a line for each group.
pub fn of_endpoint(row: &OriginsRow) -> Vec<String> {
    let calls = |calls| Count { calls, attacks: 0 };
    let numbered = |name: Option<String>, count: u64| Some((name?, calls(count)));
    let named = |it: &[(Box<str>, u64)]| {
        let all = it.iter().map(|it| (it.0.to_string(), calls(it.1)));
        all.collect::<Vec<_>>()
    };
    let countries = row
        .countries
        .iter()
        .map(|it| (it.0.to_string(), calls(it.1.calls)));
    let networks = row
        .networks
        .iter()
        .map(|it| (network(it.0), calls(it.1.calls)));
    let kinds = row.tags.iter();
    let kinds = kinds.filter_map(|it| numbered(kind(it.0).map(str::to_owned), it.1.calls));
    let groups = [
        ("countries", countries.collect()),
        ("networks", networks.collect()),
        ("kinds of callers", kinds.collect()),
        ("bots", named(&row.bots)),
        ("your feeds", named(&row.feeds)),
    ];
    let groups = groups
        .into_iter()
        .filter(|it: &(_, Vec<_>)| !it.1.is_empty());
    groups
        .map(|(heading, rows)| {
            let group = ranked(heading, rows, OF_ENDPOINT_SHOWN_MAX);
            format!("{heading}: {}", group.in_words())
        })
        .collect()
}

/// `AS15169 Google LLC`.
pub fn network(number: u32) -> String {
    match organisation(number) {
        Some(name) => format!("AS{number} {name}"),
        None => format!("AS{number}"),
    }
}

fn country(number: u32) -> Option<String> {
    Country::from_number(number).map(|it| it.to_string())
}

fn kind(bit: u32) -> Option<&'static str> {
    let tag = Tags(1_u32.checked_shl(bit)?);
    KINDS.iter().find(|it| it.0 == tag).map(|it| it.1)
}

fn count<K: Ord>(counts: &mut BTreeMap<K, Count>, key: K, attack: bool) {
    let count = counts.entry(key).or_default();
    count.calls += 1;
    count.attacks += u64::from(attack);
}

fn group<K>(
    heading: &'static str,
    counts: &BTreeMap<K, Count>,
    name: impl Fn(&K) -> Option<String>,
) -> Group {
    let mut all = counts.iter().collect::<Vec<_>>();
    // Only those that are shown need a name.
    all.sort_by_key(|it| std::cmp::Reverse(*it.1));
    let more = all.len().saturating_sub(SHOWN_MAX) as u64;
    let shown = all.into_iter().take(SHOWN_MAX);
    Group {
        heading,
        rows: shown.filter_map(|it| Some((name(it.0)?, *it.1))).collect(),
        more,
    }
}

fn ranked<N: Into<String>>(
    heading: &'static str,
    mut rows: Vec<(N, Count)>,
    shown_max: usize,
) -> Group {
    rows.sort_by_key(|it| std::cmp::Reverse(it.1));
    let more = rows.len().saturating_sub(shown_max) as u64;
    rows.truncate(shown_max);
    Group {
        heading,
        rows: rows.into_iter().map(|it| (it.0.into(), it.1)).collect(),
        more,
    }
}

#[cfg(test)]
mod tests {
    use gatewatch_model::origin::OriginCount;

    use super::*;

    fn called(callers: &mut Callers, country: &str, tags: Tags, judgement: Judgement) {
        let exchange = Exchange {
            caller_ip: Some("198.51.100.7".parse().unwrap()),
            origin: Origin {
                country: Country::parse(country),
                tags,
                ..Origin::default()
            },
            ..Exchange::default()
        };
        callers.add(&exchange, judgement);
    }

    #[test]
    fn every_kind_has_its_words() {
        for (bit, (tag, name)) in Tags::ROLL.iter().enumerate() {
            assert_eq!(tag.0, 1 << bit);
            assert!(kind(bit as u32).is_some(), "{name}");
        }
        assert_eq!(kind(31), None);
    }

    #[test]
    fn the_most_frequent_come_first_with_their_attacks() {
        let mut callers = Callers::default();
        called(&mut callers, "US", Tags::default(), Judgement::Clean);
        called(&mut callers, "DE", Tags::TOR, Judgement::Attack);
        called(&mut callers, "DE", Tags::TOR, Judgement::Suspicious);
        let told = callers.groups();
        let told = told.iter().map(|it| (it.heading, it.in_words()));
        assert_eq!(
            told.collect::<Vec<_>>(),
            [
                ("countries", "DE 2 (1 attack), US 1".to_owned()),
                ("kinds of callers", "exits of Tor 2 (1 attack)".to_owned()),
            ]
        );
        assert_eq!(callers.anonymous, 2);
        assert_eq!(
            callers.span(),
            "3 of 3 exchanges name their caller's address"
        );
    }

    #[test]
    fn more_than_are_shown_are_counted() {
        let mut callers = Callers::default();
        for letter in 'A'..='Z' {
            let country = format!("D{letter}");
            called(&mut callers, &country, Tags::default(), Judgement::Clean);
        }
        let told = callers.groups()[0].in_words();
        assert!(
            told.starts_with("DA 1, DB 1, ") && told.ends_with(" and 16 more"),
            "{told}"
        );
    }

    #[test]
    fn what_is_not_there_is_said() {
        let mut callers = Callers::default();
        assert!(callers.remark().starts_with("not known"));
        called(&mut callers, "US", Tags::default(), Judgement::Clean);
        assert!(
            callers
                .remark()
                .starts_with("no feed of yours is loaded; --feeds")
        );
        callers.feeds_loaded = 2;
        assert_eq!(
            callers.remark(),
            "no caller is named by any of your 2 feeds"
        );
        callers.feeds_loaded = 1;
        assert_eq!(callers.remark(), "no caller is named by your feed");
        count(&mut callers.feeds, "mine".into(), false);
        assert_eq!(callers.remark(), "");
    }

    #[test]
    fn an_endpoint_tells_a_line_for_each_group() {
        let count = OriginCount {
            calls: 1_200,
            ..OriginCount::default()
        };
        let row = OriginsRow {
            countries: vec![(Country::parse("DE").unwrap(), count)],
            tags: vec![(0, count), (31, count)],
            bots: vec![("bingbot".into(), 2)],
            ..OriginsRow::default()
        };
        let lines = of_endpoint(&row);
        assert_eq!(
            lines,
            [
                "countries: DE 1,200",
                "kinds of callers: exits of Tor 1,200",
                "bots: bingbot 2"
            ]
        );
        assert!(of_endpoint(&OriginsRow::default()).is_empty());
    }
}
