//! Lists of endpoints and collections.

use gatewatch_model::effects::{CollectionKind, Effects, Spread};

use super::Maker;
use super::samples::{
    NOW, all_collections, all_endpoints, collection, collection_id, endpoint, endpoint_id, estate,
    names, templates, write,
};
use crate::Store;
use crate::store::{CollectionQuery, CollectionSort, EndpointQuery, EndpointSort};

fn spread(p95: u64) -> Spread {
    Spread {
        count: 1,
        p95,
        ..Spread::default()
    }
}

/// Three endpoints that rank differently by everything.
fn ranked() -> Effects {
    let mut effects = estate(&[]);
    let [mut a, mut b, mut c] = [(1, "/a"), (2, "/b"), (3, "/c")].map(|it| endpoint(it.0, it.1));
    (a.calls, b.calls, c.calls) = (20, 30, 10);
    a.first_seen = NOW.plus_seconds(-5);
    b.last_seen = NOW.plus_seconds(5);
    c.last_seen = NOW.plus_seconds(9);
    c.first_seen = NOW.plus_seconds(-9);
    a.statuses = vec![(200, 19), (500, 1)];
    b.statuses = vec![(404, 30)];
    c.statuses = vec![(200, 5), (503, 5)];
    (a.callers_estimate, b.callers_estimate, c.callers_estimate) = (2, 1, 3);
    (a.latency_micros, b.latency_micros) = (spread(0), spread(70));
    effects.endpoints = vec![c, a, b];
    effects
}

pub fn sorts(maker: &mut dyn Maker) {
    let store = maker.make();
    write(&*store, ranked());
    let rising = [
        (EndpointSort::Calls, ["/c", "/a", "/b"]),
        (EndpointSort::Template, ["/a", "/b", "/c"]),
        (EndpointSort::FirstSeen, ["/c", "/a", "/b"]),
        (EndpointSort::LastSeen, ["/a", "/b", "/c"]),
        (EndpointSort::Errors, ["/b", "/a", "/c"]),
        (EndpointSort::Callers, ["/b", "/a", "/c"]),
        // What was never timed is less than the quickest.
        (EndpointSort::LatencyP95, ["/c", "/a", "/b"]),
    ];
    for (sort, mut expected) in rising {
        for descending in [false, true] {
            let query = EndpointQuery {
                sort,
                descending,
                ..all_endpoints()
            };
            assert_eq!(templates(&*store, &query), expected, "{sort:?}");
            expected.reverse();
        }
    }
}

pub fn pages(maker: &mut dyn Maker) {
    let store = maker.make();
    let numbers = (1..=25).collect::<Vec<_>>();
    write(&*store, estate(&numbers));
    for descending in [false, true] {
        let mut seen = Vec::new();
        for offset in (0..30).step_by(7) {
            let page = store
                .endpoints(&EndpointQuery {
                    descending,
                    offset,
                    limit: 7,
                    ..EndpointQuery::default()
                })
                .unwrap();
            assert_eq!(page.total, 25);
            seen.extend(page.items.into_iter().map(|it| it.row.id.0[0]));
        }
        assert_eq!(seen, numbers);
    }
    let none = EndpointQuery {
        offset: u64::MAX,
        limit: u64::MAX,
        ..EndpointQuery::default()
    };
    let page = store.endpoints(&none).unwrap();
    assert_eq!((page.items.len(), page.total), (0, 25));
}

pub fn filters(maker: &mut dyn Maker) {
    let store = maker.make();
    let mut effects = ranked();
    effects.collections.push(collection(2, "/", "other"));
    effects.endpoints[0].collection = collection_id(2);
    effects.endpoints[1].method = "PUT".into();
    write(&*store, effects);
    let narrow = |change: fn(&mut EndpointQuery)| {
        let mut query = EndpointQuery {
            sort: EndpointSort::Template,
            ..all_endpoints()
        };
        change(&mut query);
        templates(&*store, &query)
    };
    assert_eq!(narrow(|it| it.collection = Some(collection_id(2))), ["/c"]);
    assert_eq!(narrow(|it| it.collection = Some(collection_id(3))), [""; 0]);
    assert_eq!(narrow(|it| it.method = Some("PUT".into())), ["/a"]);
    assert_eq!(narrow(|it| it.seen_after = Some(NOW)), ["/b", "/c"]);
    assert_eq!(
        narrow(|it| it.seen_before = Some(NOW.plus_seconds(9))),
        ["/a", "/b"]
    );
    let both = narrow(|it| {
        it.seen_after = Some(NOW);
        it.collection = Some(collection_id(1));
    });
    assert_eq!(both, ["/b"]);
}

pub fn statuses(maker: &mut dyn Maker) {
    let store = maker.make();
    let mut effects = estate(&[1, 2, 3, 4]);
    let answers = [
        vec![(200, 40_400)],
        vec![(204, 1), (404, 5)],
        vec![(0, 1), (40, 1), (500, 3)],
        vec![(4_041, 1), (599, 1)],
    ];
    for (endpoint, statuses) in effects.endpoints.iter_mut().zip(answers) {
        endpoint.statuses = statuses;
    }
    write(&*store, effects);
    let with = |status| {
        let query = EndpointQuery {
            status: Some(status),
            sort: EndpointSort::Template,
            ..all_endpoints()
        };
        templates(&*store, &query)
    };
    assert_eq!(with(404), ["/2"]);
    assert_eq!(with(40), ["/3"]);
    assert_eq!(with(0), ["/3"]);
    assert_eq!(with(599), ["/4"]);
    assert_eq!(with(2), ["/1", "/2"]);
    assert_eq!(with(4), ["/2"]);
    assert_eq!(with(5), ["/3", "/4"]);
    assert_eq!(with(1), [""; 0]);
}

pub fn search(maker: &mut dyn Maker) {
    let store = maker.make();
    let mut effects = estate(&[]);
    effects
        .collections
        .push(collection(2, "/", "Ärzte.Example"));
    let mut other = endpoint(4, "/elsewhere");
    other.collection = collection_id(2);
    effects.endpoints = vec![
        endpoint(1, "/Orders/{id}"),
        endpoint(2, "/100%/ab_c"),
        endpoint(3, "/back\\slash"),
        other,
    ];
    write(&*store, effects);
    let found = |text: &str| {
        let query = EndpointQuery {
            search: Some(text.into()),
            sort: EndpointSort::Template,
            ..all_endpoints()
        };
        templates(&*store, &query)
    };
    assert_eq!(found("orders"), ["/Orders/{id}"]);
    assert_eq!(found("ORDERS/{"), ["/Orders/{id}"]);
    assert_eq!(found("get /o"), ["/Orders/{id}"]);
    assert_eq!(found("%"), ["/100%/ab_c"]);
    assert_eq!(found("B_C"), ["/100%/ab_c"]);
    assert_eq!(found("a_"), [""; 0]);
    assert_eq!(found("\\"), ["/back\\slash"]);
    assert_eq!(found("ärzte"), ["/elsewhere"]);
    assert_eq!(found("' OR 1=1 --"), [""; 0]);
    assert_eq!(found("").len(), 4);
    // A hostile length is neither an error nor slow.
    assert_eq!(found(&"%_".repeat(50_000)), [""; 0]);
}

pub fn whole(maker: &mut dyn Maker) {
    let store = maker.make();
    let mut effects = estate(&[1]);
    effects.collections[0].kind = CollectionKind::Api;
    effects.collections[0].scope = "/contoso".into();
    let row = &mut effects.endpoints[0];
    row.template = "/ü/{id}/'\"\\%_\n".into();
    row.statuses = vec![(0, 1), (200, 1 << 62), (65_535, 3)];
    row.calls = i64::MAX.unsigned_abs();
    row.request_bytes = Spread {
        count: u64::MAX,
        p50: 1,
        p95: 2,
        p99: 3,
        max: u64::MAX,
    };
    row.latency_micros = spread(u64::MAX);
    write(&*store, effects.clone());
    let item = store.endpoint(endpoint_id(1)).unwrap().unwrap();
    assert_eq!(item.row, effects.endpoints[0]);
    assert_eq!(
        (&*item.collection_name, &*item.scope),
        ("api.example", "/contoso")
    );
    assert_eq!(store.endpoints(&all_endpoints()).unwrap().items, [item]);
}

pub fn collections(maker: &mut dyn Maker) {
    let store = maker.make();
    let [mut a, mut b, mut c] =
        [(1, "alpha"), (2, "Beta"), (3, "gamma")].map(|it| collection(it.0, "/", it.1));
    (a.calls, b.calls, c.calls) = (2, 3, 1);
    (a.endpoints, b.endpoints, c.endpoints) = (3, 1, 2);
    a.first_seen = NOW.plus_seconds(1);
    b.first_seen = NOW.plus_seconds(-1);
    a.last_seen = NOW.plus_seconds(1);
    c.last_seen = NOW.plus_seconds(2);
    let effects = Effects {
        collections: vec![c, b, a],
        ..Effects::default()
    };
    write(&*store, effects);
    let rising = [
        (CollectionSort::Name, ["alpha", "Beta", "gamma"]),
        (CollectionSort::Calls, ["gamma", "alpha", "Beta"]),
        (CollectionSort::Endpoints, ["Beta", "gamma", "alpha"]),
        (CollectionSort::FirstSeen, ["Beta", "gamma", "alpha"]),
        (CollectionSort::LastSeen, ["Beta", "alpha", "gamma"]),
    ];
    for (sort, mut expected) in rising {
        for descending in [false, true] {
            let query = CollectionQuery {
                sort,
                descending,
                ..all_collections()
            };
            assert_eq!(names(&*store, &query), expected, "{sort:?}");
            expected.reverse();
        }
    }
    search_and_page(&*store);
}

fn search_and_page(store: &dyn Store) {
    let found = CollectionQuery {
        search: Some("MM".into()),
        ..all_collections()
    };
    assert_eq!(names(store, &found), ["gamma"]);
    let second = CollectionQuery {
        offset: 1,
        limit: 1,
        ..CollectionQuery::default()
    };
    assert_eq!(names(store, &second), ["Beta"]);
    assert_eq!(store.collections(&second).unwrap().total, 3);
}
