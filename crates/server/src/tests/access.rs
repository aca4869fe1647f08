//! Tokens that come and go.

use axum::body::Body;
use axum::http::{Request, StatusCode};
use gatewatch_model::time::DAY_SECONDS;
use gatewatch_ports::store::Role;

use super::house::{House, read};
use crate::shared::Peer;

const TOKENS: &str = "/api/v1/tokens";

#[tokio::test]
async fn a_revoked_token_is_worth_nothing_at_once() {
    let house = House::open();
    let owner = house.token(Role::Owner, "/");
    let told = house
        .post(TOKENS, &owner, r#"{"name":"edge","role":"reader"}"#)
        .await;
    assert_eq!(told.status, StatusCode::CREATED, "{}", told.text);
    let made = told.json();
    let token = made["token"].as_str().unwrap();
    assert_eq!(
        house.get("/api/v1/version", token).await.status,
        StatusCode::OK
    );
    let path = told.headers["location"].to_str().unwrap();
    assert_eq!(
        path,
        format!("{TOKENS}/{}", made["kept"]["id"].as_str().unwrap())
    );
    let gone = house.ask("DELETE", path, Some(&owner), Body::empty()).await;
    assert_eq!(gone.status, StatusCode::NO_CONTENT);
    assert_eq!(
        house.get("/api/v1/version", token).await.status,
        StatusCode::UNAUTHORIZED
    );
    let again = house.ask("DELETE", path, Some(&owner), Body::empty()).await;
    assert_eq!(again.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_token_ends_when_its_days_are_over_though_it_was_known() {
    let house = House::open();
    let owner = house.token(Role::Owner, "/");
    let body = r#"{"name":"edge","role":"reader","expires_in_days":1}"#;
    let made = house.post(TOKENS, &owner, body).await.json();
    let token = made["token"].as_str().unwrap();
    house.clock.pass_seconds(DAY_SECONDS - 1);
    assert_eq!(
        house.get("/api/v1/version", token).await.status,
        StatusCode::OK
    );
    house.clock.pass_seconds(1);
    assert_eq!(
        house.get("/api/v1/version", token).await.status,
        StatusCode::UNAUTHORIZED
    );
}

#[tokio::test]
async fn the_last_owner_stays() {
    let house = House::open();
    let (one, two) = (house.token(Role::Owner, "/"), house.token(Role::Owner, "/"));
    house.token(Role::Owner, "/shop");
    let path = |token: &str| format!("{TOKENS}/{}", house.token_id(token));
    let (first, last) = (path(&two), path(&one));
    assert_eq!(
        house
            .ask("DELETE", &first, Some(&one), Body::empty())
            .await
            .status,
        StatusCode::NO_CONTENT
    );
    let told = house.ask("DELETE", &last, Some(&one), Body::empty()).await;
    assert_eq!(told.status, StatusCode::CONFLICT, "{}", told.text);
}

#[tokio::test]
async fn two_live_tokens_never_have_one_name() {
    let house = House::open();
    let owner = house.token(Role::Owner, "/");
    let body = r#"{"name":"edge","role":"ingest"}"#;
    assert_eq!(
        house.post(TOKENS, &owner, body).await.status,
        StatusCode::CREATED
    );
    assert_eq!(
        house.post(TOKENS, &owner, body).await.status,
        StatusCode::CONFLICT
    );
}

#[tokio::test]
async fn no_list_shows_a_token_or_its_hash() {
    let house = House::open();
    let owner = house.token(Role::Owner, "/");
    let made = house
        .post(TOKENS, &owner, r#"{"name":"edge","role":"ingest"}"#)
        .await
        .json();
    let token = made["token"].as_str().unwrap();
    for path in [TOKENS, "/api/v1/audit"] {
        let told = house.get(path, &owner).await;
        assert!(
            told.text.contains("edge") || path != TOKENS,
            "{}",
            told.text
        );
        assert!(
            !told.text.contains(token) && !told.text.contains(&owner),
            "{path}"
        );
    }
}

#[tokio::test]
async fn every_change_leaves_an_audit_row_and_pages_follow_one_another() {
    let house = House::open();
    let owner = house.token(Role::Owner, "/");
    for name in ["a", "b", "c"] {
        let body = format!(r#"{{"name":"{name}","role":"reader"}}"#);
        assert_eq!(
            house.post(TOKENS, &owner, body).await.status,
            StatusCode::CREATED
        );
    }
    let page = house.get("/api/v1/audit?limit=2", &owner).await.json();
    let before = page["next_before"].as_u64().unwrap();
    let next = house
        .get(&format!("/api/v1/audit?limit=2&before={before}"), &owner)
        .await
        .json();
    let numbers: Vec<_> = [&page, &next]
        .iter()
        .flat_map(|it| {
            it["items"]
                .as_array()
                .unwrap()
                .iter()
                .map(|it| it["number"].as_u64().unwrap())
        })
        .collect();
    assert_eq!(numbers.len(), 4, "{page} {next}");
    assert!(numbers.windows(2).all(|it| it[0] > it[1]), "{numbers:?}");
    assert_eq!(page["items"][0]["action"], "token.add");
    assert!(
        page["items"][0]["address"]
            .as_str()
            .unwrap()
            .starts_with("10."),
        "{page}"
    );
}

#[tokio::test]
async fn an_address_that_guesses_is_slowed_down_and_tokens_in_use_go_on() {
    let house = House::open();
    let known = house.token(Role::Reader, "/");
    let ask = async |token: &str| {
        let request =
            Request::get("/api/v1/version").header("authorization", format!("Bearer {token}"));
        let peer = Peer("203.0.113.9:1".parse().unwrap());
        read(
            house
                .send(request.extension(peer).body(Body::empty()).unwrap())
                .await,
        )
        .await
    };
    assert_eq!(ask(&known).await.status, StatusCode::OK);
    for _ in 0..30 {
        assert_eq!(ask("gw_o_guess").await.status, StatusCode::UNAUTHORIZED);
    }
    let told = ask("gw_o_guess").await;
    assert_eq!(
        (told.status, &told.headers["retry-after"]),
        (StatusCode::TOO_MANY_REQUESTS, &"60".parse().unwrap())
    );
    assert_eq!(ask(&known).await.status, StatusCode::OK);
    // Long enough that the store is asked again, and not so long that guessing is free again.
    house.clock.pass_seconds(45);
    assert_eq!(
        ask("gw_o_guess").await.status,
        StatusCode::TOO_MANY_REQUESTS
    );
    assert_eq!(ask(&known).await.status, StatusCode::OK);
    let id = house.token_id(&known);
    assert!(house.store.revoke_token(&id, &house.actor()).unwrap());
    house.clock.pass_seconds(30);
    assert_eq!(ask(&known).await.status, StatusCode::UNAUTHORIZED);
    house.clock.pass_seconds(60);
    assert_eq!(ask("gw_o_guess").await.status, StatusCode::UNAUTHORIZED);
}
