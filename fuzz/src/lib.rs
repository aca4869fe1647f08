//! What the targets of decode share: exchanges made of bytes, and what holds for every reading.

use gatewatch_decode::{Reading, limits};
use gatewatch_model::Exchange;
use gatewatch_model::exchange::{Body, Response};

/// An exchange with that body in its request and its response; cut if `cut` is odd.
pub fn posted<'b>(headers: &[(&'b str, &'b str)], bytes: &'b [u8], cut: u8) -> Exchange<'b> {
    let headers: Vec<_> = headers
        .iter()
        .map(|(name, value)| ((*name).into(), (*value).into()))
        .collect();
    let body = Body {
        bytes: bytes.into(),
        bytes_total: bytes.len() as u64 + u64::from(cut & 1),
    };
    let mut exchange = Exchange::default();
    exchange.request.method = "POST".into();
    exchange.request.url = "/shop.v1.Orders/List".into();
    exchange.request.headers = Some(headers.clone());
    exchange.request.body = Some(body.clone());
    exchange.response = Some(Response {
        status: Some(200),
        headers: Some(headers),
        body: Some(body),
        latency_micros: None,
    });
    exchange
}

/// Reads it into fresh memory and into memory that was used: the same comes out, within bounds.
pub fn check(exchange: &Exchange<'_>) -> Reading {
    let (mut fresh, mut used) = (Reading::default(), Reading::default());
    fresh.read(exchange);
    used.read(&posted(
        &[("content-type", "application/json")],
        b"{\"a\":[1,{\"b\":\"c",
        0,
    ));
    used.read(exchange);
    assert_eq!(summary(&fresh), summary(&used));
    assert!(fresh.leaves().len() <= limits::LEAVES_MAX);
    assert!(fresh.leaves().heap_bytes() <= 16 << 20);
    fresh
}

/// All that a reading says.
fn summary(reading: &Reading) -> (Vec<String>, String) {
    let leaf = |leaf: gatewatch_decode::Leaf<'_>| {
        let mut place = String::new();
        leaf.write_place(&mut place);
        place.push(' ');
        leaf.write_path(&mut place);
        format!("{place} {} {:?}", leaf.name(), leaf.value)
    };
    let mut rest = format!(
        "{} {:?} {:?} {:?} {:?}",
        reading.method(),
        reading.blemishes(),
        reading.credentials(),
        reading.token(),
        (reading.request(), reading.response()),
    );
    for call in reading.calls() {
        assert!(call.fields().len() <= limits::FIELDS_MAX);
        call.write_label(&mut rest);
    }
    (reading.leaves().iter().map(leaf).collect(), rest)
}
