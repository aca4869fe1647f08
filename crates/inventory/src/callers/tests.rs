//! What the table of callers promises.

use std::collections::BTreeMap;

use gatewatch_model::EndpointId;
use proptest::prelude::*;

use super::*;

fn address(number: u32) -> Caller {
    Caller::new(None, Some(std::net::Ipv4Addr::from(number).into()))
}

fn digest(caller: Caller, endpoint: u8, second: i64, statuses: [u64; 6]) -> Digest {
    let at = Timestamp::from_seconds(second);
    Digest {
        caller,
        endpoint: EndpointId([endpoint; 16]),
        window: at,
        first_seen: at,
        last_seen: at.plus_seconds(5),
        statuses,
    }
}

fn drained(callers: &mut Callers) -> Effects {
    let mut effects = Effects::default();
    callers.drain(&mut effects);
    effects
}

fn saved(callers: &Callers) -> Vec<u8> {
    let mut bytes = Vec::new();
    callers.encode(&mut bytes);
    bytes
}

#[test]
fn calls_of_nobody_in_particular_are_kept_and_count_as_no_caller() {
    let mut callers = Callers::default();
    callers.fold(&digest(Caller::Unknown, 1, 100, [0, 0, 7, 0, 0, 0]));
    let effects = drained(&mut callers);
    assert_eq!(effects.callers[0].calls, 7);
    assert_eq!(effects.coverage.unwrap().callers_estimate, 0);
}

#[test]
fn a_delta_says_what_the_caller_did_since_the_last_one() {
    let mut callers = Callers::default();
    callers.fold(&digest(address(1), 1, 100, [0, 0, 7, 0, 2, 1]));
    callers.fold(&digest(address(1), 2, 90, [0, 0, 1, 0, 0, 0]));
    let effects = drained(&mut callers);
    let expected = CallerDelta {
        caller: address(1),
        calls: 11,
        refused: 2,
        first_seen: Timestamp::from_seconds(90),
        last_seen: Timestamp::from_seconds(105),
        endpoints_estimate: 2,
    };
    assert_eq!(effects.callers, [expected]);
    let coverage = effects.coverage.unwrap();
    assert_eq!(
        (
            coverage.callers,
            coverage.callers_estimate,
            coverage.callers_evicted
        ),
        (1, 1, 0)
    );
    assert!(drained(&mut callers).is_empty());
    callers.fold(&digest(address(1), 3, 200, [0, 0, 1, 0, 0, 0]));
    let again = drained(&mut callers);
    assert_eq!(
        (
            again.callers[0].calls,
            again.callers[0].endpoints_estimate,
            again.coverage
        ),
        (1, 3, None)
    );
}

#[test]
fn the_caller_seen_longest_ago_makes_room_and_its_delta_stays() {
    let mut callers = Callers::default();
    let max = u32::try_from(CALLERS_MAX).unwrap();
    for number in (0..max).chain([0, max]) {
        callers.fold(&digest(address(number), 1, 0, [0, 0, 1, 0, 0, 0]));
    }
    assert!(callers.find(&address(0)).is_some() && callers.find(&address(1)).is_none());
    let effects = drained(&mut callers);
    assert_eq!(effects.callers.len(), CALLERS_MAX + 1);
    assert_eq!(
        effects.callers.iter().map(|it| it.calls).sum::<u64>(),
        u64::from(max) + 2
    );
    assert_eq!(effects.coverage.unwrap().callers_evicted, 1);
}

#[test]
fn a_caller_takes_no_more_than_its_budget() {
    assert!(
        size_of::<Option<Known>>() + 8 + 5 <= 256 - gatewatch_model::caller::IDENTITY_BYTES_MAX
    );
}

/// One partition of sixteen sees a sixteenth of all callers.
#[test]
fn a_million_callers_take_the_memory_of_two_hundred_thousand() {
    let mut callers = Callers::default();
    let mut heap = Vec::new();
    for number in 0..1_000_000 / 16 {
        callers.fold(&digest(address(number), 1, 0, [0, 0, 1, 0, 0, 0]));
        if (number + 1) % (100_000 / 16) == 0 {
            drained(&mut callers);
            heap.push(callers.heap_bytes());
        }
    }
    assert!(heap[9] as f64 <= heap[1] as f64 * 1.05, "{heap:?}");
    let estimate = callers.coverage().callers_estimate as f64;
    assert!((estimate / 62_500.0 - 1.0).abs() < 0.07, "{estimate}");
}

type Seen = (u32, u8, i64, u64);

fn fold(callers: &mut Callers, seen: &[Seen]) {
    for (number, endpoint, second, refused) in seen {
        let name = format!("id-{number}");
        let caller = if number % 3 == 0 {
            Caller::new(Some(&name), None)
        } else {
            address(*number)
        };
        callers.fold(&digest(
            caller,
            *endpoint,
            *second,
            [0, 0, 1, 0, *refused, 0],
        ));
    }
}

/// A store in a map: counts add up, spans widen, estimates are the highest.
fn keep(kept: &mut BTreeMap<Caller, CallerDelta>, effects: Effects) {
    for delta in effects.callers {
        let row = kept
            .entry(delta.caller.clone())
            .or_insert_with(|| CallerDelta {
                calls: 0,
                refused: 0,
                ..delta.clone()
            });
        row.calls += delta.calls;
        row.refused += delta.refused;
        row.first_seen = row.first_seen.min(delta.first_seen);
        row.last_seen = row.last_seen.max(delta.last_seen);
        row.endpoints_estimate = row.endpoints_estimate.max(delta.endpoints_estimate);
    }
}

fn seen() -> impl Strategy<Value = Vec<Seen>> {
    proptest::collection::vec((0..12_u32, any::<u8>(), 0..1_000_i64, 0..3_u64), 0..200)
}

proptest! {
    #[test]
    fn loaded_callers_go_on_as_the_original(seen in seen(), cut in any::<prop::sample::Index>()) {
        let (before, after) = seen.split_at(cut.index(seen.len() + 1));
        let mut original = Callers { followed_max: 7, ..Callers::default() };
        fold(&mut original, before);
        drained(&mut original);
        let mut copy = Callers { followed_max: 7, ..Callers::decode(&saved(&original)).unwrap() };
        fold(&mut original, after);
        fold(&mut copy, after);
        prop_assert_eq!(saved(&original), saved(&copy));
        prop_assert_eq!(drained(&mut original), drained(&mut copy));
    }

    #[test]
    fn checkpoints_and_restarts_never_show(seen in seen(), cuts in any::<[prop::sample::Index; 3]>()) {
        let mut whole = Callers { followed_max: 7, ..Callers::default() };
        fold(&mut whole, &seen);
        let mut expected = BTreeMap::new();
        keep(&mut expected, drained(&mut whole));

        let mut at = cuts.map(|it| it.index(seen.len() + 1));
        at.sort_unstable();
        let mut kept = BTreeMap::new();
        let mut callers = Callers { followed_max: 7, ..Callers::default() };
        fold(&mut callers, &seen[..at[0]]);
        keep(&mut kept, drained(&mut callers));
        let snapshot = saved(&callers);
        fold(&mut callers, &seen[at[0]..at[1]]);
        keep(&mut kept, drained(&mut callers));
        fold(&mut callers, &seen[at[1]..at[2]]);
        // A crash: what came after the last checkpoint is lost and folded again.
        callers = Callers { followed_max: 7, ..Callers::decode(&snapshot).unwrap() };
        fold(&mut callers, &seen[at[0]..at[1]]);
        callers.discard();
        fold(&mut callers, &seen[at[1]..]);
        keep(&mut kept, drained(&mut callers));
        prop_assert_eq!(kept, expected);
        prop_assert_eq!(saved(&callers), saved(&whole));
    }
}
