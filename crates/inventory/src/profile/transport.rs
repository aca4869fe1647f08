//! How an exchange travelled and what its heads announce, told in one walk over the headers.

use gatewatch_model::Timestamp;
use gatewatch_model::exchange::{Exchange, Headers, Seen};

/// What was found; `None` is *not observed*.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Transport {
    pub encrypted: Option<bool>,
    /// Whether the answer says that the endpoint goes out of use.
    pub deprecated: Option<bool>,
    pub sunset: Option<Timestamp>,
}

impl Transport {
    pub fn of(exchange: &Exchange<'_>) -> Transport {
        let headers = exchange
            .response
            .as_ref()
            .and_then(|it| it.headers.as_ref());
        let (says, sunset) = headers.map(announced).unwrap_or_default();
        Transport {
            encrypted: encrypted(exchange),
            deprecated: headers.map(|_| says || sunset.is_some()),
            sunset,
        }
    }
}

/// The source says it, else the URL, else the last proxy before the API.
fn encrypted(exchange: &Exchange<'_>) -> Option<bool> {
    if exchange.tls.is_some() {
        return Some(true);
    }
    let url = &*exchange.request.url;
    for (scheme, secure) in [
        ("https://", true),
        ("http://", false),
        ("wss://", true),
        ("ws://", false),
    ] {
        if url
            .get(..scheme.len())
            .is_some_and(|it| it.eq_ignore_ascii_case(scheme))
        {
            return Some(secure);
        }
    }
    let forwarded = exchange.request.headers.as_ref().and_then(forwarded_scheme);
    // A source that can see TLS and does not show any has seen none.
    let seen = exchange.seen.is_some_and(|it| it.contains(Seen::TLS));
    forwarded.or_else(|| seen.then_some(false))
}

/// Of the hop closest to the caller, which is the first one named.
fn forwarded_scheme(headers: &Headers<'_>) -> Option<bool> {
    headers.iter().find_map(|(name, value)| match name.len() {
        17 if name.eq_ignore_ascii_case("x-forwarded-proto") => scheme(value.split(',').next()?),
        18 if name.eq_ignore_ascii_case("x-forwarded-scheme") => scheme(value),
        9 if name.eq_ignore_ascii_case("forwarded") => {
            let first = value.split(',').next()?;
            let pairs = first.split(';').filter_map(|it| it.trim().split_once('='));
            let mut named = pairs.filter(|it| it.0.eq_ignore_ascii_case("proto"));
            scheme(named.next()?.1.trim_matches('"'))
        }
        15 if name.eq_ignore_ascii_case("front-end-https") => {
            Some(value.eq_ignore_ascii_case("on"))
        }
        _ => None,
    })
}

fn scheme(text: &str) -> Option<bool> {
    match text.trim() {
        it if it.eq_ignore_ascii_case("https") || it.eq_ignore_ascii_case("wss") => Some(true),
        it if it.eq_ignore_ascii_case("http") || it.eq_ignore_ascii_case("ws") => Some(false),
        _ => None,
    }
}

/// `deprecation`, `sunset`, and warnings of the kind 299, which say so in words.
fn announced(headers: &Headers<'_>) -> (bool, Option<Timestamp>) {
    let (mut says, mut sunset) = (false, None);
    for (name, value) in headers {
        match name.len() {
            11 if name.eq_ignore_ascii_case("deprecation") => {
                says |= !value.trim().eq_ignore_ascii_case("false");
            }
            6 if name.eq_ignore_ascii_case("sunset") => sunset = sunset.max(http_date(value)),
            7 if name.eq_ignore_ascii_case("warning") => {
                let words = value.to_ascii_lowercase();
                says |= words.trim_start().starts_with("299") && words.contains("deprecat");
            }
            _ => {}
        }
    }
    (says, sunset)
}

/// `Sat, 21 Nov 2026 08:00:00 GMT`, or as RFC 3339 writes it.
fn http_date(text: &str) -> Option<Timestamp> {
    const MONTHS: [&str; 12] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ];
    let text = text.trim();
    let Some((_, date)) = text.split_once(", ") else {
        return Timestamp::parse(text);
    };
    let mut words = date.split_ascii_whitespace();
    let day = words.next()?.parse::<u8>().ok()?;
    let month = words.next()?;
    let month = MONTHS
        .iter()
        .position(|it| it.eq_ignore_ascii_case(month))?
        + 1;
    let year = words.next()?.parse::<u16>().ok()?;
    let time = words.next().filter(|it| it.len() == 8)?;
    Timestamp::parse(&format!("{year:04}-{month:02}-{day:02}T{time}Z"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(line: &str, encrypted: Option<bool>, deprecated: Option<bool>, sunset: Option<&str>) {
        let exchange = gatewatch_testkit::traffic(line).remove(0);
        let found = Transport::of(&exchange);
        let expected = Transport {
            encrypted,
            deprecated,
            sunset: sunset.and_then(Timestamp::parse),
        };
        assert_eq!(found, expected, "{line}");
    }

    #[test]
    fn the_source_outranks_the_url_and_that_the_proxy() {
        check("GET http://a.example/ 200 tls=1.3", Some(true), None, None);
        check(
            "GET http://a.example/ 200 header:x-forwarded-proto=https",
            Some(false),
            None,
            None,
        );
        check("GET HTTPS://a.example/ 200", Some(true), None, None);
        check(
            "GET / 200 header:X-Forwarded-Proto=https,http",
            Some(true),
            None,
            None,
        );
        check(
            "GET / 200 header:forwarded=for=192.0.2.1;Proto=http",
            Some(false),
            None,
            None,
        );
        check("GET / 200", None, None, None);
        check("GET / 200 seen=tls", Some(false), None, None);
    }

    #[test]
    fn deprecation_is_announced_by_three_headers() {
        check("GET / 200 answer-header:a=b", None, Some(false), None);
        check(
            "GET / 200 answer-header:deprecation=@1688169599",
            None,
            Some(true),
            None,
        );
        check(
            "GET / 200 answer-header:deprecation=false",
            None,
            Some(false),
            None,
        );
        check(
            "GET / 200 'answer-header:Sunset=Sat, 21 Nov 2026 08:00:00 GMT'",
            None,
            Some(true),
            Some("2026-11-21T08:00:00Z"),
        );
        check(
            "GET / 200 'answer-header:warning=299 - \"Deprecated API\"'",
            None,
            Some(true),
            None,
        );
        check(
            "GET / 200 'answer-header:sunset=Sat, 99 Foo 2026 08:00:00 GMT'",
            None,
            Some(false),
            None,
        );
    }
}
