//! Endpoints that were merged keep their old names.

use gatewatch_model::Position;
use gatewatch_model::effects::{Alias, Effects};
use gatewatch_model::rollup::Step;

use super::Maker;
use super::samples::{
    all_endpoints, all_time, calls, calls_of, collection_id, endpoint_id, estate, rollup,
    templates, write,
};
use crate::store::RollupQuery;

fn alias(old: u8, new: u8) -> Alias {
    Alias {
        old: endpoint_id(old),
        new: endpoint_id(new),
        position: Position(old.into()),
    }
}

fn merged(aliases: Vec<Alias>) -> Effects {
    Effects {
        aliases,
        ..Effects::default()
    }
}

pub fn resolves(maker: &mut dyn Maker) {
    let store = maker.make();
    write(&*store, estate(&[1, 2, 3]));
    write(&*store, merged(vec![alias(1, 2)]));
    write(&*store, merged(vec![alias(2, 3)]));
    for number in [1, 2, 3] {
        let item = store.endpoint(endpoint_id(number)).unwrap().unwrap();
        assert_eq!(item.row.id, endpoint_id(3));
    }
    assert_eq!(templates(&*store, &all_endpoints()), ["/3"]);
    assert_eq!(store.endpoint(endpoint_id(4)).unwrap(), None);
}

pub fn rollups(maker: &mut dyn Maker) {
    let store = maker.make();
    let mut effects = estate(&[1, 2, 3, 4]);
    effects.rollups = (1..=4).map(|it| rollup(it, &[(0, 1 << it)])).collect();
    write(&*store, effects);
    write(&*store, merged(vec![alias(1, 2), alias(2, 3)]));
    for number in [1, 2, 3] {
        assert_eq!(calls_of(&*store, number), 2 + 4 + 8, "by any name");
    }
    assert_eq!(calls_of(&*store, 4), 16);
    let of_collection = RollupQuery {
        collection: Some(collection_id(1)),
        ..all_time(Step::Day)
    };
    let sum = |query| calls(&*store, query).iter().map(|it| it.1).sum::<u64>();
    assert_eq!(sum(&of_collection), 2 + 4 + 8 + 16);
    assert_eq!(sum(&all_time(Step::Day)), 2 + 4 + 8 + 16);
}

pub fn circle(maker: &mut dyn Maker) {
    let store = maker.make();
    write(&*store, estate(&[1, 2]));
    write(&*store, merged(vec![alias(1, 2), alias(2, 1), alias(3, 3)]));
    for number in [1, 2, 3] {
        assert_eq!(store.endpoint(endpoint_id(number)).unwrap(), None);
        assert_eq!(calls_of(&*store, number), 0);
    }
}

pub fn live_again(maker: &mut dyn Maker) {
    let store = maker.make();
    let mut effects = estate(&[1, 2]);
    effects.rollups = vec![rollup(1, &[(0, 1)]), rollup(2, &[(0, 2)])];
    write(&*store, effects);
    // In one checkpoint it leads to another and is called again.
    let mut effects = estate(&[1, 2]);
    effects.aliases = vec![alias(1, 2)];
    effects.rollups = vec![rollup(1, &[(0, 4)])];
    write(&*store, effects);
    assert_eq!(templates(&*store, &all_endpoints()), ["/1", "/2"]);
    let item = store.endpoint(endpoint_id(1)).unwrap().unwrap();
    assert_eq!(item.row.id, endpoint_id(1));
    assert_eq!((calls_of(&*store, 1), calls_of(&*store, 2)), (4, 3));
    let forgotten = Effects {
        forgotten: vec![endpoint_id(2)],
        ..Effects::default()
    };
    write(&*store, forgotten);
    assert_eq!(calls_of(&*store, 1), 4);
    write(&*store, estate(&[2]));
    assert_eq!(calls_of(&*store, 2), 0, "what it took in went with it");
}
