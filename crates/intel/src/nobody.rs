//! Addresses that are nobody's on the public internet, by the registries of IANA (RFC 6890 and
//! those after it): private, loopback, link-local, for documentation, multicast, reserved.

use std::net::IpAddr;

static V4: &[(u32, u32)] = &[
    (0x0000_0000, 8),
    (0x0a00_0000, 8),
    (0x6440_0000, 10),
    (0x7f00_0000, 8),
    (0xa9fe_0000, 16),
    (0xac10_0000, 12),
    (0xc000_0000, 24),
    (0xc000_0200, 24),
    (0xc0a8_0000, 16),
    (0xc612_0000, 15),
    (0xc633_6400, 24),
    (0xcb00_7100, 24),
    (0xe000_0000, 3),
];

/// First halves. All but 2000::/3 is nobody's, and these in it.
static V6: &[(u64, u32)] = &[
    (0x2001_0db8 << 32, 32),
    (0x3fff << 48, 20),
    (0x2001_0002 << 32, 48),
];

pub fn owns(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => {
            let bits = v4.to_bits();
            V4.iter()
                .any(|(net, length)| bits >> (32 - length) == net >> (32 - length))
        }
        IpAddr::V6(v6) => {
            let half = (v6.to_bits() >> 64) as u64;
            half >> 61 != 1
                || V6
                    .iter()
                    .any(|(net, length)| half >> (64 - length) == net >> (64 - length))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn private_and_documentation_addresses_are_nobodys() {
        for text in [
            "10.1.2.3",
            "127.0.0.1",
            "192.168.0.1",
            "172.31.255.255",
            "100.64.0.1",
            "169.254.9.9",
            "192.0.2.1",
            "198.51.100.255",
            "203.0.113.9",
            "198.19.0.1",
            "224.0.0.1",
            "255.255.255.255",
            "::1",
            "::",
            "fe80::1",
            "fd00::1",
            "ff02::1",
            "2001:db8::7",
            "3fff:fff::1",
            "64:ff9b::1",
        ] {
            assert!(owns(text.parse().unwrap()), "{text}");
        }
        for text in [
            "8.8.8.8",
            "172.32.0.1",
            "100.128.0.1",
            "203.0.114.1",
            "192.0.1.1",
            "1.1.1.1",
            "223.255.255.1",
            "2001:4860:4860::8888",
            "2600::1",
            "2a00:1450::1",
            "3fff:1000::1",
        ] {
            assert!(!owns(text.parse().unwrap()), "{text}");
        }
    }
}
