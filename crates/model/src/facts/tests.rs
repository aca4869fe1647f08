//! The laws of facts: any split, any order, the same bytes.

use proptest::prelude::*;

use super::*;

fn observation() -> impl Strategy<Value = Observation> {
    let size = || proptest::option::of(prop_oneof![0..2_000_u64, any::<u64>()]);
    (
        any::<u32>(),
        0..700_u16,
        size(),
        size(),
        size(),
        any::<Option<u64>>(),
        any::<bool>(),
    )
        .prop_map(
            |(at, status, request_bytes, response_bytes, latency_micros, caller, bad)| {
                Observation {
                    at: Timestamp(i64::from(at)),
                    status,
                    request_bytes,
                    response_bytes,
                    latency_micros,
                    caller,
                    blemishes: if bad {
                        Blemishes::SKEWED
                    } else {
                        Blemishes::default()
                    },
                }
            },
        )
}

fn fold(observations: &[Observation]) -> Facts {
    let mut facts = Facts::default();
    observations.iter().for_each(|it| facts.observe(it));
    facts
}

fn bytes(facts: &Facts) -> Vec<u8> {
    minicbor::to_vec(facts).unwrap()
}

fn merged(one: &Facts, two: &Facts) -> Facts {
    let mut sum = one.clone();
    sum.merge(two);
    sum
}

proptest! {
    #[test]
    fn merge_is_commutative_and_associative_bit_for_bit(
        all in proptest::collection::vec(observation(), 0..600), cuts in any::<[prop::sample::Index; 2]>(),
    ) {
        let mut at = cuts.map(|it| it.index(all.len() + 1));
        at.sort_unstable();
        let (a, b, c) = (fold(&all[..at[0]]), fold(&all[at[0]..at[1]]), fold(&all[at[1]..]));
        let whole = bytes(&fold(&all));
        prop_assert_eq!(&whole, &bytes(&merged(&merged(&a, &b), &c)));
        prop_assert_eq!(&whole, &bytes(&merged(&a, &merged(&b, &c))));
        prop_assert_eq!(&whole, &bytes(&merged(&merged(&c, &b), &a)));
    }

    #[test]
    fn order_never_shows(mut all in proptest::collection::vec(observation(), 0..600)) {
        let forward = bytes(&fold(&all));
        all.reverse();
        prop_assert_eq!(forward, bytes(&fold(&all)));
    }

    #[test]
    fn facts_read_what_they_write(all in proptest::collection::vec(observation(), 0..600)) {
        let facts = fold(&all);
        prop_assert_eq!(&minicbor::decode::<Facts>(&bytes(&facts)).unwrap(), &facts);
    }

    #[test]
    fn quantiles_are_within_four_percent(mut values in proptest::collection::vec(1..10_000_000_u64, 1..500)) {
        let mut sketch = Quantiles::default();
        values.iter().for_each(|it| sketch.add(*it));
        values.sort_unstable();
        for q in [0.5, 0.95, 0.99] {
            let rank = ((q * values.len() as f64).ceil() as usize).max(1) - 1;
            let (truth, estimate) = (values[rank] as f64, sketch.quantile(q) as f64);
            prop_assert!((estimate - truth).abs() <= truth * 0.04 + 1.0, "{estimate} for {truth}");
        }
    }

    #[test]
    fn hostile_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = minicbor::decode::<Facts>(&bytes);
    }
}

#[test]
fn a_caller_that_is_not_observed_is_none() {
    let mut facts = fold(&[Observation::default(); 3]);
    assert_eq!(facts.callers.estimate(), 0);
    facts.observe(&Observation {
        caller: Some(mixed(1)),
        ..Observation::default()
    });
    assert_eq!((facts.calls, facts.callers.estimate()), (4, 1));
}

#[test]
fn the_estimate_of_callers_is_within_seven_percent() {
    let mut sketch = Hll::default();
    let mut state = 42_u64;
    let mut next_check = 10;
    for count in 1..=1_000_000_u64 {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        sketch.add(mixed(state));
        if count == next_check {
            let error = (sketch.estimate() as f64 - count as f64).abs() / count as f64;
            assert!(error < 0.07, "{} for {count}", sketch.estimate());
            next_check *= 10;
        }
    }
}

#[test]
fn the_fullest_facts_fit_their_budget() {
    let mut facts = Facts::default();
    for step in 0..200_000_u64 {
        let value = mixed(step) >> (step % 64);
        facts.observe(&Observation {
            status: (step % 700) as u16,
            request_bytes: Some(value),
            response_bytes: Some(value),
            latency_micros: Some(value),
            caller: Some(mixed(step)),
            ..Observation::default()
        });
    }
    assert!(
        facts.heap_bytes() + size_of::<Facts>() <= 24 * 1_024,
        "{}",
        facts.heap_bytes()
    );
}

fn mixed(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[test]
fn several_quantiles_in_one_walk_are_those_of_several_walks() {
    let mut sketch = Quantiles::default();
    for values in 0..40_u64 {
        let all = sketch.quantiles(sketch.count(), [0.0, 0.5, 0.5, 0.95, 1.0]);
        let each = [0.0, 0.5, 0.5, 0.95, 1.0].map(|it| sketch.quantile(it));
        assert_eq!(all, each, "{values} values");
        sketch.add(values * values * 1_000);
    }
    assert_eq!(sketch.quantiles(sketch.count(), [0.0, 1.0])[0], 0);
}
