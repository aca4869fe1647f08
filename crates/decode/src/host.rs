//! Which host an exchange was for, in one spelling.

use std::borrow::Cow;

use gatewatch_model::Exchange;

use crate::limits::HOST_BYTES_MAX;
use crate::target::split;

/// The host from the absolute URL, else from `:authority`, else from the `host` header: lower
/// case, without userinfo, default port and trailing dot. `None` if there is none, or none that
/// could be a host.
pub fn host<'e>(exchange: &'e Exchange<'_>) -> Option<Cow<'e, str>> {
    let connect = exchange.request.method.eq_ignore_ascii_case("connect");
    let named = split(&exchange.request.url, connect).authority;
    [
        named,
        exchange.request_header(":authority"),
        exchange.request_header("host"),
    ]
    .into_iter()
    .flatten()
    .find_map(normal)
}

/// The one spelling of an authority.
fn normal(authority: &str) -> Option<Cow<'_, str>> {
    let trimmed = authority.trim_matches([' ', '\t']);
    let host_port = trimmed.rsplit_once('@').map_or(trimmed, |it| it.1);
    let (host, port) = split_port(host_port)?;
    let host = host.trim_end_matches('.');
    let bytes = host.len() + port.map_or(0, |it| it.len() + 1);
    if host.is_empty() || bytes > HOST_BYTES_MAX {
        return None;
    }
    Some(match port {
        None => lower(host),
        // `name:8080` without a dot to take out is already one slice.
        Some(port) if host.len() + 1 + port.len() == host_port.len() => lower(host_port),
        Some(port) => Cow::Owned(format!("{}:{port}", host.to_ascii_lowercase())),
    })
}

/// Host and the port if it is none of the default ones; `None` for what cannot be a host.
fn split_port(text: &str) -> Option<(&str, Option<&str>)> {
    let end = match text.strip_prefix('[') {
        Some(rest) => rest.find(']')? + 2,
        None => text.find(':').unwrap_or(text.len()),
    };
    let (host, rest) = text.split_at(end);
    let spelled = match host.strip_prefix('[') {
        Some(address) => address
            .strip_suffix(']')?
            .bytes()
            .all(|it| it.is_ascii_hexdigit() || b":.".contains(&it)),
        None => host
            .bytes()
            .all(|it| it.is_ascii_alphanumeric() || b"-._".contains(&it)),
    };
    if !spelled {
        return None;
    }
    match rest {
        "" | ":" | ":80" | ":443" => Some((host, None)),
        _ => rest
            .strip_prefix(':')
            .filter(|it| is_port(it))
            .map(|port| (host, Some(port))),
    }
}

/// A number in its only spelling, so that `:8080` and `:08080` are not two hosts.
fn is_port(text: &str) -> bool {
    text.bytes().all(|it| it.is_ascii_digit())
        && !text.starts_with('0')
        && text.parse::<u16>().is_ok()
}

fn lower(host: &str) -> Cow<'_, str> {
    if host.bytes().any(|it| it.is_ascii_uppercase()) {
        Cow::Owned(host.to_ascii_lowercase())
    } else {
        Cow::Borrowed(host)
    }
}

#[cfg(test)]
mod tests {
    use gatewatch_model::exchange::Request;
    use proptest::prelude::*;

    use super::*;

    fn exchange<'a>(method: &'a str, url: &'a str, headers: &[(&'a str, &'a str)]) -> Exchange<'a> {
        Exchange {
            request: Request {
                method: method.into(),
                url: url.into(),
                headers: Some(
                    headers
                        .iter()
                        .map(|(k, v)| ((*k).into(), (*v).into()))
                        .collect(),
                ),
                body: None,
            },
            ..Exchange::default()
        }
    }

    fn check(url: &str, headers: &[(&str, &str)], expected: Option<&str>) {
        assert_eq!(
            host(&exchange("GET", url, headers)).as_deref(),
            expected,
            "{url} {headers:?}"
        );
    }

    #[test]
    fn the_url_outranks_authority_and_that_the_host_header() {
        let headers = [("Host", "three.example"), (":authority", "two.example")];
        check("https://one.example/a", &headers, Some("one.example"));
        check("/a", &headers, Some("two.example"));
        check("/a", &headers[..1], Some("three.example"));
        check("/a", &[], None);
    }

    #[test]
    fn one_host_has_one_spelling() {
        for url in [
            "https://api.contoso.com/a",
            "HTTPS://API.Contoso.COM:443/a",
            "http://api.contoso.com:80?x=https://other.example/",
            "http://api.contoso.com..:80#f",
            "http://user:pass@api.contoso.com",
            "wss://a@b@api.contoso.com.",
            "http://api.contoso.com:",
        ] {
            check(url, &[], Some("api.contoso.com"));
        }
        check(
            "/",
            &[("host", " API.contoso.com. ")],
            Some("api.contoso.com"),
        );
    }

    #[test]
    fn other_ports_and_addresses_stay() {
        check(
            "http://api.contoso.com.:8080/",
            &[],
            Some("api.contoso.com:8080"),
        );
        check("/", &[("host", "LOCALHOST:8443")], Some("localhost:8443"));
        check("http://[2001:DB8::1]:443/", &[], Some("[2001:db8::1]"));
        check(
            "http://[2001:db8::1]:8080/",
            &[],
            Some("[2001:db8::1]:8080"),
        );
        check("http://192.0.2.7/", &[], Some("192.0.2.7"));
    }

    #[test]
    fn what_cannot_be_a_host_is_none() {
        let long = format!("{}.example", "a".repeat(255));
        for host in [
            "",
            ".",
            ":443",
            "a b",
            "<script>",
            "a/b",
            "a:port",
            "a:123456",
            "a:08080",
            "[::1",
            "[zz]",
            "[::1]x",
            "é.example",
            "a\u{0}b",
            &long,
        ] {
            check("/", &[("host", host)], None);
        }
    }

    #[test]
    fn an_url_without_a_host_leaves_it_to_the_header() {
        check(
            "https:///a",
            &[("host", "api.contoso.com")],
            Some("api.contoso.com"),
        );
        check(
            "/to?u=https://other.example/",
            &[("host", "api.contoso.com")],
            Some("api.contoso.com"),
        );
    }

    #[test]
    fn connect_names_its_host_as_the_target() {
        let connect = exchange(
            "CONNECT",
            "db.contoso.com:5432",
            &[("host", "proxy.contoso.com")],
        );
        assert_eq!(host(&connect).as_deref(), Some("db.contoso.com:5432"));
    }

    proptest! {
        #[test]
        fn a_host_is_short_lower_case_and_its_own_spelling(authority in any::<String>(), tail in "[a-zA-Z.:@\\[\\]0-9]{0,300}") {
            for text in [&authority, &tail] {
                let first = normal(text).map(Cow::into_owned);
                if let Some(host) = first {
                    prop_assert!(!host.is_empty() && host.len() <= HOST_BYTES_MAX);
                    prop_assert!(host.bytes().all(|it| it.is_ascii_graphic() && !it.is_ascii_uppercase()));
                    let again = normal(&host).map(Cow::into_owned);
                    prop_assert_eq!(again, Some(host.clone()));
                }
            }
        }
    }
}
