//! Lists the hits in requests that are not labelled for it: JSON Lines from standard input, each
//! with `method`, `url`, `headers` and `body`. Of types with a check digit a hit in requests of
//! everyday browsing is most likely a false one; each is printed with its place and its mask.
#![expect(clippy::print_stdout, reason = "an example that prints its list")]

use std::collections::BTreeMap;
use std::error::Error;
use std::io::{BufRead, stdin};
use std::sync::Arc;

use gatewatch_classify::{Classifier, InfoType, SHIPPED, Switches, mask};
use gatewatch_decode::{Reading, Value as LeafValue};
use gatewatch_model::Exchange;
use gatewatch_model::exchange::Body;
use serde_json::Value;

const SURE: u8 = 50;
/// A check that so few random values pass is one of digits, not of structure.
const CHECK_ONE_IN: u32 = 7;

fn main() -> Result<(), Box<dyn Error>> {
    let all = std::env::args().any(|it| it == "--all");
    let catalogue = Arc::new(SHIPPED.clone());
    let on = Switches::all(&catalogue);
    let mut classifier = Classifier::new(Arc::clone(&catalogue));
    let mut reading = Reading::default();
    let (mut requests, mut counts) = (0, BTreeMap::<&str, u32>::new());
    let mut with_check = 0;
    for line in stdin().lock().lines() {
        let row: Value = serde_json::from_str(&line?)?;
        if text(&row["label"]) != "benign" {
            continue;
        }
        requests += 1;
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
            *counts.entry(&info_type.id).or_default() += 1;
            with_check += u32::from(has_check(info_type));
            if !has_check(info_type) && !all {
                continue;
            }
            let (LeafValue::Text(value) | LeafValue::Number(value)) = leaf.value else {
                continue;
            };
            let mut place = String::new();
            leaf.write_place(&mut place);
            let shown = value
                .get(hit.from as usize..hit.to as usize)
                .map_or(String::new(), |it| mask(info_type, it));
            println!("{} {}% {place} {shown}", info_type.id, hit.confidence);
        }
    }
    println!(
        "{with_check} hits of types with check digits in {requests} benign requests; all types:"
    );
    for (name, count) in counts {
        println!("{name:26} {count:6}");
    }
    Ok(())
}

fn has_check(info_type: &InfoType) -> bool {
    let mut checks = info_type.patterns.iter().filter_map(|it| it.check);
    checks.any(|it| it.one_in >= CHECK_ONE_IN)
}

fn exchange(row: &Value) -> Exchange<'_> {
    let mut exchange = Exchange::default();
    exchange.request.method = text(&row["method"]).into();
    exchange.request.url = text(&row["url"]).into();
    let headers = row["headers"].as_object().into_iter().flatten();
    let headers = headers.map(|(name, value)| (name.as_str().into(), text(value).into()));
    exchange.request.headers = Some(headers.collect());
    let body = text(&row["body"]);
    exchange.request.body = Some(Body {
        bytes: body.as_bytes().into(),
        bytes_total: body.len() as u64,
    });
    exchange
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or("")
}
