//! What whoever sends is told when nothing can be taken in, and what readiness says of it.

use std::sync::atomic::Ordering;
use std::task::Poll;

use axum::body::Body;
use axum::http::{Request, StatusCode};
use gatewatch_ports::store::Role;

use super::house::{House, Plan, Told, exchange};

const INGEST: &str = "/ingest/v1/exchanges";

async fn readiness(house: &House) -> Told {
    // It looks once a second at most.
    house.clock.pass_seconds(1);
    house.ask("GET", "/readyz", None, Body::empty()).await
}

fn retry_seconds(told: &Told) -> u32 {
    let after = told.headers.get("retry-after");
    after
        .unwrap_or_else(|| panic!("no retry-after: {told:?}"))
        .to_str()
        .unwrap()
        .parse()
        .unwrap()
}

/// An exchange whose body does not compress to less than half.
fn long_exchange(seed: u64) -> String {
    let mut it = seed;
    let digits = (0..3_000).map(|_| {
        it = it
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        format!("{it:016x}")
    });
    let body: String = digits.collect();
    format!(r#"{{"request":{{"method":"POST","url":"https://shop.example/","body":"{body}"}}}}"#)
}

#[tokio::test]
async fn a_full_journal_is_too_many_requests_until_the_fold_has_caught_up() {
    let house = House::build(Plan {
        fold: false,
        journal_bytes_max: 1 << 20,
        ..Plan::default()
    });
    let ingest = house.token(Role::Ingest, "/");
    let mut accepted = 0;
    let told = loop {
        let told = house.post(INGEST, &ingest, long_exchange(accepted)).await;
        if told.status != StatusCode::OK {
            break told;
        }
        accepted += 1;
        assert!(accepted < 1_000, "the journal never fills up");
    };
    assert_eq!(told.status, StatusCode::TOO_MANY_REQUESTS, "{}", told.text);
    assert!(accepted > 4 && retry_seconds(&told) >= 1);
    assert!(told.text.contains("not folded yet"), "{}", told.text);
    let reader = house.token(Role::Reader, "/");
    let metrics = house.get("/metrics", &reader).await.text;
    let counted = format!("gatewatch_exchanges_accepted_total {accepted}\n");
    assert!(metrics.contains(&counted), "{metrics}");
    assert!(
        metrics.contains("gatewatch_batches_refused_total 1\n"),
        "{metrics}"
    );
}

#[tokio::test]
async fn a_disk_that_is_nearly_full_takes_nothing_in_and_is_not_ready() {
    let house = House::build(Plan {
        free_bytes: 7,
        ..Plan::default()
    });
    while house.shared.intake.refusal().is_none() {
        tokio::task::yield_now().await;
    }
    let ingest = house.token(Role::Ingest, "/");
    let told = house.post(INGEST, &ingest, exchange("GET /a 200")).await;
    assert_eq!(told.status, StatusCode::INSUFFICIENT_STORAGE);
    assert!(retry_seconds(&told) >= 1);
    assert!(told.text.contains("free some space"), "{}", told.text);
    let ready = readiness(&house).await;
    assert_eq!(ready.status, StatusCode::SERVICE_UNAVAILABLE);
    let told = ready.json();
    assert_eq!(told["ready"], false);
    assert!(
        told["reasons"][0]
            .as_str()
            .unwrap()
            .starts_with("only 7 bytes are free"),
        "{told}"
    );
}

#[tokio::test]
async fn whoever_sends_while_it_shuts_down_is_told_to_come_again() {
    let mut house = House::open();
    let ingest = house.token(Role::Ingest, "/");
    house.close();
    let told = house.post(INGEST, &ingest, exchange("GET /a 200")).await;
    assert_eq!(told.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(retry_seconds(&told) >= 1);
    assert!(told.text.contains("shutting down"), "{}", told.text);
}

#[tokio::test]
async fn a_fold_that_has_stopped_is_not_ready_and_is_alive() {
    let house = House::open();
    assert_eq!(readiness(&house).await.status, StatusCode::OK);
    house.shared.live.stalled.store(true, Ordering::SeqCst);
    let ready = readiness(&house).await;
    assert_eq!(ready.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(ready.text.contains("stopped for good"), "{}", ready.text);
    let alive = house.ask("GET", "/healthz", None, Body::empty()).await;
    assert_eq!(alive.status, StatusCode::OK);
}

/// The one thread for work that blocks is taken, so that reading the body has to wait.
#[test]
fn a_sender_who_hangs_up_gives_its_memory_back_when_the_reading_ends() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .max_blocking_threads(1)
        .build()
        .unwrap();
    let house = House::open();
    let ingest = house.token(Role::Ingest, "/");
    runtime.block_on(async {
        // From here on the token is known and costs no look-up.
        house.get("/api/v1/version", &ingest).await;
        let (free, taken) = std::sync::mpsc::channel::<()>();
        let taken = tokio::task::spawn_blocking(move || taken.recv());
        let request = Request::post(INGEST)
            .header("authorization", format!("Bearer {ingest}"))
            .body(Body::from(exchange("GET /a 200").repeat(1_000)))
            .unwrap();
        let mut asked = Box::pin(house.send(request));
        for _ in 0..100 {
            let polled = std::future::poll_fn(|it| Poll::Ready(asked.as_mut().poll(it))).await;
            assert!(polled.is_pending(), "{polled:?}");
            tokio::task::yield_now().await;
        }
        let held = house.shared.room.bytes_held();
        assert!(held > 0);
        drop(asked);
        assert_eq!(house.shared.room.bytes_held(), held);
        drop(free);
        assert!(taken.await.unwrap().is_err());
        while house.shared.room.bytes_held() > 0 {
            tokio::task::yield_now().await;
        }
    });
}
