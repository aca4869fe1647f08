//! What the inventory promises, told in traffic.

mod attacks;
mod bounds;
mod definitions;
mod operations;
mod privacy;
mod replay;
mod templates;

use gatewatch_model::effects::Effects;
use gatewatch_model::info_type::NoTypes;
use gatewatch_model::signal::Judged;
use gatewatch_model::{Blemishes, Exchange, Position, Timestamp};

use super::*;

/// An exchange from `GET https://api.contoso.com/a 200`.
fn exchange(text: &str) -> Exchange<'static> {
    let line = format!("+0 203.0.113.7 {text} req=512B latency=1.5ms");
    gatewatch_testkit::traffic(&line).remove(0)
}

fn observe(inventory: &mut Inventory, exchange: &Exchange<'_>, at: Timestamp) -> Placed {
    let mut reading = Reading::default();
    reading.read(exchange);
    inventory.observe(&Sighting {
        exchange,
        reading: &reading,
        scope: "/",
        caller: &gatewatch_decode::caller(exchange),
        external: None,
        at,
        blemishes: Blemishes::default(),
        fits: &[],
        judge: &NoTypes,
        judged: Judged::default(),
    })
}

fn see(inventory: &mut Inventory, text: &str) -> Option<EndpointId> {
    observe(inventory, &exchange(text), Timestamp::from_seconds(1_000)).endpoint
}

fn drained(inventory: &mut Inventory) -> Effects {
    let mut effects = Effects::default();
    inventory.drain(&mut effects, &NoTypes);
    effects
}

/// After that traffic there are these endpoints, with these calls.
fn check(traffic: &[&str], expected: &[&str]) {
    let mut inventory = Inventory::default();
    for line in traffic {
        see(&mut inventory, line);
    }
    let rows = drained(&mut inventory).endpoints;
    let found = rows
        .iter()
        .map(|it| format!("{} {} {}", it.calls, it.method, it.template));
    assert_eq!(found.collect::<Vec<_>>(), expected);
}

#[test]
fn calls_of_one_template_are_one_endpoint() {
    check(
        &[
            "PUT https://a.example/echo/17 200",
            "PUT https://a.example/echo/18/?x=1 404",
            "GET https://a.example/echo/17 200",
        ],
        &["2 PUT /echo/{id}", "1 GET /echo/{id}"],
    );
}

#[test]
fn callers_that_no_source_named_are_not_observed() {
    let mut inventory = Inventory::default();
    let mut nameless = exchange("GET https://a.example/orders/1 200");
    nameless.caller_ip = None;
    for _ in 0..3 {
        observe(&mut inventory, &nameless, Timestamp::default());
    }
    let effects = drained(&mut inventory);
    assert_eq!(effects.endpoints[0].callers(), None);
    assert_eq!(effects.profiles[0].callers_top, []);
    see(&mut inventory, "GET https://a.example/orders/1 200");
    let effects = drained(&mut inventory);
    assert_eq!(effects.endpoints[0].callers(), Some(1));
    assert_eq!(effects.profiles[0].callers_top.len(), 1);
}

#[test]
fn a_row_says_what_was_counted() {
    let mut inventory = Inventory::default();
    let ids = [200, 200, 503].map(|status| {
        see(
            &mut inventory,
            &format!("GET https://a.example/orders/1 {status}"),
        )
    });
    let effects = drained(&mut inventory);
    let [row] = &effects.endpoints[..] else {
        panic!("one row")
    };
    assert_eq!(ids, [Some(row.id); 3]);
    assert_eq!(row.statuses, [(200, 2), (503, 1)]);
    assert_eq!(
        (
            row.callers_estimate,
            row.request_bytes.count,
            row.response_bytes.count
        ),
        (1, 3, 0)
    );
    assert_eq!(row.latency_micros.max, 1_500);
    let [collection] = &effects.collections[..] else {
        panic!("one collection")
    };
    assert_eq!(
        (&*collection.name, collection.calls, collection.endpoints),
        ("a.example", 3, 1)
    );
    assert_eq!(row.collection, collection.id);
    let total = effects.rollups[0].total();
    assert_eq!(
        (total.calls(), total.statuses[5], total.request_bytes),
        (3, 1, 3 * 512)
    );
}

#[test]
fn a_collection_is_an_api_of_its_gateway_else_a_host() {
    let mut inventory = Inventory::default();
    let mut named = exchange("GET https://a.example/ 200");
    (named.service, named.api) = (Some("apim".into()), Some("echo\u{7}".into()));
    observe(&mut inventory, &named, Timestamp::ZERO);
    named.workspace = Some("team".into());
    observe(&mut inventory, &named, Timestamp::ZERO);
    see(&mut inventory, "GET https://A.example:443/ 200");
    let mut nowhere = exchange("GET / 200");
    nowhere.request.headers = None;
    let nowhere = observe(&mut inventory, &nowhere, Timestamp::ZERO);
    assert!(nowhere.blemishes.contains(Blemishes::NO_HOST));
    let names = drained(&mut inventory)
        .collections
        .into_iter()
        .map(|it| it.name);
    assert_eq!(
        names.collect::<Vec<_>>(),
        [
            "apim/echo\u{fffd}".into(),
            "apim/team/echo\u{fffd}".into(),
            "a.example".into(),
            Box::from("no host")
        ]
    );
}

#[test]
fn one_host_in_two_scopes_is_two_collections() {
    let mut inventory = Inventory::default();
    let exchange = exchange("GET https://a.example/ 200");
    for scope in ["/one", "/two"] {
        let caller = Caller::Unknown;
        inventory.observe(&Sighting {
            exchange: &exchange,
            reading: &Reading::default(),
            scope,
            caller: &caller,
            external: None,
            at: Timestamp::ZERO,
            blemishes: Blemishes::default(),
            fits: &[],
            judge: &NoTypes,
            judged: Judged::default(),
        });
    }
    let rows = drained(&mut inventory).collections;
    assert_eq!(rows.len(), 2);
    assert_ne!(rows[0].id, rows[1].id);
}

#[test]
fn only_what_changed_is_drained() {
    let mut inventory = Inventory::default();
    see(&mut inventory, "GET https://a.example/one 200");
    assert!(drained(&mut inventory).coverage.is_some());
    assert!(drained(&mut inventory).is_empty());
    see(&mut inventory, "GET https://a.example/one 200");
    let again = drained(&mut inventory);
    assert_eq!(
        (
            again.endpoints[0].calls,
            again.rollups[0].total().calls(),
            again.coverage
        ),
        (2, 1, None)
    );
}

#[test]
fn a_long_past_counts_minute_by_minute() {
    let mut inventory = Inventory::default();
    for call in 0..1_000_i64 {
        let at = Timestamp::from_seconds((call * 7_919 % 500) * 60);
        observe(&mut inventory, &exchange("GET https://a.example/ 200"), at);
    }
    let before = inventory.pending_bytes();
    assert!(before > 500 * 96);
    let mut calls = std::collections::BTreeMap::<i64, u64>::new();
    for (minute, cell) in drained(&mut inventory)
        .rollups
        .into_iter()
        .flat_map(|it| it.minutes)
    {
        *calls.entry(minute).or_default() += cell.calls();
    }
    assert_eq!(calls.len(), 500);
    assert!(calls.values().all(|it| *it == 2));
    assert_eq!(inventory.pending_bytes(), 0);
}

#[test]
fn merged_endpoints_are_one_from_then_on() {
    let mut inventory = Inventory::default();
    let one = see(&mut inventory, "GET https://a.example/users/anna 200").unwrap();
    let two = see(&mut inventory, "GET https://a.example/users/bert 404").unwrap();
    drained(&mut inventory);
    assert!(inventory.merge(one, two, Position(9)));
    assert_eq!(
        see(&mut inventory, "GET https://a.example/users/anna 200"),
        Some(two)
    );
    let effects = drained(&mut inventory);
    assert_eq!(
        effects.aliases,
        [gatewatch_model::effects::Alias {
            old: one,
            new: two,
            position: Position(9)
        }]
    );
    assert_eq!(
        (effects.endpoints.len(), effects.endpoints[0].calls),
        (1, 3)
    );
    assert_eq!(effects.collections[0].endpoints, 1);
    assert!(effects.forgotten.is_empty());
}

#[test]
fn a_merge_leads_on_to_where_its_target_was_merged() {
    let mut inventory = Inventory::default();
    let [one, two, three] = ["one", "two", "three"]
        .map(|it| see(&mut inventory, &format!("GET https://a.example/{it} 200")).unwrap());
    let four = see(&mut inventory, "GET https://a.example/four 200").unwrap();
    assert!(inventory.merge(one, two, Position(1)));
    assert!(inventory.merge(two, three, Position(2)));
    assert!(inventory.merge(four, one, Position(3)));
    for path in ["one", "two", "three", "four"] {
        assert_eq!(
            see(&mut inventory, &format!("GET https://a.example/{path} 200")),
            Some(three)
        );
    }
    assert_eq!(inventory.coverage().endpoints, 1);
}

#[test]
fn a_merge_that_makes_no_sense_changes_nothing() {
    let mut inventory = Inventory::default();
    let one = see(&mut inventory, "GET https://a.example/one 200").unwrap();
    let two = see(&mut inventory, "GET https://a.example/two 200").unwrap();
    let other = see(&mut inventory, "GET https://b.example/one 200").unwrap();
    assert!(inventory.merge(one, two, Position(1)));
    drained(&mut inventory);
    for (from, into) in [
        (two, two),
        (two, one),
        (one, two),
        (two, other),
        (EndpointId([0; 16]), two),
        (two, EndpointId([0; 16])),
    ] {
        assert!(!inventory.merge(from, into, Position(2)));
        assert!(drained(&mut inventory).is_empty());
    }
}

#[test]
fn a_forgotten_endpoint_starts_anew() {
    let mut inventory = Inventory::default();
    let old = see(&mut inventory, "GET https://a.example/old 200").unwrap();
    let id = see(&mut inventory, "GET https://a.example/one 200").unwrap();
    inventory.merge(old, id, Position(1));
    drained(&mut inventory);
    assert!(inventory.forget(old));
    assert!(!inventory.forget(id));
    assert_eq!(
        see(&mut inventory, "GET https://a.example/old 200"),
        Some(id)
    );
    let effects = drained(&mut inventory);
    assert_eq!(
        effects.forgotten,
        [id],
        "what was kept as the old one is its own"
    );
    assert_eq!(effects.endpoints[0].calls, 1);
}

#[test]
fn a_collection_goes_with_its_last_endpoint() {
    let mut inventory = Inventory::default();
    let id = see(&mut inventory, "GET https://a.example/one 200").unwrap();
    let collection = drained(&mut inventory).collections[0].id;
    inventory.forget(id);
    let effects = drained(&mut inventory);
    assert_eq!(
        (effects.forgotten, effects.forgotten_collections),
        (vec![id], vec![collection])
    );
    assert!(effects.collections.is_empty());
    see(&mut inventory, "GET https://a.example/one 200");
    assert_eq!(drained(&mut inventory).collections[0].calls, 1);
}

#[test]
fn what_comes_and_goes_between_checkpoints_leaves_nothing() {
    let mut inventory = Inventory::default();
    let id = see(&mut inventory, "GET https://a.example/one 200").unwrap();
    inventory.forget(id);
    let effects = drained(&mut inventory);
    assert!(effects.is_empty(), "{effects:?}");
}
