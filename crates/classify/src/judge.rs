//! What a member is, by all that was counted of it: a member that passes a check digit once in
//! ten values holds order numbers, one that always does holds cards.

use gatewatch_model::InfoTypeId;
use gatewatch_model::info_type::{Counted, Ground, Grounds, HitFact, Verdict};

use crate::catalogue::Catalogue;
use crate::find::PERCENT_SURE;
use crate::info_type::InfoType;

/// Of a member that is of a type so many values in a hundred pass its check; the rest is broken
/// or left blank.
const PASSES_WHEN_IS: f64 = 0.9;
/// What counting can add to the odds, and take, in powers of ten.
const RAISE_MAX: f64 = 4.0;
const LOWER_MAX: f64 = -4.0;
/// Where a name, a label or words before speak for each value, counting takes no more than this.
const LOWER_NAMED_MAX: f64 = -1.0;
/// A member that fits by chance is believed to be of the type only when chance would do the same
/// once in 10,000 members; a value that fits says this little of it at the start.
const START: f64 = -4.0;
/// A value alone says as much as this from here on; counting cannot make it doubtful.
const PLAIN_AT: u64 = 90;
const ALWAYS: f64 = 0.9;
const SELDOM: f64 = 0.5;
/// Values before anything is said of how often they fit.
const VALUES_MIN: u64 = 4;
const MOST: f64 = 99.0;
/// A member stays of a type from here on, or while one value in so many fits; and gives way to a
/// type that is sure and fits so many times as often.
const KEPT_FROM: u8 = 25;
const OUTDONE_BY: u64 = 4;

/// Whether a member is of a type. `all` are the values of the member that have any text, fitting or
/// not. The more different ones, the steadier it is: a member whose values fit by chance is taken
/// for one of the type at most once in 10,000 members, however long it is watched. One that comes
/// again and again says no more than it did the first time.
pub fn judge(info_type: &InfoType, fact: &HitFact, all: Counted) -> Verdict {
    let fits = fact.fits.max(1);
    let values = all.values.max(fits);
    let mean = fact.confidence_sum / fits;
    let mut grounds = fact.grounds;
    let share = fits as f64 / values as f64;
    if values >= VALUES_MIN && share >= ALWAYS {
        grounds.insert(Ground::AlwaysFits);
    } else if values >= VALUES_MIN && share < SELDOM {
        grounds.insert(Ground::SeldomFits);
    }
    let named = is_named(fact.grounds);
    let confidence = match weakest_check(info_type) {
        Some(one_in) if named || mean < PLAIN_AT => {
            let new = all.distinct.clamp(1, values) as f64 / values as f64;
            let mut counted = counted(fits as f64 * new, (values - fits) as f64 * new, one_in);
            if grounds.contains(Ground::NameAgainst) {
                // Whoever numbers orders may well add a check digit to each.
                counted = counted.min(0.0);
            }
            let least = if named { LOWER_NAMED_MAX } else { LOWER_MAX };
            weigh(mean as f64, counted, least)
        }
        _ => mean as f64,
    };
    Verdict {
        info_type: info_type.key,
        confidence: confidence.clamp(0.0, MOST).round() as u8,
        grounds,
    }
}

/// All that a member could be, the strongest first. Of types that a value cannot be both, one is
/// left above a half. What it was `told` to be it stays while it may be so.
pub fn judge_all(
    catalogue: &Catalogue,
    facts: &[HitFact],
    all: Counted,
    told: Option<InfoTypeId>,
) -> Vec<Verdict> {
    let mut judged = facts
        .iter()
        .filter_map(|fact| Some((judge(catalogue.by_key(fact.info_type)?, fact, all), fact)))
        .collect::<Vec<_>>();
    let held = told.filter(|it| stays(*it, &judged, all.values));
    let is_held = |it: InfoTypeId| held == Some(it);
    for (verdict, _) in judged.iter_mut().filter(|it| is_held(it.0.info_type)) {
        verdict.confidence = verdict.confidence.max(PERCENT_SURE);
    }
    judged.sort_by_key(|(verdict, fact)| {
        let fits = u64::MAX - fact.fits;
        let id = verdict.info_type;
        (!is_held(id), 100 - verdict.confidence, fits, id)
    });
    let Some((first, _)) = judged.first().map(|(verdict, fact)| (*verdict, *fact)) else {
        return Vec::new();
    };
    judged
        .into_iter()
        .enumerate()
        .map(|(at, (mut verdict, fact))| {
            // Running text can hold many types; a number is of one.
            let in_text =
                fact.grounds.contains(Ground::Words) || fact.grounds.contains(Ground::Sibling);
            if at > 0 && first.confidence >= PERCENT_SURE && !in_text && !speaks_for_itself(fact) {
                verdict.confidence = verdict.confidence.min(PERCENT_SURE - 5);
            }
            verdict
        })
        .collect()
}

/// Whether a member stays of the type that it was told to be: values that are now this, now that,
/// make it neither the one nor the other in turns.
fn stays(told: InfoTypeId, judged: &[(Verdict, &HitFact)], values: u64) -> bool {
    let Some((verdict, fact)) = judged.iter().find(|it| it.0.info_type == told) else {
        return false;
    };
    let often = fact.fits.saturating_mul(OUTDONE_BY);
    let is_outdone = judged
        .iter()
        .any(|(other, by)| other.confidence >= PERCENT_SURE && by.fits > often);
    !is_outdone && (verdict.confidence >= KEPT_FROM || often >= values)
}

/// The confidence that is told of one hit, by its own exchange and by what is known of its member.
pub fn finish(hit_confidence: u8, verdict: Verdict) -> u8 {
    let seldom = verdict.grounds.contains(Ground::SeldomFits);
    if verdict.confidence >= hit_confidence {
        // What all values say is said of this one too, but for those that hardly fit themselves.
        return verdict.confidence;
    }
    if u64::from(hit_confidence) >= PLAIN_AT || !seldom && hit_confidence >= PERCENT_SURE {
        return hit_confidence;
    }
    verdict.confidence
}

/// The share of random values that pass the weakest check of a type, as one in so many.
fn weakest_check(info_type: &InfoType) -> Option<u32> {
    let checks = info_type
        .patterns
        .iter()
        .map(|it| it.check.map(|it| it.one_in));
    checks.min().flatten().filter(|it| *it > 1)
}

/// How much more likely it is that a member of the type gives these numbers than that chance does,
/// in powers of ten.
fn counted(fits: f64, misses: f64, one_in: u32) -> f64 {
    let by_chance = 1.0 / f64::from(one_in.max(2));
    let fit = (PASSES_WHEN_IS / by_chance).log10();
    let miss = ((1.0 - PASSES_WHEN_IS) / (1.0 - by_chance)).log10();
    fits * fit + misses * miss
}

/// Odds of a percentage, moved by what was counted. What the first value says is in the percentage
/// already, so counting begins in the red and only its rise above that is believed.
fn weigh(percent: f64, counted: f64, least: f64) -> f64 {
    let percent = percent.clamp(1.0, MOST);
    let odds = (percent / (100.0 - percent)).log10();
    let moved = if counted > 0.0 {
        let risen = (counted + START).clamp(0.0, RAISE_MAX);
        odds + risen
    } else {
        odds + counted.clamp(least, 0.0)
    };
    100.0 / (1.0 + 10_f64.powf(-moved))
}

fn is_named(grounds: Grounds) -> bool {
    [Ground::Name, Ground::Sibling, Ground::Words]
        .into_iter()
        .any(|it| grounds.contains(it))
}

fn speaks_for_itself(fact: &HitFact) -> bool {
    fact.grounds.contains(Ground::Prefix)
}

#[cfg(test)]
mod tests {
    use gatewatch_model::time::Timestamp;
    use proptest::prelude::*;

    use super::*;
    use crate::catalogue::SHIPPED;

    fn verdict(percent: u64, grounds: &[Ground], fits: u64, values: u64) -> Verdict {
        let card = SHIPPED.find("credit-card").unwrap();
        let mut of_fact = Grounds::default();
        grounds.iter().for_each(|it| of_fact.insert(*it));
        let fact = HitFact {
            info_type: card.key,
            fits,
            confidence_sum: fits * percent,
            grounds: of_fact,
            first_seen: Timestamp(0),
            last_seen: Timestamp(0),
        };
        let all = Counted {
            values,
            distinct: values,
        };
        judge(card, &fact, all)
    }

    /// What a member is told to be that holds so many numbers of two countries.
    fn of_two(told: Option<&str>, dni: u64, bsn: u64, values: u64) -> Option<&'static str> {
        let fact = |id: &str, fits: u64, percent: u64| HitFact {
            info_type: SHIPPED.find(id).unwrap().key,
            fits,
            confidence_sum: fits * percent,
            grounds: Grounds::default(),
            first_seen: Timestamp(0),
            last_seen: Timestamp(0),
        };
        let mut facts = vec![fact("es-dni", dni, 60), fact("nl-bsn", bsn, 60)];
        facts.retain(|it| it.fits > 0);
        let all = Counted {
            values,
            distinct: values,
        };
        let told = told.map(|it| SHIPPED.find(it).unwrap().key);
        let first = *judge_all(&SHIPPED, &facts, all, told).first()?;
        let sure = first.confidence >= PERCENT_SURE;
        sure.then(|| &*SHIPPED.by_key(first.info_type).unwrap().id)
    }

    #[test]
    fn what_is_now_this_now_that_stays_what_it_was_told_to_be() {
        for told in ["es-dni", "nl-bsn"] {
            for (dni, bsn) in [(50, 50), (40, 60), (60, 40)] {
                assert_eq!(of_two(Some(told), dni, bsn, dni + bsn), Some(told));
            }
        }
        assert_eq!(
            of_two(Some("es-dni"), 2, 98, 100),
            Some("nl-bsn"),
            "an error"
        );
        assert_eq!(of_two(Some("nl-bsn"), 0, 10, 100), None, "it was chance");
        assert_eq!(of_two(None, 0, 50, 50), Some("nl-bsn"));
    }

    #[test]
    fn one_value_that_comes_again_and_again_says_no_more_than_once() {
        let card = SHIPPED.find("credit-card").unwrap();
        let mut grounds = Grounds::default();
        grounds.insert(Ground::Check);
        let fact = HitFact {
            info_type: card.key,
            fits: 10_000,
            confidence_sum: 10_000 * 30,
            grounds,
            first_seen: Timestamp(0),
            last_seen: Timestamp(0),
        };
        let of = |distinct| {
            let values = 10_000;
            judge(card, &fact, Counted { values, distinct }).confidence
        };
        assert!(of(1) < 50, "the number of a shop, not of many people");
        assert!(of(10_000) > 80);
        let rising = [1, 2, 4, 8, 16, 10_000].map(of);
        assert!(rising.is_sorted(), "{rising:?}");
    }

    #[test]
    fn a_member_that_passes_once_in_ten_is_no_card() {
        let order = verdict(80, &[Ground::Form, Ground::Check], 10, 100);
        assert!(order.confidence < 5, "{}", order.confidence);
        assert!(order.grounds.contains(Ground::SeldomFits));
    }

    #[test]
    fn a_member_that_always_passes_is_one_even_without_a_name() {
        assert!(verdict(30, &[Ground::Form, Ground::Check], 3, 3).confidence < 50);
        let card = verdict(30, &[Ground::Form, Ground::Check], 8, 8);
        assert!(card.confidence > 80, "{}", card.confidence);
        assert!(card.grounds.contains(Ground::AlwaysFits));
    }

    #[test]
    fn a_name_is_believed_though_many_values_are_broken() {
        assert!(verdict(95, &[Ground::Name], 30, 100).confidence >= 50);
    }

    #[test]
    fn a_member_of_random_digits_changes_its_type_at_most_once_in_10_000_exchanges() {
        let mut wrong = 0;
        let mut seed = 1_u64;
        for _member in 0..200 {
            let (mut fits, mut was) = (0, false);
            let mut changes = 0;
            for values in 1..=10_000 {
                seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                fits += u64::from((seed >> 33).is_multiple_of(10));
                let is = fits > 0 && verdict(30, &[Ground::Check], fits, values).confidence >= 50;
                changes += u32::from(is != was);
                was = is;
            }
            wrong += u32::from(changes > 1);
        }
        assert_eq!(wrong, 0);
    }

    proptest! {
        #[test]
        fn more_values_that_fit_never_lower_a_verdict(percent in 20_u64..99, fits in 1_u64..500, misses in 0_u64..500) {
            let one = verdict(percent, &[Ground::Check], fits, fits + misses);
            let two = verdict(percent, &[Ground::Check], fits + 1, fits + 1 + misses);
            prop_assert!(two.confidence >= one.confidence);
        }
    }
}
