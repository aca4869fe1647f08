//! Attacks: what endpoints and collections saw of them, and what people say of detections.

use gatewatch_model::control::Control;
use gatewatch_model::effects::{CollectionRow, Effects, EndpointRow};
use gatewatch_model::facts::{ClassFacts, SignalFacts};
use gatewatch_model::profile::EndpointFacts;
use gatewatch_model::signal::{Maturity, Severity, Vigilance};

use super::Maker;
use super::samples::{
    NOW, actor, all_endpoints, collection, collection_id, endpoint, templates, write,
};
use crate::facts::FactQuery;
use crate::signals::SignalQuery;
use crate::store::{CollectionQuery, CollectionSort, EndpointQuery, EndpointSort};

fn class(id: &str, attacks: u64, suspicious: u64) -> ClassFacts {
    ClassFacts {
        class: id.into(),
        attacks,
        suspicious,
        answered: attacks / 2,
        severity: Severity::High,
        first_seen: NOW,
        last_seen: NOW.plus_seconds(1),
        detections: vec![("own.one".into(), attacks + suspicious)],
    }
}

fn facts(classes: &[(&str, u64, u64)]) -> SignalFacts {
    let classes = classes.iter().map(|it| class(it.0, it.1, it.2));
    let classes = classes.collect::<Vec<_>>();
    SignalFacts {
        attacks: classes.iter().map(|it| it.attacks).sum(),
        suspicious: classes.iter().map(|it| it.suspicious).sum(),
        answered: classes.iter().map(|it| it.answered).sum(),
        classes,
    }
}

/// Endpoint 1 was attacked in two ways, 2 in one, 3 was suspicious and 4 clean. Collection 1 saw
/// more than its endpoints, collection 2 has none.
fn four() -> Effects {
    let with = |number, classes| EndpointRow {
        facts: EndpointFacts {
            signals: facts(classes),
            ..EndpointFacts::default()
        },
        ..endpoint(number, &format!("/{number}"))
    };
    let saw = |row, classes| CollectionRow {
        signals: facts(classes),
        ..row
    };
    Effects {
        collections: vec![
            saw(
                collection(1, "/", "api.example"),
                &[("scanner", 9, 1), ("sqli", 5, 0), ("xss", 1, 0)],
            ),
            saw(collection(2, "/b", "b.example"), &[("sqli", 7, 0)]),
            collection(3, "/c", "c.example"),
        ],
        endpoints: vec![
            with(1, &[("sqli", 2, 0), ("xss", 1, 0)]),
            with(2, &[("sqli", 4, 1)]),
            with(3, &[("scanner", 0, 1)]),
            with(4, &[]),
        ],
        ..Effects::default()
    }
}

fn asked(attacked: Option<bool>, class: Option<&str>) -> EndpointQuery {
    EndpointQuery {
        facts: FactQuery {
            attacked,
            class: class.map(Box::from),
            ..FactQuery::default()
        },
        sort: EndpointSort::Attacks,
        descending: true,
        ..all_endpoints()
    }
}

pub fn attacked(maker: &mut dyn Maker) {
    let store = maker.make();
    write(&*store, four());
    for (attacked, class, expected) in [
        (Some(true), None, &["/2", "/1"][..]),
        (None, Some("xss"), &["/1"]),
        (None, Some("scanner"), &["/3"]),
        (Some(true), Some("scanner"), &[]),
    ] {
        let found = templates(&*store, &asked(attacked, class));
        assert_eq!(found, expected, "{attacked:?} {class:?}");
    }
    let mut clean = templates(&*store, &asked(Some(false), None));
    clean.sort_unstable();
    assert_eq!(clean, ["/3", "/4"]);
    let item = store.endpoints(&asked(None, Some("xss"))).unwrap();
    let told = &item.items[0].row.facts.signals;
    assert_eq!(*told, facts(&[("sqli", 2, 0), ("xss", 1, 0)]));
}

pub fn adds_up(maker: &mut dyn Maker) {
    let store = maker.make();
    write(&*store, four());
    let told = |query: &SignalQuery| {
        let sums = store.signals(query).unwrap();
        let classes = sums.classes.into_iter().map(|it| {
            let counts = (it.facts.attacks, it.collections, it.endpoints);
            (it.facts.class, counts)
        });
        (sums.attacks, sums.suspicious, classes.collect::<Vec<_>>())
    };
    let all = [
        ("sqli".into(), (12, 2, 2)),
        ("scanner".into(), (9, 1, 1)),
        ("xss".into(), (1, 1, 1)),
    ];
    assert_eq!(told(&SignalQuery::default()), (22, 1, all.to_vec()));
    let below = SignalQuery {
        scope: "/b".into(),
        ..SignalQuery::default()
    };
    let sqli = vec![("sqli".into(), (7, 1, 0))];
    assert_eq!(told(&below), (7, 0, sqli.clone()));
    let of_one = SignalQuery {
        collection: Some(collection_id(2)),
        ..SignalQuery::default()
    };
    assert_eq!(told(&of_one), (7, 0, sqli));
    let of_service = SignalQuery {
        service: Some("api.example".into()),
        ..SignalQuery::default()
    };
    assert_eq!(told(&of_service), (0, 0, vec![]), "known by its host");
}

pub fn of_collections(maker: &mut dyn Maker) {
    let store = maker.make();
    write(&*store, four());
    let query = CollectionQuery {
        sort: CollectionSort::Attacks,
        descending: true,
        limit: 10,
        ..CollectionQuery::default()
    };
    let page = store.collections(&query).unwrap();
    let attacks = page.items.iter().map(|it| it.signals.attacks);
    assert_eq!(attacks.collect::<Vec<_>>(), [15, 7, 0]);
    assert_eq!(page.items[1].signals, facts(&[("sqli", 7, 0)]));
}

pub fn said(maker: &mut dyn Maker) {
    let store = maker.make();
    let say = |scope: &str, vigilance: &Vigilance| {
        let control = Control::Watch {
            scope: scope.into(),
            vigilance: Box::new(vigilance.clone()),
        };
        store.add_control(&control, &actor("anna")).unwrap()
    };
    let strict = Vigilance {
        attack: Some(70),
        maturity: Some(Maturity::Incubating),
        detections: vec![("injection.sql".into(), false)],
        ..Vigilance::default()
    };
    say("/b", &strict);
    say("/", &Vigilance::default());
    say("/", &strict);
    let rows = store.vigilance().unwrap();
    let told = rows.iter().map(|it| (&*it.scope, it.revision));
    assert_eq!(told.collect::<Vec<_>>(), [("/", 3), ("/b", 1)]);
    assert_eq!(rows[0].vigilance, strict);
    assert_eq!((&*rows[0].actor, rows[0].at), ("anna", NOW));
}
