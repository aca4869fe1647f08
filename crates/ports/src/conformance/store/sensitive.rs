//! Sensitive information: what endpoints carry, what was discovered and what people say of it.

use gatewatch_model::control::Control;
use gatewatch_model::effects::{Alias, Effects, EndpointRow};
use gatewatch_model::info_type::{Category, Grounds};
use gatewatch_model::own::OwnKind;
use gatewatch_model::profile::EndpointFacts;
use gatewatch_model::sensitivity::{Discovery, Label, Sensitive, Sensitivity};
use gatewatch_model::{Position, Spot};

use super::Maker;
use super::samples::{
    NOW, actor, all_endpoints, collection_id, endpoint, endpoint_id, estate, templates, write,
};
use crate::Store;
use crate::facts::{FactQuery, fresh_after};
use crate::sensitive::{Carries, DiscoveryQuery, TypeQuery};
use crate::store::EndpointQuery;

pub fn carried(info_type: &str, spot: Spot) -> Sensitive {
    Sensitive {
        info_type: info_type.into(),
        category: Category::Finance,
        spot,
        status_class: if spot.is_response() { 2 } else { 0 },
        confidence: 99,
        hits: 5,
        grounds: Grounds(3),
        places: vec!["customer.cards[].number".into()],
        first_seen: NOW,
        last_seen: NOW.plus_seconds(1),
    }
}

/// Endpoints 1 to 4: a card in two spots, a card and an e-mail address, a type whose name ends
/// like another, and nothing.
fn four() -> Effects {
    let with = |number, sensitive| EndpointRow {
        facts: EndpointFacts {
            sensitive,
            ..EndpointFacts::default()
        },
        ..endpoint(number, &format!("/{number}"))
    };
    let (body, query) = (Spot::RequestBody, Spot::RequestQuery);
    Effects {
        endpoints: vec![
            with(
                1,
                vec![carried("credit-card", body), carried("credit-card", query)],
            ),
            with(
                2,
                vec![carried("credit-card", body), carried("email", query)],
            ),
            with(3, vec![carried("my-email", query)]),
            with(4, vec![]),
        ],
        ..estate(&[])
    }
}

fn asked(types: &[&str], spot: Option<Spot>, yes: bool) -> EndpointQuery {
    EndpointQuery {
        facts: FactQuery {
            fresh_after: fresh_after(NOW),
            carries: vec![Carries {
                types: types.iter().map(|it| (*it).into()).collect(),
                spot,
                yes,
            }],
            ..FactQuery::default()
        },
        sort: crate::store::EndpointSort::Template,
        ..all_endpoints()
    }
}

pub fn carried_by(maker: &mut dyn Maker) {
    let store = maker.make();
    write(&*store, four());
    for (types, spot, yes, expected) in [
        (&["credit-card"][..], None, true, &["/1", "/2"][..]),
        (&["credit-card"], Some(Spot::RequestQuery), true, &["/1"]),
        (&["email"], None, true, &["/2"]),
        (&["email", "my-email"], None, true, &["/2", "/3"]),
        (&["email", "my-email"], None, false, &["/1", "/4"]),
        (&["email"], Some(Spot::RequestBody), true, &[]),
        (&[], None, true, &[]),
        (&[], None, false, &["/1", "/2", "/3", "/4"]),
    ] {
        let found = templates(&*store, &asked(types, spot, yes));
        assert_eq!(found, expected, "{types:?} {spot:?} {yes}");
    }
}

pub fn adds_up(maker: &mut dyn Maker) {
    let store = maker.make();
    write(&*store, four());
    let types = store.info_types(&TypeQuery::default()).unwrap();
    let told = types
        .iter()
        .map(|it| (&*it.info_type, it.endpoints, it.hits));
    let told = told.collect::<Vec<_>>();
    assert_eq!(
        told,
        [("credit-card", 2, 15), ("email", 1, 5), ("my-email", 1, 5)]
    );
    assert_eq!(types[0].spots, [Spot::RequestQuery, Spot::RequestBody]);
    let counts = store
        .collection_counts(&[collection_id(1)], fresh_after(NOW))
        .unwrap();
    assert_eq!(counts[0].types, types);
    for (scope, service) in [("/elsewhere", None), ("/", Some("api.example"))] {
        let query = TypeQuery {
            scope: scope.into(),
            service: service.map(Box::from),
            ..TypeQuery::default()
        };
        let found = store.info_types(&query).unwrap();
        assert!(found.is_empty(), "{query:?}: it is known by its host");
    }
}

fn discovery(number: u8, path: &str) -> Discovery {
    Discovery {
        position: Position(7),
        at: NOW,
        endpoint: endpoint_id(number),
        spot: Spot::ResponseBody,
        status_class: 2,
        path: path.into(),
        info_type: "credit-card".into(),
        category: Category::Finance,
        confidence: 99,
        grounds: Grounds(3),
    }
}

fn paths(store: &dyn Store) -> Vec<String> {
    let query = DiscoveryQuery {
        limit: 10,
        ..DiscoveryQuery::default()
    };
    let page = store.discoveries(&query).unwrap();
    assert_eq!(page.total, page.items.len() as u64);
    let items = page.items.into_iter();
    items.map(|it| it.discovery.path.into()).collect()
}

pub fn discoveries(maker: &mut dyn Maker) {
    let store = maker.make();
    let discoveries = vec![discovery(1, "one"), discovery(2, "two")];
    write(
        &*store,
        Effects {
            discoveries: discoveries.clone(),
            ..estate(&[1, 2])
        },
    );
    assert_eq!(paths(&*store), ["two", "one"]);
    let query = DiscoveryQuery {
        scope: "/".into(),
        collection: Some(collection_id(1)),
        offset: 1,
        limit: 10,
    };
    let page = store.discoveries(&query).unwrap();
    assert_eq!((page.total, page.items.len()), (2, 1));
    let item = &page.items[0];
    assert_eq!(item.discovery, discoveries[0]);
    assert_eq!(
        (&*item.collection_name, &*item.template),
        ("api.example", "/1")
    );
    let elsewhere = DiscoveryQuery {
        scope: "/elsewhere".into(),
        ..query
    };
    assert_eq!(store.discoveries(&elsewhere).unwrap().total, 0);
}

pub fn follow(maker: &mut dyn Maker) {
    let store = maker.make();
    write(
        &*store,
        Effects {
            discoveries: vec![discovery(1, "one"), discovery(2, "two")],
            ..estate(&[1, 2])
        },
    );
    let alias = Alias {
        old: endpoint_id(1),
        new: endpoint_id(2),
        position: Position(1),
    };
    write(
        &*store,
        Effects {
            aliases: vec![alias],
            ..Effects::default()
        },
    );
    assert_eq!(paths(&*store), ["two", "one"]);
    write(
        &*store,
        Effects {
            forgotten: vec![endpoint_id(2)],
            ..Effects::default()
        },
    );
    assert!(paths(&*store).is_empty());
}

pub fn said(maker: &mut dyn Maker) {
    let store = maker.make();
    let say = |scope: &str, sensitivity: &Sensitivity| {
        let control = Control::Classify {
            scope: scope.into(),
            sensitivity: Box::new(sensitivity.clone()),
        };
        store.add_control(&control, &actor("anna")).unwrap()
    };
    let labels = Sensitivity {
        labels: vec![Label {
            name: "Secret".into(),
            order: 3,
        }],
        threshold_order: Some(3),
        ..Sensitivity::default()
    };
    say("/b", &labels);
    say("/", &Sensitivity::default());
    say("/", &labels);
    let rows = store.sensitivity().unwrap();
    let told = rows.iter().map(|it| (&*it.scope, it.revision));
    assert_eq!(told.collect::<Vec<_>>(), [("/", 3), ("/b", 1)]);
    assert_eq!(rows[0].sensitivity, labels);
    assert_eq!((&*rows[0].actor, rows[0].at), ("anna", NOW));
}

pub fn own_files(maker: &mut dyn Maker) {
    let store = maker.make();
    let [types, detections] = OwnKind::ALL;
    let bring = |kind, text: &str| {
        let files = vec![("badge.toml".into(), text.into())];
        let control = Control::Bring { kind, files };
        store.add_control(&control, &actor("anna")).unwrap()
    };
    for kind in OwnKind::ALL {
        assert_eq!(store.own(kind).unwrap(), None);
    }
    bring(types, "one");
    let second = bring(types, "two");
    assert_eq!(store.own(detections).unwrap(), None);
    bring(detections, "three");
    for (kind, text, revision) in [(types, "two", 2), (detections, "three", 3)] {
        let row = store.own(kind).unwrap().unwrap();
        assert_eq!(row.files, [("badge.toml".into(), text.into())]);
        assert_eq!((row.revision, &*row.actor), (revision, "anna"));
    }
    // A list of controls would be long with them.
    let listed = store.controls(10).unwrap();
    let empty = Control::Bring {
        kind: detections,
        files: vec![("badge.toml".into(), "".into())],
    };
    assert_eq!(listed[0].control.control, empty);
    assert_eq!(store.control(2).unwrap().unwrap().control, second);
}
