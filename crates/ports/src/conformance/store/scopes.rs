//! Who sees what: a scope and everything below it.

use gatewatch_model::effects::Effects;
use gatewatch_model::rollup::Step;

use super::Maker;
use super::samples::{
    all_collections, all_endpoints, all_time, calls, collection, collection_id, endpoint, names,
    rollup, templates, write,
};
use crate::Store;
use crate::store::{CollectionQuery, EndpointQuery, EndpointSort, RollupQuery};

/// A collection and an endpoint in each scope, both named after it.
fn estate_of(scopes: &[&str]) -> Effects {
    let mut effects = Effects::default();
    for (scope, number) in scopes.iter().zip(1..) {
        effects.collections.push(collection(number, scope, scope));
        let mut row = endpoint(number, scope);
        row.collection = collection_id(number);
        effects.endpoints.push(row);
        effects.rollups.push(rollup(number, &[(0, 1 << number)]));
    }
    effects
}

/// What a scope sees must be the same in all three lists.
fn seen(store: &dyn Store, scope: &str, all: &[&str]) -> Vec<String> {
    let collections = names(
        store,
        &CollectionQuery {
            scope: scope.into(),
            ..all_collections()
        },
    );
    let endpoints = templates(
        store,
        &EndpointQuery {
            scope: scope.into(),
            sort: EndpointSort::Template,
            ..all_endpoints()
        },
    );
    assert_eq!(collections.len(), endpoints.len());
    assert!(endpoints.iter().all(|it| collections.contains(it)));
    let counted = calls(
        store,
        &RollupQuery {
            scope: scope.into(),
            ..all_time(Step::Day)
        },
    );
    let sum = all
        .iter()
        .zip(1..)
        .filter(|(name, _)| endpoints.iter().any(|it| it == *name))
        .map(|(_, number)| 1_u64 << number)
        .sum::<u64>();
    assert_eq!(counted.iter().map(|it| it.1).sum::<u64>(), sum, "{scope}");
    endpoints
}

pub fn covers(maker: &mut dyn Maker) {
    let store = maker.make();
    let all = ["/", "/a", "/a/b", "/a/b/c", "/ab", "/A", "/b"];
    write(&*store, estate_of(&all));
    for root in ["", "/"] {
        assert_eq!(seen(&*store, root, &all).len(), 7);
    }
    for scope in ["/a", "/a/"] {
        assert_eq!(seen(&*store, scope, &all), ["/a", "/a/b", "/a/b/c"]);
    }
    assert_eq!(seen(&*store, "/a/b", &all), ["/a/b", "/a/b/c"]);
    assert_eq!(seen(&*store, "/ab", &all), ["/ab"]);
    assert_eq!(seen(&*store, "/A", &all), ["/A"]);
    assert_eq!(seen(&*store, "/none", &all), [""; 0]);
}

pub fn no_wildcards(maker: &mut dyn Maker) {
    let store = maker.make();
    let all = ["/a%", "/a%/x", "/abc", "/ü", "/ü/x", "/a_", "/ab/x"];
    write(&*store, estate_of(&all));
    assert_eq!(seen(&*store, "/a%", &all), ["/a%", "/a%/x"]);
    assert_eq!(seen(&*store, "/a_", &all), ["/a_"]);
    assert_eq!(seen(&*store, "/%", &all), [""; 0]);
    assert_eq!(seen(&*store, "/ü", &all), ["/ü", "/ü/x"]);
}
