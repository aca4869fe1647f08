//! Sets of IP networks, as `10.0.0.0/8` writes them.

use core::fmt;
use core::str::FromStr;
use std::net::{IpAddr, Ipv6Addr};

/// IPv4 stands in the mapped range of IPv6, so that one comparison serves both.
const MAPPED_BITS: u32 = 96;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Networks(Vec<Network>);

/// An address and how many of its first bits count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    first: u128,
    mask: u128,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{text}` is no network; write an address and its length, such as `10.0.0.0/8` or `fc00::/7`"
)]
pub struct NetworkError {
    pub text: Box<str>,
}

impl Networks {
    pub fn contains(&self, address: IpAddr) -> bool {
        let address = bits(address);
        self.0.iter().any(|it| address & it.mask == it.first)
    }

    pub fn iter(&self) -> impl Iterator<Item = Network> {
        self.0.iter().copied()
    }
}

impl FromStr for Networks {
    type Err = NetworkError;

    /// Networks with commas between; nothing at all is no network.
    fn from_str(text: &str) -> Result<Networks, NetworkError> {
        let written = text.split(',').map(str::trim).filter(|it| !it.is_empty());
        written
            .map(str::parse)
            .collect::<Result<_, _>>()
            .map(Networks)
    }
}

impl FromStr for Network {
    type Err = NetworkError;

    /// An address without a length is a network of its own.
    fn from_str(text: &str) -> Result<Network, NetworkError> {
        let read = || {
            let (address, length) = match text.split_once('/') {
                Some((address, length)) => (address, Some(length.parse::<u32>().ok()?)),
                None => (text, None),
            };
            let address: IpAddr = address.parse().ok()?;
            let before = if address.is_ipv4() { MAPPED_BITS } else { 0 };
            let length = before.checked_add(length.unwrap_or(u128::BITS - before))?;
            let mask = match length {
                0 => 0,
                1..=128 => u128::MAX << (u128::BITS - length),
                _ => return None,
            };
            let first = bits(address) & mask;
            Some(Network { first, mask })
        };
        read().ok_or_else(|| NetworkError { text: text.into() })
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let length = self.mask.leading_ones();
        match Ipv6Addr::from_bits(self.first).to_ipv4_mapped() {
            Some(v4) if length >= MAPPED_BITS => write!(f, "{v4}/{}", length - MAPPED_BITS),
            _ => write!(f, "{}/{length}", Ipv6Addr::from_bits(self.first)),
        }
    }
}

fn bits(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(v4) => v4.to_ipv6_mapped().to_bits(),
        IpAddr::V6(v6) => v6.to_bits(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn networks(text: &str) -> Networks {
        text.parse().unwrap()
    }

    fn check(text: &str, address: &str, inside: bool) {
        let found = networks(text).contains(address.parse().unwrap());
        assert_eq!(found, inside, "{address} in {text}");
    }

    #[test]
    fn an_address_is_inside_by_its_first_bits() {
        check("10.0.0.0/8", "10.255.255.255", true);
        check("10.0.0.0/8", "11.0.0.0", false);
        check("10.0.0.0/8, 192.168.0.0/16", "192.168.7.7", true);
        check("172.16.0.0/12", "172.31.255.255", true);
        check("172.16.0.0/12", "172.32.0.0", false);
        check("fc00::/7", "fdff::1", true);
        check("fc00::/7", "fe00::1", false);
        check("203.0.113.9", "203.0.113.9", true);
        check("203.0.113.9", "203.0.113.8", false);
        check("0.0.0.0/0", "8.8.8.8", true);
        check("0.0.0.0/0", "2001:db8::1", false);
        check("::/0", "8.8.8.8", true);
        check("", "127.0.0.1", false);
    }

    #[test]
    fn a_mapped_address_is_its_ipv4_self() {
        check("10.0.0.0/8", "::ffff:10.1.2.3", true);
        check("::ffff:10.0.0.0/104", "10.1.2.3", true);
    }

    #[test]
    fn networks_read_what_they_write() {
        for text in [
            "10.0.0.0/8",
            "203.0.113.9/32",
            "0.0.0.0/0",
            "fc00::/7",
            "::/0",
            "::1/128",
        ] {
            let network: Network = text.parse().unwrap();
            assert_eq!(network.to_string(), text);
        }
        assert_eq!(
            "10.9.8.7/8".parse::<Network>().unwrap().to_string(),
            "10.0.0.0/8"
        );
    }

    #[test]
    fn what_is_no_network_is_refused_by_name() {
        for text in [
            "10.0.0.0/33",
            "10.0.0.0/4294967295",
            "::/129",
            "10.0.0/8",
            "example.com",
            "10.0.0.0/",
            "10.0.0.0/-1",
            "/8",
        ] {
            let error = format!("10.0.0.0/8,{text}")
                .parse::<Networks>()
                .unwrap_err();
            assert_eq!(&*error.text, text);
        }
    }
}
