//! What of paths is kept as text: nothing that few callers have sent, in the state and in effects.

use gatewatch_model::definition::{Definition, Operation, Subject};
use gatewatch_testkit::Rng;

use super::*;
use crate::limits::SHOWN_CALLERS;

const KEY: [u8; 32] = [7; 32];
/// In every canary, and in no other text.
pub(super) const MARK: &str = "zqxv";

pub(super) fn keyed() -> Inventory {
    let mut inventory = Inventory::default();
    inventory.set_key(&KEY);
    inventory
}

fn call(inventory: &mut Inventory, line: &str, caller: u8) -> Option<EndpointId> {
    let mut exchange = exchange(line);
    exchange.caller_ip = Some(std::net::Ipv4Addr::new(203, 0, 113, caller).into());
    observe(inventory, &exchange, Timestamp::from_seconds(1_000)).endpoint
}

fn template(inventory: &mut Inventory, path: &str) -> String {
    let exchange = exchange(&format!("GET https://a.example{path} 200"));
    let mut reading = Reading::default();
    reading.read(&exchange);
    let key = inventory.template_of(&exchange, &reading, "/");
    key.split_once(' ').unwrap().1.to_owned()
}

fn saved(inventory: &Inventory) -> Vec<u8> {
    let mut bytes = Vec::new();
    inventory.encode(&mut bytes);
    bytes
}

fn holds(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|it| it == text.as_bytes())
}

/// Neither what is saved nor what a store gets has any canary in it.
pub(super) fn check_clean(inventory: &mut Inventory) {
    inventory.tick(Timestamp::from_seconds(1 << 40));
    let effects = format!("{:?}", drained(inventory));
    for mark in [MARK, "4556737586899855", "deadc0de"] {
        assert!(!effects.contains(mark), "{}", around(&effects, mark));
        let bytes = saved(inventory);
        assert!(
            !holds(&bytes, mark),
            "{}",
            around(&String::from_utf8_lossy(&bytes), mark)
        );
    }
}

fn around<'t>(text: &'t str, mark: &str) -> &'t str {
    let at = text.find(mark).unwrap_or(0);
    let from = (at.saturating_sub(90)..=at).find(|it| text.is_char_boundary(*it));
    let to = (at + 60..text.len()).find(|it| text.is_char_boundary(*it));
    &text[from.unwrap_or(0)..to.unwrap_or(text.len())]
}

/// Something of a person, of one of many sorts.
fn canary(rng: &mut Rng) -> String {
    let mut letters = |count: u64| -> String {
        let syllables = ["ka", "re", "mi", "lo", "nu", "ta", "si", "do", "ve", "ba"];
        (0..count)
            .map(|_| syllables[rng.below(10) as usize])
            .collect()
    };
    let name = letters(2) + MARK;
    let other = letters(2);
    let number = rng.below(1 << 40);
    match rng.below(12) {
        0..3 => name,
        3 => format!("{other}-{name}"),
        4 => format!("{other}.{name}"),
        5 => format!("{name}%40mail.example"),
        6 => format!("4556737586899855{}", number % 10),
        7 => format!("deadc0de-4f89-11d3-9a0c-{number:012x}"),
        8 => format!("{number:x}{MARK}{number:X}"),
        9 => format!("the-secret-plans-of-{name}-for-the-summer-{number}"),
        10 => format!("{number}.{name}"),
        _ => format!("%C3%A9{name}%20{other}"),
    }
}

#[test]
fn nothing_that_few_have_sent_is_kept_as_text() {
    let mut inventory = keyed();
    let mut rng = Rng::new(3);
    for number in 0..5_000_u32 {
        let canary = canary(&mut rng);
        let caller = (number % 200) as u8;
        let path = match rng.below(7) {
            0 => format!("/users/{canary}"),
            1 => format!("/users/{canary}/orders/17"),
            2 => format!("/city/{canary}"),
            3 => format!("/t/{canary}/settings"),
            4 => format!("/cities/{canary}/weather"),
            5 => format!("/v1/users/{canary}/{canary}"),
            _ => format!("/by-name/{canary}"),
        };
        let status = [200, 200, 404][rng.below(3) as usize];
        // One caller alone may come again and again.
        for _ in 0..=rng.below(4) {
            call(
                &mut inventory,
                &format!("GET https://a.example{path} {status}"),
                caller,
            );
        }
        call(&mut inventory, "GET https://a.example/users 200", caller);
        if number < 100 || number % 500 == 0 {
            check_clean(&mut inventory);
        }
        if number % 300 == 0 {
            inventory.decide_due();
            check_clean(&mut inventory);
        }
    }
    inventory.settle();
    check_clean(&mut inventory);
    assert_eq!(template(&mut inventory, "/users"), "/users");
    assert_eq!(
        template(&mut inventory, "/users/nobody/orders/9"),
        "/users/{id}/orders/{id}"
    );
}

#[test]
fn a_word_of_somebody_shows_when_enough_have_sent_it() {
    let mut inventory = keyed();
    let line = "GET https://a.example/search/zqxvling/orders 200";
    let first = call(&mut inventory, line, 1).unwrap();
    let row = drained(&mut inventory).endpoints.remove(0);
    assert!(
        row.template.starts_with("/search/~") && row.template.ends_with("/orders"),
        "{row:?}"
    );
    let why = &row.facts.decisions[0];
    assert!(
        why.segment == 1 && why.reason.contains("too few callers"),
        "{why:?}"
    );
    for caller in 2..SHOWN_CALLERS as u8 {
        call(&mut inventory, line, caller);
    }
    inventory.settle();
    assert_eq!(
        call(&mut inventory, line, 1),
        Some(first),
        "four are too few"
    );
    call(&mut inventory, line, SHOWN_CALLERS as u8);
    inventory.settle();
    check_clean(&mut inventory);
    let shown = call(&mut inventory, line, 1).unwrap();
    assert_ne!(shown, first);
    let effects = drained(&mut inventory);
    assert_eq!(&*effects.endpoints[0].template, "/search/zqxvling/orders");
    assert_eq!(effects.endpoints[0].calls, 7);
    let [alias] = &effects.aliases[..] else {
        panic!("{:?}", effects.aliases)
    };
    assert_eq!((alias.old, alias.new), (first, shown));
    assert!(
        effects.endpoints[0]
            .facts
            .decisions
            .iter()
            .all(|it| it.segment != 1 || !it.reason.contains("token"))
    );
    // It stays so, is loaded so, and a new caller makes no other of it.
    let mut loaded = Inventory::decode(&saved(&inventory)).unwrap();
    loaded.set_key(&KEY);
    assert_eq!(saved(&loaded), saved(&inventory));
    loaded.settle();
    assert_eq!(call(&mut loaded, line, 99), Some(shown));
}

#[test]
fn an_api_begins_with_names_that_show_at_once() {
    let mut inventory = keyed();
    for path in ["/frobnicate", "/api/v1/gadgetry/17", "/rest/v2/kinships"] {
        let id = call(
            &mut inventory,
            &format!("GET https://a.example{path} 200"),
            1,
        );
        let shown = path.replace("17", "{id}");
        let row = drained(&mut inventory).endpoints.remove(0);
        assert_eq!((Some(row.id), &*row.template), (id, &*shown));
    }
    for path in [
        "/missing 404",
        "/zqxv-2026-x 200",
        "/zqxvzqxvzqxvzqxvzqxvzqxvzqxv 200",
        "/orders/zqxv 200",
    ] {
        call(&mut inventory, &format!("GET https://a.example{path}"), 1);
        check_clean(&mut inventory);
    }
    // Who tries out names, or gives every tenant a path, gets few of them in.
    for number in 0..999_u32 {
        let name = number
            .to_string()
            .bytes()
            .map(|it| char::from(it + 50))
            .collect::<String>();
        call(
            &mut inventory,
            &format!("GET https://a.example/{name}{MARK}/orders 200"),
            number as u8,
        );
    }
    inventory.settle();
    let shown = inventory
        .endpoints
        .slab
        .iter()
        .filter(|it| it.1.key.contains(MARK))
        .count();
    assert!(shown <= crate::limits::SHOWN_SIBLINGS, "{shown}");
}

#[test]
fn calls_alone_show_a_word_only_where_no_values_are_expected() {
    let mut inventory = keyed();
    for _ in 0..crate::limits::SHOWN_VISITS {
        call(
            &mut inventory,
            "GET https://a.example/search/frobnicate 200",
            1,
        );
        call(
            &mut inventory,
            "GET https://a.example/users/zqxvling 200",
            1,
        );
    }
    inventory.settle();
    check_clean(&mut inventory);
    for path in ["search/frobnicate", "users/zqxvling"] {
        call(
            &mut inventory,
            &format!("GET https://a.example/{path} 200"),
            1,
        );
    }
    assert_eq!(
        template(&mut inventory, "/search/frobnicate"),
        "/search/frobnicate"
    );
    assert!(template(&mut inventory, "/users/zqxvling").starts_with("/users/~"));
    check_clean(&mut inventory);
}

#[test]
fn what_was_shown_goes_when_its_place_becomes_a_slot() {
    let mut inventory = keyed();
    let path = |number: u8| format!("/kin/kundezqxv{number}");
    let ask = |inventory: &mut Inventory, number: u8, caller: u8| {
        for below in ["", "/photos", "/photos/17"] {
            let line = format!("GET https://a.example{}{below} 200", path(number));
            call(inventory, &line, caller);
        }
    };
    (1..=5).for_each(|caller| ask(&mut inventory, 1, caller));
    inventory.settle();
    ask(&mut inventory, 1, 1);
    assert!(template(&mut inventory, &path(1)).ends_with("/kundezqxv1"));
    assert!(holds(&saved(&inventory), MARK));
    (2..60).for_each(|number| ask(&mut inventory, number, number));
    inventory.settle();
    assert!(template(&mut inventory, &path(1)).ends_with("/{name}"));
    check_clean(&mut inventory);
}

#[test]
fn the_same_is_learned_with_and_without_a_key() {
    let (mut open, mut masked) = (Inventory::default(), keyed());
    let mut rng = Rng::new(5);
    let mut paths = std::collections::BTreeSet::new();
    for _ in 0..4_000 {
        let mut word = |count: u64, of: &str| format!("{of}{}", rng.below(count));
        let (user, team, shop) = (word(60, "user-kar"), word(3, "team"), word(5, "shopper"));
        let path = match rng.below(6) {
            0 => format!("/users/{user}"),
            1 => format!("/users/{user}/gadgetry"),
            2 => format!("/{team}/frobnicators/{shop}"),
            3 => format!("/frobnicators/{shop}/{user}.json"),
            4 => format!("/rest/{team}"),
            _ => "/users/me".to_owned(),
        };
        let caller = user.len() as u8 * 9 + rng.below(9) as u8;
        for inventory in [&mut open, &mut masked] {
            call(
                inventory,
                &format!("GET https://a.example{path} 200"),
                caller,
            );
        }
        paths.insert(path);
    }
    open.settle();
    masked.settle();
    let slots = |template: String| -> Vec<bool> {
        template.split('/').map(|it| it.starts_with('{')).collect()
    };
    for path in paths {
        let (one, two) = (template(&mut open, &path), template(&mut masked, &path));
        assert_eq!(
            slots(one.clone()),
            slots(two.clone()),
            "{path}: {one} {two}"
        );
    }
}

#[test]
fn what_people_and_documents_say_is_found_by_tokens_too() {
    let mut inventory = keyed();
    let one = call(
        &mut inventory,
        "GET https://a.example/search/frobnicate/17 200",
        1,
    )
    .unwrap();
    let two = call(
        &mut inventory,
        "GET https://a.example/search/gadgetry 200",
        1,
    )
    .unwrap();
    let other = call(&mut inventory, "GET https://a.example/orders 200", 1).unwrap();
    drained(&mut inventory);
    assert!(inventory.merge(two, other, Position(3)));
    let subject = Subject::Host {
        scope: "/".into(),
        host: "a.example".into(),
    };
    let definition = Definition {
        title: "shop".into(),
        operations: vec![Operation {
            method: "GET".into(),
            template: "/search/frobnicate/{frob}".into(),
            ..Operation::default()
        }],
        ..Definition::default()
    };
    assert!(inventory.define(&subject, &definition, Timestamp(1)));
    let effects = drained(&mut inventory);
    let documented = effects
        .endpoints
        .iter()
        .find(|it| &*it.template == "/search/frobnicate/{frob}");
    assert_eq!(documented.unwrap().calls, 1);
    assert!(
        effects
            .aliases
            .iter()
            .any(|it| it.old == one && it.new == documented.unwrap().id)
    );
    // A merge holds when the text of what was merged is shown.
    for caller in 0..9 {
        call(
            &mut inventory,
            "GET https://a.example/search/gadgetry 200",
            caller,
        );
    }
    inventory.settle();
    for caller in 0..2 {
        let id = call(
            &mut inventory,
            "GET https://a.example/search/gadgetry 200",
            caller,
        );
        assert_eq!(id, Some(other));
    }
    assert_eq!(template(&mut inventory, "/search/gadgetry"), "/orders");
}

#[test]
fn a_state_of_the_last_version_is_read_and_gets_its_tokens() {
    let bytes = include_bytes!("../../../tests/fixtures/state-2.cbor");
    let mut inventory = Inventory::decode(bytes).unwrap();
    assert!(holds(&saved(&inventory), "anna"));
    assert_eq!(template(&mut inventory, "/users/search"), "/users/search");
    let known = inventory.memory();
    assert!(known.endpoints > 10 && known.path_nodes > 10, "{known:?}");
    inventory.set_key(&KEY);
    assert_eq!(inventory.memory().path_nodes, known.path_nodes);
    for number in 0..99 {
        let name = format!(
            "karlaz{}",
            "abcdefghijk".repeat(1 + number % 5).split_off(number % 9)
        );
        call(
            &mut inventory,
            &format!("GET https://a.example/users/{name} 200"),
            number as u8,
        );
    }
    inventory.settle();
    assert!(!holds(&saved(&inventory), "anna"), "it is a value by now");
    assert_eq!(template(&mut inventory, "/users/search"), "/users/search");
}
