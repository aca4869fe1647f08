//! What attackers send, each within a stated bound of memory, and in time that grows as the input
//! does. Memory is counted by the allocator of this test.

use std::io::Read;
use std::sync::{Mutex, MutexGuard};
use std::time::{Duration, Instant};

use flate2::Compression;
use flate2::read::{GzEncoder, ZlibEncoder};
use gatewatch_decode::{BodyKind, Reading, limits};
use gatewatch_model::exchange::{Body, Headers, Response};
use gatewatch_model::{Blemishes, Exchange};
use gatewatch_sources::reference::reference_exchange;
use peak_alloc::PeakAlloc;

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// Of a `Reading` after the worst of exchanges, beside the exchange itself: two bodies of leaves
/// with the steps to them, what they unpacked to, and their text.
const PEAK_BYTES_MAX: usize = 24 << 20;
/// While a decoder with a window works: 16 MiB for brotli, 8 MiB for zstd.
const WINDOW_BYTES: usize = 20 << 20;

/// Tests take turns, for what one allocates another would count.
fn turn() -> MutexGuard<'static, ()> {
    static TURN: Mutex<()> = Mutex::new(());
    TURN.lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
}

fn body(bytes: Vec<u8>) -> Body<'static> {
    Body {
        bytes_total: bytes.len() as u64,
        bytes: bytes.into(),
    }
}

fn headers(pairs: &[(&str, &str)]) -> Headers<'static> {
    pairs
        .iter()
        .map(|(name, value)| ((*name).to_owned().into(), (*value).to_owned().into()))
        .collect()
}

/// That body in the request and in the response.
fn posted(pairs: &[(&str, &str)], bytes: impl Into<Vec<u8>>) -> Exchange<'static> {
    let mut exchange = Exchange::default();
    let body = body(bytes.into());
    exchange.request.method = "POST".into();
    exchange.request.url = "/a".into();
    exchange.request.headers = Some(headers(pairs));
    exchange.request.body = Some(body.clone());
    exchange.response = Some(Response {
        status: Some(200),
        headers: Some(headers(pairs)),
        body: Some(body),
        latency_micros: None,
    });
    exchange
}

/// Reads it with memory counted; what is read twice is the same.
fn read(exchange: &Exchange<'_>, peak_bytes_max: usize) -> Reading {
    let before = MEMORY.current_usage();
    MEMORY.reset_peak_usage();
    let mut reading = Reading::default();
    reading.read(exchange);
    let (count, blemishes) = (reading.leaves().len(), reading.blemishes());
    reading.read(exchange);
    let peak = MEMORY.peak_usage() - before;
    assert!(peak <= peak_bytes_max, "{peak} bytes at the peak");
    assert_eq!(
        (reading.leaves().len(), reading.blemishes()),
        (count, blemishes)
    );
    assert!(count <= limits::LEAVES_MAX);
    reading
}

fn check(exchange: &Exchange<'_>, expected: Blemishes) -> Reading {
    let reading = read(exchange, PEAK_BYTES_MAX);
    let found = reading.blemishes();
    assert!(found.contains(expected), "{found:?} without {expected:?}");
    reading
}

const JSON: &[(&str, &str)] = &[("content-type", "application/json")];

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packed = Vec::new();
    // Reading from memory cannot fail.
    let _ = GzEncoder::new(bytes, Compression::default()).read_to_end(&mut packed);
    packed
}

#[test]
fn reading_again_allocates_nothing() {
    let _turn = turn();
    let exchanges: Vec<_> = (0..100)
        .map(|it| reference_exchange(it, 100, 100))
        .collect();
    let mut reading = Reading::default();
    exchanges.iter().for_each(|it| reading.read(it));
    let before = MEMORY.current_usage();
    MEMORY.reset_peak_usage();
    exchanges.iter().for_each(|it| reading.read(it));
    assert_eq!(MEMORY.peak_usage(), before);
}

#[test]
fn bombs_of_every_encoding_unpack_to_their_bound() {
    let _turn = turn();
    let zeros = vec![b'0'; 100 << 20];
    let mut zlib = Vec::new();
    ZlibEncoder::new(&zeros[..], Compression::default())
        .read_to_end(&mut zlib)
        .unwrap();
    // 10 MiB of zeros, packed by another program.
    let brotli = [
        203, 255, 255, 63, 248, 39, 0, 226, 177, 64, 32, 247, 254, 47, 255, 255, 63, 240, 79, 0,
        196, 97, 17, 128, 238, 253, 7,
    ];
    let once = gzip(&zeros);
    let bombs = [
        ("gzip", once.clone()),
        ("gzip, gzip", gzip(&once)),
        ("gzip, gzip, gzip, gzip", gzip(&gzip(&gzip(&once)))),
        ("deflate", zlib),
        ("br", brotli.to_vec()),
        ("zstd", zstd::encode_all(&zeros[..], 3).unwrap()),
    ];
    drop(zeros);
    for (encoding, bytes) in bombs {
        let exchange = posted(
            &[
                ("content-type", "text/plain"),
                ("content-encoding", encoding),
            ],
            bytes,
        );
        let reading = read(&exchange, PEAK_BYTES_MAX + WINDOW_BYTES);
        assert!(reading.blemishes().contains(Blemishes::BOMB), "{encoding}");
        assert!(!reading.request().complete);
    }
}

#[test]
fn a_body_that_claims_100_megabytes_costs_what_it_has() {
    let _turn = turn();
    let mut exchange = posted(JSON, r#"{"a":[1,2"#);
    for body in [
        &mut exchange.request.body,
        &mut exchange.response.as_mut().unwrap().body,
    ] {
        body.as_mut().unwrap().bytes_total = 100 << 20;
    }
    exchange
        .request
        .headers
        .as_mut()
        .unwrap()
        .push(("content-length".into(), "104857600".into()));
    let reading = read(&exchange, 64 << 10);
    assert!(!reading.request().complete);
    assert!(reading.blemishes().is_empty());
}

#[test]
fn nesting_costs_no_stack_and_little_memory() {
    let _turn = turn();
    let deep = 1_000_000;
    check(&posted(JSON, "[".repeat(deep)), Blemishes::TOO_DEEP);
    check(&posted(JSON, "{\"a\":".repeat(deep)), Blemishes::TOO_DEEP);
    check(
        &posted(JSON, format!("{}{}", "[".repeat(deep), "]".repeat(deep))),
        Blemishes::TOO_DEEP,
    );
    let xml = [("content-type", "application/xml")];
    check(&posted(&xml, "<a>".repeat(deep)), Blemishes::TOO_DEEP);
    let query = format!(r#"{{"query":"{}"}}"#, "{a".repeat(deep));
    let reading = check(&posted(JSON, query), Blemishes::LEAVES_LOST);
    assert_eq!(reading.calls().len(), 1);
}

#[test]
fn a_million_of_anything_is_cut_to_its_bound() {
    let _turn = turn();
    let million = 1_000_000;
    let lost = Blemishes::LEAVES_LOST;
    let members: Vec<_> = (0..million).map(|it| format!("\"m{it}\":{it}")).collect();
    check(&posted(JSON, format!("{{{}}}", members.join(","))), lost);
    check(&posted(JSON, format!("[{}0]", "0,".repeat(million))), lost);
    let lines = [("content-type", "application/x-ndjson")];
    check(&posted(&lines, "{\"a\":1}\n".repeat(million)), lost);
    let form = [("content-type", "application/x-www-form-urlencoded")];
    check(&posted(&form, "a=1&".repeat(million)), lost);
    let parts = [("content-type", "multipart/form-data; boundary=x")];
    let part = "--x\r\ncontent-disposition: form-data; name=a\r\n\r\n1\r\n";
    check(&posted(&parts, part.repeat(million)), lost);
    let xml = [("content-type", "text/xml")];
    check(
        &posted(&xml, format!("<r>{}</r>", "<a/>".repeat(million))),
        lost,
    );
    let mut exchange = posted(&[], "");
    exchange.request.url = format!("/{}?{}", "a/".repeat(million), "b=1&".repeat(million)).into();
    check(&exchange, lost);
    let many = |name: &str, value: &str| headers(&vec![(name, value); million]);
    exchange.request.url = "/".into();
    for (name, value) in [
        ("x-a", "1"),
        ("cookie", "a=1"),
        ("Set-Cookie", "a=1"),
        ("authorization", "Bearer eyJ.e30."),
    ] {
        exchange.request.headers = Some(many(name, value));
        exchange.response.as_mut().unwrap().headers = Some(many(name, value));
        check(&exchange, lost);
    }
    exchange.request.headers = Some(headers(&[("cookie", &"a=1;".repeat(million))]));
    check(&exchange, lost);
}

#[test]
fn entities_are_not_expanded() {
    let _turn = turn();
    let entities = (1..30).map(|it| {
        let before = format!("&e{};", it - 1).repeat(10);
        format!("<!ENTITY e{it} \"{before}\">")
    });
    let entities = entities.collect::<Vec<_>>().concat();
    let bomb = format!("<!DOCTYPE r [<!ENTITY e0 \"lol\">{entities}]><r a=\"&e29;\">&e29;</r>");
    let exchange = posted(&[("content-type", "text/xml")], bomb);
    let reading = read(&exchange, 256 << 10);
    assert!(reading.blemishes().contains(Blemishes::DTD));
}

#[test]
fn frames_reserve_nothing_for_what_they_claim() {
    let _turn = turn();
    let grpc = [("content-type", "application/grpc")];
    let exchange = posted(&grpc, vec![0, 0xff, 0xff, 0xff, 0xff, 1]);
    let reading = read(&exchange, 64 << 10);
    assert_eq!(reading.request().kind, BodyKind::Grpc);
    assert!(reading.blemishes().contains(Blemishes::BAD_CALL));
    read(&posted(&grpc, vec![0; 5_000_000]), 64 << 10);
}

#[test]
fn bombs_of_aliases_and_batches_are_counted_and_cut() {
    let _turn = turn();
    let aliases: Vec<_> = (0..5_000).map(|it| format!("a{it}:me{{id}}")).collect();
    let document = format!(r#"{{"query":"{{{}}}"}}"#, aliases.join(" "));
    let reading = check(&posted(JSON, document), Blemishes::default());
    assert_eq!(
        reading.calls().next().map(|it| (it.aliases, it.depth)),
        Some((5_000, 2))
    );
    let batch = format!("[{}]", vec![r#"{"query":"{me{id}}"}"#; 100_000].join(","));
    let reading = check(&posted(JSON, batch), Blemishes::LEAVES_LOST);
    assert_eq!(reading.calls().len(), limits::CALLS_MAX);
    let spread = format!("fragment F on A {{ {} }} ", "a{...F} ".repeat(500));
    let circles = format!(r#"{{"query":"{{ ...F }} {}"}}"#, spread.repeat(20));
    let batch = format!("[{}]", vec![circles; 10].join(","));
    check(&posted(JSON, batch), Blemishes::BAD_CALL);
}

#[test]
fn a_token_of_a_megabyte_is_not_looked_into() {
    let _turn = turn();
    let mut exchange = posted(&[], "");
    let token = format!("Bearer eyJhbGciOiJub25lIn0.{}.", "e30".repeat(350_000));
    exchange.request.headers = Some(headers(&[("authorization", &token)]));
    check(&exchange, Blemishes::BAD_TOKEN);
}

/// How long reading takes, the best of a few.
fn time(exchange: &Exchange<'_>) -> Duration {
    let mut reading = Reading::default();
    let mut best = Duration::MAX;
    for _ in 0..5 {
        let start = Instant::now();
        reading.read(exchange);
        best = best.min(start.elapsed());
    }
    best
}

/// Makes an exchange of about that many bytes.
type Make = fn(usize) -> Exchange<'static>;

#[test]
fn time_grows_as_the_input_does() {
    let _turn = turn();
    let makers: &[(&str, Make)] = &[
        ("escapes", |bytes| {
            posted(JSON, format!("\"{}\"", "\\u00e9".repeat(bytes / 6)))
        }),
        ("names", |bytes| {
            posted(JSON, format!("{{{}", "\"a\":1,".repeat(bytes / 6)))
        }),
        ("quotes", |bytes| {
            posted(
                JSON,
                format!("{}[\"{}", "[".repeat(70), "\\\"".repeat(bytes / 2)),
            )
        }),
        ("blanks", |bytes| {
            posted(JSON, format!("[{}", " ".repeat(bytes)))
        }),
        ("tags", |bytes| {
            posted(
                &[("content-type", "text/xml")],
                "<a b='&amp;'>".repeat(bytes / 13),
            )
        }),
        ("dashes", |bytes| {
            posted(
                &[("content-type", "multipart/form-data; boundary=-")],
                "\n---".repeat(bytes / 4),
            )
        }),
        ("percents", |bytes| {
            posted(
                &[("content-type", "application/x-www-form-urlencoded")],
                "%".repeat(bytes),
            )
        }),
        ("graphql", |bytes| {
            posted(
                &[("content-type", "application/graphql")],
                "{a(b:".repeat(bytes / 5),
            )
        }),
        ("frames", |bytes| {
            posted(&[("content-type", "application/grpc")], vec![0; bytes])
        }),
        ("cookies", |bytes| {
            let mut exchange = posted(&[], "");
            exchange.request.headers = Some(headers(&[("cookie", &";".repeat(bytes))]));
            exchange
        }),
    ];
    for (name, make) in makers {
        let (small, large) = (time(&make(64 << 10)), time(&make(1 << 20)));
        // Sixteen times the input; one that took the square would take 256 times as long. Short
        // times are noise.
        let bound = small.max(Duration::from_micros(200)) * 100;
        assert!(large < bound, "{name}: {small:?} and {large:?}");
    }
}
