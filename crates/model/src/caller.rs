//! Who sent an exchange, as far as it is known.

use core::fmt;
use std::net::{IpAddr, Ipv6Addr};

pub const IDENTITY_BYTES_MAX: usize = 128;

/// The key under which a caller is followed: the identity if the source names one, else the
/// address, IPv6 cut to its /64 because one household owns a whole one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Caller {
    Identity(Box<str>),
    Address(IpAddr),
    Unknown,
}

impl Caller {
    pub fn new(identity: Option<&str>, address: Option<IpAddr>) -> Caller {
        match (identity.filter(|it| !it.is_empty()), address) {
            (Some(identity), _) => Caller::Identity(prefix(identity, IDENTITY_BYTES_MAX).into()),
            (None, Some(address)) => Caller::Address(network(address)),
            (None, None) => Caller::Unknown,
        }
    }

    /// Reads what `Display` writes.
    pub fn parse(text: &str) -> Caller {
        if let Some(identity) = text.strip_prefix("id:") {
            return Caller::Identity(identity.into());
        }
        text.parse().map_or(Caller::Unknown, Caller::Address)
    }
}

impl fmt::Display for Caller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Caller::Identity(identity) => write!(f, "id:{identity}"),
            Caller::Address(address) => write!(f, "{address}"),
            Caller::Unknown => f.write_str("unknown"),
        }
    }
}

fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(v4) => IpAddr::V4(v4),
        IpAddr::V6(v6) => {
            let [a, b, c, d, ..] = v6.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
    }
}

/// The longest prefix of at most `bytes_max` bytes that ends between characters.
pub fn prefix(text: &str, bytes_max: usize) -> &str {
    let mut end = text.len().min(bytes_max);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_slash_64_is_one_caller() {
        let one = Caller::new(None, Some("2001:db8:1:2::1".parse().unwrap()));
        let two = Caller::new(None, Some("2001:db8:1:2:ffff::9".parse().unwrap()));
        assert_eq!(one, two);
    }

    #[test]
    fn a_mapped_address_is_its_ipv4_self() {
        let mapped = Caller::new(None, Some("::ffff:203.0.113.9".parse().unwrap()));
        assert_eq!(mapped.to_string(), "203.0.113.9");
    }

    #[test]
    fn an_identity_outranks_the_address_and_is_bounded() {
        let long = "é".repeat(200);
        let caller = Caller::new(Some(&long), Some("203.0.113.9".parse().unwrap()));
        assert_eq!(caller, Caller::Identity("é".repeat(64).into()));
    }

    #[test]
    fn callers_read_what_they_write() {
        for text in ["id:alice", "203.0.113.9", "2001:db8:1:2::", "unknown"] {
            assert_eq!(Caller::parse(text).to_string(), text);
        }
    }
}
