//! Whole exchanges, read once.

use gatewatch_model::exchange::{Body, Headers, Request, Response};
use gatewatch_model::profile::Credential;
use proptest::prelude::*;

use super::*;
use crate::{Charset, Value};

fn text(pairs: &[(&'static str, &'static str)]) -> Headers<'static> {
    pairs
        .iter()
        .map(|(name, value)| ((*name).into(), (*value).into()))
        .collect()
}

fn body(bytes: impl Into<Vec<u8>>) -> Body<'static> {
    let bytes = bytes.into();
    Body {
        bytes_total: bytes.len() as u64,
        bytes: bytes.into(),
    }
}

fn order() -> Exchange<'static> {
    Exchange {
        request: Request {
            method: "post".into(),
            url: "https://api.contoso.com/v1/orders/7?expand=lines".into(),
            headers: Some(text(&[
                ("Content-Type", "application/json; charset=utf-8"),
                ("Authorization", "Bearer sample-31d4"),
                ("Cookie", "theme=dark"),
            ])),
            body: Some(body(r#"{"card": {"number": "4111"}, "gift": false}"#)),
        },
        response: Some(Response {
            status: Some(200),
            headers: Some(text(&[
                ("Set-Cookie", "sid=1; Path=/"),
                ("Content-Type", "text/plain"),
            ])),
            body: Some(body("thanks")),
            latency_micros: None,
        }),
        ..Exchange::default()
    }
}

fn places(reading: &Reading) -> Vec<String> {
    let write = |leaf: crate::Leaf<'_>| {
        let mut place = String::new();
        leaf.write_place(&mut place);
        let value = match leaf.value {
            Value::Text(text) | Value::Number(text) => text.to_owned(),
            other => format!("{other:?}"),
        };
        format!("{place} {value}")
    };
    reading.leaves().iter().map(write).collect()
}

#[test]
fn all_values_of_an_exchange_have_their_places() {
    let mut reading = Reading::default();
    reading.read(&order());
    assert_eq!(
        places(&reading),
        [
            "$.request.path[0] v1",
            "$.request.path[1] orders",
            "$.request.path[2] 7",
            "$.request.query.expand lines",
            "$.request.headers.content-type application/json; charset=utf-8",
            "$.request.headers.authorization Bearer sample-31d4",
            "$.request.headers.cookie theme=dark",
            "$.request.cookies.theme dark",
            "$.request.body.card.number 4111",
            "$.request.body.gift Bool(false)",
            "$.response.headers.set-cookie sid=1; Path=/",
            "$.response.headers.content-type text/plain",
            "$.response.cookies.sid 1",
            "$.response.body thanks",
        ]
    );
    assert_eq!(reading.method(), "POST");
    assert_eq!(
        reading.path().segments().collect::<Vec<_>>(),
        ["v1", "orders", "7"]
    );
    assert_eq!(reading.request().essence(), "application/json");
    assert_eq!(reading.request().charset, Charset::Utf8);
    assert_eq!(
        (reading.request().kind, reading.response().kind),
        (BodyKind::Json, BodyKind::Text)
    );
    assert_eq!(
        reading.credentials().iter().collect::<Vec<_>>(),
        [Credential::OpaqueBearer]
    );
    assert_eq!(
        (reading.calls().len(), reading.protocol()),
        (0, Protocol::Rest)
    );
    assert!(reading.blemishes().is_empty());
}

#[test]
fn what_was_not_observed_is_not_what_was_empty() {
    let mut reading = Reading::default();
    let mut exchange = order();
    exchange.request.body = None;
    exchange.response = None;
    reading.read(&exchange);
    assert_eq!(reading.request().kind, BodyKind::NotObserved);
    assert_eq!(reading.response().kind, BodyKind::NotObserved);
    exchange.request.body = Some(body(""));
    reading.read(&exchange);
    assert_eq!(reading.request().kind, BodyKind::None);
    exchange.request.body = Some(Body {
        bytes_total: 9,
        ..Body::default()
    });
    reading.read(&exchange);
    assert_eq!(reading.request().kind, BodyKind::NotObserved);
}

#[test]
fn a_cut_body_is_read_as_far_as_it_goes() {
    let mut exchange = order();
    exchange.request.body = Some(Body {
        bytes: b"{\"a\": 1, \"b\": \"caf\xc3"[..].into(),
        bytes_total: 99,
    });
    let mut reading = Reading::default();
    reading.read(&exchange);
    assert!(!reading.request().complete);
    assert!(reading.blemishes().is_empty(), "{:?}", reading.blemishes());
    assert!(places(&reading).contains(&"$.request.body.a 1".to_owned()));
}

#[test]
fn what_stands_behind_a_break_is_kept_as_text() {
    let mut exchange = order();
    exchange.request.body = Some(body(r#"{"a": 1, !} <script>"#));
    let mut reading = Reading::default();
    reading.read(&exchange);
    assert_eq!(reading.blemishes(), Blemishes::BAD_JSON);
    assert!(!reading.request().complete);
    let found = places(&reading);
    assert!(found.contains(&"$.request.body.a 1".to_owned()));
    assert!(found.contains(&"$.request.body !} <script>".to_owned()));
}

#[test]
fn lines_of_json_are_items() {
    let mut exchange = order();
    exchange.request.headers = Some(text(&[("content-type", "application/x-ndjson")]));
    exchange.request.body = Some(body("{\"a\":1}\r\n\n\u{1e}{\"a\":2}\n"));
    let mut reading = Reading::default();
    reading.read(&exchange);
    let found = places(&reading);
    assert!(
        found.contains(&"$.request.body[0].a 1".to_owned()),
        "{found:?}"
    );
    assert!(found.contains(&"$.request.body[1].a 2".to_owned()));
    assert!(reading.blemishes().is_empty());
}

#[test]
fn a_body_without_a_type_is_what_it_looks_like() {
    let mut exchange = order();
    exchange.request.headers = Some(Vec::new());
    let mut reading = Reading::default();
    for (bytes, kind) in [
        (b" {\"a\":1}".as_slice(), BodyKind::Json),
        (b"<a/>", BodyKind::Xml),
        (b"hello", BodyKind::Text),
        (b"\x00\x01", BodyKind::Binary),
        (b"\xff\xd8\xff", BodyKind::Binary),
    ] {
        exchange.request.body = Some(body(bytes));
        reading.read(&exchange);
        assert_eq!(reading.request().kind, kind);
    }
}

fn called(exchange: &Exchange<'_>) -> (Protocol, Vec<String>) {
    let mut reading = Reading::default();
    reading.read(exchange);
    let label = |call: Call<'_>| {
        let mut label = String::new();
        call.write_label(&mut label);
        label
    };
    (reading.protocol(), reading.calls().map(label).collect())
}

#[test]
fn what_is_called_inside_a_url_is_found_by_body_head_or_query() {
    let post = |content_type: &'static str, bytes: &str| {
        let mut exchange = order();
        exchange.request.headers = Some(text(&[("content-type", content_type)]));
        exchange.request.body = Some(body(bytes));
        exchange
    };
    let one = |protocol, label: &str| (protocol, vec![label.to_owned()]);
    let json = "application/json";
    assert_eq!(
        called(&post(json, r#"{"query":"query Me { me { id } }"}"#)),
        one(Protocol::GraphQl, "query Me")
    );
    assert_eq!(
        called(&post("application/graphql", "mutation { pay }")),
        one(Protocol::GraphQl, "mutation {pay}")
    );
    assert_eq!(
        called(&post(
            json,
            r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"search"}}"#
        )),
        one(Protocol::Mcp, "tools/call search")
    );
    assert_eq!(
        called(&post(
            "text/xml",
            "<e:Envelope><e:Body><GetPrice/></e:Body></e:Envelope>"
        )),
        one(Protocol::Soap, "GetPrice")
    );
    let mut rpc = post("application/grpc", "\0\0\0\0\0");
    rpc.request.url = "/shop.v1.Orders/List".into();
    assert_eq!(called(&rpc), one(Protocol::Grpc, "List"));
    rpc.request.body = None;
    assert_eq!(called(&rpc), one(Protocol::Grpc, "List"));
    let mut get = order();
    get.request.body = Some(body(""));
    get.request.url = "/graphql?query=%7Bme%7Bid%7D%7D".into();
    assert_eq!(called(&get), one(Protocol::GraphQl, "query {me}"));
    get.request.url = "/search?query=shoes".into();
    assert_eq!(called(&get), (Protocol::Rest, Vec::new()));
    get.request.headers = Some(text(&[("Upgrade", "WebSocket"), ("Connection", "Upgrade")]));
    assert_eq!(called(&get).0, Protocol::WebSocket);
}

#[test]
fn nothing_is_left_of_the_exchange_before() {
    let mut soap = order();
    soap.request.headers = Some(text(&[("content-type", "text/xml"), ("x-api-key", "31d4")]));
    soap.request.body = Some(body("<Envelope><Body><GetPrice/></Body></Envelope>"));
    let mut used = Reading::default();
    used.read(&soap);
    let mut multipart = order();
    multipart.request.headers = Some(text(&[("content-type", "multipart/form-data; boundary=x")]));
    for exchange in [multipart, order()] {
        used.read(&exchange);
        let mut fresh = Reading::default();
        fresh.read(&exchange);
        assert_eq!(places(&used), places(&fresh));
        assert_eq!(used.calls().len(), fresh.calls().len());
        assert_eq!(used.credentials(), fresh.credentials());
        assert_eq!(used.blemishes(), fresh.blemishes());
        assert_eq!(used.request().essence(), fresh.request().essence());
    }
}

#[test]
fn what_was_read_cannot_be_printed() {
    let mut reading = Reading::default();
    reading.read(&order());
    let printed = format!("{reading:?}");
    assert!(printed.contains("<14 leaves>"), "{printed}");
    for secret in ["31d4", "4111"] {
        assert!(!printed.contains(secret), "{printed}");
    }
}

#[test]
fn what_a_reader_keeps_in_memory_cannot_be_printed() {
    use crate::encoding::Unpacking;
    // Deflate of one block that is stored as it is.
    let packed = b"\x01\x06\x00\xf9\xffsecret";
    let mut unpacking = Unpacking::default();
    assert_eq!(unpacking.undo("deflate", packed, false).bytes, b"secret");
    assert_eq!(format!("{unpacking:?}"), "<6 bytes>");
    let mut exchange = order();
    // Of claims that are no base64, what came before stays where it was read to.
    exchange.request.headers = Some(vec![(
        "authorization".into(),
        "Bearer eyJhbGciOiJub25lIn0.c2VjcmV0*.x".into(),
    )]);
    let mut reading = Reading::default();
    reading.read(&exchange);
    let printed = format!("{:?}", reading.shown());
    assert!(printed.contains("malformed: true"), "{printed}");
    assert!(!printed.contains("[115, 101, 99"), "{printed}");
}

proptest! {
    #[test]
    fn anything_at_all_is_read_and_read_the_same_again(
        (url, header) in any::<(String, String)>(),
        random: Vec<u8>,
        likely in r#"([\[\]{}<>/:,"=&%\\@!;a-c0-9 -]|\n|--x|"query"|"jsonrpc"|eyJ){0,80}"#,
        (kind, encoding) in ("(application/(json|xml|graphql|grpc|grpc-web-text|x-ndjson|x-www-form-urlencoded)|multipart/form-data; ?boundary=x|text/plain; ?charset=(utf-16|latin1|x)|)", "(|gzip|deflate|br|zstd|x)"),
        beyond in 0..2_u64,
    ) {
        for bytes in [random, likely.into_bytes()] {
            let mut exchange = order();
            exchange.request.url = url.clone().into();
            let mut body = body(bytes);
            body.bytes_total += beyond;
            let headers: Headers<'_> = vec![
                ("content-type".into(), kind.clone().into()),
                ("content-encoding".into(), encoding.clone().into()),
                ("authorization".into(), header.clone().into()),
                (header.clone().into(), "1".into()),
            ];
            exchange.request.headers = Some(headers.clone());
            exchange.request.body = Some(body.clone());
            exchange.response = Some(Response { headers: Some(headers), body: Some(body), ..Response::default() });
            let (mut fresh, mut used) = (Reading::default(), Reading::default());
            used.read(&order());
            used.read(&exchange);
            fresh.read(&exchange);
            prop_assert_eq!(places(&fresh), places(&used));
            prop_assert_eq!(fresh.blemishes(), used.blemishes());
            prop_assert_eq!(fresh.token(), used.token());
            prop_assert_eq!(fresh.calls().len(), used.calls().len());
        }
    }
}

/// Whether an exchange whose answer has five bytes, as changed, has a length that lies.
fn lies(change: impl FnOnce(&mut Exchange<'static>)) -> bool {
    let mut exchange = order();
    let response = exchange.response.as_mut().unwrap();
    response.headers = Some(text(&[
        ("Content-Type", "text/plain"),
        ("Content-Length", "17"),
    ]));
    change(&mut exchange);
    let mut reading = Reading::default();
    reading.read(&exchange);
    reading.blemishes().contains(Blemishes::BAD_LENGTH)
}

#[test]
fn a_length_that_the_whole_body_contradicts_is_a_blemish() {
    assert!(lies(|_| ()));
    assert!(lies(|it| {
        *it = order();
        let headers = it.request.headers.as_mut().unwrap();
        headers.push(("Content-Length".into(), "4".into()));
    }));
    let answer = |header: &'static str, value: &'static str| {
        lies(|it| {
            let headers = it.response.as_mut().unwrap().headers.as_mut().unwrap();
            headers.retain(|it| !it.0.eq_ignore_ascii_case(header));
            headers.push((header.into(), value.into()));
        })
    };
    assert!(answer("content-encoding", "identity"));
    assert!(answer("content-length", "0"));
    assert!(!answer("content-length", "6"));
    assert!(!answer("content-length", "many"));
    assert!(!answer("content-encoding", "gzip"));
    assert!(!answer("transfer-encoding", "chunked"));
    assert!(!answer("content-type", "text/plain; charset=UTF-16le"));
    assert!(!answer("content-type", "multipart/form-data; boundary=a"));
}

#[test]
fn a_length_is_believed_where_the_body_may_not_be_as_it_was_sent() {
    let body = |change: fn(&mut Body<'static>)| {
        lies(|it| change(it.response.as_mut().unwrap().body.as_mut().unwrap()))
    };
    assert!(!body(|it| it.bytes_total = 17));
    assert!(!body(|it| it.bytes_total = 99));
    assert!(!body(|it| *it = self::body("")));
    assert!(!body(|it| *it = self::body("caf\u{e9}")));
    assert!(!lies(|it| it.response.as_mut().unwrap().status = Some(304)));
    assert!(!lies(|it| it.response.as_mut().unwrap().status = Some(204)));
    assert!(!lies(|it| it.request.method = "HEAD".into()));
    assert!(!lies(|it| it.blemishes = Blemishes::TRUNCATED));
    assert!(!lies(|it| it.redacted = vec!["$.response.body.card".into()]));
}
