//! Records that panic the fold, and records that kill the process.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use gatewatch_model::effects::Effects;
use gatewatch_model::record::Digest;
use gatewatch_model::{Partition, Position, Record, Stage, Timestamp};
use gatewatch_ports::Batch;
use gatewatch_ports::store::Reading;
use gatewatch_testkit::traffic;
use gatewatch_wire::record;

use super::world::{Machine, START, World, push};
use crate::fold::{ExchangeFold, Fold, StateError};
use crate::marker::{CAREFUL_LEVEL, Mark};
use crate::snapshots::Writing;

/// A deadly record was folded. One test alone uses it.
static DIED: AtomicBool = AtomicBool::new(false);

/// An exchange fold with two weaknesses.
#[derive(Default)]
struct Touchy(ExchangeFold);

impl Fold for Touchy {
    const STAGE: Stage = Stage::Exchanges;

    fn fold(&mut self, position: Position, record: &Record<'_>) {
        // Folded first, so that a panic leaves a state that must not be used.
        self.0.fold(position, record);
        if let Record::Arrival(arrival) = record {
            assert!(
                !arrival.exchange.request.url.contains("/panics"),
                "secret-in-a-panic-message"
            );
            if arrival.exchange.request.url.contains("/kills") {
                // The process is gone: whoever started this thread forgets it.
                DIED.store(true, Ordering::Release);
                loop {
                    std::thread::park();
                }
            }
        }
    }

    fn drain(&mut self) -> Effects {
        self.0.drain()
    }

    fn discard(&mut self) {
        self.0.discard();
    }

    fn digests(&mut self) -> Vec<(Position, Digest)> {
        self.0.digests()
    }

    fn is_full(&self) -> bool {
        self.0.is_full()
    }

    fn revision(&self) -> u64 {
        self.0.revision()
    }

    fn received(&self) -> Timestamp {
        self.0.received()
    }

    fn encode(&self, bytes: &mut Vec<u8>) {
        self.0.encode(bytes);
    }

    fn decode(bytes: &[u8]) -> Result<Self, StateError> {
        ExchangeFold::decode(bytes).map(Touchy)
    }
}

fn batch(text: &str) -> Batch {
    let mut batch = Batch::default();
    push(&mut batch, START, &traffic(text));
    batch
}

#[test]
fn a_panic_sets_one_record_aside_and_nothing_else() {
    let mut world = World::new(1);
    let mut machine = world.start_with::<Touchy>().unwrap();
    machine
        .send(batch("3x +0 203.0.113.7 GET /orders/17 200"))
        .unwrap();
    World::settle(&mut machine).unwrap();
    machine
        .send(batch(
            "2x +0 203.0.113.7 GET /orders/18 200
         +0 203.0.113.7 GET /panics/alice@example.com 200
         2x +0 203.0.113.7 GET /orders/19 200",
        ))
        .unwrap();
    machine
        .send(batch(
            "+0 203.0.113.7 GET http://other.example.com/orders/1 200",
        ))
        .unwrap();
    World::settle(&mut machine).unwrap();
    drop(machine);
    let mut machine = world.start_with::<Touchy>().unwrap();
    World::settle(&mut machine).unwrap();
    assert_eq!(
        world.calls().into_iter().collect::<Vec<_>>(),
        [("/orders/{id}".to_owned(), 8)]
    );
    let skips = world.store.skips(10).unwrap();
    assert_eq!(skips.len(), 1);
    assert_eq!(&*skips[0].head, "GET /panics/{email}");
    assert!(
        skips[0].reason.starts_with("panicked at"),
        "{}",
        skips[0].reason
    );
    assert!(!format!("{skips:?}").contains("secret-in-a-panic-message"));
}

#[test]
fn a_record_of_another_release_waits_for_it() {
    for newer in [[200, 0], [record::VERSION, 200]] {
        let mut world = World::new(6);
        let mut machine = world.start().unwrap();
        let mut batch = Batch::default();
        batch.push(Partition(0), |bytes| bytes.extend(newer));
        machine.send(batch).unwrap();
        let stopped = World::settle(&mut machine).unwrap_err();
        assert!(!stopped.may_pass());
        let said = stopped.to_string();
        assert!(said.contains("the release that wrote it"), "{said}");
        assert_eq!(world.store.skips(10).unwrap(), []);
    }
}

#[test]
fn a_full_store_does_not_lose_what_was_folded_before_a_panic() {
    let mut world = World::new(3);
    let mut machine = world.start_with::<Touchy>().unwrap();
    machine
        .send(batch("3x +0 203.0.113.7 GET /orders/17 200"))
        .unwrap();
    while machine.exchanges.step(Duration::ZERO).unwrap() {}
    machine
        .send(batch(
            "+0 203.0.113.7 GET /panics 200
             2x +0 203.0.113.7 GET /orders/18 200",
        ))
        .unwrap();
    world.store.fill(true);
    assert!((0..3).any(|_| machine.exchanges.step(Duration::ZERO).is_err()));
    assert!(machine.exchanges.checkpoint(false).is_err());
    world.store.fill(false);
    World::settle(&mut machine).unwrap();
    assert_eq!(world.calls()["/orders/{id}"], 5);
    assert_eq!(world.store.skips(10).unwrap().len(), 1);
}

#[test]
fn a_panic_while_a_snapshot_is_written_does_not_let_go_of_the_journal() {
    let mut world = World::new(4);
    let mut machine = world.start_with::<Touchy>().unwrap();
    // One by one they fill several segments.
    for _ in 0..200 {
        let one = batch("+0 203.0.113.7 GET /orders/17 200");
        machine.send(one).unwrap();
    }
    while machine.exchanges.step(Duration::ZERO).unwrap() {}
    machine.exchanges.checkpoint(false).unwrap();
    let busy = machine.exchanges.parts.iter();
    let busy = busy.max_by_key(|it| it.position).unwrap();
    let mut state = Vec::new();
    busy.fold.encode(&mut state);
    machine.exchanges.writing = Some(Writing::new(busy.partition, busy.position, state));
    machine
        .send(batch("+0 203.0.113.7 GET /panics 200"))
        .unwrap();
    machine.exchanges.step(Duration::ZERO).unwrap();
    // From here the 200 are folded again, and must still be in the journal.
    machine.exchanges.checkpoint(false).unwrap();
    World::settle(&mut machine).unwrap();
    machine
        .send(batch("+0 203.0.113.7 GET /orders/18 200"))
        .unwrap();
    World::settle(&mut machine).unwrap();
    assert_eq!(world.calls()["/orders/{id}"], 201);
}

#[test]
fn what_kills_the_process_is_found_and_set_aside() {
    let mut world = World::new(2);
    let machine = world.start_with::<Touchy>().unwrap();
    let mut lines = vec!["+0 203.0.113.7 GET /orders/17 200"; 700];
    lines.insert(613, "+0 203.0.113.7 GET /kills/me 200");
    machine.send(batch(&lines.join("\n"))).unwrap();
    drop(machine);
    let mut deaths = 0;
    while !runs_to_the_end(&mut world) {
        deaths += 1;
        assert!(deaths < 10, "the culprit is never found");
    }
    assert_eq!(
        world.calls().into_iter().collect::<Vec<_>>(),
        [("/orders/{id}".to_owned(), 700)]
    );
    assert_eq!(world.store.skips(10).unwrap().len(), 1);
    assert_eq!(deaths, 6, "two without progress, then 512, 16, 1 and 1");
}

#[test]
fn a_careful_replay_holds_nothing_back() {
    let mut world = World::new(5);
    let mut machine = world.start_with::<Touchy>().unwrap();
    for _ in 0..5 {
        let one = batch("+0 203.0.113.7 GET /orders/17 200");
        machine.send(one).unwrap();
    }
    World::settle(&mut machine).unwrap();
    let busy = |machine: &Machine<Touchy>| {
        let parts = machine.exchanges.parts.iter().enumerate();
        parts.max_by_key(|it| it.1.effects).unwrap().0
    };
    let part = &machine.exchanges.parts[busy(&machine)];
    world.suspect(Mark {
        level: CAREFUL_LEVEL,
        until: Position(part.effects.0 + 1),
        ..part.mark
    });
    drop(machine);
    let mut machine = world.start_with::<Touchy>().unwrap();
    let at = busy(&machine);
    machine.exchanges.step(Duration::ZERO).unwrap();
    let part = &machine.exchanges.parts[at];
    assert!(part.mark.level == CAREFUL_LEVEL && part.position < part.effects);
    assert_eq!(part.fold.0.inventory().pending_bytes(), 0);
    World::settle(&mut machine).unwrap();
    assert_eq!(world.calls()["/orders/{id}"], 5);
}

/// Starts the machine in a thread of its own; false when it dies.
fn runs_to_the_end(world: &mut World) -> bool {
    let mut machine = world.start_with::<Touchy>().unwrap();
    let (tell, told) = mpsc::channel();
    std::thread::spawn(move || {
        while machine.exchanges.step(Duration::ZERO).unwrap() {}
        machine.exchanges.checkpoint(false).unwrap();
        machine.exchanges.calm();
        tell.send(()).unwrap();
    });
    let deadline = Instant::now() + Duration::from_secs(60);
    loop {
        if told.recv_timeout(Duration::from_millis(10)).is_ok() {
            return true;
        }
        if DIED.swap(false, Ordering::AcqRel) {
            return false;
        }
        assert!(Instant::now() < deadline, "it neither ends nor dies");
    }
}
