//! Measures classification on one core, all types on: the reference exchange, and the exchanges of
//! a file of JSON Lines if one is named. Prints nanoseconds and megabytes a second of classifying
//! what is already read, and of reading and classifying together; memory and start-up of the
//! compiled catalogue. `cargo run --release -p gatewatch-classify --example speed [FILE]`
#![expect(clippy::print_stdout, reason = "an example says what it measured")]

use core::hint::black_box;
use std::error::Error;
use std::io::BufRead;
use std::sync::Arc;
use std::time::Instant;

use gatewatch_classify::{Classifier, SHIPPED, Switches};
use gatewatch_decode::Reading;
use gatewatch_model::Exchange;
use gatewatch_model::exchange::{Body, Response};
use gatewatch_sources::reference::reference_exchange;
use serde_json::Value;

const EXCHANGES: u64 = 200;
const ROUNDS: usize = 100;

fn main() -> Result<(), Box<dyn Error>> {
    let start = Instant::now();
    let catalogue = Arc::new(SHIPPED.clone());
    println!(
        "catalogue read      {:7.1} ms",
        start.elapsed().as_secs_f64() * 1e3
    );
    let start = Instant::now();
    let mut classifier = Classifier::new(catalogue);
    println!(
        "catalogue compiled  {:7.1} ms",
        start.elapsed().as_secs_f64() * 1e3
    );
    println!(
        "compiled            {:7.2} MiB, {} types",
        classifier.heap_bytes() as f64 / f64::from(1 << 20),
        classifier.catalogue().types().len()
    );
    let exchanges = (0..EXCHANGES)
        .map(|seed| reference_exchange(seed, 10_000, 200_000))
        .collect::<Vec<_>>();
    report("reference exchange", &mut classifier, &exchanges);
    if let Some(file) = std::env::args().nth(1) {
        let lines = std::io::BufReader::new(std::fs::File::open(file)?).lines();
        let mut bodies = Vec::new();
        for line in lines {
            let row: Value = serde_json::from_str(&line?)?;
            bodies.extend(json_bodies(&row));
        }
        report("JSON bodies of file", &mut classifier, &bodies);
    }
    Ok(())
}

fn report(title: &str, classifier: &mut Classifier, exchanges: &[Exchange<'_>]) {
    let bytes = exchanges.iter().map(bytes).sum::<usize>() as f64 / exchanges.len() as f64;
    let on = Switches::all(&Arc::clone(classifier.catalogue()));
    let mut reading = Reading::default();
    let mut leaves = 0;
    for exchange in exchanges {
        reading.read(exchange);
        leaves += reading.leaves().len();
    }
    let read = best(exchanges, |exchange| {
        reading.read(black_box(exchange));
        black_box(reading.leaves().len());
    });
    let both = best(exchanges, |exchange| {
        reading.read(black_box(exchange));
        black_box(classifier.find(reading.leaves(), &on).len());
    });
    let readings = exchanges
        .iter()
        .map(|exchange| {
            let mut reading = Reading::default();
            reading.read(exchange);
            reading
        })
        .collect::<Vec<_>>();
    let find = best(&readings, |reading| {
        black_box(classifier.find(black_box(reading.leaves()), &on).len());
    });
    println!(
        "{title}: {} of {bytes:.0} bytes, {:.0} leaves",
        exchanges.len(),
        leaves as f64 / exchanges.len() as f64
    );
    for (name, nanos) in [("classify", find), ("decode", read), ("both", both)] {
        println!(
            "  {name:10} {nanos:8.0} ns  {:7.0} MB/s",
            bytes * 1e3 / nanos
        );
    }
}

/// Nanoseconds for each in the mean, of each the best of some rounds: on a busy machine a whole
/// round is always disturbed, a single one seldom.
fn best<T>(items: &[T], mut work: impl FnMut(&T)) -> f64 {
    let mut best = vec![f64::INFINITY; items.len()];
    for _ in 0..ROUNDS {
        for (item, best) in items.iter().zip(&mut best) {
            let start = Instant::now();
            work(item);
            *best = best.min(start.elapsed().as_secs_f64());
        }
    }
    best.iter().sum::<f64>() * 1e9 / items.len() as f64
}

/// An exchange for each JSON body, with nothing else in it.
fn json_bodies(row: &Value) -> Vec<Exchange<'static>> {
    let mut exchanges = Vec::new();
    for side in ["request", "response"] {
        let kind = row[side]["headers"]["content-type"].as_str().unwrap_or("");
        let text = row[side]["body"].as_str().unwrap_or("");
        if !kind.contains("json") || text.is_empty() {
            continue;
        }
        let headers = Some(vec![("content-type".into(), "application/json".into())]);
        let body = Some(Body {
            bytes: text.as_bytes().to_vec().into(),
            bytes_total: text.len() as u64,
        });
        let mut exchange = Exchange::default();
        exchange.request.method = "POST".into();
        exchange.request.url = "/".into();
        if side == "request" {
            (exchange.request.headers, exchange.request.body) = (headers, body);
        } else {
            exchange.response = Some(Response {
                status: Some(200),
                headers,
                body,
                latency_micros: None,
            });
        }
        exchanges.push(exchange);
    }
    exchanges
}

/// Bytes of URL, heads and bodies; of an exchange of one body, the body's.
fn bytes(exchange: &Exchange<'_>) -> usize {
    let response = exchange.response.as_ref();
    let heads = [
        exchange.request.headers.as_ref(),
        response.and_then(|it| it.headers.as_ref()),
    ];
    let bodies = [
        exchange.request.body.as_ref(),
        response.and_then(|it| it.body.as_ref()),
    ];
    let heads = heads.into_iter().flatten().flatten();
    let heads = heads.map(|it| it.0.len() + it.1.len() + 4).sum::<usize>();
    let bodies = bodies
        .into_iter()
        .flatten()
        .map(|it| it.bytes.len())
        .sum::<usize>();
    if exchange.request.url == "/" {
        bodies
    } else {
        exchange.request.url.len() + heads + bodies
    }
}
