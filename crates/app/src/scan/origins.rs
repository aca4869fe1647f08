//! Where the callers of an endpoint are, as JSON.

use gatewatch_intel::{organisation, sources};
use gatewatch_model::origin::{OriginCount, OriginsRow, Tags};
use serde_json::{Value, json};

pub fn json(row: &OriginsRow) -> Value {
    let OriginsRow {
        countries,
        countries_lost,
        networks,
        networks_lost,
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
        "tags": tags.collect::<Vec<_>>(),
        "bots": names(bots),
        "feeds": names(feeds),
        "attribution": attribution(),
    })
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
