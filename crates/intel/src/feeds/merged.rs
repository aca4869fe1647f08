//! All feeds as one table, so that a question costs the same whatever their number: where something
//! begins or ends in any of them, a new range begins here.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::net::IpAddr;

use gatewatch_model::origin::Tags;

use super::{FeedHit, Feeds, TAGS};
use crate::limits::FEEDS_MAX;
use crate::table::{Key, Table};

#[derive(Debug)]
pub struct Merged {
    v4: Table<u32>,
    v6: Table<u128>,
    /// What the tables number, counted from 1: tags, and the place of the first feed.
    marks: Vec<(Tags, usize)>,
}

/// The ranges of one feed and tag, in their order.
struct Group<'r, K> {
    ranges: &'r [(K, K)],
    tag: usize,
    feed: usize,
}

/// How many groups of each tag and each feed hold the address that the walk has come to.
struct Active {
    tags: [u16; TAGS.len()],
    feeds: [u16; FEEDS_MAX],
}

impl Merged {
    pub fn new(feeds: &Feeds) -> Merged {
        let mut numbers = BTreeMap::new();
        let mut groups = (Vec::new(), Vec::new());
        for (feed, known) in feeds.list.iter().enumerate() {
            for (tag, ranges) in &known.groups {
                let Some(tag) = TAGS.iter().position(|it| it == tag) else {
                    continue;
                };
                groups.0.push(Group {
                    ranges: ranges.v4(),
                    tag,
                    feed,
                });
                groups.1.push(Group {
                    ranges: ranges.v6(),
                    tag,
                    feed,
                });
            }
        }
        let v4 = merge(&groups.0, &mut numbers);
        let v6 = merge(&groups.1, &mut numbers);
        let mut marks = numbers.into_iter().collect::<Vec<_>>();
        marks.sort_unstable_by_key(|it| it.1);
        Merged {
            v4,
            v6,
            marks: marks
                .into_iter()
                .map(|((tags, feed), _)| (Tags(tags), feed))
                .collect(),
        }
    }

    /// What [`Feeds::find`] says, at once.
    pub fn find<'f>(&self, feeds: &'f Feeds, address: IpAddr) -> FeedHit<'f> {
        let number = match address {
            IpAddr::V4(v4) => self.v4.find(v4.to_bits()),
            IpAddr::V6(v6) => self.v6.find(v6.to_bits()),
        };
        let Some((tags, feed)) = (number as usize)
            .checked_sub(1)
            .and_then(|it| self.marks.get(it))
        else {
            return FeedHit::default();
        };
        FeedHit {
            tags: *tags,
            name: feeds.list.get(*feed).map(|it| &*it.feed.name),
        }
    }
}

/// Walks over where ranges begin and end, in all groups at once.
fn merge<K: Key>(groups: &[Group<'_, K>], numbers: &mut BTreeMap<(u32, usize), u32>) -> Table<K> {
    // Of each group the next edge: where it is, whose it is, and which of its edges.
    let mut edges = BinaryHeap::new();
    for (at, group) in groups.iter().enumerate() {
        edges.extend(group.edge(0).map(|it| Reverse((it, at, 0))));
    }
    let mut active = Active {
        tags: [0; TAGS.len()],
        feeds: [0; FEEDS_MAX],
    };
    let mut starts = Vec::new();
    while let Some(Reverse((key, at, edge))) = edges.pop() {
        let group = &groups[at];
        active.turn(group, edge % 2 == 0);
        edges.extend(group.edge(edge + 1).map(|it| Reverse((it, at, edge + 1))));
        if edges.peek().is_some_and(|it| it.0.0 == key) {
            continue;
        }
        let value = active.mark().map_or(0, |it| {
            let next = numbers.len() as u32 + 1;
            *numbers.entry(it).or_insert(next)
        });
        if starts.last().map_or(0, |it: &(K, u32)| it.1) != value {
            starts.push((key, value));
        }
    }
    Table::of_starts(starts)
}

impl<K: Key> Group<'_, K> {
    /// Even ones are where a range begins, odd ones where it has ended; the end of all addresses
    /// is no edge.
    fn edge(&self, number: usize) -> Option<K> {
        let (first, last) = *self.ranges.get(number / 2)?;
        if number.is_multiple_of(2) {
            Some(first)
        } else {
            last.next()
        }
    }
}

impl Active {
    fn turn<K>(&mut self, group: &Group<'_, K>, on: bool) {
        for count in [&mut self.tags[group.tag], &mut self.feeds[group.feed]] {
            *count = if on { *count + 1 } else { *count - 1 };
        }
    }

    fn mark(&self) -> Option<(u32, usize)> {
        let feed = self.feeds.iter().position(|it| *it > 0)?;
        let tags = self.tags.iter().zip(TAGS).filter(|it| *it.0 > 0);
        Some((tags.fold(0, |all, it| all | it.1.0), feed))
    }
}

#[cfg(test)]
mod tests {
    use gatewatch_model::Timestamp;
    use proptest::prelude::*;

    use super::*;
    use crate::feeds::FeedFile;

    fn feeds(lists: &[Vec<(u32, u32)>]) -> Feeds {
        let mut feeds = Feeds::default();
        for (at, list) in lists.iter().enumerate() {
            let line = |(first, width): &(u32, u32)| {
                // Both ends of the addresses, and both families.
                let base = if width % 2 == 0 { 0 } else { 0xffff_ff00 };
                let (first, last) = (base + first, base + (first + width).min(255));
                let v4 = |it: u32| std::net::Ipv4Addr::from_bits(it);
                let v6 =
                    |it: u32| std::net::Ipv6Addr::from_bits(u128::MAX - u128::from(u32::MAX - it));
                format!("{}-{}\n{}-{}\n", v4(first), v4(last), v6(first), v6(last))
            };
            let text = list.iter().map(line).collect::<String>() + "192.0.2.1\n";
            let file = FeedFile {
                name: "made".into(),
                bytes: text.into_bytes(),
            };
            let tag = TAGS[at % TAGS.len()];
            feeds
                .add((&format!("{at}"), tag), vec![file], None, Timestamp::ZERO)
                .unwrap();
        }
        feeds
    }

    #[test]
    fn without_feeds_nothing_is_found() {
        let feeds = Feeds::default();
        let nothing = Merged::new(&feeds).find(&feeds, IpAddr::from([192, 0, 2, 1]));
        assert_eq!(nothing, FeedHit::default());
    }

    proptest! {
        #[test]
        fn a_merged_table_answers_as_a_walk_over_all_feeds(
            lists in proptest::collection::vec(
                proptest::collection::vec((0_u32..256, 0_u32..40), 0..6),
                0..10,
            ),
        ) {
            let feeds = feeds(&lists);
            let merged = Merged::new(&feeds);
            for low in (0..256_u32).chain(0xffff_ff00..=u32::MAX) {
                let v4 = IpAddr::from(low.to_be_bytes());
                let v6 = u128::MAX - u128::from(u32::MAX - low);
                for address in [v4, IpAddr::from(v6.to_be_bytes())] {
                    prop_assert_eq!(merged.find(&feeds, address), feeds.find(address));
                }
            }
        }
    }
}
