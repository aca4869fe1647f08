//! Controls from acceptance to effect.

use axum::http::StatusCode;
use gatewatch_ports::store::Role;
use serde_json::{Value, json};

use super::house::{House, exchanges};

async fn ids(house: &House, token: &str) -> Vec<(String, Value)> {
    let list = house
        .get("/api/v1/endpoints?sort=template", token)
        .await
        .json();
    let row = |it: &Value| {
        (
            it["template"].as_str().unwrap().to_owned(),
            it["id"].clone(),
        )
    };
    list["items"].as_array().unwrap().iter().map(row).collect()
}

/// Waits until the control is applied, which the fold does by itself.
async fn applied(house: &House, path: &str, token: &str) -> Value {
    loop {
        let told = house.get(path, token).await;
        assert_eq!(told.status, StatusCode::OK, "{}", told.text);
        let control = told.json();
        if control["applied"] == true {
            return control;
        }
        tokio::task::yield_now().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_forgotten_endpoint_is_gone_when_the_control_is_applied() {
    let house = House::open();
    let ingest = house.token(Role::Ingest, "/");
    house
        .bring(&ingest, &exchanges(&["GET /a 200", "GET /b 200"]))
        .await;
    let admin = house.token(Role::SecurityAdmin, "/");
    let found = ids(&house, &admin).await;
    let body = json!({ "kind": "forget", "endpoint": found[0].1 }).to_string();
    let told = house.post("/api/v1/controls", &admin, body).await;
    assert_eq!(told.status, StatusCode::ACCEPTED, "{}", told.text);
    let control = applied(&house, told.headers["location"].to_str().unwrap(), &admin).await;
    assert_eq!(control["revision"], told.json()["revision"]);
    assert!(
        control["actor"]
            .as_str()
            .unwrap()
            .starts_with("security-admin"),
        "{control}"
    );
    assert_eq!(ids(&house, &admin).await, found[1..]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_merged_endpoint_is_found_under_its_old_id() {
    let house = House::open();
    let ingest = house.token(Role::Ingest, "/");
    house
        .bring(&ingest, &exchanges(&["GET /a 200", "GET /b 200"]))
        .await;
    let admin = house.token(Role::SecurityAdmin, "/");
    let found = ids(&house, &admin).await;
    let body = json!({ "kind": "merge", "from": found[0].1, "into": found[1].1 }).to_string();
    let told = house.post("/api/v1/controls", &admin, body).await;
    applied(&house, told.headers["location"].to_str().unwrap(), &admin).await;
    let old = found[0].1.as_str().unwrap();
    let endpoint = house
        .get(&format!("/api/v1/endpoints/{old}"), &admin)
        .await
        .json();
    assert_eq!(
        (&endpoint["id"], &endpoint["calls"]),
        (&found[1].1, &2.into()),
        "{endpoint}"
    );
}

#[tokio::test]
async fn a_control_that_makes_no_sense_is_refused() {
    let house = House::open();
    let ingest = house.token(Role::Ingest, "/");
    house.bring(&ingest, &exchanges(&["GET /a 200"])).await;
    let other = house.token(Role::Ingest, "/other");
    house.bring(&other, &exchanges(&["GET /a 200"])).await;
    let admin = house.token(Role::SecurityAdmin, "/");
    let found = ids(&house, &admin).await;
    let (one, two) = (&found[0].1, &found[1].1);
    for (body, status) in [
        (
            json!({ "kind": "merge", "from": one, "into": one }),
            StatusCode::CONFLICT,
        ),
        (
            json!({ "kind": "merge", "from": one, "into": two }),
            StatusCode::CONFLICT,
        ),
        (
            json!({ "kind": "forget", "endpoint": "0".repeat(32) }),
            StatusCode::NOT_FOUND,
        ),
        (
            json!({ "kind": "forget", "endpoint": "zero" }),
            StatusCode::NOT_FOUND,
        ),
        (json!({ "kind": "shout" }), StatusCode::BAD_REQUEST),
    ] {
        let told = house
            .post("/api/v1/controls", &admin, body.to_string())
            .await;
        assert_eq!(told.status, status, "{body}: {}", told.text);
    }
    assert_eq!(
        house.get("/api/v1/controls", &admin).await.json()["items"],
        json!([])
    );
}
