//! What endpoints carry, and where it was discovered, in a spreadsheet.

use gatewatch_model::effects::Effects;
use gatewatch_model::info_type::{Category, Ground, Grounds};
use gatewatch_model::sensitivity::{Discovery, Sensitive};
use gatewatch_model::{EndpointId, Position, Spot, Timestamp};
use gatewatch_ports::store::Role;
use serde_json::Value;

use super::facts::estate;
use super::house::House;

/// More than are read from the store at once.
const DISCOVERIES: u64 = 1_203;
const AT: Timestamp = Timestamp(1_795_244_400_000_000);

fn grounds() -> Grounds {
    let mut grounds = Grounds::default();
    grounds.insert(Ground::Check);
    grounds.insert(Ground::Name);
    grounds
}

fn house() -> (House, String) {
    let house = House::open();
    let mut effects = estate();
    effects.collections[0].name = "=cmd()".into();
    effects.endpoints[0].facts.sensitive = vec![Sensitive {
        info_type: "credit-card".into(),
        category: Category::Finance,
        spot: Spot::RequestBody,
        status_class: 0,
        confidence: 98,
        hits: 7,
        grounds: grounds(),
        places: vec!["card".into()],
        first_seen: AT,
        last_seen: AT,
    }];
    house.learn(effects);
    let discovery = |number: u64| Discovery {
        position: Position(number),
        at: AT,
        endpoint: EndpointId([1; 16]),
        spot: Spot::ResponseBody,
        status_class: 2,
        path: format!("a,\"b\"[].{number}").into(),
        info_type: "credit-card".into(),
        category: Category::Finance,
        confidence: 98,
        grounds: grounds(),
    };
    house.learn(Effects {
        discoveries: (0..DISCOVERIES).map(discovery).collect(),
        ..Effects::default()
    });
    let reader = house.token(Role::Reader, "/");
    (house, reader)
}

async fn lines(house: &House, reader: &str, uri: &str) -> Vec<String> {
    let told = house.get(uri, reader).await;
    assert_eq!(
        told.headers["content-type"], "text/csv; charset=utf-8; header=present",
        "{}",
        told.text
    );
    let name = uri.split(['/', '?']).nth(3).unwrap();
    assert_eq!(
        told.headers["content-disposition"],
        format!("attachment; filename=\"{name}.csv\"").as_str()
    );
    let lines = told.text.split_terminator("\r\n");
    lines.map(str::to_owned).collect()
}

#[tokio::test]
async fn what_endpoints_carry_fits_into_a_spreadsheet() {
    let (house, reader) = house();
    let lines = lines(&house, &reader, "/api/v1/sensitive-data?format=csv").await;
    let expected = [
        "info_type,category,label,counts,endpoints,hits,confidence,spots,first_seen,last_seen",
        "credit-card,finance,,yes,1,7,98,request.body,2026-11-21T07:00:00Z,2026-11-21T07:00:00Z",
    ];
    assert_eq!(lines, expected);
}

#[tokio::test]
async fn every_discovery_fits_into_a_spreadsheet_once() {
    let (house, reader) = house();
    let lines = lines(&house, &reader, "/api/v1/discoveries?format=csv").await;
    assert_eq!(lines.len() as u64, 1 + DISCOVERIES);
    let columns = lines[0].split(',').count();
    for (line, number) in lines[1..].iter().zip((0..DISCOVERIES).rev()) {
        // The one comma in a cell of each line stands in its place.
        assert_eq!(line.split(',').count(), columns + 1, "{line}");
        let place = format!(",\"$.response.body.a,\"\"b\"\"[].{number}\",2,credit-card,");
        assert!(line.contains(&place), "{line}");
        assert!(line.contains(",GET,/open/{id},"), "{line}");
    }
    let why = grounds().iter().map(Ground::text).collect::<Vec<_>>();
    assert!(lines[1].ends_with(&format!(",98,{}", why.join("; "))));
}

#[tokio::test]
async fn the_name_of_an_api_is_no_formula_in_a_list_of_discoveries() {
    let (house, reader) = house();
    let uri = "/api/v1/discoveries?format=csv&limit=1";
    let line = &lines(&house, &reader, uri).await[1];
    assert!(line.contains(",'=cmd(),/shop,"), "{line}");
}

#[tokio::test]
async fn lists_in_a_spreadsheet_obey_limit_and_offset() {
    let (house, reader) = house();
    for (query, rows) in [
        ("limit=2", 2),
        ("offset=1200", 3),
        ("limit=1000&offset=1200", 3),
    ] {
        let uri = format!("/api/v1/discoveries?format=csv&{query}");
        let lines = lines(&house, &reader, &uri).await;
        assert_eq!(lines.len(), 1 + rows, "{query}");
    }
    let uri = "/api/v1/sensitive-data?format=csv&offset=1";
    assert_eq!(lines(&house, &reader, uri).await.len(), 1);
    let list = house.get("/api/v1/discoveries?limit=2", &reader).await;
    assert_eq!(list.json()["next_offset"], Value::from(2));
}
