//! Whether learning costs the same for many hosts as for few.

use std::time::Duration;

use gatewatch_model::effects::Effects;
use gatewatch_model::info_type::NoTypes;
use gatewatch_model::{Caller, Exchange, Timestamp};

use crate::{CHECKPOINT, Cpu, Fold, HOSTS, WARM, exchange, mixed};

const FEW_HOSTS: u64 = 20;
/// Enough for each host to learn all its paths and to go on for a while.
const EXCHANGES_PER_HOST: u64 = 200;

pub fn compare() {
    learn(FEW_HOSTS, "one after another", |number, _| {
        number / EXCHANGES_PER_HOST
    });
    learn(HOSTS, "one after another", |number, _| {
        number / EXCHANGES_PER_HOST
    });
    learn(HOSTS, "in turn", |number, hosts| number % hosts);
}

/// Folds the first exchanges of so many hosts, from which all their templates have to be learned.
/// One after another they need no more memory at a time than one, so it is the work that shows.
fn learn(hosts: u64, how: &str, host: fn(u64, u64) -> u64) {
    let mut fold = Fold::default();
    fold.inventory.set_key(&[7; 32]);
    let count = hosts * EXCHANGES_PER_HOST;
    let mut spent = Duration::ZERO;
    for first in (0..count).step_by(WARM) {
        let numbers = first..count.min(first + WARM as u64);
        let few = numbers.map(|it| (learned_from(host(it, hosts), it), Caller::Unknown));
        let few = few.collect::<Vec<_>>();
        let few = few
            .iter()
            .map(|it| (&it.0, it.1.clone()))
            .collect::<Vec<_>>();
        let (start, at) = (
            Cpu::now(),
            Timestamp::from_seconds((first / 1_000).cast_signed()),
        );
        fold.observe(&few, at, &mut Vec::new());
        if first % CHECKPOINT == 0 {
            fold.inventory.decide_due();
            fold.inventory.tick(at);
            fold.inventory.drain(&mut Effects::default(), &NoTypes);
        }
        spent += start.elapsed();
    }
    println!(
        "{:>5} hosts {how:<17}                 {:>8.0} ns, {} endpoints, {} nodes",
        fold.inventory.memory().collections,
        spent.as_nanos() as f64 / count as f64,
        fold.inventory.memory().endpoints,
        fold.inventory.memory().path_nodes,
    );
}

/// Two names with values below each that look like names, and things of their own below those:
/// as many words as a partition has room for in each of so many hosts.
fn learned_from(host: u64, number: u64) -> Exchange<'static> {
    let mut exchange = exchange(number, 1);
    let (name, below) = [("teams", "members"), ("branches", "rooms")][(number % 2) as usize];
    let mut letters = mixed(number) % 6;
    let value = (0..6).map(|_| {
        letters = mixed(letters + 1);
        char::from(b'a' + (letters % 26) as u8)
    });
    let value = value.collect::<String>();
    exchange.request.url =
        format!("https://api{host}.contoso.example/v1/{name}/{value}/{below}").into();
    exchange
}
