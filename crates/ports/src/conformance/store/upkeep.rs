//! Retention, backup, and reading beside writing.

use std::sync::atomic::{AtomicBool, Ordering};

use gatewatch_model::effects::{CallerDelta, Effects};
use gatewatch_model::rollup::Step;
use gatewatch_model::{Caller, Stage};

use super::Maker;
use super::samples::{
    FIRST, NOW, actor, all_endpoints, all_time, endpoint_id, estate, rollup, write,
};
use crate::Store;
use crate::store::{Actor, Retained};

const DAY_SECONDS: i64 = 86_400;

fn caller(name: &str, last_seen_days: i64) -> CallerDelta {
    CallerDelta {
        caller: Caller::Identity(name.into()),
        calls: 1,
        refused: 0,
        first_seen: NOW.plus_seconds(-500 * DAY_SECONDS),
        last_seen: NOW.plus_seconds(-last_seen_days * DAY_SECONDS),
        endpoints_estimate: 1,
    }
}

pub fn old_rows(maker: &mut dyn Maker) {
    let store = maker.make();
    let callers = vec![caller("young", 89), caller("old", 91)];
    write(
        &*store,
        Effects {
            callers,
            ..Effects::default()
        },
    );
    for days in [401, 399] {
        let past = Actor {
            at: NOW.plus_seconds(-days * DAY_SECONDS),
            ..actor("anna")
        };
        let forget = gatewatch_model::control::Control::Forget {
            endpoint: endpoint_id(1),
        };
        store.add_control(&forget, &past).unwrap();
    }
    let retained = store.retain(NOW, false).unwrap();
    assert_eq!((retained.callers_rows, retained.audit_rows), (1, 1));
    assert_eq!(&*store.callers(10, "/").unwrap()[0].caller, "id:young");
    let left = store.audit(None, 10).unwrap();
    assert_eq!(left.iter().map(|it| it.number).collect::<Vec<_>>(), [2]);
    // The fold may need any control again.
    assert_eq!(store.controls_from(0, 10).unwrap().len(), 2);
    // Numbers go on, even if all rows are gone.
    store
        .retain(NOW.plus_seconds(401 * DAY_SECONDS), false)
        .unwrap();
    store.put_setting("a", None, &actor("anna")).unwrap();
    assert_eq!(store.audit(None, 10).unwrap()[0].number, 3);
}

pub fn twice(maker: &mut dyn Maker) {
    let store = maker.make();
    let mut effects = estate(&[1, 2]);
    effects.rollups = vec![rollup(1, &[(0, 1), (61, 2)]), rollup(2, &[(0, 4)])];
    write(&*store, effects);
    let now = NOW.plus_seconds(3 * DAY_SECONDS);
    let first = store.retain(now, false).unwrap();
    assert_eq!(first.minutes_rows, 3);
    let before = store.rollup(&all_time(Step::Hour)).unwrap();
    assert_eq!(store.retain(now, false).unwrap(), Retained::default());
    assert_eq!(store.rollup(&all_time(Step::Hour)).unwrap(), before);
}

/// Endpoints and effects positions move together, whenever one looks.
fn consistent(store: &dyn Store) -> u64 {
    let position = store
        .load(Stage::Exchanges, FIRST)
        .unwrap()
        .effects_position;
    let page = store.endpoints(&all_endpoints()).unwrap();
    assert_eq!(page.total, position.0);
    position.0
}

pub fn backup(maker: &mut dyn Maker) {
    let Some(folder) = maker.backup_folder() else {
        return;
    };
    let store = maker.make();
    for number in 1..=20 {
        write(&*store, estate(&[number]));
    }
    let (mut last, mut written) = ((0, 0), 20);
    store
        .backup(&folder, &mut |done, all| {
            assert!(done <= all && done >= last.0, "{done} of {all}");
            last = (done, all);
            if written < 250 {
                written += 1;
                write(&*store, estate(&[written]));
            }
        })
        .unwrap();
    assert!(last.0 == last.1 && last.1 > 0, "progress ends at all");
    assert!(written > 20, "something was written meanwhile");
    let copy = maker.open_backup(&folder);
    let kept = consistent(&*copy);
    assert!((20..=u64::from(written)).contains(&kept));
    write(&*copy, estate(&[255]));
    assert_eq!(
        consistent(&*store),
        u64::from(written),
        "the store goes on alone"
    );
}

pub fn backup_over(maker: &mut dyn Maker) {
    let Some(folder) = maker.backup_folder() else {
        return;
    };
    let store = maker.make();
    write(&*store, estate(&[1]));
    store.backup(&folder, &mut |_, _| ()).unwrap();
    write(&*store, estate(&[2]));
    assert!(store.backup(&folder, &mut |_, _| ()).is_err());
    assert_eq!(consistent(&*maker.open_backup(&folder)), 1);
}

pub fn bytes(maker: &mut dyn Maker) {
    let store = maker.make();
    write(&*store, estate(&[1]));
    assert!(store.bytes().unwrap() > 0);
}

pub fn reading_beside_writing(maker: &mut dyn Maker) {
    let store = maker.make();
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let readers = [(); 6].map(|()| {
            scope.spawn(|| {
                let (mut last, mut looks) = (0, 0);
                while !done.load(Ordering::Acquire) || looks == 0 {
                    let page = store.endpoints(&all_endpoints()).unwrap();
                    assert_eq!(page.items.len() as u64, page.total, "one moment");
                    assert!(page.total >= last, "nothing goes back");
                    (last, looks) = (page.total, looks + 1);
                }
            })
        });
        for number in 1..=100 {
            write(&*store, estate(&[number]));
        }
        done.store(true, Ordering::Release);
        for reader in readers {
            reader.join().unwrap();
        }
    });
    assert_eq!(store.endpoints(&all_endpoints()).unwrap().total, 100);
}
