//! The networks with the most calls. Like the top callers this is a model: it keeps sixteen places
//! after Misra and Gries, so that whoever calls first takes nobody's place for good. Up to sixteen
//! networks all counts are exact and merging is too. Beyond, each count is too low by at most
//! `short_max`, which is at most a seventeenth of all calls; two halves merge to the same in either
//! order, three need not.

use gatewatch_model::origin::OriginCount;
use minicbor::{Decode, Encode};

pub(super) const NETWORKS_MAX: usize = 16;

#[derive(Clone, Debug, Default, PartialEq, Encode, Decode)]
#[cbor(map)]
pub(super) struct TopNetworks {
    /// By the number of the network.
    #[n(0)]
    list: Vec<(u32, OriginCount)>,
    /// Calls that no count has any more.
    #[n(1)]
    lost: u64,
    /// No network has more calls than its count says and so many; nothing where the first sixteen
    /// were kept and all others lost, as older states have it.
    #[n(2)]
    short_max: Option<u64>,
}

impl TopNetworks {
    pub fn add(&mut self, number: u32, once: OriginCount) {
        if let Some(found) = self.list.iter_mut().find(|it| it.0 == number) {
            found.1.merge(&once);
        } else if self.list.len() < NETWORKS_MAX {
            self.insert(number, once);
        } else {
            self.lower(once.calls);
            self.lost += once.calls;
        }
    }

    pub fn merge(&mut self, other: &TopNetworks) {
        let short_max = self.short_max() + other.short_max();
        for (number, count) in &other.list {
            match self.list.iter_mut().find(|it| it.0 == *number) {
                Some(found) => found.1.merge(count),
                None => self.insert(*number, *count),
            }
        }
        self.lost += other.lost;
        self.short_max = (short_max > 0).then_some(short_max);
        if self.list.len() > NETWORKS_MAX {
            let mut calls = self.list.iter().map(|it| it.1.calls).collect::<Vec<_>>();
            calls.sort_unstable_by(|one, two| two.cmp(one));
            self.lower(calls[NETWORKS_MAX]);
        }
    }

    /// The most frequent first.
    pub fn rows(&self) -> Vec<(u32, OriginCount)> {
        let mut rows = self.list.clone();
        rows.sort_by_key(|it| core::cmp::Reverse(it.1.calls));
        rows
    }

    pub fn lost(&self) -> u64 {
        self.lost
    }

    pub fn short_max(&self) -> u64 {
        self.short_max.unwrap_or(self.lost)
    }

    pub fn touch(&self) -> u64 {
        self.list.first().map_or(0, |it| it.1.calls)
    }

    pub fn heap_bytes(&self) -> usize {
        self.list.capacity() * size_of::<(u32, OriginCount)>()
    }

    fn insert(&mut self, number: u32, count: OriginCount) {
        let at = self.list.partition_point(|it| it.0 < number);
        if self.list.len() == self.list.capacity() {
            self.list.reserve_exact(2);
        }
        self.list.insert(at, (number, count));
    }

    /// Takes so many calls off every count; what has none left goes.
    fn lower(&mut self, by: u64) {
        let mut taken = 0;
        let before = self.short_max();
        self.list.retain_mut(|it| {
            taken += it.1.calls.min(by);
            it.1.calls = it.1.calls.saturating_sub(by);
            it.1.calls > 0
        });
        self.lost += taken;
        self.short_max = Some(before + by);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use gatewatch_model::Timestamp;
    use proptest::prelude::*;

    use super::*;

    fn folded(networks: &[u32]) -> TopNetworks {
        let mut top = TopNetworks::default();
        for network in networks {
            let once = OriginCount {
                calls: 1,
                first_seen: Timestamp(i64::from(*network)),
                last_seen: Timestamp(i64::from(*network)),
            };
            top.add(*network, once);
        }
        top
    }

    fn calls(top: &TopNetworks, network: u32) -> u64 {
        let found = top.list.iter().find(|it| it.0 == network);
        found.map_or(0, |it| it.1.calls)
    }

    #[test]
    fn who_calls_most_is_listed_however_late_it_comes() {
        let early = 1..=200_u32;
        let late = (0..400).map(|it| if it % 2 == 0 { 777 } else { 1_000 + it });
        let top = folded(&early.chain(late).collect::<Vec<_>>());
        assert_eq!(top.rows()[0].0, 777);
        let counted = calls(&top, 777);
        assert!(
            counted <= 200 && counted + top.short_max() >= 200,
            "{top:?}"
        );
        let all = top.list.iter().map(|it| it.1.calls).sum::<u64>();
        assert_eq!(all + top.lost(), 600);
    }

    /// As states were before: the first sixteen, and how many calls others had.
    #[derive(Encode)]
    #[cbor(map)]
    struct First {
        #[n(0)]
        list: Vec<(u32, OriginCount)>,
        #[n(1)]
        lost: u64,
    }

    #[test]
    fn an_older_state_is_read_and_what_it_lost_may_be_of_anybody() {
        let full = folded(&(1..=16).collect::<Vec<_>>());
        let old = First {
            list: full.list.clone(),
            lost: 70,
        };
        let mut top = minicbor::decode::<TopNetworks>(&minicbor::to_vec(&old).unwrap()).unwrap();
        assert_eq!(
            (top.list.clone(), top.lost(), top.short_max()),
            (full.list, 70, 70)
        );
        top.add(
            99,
            OriginCount {
                calls: 1,
                ..OriginCount::default()
            },
        );
        // One of the newcomer, and one of each of the sixteen.
        assert_eq!((top.lost(), top.short_max()), (70 + 17, 71));
    }

    proptest! {
        #[test]
        fn up_to_sixteen_nothing_depends_on_order(
            networks in proptest::collection::vec(1_u32..=16, 0..60),
            at in any::<proptest::sample::Index>(),
        ) {
            let at = at.index(networks.len() + 1);
            let whole = folded(&networks);
            let mut halves = folded(&networks[at..]);
            halves.merge(&folded(&networks[..at]));
            prop_assert_eq!(&halves, &whole);
            prop_assert_eq!((whole.lost(), whole.short_max()), (0, 0));
        }

        #[test]
        fn no_count_is_off_by_more_than_is_said(
            parts in proptest::collection::vec(proptest::collection::vec(1_u32..60, 0..200), 1..5),
        ) {
            let mut truth = BTreeMap::<u32, u64>::new();
            parts.iter().flatten().for_each(|it| *truth.entry(*it).or_default() += 1);
            let mut merged = TopNetworks::default();
            parts.iter().for_each(|it| merged.merge(&folded(it)));
            let total = truth.values().sum::<u64>();
            for (network, real) in truth {
                let counted = calls(&merged, network);
                prop_assert!(counted <= real && real <= counted + merged.short_max());
            }
            prop_assert!(merged.list.len() <= NETWORKS_MAX);
            let counted = merged.list.iter().map(|it| it.1.calls).sum::<u64>();
            prop_assert_eq!(counted + merged.lost(), total);
            prop_assert!(merged.short_max() <= total / (NETWORKS_MAX as u64 + 1));
        }

        #[test]
        fn two_halves_merge_to_the_same_in_either_order(
            one in proptest::collection::vec(1_u32..60, 0..200),
            two in proptest::collection::vec(1_u32..60, 0..200),
        ) {
            let (one, two) = (folded(&one), folded(&two));
            let (mut here, mut there) = (one.clone(), two.clone());
            here.merge(&two);
            there.merge(&one);
            prop_assert_eq!(here, there);
        }
    }
}
