//! Who the true caller is when proxies stand between, and whether that caller lies outside.
//! Admission answers it once, so that the journal carries the answer and no fold reads settings.

use std::net::{IpAddr, SocketAddr};

use gatewatch_model::Exchange;
use gatewatch_model::exchange::{Headers, Text};

use crate::networks::Networks;

/// Loopback and the private ranges.
pub const TRUSTED_PROXIES: &str =
    "127.0.0.0/8,::1/128,10.0.0.0/8,172.16.0.0/12,192.168.0.0/16,fc00::/7";
/// Loopback, private, link-local, shared with a carrier (RFC 6598), unique local.
pub const INTERNAL_NETWORKS: &str = "127.0.0.0/8,::1/128,10.0.0.0/8,172.16.0.0/12,192.168.0.0/16,169.254.0.0/16,\
     fe80::/10,100.64.0.0/10,fc00::/7";

/// Nobody has as many proxies; what lies behind so many is not believed.
const PROXIES_MAX: usize = 64;

/// Headers with all hops, the nearest last.
static CHAINS: &[&str] = &["x-forwarded-for", "forwarded"];

/// Headers with one address, which the outermost proxy sets; asked after the chains.
static SINGLE: &[&str] = &[
    "cf-connecting-ip",
    "true-client-ip",
    "fastly-client-ip",
    "fly-client-ip",
    "x-azure-clientip",
    "x-real-ip",
    "x-client-ip",
];

/// What belongs to the organisation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Perimeter {
    /// Whose word about their callers is believed.
    pub trusted_proxies: Networks,
    pub internal_networks: Networks,
}

impl Default for Perimeter {
    fn default() -> Perimeter {
        // A test reads both texts, so they are never empty.
        Perimeter {
            trusted_proxies: TRUSTED_PROXIES.parse().unwrap_or_default(),
            internal_networks: INTERNAL_NETWORKS.parse().unwrap_or_default(),
        }
    }
}

impl Perimeter {
    /// Puts the true caller into `caller_ip`, and the address that stood there into `peer_ip` if
    /// that was free. Answers whether the caller lies outside; `None` when that cannot be told.
    pub fn locate(&self, exchange: &mut Exchange<'_>) -> Option<bool> {
        let named = exchange.caller_ip;
        let nearest = named.or(exchange.peer_ip)?;
        let trusts = |it: Option<IpAddr>| it.is_some_and(|it| self.trusted_proxies.contains(it));
        let proxied = trusts(named) || trusts(exchange.peer_ip);
        let told = match &exchange.request.headers {
            Some(headers) if proxied => self.ask(headers),
            Some(_) | None => Told::Nothing,
        };
        // Nobody was heard on what lies behind the proxy. A caller that the source itself names is
        // believed; the address of a socket alone tells nothing.
        let heard =
            exchange.request.headers.is_some() && forwards(exchange.headers_seen.as_deref());
        if matches!(told, Told::Nothing) && proxied && named.is_none() && !heard {
            return None;
        }
        let caller = match told {
            Told::Caller(caller) => caller,
            // An address outside that the source names outranks proxies that name only each other.
            Told::Inside(caller) if trusts(Some(nearest)) => caller,
            Told::Inside(_) | Told::Nothing => nearest,
            Told::Unreadable => return None,
        };
        if caller != nearest {
            exchange.peer_ip = exchange.peer_ip.or(named);
        }
        exchange.caller_ip = Some(caller);
        Some(!self.internal_networks.contains(caller))
    }

    /// Asks the first of the chains that is there, else the headers with one address.
    fn ask(&self, headers: &Headers<'_>) -> Told {
        let mut forwarded = false;
        let mut chained = false;
        let mut single = None;
        for (name, value) in headers {
            let is = |it: &&str| name.eq_ignore_ascii_case(it);
            chained |= is(&"x-forwarded-for");
            forwarded |= is(&"forwarded");
            if let Some(rank) = SINGLE.iter().position(is) {
                let found = (rank, value.as_ref());
                single = Some(single.map_or(found, |it: (usize, &str)| it.min(found)));
            }
        }
        if chained {
            self.walk(values(headers, "x-forwarded-for").flat_map(|it| it.rsplit(',')))
        } else if forwarded {
            let hops = values(headers, "forwarded").flat_map(|it| it.rsplit(','));
            self.walk(hops.map(|it| forwarded_for(it).unwrap_or("")))
        } else if let Some((_, value)) = single {
            self.walk(core::iter::once(value))
        } else {
            Told::Nothing
        }
    }

    /// From the nearest hop outward, past all whose word is believed.
    fn walk<'h>(&self, hops: impl Iterator<Item = &'h str>) -> Told {
        let mut told = Told::Nothing;
        for (at, hop) in hops.enumerate() {
            match address(hop) {
                Some(_) if at == PROXIES_MAX => return Told::Unreadable,
                Some(hop) if self.trusted_proxies.contains(hop) => told = Told::Inside(hop),
                Some(hop) => return Told::Caller(hop),
                None => return Told::Unreadable,
            }
        }
        told
    }
}

/// What proxies say of whom they forward for.
enum Told {
    Caller(IpAddr),
    /// The outermost is an address of a trusted network too: a caller from inside.
    Inside(IpAddr),
    /// No header says anything.
    Nothing,
    /// A proxy hides whom it forwards for, or says what cannot be read.
    Unreadable,
}

/// Whether a header that names whom a proxy forwards for would have been seen.
fn forwards(headers_seen: Option<&[Text<'_>]>) -> bool {
    let tells = |it: &Text<'_>| {
        let is = |name: &&str| it.eq_ignore_ascii_case(name);
        CHAINS.iter().any(is) || SINGLE.iter().any(is)
    };
    headers_seen.is_none_or(|it| it.iter().any(tells))
}

/// The values of a header that may stand several times, the last first.
fn values<'h>(headers: &'h Headers<'_>, name: &'static str) -> impl Iterator<Item = &'h str> {
    let named = headers
        .iter()
        .rev()
        .filter(move |it| it.0.eq_ignore_ascii_case(name));
    named.map(|it| it.1.as_ref())
}

/// `for` of one hop of a `Forwarded` header (RFC 7239).
fn forwarded_for(hop: &str) -> Option<&str> {
    hop.split(';').find_map(|pair| {
        let (key, value) = pair.split_once('=')?;
        key.trim()
            .eq_ignore_ascii_case("for")
            .then(|| value.trim().trim_matches('"'))
    })
}

/// An address with or without brackets and port.
fn address(hop: &str) -> Option<IpAddr> {
    let hop = hop.trim();
    let bare = || hop.strip_prefix('[')?.strip_suffix(']')?.parse().ok();
    let with_port = || hop.parse::<SocketAddr>().ok().map(|it| it.ip());
    let read = hop.parse().ok().or_else(with_port).or_else(bare);
    read.map(|it: IpAddr| it.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Addresses (`-` for none), headers, then the caller that comes out and whether it is outside.
    fn check(
        (caller, peer): (&str, &str),
        headers: Option<&[(&'static str, &str)]>,
        (expected, external): (&str, Option<bool>),
    ) {
        let read = |it: &str| (it != "-").then(|| it.parse().unwrap());
        let mut exchange = Exchange {
            caller_ip: read(caller),
            peer_ip: read(peer),
            ..Exchange::default()
        };
        let owned = |it: &[(&'static str, &str)]| {
            it.iter()
                .map(|(name, value)| ((*name).into(), (*value).to_owned().into()))
                .collect()
        };
        exchange.request.headers = headers.map(owned);
        let found = Perimeter::default().locate(&mut exchange);
        assert_eq!(
            (exchange.caller_ip, found),
            (read(expected), external),
            "{caller} {peer} {headers:?}"
        );
    }

    fn chain(text: &str, expected: &str, external: Option<bool>) {
        check(
            ("-", "10.0.0.1"),
            Some(&[("X-Forwarded-For", text)]),
            (expected, external),
        );
    }

    #[test]
    fn an_address_that_is_no_proxy_is_the_caller_whatever_headers_say() {
        let forged = [("x-forwarded-for", "10.1.1.1"), ("x-real-ip", "10.1.1.1")];
        check(
            ("203.0.113.9", "-"),
            Some(&forged),
            ("203.0.113.9", Some(true)),
        );
        check(
            ("-", "203.0.113.9"),
            Some(&forged),
            ("203.0.113.9", Some(true)),
        );
        check(("-", "-"), Some(&forged), ("-", None));
    }

    #[test]
    fn the_chain_is_walked_from_the_right_past_trusted_proxies() {
        chain("203.0.113.9", "203.0.113.9", Some(true));
        chain(
            "192.0.2.1, 203.0.113.9, 10.0.0.2",
            "203.0.113.9",
            Some(true),
        );
        chain(
            "10.9.9.9, 203.0.113.9 ,10.0.0.2,192.168.1.1",
            "203.0.113.9",
            Some(true),
        );
        chain("10.7.7.7, 10.0.0.2", "10.7.7.7", Some(false));
        chain("203.0.113.9:4711", "203.0.113.9", Some(true));
        chain("2001:db8::7", "2001:db8::7", Some(true));
        chain("[2001:db8::7]:443", "2001:db8::7", Some(true));
        chain("::ffff:203.0.113.9", "203.0.113.9", Some(true));
    }

    #[test]
    fn several_headers_of_one_name_are_one_chain() {
        let headers = [
            ("X-Forwarded-For", "192.0.2.1"),
            ("x-forwarded-for", "203.0.113.9, 10.0.0.2"),
        ];
        check(
            ("-", "10.0.0.1"),
            Some(&headers),
            ("203.0.113.9", Some(true)),
        );
    }

    #[test]
    fn what_cannot_be_read_ends_the_walk_and_nothing_is_claimed() {
        for text in [
            "unknown",
            "203.0.113.9, _hidden, 10.0.0.2",
            "",
            "203.0.113.9,",
            "<script>",
        ] {
            chain(text, "-", None);
        }
        chain("<script>, 203.0.113.9", "203.0.113.9", Some(true));
        let endless = "10.0.0.2,".repeat(5_000) + "10.0.0.2";
        chain(&format!("203.0.113.9,{endless}"), "-", None);
    }

    #[test]
    fn forwarded_is_read_where_there_is_no_older_chain() {
        let text = r#"for=192.0.2.1, For="[2001:db8:cafe::17]:4711";proto=https;by=10.0.0.2"#;
        check(
            ("-", "10.0.0.1"),
            Some(&[("Forwarded", text)]),
            ("2001:db8:cafe::17", Some(true)),
        );
        let hidden = "for=203.0.113.9, for=_gazonk";
        check(
            ("-", "10.0.0.1"),
            Some(&[("Forwarded", hidden)]),
            ("-", None),
        );
        check(
            ("-", "10.0.0.1"),
            Some(&[("Forwarded", "by=10.0.0.2")]),
            ("-", None),
        );
        let both = [
            ("forwarded", "for=192.0.2.1"),
            ("x-forwarded-for", "203.0.113.9"),
        ];
        check(("-", "10.0.0.1"), Some(&both), ("203.0.113.9", Some(true)));
    }

    #[test]
    fn headers_with_one_address_are_asked_last_and_in_order() {
        let headers = [
            ("X-Real-IP", "10.0.0.7"),
            ("CF-Connecting-IP", "203.0.113.9"),
        ];
        check(
            ("-", "127.0.0.1"),
            Some(&headers),
            ("203.0.113.9", Some(true)),
        );
        check(
            ("-", "127.0.0.1"),
            Some(&headers[..1]),
            ("10.0.0.7", Some(false)),
        );
    }

    #[test]
    fn a_proxy_that_says_nothing_is_the_caller_and_one_unheard_tells_nothing() {
        check(("-", "10.0.0.1"), Some(&[]), ("10.0.0.1", Some(false)));
        check(("-", "10.0.0.1"), None, ("-", None));
        check(("10.0.0.1", "-"), None, ("10.0.0.1", Some(false)));
        check(("-", "203.0.113.9"), None, ("203.0.113.9", Some(true)));
    }

    #[test]
    fn headers_of_which_only_some_are_seen_must_be_able_to_tell() {
        let of = |seen: &'static str| {
            let mut exchange = Exchange {
                peer_ip: Some([10, 0, 0, 1].into()),
                headers_seen: Some(vec!["user-agent".into(), seen.into()]),
                ..Exchange::default()
            };
            exchange.request.headers = Some(vec![("user-agent".into(), "curl".into())]);
            Perimeter::default().locate(&mut exchange)
        };
        assert_eq!((of("referer"), of("X-Forwarded-For")), (None, Some(false)));
    }

    #[test]
    fn a_caller_that_the_source_names_outranks_proxies_that_name_each_other() {
        let inside = [("x-forwarded-for", "10.0.0.9")];
        check(
            ("203.0.113.9", "10.0.0.1"),
            Some(&inside),
            ("203.0.113.9", Some(true)),
        );
        let outside = [("x-forwarded-for", "192.0.2.77, 198.51.100.4")];
        check(
            ("192.0.2.77", "10.0.0.1"),
            Some(&outside),
            ("198.51.100.4", Some(true)),
        );
    }

    #[test]
    fn a_proxy_named_as_the_caller_becomes_the_peer() {
        let mut exchange = Exchange {
            caller_ip: Some([10, 0, 0, 1].into()),
            ..Exchange::default()
        };
        exchange.request.headers = Some(vec![("x-forwarded-for".into(), "203.0.113.9".into())]);
        assert_eq!(Perimeter::default().locate(&mut exchange), Some(true));
        assert_eq!(exchange.peer_ip, Some([10, 0, 0, 1].into()));
        assert_eq!(Perimeter::default().locate(&mut exchange), Some(true));
    }

    #[test]
    fn internal_is_more_than_whom_we_trust() {
        for address in [
            "100.64.1.1",
            "169.254.1.1",
            "fe80::1",
            "fd00::1",
            "::1",
            "192.168.0.1",
        ] {
            check((address, "-"), None, (address, Some(false)));
        }
        chain("100.64.1.1", "100.64.1.1", Some(false));
    }

    #[test]
    fn without_a_perimeter_everybody_is_outside() {
        let nothing = Perimeter {
            trusted_proxies: Networks::default(),
            internal_networks: Networks::default(),
        };
        let mut exchange = Exchange {
            peer_ip: Some([10, 0, 0, 1].into()),
            ..Exchange::default()
        };
        exchange.request.headers = Some(vec![("x-forwarded-for".into(), "203.0.113.9".into())]);
        assert_eq!(nothing.locate(&mut exchange), Some(true));
        assert_eq!(exchange.caller_ip, exchange.peer_ip);
    }
}
