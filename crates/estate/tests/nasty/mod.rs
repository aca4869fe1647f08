//! Learned collections as odd as traffic makes them.

use std::collections::BTreeSet;

use gatewatch_estate::LearnedApi;
use gatewatch_model::effects::{CollectionKind, CollectionRow, EndpointRow, Spread};
use gatewatch_model::facts::SignalFacts;
use gatewatch_model::profile::{
    Answer, Credential, Decision, EndpointFacts, MemberRow, ProfileRow,
};
use gatewatch_model::{CollectionId, EndpointId, Spot, Timestamp};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};

pub fn at(seconds: i64) -> Timestamp {
    Timestamp::from_seconds(1_795_248_000 + seconds)
}

pub fn collection(name: &str, kind: CollectionKind) -> CollectionRow {
    CollectionRow {
        id: CollectionId([1; 16]),
        scope: "tenant".into(),
        name: name.into(),
        kind,
        first_seen: at(0),
        last_seen: at(86_400),
        calls: 1_000,
        endpoints: 3,
        signals: SignalFacts::default(),
        definition: None,
    }
}

pub fn endpoint(method: &str, template: &str, statuses: &[(u16, u64)]) -> EndpointRow {
    let mut id = [0; 16];
    for (slot, byte) in id.iter_mut().zip(method.bytes().chain(template.bytes())) {
        *slot = byte;
    }
    EndpointRow {
        id: EndpointId(id),
        collection: CollectionId([1; 16]),
        method: method.into(),
        template: template.into(),
        first_seen: at(0),
        last_seen: at(60),
        calls: statuses.iter().map(|it| it.1).sum(),
        statuses: statuses.to_vec(),
        callers_estimate: 3,
        request_bytes: Spread::default(),
        response_bytes: Spread::default(),
        latency_micros: Spread::default(),
        facts: EndpointFacts::default(),
    }
}

pub fn profile(row: &EndpointRow, members: Vec<MemberRow>) -> ProfileRow {
    ProfileRow {
        endpoint: row.id,
        calls: row.calls,
        at: row.last_seen,
        credentials: Vec::new(),
        tokens: None,
        request_types: Vec::new(),
        response_types: vec![("application/json".into(), row.calls)],
        protocols: Vec::new(),
        callers_top: Vec::new(),
        members,
        members_lost: 0,
        query_depth_max: 0,
        query_aliases_max: 0,
        batch_max: 0,
        origins: None,
        differences: Vec::new(),
    }
}

/// `present` of 100, all of one type.
pub fn member(spot: Spot, class: u8, path: &str, kind: &str, present: u64) -> MemberRow {
    MemberRow {
        spot,
        status_class: class,
        path: path.into(),
        present,
        observed: 100,
        types: vec![(kind.into(), present)],
        formats: Vec::new(),
        length: None,
        range: None,
        values: Vec::new(),
        distinct_estimate: 7,
        first_seen: at(0),
        last_seen: at(60),
        hits: Vec::new(),
    }
}

/// Templates that have a place in OpenAPI as they are.
pub static SOUND: &[&str] = &[
    "/",
    "/a/{id}",
    "/a/{id}.json",
    "/Orders({id})",
    "/{rest}",
    "/orders/{id}/items/{id}",
    "/orders/{id}/items/{id2}/{id}",
    "/a/b",
    "/graphql",
    "/graphql#getUser",
    "/graphql#{operation}",
    "/rpc#tools/call",
];

static ODD: &[&str] = &[
    "*",
    "/a/{uuid}",
    "/odd {x}?y",
    "/a{b",
    "/é/{ü}",
    "/{}/{}",
    "/x#a b#c",
    "/a//{id:[0-9]+}",
    "no-slash",
    "",
];

static METHODS: &[&str] = &["GET", "POST", "PUT", "HEAD", "TRACE", "PROPFIND", "OTHER"];

pub fn any_learned(odd: bool) -> impl Strategy<Value = LearnedApi> {
    let templates = if odd {
        [SOUND, ODD].concat()
    } else {
        SOUND.to_vec()
    };
    let key = (select(METHODS), select(templates));
    let endpoints = prop::collection::btree_set(key, 0..6).prop_flat_map(move |keys| {
        let keys = keys.into_iter().collect::<Vec<_>>();
        keys.into_iter()
            .map(|(method, template)| any_endpoint(method, template, odd))
            .collect::<Vec<_>>()
    });
    let name = if odd { ".{0,8}" } else { "[a-z]{1,8}" };
    (name, any::<bool>(), endpoints).prop_map(|(name, host, endpoints)| {
        let kind = if host {
            CollectionKind::Host
        } else {
            CollectionKind::Api
        };
        LearnedApi {
            collection: collection(&name, kind),
            endpoints,
        }
    })
}

fn any_endpoint(
    method: &'static str,
    template: &'static str,
    odd: bool,
) -> impl Strategy<Value = (EndpointRow, Option<ProfileRow>)> {
    let codes = if odd {
        vec![0, 99, 200, 204, 404, 500, 999]
    } else {
        vec![200, 201, 404, 500]
    };
    let count = codes.len();
    let statuses = vec((select(codes), 1_u64..50), 0..count);
    let facts = (
        subsequence(Credential::ALL.to_vec(), 0..4),
        any::<(bool, bool)>(),
    );
    let members = vec(any_member(odd), 0..12);
    let types = subsequence(
        vec!["application/json", "text/html; charset=x", "odd", "a/b/c"],
        0..4,
    );
    (statuses, facts, members, types, any::<bool>()).prop_map(
        move |(mut statuses, (credentials, (anonymous, told)), members, types, profiled)| {
            statuses.sort_unstable();
            statuses.dedup_by_key(|it| it.0);
            let mut row = endpoint(method, template, &statuses);
            credentials
                .into_iter()
                .for_each(|it| row.facts.credentials.insert(it));
            if told {
                row.facts.anonymous_answered.add(anonymous, at(1));
                row.facts.deprecated = Answer {
                    yes: 1,
                    ..Answer::default()
                };
                row.facts.decisions.push(Decision::clone(&decision()));
            }
            let mut known = BTreeSet::new();
            let mut members = members;
            members.retain(|it| known.insert((it.spot, it.status_class, it.path.clone())));
            let mut profile = profile(&row, members);
            profile.request_types = types.iter().map(|it| ((*it).into(), 1)).collect();
            (row, profiled.then_some(profile))
        },
    )
}

fn decision() -> Decision {
    Decision {
        segment: 1,
        by: gatewatch_model::profile::DecidedBy::Learned,
        reason: "31 different values in 40 calls".into(),
        confidence: 97,
    }
}

fn any_member(odd: bool) -> impl Strategy<Value = MemberRow> {
    let spot = select(Spot::ALL.to_vec());
    let mut names = vec![
        "a",
        "b",
        "id",
        "Page",
        "x-trace",
        "['two words']",
        "['it\\'s']",
    ];
    if odd {
        names.extend([
            "['']",
            "Authorization",
            "['é.[]']",
            "accept",
            "['$ref']",
            "Content-Type",
        ]);
    }
    let names = vec((select(names), any::<bool>()), 1..4);
    let types = subsequence(
        vec![
            "string", "integer", "number", "boolean", "null", "object", "array",
        ],
        0..3,
    );
    let values = select(vec![vec![], vec!["a", "1"], vec!["1", "2"], vec!["true"]]);
    let format = select(vec![None, Some("uuid"), Some("date-time")]);
    (
        spot,
        1_u8..6,
        names,
        (types, values, format),
        (0_u64..15, 0_u64..5),
    )
        .prop_map(
            |(spot, class, names, (types, values, format), (present, absent))| {
                let mut path = String::new();
                for (name, item) in names {
                    if !path.is_empty() && !name.starts_with('[') {
                        path.push('.');
                    }
                    path.push_str(name);
                    path.push_str(if item { "[]" } else { "" });
                }
                let class = if spot.is_response() { class } else { 0 };
                let mut row = member(spot, class, &path, "string", present);
                row.observed = present + absent;
                row.types = types.into_iter().map(|it| (it.into(), present)).collect();
                row.values = values.into_iter().map(|it| (it.into(), 1)).collect();
                row.formats = format.into_iter().map(|it| (it.into(), present)).collect();
                row
            },
        )
}
