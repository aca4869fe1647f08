//! The same journal gives the same store, wherever batches end, whenever checkpoints and
//! snapshots are written, and wherever it is started anew.

use std::time::Duration;

use gatewatch_model::control::Control;
use gatewatch_model::{EndpointId, Exchange};
use gatewatch_ports::Batch;
use gatewatch_ports::store::{Actor, EndpointQuery, Reading};
use gatewatch_testkit::{Rng, traffic};
use proptest::prelude::*;

use super::world::{Machine, START, World, push};
use crate::clock::Clock;

/// Traffic in which every rule of the fold has something to do: slots, several hosts and
/// statuses, skewed and late times, callers by address and by name.
fn exchanges(seed: u64, count: u64) -> Vec<Exchange<'static>> {
    let mut random = Rng::new(seed);
    let lines: Vec<_> = (0..count)
        .map(|_| {
            let caller = if random.below(3) == 0 {
                format!("@user-{}", random.below(5))
            } else {
                format!("203.0.113.{}", random.below(20))
            };
            let method = ["GET", "POST", "DELETE"][random.below(3) as usize];
            let path =
                ["orders", "orders/17", "users/me", "files/a1b2c3d4"][random.below(4) as usize];
            let status = [200, 201, 404, 500][random.below(4) as usize];
            let (host, at) = (random.below(6), random.below(900));
            format!(
                "+{at} {caller} {method} http://h{host}.example.com/{path} {status} latency={}ms",
                random.below(90)
            )
        })
        .collect();
    traffic(&lines.join("\n"))
}

/// Writes the exchanges in batches that end where `cuts` say; Ticks and controls come at fixed
/// exchanges, so that the journals hold the same records.
fn write(world: &World, machine: &Machine, exchanges: &[Exchange<'static>], cuts: &mut Rng) {
    let mut batch = Batch::default();
    for (number, exchange) in (0..).zip(exchanges) {
        push(
            &mut batch,
            START.plus_seconds(number),
            std::slice::from_ref(exchange),
        );
        let scheduled = number % 40 == 39;
        if scheduled || cuts.below(7) == 0 {
            machine.send(std::mem::take(&mut batch)).unwrap();
        }
        if scheduled {
            machine.tick(&world.clock);
        }
    }
    if !batch.is_empty() {
        machine.send(batch).unwrap();
    }
    machine.tick(&world.clock);
}

fn control(world: &World, machine: &Machine, control: &Control) {
    let actor = Actor {
        name: "test".into(),
        address: "".into(),
        at: world.clock.now(),
    };
    machine.intake.control(control, &actor).unwrap();
}

/// Folds in steps of any kind and starts anew wherever `turns` say.
fn fold(world: &mut World, mut machine: Machine, turns: &mut Rng) -> Machine {
    loop {
        match turns.below(12) {
            0 => {
                drop(machine);
                machine = world.start().unwrap();
            }
            1 | 2 => machine.exchanges.checkpoint(turns.below(2) == 0).unwrap(),
            3 => machine.callers.checkpoint(turns.below(2) == 0).unwrap(),
            4 => drop(machine.callers.step(Duration::ZERO).unwrap()),
            _ => {
                if !machine.exchanges.step(Duration::ZERO).unwrap() {
                    World::settle(&mut machine).unwrap();
                    return machine;
                }
            }
        }
    }
}

fn two_endpoints(world: &World) -> Option<[EndpointId; 2]> {
    let query = EndpointQuery {
        scope: "/".into(),
        limit: 100,
        ..EndpointQuery::default()
    };
    let items = world.store.endpoints(&query).unwrap().items;
    let first = items.first()?;
    let second = items[1..]
        .iter()
        .find(|it| it.row.collection == first.row.collection)?;
    Some([first.row.id, second.row.id])
}

fn store_of(traffic: &[Exchange<'static>], seed: u64) -> String {
    let mut world = World::new(seed);
    let mut random = Rng::new(seed);
    let machine = world.start().unwrap();
    let (before, after) = traffic.split_at(traffic.len() / 2);
    write(&world, &machine, before, &mut random);
    let machine = fold(&mut world, machine, &mut random);
    if let Some([one, two]) = two_endpoints(&world) {
        control(
            &world,
            &machine,
            &Control::Merge {
                from: one,
                into: two,
            },
        );
    }
    write(&world, &machine, after, &mut random);
    if let Some([one, _]) = two_endpoints(&world) {
        control(&world, &machine, &Control::Forget { endpoint: one });
    }
    write(&world, &machine, before, &mut random);
    fold(&mut world, machine, &mut random);
    assert_eq!(world.store.skips(9).unwrap(), [], "nothing here is poison");
    world.dump()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: ProptestConfig::default().cases / 5, ..ProptestConfig::default() })]

    #[test]
    fn batches_checkpoints_and_restarts_never_show(traffic_seed: u64, one: u64, two: u64, count in 1..160_u64) {
        let traffic = exchanges(traffic_seed, count);
        let (one, two) = (store_of(&traffic, one), store_of(&traffic, two));
        if one != two {
            let differs = one.lines().zip(two.lines()).position(|(a, b)| a != b);
            let near = |text: &str| text.lines().skip(differs.unwrap_or(0).saturating_sub(12)).take(16).collect::<Vec<_>>().join("\n");
            prop_assert!(false, "the stores differ near\n{}\n--- and\n{}", near(&one), near(&two));
        }
    }
}
