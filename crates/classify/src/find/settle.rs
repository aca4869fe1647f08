//! Of the hits of one leaf, which stay: the strongest of those that share bytes, and no more than
//! anyone will read. However many there are, each is compared with a bounded number of others.

use super::{Hit, PERCENT_SURE};

/// What a hit is brought down to when a stronger one has the same bytes.
const PERCENT_SECOND: u8 = 45;
/// Twins both stay when their confidence differs by no more.
const TWINS_APART: u8 = 3;
const HITS_PER_LEAF_MAX: usize = 16;
/// Hits that a stronger one brought down and that are remembered; the weakest are dropped.
const SECONDS_MAX: usize = 48;

/// The strongest first; of those that share bytes one alone stays sure, but for twins.
pub(super) fn settle(hits: &mut Vec<Hit>, first: usize, are_twins: impl Fn(&Hit, &Hit) -> bool) {
    if hits.len() <= first {
        return;
    }
    hits[first..].sort_unstable_by_key(order);
    // Those that keep their confidence come before all that are not looked at yet, so what comes
    // after as many as may stay cannot stay.
    let (mut kept, mut whole) = (first, 0);
    for at in first..hits.len() {
        if whole == HITS_PER_LEAF_MAX {
            break;
        }
        let mut hit = hits[at];
        let stronger = &hits[first..kept];
        let shares = || stronger.iter().filter(|it| overlap(it, &hit));
        if shares().any(|it| it.info_type == hit.info_type) {
            continue;
        }
        // What was brought down itself is below, so the difference never is.
        let outdoes = |it: &Hit| {
            it.confidence >= PERCENT_SURE
                && !(it.confidence - hit.confidence <= TWINS_APART && are_twins(it, &hit))
        };
        if !shares().any(outdoes) {
            whole += 1;
        } else if kept - first - whole < SECONDS_MAX {
            hit.confidence = hit.confidence.min(PERCENT_SECOND);
        } else {
            continue;
        }
        hits[kept] = hit;
        kept += 1;
    }
    hits.truncate(kept);
    hits[first..].sort_unstable_by_key(order);
    hits.truncate(first + HITS_PER_LEAF_MAX);
}

fn order(it: &Hit) -> (u8, u32, gatewatch_model::InfoTypeId) {
    (100 - it.confidence, it.from, it.info_type)
}

fn overlap(one: &Hit, two: &Hit) -> bool {
    one.from < two.to && two.from < one.to
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use gatewatch_model::InfoTypeId;
    use gatewatch_model::info_type::Grounds;
    use proptest::prelude::*;

    use super::*;

    fn hit(info_type: u8, confidence: u8, (from, to): (u32, u32)) -> Hit {
        Hit {
            leaf: 0,
            info_type: InfoTypeId::of(&info_type.to_string()),
            confidence,
            grounds: Grounds::default(),
            from,
            to,
        }
    }

    fn are_twins(one: &Hit, two: &Hit) -> bool {
        let twins = [InfoTypeId::of("0"), InfoTypeId::of("1")];
        twins.contains(&one.info_type) && twins.contains(&two.info_type)
    }

    /// The same, each hit compared with all before it.
    fn plainly(mut hits: Vec<Hit>) -> Vec<Hit> {
        hits.sort_unstable_by_key(order);
        let mut kept = Vec::<Hit>::new();
        for mut hit in hits {
            let shares = |it: &&Hit| overlap(it, &hit);
            if kept
                .iter()
                .filter(shares)
                .any(|it| it.info_type == hit.info_type)
            {
                continue;
            }
            let outdone = kept.iter().filter(shares).any(|it| {
                let near = i16::from(it.confidence) - i16::from(hit.confidence) <= 3;
                it.confidence >= PERCENT_SURE && !(near && are_twins(it, &hit))
            });
            if outdone {
                hit.confidence = hit.confidence.min(PERCENT_SECOND);
            }
            kept.push(hit);
        }
        kept.sort_unstable_by_key(order);
        kept.truncate(HITS_PER_LEAF_MAX);
        kept
    }

    /// How often two hits were asked whether they are twins.
    fn questions(mut hits: Vec<Hit>) -> u32 {
        let asked = Cell::new(0);
        settle(&mut hits, 0, |_, _| {
            asked.set(asked.get() + 1);
            true
        });
        assert_eq!(hits.len(), HITS_PER_LEAF_MAX);
        asked.get()
    }

    #[test]
    fn hits_apart_from_each_other_are_not_asked_whether_they_are_twins() {
        let addresses = (0..2_000).map(|at| hit(0, 90, (at * 10, at * 10 + 8)));
        assert_eq!(questions(addresses.collect()), 0);
    }

    #[test]
    fn so_many_hits_that_share_bytes_are_compared_with_few() {
        let all = (0..2_000).map(|at| hit((at % 200) as u8, 90, (at, at + 100)));
        assert!(questions(all.collect()) <= 2_000 * HITS_PER_LEAF_MAX as u32);
    }

    #[test]
    fn what_a_strong_one_brought_down_hides_no_whole_one_behind_it() {
        let mut hits = vec![hit(200, 99, (0, 8_000))];
        hits.extend((0..900).map(|at| hit(0, 90, (at * 8, at * 8 + 7))));
        hits.push(hit(1, 60, (8_000, 8_010)));
        settle(&mut hits, 0, |_, _| false);
        let two = [hits[0].confidence, hits[1].confidence];
        assert_eq!((hits.len(), two), (HITS_PER_LEAF_MAX, [99, 60]));
    }

    proptest! {
        #[test]
        fn what_stays_is_what_comparing_all_with_all_leaves(
            drawn in prop::collection::vec((0_u8..6, 10_u8..100, 0_u32..300, 1_u32..40), 0..48),
        ) {
            let hits = drawn.iter().map(|it| hit(it.0, it.1, (it.2, it.2 + it.3)));
            let mut hits = hits.collect::<Vec<_>>();
            let plain = plainly(hits.clone());
            settle(&mut hits, 0, are_twins);
            prop_assert_eq!(hits, plain);
        }
    }
}
