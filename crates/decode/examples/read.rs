//! Measures reading the reference exchange: how many a second on one core, and what each part of
//! it takes. `cargo run --release -p gatewatch-decode --example read`

#![expect(clippy::print_stdout, reason = "an example says what it measured")]

use core::hint::black_box;
use std::time::Instant;

use gatewatch_decode::Reading;
use gatewatch_model::Exchange;
use gatewatch_sources::reference::reference_exchange;

const EXCHANGES: u64 = 200;
/// Short rounds, so that on a busy machine some are not disturbed.
const ROUNDS: usize = 400;

/// Takes a part away from an exchange; what it then takes less is that part's share.
type Cut = fn(&mut Exchange<'static>);

fn main() {
    let exchanges: Vec<_> = (0..EXCHANGES)
        .map(|seed| reference_exchange(seed, 10_000, 200_000))
        .collect();
    let nanos = measure(&exchanges);
    let bytes = exchanges.iter().map(bytes).sum::<usize>() as f64 / EXCHANGES as f64;
    println!("whole exchange     {nanos:7.0} ns");
    println!("                   {:7.0} exchanges/s", 1e9 / nanos);
    println!(
        "                   {:7.0} MB/s of {bytes:.0} bytes",
        bytes * 1e3 / nanos
    );
    let parts: &[(&str, Cut)] = &[
        ("response body", |it| {
            if let Some(response) = &mut it.response {
                response.body = None;
            }
        }),
        ("response headers", |it| it.response = None),
        ("request body", |it| it.request.body = None),
        ("request headers", |it| it.request.headers = None),
        ("path and query", |it| it.request.url = "/".into()),
    ];
    let (mut rest, mut before) = (exchanges, nanos);
    for (name, cut) in parts {
        rest.iter_mut().for_each(cut);
        let after = measure(&rest);
        println!("{name:18} {:7.0} ns", before - after);
        before = after;
    }
    println!("nothing            {before:7.0} ns");
}

/// Nanoseconds an exchange, in the best of some rounds.
fn measure(exchanges: &[Exchange<'_>]) -> f64 {
    let mut reading = Reading::default();
    let mut best = f64::INFINITY;
    for _ in 0..ROUNDS {
        let start = Instant::now();
        for exchange in exchanges {
            reading.read(black_box(exchange));
            black_box(reading.leaves().len());
        }
        best = best.min(start.elapsed().as_secs_f64());
    }
    best * 1e9 / exchanges.len() as f64
}

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
    exchange.request.url.len()
        + heads.map(|it| it.0.len() + it.1.len() + 4).sum::<usize>()
        + bodies
            .into_iter()
            .flatten()
            .map(|it| it.bytes.len())
            .sum::<usize>()
}
