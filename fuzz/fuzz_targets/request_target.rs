//! Method, path, host and API of a request: always within their bounds, and one spelling.

#![no_main]

use gatewatch_decode::limits::{HOST_BYTES_MAX, METHOD_BYTES_MAX, SEGMENT_BYTES_MAX, SEGMENTS_MAX};
use gatewatch_decode::{Api, Path, api, caller, host, method};
use gatewatch_model::Exchange;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let text = String::from_utf8_lossy(bytes);
    let mut lines = text.splitn(4, '\n');
    let mut next = || lines.next().unwrap_or_default();
    let mut exchange = Exchange::default();
    exchange.request.method = next().into();
    exchange.request.url = next().into();
    exchange.request.headers = Some(vec![("Host".into(), next().into())]);
    if let Some((service, rest)) = next().split_once('\n') {
        let named = rest.split_once('\n').unwrap_or((rest, ""));
        exchange.service = Some(service.into());
        exchange.api = Some(named.0.into());
        exchange.principal = Some(named.1.into());
    }
    check_path(&exchange);
    check_host(&exchange);
    assert!(method(&exchange).0.len() <= METHOD_BYTES_MAX);
    let _ = caller(&exchange);
});

fn check_path(exchange: &Exchange<'_>) {
    let mut path = Path::default();
    path.read(exchange);
    assert!(path.segments().len() <= SEGMENTS_MAX);
    for segment in path.segments() {
        assert!((1..=SEGMENT_BYTES_MAX).contains(&segment.len()));
        assert!(segment != "." && segment != "..");
    }
}

/// A host read from itself is itself.
fn check_host(exchange: &Exchange<'_>) {
    let Some(first) = host(exchange) else { return };
    assert!((1..=HOST_BYTES_MAX).contains(&first.len()));
    let mut other = Exchange::default();
    other.request.url = "/".into();
    other.request.headers = Some(vec![("host".into(), first.clone())]);
    assert_eq!(host(&other), Some(first.clone()));
    assert!(matches!(api(&other), Api::Host(it) if it == first));
}
