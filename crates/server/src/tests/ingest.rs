//! Exchanges on their way in.

use std::io::Write;

use axum::body::Body;
use axum::http::{Request, StatusCode};
use gatewatch_ports::store::Role;

use super::house::{House, Told, exchange, exchanges, read};

async fn send(house: &House, headers: &[(&str, &str)], body: impl Into<Body>) -> Told {
    let token = house.token(Role::Ingest, "/");
    send_as(house, &token, headers, body).await
}

async fn send_as(
    house: &House,
    token: &str,
    headers: &[(&str, &str)],
    body: impl Into<Body>,
) -> Told {
    let mut request =
        Request::post("/ingest/v1/exchanges").header("authorization", format!("Bearer {token}"));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    read(house.send(request.body(body.into()).unwrap()).await).await
}

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

#[tokio::test]
async fn what_was_accepted_is_visible_at_its_positions() {
    let house = House::open();
    let ingest = house.token(Role::Ingest, "/");
    let receipt = house
        .bring(
            &ingest,
            &exchanges(&["GET /orders/7 200", "GET /orders/8 404"]),
        )
        .await;
    assert_eq!(
        (&receipt["accepted"], &receipt["duplicate"]),
        (&2.into(), &false.into())
    );
    let list = house
        .get("/api/v1/endpoints", &house.token(Role::Reader, "/"))
        .await
        .json();
    assert_eq!(list["total"], 1, "{list}");
    let endpoint = &list["items"][0];
    assert_eq!(
        (&endpoint["method"], &endpoint["calls"]),
        (&"GET".into(), &2.into())
    );
    assert_eq!(endpoint["collection"], "shop.example");
}

#[tokio::test]
async fn refused_lines_are_named_and_the_others_are_taken() {
    let house = House::open();
    let told = send(
        &house,
        &[],
        format!("{}no json\n\n{{}}\n", exchange("GET /a 200")),
    )
    .await;
    let receipt = told.json();
    assert_eq!(
        (told.status, &receipt["accepted"], &receipt["refused_total"]),
        (StatusCode::OK, &1.into(), &2.into())
    );
    let lines: Vec<_> = receipt["refused"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["line"].as_u64())
        .collect();
    assert_eq!(lines, [Some(2), Some(4)]);
}

#[tokio::test]
async fn a_batch_without_one_good_line_is_a_problem_that_says_why() {
    let house = House::open();
    let told = send(&house, &[], "no json\n").await;
    assert_eq!(told.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(told.headers["content-type"], "application/problem+json");
    let problem = told.json();
    assert_eq!(
        (&problem["refused"][0]["line"], &problem["refused_total"]),
        (&1.into(), &1.into())
    );
}

#[tokio::test]
async fn an_empty_body_is_told_what_is_expected() {
    let house = House::open();
    let told = send(&house, &[], " \n").await;
    assert_eq!(told.status, StatusCode::BAD_REQUEST);
    assert!(told.text.contains("request"), "{}", told.text);
}

#[tokio::test]
async fn a_batch_that_comes_twice_counts_once() {
    let house = House::open();
    let token = house.token(Role::Ingest, "/");
    let headers = [("gatewatch-batch", "edge-1/1")];
    let lines = format!("{}no json\n", exchange("GET /a 200"));
    let first = send_as(&house, &token, &headers, lines.clone())
        .await
        .json();
    let again = send_as(&house, &token, &headers, lines.clone())
        .await
        .json();
    assert_eq!(
        (&first["duplicate"], &again["duplicate"]),
        (&false.into(), &true.into())
    );
    assert_eq!(again["positions"], serde_json::json!([]));
    let metrics = house
        .get("/metrics", &house.token(Role::Reader, "/"))
        .await
        .text;
    assert!(
        metrics.contains("gatewatch_lines_refused_total 1\n"),
        "{metrics}"
    );
    // Another token's sender of that name is somebody else.
    let other = send(&house, &headers, exchange("GET /a 200")).await.json();
    assert_eq!(other["duplicate"], false);
}

#[tokio::test]
async fn a_batch_numbered_far_too_low_is_refused() {
    let house = House::open();
    let token = house.token(Role::Ingest, "/");
    let high = [("gatewatch-batch", "edge/1000")];
    assert_eq!(
        send_as(&house, &token, &high, exchange("GET /a 200"))
            .await
            .status,
        StatusCode::OK
    );
    let low = [("gatewatch-batch", "edge/1")];
    assert_eq!(
        send_as(&house, &token, &low, exchange("GET /a 200"))
            .await
            .status,
        StatusCode::CONFLICT
    );
    let odd = [("gatewatch-batch", "edge")];
    assert_eq!(
        send_as(&house, &token, &odd, exchange("GET /a 200"))
            .await
            .status,
        StatusCode::BAD_REQUEST
    );
}

#[tokio::test]
async fn bodies_may_come_compressed() {
    let house = House::open();
    let told = send(
        &house,
        &[("content-encoding", "gzip")],
        gzip(exchange("GET /a 200").as_bytes()),
    )
    .await;
    assert_eq!(
        (told.status, &told.json()["accepted"]),
        (StatusCode::OK, &1.into())
    );
    let told = send(&house, &[("content-encoding", "br")], "x").await;
    assert_eq!(told.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    let told = send(&house, &[("content-encoding", "gzip")], "no gzip").await;
    assert_eq!(told.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_body_that_unpacks_to_too_much_is_to_be_split() {
    let house = House::open();
    let bomb = gzip(&vec![b' '; 40 << 20]);
    assert!(bomb.len() < 1 << 20);
    let told = send(&house, &[("content-encoding", "gzip")], bomb).await;
    assert_eq!(told.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert!(told.text.contains("split it"), "{}", told.text);
}

#[tokio::test]
async fn a_body_that_is_too_long_is_not_read() {
    let house = House::open();
    let told = send(&house, &[("content-length", "16777217")], Body::empty()).await;
    assert_eq!(told.status, StatusCode::PAYLOAD_TOO_LARGE);
    let told = send(&house, &[], vec![b'x'; (16 << 20) + 1]).await;
    assert_eq!(told.status, StatusCode::PAYLOAD_TOO_LARGE);
}

#[tokio::test]
async fn a_source_is_known_by_its_token_and_its_refusals_are_counted() {
    let house = House::open();
    let ingest = house.token(Role::Ingest, "/shop");
    house
        .bring(&ingest, &format!("{}no json\n", exchange("GET /a 200")))
        .await;
    let list = house
        .get("/api/v1/sources", &house.token(Role::Reader, "/shop"))
        .await
        .json();
    let source = &list["items"][0];
    assert!(
        source["name"].as_str().unwrap().starts_with("ingest /shop"),
        "{source}"
    );
    assert_eq!(
        (&source["arriving"], &source["refused_since_start"]),
        (&true.into(), &1.into())
    );
    house.clock.pass_seconds(61);
    let list = house
        .get("/api/v1/sources", &house.token(Role::Reader, "/"))
        .await
        .json();
    assert_eq!(list["items"][0]["arriving"], false);
}
