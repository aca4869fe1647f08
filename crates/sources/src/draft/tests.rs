//! What becomes of the values that a log names.

use super::*;

fn draft(members: &[(&str, &'static str)]) -> Draft<'static> {
    let mut draft = Draft::default();
    for (name, text) in members {
        let member = MEMBERS.iter().find(|it| it.0 == *name).unwrap().1;
        draft.take(member, (*text).into());
    }
    draft
}

fn exchange(members: &[(&str, &'static str)]) -> Exchange<'static> {
    draft(members).finish(None).unwrap()
}

#[test]
fn an_url_is_put_together_from_its_parts() {
    for (members, url, host) in [
        (
            &[("request.url", "https://a.example/b")][..],
            "https://a.example/b",
            None,
        ),
        (
            &[("request.path", "/b"), ("request.query", "c=1")],
            "/b?c=1",
            None,
        ),
        (
            &[("request.path", "/b?c=1"), ("request.query", "c=1")],
            "/b?c=1",
            None,
        ),
        (
            &[
                ("request.path", "/b"),
                ("request.host", "a.example"),
                ("request.scheme", "HTTPS"),
            ],
            "https://a.example/b",
            None,
        ),
        (
            &[("request.path", "/b"), ("request.host", "a.example")],
            "/b",
            Some("a.example"),
        ),
        (
            &[
                ("request.path", "/b"),
                ("request.host", "a.example"),
                ("request.port", "8080"),
            ],
            "/b",
            Some("a.example:8080"),
        ),
        (
            &[
                ("request.path", "/b"),
                ("request.host", "a.example:1"),
                ("request.port", "8080"),
            ],
            "/b",
            Some("a.example:1"),
        ),
    ] {
        let found = exchange(members);
        assert_eq!(
            (&*found.request.url, found.request_header("host")),
            (url, host)
        );
    }
}

#[test]
fn a_host_stands_in_only_where_there_is_none() {
    let with = |members| draft(members).finish(Some("stand-in")).unwrap();
    assert_eq!(
        with(&[("request.path", "/b")]).request_header("host"),
        Some("stand-in")
    );
    let named = with(&[("request.path", "/b"), ("request.host", "a.example")]);
    assert_eq!(named.request_header("host"), Some("a.example"));
    assert_eq!(with(&[("request.url", "http://a/b")]).request.headers, None);
}

#[test]
fn a_request_line_is_taken_apart_and_what_is_none_is_kept() {
    for (line, method, url, protocol) in [
        ("GET /a?b HTTP/1.1", "GET", "/a?b", Some("HTTP/1.1")),
        ("GET /a b HTTP/2.0", "GET", "/a b", Some("HTTP/2.0")),
        ("GET /a", "GET", "/a", None),
        (
            "CONNECT a:443 HTTP/1.1",
            "CONNECT",
            "a:443",
            Some("HTTP/1.1"),
        ),
    ] {
        let found = exchange(&[("request.line", line)]);
        let parts = (
            &*found.request.method,
            &*found.request.url,
            found.protocol.as_deref(),
        );
        assert_eq!(parts, (method, url, protocol));
        assert!(found.blemishes.is_empty());
    }
    for line in [
        "\u{16}\u{3}\u{1}",
        "<svg onload=x>",
        "nonsense",
        "a\u{0} /b",
    ] {
        let found = exchange(&[("request.line", line)]);
        assert_eq!((&*found.request.method, &*found.request.url), ("", line));
        assert!(found.blemishes.contains(Blemishes::BAD_METHOD));
    }
}

#[test]
fn what_is_not_named_was_not_observed() {
    let bare = exchange(&[
        ("request.line", "GET / HTTP/1.1"),
        ("response.body_bytes", "0"),
    ]);
    assert_eq!(
        (bare.request.headers.as_ref(), bare.response.as_ref()),
        (None, None)
    );
    let mut some = draft(&[
        ("request.line", "GET / HTTP/1.1"),
        ("response.status", "200"),
    ]);
    some.take_request_header("user-agent".into(), Some("curl".into()));
    some.take_request_header("referer".into(), Some("-".into()));
    let some = some.finish(None).unwrap();
    assert_eq!(some.seen(), Seen::RESPONSE_STATUS);
    assert_eq!(
        some.headers_seen.as_ref().unwrap(),
        &["user-agent", "referer"]
    );
    assert_eq!(some.request.headers.as_ref().unwrap().len(), 1);
}

#[test]
fn sizes_latencies_and_addresses_are_read_as_logs_write_them() {
    let found = exchange(&[
        ("request.line", "GET / HTTP/1.1"),
        ("response.body_bytes", "512"),
        ("response.latency_s", "0.010, 0.002 : 0.001"),
        ("peer.ip", "[2001:db8::1]:443"),
        ("caller.ip", "203.0.113.9, 10.0.0.1"),
    ]);
    let response = found.response.unwrap();
    assert_eq!(response.latency_micros, Some(13_000));
    assert!(!response.body.as_ref().unwrap().is_seen());
    assert_eq!(response.body.unwrap().bytes_total, 512);
    assert_eq!(found.peer_ip, Some("2001:db8::1".parse().unwrap()));
    assert_eq!(found.caller_ip, Some([203, 0, 113, 9].into()));
    for (text, micros) in [
        ("12ms", Some(12_000)),
        ("1.5s", Some(1_500_000)),
        ("3 µs", Some(3)),
        ("-1", None),
        ("fast", None),
        ("-", None),
    ] {
        assert_eq!(latency(text, 1e3), micros, "{text}");
    }
}

#[test]
fn wrong_values_are_blemishes_and_no_request_is_an_error() {
    let found = exchange(&[
        ("request.url", "/"),
        ("response.status", "9999"),
        ("at", "soon"),
    ]);
    assert!(found.blemishes.contains(Blemishes::BAD_STATUS));
    assert!(found.blemishes.contains(Blemishes::BAD_VALUE));
    assert!(draft(&[("response.status", "200")]).finish(None).is_err());
    assert!(draft(&[("request.method", "GET")]).finish(None).is_err());
}

#[test]
fn members_have_one_name_each() {
    for (at, (name, member)) in MEMBERS.iter().enumerate() {
        assert!(
            MEMBERS[..at]
                .iter()
                .all(|it| it.0 != *name && it.1 != *member),
            "{name}"
        );
    }
}
