//! Where callers are, of an endpoint and of all that is printed, as JSON.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use gatewatch_intel::{organisation, sources};
use gatewatch_model::origin::{Country, OriginCount, OriginsRow, Tags};
use serde_json::{Value, json};

use super::callers::{Callers, Count};

/// Of a whole scan; those of an endpoint are far fewer.
const NETWORKS_SHOWN_MAX: usize = 1_000;

pub fn json(row: &OriginsRow) -> Value {
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
    let names = |it: &[(Box<str>, u64)]| {
        let named = it
            .iter()
            .map(|(name, calls)| json!({ "name": name, "calls": calls }));
        named.collect::<Vec<_>>()
    };
    let countries = countries
        .iter()
        .map(|it| times("country", json!(it.0.code()), &it.1));
    let networks = networks.iter().map(|(number, count)| {
        let mut all = times("number", json!(number), count);
        all["organisation"] = json!(organisation(*number));
        all
    });
    let tags = tags
        .iter()
        .filter_map(|it| Some(times("tag", json!(Tags::name_of(it.0)?), &it.1)));
    json!({
        "countries": countries.collect::<Vec<_>>(),
        "countries_lost": countries_lost,
        "networks": networks.collect::<Vec<_>>(),
        "networks_lost": networks_lost,
        "networks_short_max": networks_short_max,
        "tags": tags.collect::<Vec<_>>(),
        "bots": names(bots),
        "feeds": names(feeds),
        "attribution": attribution(),
    })
}

/// Over all exchanges that are printed, the most frequent first.
pub fn all_json(callers: &Callers) -> Value {
    let Callers {
        exchanges,
        addressed,
        anonymous,
        feeds_loaded,
        countries,
        networks,
        networks_lost,
        tags,
        bots,
        feeds,
    } = callers;
    let mut shown = rows(networks, "number", |it| Some(json!(it)));
    let hidden = shown.split_off(shown.len().min(NETWORKS_SHOWN_MAX));
    let hidden = hidden.iter().filter_map(|it| it["calls"].as_u64());
    let networks_lost = networks_lost + hidden.sum::<u64>();
    for row in &mut shown {
        let number = row["number"].as_u64().and_then(|it| u32::try_from(it).ok());
        row["organisation"] = json!(number.and_then(organisation));
    }
    json!({
        "exchanges": exchanges,
        "addressed": addressed,
        "anonymous": anonymous,
        "countries": rows(countries, "country", |it| Some(json!(Country::from_number(*it)?.code()))),
        "networks": shown,
        "networks_lost": networks_lost,
        "tags": rows(tags, "tag", |it| Some(json!(Tags::name_of(*it)?))),
        "bots": rows(bots, "name", |it| Some(json!(it))),
        "feeds": rows(feeds, "name", |it| Some(json!(it))),
        "feeds_loaded": feeds_loaded,
        "attribution": attribution(),
    })
}

fn rows<K>(
    counts: &BTreeMap<K, Count>,
    key: &str,
    name: impl Fn(&K) -> Option<Value>,
) -> Vec<Value> {
    let mut all = counts.iter().collect::<Vec<_>>();
    all.sort_by_key(|it| Reverse(*it.1));
    let row = |(it, count): (&K, &Count)| {
        let mut row = json!({ "calls": count.calls, "attacks": count.attacks });
        row[key] = name(it)?;
        Some(row)
    };
    all.into_iter().filter_map(row).collect()
}

/// What must stand beside data on networks wherever it is shown.
pub fn attribution() -> Vec<&'static str> {
    let all = sources().iter().map(|it| &*it.attribution);
    all.filter(|it| !it.is_empty()).collect()
}

fn times(key: &str, value: Value, count: &OriginCount) -> Value {
    let OriginCount {
        calls,
        first_seen,
        last_seen,
    } = count;
    let (first_seen, last_seen) = (first_seen.to_string(), last_seen.to_string());
    let mut all = json!({ "calls": calls, "first_seen": first_seen, "last_seen": last_seen });
    all[key] = value;
    all
}
