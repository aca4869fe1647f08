//! Measures what encoding, decoding and reading the reference exchange take on this machine:
//! `cargo run --release -p gatewatch-wire --example codec`.

use std::hint::black_box;
use std::time::Instant;

use gatewatch_model::record::{Arrival, Stream};
use gatewatch_model::{Record, Timestamp};
use gatewatch_wire::{exchange_file, record};

const ROUNDS: u32 = 200_000;
const RUNS: usize = 5;

#[expect(clippy::print_stdout, reason = "printing is what this program is for")]
fn main() -> Result<(), Box<dyn core::error::Error>> {
    let line = reference_line();
    let exchange = exchange_file::read(line.as_bytes())?;
    let arrival = Record::Arrival(Arrival {
        received: Timestamp::from_seconds(1_795_248_000),
        stream: Stream::Live,
        source: "gateway".into(),
        scope: "/tenant/subscription".into(),
        external: None,
        exchange: exchange.clone(),
    });
    let mut bytes = Vec::new();
    record::encode(&arrival, &mut bytes);
    println!("line {} bytes, record {} bytes", line.len(), bytes.len());
    let mut out = Vec::with_capacity(bytes.len());
    report("record::encode", || {
        out.clear();
        record::encode(black_box(&arrival), &mut out);
    });
    report("record::decode", || {
        let _ = black_box(record::decode(black_box(&bytes)));
    });
    report("exchange_file::read", || {
        let _ = black_box(exchange_file::read(black_box(line.as_bytes())));
    });
    report("exchange_file::write", || {
        out.clear();
        exchange_file::write(black_box(&exchange), &mut out);
    });
    Ok(())
}

/// The best of a few runs: what disturbs a run only ever makes it slower.
#[expect(clippy::print_stdout, reason = "printing is what this program is for")]
fn report(name: &str, mut work: impl FnMut()) {
    let run = |work: &mut dyn FnMut()| {
        let start = Instant::now();
        for _ in 0..ROUNDS {
            work();
        }
        start.elapsed().as_nanos() / u128::from(ROUNDS)
    };
    let best = (0..RUNS).map(|_| run(&mut work)).min().unwrap_or_default();
    println!("{name:<22}{best:>6} ns");
}

/// 0.5 KB of heads with twelve headers, 0.5 KB of request body, 1 KB of response body.
fn reference_line() -> String {
    format!(
        r#"{{"id":"4bf92f3577b34da6","at":"2026-11-21T08:00:00.123Z","caller":{{"ip":"203.0.113.9"}},"request":{{"method":"POST","url":"/v1/orders/184467?expand=lines","headers":{{"host":"api.contoso.com","user-agent":"Mozilla/5.0 (X11; Linux x86_64) orders-app/4.2.1","accept":"application/json","accept-encoding":"gzip, br","content-type":"application/json","content-length":"512","authorization":"Bearer sample-{}","x-request-id":"4bf92f3577b34da6a3ce929d0e0e4736"}},"body":"{}"}},"response":{{"status":200,"headers":{{"content-type":"application/json","content-length":"1024","cache-control":"no-store","date":"Sat, 21 Nov 2026 08:00:00 GMT"}},"body":"{}","latency_ms":12.5}}}}"#,
        "0123456789abcdef".repeat(4),
        document(512),
        document(1024),
    )
}

/// A JSON document of about that many bytes, escaped as it stands in a line.
fn document(bytes: usize) -> String {
    let item = r#"{\"sku\":\"A-10442\",\"title\":\"Amber lamp\",\"quantity\":2,\"price\":129.95,\"gift\":false}"#;
    let unescaped = item.len() - item.matches('\\').count() + 1;
    let items = vec![item; bytes.div_ceil(unescaped)];
    format!("[{}]", items.join(","))
}
