//! What happens at the bounds, and under those who push against them.

use gatewatch_model::exchange::{Body, Response};

use super::*;
use crate::limits::{COLLECTIONS_MAX, SEEDLINGS_MAX};

fn small(collections: usize, endpoints: usize, seedlings: usize) -> Inventory {
    Inventory {
        limits: Limits {
            collections,
            endpoints,
            seedlings,
        },
        ..Inventory::default()
    }
}

fn grow(inventory: &mut Inventory, paths: &[&str]) {
    for path in paths {
        for _ in 0..crate::limits::GROWN_CALLS {
            see(inventory, &format!("GET https://a.example/{path} 200"));
        }
    }
}

fn templates(inventory: &mut Inventory) -> Vec<String> {
    let mut all = inventory
        .endpoints
        .slab
        .iter()
        .map(|(_, it)| it.key.to_string())
        .collect::<Vec<_>>();
    all.sort();
    all
}

#[test]
fn the_seedling_seen_longest_ago_makes_room() {
    let mut inventory = small(9, 4, 2);
    for path in ["a", "b", "a", "c"] {
        see(&mut inventory, &format!("GET https://a.example/{path} 200"));
    }
    assert_eq!(templates(&mut inventory), ["GET /a", "GET /c"]);
    assert_eq!(
        (
            inventory.coverage().endpoints_evicted,
            inventory.coverage().exchanges_unplaced
        ),
        (1, 0)
    );
}

#[test]
fn calls_alone_do_not_make_a_scanners_miss_grow() {
    let mut inventory = small(9, 4, 2);
    for _ in 0..100 {
        see(&mut inventory, "GET https://a.example/admin.php 404");
    }
    for path in ["b", "c"] {
        see(&mut inventory, &format!("GET https://a.example/{path} 200"));
    }
    assert_eq!(templates(&mut inventory), ["GET /b", "GET /c"]);
}

#[test]
fn where_all_have_grown_an_exchange_counts_in_its_collection_only() {
    let mut inventory = small(9, 2, 2);
    grow(&mut inventory, &["a", "b"]);
    assert_eq!(see(&mut inventory, "GET https://a.example/c 200"), None);
    assert_eq!(see(&mut inventory, "GET https://other.example/c 200"), None);
    let effects = drained(&mut inventory);
    assert_eq!(effects.collections.len(), 1);
    assert_eq!(
        (
            effects.collections[0].calls,
            effects.collections[0].endpoints
        ),
        (17, 2)
    );
    assert_eq!(effects.coverage.unwrap().exchanges_unplaced, 2);
}

#[test]
fn a_seed_has_counts_and_gets_its_profile_when_it_proves_itself_or_there_is_room() {
    let mut inventory = small(9, 9, 9);
    inventory.endpoints.set_profiled_max(1);
    let see = |inventory: &mut Inventory, path: &str| {
        let line = format!("GET https://a.example/{path}?q=1 200 latency=7");
        see(inventory, &line).unwrap()
    };
    let profiled = |effects: &Effects| {
        let profiles = effects.profiles.iter();
        profiles.map(|it| it.endpoint).collect::<Vec<_>>()
    };
    let [first, second, third] = ["a", "b", "c"].map(|it| see(&mut inventory, it));
    let effects = drained(&mut inventory);
    assert_eq!(profiled(&effects), [first]);
    let row = effects.endpoints.iter().find(|it| it.id == second).unwrap();
    assert_eq!((row.calls, row.callers_estimate), (1, 1));
    assert_eq!(row.facts.authenticated.no, 0);
    assert_eq!(effects.coverage.unwrap().exchanges_unprofiled, 2);
    for _ in 1..crate::limits::GROWN_CALLS {
        see(&mut inventory, "b");
    }
    let effects = drained(&mut inventory);
    assert_eq!(profiled(&effects), [second]);
    assert_eq!(effects.profiles[0].members.len(), 1);
    assert_eq!(effects.profiles[0].calls, crate::limits::GROWN_CALLS);
    let lost = crate::limits::GROWN_CALLS;
    assert_eq!(effects.coverage.unwrap().exchanges_unprofiled, lost);
    inventory.forget(first);
    see(&mut inventory, "c");
    assert_eq!(profiled(&drained(&mut inventory)), [third]);
}

#[test]
fn what_people_merged_into_stays() {
    let mut inventory = small(9, 4, 2);
    let [one, two] = ["a", "b"]
        .map(|it| see(&mut inventory, &format!("GET https://a.example/{it} 200")).unwrap());
    assert!(inventory.merge(one, two, Position(1)));
    for number in 0..9 {
        see(
            &mut inventory,
            &format!("GET https://a.example/x{number} 404"),
        );
    }
    assert_eq!(templates(&mut inventory), ["GET /b", "GET /x7", "GET /x8"]);
}

#[test]
fn made_up_hosts_push_out_each_other() {
    let mut inventory = small(3, 100, 50);
    grow(&mut inventory, &["a"]);
    drained(&mut inventory);
    for number in 0..9 {
        see(
            &mut inventory,
            &format!("GET https://h{number}.example/ 404"),
        );
    }
    let names = drained(&mut inventory)
        .collections
        .into_iter()
        .map(|it| it.name);
    assert_eq!(
        names.collect::<Vec<_>>(),
        ["h7.example".into(), Box::from("h8.example")]
    );
    assert_eq!(inventory.collections.len(), 3);
}

#[test]
fn a_flood_of_made_up_paths_leaves_memory_flat_and_grown_endpoints_alone() {
    let mut inventory = Inventory::default();
    grow(&mut inventory, &["a", "b", "c"]);
    const PATHS: u32 = 200_000;
    let mut heap = Vec::new();
    for number in 0..PATHS {
        let name = format!("{number:06}")
            .bytes()
            .map(|it| char::from(it - b'0' + b'a'))
            .collect::<String>();
        see(
            &mut inventory,
            &format!("GET https://a.example/{name}.php 404"),
        );
        if number % 10_000 == 9_999 {
            let effects = drained(&mut inventory);
            assert!(
                effects.endpoints.len() <= SEEDLINGS_MAX + 3
                    && effects.forgotten.len() <= SEEDLINGS_MAX
            );
            heap.push(inventory.heap_bytes());
        }
    }
    // A hash table may double once while it fills with what was taken out of it.
    let (half, late) = (heap[heap.len() / 2], heap[heap.len() - 1]);
    assert!(
        late as f64 <= half as f64 * 1.01,
        "{half} bytes grew to {late}"
    );
    let all_there = heap[SEEDLINGS_MAX / 10_000];
    assert!(late as f64 <= all_there as f64 * 1.05, "{heap:?}");
    let coverage = inventory.coverage();
    assert_eq!(coverage.endpoints, SEEDLINGS_MAX as u64 + 3);
    assert_eq!(
        coverage.endpoints_evicted,
        u64::from(PATHS) - SEEDLINGS_MAX as u64
    );
    for path in ["a", "b", "c"] {
        assert!(templates(&mut inventory).contains(&format!("GET /{path}")));
    }
}

/// So many paths that nobody has ever seen, of so many words each, all answered.
fn flood(paths: u32, words: usize) {
    let mut inventory = Inventory::default();
    for number in 0..40 {
        for path in ["orders", "orders/17/lines", "users/me", "health"] {
            see(&mut inventory, &format!("GET https://a.example/{path} 200"));
        }
        let line = format!("GET https://a.example/users/kunde{number}/photos 200");
        for _ in 0..9 {
            see(&mut inventory, &line);
        }
    }
    inventory.settle();
    let known = |inventory: &mut Inventory| {
        let paths = [
            "orders",
            "orders/4/lines",
            "users/me",
            "health",
            "users/kunde7/photos",
        ];
        paths.map(|path| {
            let exchange = exchange(&format!("GET https://a.example/{path} 200"));
            let mut reading = Reading::default();
            reading.read(&exchange);
            inventory.template_of(&exchange, &reading, "/")
        })
    };
    let before = known(&mut inventory);
    assert_eq!(&*before[4], "GET /users/{name}/photos");
    let mut rng = gatewatch_testkit::Rng::new(11);
    let mut heap = Vec::new();
    for number in 0..paths {
        let mut line = "GET https://a.example".to_owned();
        for _ in 0..words {
            line.push('/');
            line.extend((0..9).map(|_| char::from(b'a' + rng.below(26) as u8)));
        }
        see(&mut inventory, &(line + " 200"));
        if number % (paths / 20) == 0 {
            drained(&mut inventory);
            heap.push(inventory.heap_bytes());
        }
    }
    inventory.settle();
    assert_eq!(known(&mut inventory), before);
    // Between two decisions the tree fills and is folded.
    let peak = |heap: &[usize]| heap.iter().copied().max().unwrap();
    let (early, late) = heap.split_at(heap.len() / 2);
    assert!(peak(late) as f64 <= peak(early) as f64 * 1.1, "{heap:?}");
    assert!(peak(late) < 16 << 20, "{heap:?}");
}

#[test]
fn a_flood_of_answered_paths_leaves_what_was_learned() {
    flood(100_000, 1);
}

#[test]
fn a_flood_of_deep_paths_leaves_what_was_learned() {
    flood(100_000, 24);
}

#[test]
fn a_path_without_room_to_learn_from_it_is_lost_coverage() {
    let mut inventory = Inventory::default();
    see(&mut inventory, "GET https://a.example/orders 200");
    assert_eq!(drained(&mut inventory).coverage.unwrap().paths_lost, 0);
    inventory.path_nodes = crate::limits::PATH_NODES_ALL_MAX;
    see(&mut inventory, "GET https://a.example/orders 200");
    assert_eq!(
        drained(&mut inventory).coverage,
        None,
        "it is known already"
    );
    see(&mut inventory, "GET https://a.example/invoices 200");
    assert_eq!(drained(&mut inventory).coverage.unwrap().paths_lost, 1);
}

#[test]
fn a_flood_of_hosts_stays_within_its_bound() {
    let mut inventory = Inventory::default();
    for number in 0..50_000 {
        see(
            &mut inventory,
            &format!("GET https://h{number}.example/ 404"),
        );
    }
    assert!(inventory.coverage().collections <= COLLECTIONS_MAX as u64);
    assert!(
        inventory.pending.bytes() < 100 << 20,
        "{}",
        inventory.pending.bytes()
    );
}

#[test]
fn the_fullest_profile_fits_its_budget() {
    let mut inventory = Inventory::default();
    for call in 0..60_000_u64 {
        let mixed = caller_hash(&Caller::Address(
            std::net::Ipv4Addr::from(call as u32).into(),
        ));
        let size = mixed >> (call % 64);
        let mut exchange = exchange("GET https://a.example/ 200");
        exchange.caller_ip = Some(std::net::Ipv4Addr::from(call as u32).into());
        exchange.request.body = Some(Body {
            bytes_total: size,
            ..Body::default()
        });
        let response = Response {
            status: Some((call % 500 + 100) as u16),
            headers: None,
            body: exchange.request.body.clone(),
            latency_micros: Some(size),
        };
        exchange.response = Some(response);
        observe(
            &mut inventory,
            &exchange,
            Timestamp::from_seconds(call.cast_signed()),
        );
    }
    let memory = inventory.memory();
    assert!(
        (8 << 10..24 << 10).contains(&memory.profile_bytes_max),
        "{}",
        memory.profile_bytes_max
    );
}
