//! What adds up, however it is cut into checkpoints.

use gatewatch_model::effects::{CallerDelta, Effects, SourceDelta};
use gatewatch_model::rollup::Step;
use gatewatch_model::{Caller, Position, Stage};

use super::Maker;
use super::samples::{
    FIRST, NOW, all_endpoints, all_time, checkpoint, endpoint_id, estate, rollup, write,
};
use crate::store::Skip;

fn source(name: &str, number: u64) -> SourceDelta {
    SourceDelta {
        source: name.into(),
        scope: "/contoso".into(),
        exchanges: number,
        truncated: number + 1,
        skewed: number + 2,
        late: number + 3,
        blemished: number + 4,
        last_received: NOW.plus_seconds(number.cast_signed()),
        last_at: NOW.plus_seconds(-number.cast_signed()),
    }
}

fn caller(name: &str, number: u64) -> CallerDelta {
    CallerDelta {
        caller: Caller::Identity(name.into()),
        calls: number,
        refused: 1,
        first_seen: NOW.plus_seconds(-number.cast_signed()),
        last_seen: NOW.plus_seconds(number.cast_signed()),
        endpoints_estimate: 100 - number,
    }
}

pub fn add_up(maker: &mut dyn Maker) {
    let store = maker.make();
    for number in [3, 10] {
        let effects = Effects {
            sources: vec![source("edge", number), source("edge", 1)],
            callers: vec![caller("anna", number)],
            ..Effects::default()
        };
        write(&*store, effects);
    }
    let sources = store.sources().unwrap();
    let [edge] = sources.as_slice() else {
        panic!("one source: {sources:?}");
    };
    assert_eq!((&*edge.source, &*edge.scope), ("edge", "/contoso"));
    assert_eq!(
        [
            edge.exchanges,
            edge.truncated,
            edge.skewed,
            edge.late,
            edge.blemished
        ],
        [15, 19, 23, 27, 31]
    );
    assert_eq!(edge.last_received, NOW.plus_seconds(10));
    assert_eq!(edge.last_at, NOW.plus_seconds(-1));
    let callers = store.callers(10, "/").unwrap();
    let [anna] = callers.as_slice() else {
        panic!("one caller: {callers:?}");
    };
    assert_eq!(&*anna.caller, "id:anna");
    assert_eq!(
        (anna.calls, anna.refused, anna.endpoints_estimate),
        (13, 2, 97)
    );
    assert_eq!(anna.first_seen, NOW.plus_seconds(-10));
    assert_eq!(anna.last_seen, NOW.plus_seconds(10));
}

/// Effects of one record, made from its number alone.
fn effects(number: u64) -> Effects {
    let who = (number * 7 % 5) as u8;
    let mut effects = estate(&[who + 1]);
    effects.endpoints[0].calls = number;
    effects.rollups = vec![
        rollup(who + 1, &[((number * 13 % 200).cast_signed(), number)]),
        rollup(1, &[(-1, 1), (0, 1)]),
    ];
    effects.sources = vec![source("edge", number)];
    effects.callers = vec![caller(&who.to_string(), number)];
    effects
}

/// One store gets a record a commit, the other several checkpoints at once.
pub fn any_batches(maker: &mut dyn Maker) {
    let (single, several) = (maker.make(), maker.make());
    let mut waiting = Vec::new();
    for number in 0..60 {
        let one = checkpoint(number, number + 1, effects(number));
        single.commit(std::slice::from_ref(&one)).unwrap();
        waiting.push(one);
        if number * number % 7 == 4 {
            several.commit(&std::mem::take(&mut waiting)).unwrap();
        }
    }
    several.commit(&waiting).unwrap();
    let stores = [single, several];
    let [a, b] = stores
        .each_ref()
        .map(|it| it.endpoints(&all_endpoints()).unwrap());
    assert_eq!(a, b);
    let [a, b] = stores.each_ref().map(|it| it.sources().unwrap());
    assert_eq!(a, b);
    let [a, b] = stores.each_ref().map(|it| it.callers(10, "/").unwrap());
    assert_eq!(a, b);
    for number in 1..=5 {
        let query = crate::store::RollupQuery {
            endpoint: Some(endpoint_id(number)),
            ..all_time(Step::Minute)
        };
        let [a, b] = stores.each_ref().map(|it| it.rollup(&query).unwrap());
        assert!(!a.is_empty());
        assert_eq!(a, b);
    }
    let [a, b] = stores.each_ref().map(|it| it.progress().unwrap());
    assert_eq!(a, b);
}

pub fn callers_of_all(maker: &mut dyn Maker) {
    let store = maker.make();
    let effects = Effects {
        callers: vec![caller("b", 3), caller("a", 3), caller("c", 9)],
        ..Effects::default()
    };
    write(&*store, effects);
    let names = |limit, scope| {
        let callers = store.callers(limit, scope).unwrap();
        callers.into_iter().map(|it| it.caller).collect::<Vec<_>>()
    };
    assert_eq!(
        names(10, "/"),
        ["id:c".into(), "id:a".into(), "id:b".into()]
    );
    assert_eq!(names(1, ""), ["id:c".into()]);
    assert_eq!(names(10, "/contoso"), []);
}

pub fn sources_set_aside(maker: &mut dyn Maker) {
    let store = maker.make();
    let effects = Effects {
        sources: vec![source("edge", 1), source("quiet", 1)],
        ..Effects::default()
    };
    write(&*store, effects);
    for (position, from) in [(1, "edge"), (2, "edge"), (3, "poisoner")] {
        let skip = Skip {
            stage: Stage::Exchanges,
            partition: FIRST,
            position: Position(position),
            at: NOW,
            source: from.into(),
            head: "GET /".into(),
            reason: "it made the fold panic".into(),
        };
        store.set_aside(&skip).unwrap();
    }
    let counts = store.sources().unwrap();
    let counts = counts
        .iter()
        .map(|it| (&*it.source, it.exchanges, it.set_aside))
        .collect::<Vec<_>>();
    assert_eq!(
        counts,
        [("edge", 1, 2), ("quiet", 1, 0), ("poisoner", 0, 1)]
    );
}
