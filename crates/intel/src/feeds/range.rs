//! Ranges of addresses as feeds write them, and sets of such.

use std::net::IpAddr;

use crate::limits::PREFIX_BITS_MIN;

/// Ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IpRange {
    V4(u32, u32),
    V6(u128, u128),
}

impl IpRange {
    /// `192.0.2.1`, `192.0.2.0/24` or `192.0.2.1-192.0.2.9`; the reason why it is none.
    pub fn parse(text: &str) -> Result<IpRange, &'static str> {
        const WANTED: &str = "is no address, network or range; such as 192.0.2.1, 2001:db8::/32 or 192.0.2.1-192.0.2.9";
        if let Some((first, last)) = text.split_once('-') {
            let first = first.trim().parse().map_err(|_| WANTED)?;
            let last = last.trim().parse().map_err(|_| WANTED)?;
            return IpRange::between(first, last);
        }
        let (address, length) = match text.split_once('/') {
            Some((address, length)) => (address, Some(length.parse::<u32>().map_err(|_| WANTED)?)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().map_err(|_| WANTED)?;
        IpRange::network(address, length)
    }

    fn network(address: IpAddr, length: Option<u32>) -> Result<IpRange, &'static str> {
        const LONG: &str = "has a length that its address does not have";
        const WIDE: &str = "is wider than an eighth of all addresses, which cannot be meant";
        let mapped = matches!(address, IpAddr::V6(v6) if v6.to_ipv4_mapped().is_some());
        let range = match address.to_canonical() {
            IpAddr::V4(v4) => {
                let length =
                    length.map_or(
                        Some(32),
                        |it| if mapped { it.checked_sub(96) } else { Some(it) },
                    );
                let length = length.ok_or(WIDE)?;
                let free = 32_u32.checked_sub(length).ok_or(LONG)?;
                let mask = u32::MAX.checked_shl(free).unwrap_or(0);
                let first = v4.to_bits() & mask;
                (length >= PREFIX_BITS_MIN).then_some(IpRange::V4(first, first | !mask))
            }
            IpAddr::V6(v6) => {
                let length = length.unwrap_or(128);
                let free = 128_u32.checked_sub(length).ok_or(LONG)?;
                let mask = u128::MAX.checked_shl(free).unwrap_or(0);
                let first = v6.to_bits() & mask;
                (length >= PREFIX_BITS_MIN).then_some(IpRange::V6(first, first | !mask))
            }
        };
        range.ok_or(WIDE)
    }

    fn between(first: IpAddr, last: IpAddr) -> Result<IpRange, &'static str> {
        const WIDE: &str = "is wider than an eighth of all addresses, which cannot be meant";
        match (first.to_canonical(), last.to_canonical()) {
            (IpAddr::V4(first), IpAddr::V4(last)) if first <= last => {
                let (first, last) = (first.to_bits(), last.to_bits());
                let narrow = last - first < u32::MAX >> (PREFIX_BITS_MIN - 1);
                narrow.then_some(IpRange::V4(first, last)).ok_or(WIDE)
            }
            (IpAddr::V6(first), IpAddr::V6(last)) if first <= last => {
                let (first, last) = (first.to_bits(), last.to_bits());
                let narrow = last - first < u128::MAX >> (PREFIX_BITS_MIN - 1);
                narrow.then_some(IpRange::V6(first, last)).ok_or(WIDE)
            }
            _ => Err("is a range whose last address is not after its first"),
        }
    }
}

/// Sorted and apart once it is settled; only then it answers.
#[derive(Clone, Debug, Default)]
pub struct Ranges {
    v4: Vec<(u32, u32)>,
    v6: Vec<(u128, u128)>,
}

impl Ranges {
    pub fn add(&mut self, range: IpRange) {
        match range {
            IpRange::V4(first, last) => self.v4.push((first, last)),
            IpRange::V6(first, last) => self.v6.push((first, last)),
        }
    }

    pub fn settle(&mut self) {
        settle(&mut self.v4, |it| it.checked_add(1));
        settle(&mut self.v6, |it| it.checked_add(1));
    }

    pub fn len(&self) -> usize {
        self.v4.len() + self.v6.len()
    }

    pub fn v4(&self) -> &[(u32, u32)] {
        &self.v4
    }

    pub fn v6(&self) -> &[(u128, u128)] {
        &self.v6
    }

    pub fn contains(&self, address: IpAddr) -> bool {
        match address {
            IpAddr::V4(v4) => contains(&self.v4, v4.to_bits()),
            IpAddr::V6(v6) => contains(&self.v6, v6.to_bits()),
        }
    }
}

/// Sorts them and joins those that overlap or touch.
fn settle<K: Copy + Ord>(ranges: &mut Vec<(K, K)>, next: fn(K) -> Option<K>) {
    ranges.sort_unstable();
    ranges.dedup_by(|later, kept| {
        let joins = next(kept.1).is_none_or(|it| later.0 <= it);
        if joins {
            kept.1 = kept.1.max(later.1);
        }
        joins
    });
    ranges.shrink_to_fit();
}

fn contains<K: Copy + Ord>(ranges: &[(K, K)], key: K) -> bool {
    let after = ranges.partition_point(|it| it.0 <= key);
    after.checked_sub(1).is_some_and(|at| key <= ranges[at].1)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn v4(first: [u8; 4], last: [u8; 4]) -> IpRange {
        IpRange::V4(u32::from_be_bytes(first), u32::from_be_bytes(last))
    }

    #[test]
    fn addresses_networks_and_ranges_are_read() {
        assert_eq!(
            IpRange::parse("192.0.2.7"),
            Ok(v4([192, 0, 2, 7], [192, 0, 2, 7]))
        );
        assert_eq!(
            IpRange::parse("192.0.2.7/24"),
            Ok(v4([192, 0, 2, 0], [192, 0, 2, 255]))
        );
        assert_eq!(
            IpRange::parse("192.0.2.7 - 192.0.2.9"),
            Ok(v4([192, 0, 2, 7], [192, 0, 2, 9]))
        );
        assert_eq!(
            IpRange::parse("::ffff:192.0.2.0/120"),
            Ok(v4([192, 0, 2, 0], [192, 0, 2, 255]))
        );
        let net = 0x2001_0db8 << 96;
        assert_eq!(
            IpRange::parse("2001:db8::/127"),
            Ok(IpRange::V6(net, net + 1))
        );
    }

    #[test]
    fn what_is_none_says_why() {
        for (text, part) in [
            ("", "is no address"),
            ("300.1.1.1", "is no address"),
            ("example.com", "is no address"),
            ("192.0.2.1/33", "a length that"),
            ("192.0.2.1/-1", "is no address"),
            ("::/129", "a length that"),
            ("0.0.0.0/0", "wider than"),
            ("::ffff:0.0.0.0/8", "wider than"),
            ("2000::/2", "wider than"),
            ("0.0.0.0-255.255.255.255", "wider than"),
            ("192.0.2.9-192.0.2.7", "not after"),
            ("192.0.2.9-2001:db8::1", "not after"),
        ] {
            let reason = IpRange::parse(text).unwrap_err();
            assert!(reason.contains(part), "{text}: {reason}");
        }
        assert!(
            IpRange::parse("224.0.0.0/3").is_ok()
                && IpRange::parse("224.0.0.0-255.255.255.255").is_ok()
        );
    }

    proptest! {
        #[test]
        fn a_set_holds_what_was_put_in_whatever_the_order(
            ranges in proptest::collection::vec((0_u32..200, 0_u32..20), 0..30),
            key in 0_u32..260,
        ) {
            let mut set = Ranges::default();
            ranges.iter().for_each(|it| set.add(IpRange::V4(it.0, it.0 + it.1)));
            set.settle();
            let inside = ranges.iter().any(|it| (it.0..=it.0 + it.1).contains(&key));
            prop_assert_eq!(set.contains(IpAddr::V4(key.into())), inside);
        }
    }
}
