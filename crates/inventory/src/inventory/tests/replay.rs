//! Same records, same store: wherever checkpoints fall, whenever it is saved and loaded.

use std::collections::BTreeMap;

use gatewatch_model::CollectionId;
use gatewatch_model::definition::{Definition, Operation, Subject};
use gatewatch_model::effects::{Alias, CollectionRow, Coverage, EndpointRow};
use gatewatch_model::profile::ProfileRow;
use gatewatch_model::rollup::Cell;
use proptest::prelude::*;

use super::*;
use crate::{collection_id, endpoints};

const SMALL: Limits = Limits {
    collections: 3,
    endpoints: 24,
    seedlings: 14,
};

/// Some of the seedlings are no more than seeds.
const PROFILED_MAX: usize = 5;

/// Paths below this are single letters, those above are words that turn out to be values.
const LETTERS: u8 = 7;
const PATHS: u8 = 47;

#[derive(Clone, Debug)]
enum Step {
    See {
        host: u8,
        path: u8,
        status: u16,
        seconds: u16,
    },
    Forget(u8, u8),
    Merge(u8, u8, u8),
    Pin(u8, u8),
    Unpin(u8, u8),
    Split(u8, u8),
    Define(u8, u8),
    Undefine(u8),
    Tick,
}

/// A store in a few maps, which reads effects as their descriptions say.
#[derive(Clone, Debug, Default, PartialEq)]
struct Kept {
    collections: BTreeMap<CollectionId, CollectionRow>,
    endpoints: BTreeMap<EndpointId, EndpointRow>,
    rollups: BTreeMap<(EndpointId, i64), Cell>,
    aliases: BTreeMap<EndpointId, Alias>,
    profiles: BTreeMap<EndpointId, ProfileRow>,
    coverage: Coverage,
}

impl Kept {
    fn take(&mut self, effects: Effects) {
        for id in effects.forgotten {
            self.endpoints.remove(&id);
            self.profiles.remove(&id);
            self.rollups.retain(|it, _| it.0 != id);
        }
        for id in effects.forgotten_collections {
            self.collections.remove(&id);
        }
        for alias in effects.aliases {
            self.endpoints.remove(&alias.old);
            self.profiles.remove(&alias.old);
            assert_ne!(alias.old, alias.new);
            let own = self.rollups.extract_if(.., |it, _| it.0 == alias.old);
            for ((_, minute), cell) in own.collect::<Vec<_>>() {
                let cells = &mut self.rollups;
                cells.entry((alias.new, minute)).or_default().merge(&cell);
            }
            self.aliases.insert(alias.old, alias);
        }
        self.collections
            .extend(effects.collections.into_iter().map(|it| (it.id, it)));
        self.endpoints
            .extend(effects.endpoints.into_iter().map(|it| (it.id, it)));
        for profile in effects.profiles {
            assert!(self.endpoints.contains_key(&profile.endpoint));
            self.profiles.insert(profile.endpoint, profile);
        }
        for rollup in effects.rollups {
            for (minute, cell) in rollup.minutes {
                self.rollups
                    .entry((rollup.endpoint, minute))
                    .or_default()
                    .merge(&cell);
            }
        }
        self.coverage = effects.coverage.unwrap_or(self.coverage);
    }
}

/// All that is left to write, a long time after.
fn settle(inventory: &mut Inventory, kept: &mut Kept) {
    inventory.tick(Timestamp::from_seconds(1 << 40));
    kept.take(drained(inventory));
    assert!(drained(inventory).is_empty());
}

/// The id of what a path is before anything is learned or, from `PATHS` on, of the slot.
fn id(host: u8, path: u8) -> EndpointId {
    let template = match path {
        PATHS.. => "/users/{name}".to_owned(),
        _ => path_of(path),
    };
    endpoints::id(collection(host), &format!("GET {template}"))
}

fn collection(host: u8) -> CollectionId {
    let name = format!("h{host}.example");
    collection_id("/", &Api::Host(name.into()))
}

fn path_of(path: u8) -> String {
    let letter = |it: u8| char::from(b'a' + it);
    match path.checked_sub(LETTERS) {
        None => format!("/{}", letter(path)),
        Some(word) => {
            let name = format!(
                "/users/{}{}",
                letter(word % 5).to_string().repeat(4),
                letter(word / 5)
            );
            if word % 2 == 0 {
                name
            } else {
                format!("{name}/photos")
            }
        }
    }
}

fn line(host: u8, path: u8, status: u16) -> String {
    format!("GET https://h{host}.example{} {status}", path_of(path))
}

/// A word, or what holds all of them.
fn template(path: u8) -> String {
    match path % 3 {
        0 => "/users/{who}".into(),
        1 => "/{all}/{who}/photos".into(),
        _ => path_of(path),
    }
}

fn define(inventory: &mut Inventory, host: u8, path: u8) {
    let operation = |template: String| Operation {
        method: "GET".into(),
        template: template.into(),
        ..Operation::default()
    };
    let definition = Definition {
        title: "api".into(),
        operations: vec![operation(template(path)), operation(path_of(path / 2))],
        ..Definition::default()
    };
    let subject = Subject::Host {
        scope: "/".into(),
        host: format!("h{host}.example").into(),
    };
    inventory.define(&subject, &definition, Timestamp::from_seconds(5_000));
}

fn fold(inventory: &mut Inventory, steps: &[Step], from: usize) {
    for (number, step) in steps.iter().enumerate() {
        inventory.stand_at(Position((from + number) as u64));
        take(inventory, step);
    }
    let nodes = inventory.collections.slab.iter();
    let nodes = nodes.map(|it| it.1.paths.len()).sum::<usize>();
    assert_eq!(inventory.path_nodes, nodes);
}

fn take(inventory: &mut Inventory, step: &Step) {
    match *step {
        Step::See {
            host,
            path,
            status,
            seconds,
        } => {
            let at = Timestamp::from_seconds(i64::from(seconds));
            let mut exchange = exchange(&line(host, path, status));
            let caller = (seconds % 7) as u8;
            exchange.caller_ip = Some(std::net::Ipv4Addr::new(203, 0, 113, caller).into());
            observe(inventory, &exchange, at);
        }
        Step::Forget(host, path) => drop(inventory.forget(id(host, path))),
        Step::Merge(host, from, into) => {
            inventory.merge(id(host, from), id(host, into), inventory.position);
        }
        Step::Pin(host, path) => drop(inventory.pin(collection(host), &template(path))),
        Step::Unpin(host, path) => drop(inventory.unpin(collection(host), &template(path))),
        Step::Split(host, path) => drop(inventory.split(id(host, path), 1)),
        Step::Define(host, path) => define(inventory, host, path),
        Step::Undefine(host) => drop(inventory.undefine(collection(host))),
        Step::Tick => inventory.decide_due(),
    }
}

fn saved(inventory: &Inventory) -> Vec<u8> {
    let mut bytes = Vec::new();
    inventory.encode(&mut bytes);
    bytes
}

fn begun(keyed: bool, inventory: Inventory) -> Inventory {
    let mut inventory = Inventory {
        limits: SMALL,
        ..inventory
    };
    inventory.endpoints.set_profiled_max(PROFILED_MAX);
    if keyed {
        inventory.set_key(&[7; 32]);
    }
    inventory
}

fn loaded(keyed: bool, bytes: &[u8]) -> Inventory {
    begun(keyed, Inventory::decode(bytes).unwrap())
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let (host, path) = (|| 0..4_u8, || 0..PATHS + 1);
    let step = prop_oneof![
        // Most of one collection, so that there is something to learn.
        60 => (prop_oneof![3 => Just(0), 1 => host()], 0..PATHS, prop_oneof![4 => Just(200), 1 => Just(404), 1 => Just(500)], 0..20_000_u16)
            .prop_map(|(host, path, status, seconds)| Step::See { host, path, status, seconds }),
        3 => (host(), path()).prop_map(|(host, path)| Step::Forget(host, path)),
        3 => (host(), path(), path()).prop_map(|(host, from, into)| Step::Merge(host, from, into)),
        2 => (host(), path()).prop_map(|(host, path)| Step::Pin(host, path)),
        2 => (host(), path()).prop_map(|(host, path)| Step::Unpin(host, path)),
        1 => (host(), prop_oneof![Just(PATHS), path()]).prop_map(|(host, path)| Step::Split(host, path)),
        1 => (host(), path()).prop_map(|(host, path)| Step::Define(host, path)),
        1 => host().prop_map(Step::Undefine),
        2 => Just(Step::Tick),
    ];
    proptest::collection::vec(step, 0..300)
}

proptest! {
    #[test]
    fn a_loaded_inventory_goes_on_as_the_original(steps in steps(), cut in any::<prop::sample::Index>(), keyed in any::<bool>()) {
        let cut = cut.index(steps.len() + 1);
        let mut original = begun(keyed, Inventory::default());
        fold(&mut original, &steps[..cut], 0);
        drained(&mut original);
        let mut copy = loaded(keyed, &saved(&original));
        prop_assert_eq!(saved(&copy), saved(&original));
        for inventory in [&mut original, &mut copy] {
            fold(inventory, &steps[cut..], cut);
        }
        let (mut one, mut two) = (drained(&mut copy), drained(&mut original));
        // After a restart nobody knows which profiles the store has, and which drift by them.
        one.endpoints.retain(|it| two.endpoints.iter().any(|other| other.id == it.id));
        one.profiles.retain(|it| two.profiles.iter().any(|other| other.endpoint == it.endpoint));
        for effects in [&mut one, &mut two] {
            effects.profiles.sort_by_key(|it| it.endpoint);
        }
        prop_assert_eq!(one, two);
        prop_assert_eq!(saved(&copy), saved(&original));
    }

    #[test]
    fn checkpoints_and_restarts_never_show(
        steps in steps(), marks in proptest::collection::vec((any::<prop::sample::Index>(), any::<bool>()), 0..12),
        keyed in any::<bool>(),
    ) {
        let mut whole = begun(keyed, Inventory::default());
        fold(&mut whole, &steps, 0);
        let mut expected = Kept::default();
        settle(&mut whole, &mut expected);

        let mut marks = marks.iter().map(|(at, crash)| (at.index(steps.len() + 1), *crash)).collect::<Vec<_>>();
        marks.sort_unstable();
        let mut kept = Kept::default();
        let mut inventory = begun(keyed, Inventory::default());
        let (mut snapshot, mut snapshot_at, mut at) = (saved(&inventory), 0, 0);
        for (mark, crash) in marks {
            fold(&mut inventory, &steps[at..mark], at);
            at = mark;
            kept.take(drained(&mut inventory));
            if crash {
                // Some more was folded and lost; then all since the snapshot is folded again.
                fold(&mut inventory, &steps[at..(at + 5).min(steps.len())], at);
                inventory = loaded(keyed, &snapshot);
                fold(&mut inventory, &steps[snapshot_at..at], snapshot_at);
                inventory.discard();
            } else {
                (snapshot, snapshot_at) = (saved(&inventory), at);
            }
        }
        fold(&mut inventory, &steps[at..], at);
        settle(&mut inventory, &mut kept);
        prop_assert_eq!(kept, expected);
        prop_assert_eq!(saved(&inventory), saved(&whole));
    }

    #[test]
    fn hostile_bytes_are_no_state(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(Inventory::decode(&bytes).is_err());
    }
}

#[test]
fn a_damaged_or_newer_state_says_what_to_do() {
    let mut inventory = Inventory::default();
    see(&mut inventory, "GET https://a.example/one 200");
    let bytes = saved(&inventory);
    for cut in 0..bytes.len() {
        assert!(Inventory::decode(&bytes[..cut]).is_err(), "{cut}");
    }
    let mut newer = bytes.clone();
    newer[1] = 9;
    let message = Inventory::decode(&newer).err().unwrap().to_string();
    assert!(
        message.contains("version 9") && message.contains("release"),
        "{message}"
    );
}
