//! What a definition says of traffic that came before and after it.

use gatewatch_model::definition::{DefinedMember, Definition, Operation, Subject};
use gatewatch_model::profile::Drift;

use super::*;

fn parameter(name: &str) -> DefinedMember {
    DefinedMember {
        spot: gatewatch_model::Spot::RequestQuery,
        path: name.into(),
        required: false,
        types: vec!["string".into()],
        format: "".into(),
        values: Vec::new(),
        open: false,
    }
}

/// Has `GET /pets` documented with those parameters.
fn define(inventory: &mut Inventory, parameters: &[&str]) {
    let subject = Subject::Host {
        scope: "/".into(),
        host: "a.example".into(),
    };
    let definition = Definition {
        title: "shop".into(),
        operations: vec![Operation {
            method: "GET".into(),
            template: "/pets".into(),
            request: parameters.iter().map(|it| parameter(it)).collect(),
            ..Operation::default()
        }],
        ..Definition::default()
    };
    assert!(inventory.define(&subject, &definition, Timestamp(1)));
}

/// The next checkpoint tells this drift and these differences of the one endpoint.
fn check(inventory: &mut Inventory, drift: Drift, differences: &[&str]) {
    let effects = drained(inventory);
    let drifts = effects.endpoints.iter().map(|it| it.facts.drift);
    assert_eq!(drifts.collect::<Vec<_>>(), [Some(drift)]);
    let [profile] = &effects.profiles[..] else {
        panic!("one profile")
    };
    let found = profile.differences.iter().map(|it| &**it);
    assert_eq!(found.collect::<Vec<_>>(), differences);
}

/// What is said of a parameter that was there in one of so many exchanges.
fn undocumented(observed: u8) -> String {
    format!("$.request.query.debug is not documented and was there in 1 of {observed} exchanges")
}

#[test]
fn a_parameter_that_is_not_documented_is_a_drift_with_its_place() {
    let mut inventory = Inventory::default();
    define(&mut inventory, &["limit"]);
    see(&mut inventory, "GET https://a.example/pets?limit=a 200");
    check(&mut inventory, Drift::AsDocumented, &[]);
    see(&mut inventory, "GET https://a.example/pets?debug=a 200");
    check(&mut inventory, Drift::Different, &[&undocumented(2)]);
    define(&mut inventory, &["limit", "debug"]);
    check(&mut inventory, Drift::AsDocumented, &[]);
}

#[test]
fn a_definition_that_comes_late_is_held_against_what_was_seen() {
    let mut inventory = Inventory::default();
    see(&mut inventory, "GET https://a.example/pets?debug=a 200");
    assert_eq!(drained(&mut inventory).endpoints[0].facts.drift, None);
    define(&mut inventory, &["limit"]);
    check(&mut inventory, Drift::Different, &[&undocumented(1)]);
    let mut bytes = Vec::new();
    inventory.encode(&mut bytes);
    let mut again = Inventory::decode(&bytes).unwrap();
    see(&mut again, "GET https://a.example/pets?limit=a 200");
    check(&mut again, Drift::Different, &[&undocumented(2)]);
}
