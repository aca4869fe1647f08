//! A definition goes to the partition that knows its collection, and is applied by all.

use std::time::Duration;

use gatewatch_model::control::{Control, NumberedControl};
use gatewatch_model::definition::{Definition, Operation, Subject};
use gatewatch_model::{CollectionId, Partition, Position, Record};
use gatewatch_ports::Batch;
use gatewatch_ports::definitions::NewDefinition;
use gatewatch_ports::store::{Actor, CollectionQuery, Reading};
use gatewatch_testkit::traffic;
use gatewatch_wire::record::{self, DEFINITION_BYTES_MAX};

use super::world::{Machine, PARTITIONS, START, World, push};
use crate::intake::IntakeError;
use crate::subject;

fn actor() -> Actor {
    Actor {
        name: "test".into(),
        address: "".into(),
        at: START,
    }
}

fn definition(collection: CollectionId, subject: Subject, title: &str) -> NewDefinition {
    let operation = Operation {
        method: "GET".into(),
        template: "/orders/{id}".into(),
        ..Operation::default()
    };
    NewDefinition {
        collection,
        subject,
        scope: "/".into(),
        name: "api.example".into(),
        definition: Definition {
            title: title.into(),
            operations: vec![operation],
            ..Definition::default()
        },
        document: b"{}".to_vec(),
        media_type: "application/json".into(),
    }
}

/// The control at the end of each partition's journal.
fn latest(machine: &Machine) -> Vec<NumberedControl> {
    let last = |partition| {
        let end = machine.journal.end(partition);
        let from = [(partition, Position(end.0 - 1))];
        let mut cursor = machine.journal.cursor(&from).unwrap();
        let chunk = cursor.next(Duration::ZERO).unwrap().unwrap();
        let (_, bytes) = chunk.records().next().unwrap();
        match record::decode(bytes).unwrap() {
            Record::Control(control) => control,
            other => panic!("{other:?}"),
        }
    };
    (0..PARTITIONS).map(Partition).map(last).collect()
}

#[test]
fn one_partition_gets_a_definition_and_all_apply_it() {
    let mut world = World::new(1);
    let mut machine = world.start().unwrap();
    let foreseen = subject::of_host("/", "API.example:443").unwrap();
    let new = definition(foreseen.id, foreseen.subject.clone(), "Orders");
    let numbered = machine.intake.define(&new, &actor()).unwrap();
    let home = subject::partition_of(&foreseen.subject, PARTITIONS).unwrap();
    for (partition, found) in (0..PARTITIONS).map(Partition).zip(latest(&machine)) {
        assert_eq!((found.revision, found.at), (numbered.revision, numbered.at));
        let expected = if partition == home {
            &numbered.control
        } else {
            &Control::Elsewhere
        };
        assert_eq!(&found.control, expected, "{partition:?}");
    }
    World::settle(&mut machine).unwrap();
    let kept = world.store.control(numbered.revision).unwrap().unwrap();
    assert!(kept.applied);
    assert_eq!(kept.control, numbered, "what is kept is the whole");
}

#[test]
fn a_collection_that_was_seen_gets_its_definition_where_it_lives() {
    let mut world = World::new(2);
    let mut machine = world.start().unwrap();
    let mut batch = Batch::default();
    push(
        &mut batch,
        START,
        &traffic("3x +0 203.0.113.7 GET /orders/17 200"),
    );
    machine.send(batch).unwrap();
    World::settle(&mut machine).unwrap();
    let query = CollectionQuery {
        scope: "/".into(),
        limit: 9,
        ..CollectionQuery::default()
    };
    let id = world.store.collections(&query).unwrap().items[0].id;
    let new = definition(id, Subject::Collection(id), "Orders");
    machine.intake.define(&new, &actor()).unwrap();
    let home = world.store.collection_home(id).unwrap().unwrap();
    let whole = |it: &NumberedControl| matches!(it.control, Control::Define { .. });
    let found = latest(&machine);
    assert!(whole(&found[usize::from(home.0)]));
    assert_eq!(found.iter().filter(|it| whole(it)).count(), 1);
    // Of a collection that nobody has seen nobody learns anything, and it is applied all the same.
    let nowhere = CollectionId([9; 16]);
    let new = definition(nowhere, Subject::Collection(nowhere), "Bills");
    let numbered = machine.intake.define(&new, &actor()).unwrap();
    assert!(
        latest(&machine)
            .iter()
            .all(|it| it.control == Control::Elsewhere)
    );
    World::settle(&mut machine).unwrap();
    assert!(
        world
            .store
            .control(numbered.revision)
            .unwrap()
            .unwrap()
            .applied
    );
    assert!(machine.intake.undefine(id, &actor()).unwrap().is_some());
    assert!(machine.intake.undefine(id, &actor()).unwrap().is_none());
}

#[test]
fn a_definition_beyond_its_bound_is_refused_before_it_is_kept() {
    let mut world = World::new(3);
    let machine = world.start().unwrap();
    let foreseen = subject::of_host("/", "api.example").unwrap();
    let title = "x".repeat(DEFINITION_BYTES_MAX);
    let new = definition(foreseen.id, foreseen.subject, &title);
    let refused = machine.intake.define(&new, &actor()).unwrap_err();
    assert!(
        matches!(refused, IntakeError::LongDefinition { .. }),
        "{refused}"
    );
    assert!(refused.to_string().contains("split the document"));
    assert_eq!(refused.retry_seconds(), None);
    assert!(world.store.definition(new.collection).unwrap().is_none());
    assert!(world.store.controls(9).unwrap().is_empty());
}
