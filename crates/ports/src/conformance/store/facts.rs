//! Facts and profiles of endpoints.

use gatewatch_model::effects::{Alias, Effects, EndpointRow};
use gatewatch_model::info_type::{Category, Grounds};
use gatewatch_model::profile::{
    Answer, Credential, DecidedBy, Decision, Drift, EndpointFacts, EndpointRole, KnownBy,
    MemberRow, ProfileRow, Protocol, TokensRow,
};
use gatewatch_model::sensitivity::MemberHit;
use gatewatch_model::{Partition, Position, Spot, Timestamp};

use super::Maker;
use super::samples::{
    NOW, all_endpoints, checkpoint, collection_id, endpoint, endpoint_id, estate, templates, write,
};
use crate::Store;
use crate::facts::{CollectionCounts, FactQuery, Knowledge, Question, State, fresh_after};
use crate::sensitive::TypeQuery;
use crate::store::{Checkpoint, EndpointQuery, EndpointSort};

/// Longer ago than facts speak.
const LONG_AGO: Timestamp = Timestamp(NOW.0 - 31 * 86_400_000_000);

fn answer(yes: Timestamp, no: Timestamp) -> Answer {
    let mut answer = Answer::default();
    for (is_yes, at) in [(true, yes), (false, no)] {
        if at != Timestamp::ZERO {
            answer.add(is_yes, at);
        }
    }
    answer
}

fn decision(by: DecidedBy, confidence: u8) -> Decision {
    Decision {
        segment: 1,
        by,
        reason: "31 different values in 40 calls".into(),
        confidence,
    }
}

/// Facts with something in every field.
fn full() -> EndpointFacts {
    let mut facts = EndpointFacts {
        known_by: KnownBy {
            traffic: true,
            definition: true,
            pin: false,
        },
        decisions: vec![decision(DecidedBy::Learned, 70)],
        drift: Some(Drift::Different),
        protocol: Protocol::GraphQl,
        role: EndpointRole::Admin,
        authenticated: answer(NOW, LONG_AGO),
        anonymous_answered: answer(Timestamp::ZERO, NOW),
        external: answer(NOW, NOW),
        encrypted: answer(NOW, Timestamp::ZERO),
        introspection: answer(NOW, Timestamp::ZERO),
        deprecated: answer(Timestamp::ZERO, NOW),
        sunset: Some(NOW),
        sensitive: vec![super::sensitive::carried("credit-card", Spot::ResponseBody)],
        ..EndpointFacts::default()
    };
    facts.credentials.insert(Credential::Basic);
    facts
}

fn hit() -> MemberHit {
    MemberHit {
        info_type: "credit-card".into(),
        category: Category::Finance,
        confidence: 99,
        hits: 3,
        values: 4,
        grounds: Grounds(3),
        first_seen: LONG_AGO,
        last_seen: NOW,
    }
}

pub fn profile(number: u8) -> ProfileRow {
    let member = MemberRow {
        spot: Spot::ResponseBody,
        status_class: 2,
        path: "customer.cards[].number".into(),
        present: 3,
        observed: 4,
        types: vec![("string".into(), 3)],
        formats: vec![("uuid".into(), 1)],
        length: Some((1, 36)),
        range: Some((-0.5, 1e9)),
        values: vec![("open".into(), 2)],
        distinct_estimate: 3,
        first_seen: NOW,
        last_seen: NOW,
        hits: vec![hit()],
    };
    ProfileRow {
        endpoint: endpoint_id(number),
        calls: 4,
        at: NOW,
        credentials: vec![(Credential::JwtBearer, answer(NOW, NOW))],
        tokens: Some(TokensRow {
            algorithms: vec![("RS256".into(), 4)],
            ..TokensRow::default()
        }),
        request_types: vec![("application/json".into(), 4)],
        response_types: vec![],
        protocols: vec![("HTTP/2".into(), 4)],
        callers_top: vec![("id:anna".into(), 4)],
        members: vec![member],
        members_lost: 1,
        query_depth_max: 2,
        query_aliases_max: 3,
        batch_max: 4,
        origins: None,
        differences: vec![
            "$.request.query.debug is not documented and was there in 1 of 1 exchanges".into(),
        ],
    }
}

/// Four endpoints: one with every fact, one whose facts are stale, one that was never called, and
/// one of which nothing is known but that it was called.
fn four() -> Effects {
    let mut effects = estate(&[]);
    let with = |number, template, facts| EndpointRow {
        facts,
        ..endpoint(number, template)
    };
    let mut stale = full();
    stale.drift = Some(Drift::Shadow);
    for it in [
        &mut stale.authenticated,
        &mut stale.external,
        &mut stale.encrypted,
        &mut stale.deprecated,
        &mut stale.anonymous_answered,
    ] {
        *it = answer(LONG_AGO, LONG_AGO);
    }
    let mut never = with(3, "/never", EndpointFacts::default());
    (never.calls, never.last_seen) = (0, Timestamp::ZERO);
    never.facts.known_by.pin = true;
    never.facts.drift = Some(Drift::AsDocumented);
    let mut bare = with(4, "/bare", EndpointFacts::default());
    bare.facts.authenticated = answer(Timestamp::ZERO, NOW);
    bare.statuses = vec![(404, bare.calls)];
    let mut old = with(2, "/stale", stale);
    old.last_seen = LONG_AGO;
    effects.endpoints = vec![with(1, "/full", full()), old, never, bare];
    effects
}

pub fn whole(maker: &mut dyn Maker) {
    let store = maker.make();
    write(&*store, four());
    let store = maker.reopen(store);
    for row in four().endpoints {
        let found = store.endpoint(row.id).unwrap().unwrap();
        assert_eq!(found.row, row);
    }
}

fn narrowed(store: &dyn Store, facts: FactQuery) -> Vec<String> {
    let query = EndpointQuery {
        facts: FactQuery {
            fresh_after: fresh_after(NOW),
            ..facts
        },
        sort: EndpointSort::Template,
        ..all_endpoints()
    };
    templates(store, &query)
}

pub fn filters(maker: &mut dyn Maker) {
    let store = maker.make();
    write(&*store, four());
    let narrow = |facts| narrowed(&*store, facts);
    let nothing = FactQuery::default;
    let state = |state| {
        narrow(FactQuery {
            state: Some(state),
            ..nothing()
        })
    };
    assert_eq!(state(State::Active), ["/bare", "/full"]);
    assert_eq!(state(State::Inactive), ["/stale"]);
    assert_eq!(state(State::Awaiting), ["/never"]);
    let answers = |question, answer| {
        let answers = vec![(question, answer)];
        narrow(FactQuery {
            answers,
            ..nothing()
        })
    };
    assert_eq!(answers(Question::Authenticated, Some(true)), ["/full"]);
    assert_eq!(answers(Question::Authenticated, Some(false)), ["/bare"]);
    assert_eq!(answers(Question::Authenticated, None), ["/never", "/stale"]);
    assert_eq!(answers(Question::AnonymousAnswered, Some(false)), ["/full"]);
    assert_eq!(answers(Question::External, Some(true)), ["/full"]);
    assert_eq!(answers(Question::External, Some(false)), [""; 0]);
    assert_eq!(answers(Question::Encrypted, Some(true)), ["/full"]);
    assert_eq!(answers(Question::Deprecated, Some(false)), ["/full"]);
    let drift = |drift| {
        narrow(FactQuery {
            drift: Some(drift),
            ..nothing()
        })
    };
    assert_eq!(drift(Drift::Shadow), ["/stale"]);
    assert_eq!(drift(Drift::Zombie), [""; 0]);
    let drifting = FactQuery {
        drifting: true,
        ..nothing()
    };
    assert_eq!(narrow(drifting), ["/full", "/stale"]);
    let known = |known_by| {
        narrow(FactQuery {
            known_by: Some(known_by),
            ..nothing()
        })
    };
    assert_eq!(known(Knowledge::Pin), ["/never"]);
    filter_missed(&*store);
    assert_eq!(known(Knowledge::Definition), ["/full", "/stale"]);
    let words = FactQuery {
        protocol: Some(Protocol::GraphQl),
        role: Some(EndpointRole::Admin),
        decided_by: Some(DecidedBy::Learned),
        drift: Some(Drift::Different),
        ..nothing()
    };
    assert_eq!(narrow(words), ["/full"]);
    let decided_by = Some(DecidedBy::Person);
    assert_eq!(
        narrow(FactQuery {
            decided_by,
            ..nothing()
        }),
        [""; 0]
    );
}

pub fn sorts(maker: &mut dyn Maker) {
    let store = maker.make();
    let mut effects = estate(&[1, 2]);
    let [one, two] = &mut effects.endpoints[..] else {
        panic!("two endpoints");
    };
    one.facts = full();
    two.facts.decisions = vec![
        decision(DecidedBy::Learned, 60),
        decision(DecidedBy::Kind, 99),
    ];
    two.facts.role = EndpointRole::Webhook;
    write(&*store, effects);
    for (sort, rising) in [
        (EndpointSort::External, ["/2", "/1"]),
        (EndpointSort::Confidence, ["/2", "/1"]),
        (EndpointSort::Drift, ["/2", "/1"]),
        (EndpointSort::Protocol, ["/1", "/2"]),
        (EndpointSort::Role, ["/1", "/2"]),
    ] {
        let query = EndpointQuery {
            sort,
            ..all_endpoints()
        };
        assert_eq!(templates(&*store, &query), rising, "{sort:?}");
    }
}

fn filter_missed(store: &dyn Store) {
    let missed = |missed| {
        let facts = FactQuery {
            missed: Some(missed),
            ..FactQuery::default()
        };
        narrowed(store, facts)
    };
    assert_eq!(missed(true), ["/bare"]);
    assert_eq!(missed(false), ["/full", "/never", "/stale"]);
}

pub fn counts(maker: &mut dyn Maker) {
    let store = maker.make();
    write(&*store, four());
    let ids = [collection_id(9), collection_id(1)];
    let counts = store.collection_counts(&ids, fresh_after(NOW)).unwrap();
    let none = CollectionCounts {
        id: collection_id(9),
        inactive: 0,
        missed: 0,
        awaiting: 0,
        unauthenticated: 0,
        external: 0,
        drifting: 0,
        types: Vec::new(),
    };
    let some = CollectionCounts {
        id: collection_id(1),
        inactive: 1,
        missed: 1,
        awaiting: 1,
        unauthenticated: 1,
        external: 1,
        drifting: 2,
        types: store.info_types(&TypeQuery::default()).unwrap(),
    };
    assert_eq!(counts, [none, some]);
    let drift = store.drift(collection_id(1)).unwrap();
    let expected = [
        (Drift::AsDocumented, 1),
        (Drift::Different, 1),
        (Drift::Shadow, 1),
    ];
    assert_eq!(drift, expected);
    assert_eq!(store.drift(collection_id(9)).unwrap(), []);
}

pub fn home(maker: &mut dyn Maker) {
    let store = maker.make();
    assert_eq!(store.collection_home(collection_id(1)).unwrap(), None);
    let mut effects = estate(&[1]);
    effects.collections[0].definition = Some(("Orders".into(), "2".into()));
    store
        .commit(&[Checkpoint {
            partition: Partition(11),
            ..checkpoint(0, 1, effects.clone())
        }])
        .unwrap();
    let home = store.collection_home(collection_id(1)).unwrap();
    assert_eq!(home, Some(Partition(11)));
    let found = store.collection(collection_id(1)).unwrap().unwrap();
    assert_eq!(found, effects.collections[0]);
}

fn profiles(numbers: &[u8]) -> Effects {
    Effects {
        profiles: numbers.iter().map(|it| profile(*it)).collect(),
        ..Effects::default()
    }
}

fn kept(store: &dyn Store, number: u8) -> Option<ProfileRow> {
    store.profile(endpoint_id(number)).unwrap()
}

pub fn profile_whole(maker: &mut dyn Maker) {
    let store = maker.make();
    write(&*store, estate(&[1, 2]));
    assert_eq!(kept(&*store, 1), None);
    write(&*store, profiles(&[1]));
    let newer = ProfileRow {
        calls: 5,
        ..profile(1)
    };
    let rewritten = Effects {
        profiles: vec![newer.clone()],
        ..Effects::default()
    };
    let store = maker.reopen(store);
    assert_eq!(kept(&*store, 1), Some(profile(1)));
    write(&*store, rewritten);
    assert_eq!(kept(&*store, 1), Some(newer));
    assert_eq!(kept(&*store, 2), None);
}

pub fn profile_goes(maker: &mut dyn Maker) {
    let store = maker.make();
    let mut effects = estate(&[1, 2, 3]);
    // The last is of an endpoint that nobody has written.
    effects.profiles = profiles(&[1, 2, 3, 9]).profiles;
    write(&*store, effects);
    let alias = Alias {
        old: endpoint_id(1),
        new: endpoint_id(2),
        position: Position(1),
    };
    let merged = Effects {
        aliases: vec![alias],
        forgotten: vec![endpoint_id(3)],
        ..Effects::default()
    };
    write(&*store, merged);
    assert_eq!(kept(&*store, 1), Some(profile(2)), "by its old name");
    write(&*store, estate(&[3, 9]));
    assert_eq!(kept(&*store, 3), None, "it starts anew");
    assert_eq!(kept(&*store, 9), None);
}
