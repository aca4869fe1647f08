//! Where callers are, as answers show it, with what the licence of the data asks for.

use gatewatch_intel::{About, organisation, sources};
use gatewatch_model::Caller;
use gatewatch_model::origin::{OriginCount, OriginFacts, OriginsRow, Tags};
use serde::Serialize;
use utoipa::ToSchema;

use crate::shapes::seen;

/// Where the callers of an endpoint are, the most frequent first. What data and feeds said when a
/// call came is counted, and stays.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Origins {
    /// Countries of addresses.
    countries: Vec<CountrySeen>,
    /// Calls from countries that are not listed.
    countries_lost: u64,
    /// Autonomous systems of addresses, the sixteen with the most calls; with more of them a count
    /// may be too low.
    networks: Vec<NetworkSeen>,
    /// Calls that no listed network's count has.
    networks_lost: u64,
    /// No network has more calls than it is listed with and so many.
    networks_short_max: u64,
    /// Kinds of addresses, and what user agents make of themselves.
    tags: Vec<TagSeen>,
    /// Bots that user agents said they were.
    bots: Vec<NameSeen>,
    /// Own feeds that named addresses.
    feeds: Vec<NameSeen>,
    /// What must stand beside networks wherever they are shown.
    attribution: Vec<&'static str>,
    /// Of what day the data in the binary is.
    data: Vec<DataOf>,
}

/// A country with how often and when it called.
#[derive(Debug, Serialize, ToSchema)]
struct CountrySeen {
    /// Two letters of ISO 3166.
    country: String,
    /// How often and when.
    #[serde(flatten)]
    times: Times,
}

/// A network with how often and when it called.
#[derive(Debug, Serialize, ToSchema)]
struct NetworkSeen {
    /// The number of the autonomous system.
    number: u32,
    /// Who has it; null where that is not known.
    organisation: Option<&'static str>,
    /// How often and when.
    #[serde(flatten)]
    times: Times,
}

/// A kind of address with how often and when it called.
#[derive(Debug, Serialize, ToSchema)]
struct TagSeen {
    /// `tor`, `hosting`, `vpn`, `proxy`, `cdn`, `crawler`, `private`, `threat`, `bot`,
    /// `bot-verified` or `bot-false`.
    tag: &'static str,
    /// How often and when.
    #[serde(flatten)]
    times: Times,
}

/// How often and when.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OriginTimes)]
struct Times {
    /// How often.
    calls: u64,
    /// When first.
    #[schema(format = DateTime)]
    first_seen: Option<String>,
    /// When last.
    #[schema(format = DateTime)]
    last_seen: Option<String>,
}

/// A name with how often it was seen.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OriginName)]
struct NameSeen {
    /// What was seen; `other` gathers what found no room.
    name: Box<str>,
    /// How often.
    calls: u64,
}

/// Some of the data in the binary.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OriginData)]
struct DataOf {
    /// `countries`, `networks`, `providers` or `bots`.
    id: &'static str,
    /// Its day, as `2026-10-05`.
    date: &'static str,
    /// Under which it may be used.
    licence: &'static str,
}

/// Where callers ever were.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CalledFrom {
    /// Kinds of addresses, and what user agents make of themselves: `tor`, `hosting` and so on.
    pub kinds: Vec<&'static str>,
    /// Countries in two letters of ISO 3166.
    pub countries: Vec<String>,
}

/// What is known of a caller's address.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CallerOrigin {
    /// Two letters of ISO 3166; null where it is not known.
    country: Option<String>,
    /// The number of the autonomous system; null where it is not known.
    network: Option<u32>,
    /// Who has that network.
    organisation: Option<Box<str>>,
    /// The cloud, VPN or crawler whose ranges it is in.
    provider: Option<Box<str>>,
    /// `tor`, `hosting`, `vpn`, `proxy`, `cdn`, `crawler`, `private`, `threat`.
    tags: Vec<&'static str>,
    /// Own feeds that name it.
    feeds: Vec<Box<str>>,
}

impl Origins {
    pub fn new(row: OriginsRow) -> Origins {
        let OriginsRow {
            countries,
            countries_lost,
            networks,
            networks_lost,
            networks_short_max,
            tags,
            bots,
            feeds,
        } = row;
        let country = |(country, count): &(_, OriginCount)| CountrySeen {
            country: format!("{country}"),
            times: Times::new(count),
        };
        let network = |(number, count): &(u32, OriginCount)| NetworkSeen {
            number: *number,
            organisation: organisation(*number),
            times: Times::new(count),
        };
        let tag = |(bit, count): &(u32, OriginCount)| {
            Some(TagSeen {
                tag: Tags::name_of(*bit)?,
                times: Times::new(count),
            })
        };
        let attribution = sources().iter().map(|it| &*it.attribution);
        let data = sources().iter().map(|it| DataOf {
            id: &it.id,
            date: &it.date,
            licence: &it.licence,
        });
        Origins {
            countries: countries.iter().map(country).collect(),
            countries_lost,
            networks: networks.iter().map(network).collect(),
            networks_lost,
            networks_short_max,
            tags: tags.iter().filter_map(tag).collect(),
            bots: names(bots),
            feeds: names(feeds),
            attribution: attribution.filter(|it| !it.is_empty()).collect(),
            data: data.collect(),
        }
    }
}

impl CalledFrom {
    pub fn new(facts: &OriginFacts) -> CalledFrom {
        let OriginFacts { tags, countries } = facts;
        CalledFrom {
            kinds: tags.names().collect(),
            countries: countries.iter().map(ToString::to_string).collect(),
        }
    }
}

impl Times {
    fn new(count: &OriginCount) -> Times {
        let OriginCount {
            calls,
            first_seen,
            last_seen,
        } = *count;
        Times {
            calls,
            first_seen: seen(first_seen),
            last_seen: seen(last_seen),
        }
    }
}

impl CallerOrigin {
    /// What the data of now says of a caller, as [`Caller`] writes it. `None` where that is no
    /// address, and where nothing is known of it.
    pub fn new(caller: &str, origins: &gatewatch_intel::Origins) -> Option<CallerOrigin> {
        let Caller::Address(address) = Caller::parse(caller) else {
            return None;
        };
        let about = origins.about(address);
        if about == About::default() {
            return None;
        }
        let About {
            country,
            network,
            organisation,
            provider,
            city: _,
            tags,
            feeds,
        } = about;
        Some(CallerOrigin {
            country: country.map(|it| it.to_string()),
            network: (network > 0).then_some(network),
            organisation,
            provider,
            tags: tags.names().collect(),
            feeds,
        })
    }
}

fn names(pairs: Vec<(Box<str>, u64)>) -> Vec<NameSeen> {
    let pairs = pairs.into_iter();
    pairs
        .map(|(name, calls)| NameSeen { name, calls })
        .collect()
}

#[cfg(test)]
mod tests {
    use gatewatch_model::Timestamp;
    use gatewatch_model::origin::Country;
    use serde_json::json;

    use super::*;

    #[test]
    fn a_network_is_shown_with_its_organisation_and_whose_data_that_is() {
        let count = OriginCount {
            calls: 7,
            first_seen: Timestamp::from_seconds(60),
            last_seen: Timestamp::from_seconds(120),
        };
        let row = OriginsRow {
            countries: vec![(Country::parse("US").unwrap(), count)],
            networks: vec![(15_169, count), (u32::MAX, count)],
            // A bit of a later release has no name here.
            tags: vec![(0, count), (31, count)],
            ..OriginsRow::default()
        };
        let shown = serde_json::to_value(Origins::new(row)).unwrap();
        let with = |key: &str, value: serde_json::Value| {
            let mut all = json!({
                "calls": 7, "first_seen": "1970-01-01T00:01:00Z", "last_seen": "1970-01-01T00:02:00Z",
            });
            all[key] = value;
            all
        };
        assert_eq!(shown["countries"], json!([with("country", json!("US"))]));
        let network = |number: u32, organisation| {
            let mut all = with("number", json!(number));
            all["organisation"] = organisation;
            all
        };
        let known = network(15_169, json!("Google LLC"));
        let unknown = network(u32::MAX, json!(null));
        assert_eq!(shown["networks"], json!([known, unknown]));
        assert_eq!(shown["tags"], json!([with("tag", json!("tor"))]));
        assert!(shown["attribution"][0].as_str().unwrap().contains("DB-IP"));
        assert_eq!(shown["data"][0]["id"], "countries");
    }

    #[test]
    fn of_a_caller_that_is_no_address_nothing_is_said() {
        let origins = gatewatch_intel::Origins::default();
        let of = |caller| CallerOrigin::new(caller, &origins);
        for caller in ["id:alice", "id:8.8.8.8", "unknown", ""] {
            assert!(of(caller).is_none(), "{caller}");
        }
        let known = of("8.8.8.8").unwrap();
        assert_eq!(
            (known.country.as_deref(), known.network),
            (Some("US"), Some(15_169))
        );
        assert_eq!(of("10.0.0.1").unwrap().tags, ["private"]);
    }
}
