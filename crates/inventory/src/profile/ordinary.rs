//! Headers that nearly every exchange has, which say nothing of an API, and `authorization` and
//! its like, which are told elsewhere.

use std::sync::LazyLock;

use gatewatch_decode::{Leaf, Leaves, Value};
use gatewatch_model::Spot;

/// What a leaf is to a profile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ordinary {
    /// A member.
    Not,
    /// A member only where it is sensitive: it may hold who or where somebody is, or what lets
    /// them in.
    Telling,
    /// Never a member: it is made by machines for machines, or says where the caller is, which
    /// every exchange tells and no API asked for.
    Mute,
}

pub(super) fn ordinary(leaf: Leaf<'_>) -> Ordinary {
    let spot = leaf.spot();
    if spot == Spot::RequestPath {
        return Ordinary::Mute;
    }
    if !matches!(spot, Spot::RequestHeaders | Spot::ResponseHeaders) {
        return Ordinary::Not;
    }
    match SHAPES.binary_search_by_key(&leaf.shape(), |it| it.0) {
        Ok(at) if SHAPES[at].1 => Ordinary::Telling,
        Ok(_) => Ordinary::Mute,
        Err(_) => Ordinary::Not,
    }
}

/// The same by name.
pub(super) fn is_ordinary_name(name: &str) -> bool {
    ORDINARY.iter().any(|it| it.eq_ignore_ascii_case(name))
}

/// The shapes of all of them, in requests and responses, sorted, with whether they tell.
static SHAPES: LazyLock<Vec<(u64, bool)>> = LazyLock::new(|| {
    let mut leaves = Leaves::default();
    for spot in [Spot::RequestHeaders, Spot::ResponseHeaders] {
        leaves.begin(spot);
        for name in ORDINARY {
            leaves.add_named(name, Value::Null);
        }
    }
    let mut shapes = leaves
        .iter()
        .map(|it| (it.shape(), TELLING.binary_search(&it.name()).is_ok()))
        .collect::<Vec<_>>();
    shapes.sort_unstable();
    shapes
});

/// Sorted, and all among the ordinary ones.
#[rustfmt::skip]
static TELLING: &[&str] = &[
    "authorization", "content-disposition", "from", "location", "origin", "proxy-authorization",
    "referer", "x-forwarded-client-cert",
];

#[rustfmt::skip]
static ORDINARY: &[&str] = &[
    ":authority", ":method", ":path", ":scheme", ":status", "accept", "accept-charset",
    "accept-encoding", "accept-language", "accept-ranges", "access-control-allow-credentials",
    "access-control-allow-headers", "access-control-allow-methods", "access-control-allow-origin",
    "access-control-expose-headers", "access-control-max-age", "access-control-request-headers",
    "access-control-request-method", "age", "allow", "alt-svc", "authorization", "b3", "baggage",
    "cache-control", "cdn-loop", "cf-cache-status", "cf-connecting-ip", "cf-connecting-ipv6",
    "cf-ipcountry", "cf-pseudo-ipv4", "cf-ray", "cf-visitor", "client-ip", "connection",
    "content-disposition", "content-encoding", "content-language", "content-length",
    "content-location", "content-security-policy", "content-type", "cookie",
    "cross-origin-embedder-policy", "cross-origin-opener-policy", "cross-origin-resource-policy",
    "date", "deprecation", "dnt", "do-connecting-ip", "etag", "expect", "expect-ct", "expires",
    "fastly-client-ip", "fly-client-ip", "forwarded", "forwarded-for", "from", "front-end-https",
    "host", "if-match", "if-modified-since", "if-none-match", "if-range", "if-unmodified-since",
    "keep-alive", "last-modified", "link", "location", "max-forwards", "nel", "origin",
    "permissions-policy", "pragma", "priority", "proxy-authenticate", "proxy-authorization",
    "proxy-connection", "range", "referer", "referrer-policy", "report-to", "request-id",
    "retry-after", "save-data", "sec-ch-ua", "sec-ch-ua-mobile", "sec-ch-ua-platform",
    "sec-fetch-dest", "sec-fetch-mode", "sec-fetch-site", "sec-fetch-user", "sec-gpc",
    "sec-websocket-accept", "sec-websocket-extensions", "sec-websocket-key",
    "sec-websocket-protocol", "sec-websocket-version", "server", "server-timing", "set-cookie",
    "strict-transport-security", "sunset", "te", "timing-allow-origin", "traceparent", "tracestate",
    "trailer", "transfer-encoding", "true-client-ip", "upgrade", "upgrade-insecure-requests",
    "user-agent", "vary", "via", "warning", "www-authenticate", "x-amz-cf-id", "x-amz-cf-pop",
    "x-amzn-trace-id", "x-appengine-user-ip", "x-arr-log-id", "x-arr-ssl", "x-azure-clientip",
    "x-azure-ref", "x-azure-requestchain", "x-azure-socketip", "x-b3-parentspanid", "x-b3-sampled",
    "x-b3-spanid", "x-b3-traceid", "x-cache", "x-cache-hits", "x-client-ip",
    "x-cloud-trace-context", "x-cluster-client-ip", "x-content-type-options", "x-correlation-id",
    "x-dns-prefetch-control", "x-download-options", "x-envoy-attempt-count",
    "x-envoy-decorator-operation", "x-envoy-expected-rq-timeout-ms", "x-envoy-external-address",
    "x-envoy-original-path", "x-envoy-peer-metadata", "x-envoy-upstream-service-time",
    "x-forwarded-client-cert", "x-forwarded-for", "x-forwarded-host", "x-forwarded-port",
    "x-forwarded-prefix", "x-forwarded-proto", "x-forwarded-scheme", "x-forwarded-server",
    "x-frame-options", "x-ms-request-id", "x-nf-client-connection-ip", "x-original-forwarded-for",
    "x-original-remote-addr", "x-originating-ip", "x-permitted-cross-domain-policies",
    "x-powered-by", "x-real-ip", "x-remote-addr", "x-remote-ip", "x-request-id", "x-requested-with",
    "x-response-time", "x-runtime", "x-scheme", "x-served-by", "x-timer", "x-trace-id",
    "x-ua-compatible", "x-vercel-forwarded-for", "x-xss-protection",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinary_headers_are_no_members_and_others_are() {
        let mut leaves = Leaves::default();
        leaves.begin(Spot::RequestHeaders);
        for name in ["user-agent", "x-real-ip", "referer", "x-tenant"] {
            leaves.add_named(name, Value::Text("x"));
        }
        leaves.begin(Spot::ResponseBody);
        leaves.add_named("date", Value::Text("x"));
        let told = leaves.iter().map(ordinary).collect::<Vec<_>>();
        assert_eq!(
            told,
            [
                Ordinary::Mute,
                Ordinary::Mute,
                Ordinary::Telling,
                Ordinary::Not,
                Ordinary::Not
            ]
        );
    }

    #[test]
    fn the_list_is_sorted() {
        assert!(ORDINARY.is_sorted() && TELLING.is_sorted());
        assert!(TELLING.iter().all(|it| ORDINARY.contains(it)));
    }
}
