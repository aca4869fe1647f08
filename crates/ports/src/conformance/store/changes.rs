//! What people change, each with its row in the audit log.

use gatewatch_model::control::{Control, NumberedControl};
use gatewatch_model::effects::Effects;
use gatewatch_model::{Partition, Stage};

use super::Maker;
use super::samples::{NOW, actor, checkpoint, endpoint_id};
use crate::Store;
use crate::store::{Actor, Checkpoint, Role, TokenRow};

fn audited(store: &dyn Store) -> Vec<(String, String)> {
    let rows = store.audit(None, 100).unwrap();
    rows.into_iter()
        .rev()
        .map(|it| (it.action.into(), it.subject.into()))
        .collect()
}

fn merge() -> Control {
    Control::Merge {
        from: endpoint_id(1),
        into: endpoint_id(2),
    }
}

pub fn controls(maker: &mut dyn Maker) {
    let store = maker.make();
    let forget = Control::Forget {
        endpoint: endpoint_id(3),
    };
    let first = store.add_control(&merge(), &actor("anna")).unwrap();
    assert_eq!(
        first,
        NumberedControl {
            revision: 1,
            at: NOW,
            control: merge()
        }
    );
    let store = maker.reopen(store);
    let second = store.add_control(&forget, &actor("bert")).unwrap();
    assert_eq!((second.revision, &second.control), (2, &forget));
    assert_eq!(
        store.controls_from(0, 10).unwrap(),
        [first.clone(), second.clone()]
    );
    assert_eq!(store.controls_from(0, 1).unwrap(), [first]);
    assert_eq!(store.controls_from(2, 10).unwrap(), [second]);
    assert_eq!(store.controls_from(3, 10).unwrap(), []);
    let latest = store.controls(1).unwrap();
    assert_eq!((latest[0].control.revision, &*latest[0].actor), (2, "bert"));
    let (merged, forgotten) = (endpoint_id(1), endpoint_id(3));
    let into = endpoint_id(2);
    assert_eq!(
        audited(&*store),
        [
            ("control.merge".into(), format!("{merged} into {into}")),
            ("control.forget".into(), forgotten.to_string()),
        ]
    );
}

pub fn applied(maker: &mut dyn Maker) {
    let store = maker.make();
    for partition in [0, 1] {
        store.load(Stage::Exchanges, Partition(partition)).unwrap();
    }
    store.load(Stage::Callers, Partition(0)).unwrap();
    store.add_control(&merge(), &actor("anna")).unwrap();
    store.add_control(&merge(), &actor("anna")).unwrap();
    let passed = |partition, revision| {
        let from = store.load(Stage::Exchanges, Partition(partition)).unwrap();
        let from = from.effects_position.0;
        let checkpoint = Checkpoint {
            partition: Partition(partition),
            revision,
            ..checkpoint(from, from + 1, Effects::default())
        };
        store.commit(&[checkpoint]).unwrap();
        [1, 2].map(|it| store.control(it).unwrap().unwrap().applied)
    };
    assert_eq!(passed(0, 2), [false, false], "the other has not");
    assert_eq!(passed(1, 1), [true, false]);
    assert_eq!(passed(1, 2), [true, true], "the second stage obeys none");
    assert!(store.controls(10).unwrap().iter().all(|it| it.applied));
    assert!(store.control(3).unwrap().is_none());
    assert_eq!(
        store.load(Stage::Exchanges, Partition(1)).unwrap().revision,
        2
    );
}

fn token(id: &str, role: Role) -> TokenRow {
    TokenRow {
        id: id.into(),
        name: format!("the token {id}").into(),
        role,
        scope: "/contoso".into(),
        created: NOW,
        expires: None,
        revoked: None,
    }
}

pub fn tokens(maker: &mut dyn Maker) {
    let store = maker.make();
    let mut rows = Vec::new();
    for (role, number) in Role::ALL.into_iter().zip(1_u8..) {
        let row = TokenRow {
            expires: (number % 2 == 0).then(|| NOW.plus_seconds(number.into())),
            created: NOW.plus_seconds(number.into()),
            ..token(&number.to_string(), role)
        };
        store
            .add_token(&row, &[number; 32], &actor("anna"))
            .unwrap();
        rows.push(row);
    }
    let store = maker.reopen(store);
    assert_eq!(store.tokens().unwrap(), rows);
    for (row, number) in rows.iter().zip(1..) {
        let found = store.token_by_hash(&[number; 32]).unwrap();
        assert_eq!(found.as_ref(), Some(row));
    }
    assert_eq!(store.token_by_hash(&[9; 32]).unwrap(), None);
    assert_eq!(audited(&*store)[3], ("token.add".into(), "4".into()));
}

pub fn tokens_once(maker: &mut dyn Maker) {
    let store = maker.make();
    let add = |id, hash| store.add_token(&token(id, Role::Reader), &[hash; 32], &actor("anna"));
    add("a", 1).unwrap();
    assert!(add("a", 2).is_err(), "the id is taken");
    assert!(add("b", 1).is_err(), "the hash is taken");
    assert_eq!(store.tokens().unwrap().len(), 1);
    assert_eq!(audited(&*store).len(), 1, "what failed is not audited");
    add("b", 2).unwrap();
}

pub fn revoked(maker: &mut dyn Maker) {
    let store = maker.make();
    let row = token("a", Role::Owner);
    store.add_token(&row, &[1; 32], &actor("anna")).unwrap();
    let later = Actor {
        at: NOW.plus_seconds(5),
        ..actor("bert")
    };
    assert!(store.revoke_token("a", &later).unwrap());
    assert!(!store.revoke_token("a", &actor("bert")).unwrap());
    assert!(!store.revoke_token("nobody", &later).unwrap());
    let found = store.token_by_hash(&[1; 32]).unwrap().unwrap();
    assert_eq!(found.revoked, Some(later.at));
    let rows = store.audit(None, 10).unwrap();
    assert_eq!(rows.len(), 2);
    assert_eq!(
        (&*rows[0].action, &*rows[0].actor),
        ("token.revoke", "bert")
    );
    assert_eq!((rows[0].at, &*rows[0].address), (later.at, "127.0.0.1"));
}

pub fn settings(maker: &mut dyn Maker) {
    let store = maker.make();
    let put = |value| store.put_setting("name", value, &actor("anna")).unwrap();
    put(Some(b"one"));
    put(Some(b""));
    assert_eq!(store.setting("name").unwrap().as_deref(), Some(&b""[..]));
    put(Some(&[0, 255]));
    let store = maker.reopen(store);
    let found = store.setting("name").unwrap();
    assert_eq!(found.as_deref(), Some(&[0, 255][..]));
    store.put_setting("name", None, &actor("anna")).unwrap();
    assert_eq!(store.setting("name").unwrap(), None);
    let put = || (String::from("setting.put"), String::from("name"));
    let dropped = ("setting.drop".into(), "name".into());
    assert_eq!(audited(&*store), [put(), put(), put(), dropped]);
}

pub fn audit_pages(maker: &mut dyn Maker) {
    let store = maker.make();
    for number in 0..7 {
        let name = number.to_string();
        store
            .put_setting(&name, Some(b"1"), &actor("anna"))
            .unwrap();
    }
    let (mut seen, mut before) = (Vec::new(), None);
    loop {
        let page = store.audit(before, 3).unwrap();
        let Some(last) = page.last() else { break };
        before = Some(last.number);
        seen.extend(page.into_iter().map(|it| it.number));
    }
    assert_eq!(seen, [7, 6, 5, 4, 3, 2, 1]);
}
