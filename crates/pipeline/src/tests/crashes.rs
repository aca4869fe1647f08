//! Seeded crashes: whatever is acknowledged counts exactly once with the batch header, and at
//! least once without.

use std::collections::BTreeMap;
use std::time::Duration;

use gatewatch_journal::disk::sim::Fault;
use gatewatch_model::Exchange;
use gatewatch_ports::store::Reading;
use gatewatch_ports::{Batch, StoreError};
use gatewatch_testkit::{Rng, traffic};

use super::world::{Machine, World, push};
use crate::clock::Clock;
use crate::fold::Fold;
use crate::shard::{Shard, ShardError};

const SEEDS: u64 = 1_000;
const BATCHES: usize = 24;
const SENDERS: u64 = 3;

/// A batch that its sender repeats until it is acknowledged.
struct Promise {
    /// `None`: sent without the header.
    sender: Option<(String, u64)>,
    exchanges: Vec<Exchange<'static>>,
    acknowledged: bool,
    sent: u64,
}

impl Promise {
    fn batch(&self, world: &World) -> Batch {
        let mut batch = match &self.sender {
            Some((name, sequence)) => Batch::from_sender(name, *sequence),
            None => Batch::default(),
        };
        push(&mut batch, world.clock.now(), &self.exchanges);
        batch
    }
}

#[test]
fn a_thousand_crashes_lose_and_double_nothing() {
    let threads: Vec<_> = (0..2)
        .map(|half| {
            std::thread::spawn(move || (0..SEEDS).filter(|seed| seed % 2 == half).for_each(survive))
        })
        .collect();
    threads.into_iter().for_each(|it| it.join().unwrap());
}

fn survive(seed: u64) {
    let mut random = Rng::new(seed);
    let mut world = World::new(seed);
    let mut promises = promises(&mut random);
    let mut next = 0;
    let mut crashes = 0;
    while next < promises.len() || crashes == 0 {
        if let Ok(mut machine) = world.start() {
            plan_trouble(&world, &mut random);
            next = live_until_crash(&world, &mut machine, &mut promises, &mut random);
        }
        world.crash();
        crashes += 1;
        assert!(crashes < 200, "seed {seed}: it never gets anywhere");
    }
    let mut machine = world
        .start()
        .unwrap_or_else(|it| panic!("seed {seed}: {it}"));
    machine.tick(&world.clock);
    World::settle(&mut machine).unwrap_or_else(|it| panic!("seed {seed}: {it}"));
    verify(seed, &world, &promises);
}

fn promises(random: &mut Rng) -> Vec<Promise> {
    (0..BATCHES as u64)
        .map(|number| {
            let sender = random.below(SENDERS + 1);
            let named = (sender < SENDERS).then(|| (format!("sender-{sender}"), number + 1));
            Promise {
                sender: named.clone(),
                exchanges: exchanges(random, named.is_some()),
                acknowledged: false,
                sent: 0,
            }
        })
        .collect()
}

fn exchanges(random: &mut Rng, named: bool) -> Vec<Exchange<'static>> {
    let lines: Vec<_> = (0..=random.below(4))
        .map(|_| {
            let host = random.below(5);
            let path = if named { "once" } else { "atleast" };
            let word = ["alpha", "beta", "gamma"][random.below(3) as usize];
            format!(
                "+0 203.0.113.{} GET http://h{host}.example.com/{path}/{word} 200",
                random.below(9)
            )
        })
        .collect();
    traffic(&lines.join("\n"))
}

/// Sometimes a disk goes dark, fails or fills up in the middle of an operation.
fn plan_trouble(world: &World, random: &mut Rng) {
    if random.below(3) == 0 {
        world
            .store
            .fail_commit(random.below(8), random.below(2) == 0);
    }
    for disk in 0..2 {
        let after = random.below(60);
        match random.below(4) {
            0 => world.disk(disk).fail(after, Fault::Crash),
            1 => world.disk(disk).fail(after, Fault::Broken),
            2 => world.disk(disk).fail(after, Fault::NoSpace),
            _ => {}
        }
    }
}

/// Does one thing after another; answers how many batches have been acknowledged in a row.
fn live_until_crash(
    world: &World,
    machine: &mut Machine,
    promises: &mut [Promise],
    random: &mut Rng,
) -> usize {
    for _ in 0..random.below(80) + 10 {
        if world.is_dark() {
            break;
        }
        match random.below(8) {
            0..=2 => send_next(world, machine, promises),
            3 => machine.tick(&world.clock),
            // An error here is what a shard would wait for, or die of; either way it goes on.
            4 => drop(machine.exchanges.step(Duration::ZERO)),
            5 => drop(machine.callers.step(Duration::ZERO)),
            6 => checkpoint(&mut machine.exchanges, random),
            _ => checkpoint(&mut machine.callers, random),
        }
    }
    promises.iter().take_while(|it| it.acknowledged).count()
}

/// As a shard's thread does: what waiting cannot heal, a reload may.
fn checkpoint<F: Fold>(shard: &mut Shard<F>, random: &mut Rng) {
    if let Err(ShardError::Store(StoreError::Superseded { .. })) =
        shard.checkpoint(random.below(2) == 0)
    {
        drop(shard.reload());
    }
}

fn send_next(world: &World, machine: &Machine, promises: &mut [Promise]) {
    if let Some(promise) = promises.iter_mut().find(|it| !it.acknowledged) {
        promise.sent += 1;
        promise.acknowledged = machine.send(promise.batch(world)).is_ok();
    }
}

fn verify(seed: u64, world: &World, promises: &[Promise]) {
    let mut least = BTreeMap::<String, u64>::new();
    let mut most = BTreeMap::<String, u64>::new();
    for promise in promises {
        for exchange in &promise.exchanges {
            let path = exchange.request.url.splitn(4, '/').nth(3).unwrap();
            let often = if promise.sender.is_some() {
                1
            } else {
                promise.sent
            };
            *least.entry(format!("/{path}")).or_default() += 1;
            *most.entry(format!("/{path}")).or_default() += often;
        }
    }
    let calls = world.calls();
    assert_eq!(
        calls.keys().collect::<Vec<_>>(),
        least.keys().collect::<Vec<_>>(),
        "seed {seed}"
    );
    for (template, count) in &calls {
        let (least, most) = (least[template], most[template]);
        assert!(
            least <= *count && *count <= most,
            "seed {seed}: {template} counts {count}, not {least} to {most}"
        );
    }
    let by_callers: u64 = world
        .store
        .callers(1_000, "/")
        .unwrap()
        .iter()
        .map(|it| it.calls)
        .sum();
    assert_eq!(
        by_callers,
        calls.values().sum::<u64>(),
        "seed {seed}: the second stage counts otherwise"
    );
}

#[test]
fn an_error_that_waiting_cannot_heal_is_told_apart() {
    let gone = ShardError::Journal(gatewatch_ports::JournalError::Closed);
    assert!(!gone.may_pass());
    let full = StoreError::Full {
        reason: "no space".into(),
    };
    assert!(ShardError::Store(full).may_pass());
}
