//! Golden files: bytes that were written once and must be read for ever, and what today's code
//! writes. When a test here fails, journals and files of users would not be read any more:
//! change the code, not the file. New fields get new lines.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

use std::fmt::Write;
use std::net::IpAddr;

use gatewatch_model::control::NumberedControl;
use gatewatch_model::exchange::{
    Auth, Backend, Body, Direction, Exchange, Request, Response, Seen, Tls,
};
use gatewatch_model::origin::{Country, Origin, Tags};
use gatewatch_model::record::{Arrival, Digest, Stream};
use gatewatch_model::{Blemishes, Caller, EndpointId, Record, Timestamp};
use gatewatch_wire::{exchange_file, record};

mod definitions;

static RECORDS: &str = include_str!("golden/records.txt");
static EXCHANGES: &str = include_str!("golden/exchanges.jsonl");

/// Each record with the name of its golden line.
fn records() -> Vec<(&'static str, Record<'static>)> {
    let at = Timestamp(1_795_248_000_123_000);
    let endpoint = EndpointId(*b"sixteen bytes id");
    let digest = |caller| {
        Record::Digest(Digest {
            caller,
            endpoint,
            window: Timestamp(1_795_248_000_000_000),
            first_seen: at,
            last_seen: at.plus_micros(1),
            statuses: [1, 0, 200, 0, 65_536, 3],
        })
    };
    let control = |control| {
        Record::Control(NumberedControl {
            revision: 42,
            at,
            control,
        })
    };
    let arrived = |stream, external, exchange| {
        Record::Arrival(Arrival {
            received: at,
            stream,
            source: "gateway".into(),
            scope: "/tenant/subscription".into(),
            external,
            exchange,
        })
    };
    let arrival = |stream, exchange| arrived(stream, None, exchange);
    let mut records = vec![
        ("arrival-bare", arrival(Stream::Live, bare())),
        ("arrival-full", arrival(Stream::Historical, full())),
        ("arrival-empty", arrival(Stream::Live, empty())),
        (
            "arrival-external",
            arrived(Stream::Live, Some(true), bare()),
        ),
        (
            "arrival-internal",
            arrived(Stream::Live, Some(false), bare()),
        ),
        ("arrival-origin", arrival(Stream::Live, located())),
    ];
    let controls = definitions::controls(endpoint).into_iter();
    records.extend(controls.map(|(name, it)| (name, control(it))));
    records.extend([
        ("tick", Record::Tick(at)),
        ("tick-before-1970", Record::Tick(Timestamp(-1))),
        ("digest-identity", digest(Caller::Identity("alice".into()))),
        (
            "digest-ipv4",
            digest(Caller::Address([203, 0, 113, 9].into())),
        ),
        ("digest-ipv6", digest(Caller::Address(ipv6()))),
        ("digest-unknown", digest(Caller::Unknown)),
    ]);
    records
}

/// Each exchange in the order of the golden lines.
fn exchanges() -> [Exchange<'static>; 3] {
    let mut full = full();
    full.blemishes = Blemishes::default();
    [bare(), full, empty()]
}

fn bare() -> Exchange<'static> {
    Exchange {
        request: Request {
            method: "GET".into(),
            url: "https://api.contoso.com/".into(),
            ..Request::default()
        },
        ..Exchange::default()
    }
}

/// With what admission knows of where the caller is.
fn located() -> Exchange<'static> {
    Exchange {
        origin: Origin {
            country: Country::parse("DE"),
            network: 3_320,
            tags: Tags(0x11),
            bot: Some("Googlebot"),
            feed: Some("blocklist"),
        },
        ..bare()
    }
}

/// Observed and empty, wherever that is possible.
fn empty() -> Exchange<'static> {
    Exchange {
        request: Request {
            headers: Some(Vec::new()),
            body: Some(Body::default()),
            ..Request::default()
        },
        response: Some(Response::default()),
        seen: Some(Seen::default()),
        headers_seen: Some(Vec::new()),
        tls: Some(Tls::default()),
        auth: Some(Auth {
            executed: Some(Vec::new()),
            ..Auth::default()
        }),
        backend: Some(Backend::default()),
        ..Exchange::default()
    }
}

/// Every field filled.
fn full() -> Exchange<'static> {
    Exchange {
        id: Some("7c1f".into()),
        at: Some(Timestamp(1_795_248_000_123_000)),
        service: Some("apim-contoso".into()),
        workspace: Some("team".into()),
        api: Some("echo-api".into()),
        revision: Some("2".into()),
        operation: Some("modify-resource".into()),
        region: Some("westeurope".into()),
        caller_ip: Some([203, 0, 113, 9].into()),
        peer_ip: Some(ipv6()),
        origin: Origin::default(),
        principal: Some("alice".into()),
        request: full_request(),
        response: Some(full_response()),
        seen: Some(Seen(0x7ff)),
        headers_seen: Some(vec!["content-type".into()]),
        redacted: vec!["$.request.headers.authorization".into()],
        sample_rate: Some(0.25),
        protocol: Some("HTTP/2".into()),
        tls: Some(Tls {
            version: Some("1.3".into()),
            client_cert: Some("CN=partner".into()),
        }),
        auth: Some(Auth {
            executed: Some(vec!["subscription-key".into(), "validate-jwt".into()]),
            subject: Some("bob".into()),
            subscription: Some("starter-7".into()),
            product: Some("starter".into()),
        }),
        backend: Some(Backend {
            host: Some("echo.internal".into()),
            status: Some(502),
        }),
        direction: Direction::Outbound,
        trace_id: Some("4bf92f3577b34da6".into()),
        blemishes: Blemishes(0x21),
    }
}

fn full_request() -> Request<'static> {
    Request {
        method: "PUT".into(),
        url: "https://api.contoso.com/echo/resource?x=1".into(),
        headers: Some(vec![
            ("Content-Type".into(), "application/json".into()),
            ("Accept".into(), "*/*".into()),
        ]),
        body: Some(Body {
            bytes: br#"{"name":"Zo\u00eb"}"#.into(),
            bytes_total: 100_000,
        }),
    }
}

fn full_response() -> Response<'static> {
    Response {
        status: Some(200),
        headers: Some(vec![
            ("set-cookie".into(), "a=1".into()),
            ("set-cookie".into(), "b=2".into()),
        ]),
        body: Some(Body {
            bytes: b"\x1f\x8b\x00".into(),
            bytes_total: 3,
        }),
        latency_micros: Some(12_500),
    }
}

fn ipv6() -> IpAddr {
    [0x2001, 0xdb8, 0, 0, 0, 0, 0, 1].into()
}

/// Only ever to add lines.
fn rewrite(name: &str, written: &str) {
    if std::env::var_os("GATEWATCH_REWRITE_GOLDEN").is_some() {
        let golden = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
        std::fs::write(golden.join(name), written).unwrap();
    }
}

fn hex(bytes: &[u8]) -> String {
    let mut text = String::new();
    for byte in bytes {
        write!(text, "{byte:02x}").unwrap();
    }
    text
}

fn unhex(text: &str) -> Vec<u8> {
    let digits: Vec<_> = text.chars().map(|it| it.to_digit(16).unwrap()).collect();
    digits
        .chunks(2)
        .map(|it| (it[0] * 16 + it[1]) as u8)
        .collect()
}

#[test]
fn records_of_yesterday_are_read() {
    let records = records();
    for line in RECORDS.lines() {
        let (name, digits) = line.split_once(' ').unwrap();
        let expected = records.iter().find(|it| it.0 == name);
        let expected = &expected.unwrap_or_else(|| panic!("nobody knows {name}")).1;
        let bytes = unhex(digits);
        assert_eq!(&record::decode(&bytes).unwrap(), expected, "{name}");
    }
}

#[test]
fn records_are_written_as_they_were() {
    let mut written = String::new();
    for (name, it) in records() {
        let mut bytes = Vec::new();
        record::encode(&it, &mut bytes);
        writeln!(written, "{name} {}", hex(&bytes)).unwrap();
    }
    rewrite("records.txt", &written);
    assert!(
        written == RECORDS,
        "records are written differently now:\n{written}"
    );
}

#[test]
fn exchange_lines_of_yesterday_are_read() {
    let exchanges = exchanges();
    assert_eq!(EXCHANGES.lines().count(), exchanges.len());
    for (line, expected) in EXCHANGES.lines().zip(exchanges) {
        assert_eq!(exchange_file::read(line.as_bytes()).unwrap(), expected);
    }
}

#[test]
fn exchange_lines_are_written_as_they_were() {
    let mut written = Vec::new();
    for exchange in exchanges() {
        exchange_file::write(&exchange, &mut written);
    }
    let written = String::from_utf8(written).unwrap();
    assert!(
        written == EXCHANGES,
        "lines are written differently now:\n{written}"
    );
}

/// The line of the reference documentation, word for word.
#[test]
fn the_documented_line_is_read_without_a_blemish() {
    let line = r#"{"id":"7c1f","at":"2026-11-21T08:00:00.123Z",
        "service":"apim-contoso","api":"echo-api","operation":"modify-resource",
        "caller":{"ip":"203.0.113.9"},"principal":"alice",
        "request":{"method":"PUT","url":"https://api.contoso.com/echo/resource?x=1","headers":{"content-type":"application/json"},"body":"{}"},
        "response":{"status":200,"headers":{},"body":"","latency_ms":12.5}}"#;
    let exchange = exchange_file::read(line.as_bytes()).unwrap();
    assert!(exchange.blemishes.is_empty());
    let response = exchange.response.unwrap();
    assert_eq!(response.latency_micros, Some(12_500));
    assert_eq!(response.headers, Some(Vec::new()));
}
