//! Same records, same store: wherever checkpoints fall, whenever it is saved and loaded.

use std::collections::BTreeMap;

use gatewatch_model::CollectionId;
use gatewatch_model::effects::{Alias, CollectionRow, Coverage, EndpointRow};
use gatewatch_model::profile::ProfileRow;
use gatewatch_model::rollup::Cell;
use proptest::prelude::*;

use super::*;

const SMALL: Limits = Limits {
    collections: 3,
    endpoints: 9,
    seedlings: 5,
};

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

fn id(host: u8, path: u8) -> EndpointId {
    let mut fresh = Inventory::default();
    see(&mut fresh, &line(host, path, 200)).unwrap()
}

fn line(host: u8, path: u8, status: u16) -> String {
    format!(
        "GET https://h{host}.example/{} {status}",
        char::from(b'a' + path)
    )
}

fn fold(inventory: &mut Inventory, steps: &[Step], from: usize) {
    for (position, step) in steps.iter().enumerate() {
        match *step {
            Step::See {
                host,
                path,
                status,
                seconds,
            } => {
                let text = line(host, path, status);
                observe(
                    inventory,
                    &exchange(&text),
                    Timestamp::from_seconds(i64::from(seconds)),
                );
            }
            Step::Forget(host, path) => {
                inventory.forget(id(host, path));
            }
            Step::Merge(host, from_path, into_path) => {
                let position = Position((from + position) as u64);
                inventory.merge(id(host, from_path), id(host, into_path), position);
            }
        }
    }
}

fn saved(inventory: &Inventory) -> Vec<u8> {
    let mut bytes = Vec::new();
    inventory.encode(&mut bytes);
    bytes
}

fn loaded(bytes: &[u8]) -> Inventory {
    Inventory {
        limits: SMALL,
        ..Inventory::decode(bytes).unwrap()
    }
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        12 => (0..4_u8, 0..7_u8, prop_oneof![Just(200), Just(404), Just(500)], 0..20_000_u16)
            .prop_map(|(host, path, status, seconds)| Step::See { host, path, status, seconds }),
        1 => (0..4_u8, 0..7_u8).prop_map(|(host, path)| Step::Forget(host, path)),
        1 => (0..4_u8, 0..7_u8, 0..7_u8).prop_map(|(host, from, into)| Step::Merge(host, from, into)),
    ];
    proptest::collection::vec(step, 0..300)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn a_loaded_inventory_goes_on_as_the_original(steps in steps(), cut in any::<prop::sample::Index>()) {
        let cut = cut.index(steps.len() + 1);
        let mut original = Inventory { limits: SMALL, ..Inventory::default() };
        fold(&mut original, &steps[..cut], 0);
        drained(&mut original);
        let mut copy = loaded(&saved(&original));
        prop_assert_eq!(saved(&copy), saved(&original));
        for inventory in [&mut original, &mut copy] {
            fold(inventory, &steps[cut..], cut);
        }
        let (mut one, mut two) = (drained(&mut copy), drained(&mut original));
        // After a restart nobody knows which profiles the store has.
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
    ) {
        let mut whole = Inventory { limits: SMALL, ..Inventory::default() };
        fold(&mut whole, &steps, 0);
        let mut expected = Kept::default();
        settle(&mut whole, &mut expected);

        let mut marks = marks.iter().map(|(at, crash)| (at.index(steps.len() + 1), *crash)).collect::<Vec<_>>();
        marks.sort_unstable();
        let mut kept = Kept::default();
        let mut inventory = Inventory { limits: SMALL, ..Inventory::default() };
        let (mut snapshot, mut snapshot_at, mut at) = (saved(&inventory), 0, 0);
        for (mark, crash) in marks {
            fold(&mut inventory, &steps[at..mark], at);
            at = mark;
            kept.take(drained(&mut inventory));
            if crash {
                // Some more was folded and lost; then all since the snapshot is folded again.
                fold(&mut inventory, &steps[at..(at + 5).min(steps.len())], at);
                inventory = loaded(&snapshot);
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
