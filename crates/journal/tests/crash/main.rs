//! Thousands of machines crash while they write; every acknowledged batch is there exactly once.

#[cfg(test)]
mod sender;
#[cfg(test)]
mod world;

use world::World;

const SEEDS: u64 = 3_000;

#[test]
fn every_acknowledged_batch_is_there_exactly_once() {
    let mut crashes = 0;
    let mut cut = 0;
    let mut repeated = 0;
    for seed in 0..SEEDS {
        let mut world = World::new(seed, world::Faults::Crashes);
        world.live();
        world.check();
        crashes += world.crashes;
        cut += u64::from(world.cut_bytes > 0);
        repeated += world.duplicates;
    }
    // The simulation must do what it is for.
    assert!(crashes > SEEDS, "{crashes} crashes");
    assert!(cut > SEEDS / 10, "{cut} torn ends");
    assert!(
        repeated > SEEDS / 4,
        "{repeated} retries found their batch on disk"
    );
}

#[test]
fn failed_writes_and_syncs_lose_nothing_either() {
    let mut failures = 0;
    for seed in 0..SEEDS {
        let mut world = World::new(seed, world::Faults::All);
        world.live();
        world.check();
        failures += world.failures;
    }
    assert!(failures > SEEDS, "{failures} batches refused");
}
