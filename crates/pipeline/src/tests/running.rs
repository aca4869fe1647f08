//! The pipeline with its threads, as in the binary, while its disk and its store fail.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use gatewatch_model::EndpointId;
use gatewatch_model::control::Control;
use gatewatch_ports::store::{Actor, Reading};
use gatewatch_ports::{Appended, Batch, JournalError};
use gatewatch_testkit::{Rng, traffic};

use super::world::{DISK_FREE_BYTES_MIN, PARTITIONS, START, World, push};
use crate::clock::Clock;
use crate::intake::{Intake, IntakeError, is_visible};
use crate::live::Live;
use crate::pipeline::Pipeline;
use crate::upkeep::{FreeSpace, Upkeep, Wall};

/// Whatever takes longer here has hung.
const PATIENCE: Duration = Duration::from_secs(20);

fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !is_so() {
        assert!(Instant::now() < deadline, "never: {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn roomy() -> FreeSpace {
    Box::new(|| Ok(u64::MAX))
}

fn batch(sender: &str, sequence: u64, text: &str) -> Batch {
    let mut batch = Batch::from_sender(sender, sequence);
    push(&mut batch, START, &traffic(text));
    batch
}

fn send(intake: &Intake, sequence: u64) -> Result<Appended, IntakeError> {
    let text = "3x +0 203.0.113.7 GET /orders/17 200";
    intake.append_wait(batch("edge", sequence, text))
}

/// Sends three exchanges and waits until they can be seen.
fn send_and_see(pipeline: &Pipeline, sequence: u64) {
    let appended = send(&pipeline.intake(), sequence).unwrap();
    see(&pipeline.live(), appended);
}

fn see(live: &Live, appended: Appended) {
    let Appended::Written(positions) = appended else {
        panic!("a duplicate");
    };
    let ends: Vec<_> = positions
        .into_iter()
        .map(|(partition, first)| (partition, first.next()))
        .collect();
    until("visible", || is_visible(live, &ends));
}

#[test]
fn a_nearly_full_disk_closes_the_intake_and_room_opens_it_again() {
    let mut world = World::new(1);
    let free = Arc::new(AtomicU64::new(u64::MAX));
    let asked = free.clone();
    let free_space = Box::new(move || Ok(asked.load(Ordering::Acquire)));
    let pipeline = world.run(free_space).unwrap();
    let intake = pipeline.intake();
    send_and_see(&pipeline, 1);
    free.store(DISK_FREE_BYTES_MIN - 1, Ordering::Release);
    until("closed", || intake.refusal().is_some());
    let refused = send(&intake, 2).unwrap_err();
    assert!(refused.retry_seconds().is_some());
    let said = refused.to_string();
    assert!(
        said.contains("only 999 bytes are free") && said.contains("free some space"),
        "{said}"
    );
    // A little more than the least is not enough, or it would open and close all the time.
    free.store(DISK_FREE_BYTES_MIN + 1, Ordering::Release);
    until("looked at", || {
        intake
            .refusal()
            .is_some_and(|it| it.to_string().contains("1001 bytes"))
    });
    free.store(DISK_FREE_BYTES_MIN * 2, Ordering::Release);
    until("open", || intake.refusal().is_none());
    send_and_see(&pipeline, 2);
    pipeline.shutdown();
    assert_eq!(world.calls()["/orders/{id}"], 6);
}

#[test]
fn what_a_full_store_does_not_take_is_written_when_there_is_room() {
    let mut world = World::new(2);
    let pipeline = world.run(roomy()).unwrap();
    send_and_see(&pipeline, 1);
    world.store.fill(true);
    let appended = send(&pipeline.intake(), 2).unwrap();
    let failures = |live: &Live| live.checkpoint_failures.load(Ordering::Relaxed);
    until("a failed checkpoint", || failures(&pipeline.live()) > 0);
    send(&pipeline.intake(), 3).unwrap();
    assert_eq!(world.calls()["/orders/{id}"], 3);
    world.store.fill(false);
    see(&pipeline.live(), appended);
    send_and_see(&pipeline, 4);
    assert!(!pipeline.live().stalled.load(Ordering::Acquire));
    pipeline.shutdown();
    assert_eq!(world.calls()["/orders/{id}"], 12);
}

#[test]
fn an_end_with_a_full_store_loses_nothing_and_is_no_death() {
    let mut world = World::new(3);
    let pipeline = world.run(roomy()).unwrap();
    world.store.fill(true);
    send(&pipeline.intake(), 1).unwrap();
    until("a suspect", || world.suspects() > 0);
    pipeline.shutdown();
    assert_eq!(world.suspects(), 0);
    world.store.fill(false);
    let pipeline = world.run(roomy()).unwrap();
    send_and_see(&pipeline, 2);
    pipeline.shutdown();
    assert_eq!(world.calls()["/orders/{id}"], 6);
}

#[test]
fn a_lost_answer_and_a_busy_store_after_it_are_survived() {
    let mut world = World::new(4);
    let pipeline = world.run(roomy()).unwrap();
    world.store.fail_commit(0, true);
    world.store.fail_loads(0, 3);
    send(&pipeline.intake(), 1).unwrap();
    until("all loads tried", || world.store.loads_to_fail() == 0);
    send_and_see(&pipeline, 2);
    assert!(!pipeline.live().stalled.load(Ordering::Acquire));
    pipeline.shutdown();
    assert_eq!(world.calls()["/orders/{id}"], 6);
}

#[test]
fn a_start_that_fails_leaves_nothing_running() {
    let mut world = World::new(5);
    // The shards of the first stage run by the time the second one's cannot be loaded.
    world.store.fail_loads(PARTITIONS.into(), 1);
    assert!(world.run(roomy()).is_err());
    assert_eq!(Arc::strong_count(&world.store), 1);
}

#[test]
fn a_full_journal_and_a_control_that_waits_for_it_do_not_stop_the_start() {
    let mut world = World::new(7);
    let machine = world.start().unwrap();
    let mut random = Rng::new(7);
    let refused = (0..1_000).find_map(|_| {
        let mut line = || {
            let words: Vec<_> = (0..200).map(|_| random.number().to_string()).collect();
            format!("+0 203.0.113.7 GET /{} 200\n", words.join("/"))
        };
        let mut batch = Batch::default();
        push(
            &mut batch,
            START,
            &traffic(&(0..10).map(|_| line()).collect::<String>()),
        );
        machine.send(batch).err()
    });
    let refused = refused.unwrap();
    assert!(
        matches!(refused, IntakeError::Journal(JournalError::Full { .. })),
        "{refused}"
    );
    // To the last byte.
    assert!((1..1_000).any(|it| send(&machine.intake, it).is_err()));
    let actor = Actor {
        name: "test".into(),
        address: "".into(),
        at: START,
    };
    let endpoint = EndpointId([7; 16]);
    let control = Control::Forget { endpoint };
    assert!(machine.intake.control(&control, &actor).is_err());
    drop(machine);
    let pipeline = world.run(roomy()).unwrap();
    let calls = |world: &World| world.calls().values().sum::<u64>();
    until("folded", || calls(&world) > 0);
    pipeline.shutdown();
    // The end wrote the states, so that the journal has room now.
    let pipeline = world.run(roomy()).unwrap();
    let applied = || world.store.control(1).unwrap().is_some_and(|it| it.applied);
    until("applied", applied);
    pipeline.shutdown();
}

#[test]
fn a_lost_journal_costs_what_was_in_it_and_no_more() {
    let mut world = World::new(9);
    let mut machine = world.start().unwrap();
    send(&machine.intake, 1).unwrap();
    World::settle(&mut machine).unwrap();
    machine.exchanges.checkpoint(true).unwrap();
    for sequence in 2..5 {
        send(&machine.intake, sequence).unwrap();
    }
    // Effects are in the store beyond the state; the records between were in the journal only.
    World::settle(&mut machine).unwrap();
    drop(machine);
    world.lose_journal();
    let pipeline = world.run(roomy()).unwrap();
    send_and_see(&pipeline, 5);
    pipeline.shutdown();
    assert_eq!(world.store.sources().unwrap()[0].exchanges, 15);
}

#[test]
fn a_clock_that_jumps_ahead_by_years_lets_go_of_nothing() {
    let mut world = World::new(10);
    let mut machine = world.start().unwrap();
    send(&machine.intake, 1).unwrap();
    machine.tick(&world.clock);
    World::settle(&mut machine).unwrap();
    let before = world.dump();
    assert!(before.contains("203.0.113.7"), "{before}");
    let upkeep = Upkeep {
        journals: Vec::new(),
        store: world.store.clone(),
        intake: machine.intake.clone(),
        live: Arc::new(Live::new(PARTITIONS)),
        clock: world.clock.clone(),
        free_space: roomy(),
        disk_free_bytes_min: DISK_FREE_BYTES_MIN,
    };
    let mut wall = Wall::new(world.clock.now());
    // In two steps, each of less than what is too much.
    for _ in 0..2 {
        world.clock.forward(13 * 3_600);
        wall.watch(world.clock.now());
    }
    world.clock.forward(10 * 365 * 86_400);
    upkeep.retain(&wall, true);
    assert_eq!(world.dump(), before);
    // Time that has passed while it was not running is believed.
    upkeep.retain(&Wall::new(world.clock.now()), true);
    assert_ne!(world.dump(), before);
}

#[test]
fn an_exchange_of_the_year_2099_counts_now_and_is_called_skewed() {
    let mut world = World::new(11);
    let mut machine = world.start().unwrap();
    let text = "+2280000000 203.0.113.7 GET /orders/17 200
         +0 203.0.113.7 GET /orders/17 200";
    machine.intake.append_wait(batch("edge", 1, text)).unwrap();
    machine.tick(&world.clock);
    World::settle(&mut machine).unwrap();
    let source = &world.store.sources().unwrap()[0];
    assert_eq!((source.exchanges, source.skewed, source.late), (2, 1, 0));
    assert_eq!(world.calls()["/orders/{id}"], 2);
    let caller = &world.store.callers(9, "/").unwrap()[0];
    assert_eq!((caller.calls, caller.last_seen), (2, START));
}

#[test]
fn a_state_behind_its_effects_is_not_waited_for_at_the_end() {
    let mut world = World::new(8);
    let mut machine = world.start().unwrap();
    for sequence in 1..4 {
        send(&machine.intake, sequence).unwrap();
    }
    World::settle(&mut machine).unwrap();
    drop(machine);
    let mut machine = world.start().unwrap();
    machine.exchanges.step(Duration::ZERO).unwrap();
    assert!(!machine.exchanges.has_unwritten_state());
    World::settle(&mut machine).unwrap();
    assert!(machine.exchanges.has_unwritten_state());
}

#[test]
fn a_thread_that_dies_is_missed() {
    let mut world = World::new(6);
    let pipeline = world.run(Box::new(|| panic!("a defect"))).unwrap();
    let live = pipeline.live();
    until("the alarm", || live.stalled.load(Ordering::Acquire));
    send_and_see(&pipeline, 1);
    pipeline.shutdown();
    assert_eq!(world.calls()["/orders/{id}"], 3);
}
