//! Arbitrary nouns for the property tests.

use std::net::IpAddr;

use gatewatch_model::exchange::{
    Auth, Backend, Body, Direction, Exchange, Headers, Request, Response, Seen, Text, Tls,
};
use gatewatch_model::{Blemishes, Origin, Timestamp};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

/// Any text, control characters and quotes included.
pub fn text() -> impl Strategy<Value = Text<'static>> {
    prop_oneof!["(?s).{0,12}", "[a-z\"\\\\/ ]{0,12}"].prop_map(Text::from)
}

/// Years that RFC 3339 can write.
pub fn timestamp() -> impl Strategy<Value = Timestamp> {
    (-62_000_000_000_000_000_i64..253_000_000_000_000_000).prop_map(Timestamp)
}

/// An exchange as an exchange file can say it, without blemishes.
pub fn exchange() -> impl Strategy<Value = Exchange<'static>> {
    let words = vec(option::of(text()), 17);
    let parts = (
        request(),
        option::of(response()),
        option::of(0..1_u32 << Seen::ROLL.len()),
        option::of(names()),
        names(),
        option::of(1..=1000_u16),
    );
    let rest = (
        option::of(timestamp()),
        any::<(Option<IpAddr>, Option<IpAddr>)>(),
        any::<[bool; 3]>(),
        option::of(names()),
        option::of(100..1000_u16),
        any::<bool>(),
    );
    (words, parts, rest).prop_map(|(words, parts, rest)| {
        let mut words = words.into_iter();
        let mut word = || words.next().flatten();
        let (request, response, seen, headers_seen, redacted, rate) = parts;
        let (at, (caller_ip, peer_ip), [tls, auth, backend], executed, status, outbound) = rest;
        Exchange {
            id: word(),
            at,
            service: word(),
            workspace: word(),
            api: word(),
            revision: word(),
            operation: word(),
            region: word(),
            caller_ip,
            peer_ip,
            origin: Origin::default(),
            principal: word(),
            request,
            response,
            seen: seen.map(Seen),
            headers_seen,
            redacted,
            sample_rate: rate.map(|it| f64::from(it) / 1000.0),
            protocol: word(),
            tls: tls.then(|| Tls {
                version: word(),
                client_cert: word(),
            }),
            auth: auth.then(|| Auth {
                executed,
                subject: word(),
                subscription: word(),
                product: word(),
            }),
            backend: backend.then(|| Backend {
                host: word(),
                status,
            }),
            direction: if outbound {
                Direction::Outbound
            } else {
                Direction::Inbound
            },
            trace_id: word(),
            blemishes: Blemishes::default(),
        }
    })
}

fn request() -> impl Strategy<Value = Request<'static>> {
    let parts = (text(), text(), option::of(headers()), option::of(body()));
    parts.prop_map(|(method, url, headers, body)| Request {
        method,
        url,
        headers,
        body,
    })
}

fn response() -> impl Strategy<Value = Response<'static>> {
    let status = option::of(100..1000_u16);
    let latency = option::of(0..=1_u64 << 50);
    (status, option::of(headers()), option::of(body()), latency).prop_map(
        |(status, headers, body, latency_micros)| Response {
            status,
            headers,
            body,
            latency_micros,
        },
    )
}

fn headers() -> impl Strategy<Value = Headers<'static>> {
    // Few names, so that some stand twice.
    let name = prop_oneof!["[a-c]".prop_map(Text::from), text()];
    vec((name, text()), 0..6)
}

fn names() -> impl Strategy<Value = Vec<Text<'static>>> {
    vec(text(), 0..4)
}

fn body() -> impl Strategy<Value = Body<'static>> {
    let bytes = prop_oneof![
        text().prop_map(|it| it.into_owned().into_bytes()),
        any::<Vec<u8>>()
    ];
    (bytes, prop_oneof![Just(0), 0..1_u64 << 40]).prop_map(|(bytes, more)| Body {
        bytes_total: bytes.len() as u64 + more,
        bytes: bytes.into(),
    })
}
