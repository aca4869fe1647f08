//! The same journal gives the same store, wherever batches end, whenever checkpoints and
//! snapshots are written, and wherever it is started anew.

use std::time::Duration;

use gatewatch_model::control::Control;
use gatewatch_model::definition::{Definition, Operation};
use gatewatch_model::effects::EndpointRow;
use gatewatch_model::{EndpointId, Exchange};
use gatewatch_ports::Batch;
use gatewatch_ports::definitions::NewDefinition;
use gatewatch_ports::store::{Actor, EndpointQuery, Reading};
use gatewatch_testkit::{Rng, traffic};
use proptest::prelude::*;

use super::world::{Machine, START, World, push};
use crate::clock::Clock;
use crate::subject;

/// Traffic in which every rule of the fold has something to do: slots, words that turn out to be
/// values, several hosts and statuses, skewed and late times, callers by address and by name.
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
            let path = match random.below(9) {
                0 => "orders".into(),
                1 => "orders/17".into(),
                2 => "users/me".into(),
                3 => "files/a1b2c3d4".into(),
                number => format!(
                    "users/{}{}",
                    word(&mut random),
                    ["", "/photos"][number as usize % 2]
                ),
            };
            let status = [200, 201, 404, 500][random.below(4) as usize];
            // Half of one host, so that there is something to learn.
            let host = random.below(2) * random.below(6);
            let at = random.below(900);
            format!(
                "+{at} {caller} {method} http://h{host}.example.com/{path} {status} latency={}ms",
                random.below(90)
            )
        })
        .collect();
    traffic(&lines.join("\n"))
}

/// One of forty names of people.
fn word(random: &mut Rng) -> String {
    let syllables = ["an", "bo", "cle", "di", "el", "fra"];
    let pick = |random: &mut Rng| syllables[random.below(6) as usize];
    format!("{}{}na", pick(random), pick(random))
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

fn actor(world: &World) -> Actor {
    Actor {
        name: "test".into(),
        address: "".into(),
        at: world.clock.now(),
    }
}

fn control(world: &World, machine: &Machine, control: &Control) {
    machine.intake.control(control, &actor(world)).unwrap();
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

fn endpoints(world: &World) -> Vec<EndpointRow> {
    let query = EndpointQuery {
        scope: "/".into(),
        limit: 1_000,
        ..EndpointQuery::default()
    };
    let items = world.store.endpoints(&query).unwrap().items;
    items.into_iter().map(|it| it.row).collect()
}

fn two_endpoints(world: &World) -> Option<[EndpointId; 2]> {
    let rows = endpoints(world);
    let first = rows.first()?;
    let second = rows[1..]
        .iter()
        .find(|it| it.collection == first.collection)?;
    Some([first.id, second.id])
}

/// What people say of the host that is called most, before more traffic comes.
fn say(world: &World, machine: &Machine) {
    let host = subject::of_host("/", "h0.example.com").unwrap();
    if let Some([from, into]) = two_endpoints(world) {
        control(world, machine, &Control::Merge { from, into });
    }
    let pin = Control::Pin {
        collection: host.id,
        template: "/{what}/{who}/photos".into(),
    };
    control(world, machine, &pin);
    let operations = ["/users/{login}", "/orders"].map(|template| Operation {
        method: "GET".into(),
        template: template.into(),
        ..Operation::default()
    });
    let new = NewDefinition {
        collection: host.id,
        subject: host.subject,
        scope: "/".into(),
        name: host.name,
        definition: Definition {
            title: "people".into(),
            operations: operations.into(),
            ..Definition::default()
        },
        document: b"{}".to_vec(),
        media_type: "application/json".into(),
    };
    machine.intake.define(&new, &actor(world)).unwrap();
}

/// Takes back half of it, and says more.
fn say_otherwise(world: &World, machine: &Machine) {
    let host = subject::of_host("/", "h0.example.com").unwrap();
    machine.intake.undefine(host.id, &actor(world)).unwrap();
    let unpin = Control::Unpin {
        collection: host.id,
        template: "/{what}/{who}/photos".into(),
    };
    control(world, machine, &unpin);
    let mut rows = endpoints(world);
    rows.retain(|it| it.template.starts_with("/users/{"));
    if let Some(EndpointRow { id: endpoint, .. }) = rows.into_iter().next() {
        control(
            world,
            machine,
            &Control::Split {
                endpoint,
                segment: 1,
            },
        );
    }
    if let Some([endpoint, _]) = two_endpoints(world) {
        control(world, machine, &Control::Forget { endpoint });
    }
}

fn store_of(traffic: &[Exchange<'static>], seed: u64) -> String {
    let mut world = World::new(seed);
    let mut random = Rng::new(seed);
    let machine = world.start().unwrap();
    let (before, after) = traffic.split_at(traffic.len() / 2);
    write(&world, &machine, before, &mut random);
    let machine = fold(&mut world, machine, &mut random);
    say(&world, &machine);
    write(&world, &machine, after, &mut random);
    let machine = fold(&mut world, machine, &mut random);
    say_otherwise(&world, &machine);
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

#[test]
fn such_traffic_teaches_templates() {
    let mut world = World::new(1);
    let machine = world.start().unwrap();
    write(&world, &machine, &exchanges(1, 160), &mut Rng::new(1));
    fold(&mut world, machine, &mut Rng::new(1));
    let rows = endpoints(&world);
    let learned = rows
        .iter()
        .filter(|it| it.template.starts_with("/users/{name}"));
    assert!(learned.count() >= 2, "{rows:#?}");
}
