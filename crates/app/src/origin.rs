//! The command `origin`: all that is known of addresses, with the age of the data and whose it is.

use std::fmt::Write as _;
use std::io::Write;

use anyhow::ensure;
use gatewatch_intel::{About, Feeds, Origins, sources};
use gatewatch_model::Timestamp;
use gatewatch_pipeline::{Clock, SystemClock};
use serde_json::{Value, json};

use crate::command::{OriginArgs, OriginFormat};
use crate::feeds;

pub fn run(args: &OriginArgs) -> anyhow::Result<()> {
    let now = SystemClock.now();
    let read = feeds::read(&args.feeds, now)?;
    if let Some(error) = read.failed.into_iter().next() {
        return Err(anyhow::Error::new(error).context("cannot read a feed"));
    }
    for remark in read.feeds.iter().flat_map(|it| &it.remarks) {
        writeln!(std::io::stderr(), "{remark}")?;
    }
    let origins = Origins::new(read.feeds);
    ensure!(!args.addresses.is_empty(), "which address?");
    let abouts = args
        .addresses
        .iter()
        .map(|it| (it.to_string(), origins.about(*it)));
    let abouts = abouts.collect::<Vec<_>>();
    let text = match args.format {
        OriginFormat::Text => text(&abouts, &origins.feeds, now),
        OriginFormat::Json => {
            let rows = abouts
                .iter()
                .map(|it| about_json(&it.0, &it.1))
                .collect::<Vec<_>>();
            let all = json!({
                "addresses": rows,
                "data": data(now),
                "feeds": origins.feeds.iter().map(|it| json!({
                    "name": it.name,
                    "format": it.format,
                    "tag": it.tag.names().next(),
                    "entries": it.entries,
                    "passed_over": it.passed_over,
                    "remarks": it.remarks_total,
                    "modified": it.modified.map(|it| it.to_string()),
                })).collect::<Vec<_>>(),
            });
            format!("{}\n", serde_json::to_string_pretty(&all)?)
        }
    };
    Ok(std::io::stdout().lock().write_all(text.as_bytes())?)
}

fn text(abouts: &[(String, About)], feeds: &Feeds, now: Timestamp) -> String {
    let mut out = String::new();
    for (address, about) in abouts {
        // Writing to a String cannot fail; so below.
        let _ = writeln!(out, "{address}");
        for (name, value) in lines(about) {
            let _ = writeln!(out, "  {name:<9} {value}");
        }
        out.push('\n');
    }
    for feed in feeds.iter() {
        let tag = feed.tag.names().next().unwrap_or_default();
        let _ = writeln!(
            out,
            "Feed {}: {}, {tag}, {} entries",
            feed.name, feed.format, feed.entries
        );
    }
    let mut is_old = false;
    for source in sources() {
        is_old |= source.is_old(now);
        let age = source
            .age_days(now)
            .map_or(String::new(), |it| format!(", {it} days old"));
        let _ = writeln!(out, "Data: {}, of {}{age}", source.title, source.date);
    }
    if is_old {
        out.push_str("Some of this is old. Exits of Tor change within days: bring a list of your own with --feeds tor=FILE.\n");
    }
    for source in sources().iter().filter(|it| !it.attribution.is_empty()) {
        let _ = writeln!(out, "{}", source.attribution);
    }
    out
}

fn lines(about: &About) -> Vec<(&'static str, String)> {
    let About {
        country,
        network,
        organisation,
        provider,
        city,
        tags,
        feeds,
    } = about;
    let place = match (country, city) {
        (Some(country), Some(city)) => Some(format!("{country}, {city}")),
        (Some(country), None) => Some(country.to_string()),
        (None, city) => city.as_ref().map(ToString::to_string),
    };
    let network = (*network != 0).then(|| {
        let name = organisation.as_deref().unwrap_or_default();
        format!("AS{network} {name}").trim_end().to_owned()
    });
    let tags = tags.names().collect::<Vec<_>>().join(", ");
    let lines = [
        ("country", place),
        ("network", network),
        ("range of", provider.as_ref().map(ToString::to_string)),
        ("tags", Some(tags).filter(|it| !it.is_empty())),
        ("feeds", Some(feeds.join(", ")).filter(|it| !it.is_empty())),
    ];
    let known = lines.into_iter().filter_map(|it| Some((it.0, it.1?)));
    let known = known.collect::<Vec<_>>();
    if known.is_empty() {
        return vec![("country", "not known".to_owned())];
    }
    known
}

fn about_json(address: &str, about: &About) -> Value {
    let About {
        country,
        network,
        organisation,
        provider,
        city,
        tags,
        feeds,
    } = about;
    json!({
        "address": address,
        "country": country.map(|it| it.to_string()),
        "city": city,
        "network": (*network != 0).then(|| json!({ "number": network, "organisation": organisation })),
        "provider": provider,
        "tags": tags.names().collect::<Vec<_>>(),
        "feeds": feeds,
    })
}

/// What the shipped data is made of, how old it is, and what its licence asks to be shown.
pub fn data(now: Timestamp) -> Vec<Value> {
    let all = sources().iter().map(|it| {
        json!({
            "id": it.id,
            "title": it.title,
            "date": it.date,
            "age_days": it.age_days(now),
            "old": it.is_old(now),
            "licence": it.licence,
            "attribution": it.attribution,
        })
    });
    all.collect()
}
