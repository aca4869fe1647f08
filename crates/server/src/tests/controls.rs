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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_template_is_pinned_listed_and_unpinned() {
    let house = House::open();
    let ingest = house.token(Role::Ingest, "/shop");
    house
        .bring(&ingest, &exchanges(&["GET /users/7 200"]))
        .await;
    let admin = house.token(Role::SecurityAdmin, "/shop");
    let collections = house.get("/api/v1/collections", &admin).await.json();
    let collection = collections["items"][0]["id"].as_str().unwrap().to_owned();
    let pins = async || {
        let uri = format!("/api/v1/collections/{collection}/pins");
        house.get(&uri, &admin).await.json()["items"].clone()
    };
    let send = async |kind: &str, template: &str| {
        let body = json!({ "kind": kind, "collection": collection, "template": template });
        house
            .post("/api/v1/controls", &admin, body.to_string())
            .await
    };
    let told = send("pin", "/users/me").await;
    assert_eq!(told.status, StatusCode::ACCEPTED, "{}", told.text);
    assert_eq!(told.json()["template"], "/users/me");
    applied(&house, told.headers["location"].to_str().unwrap(), &admin).await;
    assert_eq!(pins().await[0]["template"], "/users/me");
    let odd = send("pin", "/users/{}").await;
    assert_eq!(odd.status, StatusCode::BAD_REQUEST);
    assert!(odd.text.contains("`{name}`"), "{}", odd.text);
    let unknown = send("unpin", "/users/{name}").await;
    assert_eq!(unknown.status, StatusCode::CONFLICT, "{}", unknown.text);
    assert_eq!(
        send("unpin", "/users/me").await.status,
        StatusCode::ACCEPTED
    );
    assert_eq!(pins().await, json!([]));
    let stranger = house.token(Role::SecurityAdmin, "/other");
    let body = json!({ "kind": "pin", "collection": collection, "template": "/a" });
    let told = house
        .post("/api/v1/controls", &stranger, body.to_string())
        .await;
    assert_eq!(told.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn only_a_slot_can_be_split() {
    let house = House::open();
    let ingest = house.token(Role::Ingest, "/");
    house
        .bring(&ingest, &exchanges(&["GET /users/7 200"]))
        .await;
    let admin = house.token(Role::SecurityAdmin, "/");
    let endpoint = &ids(&house, &admin).await[0].1;
    for (segment, status) in [
        (0, StatusCode::CONFLICT),
        (1, StatusCode::ACCEPTED),
        (2, StatusCode::CONFLICT),
    ] {
        let body = json!({ "kind": "split", "endpoint": endpoint, "segment": segment });
        let told = house
            .post("/api/v1/controls", &admin, body.to_string())
            .await;
        assert_eq!(told.status, status, "{segment}: {}", told.text);
    }
}
