//! What only traffic shows: who calls what, what is answered, and what scanners cannot teach.

use gatewatch_model::CollectionId;
use gatewatch_model::definition::{Definition, Operation, Subject};
use gatewatch_model::profile::{DecidedBy, Drift};
use gatewatch_testkit::Rng;

use super::*;

/// Traffic of one API: method, path and status, each with the last part of the caller's address.
type Traffic = Vec<(String, u8)>;

fn fold(inventory: &mut Inventory, traffic: &Traffic) {
    for (line, caller) in traffic {
        let (method, rest) = line.split_once(' ').unwrap();
        let mut exchange = exchange(&format!("{method} https://a.example{rest}"));
        exchange.caller_ip = Some(std::net::Ipv4Addr::new(203, 0, 113, *caller).into());
        observe(inventory, &exchange, Timestamp::from_seconds(1_000));
    }
}

fn template(inventory: &mut Inventory, path: &str) -> String {
    let exchange = exchange(&format!("GET https://a.example{path} 200"));
    let mut reading = Reading::default();
    reading.read(&exchange);
    let key = inventory.template_of(&exchange, &reading, "/");
    key.split_once(' ').unwrap().1.to_owned()
}

/// After that traffic, these paths have these templates.
fn check_templates(traffic: &Traffic, expected: &[(&str, &str)]) {
    let mut inventory = Inventory::default();
    fold(&mut inventory, traffic);
    inventory.settle();
    for (path, expected) in expected {
        assert_eq!(template(&mut inventory, path), *expected, "{path}");
    }
}

static NAMES: [&str; 16] = [
    "anna", "bert", "carla", "dora", "emil", "frida", "gustav", "hanna", "ivo", "jana", "karl",
    "lena", "max", "nora", "otto", "paula",
];

/// Sixteen people look at themselves, at their photos and at what all share.
fn people() -> Traffic {
    let mut traffic = Vec::new();
    for (number, name) in NAMES.iter().enumerate() {
        let caller = number as u8;
        for _ in 0..4 {
            traffic.push((format!("GET /users/{name} 200"), caller));
            traffic.push((format!("GET /users/{name}/photos 200"), caller));
            traffic.push((
                format!("PUT /users/{name}/photos/{} 200", number + 3),
                caller,
            ));
            traffic.push(("GET /users/me 200".to_owned(), caller));
            traffic.push(("POST /users/search 200".to_owned(), caller));
            traffic.push(("GET /orders 200".to_owned(), caller));
            traffic.push(("GET /health 200".to_owned(), caller));
        }
    }
    traffic
}

#[test]
fn user_names_are_values_and_me_is_a_name() {
    check_templates(
        &people(),
        &[
            ("/users/anna", "/users/{name}"),
            ("/users/nobody-yet", "/users/{name}"),
            ("/users/otto/photos", "/users/{name}/photos"),
            ("/users/otto/photos/9", "/users/{name}/photos/{id}"),
            ("/users/me", "/users/me"),
            ("/users/search", "/users/search"),
            ("/orders", "/orders"),
            ("/health", "/health"),
        ],
    );
}

#[test]
fn tenants_come_first_and_are_values() {
    let mut traffic = Vec::new();
    for (number, tenant) in NAMES.iter().enumerate() {
        for route in ["users", "invoices", "settings"] {
            for id in 0..3 {
                traffic.push((format!("GET /t/{tenant}/{route}/{id} 200"), number as u8));
            }
        }
    }
    check_templates(
        &traffic,
        &[
            ("/t/anna/users/1", "/t/{name}/users/{id}"),
            ("/t/max/invoices/8", "/t/{name}/invoices/{id}"),
            ("/t/somebody/settings/8", "/t/{name}/settings/{id}"),
        ],
    );
}

#[test]
fn two_variable_parts_side_by_side_are_both_found() {
    let mut traffic = Vec::new();
    // Each owner has one repository: no owner shows more than one, no repository comes twice.
    for (number, owner) in NAMES.iter().enumerate() {
        let repository = NAMES[(number * 7 + 3) % NAMES.len()];
        for below in ["issues", "pulls"] {
            let path = format!("/repos/{owner}/{repository}-{number}/{below}");
            traffic.push((format!("GET {path} 200"), number as u8));
        }
    }
    check_templates(
        &traffic,
        &[
            ("/repos/anna/dora-0/issues", "/repos/{name}/{name}/issues"),
            ("/repos/otto/new-17/pulls", "/repos/{name}/{name}/pulls"),
        ],
    );
}

#[test]
fn versions_and_rare_routes_stay_names() {
    let mut traffic = Vec::new();
    for version in ["v1", "v2"] {
        for id in 0..20 {
            traffic.push((format!("GET /{version}/orders/{id} 200"), id));
            traffic.push((format!("GET /{version}/orders/{id}/lines 200"), id));
        }
    }
    traffic.push(("POST /v1/orders/export 202".to_owned(), 1));
    traffic.push(("GET /v1/orders/export/status/last 200".to_owned(), 1));
    check_templates(
        &traffic,
        &[
            ("/v1/orders/7", "/v1/orders/{id}"),
            ("/v2/orders/7/lines", "/v2/orders/{id}/lines"),
            ("/v1/orders/export", "/v1/orders/export"),
            (
                "/v1/orders/export/status/last",
                "/v1/orders/export/status/last",
            ),
        ],
    );
}

#[test]
fn what_scanners_miss_teaches_nothing() {
    let mut inventory = Inventory::default();
    fold(&mut inventory, &people());
    inventory.settle();
    let before = inventory.memory().path_nodes;
    let mut rng = Rng::new(7);
    for _ in 0..50_000 {
        let (a, b) = (rng.below(1 << 40), rng.below(1 << 40));
        let status = [400, 404, 405][(a % 3) as usize];
        let path = format!("/users/x{a:x}y/{b:x}z");
        fold(&mut inventory, &vec![(format!("GET {path} {status}"), 1)]);
    }
    inventory.settle();
    assert_eq!(inventory.memory().path_nodes, before);
    assert_eq!(template(&mut inventory, "/users/me"), "/users/me");
    assert_eq!(template(&mut inventory, "/users/anna"), "/users/{name}");
}

#[test]
fn words_that_are_all_answered_only_make_slots() {
    let mut inventory = Inventory::default();
    fold(&mut inventory, &people());
    inventory.settle();
    let mut rng = Rng::new(7);
    let mut word = || -> String {
        (0..8)
            .map(|_| char::from(b'a' + rng.below(26) as u8))
            .collect()
    };
    for _ in 0..40_000 {
        let path = match word().as_bytes()[0] % 3 {
            0 => format!("/{}", word()),
            1 => format!("/users/{}/{}", word(), word()),
            _ => format!("/{}/{}/{}/{}", word(), word(), word(), word()),
        };
        fold(&mut inventory, &vec![(format!("GET {path} 200"), 1)]);
    }
    inventory.settle();
    let memory = inventory.memory();
    assert!(
        memory.path_nodes <= crate::limits::PATH_NODES_MAX + 64,
        "{memory:?}"
    );
    assert!(memory.collections_bytes < 4 << 20, "{memory:?}");
    for (path, expected) in [
        ("/users/me", "/users/me"),
        ("/orders", "/orders"),
        ("/health", "/health"),
        ("/users/anna/photos", "/users/{name}/photos"),
    ] {
        assert_eq!(template(&mut inventory, path), expected);
    }
}

#[test]
fn no_order_shows() {
    let mut traffic = people();
    let mut expected = None;
    for seed in 0..10 {
        let mut rng = Rng::new(seed);
        rng.shuffle(&mut traffic);
        let mut inventory = Inventory::default();
        fold(&mut inventory, &traffic);
        inventory.settle();
        // What a name took part in while it was thought a value stays there: calls may differ.
        let all = inventory.endpoints.slab.iter();
        let calls = all.map(|(_, it)| it.calls()).sum::<u64>();
        assert_eq!(calls, traffic.len() as u64);
        let all = inventory.endpoints.slab.iter();
        let mut found = all.map(|(_, it)| it.key.to_string()).collect::<Vec<_>>();
        found.sort();
        let expected = expected.get_or_insert_with(|| found.clone());
        assert_eq!(*expected, found);
    }
}

#[test]
fn endpoints_follow_what_is_learned_and_say_why() {
    let mut inventory = Inventory::default();
    let first = see(&mut inventory, "GET https://a.example/users/anna 200").unwrap();
    drained(&mut inventory);
    inventory.stand_at(Position(77));
    fold(&mut inventory, &people());
    inventory.settle();
    let effects = drained(&mut inventory);
    let row = effects
        .endpoints
        .iter()
        .find(|it| &*it.template == "/users/{name}")
        .unwrap();
    assert_eq!(row.calls, 1 + 4 * NAMES.len() as u64);
    let alias = effects.aliases.iter().find(|it| it.old == first).unwrap();
    assert_eq!((alias.new, alias.position), (row.id, Position(77)));
    let [why] = &row.facts.decisions[..] else {
        panic!("{:?}", row.facts.decisions)
    };
    assert_eq!((why.segment, why.by), (1, DecidedBy::Learned));
    assert!(
        why.reason.starts_with("16 different values in "),
        "{}",
        why.reason
    );
    assert!(why.confidence > 50);
}

#[test]
fn a_loaded_inventory_has_learned_the_same() {
    let mut inventory = Inventory::default();
    fold(&mut inventory, &people());
    drained(&mut inventory);
    let mut bytes = Vec::new();
    inventory.encode(&mut bytes);
    let mut loaded = Inventory::decode(&bytes).unwrap();
    let mut again = Vec::new();
    loaded.encode(&mut again);
    assert_eq!(bytes, again);
    inventory.settle();
    loaded.settle();
    assert_eq!(
        template(&mut inventory, "/users/anna"),
        template(&mut loaded, "/users/anna")
    );
    let saved = |it: &Inventory| {
        let mut bytes = Vec::new();
        it.encode(&mut bytes);
        bytes
    };
    assert_eq!(saved(&inventory), saved(&loaded));
}

#[test]
fn a_pin_sticks_and_gives_way_when_it_is_taken_back() {
    let mut inventory = Inventory::default();
    fold(&mut inventory, &people());
    inventory.settle();
    let collection = drained(&mut inventory).collections[0].id;
    assert!(!inventory.pin(CollectionId([9; 16]), "/users/anna"));
    assert!(inventory.pin(collection, "/users/anna"));
    assert!(!inventory.pin(collection, "/users/anna"));
    fold(&mut inventory, &people());
    inventory.settle();
    assert_eq!(template(&mut inventory, "/users/anna"), "/users/anna");
    assert_eq!(template(&mut inventory, "/users/bert"), "/users/{name}");
    let rows = drained(&mut inventory).endpoints;
    let pinned = rows
        .iter()
        .find(|it| &*it.template == "/users/anna")
        .unwrap();
    assert!(pinned.facts.known_by.pin && pinned.calls == 4);
    assert!(inventory.unpin(collection, "/users/anna"));
    assert_eq!(template(&mut inventory, "/users/anna"), "/users/{name}");
    assert!(!rows.is_empty() && drained(&mut inventory).aliases.len() == 1);
}

#[test]
fn a_split_makes_words_of_a_slot() {
    let mut inventory = Inventory::default();
    fold(&mut inventory, &people());
    inventory.settle();
    let rows = drained(&mut inventory).endpoints;
    let row = rows
        .iter()
        .find(|it| &*it.template == "/users/{name}")
        .unwrap();
    assert!(!inventory.split(row.id, 0));
    assert!(inventory.split(row.id, 1));
    fold(&mut inventory, &people());
    inventory.settle();
    assert_eq!(template(&mut inventory, "/users/anna"), "/users/anna");
    let rows = drained(&mut inventory).endpoints;
    let kept = rows.iter().find(|it| it.id == row.id).unwrap();
    assert_eq!(kept.calls, row.calls);
    let split = rows
        .iter()
        .find(|it| &*it.template == "/users/anna")
        .unwrap();
    assert_eq!(split.calls, 4);
    assert_eq!(split.facts.decisions[0].by, DecidedBy::Person);
}

#[test]
fn what_was_merged_stays_so_whatever_is_learned() {
    let mut inventory = Inventory::default();
    let anna = see(&mut inventory, "GET https://a.example/users/anna 200").unwrap();
    see(&mut inventory, "POST https://a.example/users/anna 200");
    fold(&mut inventory, &people());
    inventory.settle();
    let rows = drained(&mut inventory).endpoints;
    let slot = rows.iter().find(|it| &*it.template == "/users/{name}");
    let slot = slot.unwrap().id;
    let me = rows.iter().find(|it| &*it.template == "/users/me").unwrap();
    assert!(inventory.merge(slot, me.id, Position(1)));
    // Were `me` a value too, its own template would lead back to it.
    let collection = me.collection;
    assert!(inventory.pin(collection, "/users/{name}"));
    for _ in 0..9 {
        fold(&mut inventory, &people());
        inventory.settle();
    }
    let effects = drained(&mut inventory);
    assert!(effects.aliases.iter().all(|it| it.old != it.new));
    assert_eq!(template(&mut inventory, "/users/me"), "/users/me");
    assert_eq!(template(&mut inventory, "/users/otto"), "/users/me");
    let row = effects.endpoints.iter().find(|it| it.id == me.id).unwrap();
    assert_eq!(row.calls, 1 + 10 * 2 * 4 * NAMES.len() as u64);
    let old = inventory.aliases.resolve_id(anna);
    assert!(old == me.id || effects.aliases.iter().all(|it| it.old != anna));
}

#[test]
fn a_name_that_lives_again_begins_anew() {
    let mut inventory = Inventory::default();
    let anna = see(&mut inventory, "GET https://a.example/users/anna 200").unwrap();
    let first = drained(&mut inventory);
    let collection = first.collections[0].id;
    assert!(inventory.pin(collection, "/users/{who}"));
    see(&mut inventory, "GET https://a.example/users/anna 200");
    assert!(inventory.unpin(collection, "/users/{who}"));
    assert_eq!(
        see(&mut inventory, "GET https://a.example/users/anna 200"),
        Some(anna)
    );
    let effects = drained(&mut inventory);
    let row = effects.endpoints.iter().find(|it| it.id == anna).unwrap();
    assert_eq!(row.calls, 1, "two of three stay with the slot");
    let [pinned, alias] = &effects.aliases[..] else {
        panic!("{:?}", effects.aliases)
    };
    let minutes = |id| effects.rollups.iter().filter(move |it| it.endpoint == id);
    let calls = |id| minutes(id).map(|it| it.total().calls()).sum::<u64>();
    assert_eq!((pinned.old, pinned.new), (anna, alias.old));
    assert_eq!((calls(anna), calls(alias.new)), (1, 1));
    assert!(inventory.forget(alias.new));
    assert_eq!(drained(&mut inventory).forgotten, [alias.new]);
}

fn definition(version: &str, templates: &[&str]) -> Definition {
    Definition {
        title: "shop".into(),
        version: version.into(),
        operations: templates
            .iter()
            .map(|it| Operation {
                method: "GET".into(),
                template: (*it).into(),
                ..Operation::default()
            })
            .collect(),
        ..Definition::default()
    }
}

#[test]
fn what_is_documented_is_there_before_it_is_called() {
    let mut inventory = Inventory::default();
    let subject = Subject::Host {
        scope: "/".into(),
        host: "a.example".into(),
    };
    let documented = definition("1", &["/pets/{petId}", "/pets/{petId}/toys", "/pets/mine"]);
    assert!(inventory.define(&subject, &documented, Timestamp(1)));
    let effects = drained(&mut inventory);
    assert_eq!(
        effects.collections[0].definition,
        Some(("shop".into(), "1".into()))
    );
    assert_eq!(effects.endpoints.len(), 3);
    let never = |it: &gatewatch_model::effects::EndpointRow| {
        it.calls == 0
            && it.facts.drift == Some(Drift::NeverSeen)
            && it.facts.known_by.definition
            && !it.facts.known_by.traffic
    };
    assert!(effects.endpoints.iter().all(never));
    see(&mut inventory, "GET https://a.example/pets/rex 200");
    see(&mut inventory, "GET https://a.example/pets/mine 200");
    see(&mut inventory, "GET https://a.example/pets/rex/vets 200");
    see(&mut inventory, "GET https://a.example/pets/rex/cats 404");
    let rows = drained(&mut inventory).endpoints;
    let found = rows
        .iter()
        .map(|it| (&*it.template, it.calls, it.facts.drift))
        .collect::<Vec<_>>();
    assert_eq!(
        found,
        [
            ("/pets/{petId}", 1, Some(Drift::AsDocumented)),
            ("/pets/mine", 1, Some(Drift::AsDocumented)),
            ("/pets/rex/vets", 1, Some(Drift::Shadow)),
            ("/pets/rex/cats", 1, None),
        ]
    );
    assert_eq!(
        effects
            .endpoints
            .iter()
            .find(|it| it.id == rows[0].id)
            .map(|it| it.calls),
        Some(0)
    );

    let newer = definition("2", &["/pets/{petId}"]);
    assert!(inventory.define(&subject, &newer, Timestamp::from_seconds(1_001)));
    let forgotten = drained(&mut inventory).forgotten;
    assert_eq!(forgotten.len(), 1, "only what was never called goes");
    observe(
        &mut inventory,
        &exchange("GET https://a.example/pets/mine 200"),
        Timestamp::from_seconds(2_000),
    );
    let rows = drained(&mut inventory).endpoints;
    assert_eq!(
        (&*rows[0].template, rows[0].calls),
        ("/pets/{petId}", 3),
        "a slot of the definition takes in what is documented no more"
    );
}

#[test]
fn operations_are_endpoints_of_their_own_within_bounds() {
    let mut inventory = Inventory::default();
    let mut ask = |name: &str| {
        let body = format!(r#"{{"jsonrpc":"2.0","id":1,"method":"{name}"}}"#);
        let mut exchange = exchange("POST https://a.example/rpc 200");
        exchange.request.headers = Some(vec![("content-type".into(), "application/json".into())]);
        exchange.request.body = Some(gatewatch_model::exchange::Body {
            bytes_total: body.len() as u64,
            bytes: body.into_bytes().into(),
        });
        observe(&mut inventory, &exchange, Timestamp::ZERO);
        let mut reading = Reading::default();
        reading.read(&exchange);
        let key = inventory.template_of(&exchange, &reading, "/");
        key.to_string()
    };
    for _ in 0..10 {
        assert_eq!(ask("eth_getBalance"), "POST /rpc#eth_getBalance");
    }
    assert_eq!(ask("eth_call"), "POST /rpc#eth_call");
    for hostile in ["a b", "<x>", "{id}"] {
        assert_eq!(ask(hostile), "POST /rpc#{operation}");
    }
    for number in 0..5_000 {
        ask(&format!("made_up_{number}"));
    }
    assert_eq!(ask("made_up_x"), "POST /rpc#{operation}");
    assert_eq!(ask("eth_getBalance"), "POST /rpc#eth_getBalance");
    assert!(inventory.memory().endpoints < 300);
}
