//! Attacks are counted, and teach nothing.

use gatewatch_model::facts::SignalFacts;
use gatewatch_model::signal::{Severity, Signal};

use super::*;

fn signal(judgement: Judgement) -> [Signal; 1] {
    [Signal {
        detection: "injection.sql".into(),
        class: "sqli".into(),
        place: "$.request.query.id".into(),
        confidence: 95,
        severity: Severity::High,
        judgement,
    }]
}

fn attack(inventory: &mut Inventory, text: &str, judgement: Judgement) -> Option<EndpointId> {
    let exchange = exchange(text);
    let mut reading = Reading::default();
    reading.read(&exchange);
    let signals = signal(judgement);
    let placed = inventory.observe(&Sighting {
        exchange: &exchange,
        reading: &reading,
        scope: "/",
        caller: &gatewatch_decode::caller(&exchange),
        external: None,
        at: Timestamp::from_seconds(1_000),
        blemishes: Blemishes::default(),
        fits: &[],
        judge: &NoTypes,
        judged: Judged {
            signals: &signals,
            judgement,
        },
    });
    placed.endpoint
}

fn counts(facts: &SignalFacts) -> (u64, u64, u64) {
    (facts.attacks, facts.suspicious, facts.answered)
}

#[test]
fn an_endpoint_and_its_collection_count_attacks() {
    let mut inventory = Inventory::default();
    see(&mut inventory, "GET https://a.example/orders/1 200");
    let (sure, perhaps) = (Judgement::Attack, Judgement::Suspicious);
    attack(&mut inventory, "GET https://a.example/orders/2 200", sure);
    attack(&mut inventory, "GET https://a.example/orders/2 500", sure);
    attack(
        &mut inventory,
        "GET https://a.example/orders/2 200",
        perhaps,
    );
    attack(
        &mut inventory,
        "GET https://a.example/nowhere.php 404",
        sure,
    );
    let effects = drained(&mut inventory);
    let orders = effects.endpoints.iter().find(|it| it.calls == 4).unwrap();
    assert_eq!(counts(&orders.facts.signals), (2, 1, 1));
    assert_eq!(&*orders.facts.signals.classes[0].class, "sqli");
    assert_eq!(counts(&effects.collections[0].signals), (3, 1, 1));
}

#[test]
fn what_an_attack_brings_is_no_member() {
    let members = |judgement| {
        let mut inventory = Inventory::default();
        see(&mut inventory, "GET https://a.example/orders?page=2 200");
        attack(
            &mut inventory,
            "GET https://a.example/orders?debug=1 200",
            judgement,
        );
        inventory.tick(Timestamp::from_seconds(1_000_000));
        let profiles = drained(&mut inventory).profiles;
        let members = profiles.into_iter().flat_map(|it| it.members);
        members.map(|it| String::from(it.path)).collect::<Vec<_>>()
    };
    assert!(members(Judgement::Suspicious).contains(&"debug".into()));
    let known = members(Judgement::Attack);
    assert!(known.contains(&"page".into()) && !known.contains(&"debug".into()));
}

#[test]
fn paths_of_attacks_are_no_evidence() {
    let evidence = |judgement| {
        let mut inventory = Inventory::default();
        see(&mut inventory, "GET https://a.example/pages/home 200");
        let before = inventory.memory().path_nodes;
        attack(
            &mut inventory,
            "GET https://a.example/pages/shell 200",
            judgement,
        );
        inventory.memory().path_nodes - before
    };
    assert_eq!(
        (evidence(Judgement::Suspicious), evidence(Judgement::Attack)),
        (1, 0)
    );
}

#[test]
fn attacks_survive_a_restart_and_a_merge() {
    let mut inventory = Inventory::default();
    let sure = Judgement::Attack;
    let one = attack(&mut inventory, "GET https://a.example/a 200", sure).unwrap();
    let two = attack(&mut inventory, "GET https://a.example/b 500", sure).unwrap();
    let mut bytes = Vec::new();
    inventory.encode(&mut bytes);
    let mut inventory = Inventory::decode(&bytes).unwrap();
    assert!(inventory.merge(one, two, Position(9)));
    let effects = drained(&mut inventory);
    let row = effects.endpoints.iter().find(|it| it.id == two).unwrap();
    assert_eq!(counts(&row.facts.signals), (2, 0, 1));
    assert_eq!(counts(&effects.collections[0].signals), (2, 0, 1));
}
