//! Facts in lists, in detail and in a spreadsheet; profiles.

use axum::http::StatusCode;
use gatewatch_model::effects::{
    Alias, CollectionKind, CollectionRow, Effects, EndpointRow, Spread,
};
use gatewatch_model::facts::SignalFacts;
use gatewatch_model::origin::{Country, OriginCount, OriginFacts, OriginsRow, Tags};
use gatewatch_model::profile::{
    Answer, Credential, DecidedBy, Decision, Drift, EndpointFacts, EndpointRole, MemberRow,
    ProfileRow, Protocol, TokensRow,
};
use gatewatch_model::{CollectionId, EndpointId, Position, Spot, Timestamp};
use gatewatch_ports::store::Role;
use serde_json::{Value, json};

use super::house::House;

/// An hour before the clock of a house.
const LATELY: Timestamp = Timestamp(1_795_244_400_000_000);
const LONG_AGO: Timestamp = Timestamp(1_785_244_400_000_000);

const ORIGIN: OriginCount = OriginCount {
    calls: 3,
    first_seen: LATELY,
    last_seen: LATELY,
};

pub fn profile(endpoint: EndpointId) -> ProfileRow {
    let member = MemberRow {
        spot: Spot::ResponseBody,
        status_class: 2,
        path: "customer.cards[].number".into(),
        present: 3,
        observed: 4,
        types: vec![("string".into(), 3)],
        formats: vec![("uuid".into(), 1)],
        length: Some((1, 36)),
        range: None,
        values: vec![("open".into(), 2)],
        distinct_estimate: 3,
        first_seen: LATELY,
        last_seen: LATELY,
        hits: Vec::new(),
    };
    ProfileRow {
        endpoint,
        calls: 4,
        at: LATELY,
        credentials: vec![(Credential::JwtBearer, yes(LATELY))],
        tokens: Some(TokensRow {
            algorithms: vec![("RS256".into(), 4)],
            ..TokensRow::default()
        }),
        request_types: vec![("application/json".into(), 4)],
        response_types: vec![],
        protocols: vec![],
        callers_top: vec![("8.8.8.8".into(), 3), ("id:alice".into(), 1)],
        members: vec![member],
        members_lost: 1,
        query_depth_max: 2,
        query_aliases_max: 3,
        batch_max: 4,
        origins: Some(OriginsRow {
            countries: vec![(Country::parse("US").unwrap(), ORIGIN)],
            tags: vec![(0, ORIGIN)],
            feeds: vec![("exits".into(), 3)],
            ..OriginsRow::default()
        }),
        differences: vec![
            "$.request.query.debug is not documented and was there in 1 of 1 exchanges".into(),
        ],
    }
}

fn yes(at: Timestamp) -> Answer {
    let mut answer = Answer::default();
    answer.add(true, at);
    answer
}

fn no(at: Timestamp) -> Answer {
    let mut answer = Answer::default();
    answer.add(false, at);
    answer
}

fn endpoint(number: u8, template: &str, facts: EndpointFacts) -> EndpointRow {
    EndpointRow {
        id: EndpointId([number; 16]),
        collection: CollectionId([9; 16]),
        method: "GET".into(),
        template: template.into(),
        first_seen: LONG_AGO,
        last_seen: LATELY,
        calls: 3,
        statuses: vec![(200, 3)],
        callers_estimate: 1,
        request_bytes: Spread::default(),
        response_bytes: Spread::default(),
        latency_micros: Spread::default(),
        facts,
    }
}

/// Three endpoints: open to the world, protected but not called for long, and never called.
pub fn estate() -> Effects {
    let open = EndpointFacts {
        decisions: vec![Decision {
            segment: 1,
            by: DecidedBy::Learned,
            reason: "31 different values in 40 calls".into(),
            confidence: 80,
        }],
        drift: Some(Drift::Shadow),
        protocol: Protocol::GraphQl,
        role: EndpointRole::Search,
        authenticated: no(LATELY),
        anonymous_answered: yes(LATELY),
        external: yes(LATELY),
        encrypted: no(LATELY),
        origins: OriginFacts {
            tags: Tags::TOR,
            countries: vec![Country::parse("US").unwrap()],
        },
        ..EndpointFacts::default()
    };
    let mut old = EndpointFacts {
        drift: Some(Drift::Different),
        authenticated: yes(LONG_AGO),
        ..EndpointFacts::default()
    };
    old.credentials.insert(Credential::Basic);
    let mut never = EndpointFacts {
        drift: Some(Drift::NeverSeen),
        ..EndpointFacts::default()
    };
    never.known_by.definition = true;
    let mut rows = vec![
        endpoint(1, "/open/{id}", open),
        endpoint(2, "/old", old),
        endpoint(3, "/never", never),
    ];
    rows[1].last_seen = LONG_AGO;
    (rows[2].calls, rows[2].statuses) = (0, vec![]);
    (rows[2].first_seen, rows[2].last_seen) = (Timestamp::ZERO, Timestamp::ZERO);
    let collection = CollectionRow {
        id: CollectionId([9; 16]),
        scope: "/shop".into(),
        name: "shop.example".into(),
        kind: CollectionKind::Host,
        first_seen: LONG_AGO,
        last_seen: LATELY,
        calls: 6,
        endpoints: 3,
        signals: SignalFacts::default(),
        definition: Some(("Shop".into(), "1.2".into())),
    };
    Effects {
        collections: vec![collection],
        endpoints: rows,
        profiles: vec![profile(EndpointId([2; 16]))],
        ..Effects::default()
    }
}

fn house() -> (House, String) {
    let house = House::open();
    house.learn(estate());
    let reader = house.token(Role::Reader, "/shop");
    (house, reader)
}

async fn templates(house: &House, reader: &str, query: &str) -> Vec<String> {
    let uri = format!("/api/v1/endpoints?{query}");
    let list = house.get(&uri, reader).await.json();
    let items = list["items"].as_array().unwrap_or_else(|| panic!("{list}"));
    let template = |it: &Value| it["template"].as_str().unwrap().to_owned();
    items.iter().map(template).collect()
}

#[tokio::test]
async fn facts_narrow_a_list() {
    let (house, reader) = house();
    for (query, expected) in [
        ("state=active", vec!["/open/{id}"]),
        ("state=inactive", vec!["/old"]),
        ("state=awaiting", vec!["/never"]),
        ("authentication=unauthenticated", vec!["/open/{id}"]),
        ("authentication=authenticated", vec![]),
        (
            "authentication=awaiting&sort=template",
            vec!["/never", "/old"],
        ),
        (
            "anonymous=yes&external=yes&encrypted=no",
            vec!["/open/{id}"],
        ),
        ("deprecated=yes", vec![]),
        ("drift=different", vec!["/old"]),
        ("protocol=graphql&role=search", vec!["/open/{id}"]),
        ("known_by=definition", vec!["/never"]),
        ("decided_by=learned", vec!["/open/{id}"]),
        ("sort=external_last_seen&limit=1", vec!["/open/{id}"]),
        ("sort=confidence&limit=1", vec!["/open/{id}"]),
    ] {
        assert_eq!(templates(&house, &reader, query).await, expected, "{query}");
    }
    let odd = house.get("/api/v1/endpoints?drift=ghost", &reader).await;
    assert_eq!(odd.status, StatusCode::BAD_REQUEST);
    assert!(odd.text.contains("zombie"), "{}", odd.text);
}

#[tokio::test]
async fn an_endpoint_tells_yes_no_and_not_observed_apart() {
    let (house, reader) = house();
    let get = async |number: u8| {
        let uri = format!("/api/v1/endpoints/{}", EndpointId([number; 16]));
        house.get(&uri, &reader).await.json()
    };
    let open = get(1).await;
    let external = json!({
        "answer": true, "yes": 1, "no": 0, "last_yes": "2026-11-21T07:00:00Z", "last_no": null
    });
    assert_eq!(open["facts"]["external"], external);
    assert_eq!(open["facts"]["encrypted"]["answer"], false);
    assert_eq!(open["facts"]["introspection"]["answer"], Value::Null);
    assert_eq!(
        open["decisions"][0]["reason"],
        "31 different values in 40 calls"
    );
    assert_eq!(open["external_last_seen"], "2026-11-21T07:00:00Z");
    let old = get(2).await;
    let answer = (
        &old["facts"]["authenticated"]["answer"],
        &old["authentication"],
    );
    assert_eq!(answer, (&Value::Null, &json!("awaiting")), "it is stale");
    assert_eq!(old["credentials"], json!(["basic"]));
    let never = get(3).await;
    assert_eq!(
        (&never["state"], &never["last_seen"]),
        (&json!("awaiting"), &Value::Null)
    );
}

#[tokio::test]
async fn a_collection_counts_as_its_lists_do() {
    let (house, reader) = house();
    let listed = house.get("/api/v1/collections", &reader).await.json();
    let one = &listed["items"][0];
    for (name, count) in [
        ("endpoints", 3),
        ("inactive", 1),
        ("awaiting", 1),
        ("unauthenticated", 1),
        ("external", 1),
        ("drifting", 3),
    ] {
        assert_eq!(one[name], count, "{name} of {one}");
    }
    assert_eq!(
        one["definition"],
        json!({ "title": "Shop", "version": "1.2" })
    );
    let uri = format!("/api/v1/collections/{}", CollectionId([9; 16]));
    assert_eq!(&house.get(&uri, &reader).await.json(), one);
}

#[tokio::test]
async fn a_spreadsheet_gets_the_facts() {
    let (house, reader) = house();
    let uri = "/api/v1/endpoints?format=csv&sort=template&state=active";
    let told = house.get(uri, &reader).await;
    let lines: Vec<_> = told.text.split_terminator("\r\n").collect();
    let columns = |line: &str| line.split(',').map(str::to_owned).collect::<Vec<_>>();
    let (head, row) = (columns(lines[0]), columns(lines[1]));
    assert_eq!((lines.len(), head.len()), (2, row.len()));
    let of = |name: &str| &row[head.iter().position(|it| it == name).unwrap()];
    assert_eq!(of("authentication"), "unauthenticated");
    assert_eq!(of("anonymous_answered"), "yes");
    assert_eq!(of("deprecated"), "");
    assert_eq!(
        (of("drift"), of("confidence")),
        (&"shadow".into(), &"80".into())
    );
}

#[tokio::test]
async fn endpoints_are_found_by_where_they_were_called_from() {
    let (house, reader) = house();
    let ask = async |query: &str| {
        let uri = format!("/api/v1/endpoints?{query}");
        house.get(&uri, &reader).await
    };
    for (query, total) in [
        ("from=tor", 1),
        ("from=hosting", 0),
        ("from_country=us&from=tor", 1),
        ("from_country=DE", 0),
    ] {
        let found = ask(query).await.json();
        assert_eq!(found["total"], total, "{query}");
        if total == 1 {
            let from = &found["items"][0]["called_from"];
            assert_eq!(*from, json!({ "kinds": ["tor"], "countries": ["US"] }));
        }
    }
    let wrong = ask("from=tro").await;
    assert_eq!(wrong.status, StatusCode::BAD_REQUEST);
    let detail = wrong.json()["detail"].to_string();
    assert!(detail.contains("tor, hosting, vpn, proxy"), "{detail}");
    let wrong = ask("from_country=Germany").await;
    assert_eq!(wrong.status, StatusCode::BAD_REQUEST);
    assert!(wrong.json()["detail"].to_string().contains("two letters"));
}

#[tokio::test]
async fn a_profile_is_found_and_its_lack_is_told_from_no_endpoint() {
    let (house, reader) = house();
    let ask = async |id: EndpointId| {
        let uri = format!("/api/v1/endpoints/{id}/profile");
        house.get(&uri, &reader).await
    };
    let found = ask(EndpointId([2; 16])).await.json();
    let member = &found["members"][0];
    assert_eq!(member["spot"], "$.response.body");
    assert_eq!(
        (&member["status_class"], &member["length_max"]),
        (&2.into(), &36.into())
    );
    assert_eq!(
        found["tokens"]["algorithms"],
        json!([{ "name": "RS256", "count": 4 }])
    );
    assert_eq!(found["tokens"]["lifetime_seconds"], Value::Null);
    let from = &found["callers_from"];
    assert_eq!(
        (&from["countries"][0]["country"], &from["tags"][0]["calls"]),
        (&"US".into(), &3.into())
    );
    assert_eq!(
        (&from["tags"][0]["tag"], &from["feeds"][0]["name"]),
        (&"tor".into(), &"exits".into())
    );
    let callers = &found["callers_top"];
    assert_eq!(callers[0]["origin"]["organisation"], "Google LLC");
    assert_eq!(callers[1]["origin"], Value::Null);
    let lacking = ask(EndpointId([1; 16])).await;
    assert_eq!(lacking.status, StatusCode::NOT_FOUND);
    assert_eq!(lacking.json()["type"], "urn:gatewatch:problem:not-yet");
    let nobody = ask(EndpointId([7; 16])).await;
    assert_eq!(nobody.json()["type"], "urn:gatewatch:problem:not-found");
    house.learn(Effects {
        aliases: vec![Alias {
            old: EndpointId([1; 16]),
            new: EndpointId([2; 16]),
            position: Position(1),
        }],
        ..Effects::default()
    });
    let merged = ask(EndpointId([1; 16])).await.json();
    assert_eq!(merged["endpoint_id"], EndpointId([2; 16]).to_string());
}
