//! Lists, filters, CSV, roll-ups and what keeps an eye on the house.

use axum::body::Body;
use axum::http::StatusCode;
use gatewatch_ports::store::Role;
use http_body_util::BodyExt;

use super::house::{House, exchange, exchanges};

async fn shop() -> (House, String) {
    let house = House::open();
    let ingest = house.token(Role::Ingest, "/");
    let calls = [
        "GET /orders/7 200",
        "GET /orders/8 200",
        "POST /orders 201",
        "GET /broken 500",
        "GET /gone 404",
    ];
    house.bring(&ingest, &exchanges(&calls)).await;
    let reader = house.token(Role::Reader, "/");
    (house, reader)
}

async fn templates(house: &House, reader: &str, query: &str) -> Vec<String> {
    let told = house
        .get(&format!("/api/v1/endpoints?{query}"), reader)
        .await;
    assert_eq!(told.status, StatusCode::OK, "{}", told.text);
    let list = told.json();
    list["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["template"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn filters_find_what_they_say() {
    let (house, reader) = shop().await;
    assert_eq!(templates(&house, &reader, "method=post").await, ["/orders"]);
    assert_eq!(templates(&house, &reader, "status=5xx").await, ["/broken"]);
    assert_eq!(templates(&house, &reader, "status=404").await, ["/gone"]);
    assert_eq!(templates(&house, &reader, "search=GONE").await, ["/gone"]);
    assert_eq!(
        templates(&house, &reader, "seen_after=2026-11-21T08:00:00Z").await,
        [""; 0]
    );
    let first = &templates(&house, &reader, "sort=calls&order=desc&limit=1").await[0];
    assert!(first.starts_with("/orders/{"), "{first}");
}

#[tokio::test]
async fn what_was_never_there_is_counted_apart() {
    let (house, reader) = shop().await;
    let told = house.get("/api/v1/endpoints", &reader).await.json();
    assert_eq!((&told["total"], &told["missed"]), (&3.into(), &1.into()));
    assert_eq!(templates(&house, &reader, "missed=yes").await, ["/gone"]);
    assert_eq!(templates(&house, &reader, "missed=any").await.len(), 4);
    let listed = house.get("/api/v1/collections", &reader).await.json();
    let collection = &listed["items"][0];
    assert_eq!(
        (&collection["endpoints"], &collection["missed"]),
        (&3.into(), &1.into())
    );
    let id = collection["id"].as_str().unwrap();
    let uri = format!("/api/v1/collections/{id}/openapi");
    let document = house.get(&uri, &reader).await.json();
    assert_eq!(document["paths"]["/gone"], serde_json::Value::Null);
    assert_eq!(document["paths"].as_object().unwrap().len(), 3);
}

#[tokio::test]
async fn pages_follow_one_another() {
    let (house, reader) = shop().await;
    let first = house
        .get(
            "/api/v1/endpoints?missed=any&sort=template&limit=3",
            &reader,
        )
        .await
        .json();
    assert_eq!(
        (&first["total"], &first["next_offset"]),
        (&4.into(), &3.into())
    );
    let last = house
        .get(
            "/api/v1/endpoints?missed=any&sort=template&limit=3&offset=3",
            &reader,
        )
        .await
        .json();
    assert_eq!(
        (
            last["items"].as_array().unwrap().len(),
            &last["next_offset"]
        ),
        (1, &serde_json::Value::Null)
    );
}

#[tokio::test]
async fn a_misspelt_filter_never_answers_with_everything() {
    let (house, reader) = shop().await;
    let told = house.get("/api/v1/endpoints?metod=GET", &reader).await;
    assert_eq!(told.status, StatusCode::BAD_REQUEST);
    let problem = told.json();
    assert_eq!(
        (&problem["status"], &problem["type"]),
        (&400.into(), &"urn:gatewatch:problem:bad-parameter".into())
    );
    assert!(
        problem["detail"]
            .as_str()
            .unwrap()
            .contains("the nearest is `method`"),
        "{problem}"
    );
}

#[tokio::test]
async fn a_spreadsheet_gets_every_row() {
    let (house, reader) = shop().await;
    let told = house
        .get(
            "/api/v1/endpoints?format=csv&missed=any&sort=template",
            &reader,
        )
        .await;
    assert_eq!(
        told.headers["content-type"],
        "text/csv; charset=utf-8; header=present"
    );
    let lines: Vec<_> = told.text.split_terminator("\r\n").collect();
    assert_eq!(lines.len(), 5, "{}", told.text);
    let columns = lines[0].split(',').count();
    assert!(
        lines.iter().all(|it| it.split(',').count() == columns),
        "{}",
        told.text
    );
    assert!(lines[1].contains(",GET,/broken,1,500:1,"), "{}", lines[1]);
}

#[tokio::test]
async fn a_spreadsheet_that_asks_for_so_many_rows_gets_no_more() {
    let (house, reader) = shop().await;
    for (query, rows) in [("limit=1", 1), ("limit=3", 3), ("limit=3&offset=3", 1)] {
        let uri = format!("/api/v1/endpoints?format=csv&missed=any&sort=template&{query}");
        let told = house.get(&uri, &reader).await;
        let lines = told.text.split_terminator("\r\n").count();
        assert_eq!(lines, 1 + rows, "{query}: {}", told.text);
    }
}

#[tokio::test]
async fn a_type_or_a_label_that_there_is_not_is_refused_with_the_nearest() {
    let (house, reader) = shop().await;
    for (query, said) in [
        (
            "info_type=crdit-card",
            "`info_type`: there is no type `crdit-card`; the nearest is `credit-card`",
        ),
        (
            "label=hgh",
            "`label`: there is no label `hgh`; there is none at all",
        ),
    ] {
        let uri = format!("/api/v1/endpoints?{query}");
        let told = house.get(&uri, &reader).await;
        assert_eq!(told.status, StatusCode::BAD_REQUEST, "{query}");
        assert_eq!(told.json()["detail"], said);
    }
    let known = "/api/v1/endpoints?info_type=credit-card";
    assert_eq!(house.get(known, &reader).await.json()["total"], 0);
}

#[tokio::test]
async fn rollups_count_what_came() {
    let (house, reader) = shop().await;
    let whole = house.get("/api/v1/rollups", &reader).await.json();
    assert_eq!(
        (&whole["total"], &whole["step_seconds"]),
        (&1.into(), &60.into()),
        "{whole}"
    );
    let minute = &whole["items"][0];
    assert_eq!(
        (&minute["at"], &minute["calls"]),
        (&"2026-11-21T07:59:00Z".into(), &5.into())
    );
    assert_eq!(
        (&minute["statuses"]["2xx"], &minute["latency_micros_mean"]),
        (&3.into(), &12_500.into())
    );
    let id = house
        .get("/api/v1/endpoints?status=404", &reader)
        .await
        .json()["items"][0]["id"]
        .clone();
    let path = format!(
        "/api/v1/endpoints/{}/rollups?step=hour",
        id.as_str().unwrap()
    );
    let one = house.get(&path, &reader).await.json();
    assert_eq!(one["items"][0]["calls"], 1, "{one}");
}

#[tokio::test]
async fn what_does_not_exist_is_a_problem_too() {
    let (house, reader) = shop().await;
    let path = format!("/api/v1/endpoints/{}", "0".repeat(32));
    for path in [
        path.as_str(),
        "/api/v1/endpoints/7",
        "/api/v1/endpoints/%ff",
        "/api/v1/nothing",
        "/api/v2/endpoints",
    ] {
        let told = house.get(path, &reader).await;
        assert_eq!(told.status, StatusCode::NOT_FOUND, "{path}");
        assert_eq!(told.json()["status"], 404);
    }
}

#[tokio::test]
async fn a_healthy_house_is_ready_and_counts() {
    let (house, reader) = shop().await;
    let ready = house.ask("GET", "/readyz", None, Body::empty()).await;
    assert_eq!(
        (ready.status, &ready.json()["reasons"]),
        (StatusCode::OK, &serde_json::json!([]))
    );
    let metrics = house.get("/metrics", &reader).await.text;
    for line in [
        "gatewatch_exchanges_accepted_total 5\n",
        "gatewatch_build_info{version=\"0.0.0-test\"} 1\n",
        "route=\"/ingest/v1/exchanges\",class=\"2xx\"} 1\n",
        "gatewatch_ingest_bytes_held 0\n",
    ] {
        assert!(metrics.contains(line), "{line} in {metrics}");
    }
    let waiting = metrics
        .lines()
        .filter(|it| it.starts_with("gatewatch_records_waiting{stage=\"exchanges\""));
    assert!(waiting.count() > 0, "{metrics}");
}

#[tokio::test]
async fn every_answer_is_dressed() {
    let (house, reader) = shop().await;
    for path in [
        "/",
        "/healthz",
        "/nothing",
        "/api/v1/endpoints",
        "/openapi.json",
    ] {
        let headers = house.get(path, &reader).await.headers;
        assert_eq!(headers["x-content-type-options"], "nosniff", "{path}");
        assert_eq!(headers["x-frame-options"], "DENY", "{path}");
        assert_eq!(headers["referrer-policy"], "no-referrer", "{path}");
        assert_eq!(headers["cache-control"], "no-store", "{path}");
        assert!(
            headers["content-security-policy"]
                .to_str()
                .unwrap()
                .starts_with("default-src 'none'"),
            "{path}"
        );
        assert_eq!(headers["x-request-id"].len(), 16, "{path}");
    }
}

#[tokio::test]
async fn waiting_ends_when_its_time_is_over_or_makes_no_sense() {
    let (house, reader) = shop().await;
    let late = house
        .get("/api/v1/progress?wait=0:1000000&timeout=0", &reader)
        .await
        .json();
    assert_eq!(late["visible"], false);
    let odd = house.get("/api/v1/progress?wait=60000:1", &reader).await;
    assert_eq!(odd.status, StatusCode::BAD_REQUEST, "{}", odd.text);
}

#[tokio::test]
async fn whoever_listens_hears_what_changes() {
    let (house, reader) = shop().await;
    let request = axum::http::Request::get("/api/v1/events")
        .header("authorization", format!("Bearer {reader}"));
    let response = house.send(request.body(Body::empty()).unwrap()).await;
    let mut body = response.into_body();
    let mut heard = String::new();
    while !heard.contains(": alive") {
        let frame = body.frame().await.unwrap().unwrap();
        heard.push_str(std::str::from_utf8(frame.data_ref().unwrap()).unwrap());
    }
    let ingest = house.token(Role::Ingest, "/");
    let sent = house
        .post("/ingest/v1/exchanges", &ingest, exchange("GET /new 200"))
        .await;
    assert_eq!(sent.status, StatusCode::OK);
    while !heard.contains("\"endpoints\":1") {
        let frame = body.frame().await.unwrap().unwrap();
        heard.push_str(std::str::from_utf8(frame.data_ref().unwrap()).unwrap());
    }
    assert!(heard.contains("event: change\ndata: {"), "{heard}");
}
