//! Lists the hits in exchanges that are not labelled for it: JSON Lines from standard input, each
//! either with `method`, `url`, `headers`, `body` and maybe `response_headers` and `response_body`
//! (of those with a `label` only the benign), or with a `request` and a `response`. Of types with a
//! check digit a hit in everyday browsing is most likely a false one: each is printed with its
//! place and its mask, with `--all` those of every type. Then counts by type, with the members that
//! have most of them.
#![expect(clippy::print_stdout, reason = "an example that prints its list")]

use std::collections::BTreeMap;
use std::error::Error;
use std::io::{BufRead, stdin};
use std::sync::Arc;

use gatewatch_classify::{Classifier, InfoType, SHIPPED, Switches, mask};
use gatewatch_decode::{Reading, Value as LeafValue};
use gatewatch_model::Exchange;
use gatewatch_model::exchange::{Body, Headers, Response};
use serde_json::Value;

const SURE: u8 = 50;
/// A check that so few random values pass is one of digits, not of structure.
const CHECK_ONE_IN: u32 = 7;
/// Members that are shown of a type.
const MEMBERS_SHOWN: usize = 6;

/// Hits of one type, by the members they stand in.
type OfType<'t> = BTreeMap<&'t str, BTreeMap<String, u32>>;

fn main() -> Result<(), Box<dyn Error>> {
    let all = std::env::args().any(|it| it == "--all");
    let catalogue = Arc::new(SHIPPED.clone());
    let on = Switches::all(&catalogue);
    let mut classifier = Classifier::new(Arc::clone(&catalogue));
    let mut reading = Reading::default();
    let (mut exchanges, mut with_check) = (0, 0);
    let mut counts = OfType::new();
    for line in stdin().lock().lines() {
        let row: Value = serde_json::from_str(&line?)?;
        if row["label"].as_str().is_some_and(|it| it != "benign") {
            continue;
        }
        exchanges += 1;
        reading.read(&exchange(&row));
        for hit in classifier.find(reading.leaves(), &on) {
            let (Some(info_type), Some(leaf)) = (
                catalogue.by_key(hit.info_type),
                reading.leaves().get(hit.leaf as usize),
            ) else {
                continue;
            };
            if hit.confidence < SURE {
                continue;
            }
            let mut place = String::new();
            leaf.write_place(&mut place);
            with_check += u32::from(has_check(info_type));
            if let (true, LeafValue::Text(value) | LeafValue::Number(value)) =
                (all || has_check(info_type), leaf.value)
            {
                let shown = value
                    .get(hit.from as usize..hit.to as usize)
                    .map_or(String::new(), |it| mask(info_type, it));
                println!("{} {}% {place} {shown}", info_type.id, hit.confidence);
            }
            let member = counts.entry(&info_type.id).or_default();
            *member.entry(place).or_default() += 1;
        }
    }
    println!("{with_check} hits of types with check digits in {exchanges} exchanges; all types:");
    print_types(&counts);
    Ok(())
}

fn print_types(counts: &OfType<'_>) {
    for (name, members) in counts {
        let count = members.values().sum::<u32>();
        let mut most = members.iter().collect::<Vec<_>>();
        most.sort_by_key(|(place, count)| (u32::MAX - **count, *place));
        let shown = most.iter().take(MEMBERS_SHOWN);
        let shown = shown.map(|(place, count)| format!("{place} {count}"));
        let shown = shown.collect::<Vec<_>>().join(", ");
        println!(
            "{name:26} {count:6} in {:4} members: {shown}",
            members.len()
        );
    }
}

fn has_check(info_type: &InfoType) -> bool {
    let mut checks = info_type.patterns.iter().filter_map(|it| it.check);
    checks.any(|it| it.one_in >= CHECK_ONE_IN)
}

fn exchange(row: &Value) -> Exchange<'_> {
    let parted = row["request"].is_object();
    let request = if parted { &row["request"] } else { row };
    let mut exchange = Exchange::default();
    exchange.request.method = text(&request["method"]).into();
    exchange.request.url = text(&request["url"]).into();
    exchange.request.headers = Some(headers(&request["headers"]));
    exchange.request.body = Some(body(&request["body"]));
    let response = &row["response"];
    let parts = if parted {
        (&response["status"], &response["headers"], &response["body"])
    } else {
        let body = &row["response_body"];
        (&row["status"], &row["response_headers"], body)
    };
    exchange.response = Some(Response {
        status: parts.0.as_u64().map(|it| it as u16),
        headers: Some(headers(parts.1)),
        body: Some(body(parts.2)),
        latency_micros: None,
    });
    exchange
}

/// Of an object of texts, or of pairs.
fn headers(headers: &Value) -> Headers<'_> {
    let object = headers.as_object().into_iter().flatten();
    let object = object.map(|(name, value)| (name.as_str().into(), text(value).into()));
    let pairs = headers.as_array().into_iter().flatten();
    let pairs = pairs.map(|it| (text(&it[0]).into(), text(&it[1]).into()));
    object.chain(pairs).collect()
}

fn body(body: &Value) -> Body<'_> {
    let text = text(body);
    Body {
        bytes: text.as_bytes().into(),
        bytes_total: text.len() as u64,
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or("")
}
