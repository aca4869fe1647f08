//! Definitions on their way in, and out again as they were.

use axum::body::Body;
use axum::http::StatusCode;
use axum::http::header::CONTENT_ENCODING;
use flate2::Compression;
use flate2::write::GzEncoder;
use gatewatch_ports::store::Role;
use serde_json::{Value, json};
use std::io::Write;

use super::facts::estate;
use super::house::{House, Told, exchanges, read};

pub const SHOP: &str = r#"{"openapi":"3.1.0","info":{"title":"Shop","version":"1.2"},
    "servers":[{"url":"https://shop.example/v1"}],
    "paths":{"/orders/{id}":{"get":{"responses":{"200":{"description":"ok"}}}}}}"#;

async fn put(house: &House, token: &str, collection: &str, document: &str) -> Told {
    let uri = format!("/api/v1/collections/{collection}/definition");
    let body = document.to_owned().into();
    house.ask("PUT", &uri, Some(token), body).await
}

async fn post(house: &House, token: &str, query: &str, document: &str) -> Told {
    let uri = format!("/api/v1/definitions?{query}");
    house.post(&uri, token, document.to_owned()).await
}

/// A house that has seen its shop.
async fn shop() -> (House, String) {
    let house = House::open();
    let ingest = house.token(Role::Ingest, "/shop");
    house
        .bring(&ingest, &exchanges(&["GET /orders/7 200"]))
        .await;
    let reader = house.token(Role::Reader, "/");
    let listed = house.get("/api/v1/collections", &reader).await.json();
    let id = listed["items"][0]["id"].as_str().unwrap().to_owned();
    (house, id)
}

async fn applied(house: &House, told: &Told, token: &str) {
    let location = told.headers["location"].to_str().unwrap();
    loop {
        let control = house.get(location, token).await.json();
        if control["applied"] == true {
            return;
        }
        tokio::task::yield_now().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_definition_is_taken_applied_and_given_back_byte_by_byte() {
    let (house, id) = shop().await;
    let admin = house.token(Role::SecurityAdmin, "/shop");
    let told = put(&house, &admin, &id, SHOP).await;
    assert_eq!(told.status, StatusCode::ACCEPTED, "{}", told.text);
    let taken = told.json();
    assert_eq!(
        (&taken["title"], &taken["operations"]),
        (&json!("Shop"), &json!(1))
    );
    assert_eq!(taken["servers"], json!(["https://shop.example/v1"]));
    applied(&house, &told, &admin).await;
    let uri = format!("/api/v1/collections/{id}/definition");
    let back = house.get(&uri, &admin).await;
    assert_eq!(back.text, SHOP);
    assert_eq!(back.headers["content-type"], "application/json");
    let listed = house.get("/api/v1/definitions", &admin).await.json();
    assert_eq!(listed["items"][0]["revision"], taken["revision"]);
    assert!(
        listed["items"][0]["actor"]
            .as_str()
            .unwrap()
            .starts_with("security-admin")
    );
    let gone = house.ask("DELETE", &uri, Some(&admin), Body::empty()).await;
    assert_eq!(gone.status, StatusCode::ACCEPTED, "{}", gone.text);
    applied(&house, &gone, &admin).await;
    let missing = house.get(&uri, &admin).await;
    assert_eq!(missing.status, StatusCode::NOT_FOUND);
    assert!(missing.text.contains("PUT one here"), "{}", missing.text);
    let owner = house.token(Role::Owner, "/");
    let audit = house.get("/api/v1/audit", &owner).await.json();
    let actions = |at: usize| audit["items"][at]["action"].clone();
    let all = audit["items"].as_array().unwrap().len();
    let seen: Vec<_> = (0..all).map(actions).collect();
    assert!(seen.contains(&json!("control.define")), "{seen:?}");
    assert!(seen.contains(&json!("control.undefine")), "{seen:?}");
}

#[tokio::test]
async fn a_definition_may_come_before_its_traffic() {
    let house = House::open();
    let admin = house.token(Role::SecurityAdmin, "/shop");
    let yaml = "openapi: 3.0.3\ninfo: {title: Shop, version: '2'}\npaths: {}\n";
    let told = post(&house, &admin, "host=SHOP.example:443", yaml).await;
    assert_eq!(told.status, StatusCode::ACCEPTED, "{}", told.text);
    let id = told.json()["collection_id"].as_str().unwrap().to_owned();
    let uri = format!("/api/v1/collections/{id}/definition");
    let back = house.get(&uri, &admin).await;
    assert_eq!(
        (back.text.as_str(), &back.headers["content-type"]),
        (yaml, &"application/yaml".parse().unwrap())
    );
    let ingest = house.token(Role::Ingest, "/shop");
    house
        .bring(&ingest, &exchanges(&["GET /orders/7 200"]))
        .await;
    let listed = house.get("/api/v1/collections", &admin).await.json();
    let seen = listed["items"]
        .as_array()
        .unwrap()
        .iter()
        .any(|it| it["id"] == id.as_str());
    assert!(seen, "{id} in {listed}");
    let stranger = house.token(Role::SecurityAdmin, "/other");
    assert_eq!(
        house.get(&uri, &stranger).await.status,
        StatusCode::NOT_FOUND
    );
    let uri = format!("/api/v1/definitions?collection={id}");
    assert_eq!(house.get(&uri, &stranger).await.json()["total"], 0);
    assert_eq!(house.get(&uri, &admin).await.json()["total"], 1);
}

#[tokio::test]
async fn whose_definition_it_is_must_be_said_clearly() {
    let house = House::open();
    let admin = house.token(Role::SecurityAdmin, "/shop");
    for query in [
        "",
        "host=a.example&api=orders",
        "service=gateway",
        "host=a.example&workspace=w",
        "host=no%20host",
        "host=a.example&scope=/other",
        "host=a.example&scope=shop",
    ] {
        let told = post(&house, &admin, query, SHOP).await;
        assert_eq!(
            told.status,
            StatusCode::BAD_REQUEST,
            "{query}: {}",
            told.text
        );
    }
    let query = "service=gateway&workspace=team&api=orders&scope=/shop/eu";
    let told = post(&house, &admin, query, SHOP).await;
    assert_eq!(told.status, StatusCode::ACCEPTED, "{}", told.text);
    assert_eq!(told.json()["collection"], "gateway/team/orders");
}

#[tokio::test]
async fn what_is_no_definition_is_told_why() {
    let (house, id) = shop().await;
    let admin = house.token(Role::SecurityAdmin, "/shop");
    for (document, why) in [
        ("", "empty"),
        ("{\"openapi\":\"3.1.0\",", "line 1"),
        ("<html></html>", "OpenAPI"),
        ("hello: world", "openapi"),
    ] {
        let told = put(&house, &admin, &id, document).await;
        assert_eq!(told.status, StatusCode::BAD_REQUEST, "{document}");
        let detail = told.json()["detail"].to_string();
        assert!(detail.contains(why), "{document}: {detail}");
    }
    let long = " ".repeat((16 << 20) + 1);
    let told = put(&house, &admin, &id, &long).await;
    assert_eq!(told.status, StatusCode::PAYLOAD_TOO_LARGE, "{}", told.text);
    let reader = house.token(Role::Reader, "/");
    let listed = house.get("/api/v1/controls", &reader).await.json();
    assert_eq!(listed["items"], json!([]), "nothing was kept");
}

#[tokio::test]
async fn a_packed_document_is_unpacked() {
    let (house, id) = shop().await;
    let admin = house.token(Role::SecurityAdmin, "/shop");
    let mut packed = GzEncoder::new(Vec::new(), Compression::default());
    packed.write_all(SHOP.as_bytes()).unwrap();
    let uri = format!("/api/v1/collections/{id}/definition");
    let request = axum::http::Request::put(&uri)
        .header("authorization", format!("Bearer {admin}"))
        .header(CONTENT_ENCODING, "gzip")
        .body(packed.finish().unwrap().into())
        .unwrap();
    let told = read(house.send(request).await).await;
    assert_eq!(told.status, StatusCode::ACCEPTED, "{}", told.text);
    assert_eq!(house.get(&uri, &admin).await.text, SHOP);
}

#[tokio::test]
async fn drift_is_counted_listed_and_explained() {
    let house = House::open();
    house.learn(estate());
    let reader = house.token(Role::Reader, "/shop");
    let id = estate().collections[0].id;
    let get = async |query: &str| {
        let uri = format!("/api/v1/collections/{id}/drift{query}");
        house.get(&uri, &reader).await.json()
    };
    let all = get("").await;
    let counts = json!({
        "as-documented": 0, "never-seen": 1, "shadow": 1, "zombie": 0, "removed": 0, "different": 1
    });
    assert_eq!(
        (&all["counts"], &all["defined"]),
        (&counts, &Value::Bool(true))
    );
    let kinds = all["items"].as_array().unwrap().iter();
    let kinds: Vec<_> = kinds.map(|it| it["endpoint"]["drift"].clone()).collect();
    assert_eq!(kinds, ["different", "never-seen", "shadow"]);
    let differences =
        json!(["$.request.query.debug is not documented and was there in 1 of 1 exchanges"]);
    assert_eq!(all["items"][0]["differences"], differences);
    let one = get("?kind=shadow&limit=1").await;
    assert_eq!((&one["total"], &one["counts"]), (&json!(1), &counts));
    assert_eq!(one["items"][0]["endpoint"]["template"], "/open/{id}");
}

#[tokio::test]
async fn what_was_learned_is_written_and_compared() {
    let (house, id) = shop().await;
    let reader = house.token(Role::Reader, "/shop");
    let uri = format!("/api/v1/collections/{id}/openapi");
    let document = house.get(&uri, &reader).await.json();
    assert_eq!(document["openapi"], "3.1.0");
    let paths = document["paths"].as_object().unwrap();
    assert!(
        paths.keys().any(|it| it.starts_with("/orders/{")),
        "{document}"
    );
    let uri = format!("/api/v1/collections/{id}/difference");
    let missing = house.get(&uri, &reader).await;
    assert_eq!(missing.status, StatusCode::NOT_FOUND, "{}", missing.text);
    let told = house.post(&uri, &reader, SHOP).await;
    assert_eq!(told.status, StatusCode::OK, "{}", told.text);
    let found = told.json()["items"].as_array().unwrap().clone();
    let kinds: Vec<_> = found.iter().map(|it| it["kind"].clone()).collect();
    // The shop says `/v1/orders/{id}` and is called without `/v1`.
    assert!(kinds.contains(&json!("never-seen")), "{found:?}");
    assert!(kinds.contains(&json!("shadow")), "{found:?}");
    let listed = house.get("/api/v1/definitions", &reader).await.json();
    assert_eq!(listed["total"], 0, "it is not kept");
    let admin = house.token(Role::SecurityAdmin, "/shop");
    assert_eq!(
        put(&house, &admin, &id, SHOP).await.status,
        StatusCode::ACCEPTED
    );
    let kept = house.get(&uri, &reader).await.json();
    assert_eq!(kept["items"], Value::Array(found));
}

#[tokio::test]
async fn what_is_odd_in_a_compared_document_is_told() {
    let (house, id) = shop().await;
    let reader = house.token(Role::Reader, "/shop");
    let uri = format!("/api/v1/collections/{id}/difference");
    let odd = "openapi: 3.1.0\ninfo: {title: Shop, version: '1'}\npaths:\n  /orders/{id}:\n    \
        get: {responses: {'200': {description: ok}}}\n    put: 7\n";
    let told = house.post(&uri, &reader, odd).await;
    assert_eq!(told.status, StatusCode::OK, "{}", told.text);
    let told = told.json();
    assert_eq!(told["operations"], 1, "{told}");
    assert_eq!(told["warnings"][0]["line"], 6, "{told}");
    assert_eq!(
        told["warnings"][0]["pointer"], "/paths/~1orders~1{id}/put",
        "{told}"
    );
    for (empty, why) in [
        (
            "openapi: 3.1.0\ninfo: {title: Shop, version: '1'}\npaths: {}\n",
            "`paths`",
        ),
        (
            "openapi: 3.1.0\ninfo: {title: Shop, version: '1'}\npaths:\n  /a:\n    get: 7\n",
            "line 5",
        ),
        (
            r#"{"info":{"name":"a","schema":"https://schema.getpostman.com/json/collection/v2.1.0/collection.json"},"item":[]}"#,
            "`item`",
        ),
    ] {
        let told = house.post(&uri, &reader, empty).await;
        assert_eq!(told.status, StatusCode::BAD_REQUEST, "{}", told.text);
        let detail = told.json()["detail"].to_string();
        assert!(detail.contains("no operation"), "{detail}");
        assert!(detail.contains(why), "{why}: {detail}");
    }
}
