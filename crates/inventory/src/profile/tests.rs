//! What a profile promises: its laws, its bounds, and what it never keeps.

mod bounds;

use gatewatch_decode::{Leaves, Path, Reading, Token, Value};
use gatewatch_model::facts::Facts;
use gatewatch_model::info_type::NoTypes;
use gatewatch_model::profile::{Credential, Credentials, MemberRow, ProfileRow};
use gatewatch_model::signal::Judged;
use gatewatch_model::{Caller, CollectionId, EndpointId, Spot};
use proptest::prelude::*;

use super::seen::Spots;
use super::*;

/// What one exchange of the tests says.
#[derive(Clone, Debug)]
struct Said {
    caller: u8,
    second: u16,
    status: u16,
    leaves: Vec<(Spot, String, Text)>,
    credentials: Option<u32>,
    token: Option<(u8, i64)>,
    kind: u8,
}

#[derive(Clone, Debug)]
enum Text {
    Null,
    Yes,
    Number(i32),
    Word(String),
}

impl Default for Said {
    fn default() -> Self {
        Said {
            caller: 1,
            second: 0,
            status: 200,
            leaves: Vec::new(),
            credentials: None,
            token: None,
            kind: 0,
        }
    }
}

fn observe(profile: &mut Profile, said: &Said) {
    let line = format!("GET https://a.example/ {} tls=1.{}", said.status, said.kind);
    let exchange = gatewatch_testkit::traffic(&line).remove(0);
    let mut leaves = Leaves::default();
    let mut whole = Spots::default();
    let mut ordered = said.leaves.clone();
    ordered.sort_by_key(|it| it.0);
    for (spot, name, text) in &ordered {
        if !whole.contains(*spot) {
            leaves.begin(*spot);
            whole.insert(*spot);
        }
        let names = name.split('.').collect::<Vec<_>>();
        names.iter().for_each(|it| leaves.enter(it));
        let number;
        leaves.add(match text {
            Text::Null => Value::Null,
            Text::Yes => Value::Bool(true),
            Text::Number(it) => {
                number = it.to_string();
                Value::Number(&number)
            }
            Text::Word(it) => Value::Text(it),
        });
        names.iter().for_each(|_| leaves.leave());
    }
    let caller = Caller::Address([192, 0, 2, said.caller].into());
    let token = said.token.map(|(issuer, expires)| Token {
        algorithm: "RS256".into(),
        issuer: format!("https://{}.example", ["a", "b"][usize::from(issuer % 2)]),
        expires_at: Some(Timestamp::from_seconds(expires)),
        issued_at: Some(Timestamp::from_seconds(0)),
        ..Token::default()
    });
    let types = ["application/json", "text/plain", "application/xml"];
    profile.observe(&Seen {
        exchange: &exchange,
        leaves: &leaves,
        fits: &[],
        types: Types::NONE,
        judged: Judged::default(),
        seed: 0,
        whole,
        key: "GET /",
        path: &Path::default(),
        caller_hash: crate::caller_hash(&caller),
        caller: &caller,
        at: Timestamp::from_seconds(i64::from(said.second)),
        external: Some(said.caller.is_multiple_of(2)),
        credentials: said.credentials.map(Credentials),
        token: token.as_ref(),
        request_type: types[usize::from(said.kind % 3)],
        response_type: types[usize::from(said.kind % 2)],
        call: Call {
            batch: u32::from(said.kind),
            introspection: said.kind == 2,
            ..Call::default()
        },
    });
}

/// Folds the exchanges that the text describes.
pub(super) fn traffic(text: &str, profile: &mut Profile, facts: &mut Facts) {
    let mut reading = Reading::default();
    for exchange in gatewatch_testkit::traffic(text) {
        reading.read(&exchange);
        let caller = gatewatch_decode::caller(&exchange);
        profile.observe(&Seen::of(
            &crate::Sighting {
                exchange: &exchange,
                reading: &reading,
                scope: "/",
                caller: &caller,
                external: None,
                at: exchange.at.unwrap_or_default(),
                blemishes: exchange.blemishes,
                fits: &[],
                judge: &NoTypes,
                judged: Judged::default(),
            },
            CollectionId([1; 16]),
            crate::caller_hash(&caller),
            "GET /orders/{id}",
            0,
        ));
        facts.observe(&gatewatch_model::facts::Observation {
            status: exchange.status().unwrap_or(0),
            ..Default::default()
        });
    }
}

fn fold(all: &[Said]) -> Profile {
    let mut profile = Profile::default();
    all.iter().for_each(|it| observe(&mut profile, it));
    profile
}

fn row(profile: &Profile) -> ProfileRow {
    profile.row(EndpointId([7; 16]), &Facts::default(), None, Types::NONE)
}

fn bytes(profile: &Profile) -> Vec<u8> {
    minicbor::to_vec(profile).unwrap()
}

/// Without the texts of values: a merge alone cannot know them.
fn fact_bytes(profile: &Profile) -> Vec<u8> {
    let mut profile = profile.clone();
    profile.members.forget_texts();
    bytes(&profile)
}

fn merged(one: &Profile, two: &Profile) -> Profile {
    let mut sum = one.clone();
    sum.merge(two);
    sum
}

/// So little that no bound is met: at the bounds the order shows, as the bounds say.
fn said() -> impl Strategy<Value = Said> {
    let text = prop_oneof![
        Just(Text::Null),
        Just(Text::Yes),
        any::<i32>().prop_map(Text::Number),
        "[ab]".prop_map(Text::Word),
        ".{0,12}".prop_map(Text::Word),
    ];
    let spot = prop::sample::select(vec![
        Spot::RequestQuery,
        Spot::RequestCookies,
        Spot::RequestBody,
        Spot::ResponseBody,
    ]);
    let name = prop::sample::select(vec!["a", "c.d", "c.e", "17", "x.17.y", "kind"]);
    let leaf = (spot, name.prop_map(str::to_owned), text);
    (
        (
            0..7_u8,
            any::<u16>(),
            prop::sample::select(vec![200, 201, 302, 404, 500]),
        ),
        proptest::collection::vec(leaf, 0..12),
        (
            proptest::option::of(0..64_u32),
            proptest::option::of((any::<u8>(), 0..70_000_i64)),
            0..3_u8,
        ),
    )
        .prop_map(
            |((caller, second, status), leaves, (credentials, token, kind))| Said {
                caller,
                second,
                status,
                leaves,
                credentials,
                token,
                kind,
            },
        )
}

proptest! {
    #[test]
    fn merge_is_commutative_and_associative_bit_for_bit(
        all in proptest::collection::vec(said(), 0..60), cuts in any::<[prop::sample::Index; 2]>(),
    ) {
        let mut at = cuts.map(|it| it.index(all.len() + 1));
        at.sort_unstable();
        let (a, b, c) = (fold(&all[..at[0]]), fold(&all[at[0]..at[1]]), fold(&all[at[1]..]));
        let whole = fact_bytes(&fold(&all));
        prop_assert_eq!(&whole, &fact_bytes(&merged(&merged(&a, &b), &c)));
        prop_assert_eq!(&whole, &fact_bytes(&merged(&a, &merged(&b, &c))));
        prop_assert_eq!(&whole, &fact_bytes(&merged(&merged(&c, &b), &a)));
    }

    #[test]
    fn order_never_shows(mut all in proptest::collection::vec(said(), 0..60)) {
        let forward = bytes(&fold(&all));
        all.reverse();
        prop_assert_eq!(forward, bytes(&fold(&all)));
    }

    #[test]
    fn a_loaded_profile_goes_on_as_the_original(
        all in proptest::collection::vec(said(), 0..60), cut in any::<prop::sample::Index>(),
    ) {
        let cut = cut.index(all.len() + 1);
        let mut original = fold(&all[..cut]);
        let mut copy = minicbor::decode::<Profile>(&bytes(&original)).unwrap();
        prop_assert_eq!(bytes(&copy), bytes(&original));
        for profile in [&mut original, &mut copy] {
            all[cut..].iter().for_each(|it| observe(profile, it));
        }
        prop_assert_eq!(row(&copy), row(&original));
        prop_assert_eq!(bytes(&copy), bytes(&original));
    }

    #[test]
    fn hostile_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = minicbor::decode::<Profile>(&bytes);
    }
}

fn leaf(spot: Spot, name: &str, text: &str) -> (Spot, String, Text) {
    (spot, name.into(), Text::Word(text.into()))
}

fn member(profile: &Profile, path: &str) -> MemberRow {
    let rows = row(profile).members;
    let found = rows.iter().find(|it| *it.path == *path);
    found
        .unwrap_or_else(|| panic!("no {path} in {rows:?}"))
        .clone()
}

#[test]
fn presence_counts_exchanges_and_not_occurrences() {
    let both = [
        leaf(Spot::ResponseBody, "a", "x"),
        leaf(Spot::ResponseBody, "a", "y"),
        leaf(Spot::ResponseBody, "b", "1"),
    ];
    let profile = fold(&[
        Said {
            leaves: both.to_vec(),
            ..Said::default()
        },
        Said {
            leaves: both[..1].to_vec(),
            ..Said::default()
        },
        Said {
            leaves: both[..1].to_vec(),
            status: 500,
            ..Said::default()
        },
    ]);
    let of = |path| {
        let row = member(&profile, path);
        (row.status_class, row.present, row.observed, row.types[0].1)
    };
    assert_eq!(of("a"), (2, 2, 2, 3));
    assert_eq!(of("b"), (2, 1, 2, 1));
    assert_eq!(row(&profile).members.len(), 3);
}

#[test]
fn what_the_api_refused_says_nothing_of_what_it_takes() {
    let said = |status, name: &str| Said {
        status,
        leaves: vec![leaf(Spot::RequestBody, name, "x")],
        ..Said::default()
    };
    let profile = fold(&[said(200, "good"), said(400, "bad"), said(400, "bad")]);
    let of = |path| {
        (
            member(&profile, path).present,
            member(&profile, path).observed,
        )
    };
    assert_eq!((of("good"), of("bad")), ((1, 1), (0, 1)));
    let refused = fold(&[said(400, "bad"), said(400, "bad")]);
    assert_eq!(member(&refused, "bad").observed, 2);
}

#[test]
fn a_member_tells_types_formats_lengths_and_ranges() {
    let said = |text| Said {
        leaves: vec![(Spot::RequestBody, "a.b".into(), text)],
        ..Said::default()
    };
    let word = |text: &str| said(Text::Word(text.into()));
    let profile = fold(&[
        word("2026-11-21"),
        word("né"),
        said(Text::Number(-7)),
        said(Text::Number(40)),
        said(Text::Null),
    ]);
    let row = member(&profile, "a.b");
    let types = row
        .types
        .iter()
        .map(|(name, count)| (&**name, *count))
        .collect::<Vec<_>>();
    assert_eq!(types, [("null", 1), ("integer", 2), ("string", 2)]);
    assert_eq!(row.formats, [("date".into(), 1)]);
    assert_eq!((row.length, row.range), (Some((2, 10)), Some((-7.0, 40.0))));
    assert_eq!(row.distinct_estimate, 4);
}

#[test]
fn values_are_shown_when_five_callers_sent_each_of_them() {
    let said = |caller, text| Said {
        caller,
        leaves: vec![leaf(Spot::RequestQuery, "state", text)],
        ..Said::default()
    };
    let mut profile = Profile::default();
    for caller in 0..4 {
        observe(&mut profile, &said(caller, "open"));
    }
    assert_eq!(member(&profile, "state").values, []);
    observe(&mut profile, &said(4, "open"));
    assert_eq!(member(&profile, "state").values, [("open".into(), 5)]);
    (0..20).for_each(|_| observe(&mut profile, &said(9, "closed")));
    assert_eq!(member(&profile, "state").values, []);
}

#[test]
fn an_issuer_counts_only_where_the_api_answered() {
    let said = |status, issuer| Said {
        status,
        credentials: Some(1),
        token: Some((issuer, 60_000)),
        second: 61_000,
        ..Said::default()
    };
    let profile = fold(&[said(401, 0), said(200, 1)]);
    let tokens = row(&profile).tokens.unwrap();
    assert_eq!(tokens.issuers, [("https://b.example".into(), 1)]);
    assert_eq!(
        (tokens.expired_answered.yes, tokens.expired_answered.no),
        (1, 1)
    );
    assert_eq!(tokens.algorithms, [("RS256".into(), 2)]);
}

#[test]
fn not_observed_is_neither_authenticated_nor_anonymous() {
    let said = |credentials, status| Said {
        status,
        credentials,
        ..Said::default()
    };
    let facts = |all: &[Said]| fold(all).facts(("GET", Named::of("GET", "/")), 1, Types::NONE);
    assert_eq!(facts(&[said(None, 200)]).authenticated.ever(), None);
    let answered = facts(&[said(Some(0), 200)]);
    assert_eq!(
        (
            answered.authenticated.ever(),
            answered.anonymous_answered.ever()
        ),
        (Some(false), Some(true))
    );
    let refused = facts(&[
        said(Some(0), 401),
        said(Some(1 << Credential::Basic as u32), 200),
    ]);
    assert_eq!(
        (refused.authenticated.yes, refused.anonymous_answered.ever()),
        (1, Some(false))
    );
    assert!(refused.credentials.contains(Credential::Basic));
}

#[test]
fn traffic_becomes_a_profile() {
    let (mut profile, mut facts) = (Profile::default(), Facts::default());
    traffic(
        r#"3x 203.0.113.{n} PUT /orders/17{n}?dry=true 200 'header:authorization=Bearer opaque' header:x-tenant=blue header:content-type=application/json body='{"lines":[{"sku":"a"},{"sku":"b"}]}' answer='{"ok":true}' answer-header:content-type=application/json;charset=utf-8 answer-header:deprecation=true tls=1.3 protocol=HTTP/2
           PUT /orders/18 401 answer='{"ok":false}'"#,
        &mut profile,
        &mut facts,
    );
    let row = row(&profile);
    let members = row.members.iter().map(|it| {
        let (from, to) = (it.present, it.observed);
        format!(
            "{} {} {} {from}/{to}",
            it.spot.prefix(),
            it.path,
            it.status_class
        )
    });
    assert_eq!(
        members.collect::<Vec<_>>(),
        [
            "$.request.path id 0 3/3",
            "$.request.query dry 0 3/3",
            "$.request.headers x-tenant 0 3/3",
            "$.request.body lines[].sku 0 3/3",
            "$.response.body ok 2 3/3",
            "$.response.body ok 4 1/1",
        ]
    );
    assert_eq!(member(&profile, "id").formats, [("integer".into(), 4)]);
    assert_eq!(row.credentials[0].0, Credential::OpaqueBearer);
    assert_eq!((row.credentials[0].1.yes, row.credentials[0].1.no), (3, 0));
    assert_eq!(row.response_types, [("application/json".into(), 3)]);
    assert_eq!(row.protocols, [("1.3".into(), 3), ("HTTP/2".into(), 3)]);
    assert_eq!(row.callers_top.len(), 3);
    let facts = profile.facts(("PUT", Named::of("PUT", "/orders/{id}")), 4, Types::NONE);
    assert_eq!((facts.authenticated.yes, facts.authenticated.no), (3, 1));
    assert_eq!(
        (facts.anonymous_answered.yes, facts.anonymous_answered.no),
        (0, 1)
    );
    assert_eq!(
        (facts.encrypted.ever(), facts.deprecated.ever()),
        (Some(true), Some(true))
    );
}

#[test]
fn of_calls_with_credentials_those_without_a_kind_are_counted() {
    let (mut profile, mut facts) = (Profile::default(), Facts::default());
    traffic(
        "2x GET /a 200 'header:authorization=Bearer abc' header:ocp-apim-subscription-key=d\n\
         GET /a 200 header:ocp-apim-subscription-key=d\n\
         GET /a 200 header:accept=a",
        &mut profile,
        &mut facts,
    );
    let rows = row(&profile).credentials;
    let rows = rows.iter().map(|it| (it.0, it.1.yes, it.1.no));
    assert_eq!(
        rows.collect::<Vec<_>>(),
        [
            (Credential::OpaqueBearer, 2, 1),
            (Credential::SubscriptionKey, 3, 0)
        ]
    );
}
