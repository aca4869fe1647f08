//! Megabytes a second of classification and of detection, on one core, of traffic made up from a
//! seed. Of each exchange the best of some rounds counts: on a busy machine a whole round is
//! always disturbed, a single look seldom.

use std::sync::Arc;
use std::time::Instant;

use gatewatch_classify::{Classifier, SHIPPED, Switches};
use gatewatch_decode::{Leaf, Reading, Value};
use gatewatch_detect::Detector;
use gatewatch_model::exchange::{Body, Headers};
use gatewatch_model::{Exchange, Timestamp};
use gatewatch_sources::reference::reference_exchange;
use serde::Serialize;

use super::budget::Figure;
use super::made;
use crate::demo::chance::Chance;
use crate::demo::traffic::Traffic;

const SEED: u64 = 7;
const EXCHANGES: usize = 600;
const ADVERSARIAL: usize = 600;
const CLEAN: usize = 40;
const ROUNDS: usize = 20;
/// Noon somewhere; the demo's traffic depends on the hour.
const AT: Timestamp = Timestamp(1_795_262_400_000_000);

#[derive(Debug, Serialize)]
pub struct Speeds {
    classify_reference_json: Figure,
    /// Short bodies that hold something sensitive each.
    classify_demo_json: Figure,
    classify_adversarial_json: Figure,
    detect_clean_values: Figure,
    detect_requests: Figure,
}

pub fn measure() -> anyhow::Result<Speeds> {
    let mut traffic = Traffic::new(SEED)?;
    let exchanges = (0..EXCHANGES).map(|_| traffic.exchange(AT));
    let exchanges = exchanges.collect::<Vec<_>>();
    let demo = exchanges.iter().flat_map(json_bodies).collect::<Vec<_>>();
    let reference = (0..EXCHANGES as u64).map(|it| reference_exchange(it, 10_000, 100_000));
    let reference = reference
        .flat_map(|it| json_bodies(&it))
        .collect::<Vec<_>>();
    let requests = exchanges.into_iter().map(request).collect::<Vec<_>>();
    let mut chance = Chance::new(SEED);
    let adversarial = (0..ADVERSARIAL).map(|_| posted(made::adversarial(&mut chance)));
    let adversarial = adversarial.collect::<Vec<_>>();
    let clean = (0..CLEAN).map(|_| posted(made::clean(&mut chance)));
    let clean = clean.collect::<Vec<_>>();

    let mut classifier = Classifier::new(Arc::new(SHIPPED.clone()));
    let on = Switches::all(&Arc::clone(classifier.catalogue()));
    let mut classify = |exchanges: &[Exchange<'_>]| {
        megabytes_a_second(exchanges, body_bytes, |_, reading| {
            std::hint::black_box(classifier.find(reading.leaves(), &on).len());
        })
    };
    let classify_reference_json = Figure::at_least(250.0, classify(&reference));
    let classify_demo_json = Figure::free(classify(&demo));
    let classify_adversarial_json = Figure::at_least(100.0, classify(&adversarial));
    let mut detector = Detector::default();
    let mut detect = |exchanges: &[Exchange<'_>]| {
        megabytes_a_second(exchanges, looked_at_bytes, |exchange, reading| {
            std::hint::black_box(detector.see(exchange, reading).judgement());
        })
    };
    Ok(Speeds {
        classify_reference_json,
        classify_demo_json,
        classify_adversarial_json,
        detect_clean_values: Figure::at_least(200.0, detect(&clean)),
        detect_requests: Figure::at_least(60.0, detect(&requests)),
    })
}

fn megabytes_a_second(
    exchanges: &[Exchange<'_>],
    bytes: impl Fn(&Exchange<'_>, &Reading) -> usize,
    mut look: impl FnMut(&Exchange<'_>, &Reading),
) -> f64 {
    let readings = exchanges.iter().map(|it| {
        let mut reading = Reading::default();
        reading.read(it);
        reading
    });
    let readings = readings.collect::<Vec<_>>();
    let both = || exchanges.iter().zip(&readings);
    let mut best = vec![f64::INFINITY; exchanges.len()];
    for _ in 0..ROUNDS {
        for ((exchange, reading), best) in both().zip(&mut best) {
            let began = Instant::now();
            look(exchange, reading);
            *best = best.min(began.elapsed().as_secs_f64());
        }
    }
    let bytes = both().map(|it| bytes(it.0, it.1)).sum::<usize>();
    bytes as f64 / best.iter().sum::<f64>().max(1e-9) / 1e6
}

/// An exchange for each JSON body, with nothing else in it.
fn json_bodies(exchange: &Exchange<'static>) -> Vec<Exchange<'static>> {
    let response = exchange.response.as_ref();
    let sides = [
        (
            exchange.request.headers.as_ref(),
            exchange.request.body.as_ref(),
        ),
        (
            response.and_then(|it| it.headers.as_ref()),
            response.and_then(|it| it.body.as_ref()),
        ),
    ];
    let is_json = |headers: &Headers<'_>| {
        let mut kinds = headers
            .iter()
            .filter(|it| it.0.eq_ignore_ascii_case("content-type"));
        kinds.any(|it| it.1.contains("json"))
    };
    let bodies = sides.into_iter().filter_map(|(headers, body)| {
        let body = body.filter(|it| headers.is_some_and(is_json) && !it.bytes.is_empty())?;
        Some(posted(body.bytes.to_vec()))
    });
    bodies.collect()
}

/// Without its answer.
fn request(mut exchange: Exchange<'static>) -> Exchange<'static> {
    exchange.response = None;
    exchange
}

fn posted(body: Vec<u8>) -> Exchange<'static> {
    let mut exchange = Exchange::default();
    exchange.request.method = "POST".into();
    exchange.request.url = "/".into();
    exchange.request.headers = Some(vec![("content-type".into(), "application/json".into())]);
    exchange.request.body = Some(Body {
        bytes_total: body.len() as u64,
        bytes: body.into(),
    });
    exchange
}

fn body_bytes(exchange: &Exchange<'_>, _: &Reading) -> usize {
    let body = exchange.request.body.as_ref();
    body.map_or(0, |it| it.bytes.len())
}

/// Names, values and the path.
fn looked_at_bytes(exchange: &Exchange<'_>, reading: &Reading) -> usize {
    let leaf = |leaf: Leaf<'_>| {
        let value = match leaf.value {
            Value::Text(text) | Value::Number(text) => text.len(),
            _ => 0,
        };
        value + leaf.name().len()
    };
    exchange.request.url.len() + reading.leaves().iter().map(leaf).sum::<usize>()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_are_read_as_json_and_every_one_is_looked_at() {
        let mut chance = Chance::new(1);
        let exchanges = [made::adversarial(&mut chance), made::clean(&mut chance)].map(posted);
        let mut leaves = 0;
        let speed = megabytes_a_second(&exchanges, body_bytes, |_, reading| {
            assert!(reading.leaves().len() > 20);
            leaves += reading.leaves().len();
        });
        assert!(speed > 0.0 && leaves > ROUNDS * 40);
    }

    #[test]
    fn demo_traffic_has_bodies_and_requests_have_no_answers() {
        let mut traffic = Traffic::new(1).unwrap();
        let exchanges = (0..200).map(|_| traffic.exchange(AT)).collect::<Vec<_>>();
        assert!(exchanges.iter().flat_map(json_bodies).count() > 100);
        assert!(
            exchanges
                .into_iter()
                .map(request)
                .all(|it| it.response.is_none())
        );
    }
}
