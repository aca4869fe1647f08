//! Bounds an exchange before it goes any further. Admission never refuses: what is too long is
//! cut to a prefix, and the exchange says so.

use std::borrow::Cow;

use gatewatch_model::caller::prefix;
use gatewatch_model::exchange::{
    Auth, Backend, Blemishes, Body, Exchange, Headers, Request, Response, Text, Tls,
};

use crate::limits::{
    BODY_BYTES_MAX, BODY_BYTES_TOTAL_MAX, HEAD_BYTES_MAX, HEADER_NAME_BYTES_MAX,
    HEADER_VALUE_BYTES_MAX, HEADERS_MAX, NAME_BYTES_MAX, NAMES_MAX, URL_BYTES_MAX,
};

/// Cuts the exchange to the bounds of `limits`. What was cut is a blemish: `HEADERS_CUT` where
/// whole headers are gone, `TRUNCATED` for the rest.
pub fn admit(exchange: &mut Exchange<'_>) {
    let Exchange {
        id,
        at: _,
        service,
        workspace,
        api,
        revision,
        operation,
        region,
        caller_ip: _,
        peer_ip: _,
        origin: _,
        principal,
        request,
        response,
        seen: _,
        headers_seen,
        redacted,
        sample_rate: _,
        protocol,
        tls,
        auth,
        backend,
        direction: _,
        trace_id,
        blemishes,
    } = exchange;
    let mut cut = Blemishes::default();
    for name in [
        id, service, workspace, api, revision, operation, region, principal, protocol, trace_id,
    ] {
        cut.insert(admit_name(name));
    }
    cut.insert(admit_request(request));
    if let Some(response) = response {
        cut.insert(admit_response(response));
    }
    if let Some(names) = headers_seen {
        cut.insert(admit_names(names));
    }
    cut.insert(admit_names(redacted));
    if let Some(Tls {
        version,
        client_cert,
    }) = tls
    {
        cut.insert(admit_name(version));
        cut.insert(admit_name(client_cert));
    }
    if let Some(auth) = auth {
        cut.insert(admit_auth(auth));
    }
    if let Some(Backend { host, status: _ }) = backend {
        cut.insert(admit_name(host));
    }
    blemishes.insert(cut);
}

fn admit_request(request: &mut Request<'_>) -> Blemishes {
    let Request {
        method,
        url,
        headers,
        body,
    } = request;
    let mut cut = admit_text(method, NAME_BYTES_MAX);
    cut.insert(admit_text(url, URL_BYTES_MAX));
    cut.insert(admit_headers(headers.as_mut()));
    cut.insert(admit_body(body.as_mut()));
    cut
}

fn admit_response(response: &mut Response<'_>) -> Blemishes {
    let Response {
        status: _,
        headers,
        body,
        latency_micros: _,
    } = response;
    let mut cut = admit_headers(headers.as_mut());
    cut.insert(admit_body(body.as_mut()));
    cut
}

fn admit_auth(auth: &mut Auth<'_>) -> Blemishes {
    let Auth {
        executed,
        subject,
        subscription,
        product,
    } = auth;
    let mut cut = executed.as_mut().map_or(Blemishes::default(), admit_names);
    for name in [subject, subscription, product] {
        cut.insert(admit_name(name));
    }
    cut
}

/// Each header within its bounds, and as many from the first on as fit the head.
fn admit_headers(headers: Option<&mut Headers<'_>>) -> Blemishes {
    let mut cut = Blemishes::default();
    let Some(headers) = headers else { return cut };
    let mut kept = 0;
    let mut bytes = 0;
    for (name, value) in headers.iter_mut().take(HEADERS_MAX) {
        cut.insert(admit_text(name, HEADER_NAME_BYTES_MAX));
        cut.insert(admit_text(value, HEADER_VALUE_BYTES_MAX));
        bytes += name.len() + value.len();
        if bytes > HEAD_BYTES_MAX {
            break;
        }
        kept += 1;
    }
    if kept < headers.len() {
        headers.truncate(kept);
        cut.insert(Blemishes::HEADERS_CUT);
    }
    cut
}

/// The true size stays. One that no body has is a lie: only what is at hand counts, and sums of
/// sizes stay far from their end.
fn admit_body(body: Option<&mut Body<'_>>) -> Blemishes {
    let mut cut = Blemishes::default();
    let Some(body) = body else { return cut };
    if body.bytes_total > BODY_BYTES_TOTAL_MAX {
        body.bytes_total = body.bytes.len() as u64;
        cut.insert(Blemishes::BAD_LENGTH);
    }
    if body.bytes.len() > BODY_BYTES_MAX {
        match &mut body.bytes {
            Cow::Borrowed(bytes) => *bytes = &bytes[..BODY_BYTES_MAX],
            Cow::Owned(bytes) => bytes.truncate(BODY_BYTES_MAX),
        }
        cut.insert(Blemishes::TRUNCATED);
    }
    cut
}

fn admit_names(names: &mut Vec<Text<'_>>) -> Blemishes {
    let mut cut = Blemishes::default();
    if names.len() > NAMES_MAX {
        names.truncate(NAMES_MAX);
        cut = Blemishes::TRUNCATED;
    }
    for name in names {
        cut.insert(admit_text(name, NAME_BYTES_MAX));
    }
    cut
}

fn admit_name(name: &mut Option<Text<'_>>) -> Blemishes {
    match name {
        Some(name) => admit_text(name, NAME_BYTES_MAX),
        None => Blemishes::default(),
    }
}

fn admit_text(text: &mut Text<'_>, bytes_max: usize) -> Blemishes {
    if text.len() <= bytes_max {
        return Blemishes::default();
    }
    match text {
        Cow::Borrowed(text) => *text = prefix(text, bytes_max),
        Cow::Owned(text) => text.truncate(prefix(text, bytes_max).len()),
    }
    Blemishes::TRUNCATED
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use gatewatch_model::record::Arrival;
    use gatewatch_model::{Record, Timestamp};

    fn admitted(change: impl FnOnce(&mut Exchange<'static>)) -> Exchange<'static> {
        let mut exchange = Exchange::default();
        change(&mut exchange);
        admit(&mut exchange);
        exchange
    }

    fn headers(count: usize, value_bytes: usize) -> Headers<'static> {
        let value = "v".repeat(value_bytes);
        vec![("x-name".into(), value.into()); count]
    }

    #[test]
    fn what_fits_is_left_alone() {
        let exchange = admitted(|it| {
            it.request.url = "u".repeat(URL_BYTES_MAX).into();
            it.request.headers = Some(headers(HEADERS_MAX, 100));
            it.id = Some("i".repeat(NAME_BYTES_MAX).into());
        });
        assert!(exchange.blemishes.is_empty());
        assert_eq!(exchange.request.url.len(), URL_BYTES_MAX);
    }

    #[test]
    fn a_long_body_keeps_its_beginning_and_its_size() {
        let exchange = admitted(|it| {
            it.request.body = Some(Body {
                bytes: vec![b'a'; BODY_BYTES_MAX + 1].into(),
                bytes_total: 1 << 30,
            });
        });
        let body = exchange.request.body.unwrap();
        assert_eq!(
            (body.bytes.len(), body.bytes_total),
            (BODY_BYTES_MAX, 1 << 30)
        );
        assert_eq!(exchange.blemishes, Blemishes::TRUNCATED);
    }

    #[test]
    fn a_size_that_no_body_has_is_not_believed() {
        let sized = |bytes_total| {
            let exchange = admitted(|it| {
                it.request.body = Some(Body {
                    bytes: vec![b'a'; 3].into(),
                    bytes_total,
                });
            });
            let body = exchange.request.body.unwrap();
            (body.bytes_total, exchange.blemishes)
        };
        let most = BODY_BYTES_TOTAL_MAX;
        assert_eq!(sized(most), (most, Blemishes::default()));
        assert_eq!(sized(most + 1), (3, Blemishes::BAD_LENGTH));
        assert_eq!(sized(u64::MAX), (3, Blemishes::BAD_LENGTH));
    }

    #[test]
    fn headers_past_the_bound_are_gone_and_counted_as_cut() {
        let many = admitted(|it| it.request.headers = Some(headers(HEADERS_MAX + 1, 1)));
        assert_eq!(many.request.headers.unwrap().len(), HEADERS_MAX);
        assert_eq!(many.blemishes, Blemishes::HEADERS_CUT);
        let large = admitted(|it| it.request.headers = Some(headers(20, HEADER_VALUE_BYTES_MAX)));
        assert_eq!(large.request.headers.unwrap().len(), 7);
        assert_eq!(large.blemishes, Blemishes::HEADERS_CUT);
    }

    #[test]
    fn one_long_value_is_cut_between_characters() {
        let exchange = admitted(|it| {
            it.request.headers = Some(vec![("x".into(), format!("a{}", "é".repeat(9_000)).into())]);
        });
        assert_eq!(
            exchange.request_header("x").unwrap().len(),
            HEADER_VALUE_BYTES_MAX - 1
        );
        assert_eq!(exchange.blemishes, Blemishes::TRUNCATED);
    }

    #[test]
    fn names_and_lists_are_bounded() {
        let exchange = admitted(|it| {
            it.principal = Some("p".repeat(1_000).into());
            it.redacted = vec!["r".repeat(1_000).into(); 1_000];
            it.auth = Some(Auth {
                executed: Some(vec!["a".into(); 1_000]),
                ..Auth::default()
            });
        });
        assert_eq!(exchange.principal.unwrap().len(), NAME_BYTES_MAX);
        assert_eq!(exchange.redacted.len(), NAMES_MAX);
        assert_eq!(exchange.redacted[0].len(), NAME_BYTES_MAX);
        assert_eq!(exchange.auth.unwrap().executed.unwrap().len(), NAMES_MAX);
        assert_eq!(exchange.blemishes, Blemishes::TRUNCATED);
    }

    /// Everything at once, each part of that many bytes and items.
    fn bloated(bytes: usize, items: usize) -> Exchange<'static> {
        let long: Text<'static> = "l".repeat(bytes).into();
        let names = vec![long.clone(); items];
        let pairs = vec![(long.clone(), long.clone()); items];
        let text = Some(long.clone());
        let body = Some(Body {
            bytes: vec![0; bytes * 16].into(),
            bytes_total: u64::MAX,
        });
        let mut exchange = Exchange {
            id: text.clone(),
            service: text.clone(),
            redacted: names.clone(),
            headers_seen: Some(names.clone()),
            tls: Some(Tls {
                version: text.clone(),
                client_cert: text.clone(),
            }),
            auth: Some(Auth {
                executed: Some(names),
                ..Auth::default()
            }),
            ..Exchange::default()
        };
        exchange.request.url = long;
        exchange.request.headers = Some(pairs.clone());
        exchange.request.body = body.clone();
        exchange.response = Some(Response {
            headers: Some(pairs),
            body,
            ..Response::default()
        });
        exchange
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]
        #[test]
        fn an_admitted_exchange_always_fits_a_record(bytes in 0_usize..20_000, items in 0_usize..300) {
            let mut exchange = bloated(bytes, items);
            admit(&mut exchange);
            let once = exchange.clone();
            admit(&mut exchange);
            prop_assert_eq!(&once, &exchange, "admission is done after once");
            let mut record = Vec::new();
            let arrival = Arrival {
                received: Timestamp::ZERO,
                stream: gatewatch_model::record::Stream::Live,
                source: "s".into(),
                scope: "/".into(),
                external: Some(true),
                exchange,
            };
            gatewatch_wire::record::encode(&Record::Arrival(arrival), &mut record);
            prop_assert!(record.len() < gatewatch_ports::journal::RECORD_BYTES_MAX / 8);
        }
    }
}
