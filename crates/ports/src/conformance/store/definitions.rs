//! What people upload and pin.

use gatewatch_model::control::Control;
use gatewatch_model::definition::{Definition, Operation, Server, Subject};
use gatewatch_model::effects::Effects;
use gatewatch_model::{Partition, Stage};

use super::Maker;
use super::samples::{NOW, actor, checkpoint, collection_id, estate, write};
use crate::Store;
use crate::definitions::{DOCUMENT_BYTES_MAX, DefinitionRow, NewDefinition};
use crate::store::Checkpoint;

fn new(number: u8, title: &str, document: &[u8]) -> NewDefinition {
    let operation = |template: &str| Operation {
        method: "GET".into(),
        template: template.into(),
        ..Operation::default()
    };
    NewDefinition {
        collection: collection_id(number),
        subject: Subject::Host {
            scope: "/a".into(),
            host: format!("Api{number}").into(),
        },
        scope: "/a".into(),
        name: format!("Api{number}").into(),
        definition: Definition {
            title: title.into(),
            version: "1.2".into(),
            format: "openapi-3.1".into(),
            servers: vec![Server::default()],
            operations: vec![operation("/one"), operation("/two")],
        },
        document: document.into(),
        media_type: "application/json".into(),
    }
}

fn row(new: &NewDefinition, revision: u64) -> DefinitionRow {
    DefinitionRow {
        collection: new.collection,
        scope: new.scope.clone(),
        name: new.name.clone(),
        revision,
        title: new.definition.title.clone(),
        version: new.definition.version.clone(),
        format: new.definition.format.clone(),
        operations: 2,
        bytes: new.document.len() as u64,
        media_type: new.media_type.clone(),
        actor: "anna".into(),
        at: NOW,
    }
}

fn control(new: &NewDefinition) -> Control {
    Control::Define {
        subject: new.subject.clone(),
        definition: Box::new(new.definition.clone()),
    }
}

/// The only partition passes all controls up to that one.
fn obey(store: &dyn Store, revision: u64) {
    let from = store.load(Stage::Exchanges, Partition(0)).unwrap();
    let from = from.effects_position.0;
    let passed = Checkpoint {
        revision,
        ..checkpoint(from, from + 1, Effects::default())
    };
    store.commit(&[passed]).unwrap();
}

pub fn kept(maker: &mut dyn Maker) {
    let store = maker.make();
    let (first, other) = (new(1, "Orders", b"{\"a\":1}\0\xff"), new(2, "Bills", b""));
    let numbered = store.add_definition(&first, &actor("anna")).unwrap();
    assert_eq!((numbered.revision, numbered.control), (1, control(&first)));
    store.add_definition(&other, &actor("anna")).unwrap();
    let store = maker.reopen(store);
    let found = store.definition(collection_id(1)).unwrap();
    assert_eq!(found, Some(row(&first, 1)));
    let document = store.document(collection_id(1)).unwrap();
    assert_eq!(document.as_deref(), Some(&first.document[..]));
    assert_eq!(store.document(collection_id(3)).unwrap(), None);
    let kept = store.controls_from(1, 10).unwrap();
    assert_eq!((&kept[0].control, kept.len()), (&control(&first), 2));
    let mut listed = first.definition.clone();
    listed.operations.clear();
    let latest = store.controls(10).unwrap().remove(1).control.control;
    let without = NewDefinition {
        definition: listed,
        ..first.clone()
    };
    assert_eq!(latest, control(&without), "a list has no operations");
    let whole = store.control(1).unwrap().unwrap().control.control;
    assert_eq!(whole, control(&first));
    let audited = store.audit(None, 10).unwrap();
    assert_eq!(&*audited[1].action, "control.define");
    assert!(audited[1].subject.contains("Orders"));
    let newer = new(1, "Orders 2", &vec![7; DOCUMENT_BYTES_MAX]);
    store.add_definition(&newer, &actor("anna")).unwrap();
    let found = store.definition(collection_id(1)).unwrap();
    assert_eq!(found, Some(row(&newer, 3)));
    let document = store.document(collection_id(1)).unwrap().unwrap();
    assert!(document == newer.document, "the newer document");
}

pub fn listed(maker: &mut dyn Maker) {
    let store = maker.make();
    for number in [3, 1, 2] {
        let mut one = new(number, "T", b"x");
        one.scope = if number == 2 {
            "/b".into()
        } else {
            "/a".into()
        };
        store.add_definition(&one, &actor("anna")).unwrap();
    }
    let listed = |scope, offset, limit| {
        let page = store.definitions(scope, offset, limit).unwrap();
        let names = page.items.into_iter().map(|it| String::from(it.name));
        (names.collect::<Vec<_>>(), page.total)
    };
    let names = |it: &[&str]| it.iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(listed("/", 0, 9), (names(&["Api1", "Api2", "Api3"]), 3));
    assert_eq!(listed("/a", 1, 9), (names(&["Api3"]), 2));
    assert_eq!(listed("/", 0, 1), (names(&["Api1"]), 3));
}

pub fn gone(maker: &mut dyn Maker) {
    let store = maker.make();
    let one = new(1, "Orders", b"x");
    store.add_definition(&one, &actor("anna")).unwrap();
    let dropped = store.drop_definition(collection_id(1), &actor("bert"));
    let dropped = dropped.unwrap().unwrap();
    let collection = collection_id(1);
    assert_eq!(dropped.control, Control::Undefine { collection });
    assert_eq!(store.definition(collection).unwrap(), None);
    assert_eq!(store.document(collection).unwrap(), None);
    let again = store.drop_definition(collection, &actor("bert")).unwrap();
    assert_eq!(again, None);
    let audited = store.audit(None, 10).unwrap();
    assert_eq!(audited.len(), 2, "what did nothing is not audited");
    assert_eq!(&*audited[0].action, "control.undefine");
}

pub fn fold_leaves_them(maker: &mut dyn Maker) {
    let store = maker.make();
    write(&*store, estate(&[1]));
    let one = new(1, "Orders", b"x");
    store.add_definition(&one, &actor("anna")).unwrap();
    let forgotten = Effects {
        forgotten_collections: vec![collection_id(1)],
        ..Effects::default()
    };
    write(&*store, forgotten);
    assert_eq!(store.collection(collection_id(1)).unwrap(), None);
    assert!(store.definition(collection_id(1)).unwrap().is_some());
}

/// The controls of one definition a day would fill the disk; one that is still needed stays.
pub fn shortened(maker: &mut dyn Maker) {
    let store = maker.make();
    store.load(Stage::Exchanges, Partition(0)).unwrap();
    let all = || store.controls_from(1, 10).unwrap();
    let [one, two, three] = [1, 2, 3].map(|it| new(1, &format!("Orders {it}"), b"x"));
    store.add_definition(&one, &actor("anna")).unwrap();
    store.add_definition(&two, &actor("anna")).unwrap();
    assert_eq!(all()[0].control, control(&one), "nobody has obeyed it yet");
    obey(&*store, 2);
    store.add_definition(&three, &actor("anna")).unwrap();
    let kept = all();
    let Control::Define {
        definition,
        subject,
    } = &kept[1].control
    else {
        panic!("another control");
    };
    assert_eq!((&*definition.title, subject), ("Orders 2", &two.subject));
    assert_eq!(definition.operations, []);
    assert_eq!(kept[2].control, control(&three));
}

pub fn pins(maker: &mut dyn Maker) {
    let store = maker.make();
    let collection = collection_id(1);
    let pin = |template: &str| {
        let control = Control::Pin {
            collection,
            template: template.into(),
        };
        store.add_control(&control, &actor("anna")).unwrap();
    };
    for template in ["/users/me", "/users/{name}", "/users/me"] {
        pin(template);
    }
    let elsewhere = Control::Pin {
        collection: collection_id(2),
        template: "/b".into(),
    };
    store.add_control(&elsewhere, &actor("bert")).unwrap();
    let pinned = || {
        let pins = store.pins(collection).unwrap().into_iter();
        pins.map(|it| (String::from(it.template), it.revision))
            .collect::<Vec<_>>()
    };
    assert_eq!(
        pinned(),
        [("/users/me".into(), 3), ("/users/{name}".into(), 2)]
    );
    let first = store.pins(collection_id(2)).unwrap().remove(0);
    assert_eq!((&*first.actor, first.at), ("bert", NOW));
    let unpin = Control::Unpin {
        collection,
        template: "/users/me".into(),
    };
    store.add_control(&unpin, &actor("anna")).unwrap();
    assert_eq!(pinned(), [("/users/{name}".into(), 2)]);
}
