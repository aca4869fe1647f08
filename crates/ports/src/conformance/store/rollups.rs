//! Roll-ups: sums of minutes that grow coarser with age.

use gatewatch_model::Timestamp;
use gatewatch_model::effects::Effects;
use gatewatch_model::rollup::{Cell, Step};

use super::Maker;
use super::samples::{
    NOW, all_time, calls, calls_cell, collection, collection_id, endpoint_id, estate, rollup, write,
};
use crate::Store;
use crate::store::{ROLLUP_STEPS_MAX, RollupQuery};

const HOUR: i64 = 60;
const DAY: i64 = 24 * HOUR;

fn written(maker: &mut dyn Maker, minutes: &[(i64, u64)]) -> Box<dyn Store> {
    let store = maker.make();
    let mut effects = estate(&[1]);
    effects.rollups = vec![rollup(1, minutes)];
    write(&*store, effects);
    store
}

fn more(minutes: &[(i64, u64)]) -> Effects {
    Effects {
        rollups: vec![rollup(1, minutes)],
        ..Effects::default()
    }
}

fn days_later(days: i64) -> Timestamp {
    NOW.plus_seconds(days * DAY * 60)
}

/// From ten years before `NOW` to ten years after it.
fn ever(step: Step) -> RollupQuery {
    RollupQuery {
        to: days_later(3_650),
        ..all_time(step)
    }
}

pub fn minutes_add_up(maker: &mut dyn Maker) {
    let store = written(maker, &[(0, 1), (59, 2), (-1, 4)]);
    let mut again = more(&[(59, 8), (60, 16)]);
    again.rollups.push(rollup(1, &[(59, 32)]));
    write(&*store, again);
    let expected = [(-1, 4), (0, 1), (59, 42), (60, 16)];
    assert_eq!(calls(&*store, &all_time(Step::Minute)), expected);
    let mut cell = Cell::default();
    for calls in [2, 8, 32] {
        cell.merge(&calls_cell(calls));
    }
    let cells = store.rollup(&all_time(Step::Minute)).unwrap();
    assert_eq!(cells[2], (NOW.minute() + 59, cell), "every number of it");
}

pub fn whole_steps(maker: &mut dyn Maker) {
    let store = written(maker, &[(-1, 1), (0, 2), (29, 4), (59, 8), (60, 16)]);
    let from = |seconds| NOW.plus_seconds(seconds);
    let ask = |from, to, step| {
        let query = RollupQuery {
            from,
            to,
            ..all_time(step)
        };
        calls(&*store, &query)
    };
    assert_eq!(ask(from(0), from(3_600), Step::Hour), [(0, 14)]);
    assert_eq!(ask(from(1_799), from(1_800), Step::Hour), [(0, 14)]);
    assert_eq!(
        ask(from(1_799), from(3_601), Step::Hour),
        [(0, 14), (60, 16)]
    );
    assert_eq!(ask(from(-1), from(1), Step::Minute), [(-1, 1), (0, 2)]);
    assert_eq!(ask(from(0), from(60), Step::Minute), [(0, 2)]);
    // NOW is eight in the morning.
    assert_eq!(ask(from(0), from(1), Step::Day), [(-8 * HOUR, 31)]);
}

pub fn of_what_was_asked(maker: &mut dyn Maker) {
    let store = maker.make();
    let mut effects = estate(&[1, 2, 3]);
    effects.collections.push(collection(2, "/b", "other"));
    effects.endpoints[2].collection = collection_id(2);
    effects.rollups = (1..=3).map(|it| rollup(it, &[(0, 1 << it)])).collect();
    write(&*store, effects);
    let ask = |change: fn(&mut RollupQuery)| {
        let mut query = all_time(Step::Hour);
        change(&mut query);
        calls(&*store, &query)
    };
    assert_eq!(ask(|_| ()), [(0, 14)]);
    assert_eq!(ask(|it| it.endpoint = Some(endpoint_id(2))), [(0, 4)]);
    assert_eq!(ask(|it| it.collection = Some(collection_id(1))), [(0, 6)]);
    assert_eq!(ask(|it| it.scope = "/b".into()), [(0, 8)]);
    let elsewhere = ask(|it| {
        it.scope = "/b".into();
        it.endpoint = Some(endpoint_id(1));
    });
    assert_eq!(elsewhere, []);
    assert_eq!(ask(|it| it.endpoint = Some(endpoint_id(9))), []);
}

/// A question for more steps than are answered gets the last ones.
pub fn too_many_steps(maker: &mut dyn Maker) {
    let first = -ROLLUP_STEPS_MAX;
    let store = written(maker, &[(first - 1, 1), (first, 2), (-1, 4)]);
    let query = RollupQuery {
        to: NOW,
        ..all_time(Step::Minute)
    };
    assert_eq!(calls(&*store, &query), [(first, 2), (-1, 4)]);
}

pub fn odd_ranges(maker: &mut dyn Maker) {
    let store = written(maker, &[(0, 1)]);
    let (start, end) = (Timestamp(i64::MIN), Timestamp(i64::MAX));
    for step in [Step::Minute, Step::Hour, Step::Day] {
        for (from, to) in [(NOW, NOW), (end, start), (start, start), (end, end)] {
            let query = RollupQuery {
                from,
                to,
                ..all_time(step)
            };
            assert_eq!(calls(&*store, &query), [], "{from:?} {to:?}");
        }
    }
    let ever = RollupQuery {
        from: start,
        to: NOW.plus_seconds(1),
        ..all_time(Step::Minute)
    };
    assert_eq!(calls(&*store, &ever), [(0, 1)]);
}

/// Minutes over two years; whatever tier they are in, days and hours see the same sums.
pub fn coarser(maker: &mut dyn Maker) {
    let minutes = (0..300_i64)
        .map(|it| (it * it * 11 % (380 * DAY), it.unsigned_abs() + 1))
        .collect::<Vec<_>>();
    let store = written(maker, &minutes);
    let by_day = store.rollup(&ever(Step::Day)).unwrap();
    let by_hour = store.rollup(&ever(Step::Hour)).unwrap();
    for day in [1, 3, 40, 60, 379, 400] {
        store.retain(days_later(day), false).unwrap();
        assert_eq!(store.rollup(&ever(Step::Day)).unwrap(), by_day, "day {day}");
        let young = RollupQuery {
            from: days_later(day - 34),
            ..ever(Step::Hour)
        };
        let expected = by_hour
            .iter()
            .filter(|it| it.0 >= young.from.minute())
            .copied()
            .collect::<Vec<_>>();
        assert_eq!(store.rollup(&young).unwrap(), expected, "day {day}");
    }
    assert_eq!(calls(&*store, &all_time(Step::Minute)), []);
}

pub fn late(maker: &mut dyn Maker) {
    let store = written(maker, &[(0, 1), (1, 2)]);
    for (day, calls_now) in [(3, 4), (40, 8)] {
        store.retain(days_later(day), false).unwrap();
        write(&*store, more(&[(1, calls_now)]));
        assert_eq!(calls(&*store, &all_time(Step::Minute)), [(1, calls_now)]);
    }
    assert_eq!(calls(&*store, &ever(Step::Day)), [(-8 * HOUR, 15)]);
    store.retain(days_later(41), false).unwrap();
    assert_eq!(calls(&*store, &ever(Step::Day)), [(-8 * HOUR, 15)]);
    assert_eq!(calls(&*store, &ever(Step::Hour)), []);
}

pub fn finer(maker: &mut dyn Maker) {
    let store = written(maker, &[(0, 1), (3 * DAY, 2)]);
    store.retain(days_later(3), false).unwrap();
    let minutes = RollupQuery {
        to: days_later(4),
        ..all_time(Step::Minute)
    };
    assert_eq!(calls(&*store, &minutes), [(3 * DAY, 2)]);
    assert_eq!(calls(&*store, &ever(Step::Hour)), [(0, 1), (3 * DAY, 2)]);
}

pub fn tight(maker: &mut dyn Maker) {
    let store = written(maker, &[(-7 * HOUR, 1), (-5 * HOUR, 2)]);
    assert_eq!(store.retain(NOW, false).unwrap().minutes_rows, 0);
    assert_eq!(store.retain(NOW, true).unwrap().minutes_rows, 1);
    assert_eq!(calls(&*store, &all_time(Step::Minute)), [(-5 * HOUR, 2)]);
    assert_eq!(
        calls(&*store, &all_time(Step::Hour)),
        [(-7 * HOUR, 1), (-5 * HOUR, 2)]
    );
}

pub fn gone(maker: &mut dyn Maker) {
    let store = written(maker, &[(0, 1), (60 * DAY, 2)]);
    let retained = store.retain(days_later(399), false).unwrap();
    assert_eq!(retained.days_rows, 0);
    // Days go in runs, so some stay a little longer.
    let retained = store.retain(days_later(421), false).unwrap();
    assert_eq!(retained.days_rows, 1);
    assert_eq!(calls(&*store, &ever(Step::Day)), [(60 * DAY - 8 * HOUR, 2)]);
}
