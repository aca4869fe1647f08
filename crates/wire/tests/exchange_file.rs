//! Exchange files: what is written is read, and what is odd is kept and said.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

mod arbitrary;

use arbitrary::exchange;
use gatewatch_model::Blemishes;
use gatewatch_model::exchange::{Body, Exchange, Headers, Seen};
use gatewatch_wire::exchange_file::{read, write};
use proptest::prelude::*;
use proptest::sample::Index;
use std::borrow::Cow;

fn written(exchange: &Exchange<'_>) -> Vec<u8> {
    let mut line = Vec::new();
    write(exchange, &mut line);
    line
}

proptest! {
    #[test]
    fn exchanges_survive_the_round_trip(exchange in exchange()) {
        let line = written(&exchange);
        prop_assert_eq!(line.iter().position(|it| *it == b'\n'), Some(line.len() - 1));
        prop_assert_eq!(&read(&line).unwrap(), &exchange);
    }

    /// Whatever was read from an odd line is said by the line that is written of it.
    #[test]
    fn odd_lines_survive_the_round_trip(exchange in exchange(), damage: Vec<(Index, u8)>) {
        let mut line = written(&exchange);
        line.pop();
        for (at, byte) in damage.into_iter().take(4) {
            let at = at.index(line.len());
            line[at] = byte;
        }
        if let Ok(mut exchange) = read(&line) {
            exchange.blemishes = Blemishes::default();
            let line = written(&exchange);
            prop_assert_eq!(read(&line).unwrap(), exchange);
        }
    }

    #[test]
    fn hostile_bytes_never_panic(bytes: Vec<u8>, text in r#"[{}\[\]:,"\\u0-9a-fd]{0,40}"#) {
        let _ = read(&bytes);
        let _ = read(text.as_bytes());
    }
}

/// Reads a line of which only this member is of interest.
fn with(member: &str) -> Exchange<'static> {
    let line = format!(r#"{{"request":{{"method":"GET","url":"/"}},{member}}}"#);
    read(line.leak().as_bytes()).unwrap()
}

/// As `with`, for a member of the request.
fn requesting(member: &str) -> Exchange<'static> {
    let line = format!(r#"{{"request":{{"method":"GET","url":"/",{member}}}}}"#);
    read(line.leak().as_bytes()).unwrap()
}

fn refusal(line: impl AsRef<[u8]>) -> String {
    read(line.as_ref()).unwrap_err().to_string()
}

#[test]
fn method_and_url_are_all_it_takes() {
    let exchange = read(br#"{"request":{"method":"GET","url":"/"}}"#).unwrap();
    let mut expected = Exchange::default();
    expected.request.method = "GET".into();
    expected.request.url = "/".into();
    assert_eq!(exchange, expected);
}

#[test]
fn a_refusal_says_what_is_wrong_and_where() {
    for (line, expected) in [
        (
            r#"{"id":"a"}"#,
            "`request` is missing or is no object; it needs `method` and `url` (column 10)",
        ),
        (
            r#"{"request":{"url":"/"}}"#,
            "`request.method` is missing or is no text (column 22)",
        ),
        (
            r#"{"request":{"method":"GET","url":7}}"#,
            "`request.url` is missing or is no text (column 35)",
        ),
        (
            r#"["secret"]"#,
            "an exchange must be a JSON object (column 1)",
        ),
        (
            r#""secret""#,
            "an exchange must be a JSON object (column 1)",
        ),
        ("secret", "expected value (column 1)"),
        (r#"{"request""#, "EOF while parsing an object (column 10)"),
    ] {
        assert_eq!(refusal(line), expected, "{line}");
    }
}

#[test]
fn two_exchanges_on_one_line_are_refused() {
    let line = r#"{"request":{"method":"GET","url":"/"}}"#;
    assert_eq!(refusal(line.repeat(2)), "trailing characters (column 39)");
}

#[test]
fn text_without_escapes_is_borrowed() {
    let exchange = requesting(r#""headers":{"a":"plain","b":"esc\"aped"},"body":"plain""#);
    let headers = exchange.request.headers.unwrap();
    assert!(matches!(headers[0].1, Cow::Borrowed("plain")));
    assert_eq!(headers[1].1, "esc\"aped");
    assert!(matches!(
        exchange.request.body.unwrap().bytes,
        Cow::Borrowed(b"plain")
    ));
}

#[test]
fn headers_come_as_an_object_or_as_pairs() {
    let expected: Headers<'_> = [("a", "1"), ("a", "2"), ("b", "3")]
        .map(|(name, value)| (name.into(), value.into()))
        .into();
    for headers in [
        r#"{"a":["1","2"],"b":"3"}"#,
        r#"{"a":"1","a":"2","b":["3"]}"#,
        r#"[["a","1"],["a","2"],["b","3"]]"#,
    ] {
        let exchange = requesting(&format!(r#""headers":{headers}"#));
        assert_eq!(
            exchange.request.headers.as_ref(),
            Some(&expected),
            "{headers}"
        );
        assert!(exchange.blemishes.is_empty());
    }
}

#[test]
fn odd_headers_leave_the_others_alone() {
    let exchange =
        requesting(r#""headers":{"a":12,"b":true,"c":{"x":[1]},"d":["1",2],"e":null,"f":"6"}"#);
    let headers = exchange.request.headers.unwrap();
    let texts: Vec<_> = headers
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    assert_eq!(texts, ["a=12", "b=true", "d=1", "f=6"]);
    assert_eq!(exchange.blemishes, Blemishes::BAD_VALUE);
    let exchange = requesting(r#""headers":[["a","1"],["b"],["c","2","3"],7,{"d":"4"}]"#);
    assert_eq!(exchange.request.headers.unwrap().len(), 1);
    assert_eq!(exchange.blemishes, Blemishes::BAD_VALUE);
}

#[test]
fn missing_is_not_empty() {
    let missing = requesting(r#""headers":null,"body":null"#);
    assert_eq!(
        (missing.request.headers, missing.request.body),
        (None, None)
    );
    let empty = requesting(r#""headers":{},"body":"""#);
    assert_eq!(empty.request.headers, Some(Vec::new()));
    assert_eq!(empty.request.body, Some(Body::default()));
}

#[test]
fn bodies_come_as_text_or_base64_with_their_true_size() {
    let body = |member: &str| requesting(member).request.body.unwrap();
    let of = |bytes: &'static [u8], bytes_total| Body {
        bytes: bytes.into(),
        bytes_total,
    };
    assert_eq!(body(r#""body":"hé""#), of("hé".as_bytes(), 3));
    assert_eq!(body(r#""body_base64":"AP8=""#), of(b"\x00\xff", 2));
    assert_eq!(body(r#""body":"h?","body_base64":"aP8""#), of(b"h\xff", 2));
    assert_eq!(body(r#""body":"cut","body_bytes":9000"#), of(b"cut", 9000));
    assert_eq!(body(r#""body_bytes":9000"#), of(b"", 9000));
}

#[test]
fn what_is_no_base64_stays_as_it_is() {
    let exchange = requesting(r#""body_base64":"<script>""#);
    assert_eq!(*exchange.request.body.unwrap().bytes, *b"<script>");
    assert_eq!(exchange.blemishes, Blemishes::BAD_BASE64);
}

#[test]
fn a_size_below_what_is_there_is_a_blemish() {
    let exchange = requesting(r#""body":"abc","body_bytes":2"#);
    assert_eq!(exchange.request.body.unwrap().bytes_total, 3);
    assert_eq!(exchange.blemishes, Blemishes::BAD_VALUE);
}

#[test]
fn a_member_of_the_wrong_kind_is_a_blemish_and_no_more() {
    let wrong = [
        r#""id":7"#,
        r#""at":"yesterday""#,
        r#""at":1795248000"#,
        r#""caller":"203.0.113.9""#,
        r#""caller":{"ip":"203.0.113"}"#,
        r#""peer":{"ip":{}}"#,
        r#""response":[]"#,
        r#""response":{"latency_ms":-1}"#,
        r#""response":{"latency_ms":"12"}"#,
        r#""response":{"body":{"a":1}}"#,
        r#""response":{"body_bytes":1.5}"#,
        r#""seen":["everything"]"#,
        r#""seen":"request.body""#,
        r#""headers_seen":{"a":1}"#,
        r#""redacted":[1]"#,
        r#""sample_rate":0"#,
        r#""sample_rate":1.01"#,
        r#""tls":"1.3""#,
        r#""auth":{"executed":"validate-jwt"}"#,
        r#""direction":"sideways""#,
    ];
    for member in wrong {
        assert_eq!(with(member).blemishes, Blemishes::BAD_VALUE, "{member}");
    }
    for member in [
        r#""response":{"status":9999}"#,
        r#""response":{"status":"200"}"#,
        r#""response":{"status":0}"#,
        r#""backend":{"status":-1}"#,
    ] {
        assert_eq!(with(member).blemishes, Blemishes::BAD_STATUS, "{member}");
    }
}

#[test]
fn null_is_absent_everywhere() {
    for key in [
        "id",
        "at",
        "service",
        "caller",
        "response",
        "seen",
        "headers_seen",
        "redacted",
        "sample_rate",
        "tls",
        "auth",
        "backend",
        "direction",
        "trace_id",
    ] {
        assert_eq!(with(&format!(r#""{key}":null"#)), with(r#""x":0"#), "{key}");
    }
}

#[test]
fn an_address_may_have_a_port_behind_it() {
    for (text, ip) in [
        ("203.0.113.9", "203.0.113.9"),
        ("203.0.113.9:4711", "203.0.113.9"),
        ("2001:db8::1", "2001:db8::1"),
        ("[2001:db8::1]:4711", "2001:db8::1"),
    ] {
        let exchange = with(&format!(r#""caller":{{"ip":"{text}"}}"#));
        assert_eq!(exchange.caller_ip, Some(ip.parse().unwrap()), "{text}");
    }
}

#[test]
fn unknown_keys_are_ignored_however_deep() {
    let bomb = format!("{}{}", "[".repeat(200_000), "]".repeat(200_000));
    assert!(with(&format!(r#""future":{bomb}"#)).blemishes.is_empty());
    let object = format!("{}1{}", r#"{"a":"#.repeat(100_000), "}".repeat(100_000));
    assert!(
        requesting(&format!(r#""future":{object}"#))
            .blemishes
            .is_empty()
    );
}

#[test]
fn a_depth_bomb_in_a_known_key_is_a_blemish() {
    let bomb = format!("{}{}", "[".repeat(200_000), "]".repeat(200_000));
    for key in ["id", "caller", "response", "tls", "redacted", "seen"] {
        let exchange = with(&format!(r#""{key}":{bomb}"#));
        assert_eq!(exchange.blemishes, Blemishes::BAD_VALUE, "{key}");
    }
    for key in ["headers", "body"] {
        let exchange = requesting(&format!(r#""{key}":{bomb}"#));
        assert_eq!(exchange.blemishes, Blemishes::BAD_VALUE, "{key}");
    }
}

#[test]
fn lone_surrogates_are_replaced() {
    let exchange = requesting(r#""headers":{"a":"\ud800x"},"body":"\udfff\ud83d\ude00""#);
    assert_eq!(exchange.request_header("a"), Some("\u{fffd}x"));
    assert_eq!(
        *exchange.request.body.unwrap().bytes,
        *"\u{fffd}😀".as_bytes()
    );
    assert_eq!(exchange.blemishes, Blemishes::BAD_VALUE);
    assert!(with(r#""ignored":"\ud800""#).blemishes.is_empty());
}

#[test]
fn what_json_forbids_but_senders_write_is_repaired() {
    let exchange = requesting(r#""body":"a\x22b""#);
    assert_eq!(*exchange.request.body.unwrap().bytes, *br"a\x22b");
    let exchange = requesting("\"body\":\"a\tb\u{1}\"");
    assert_eq!(*exchange.request.body.unwrap().bytes, *b"a\tb\x01");
    let exchange = with(r#""response":{"status":200,"latency_ms":NaN},"sample_rate":1e999"#);
    assert_eq!((exchange.status(), exchange.sample_rate), (Some(200), None));
    assert_eq!(exchange.blemishes, Blemishes::BAD_VALUE);
}

#[test]
fn bytes_that_are_no_text_are_replaced() {
    let line = b"{\"request\":{\"method\":\"GET\",\"url\":\"/\xff\xfe\"},\"id\":\"\\ud800\"}";
    let exchange = read(line).unwrap();
    assert_eq!(exchange.request.url, "/\u{fffd}\u{fffd}");
    assert_eq!(exchange.id.as_deref(), Some("\u{fffd}"));
    assert_eq!(exchange.blemishes, Blemishes::BAD_VALUE);
}

#[test]
fn seen_is_what_the_source_says() {
    let exchange = with(r#""seen":["request.headers","response.status"]"#);
    let mut expected = Seen::REQUEST_HEADERS;
    expected.insert(Seen::RESPONSE_STATUS);
    assert_eq!(exchange.seen, Some(expected));
    assert_eq!(with(r#""seen":[]"#).seen, Some(Seen::default()));
}

/// The escape in the name makes each of its copies one of its own: 200,000 times 10 kB.
#[test]
fn a_long_name_with_many_values_stays_small() {
    let name = format!("\\u0041{}", "a".repeat(10_000));
    let values = vec![r#""v""#; 200_000].join(",");
    let exchange = requesting(&format!(r#""headers":{{"{name}":[{values}],"b":"c"}}"#));
    let headers = exchange.request.headers.as_ref().unwrap();
    let bytes: usize = headers.iter().map(|(name, _)| name.len()).sum();
    assert!(bytes < 2 << 20, "{bytes}");
    assert!(headers.len() > 64);
    assert_eq!(exchange.request_header("b"), Some("c"));
    assert_eq!(exchange.blemishes, Blemishes::HEADERS_CUT);
}
