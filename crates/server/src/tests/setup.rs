//! The first start and the one-time set-up link.

use std::os::unix::fs::PermissionsExt;

use axum::body::Body;
use axum::http::{Request, StatusCode};
use gatewatch_ports::store::Role;

use super::house::{House, Told, read};
use crate::shared::Peer;
use crate::{FirstStart, INGEST_TOKEN_FILE, READ_TOKEN_FILE, first_start};

fn start(house: &House) -> FirstStart {
    first_start(&*house.store, house.folder.path(), &*house.clock).unwrap()
}

async fn show(house: &House, code: &str) -> Told {
    house
        .ask("GET", &format!("/setup?code={code}"), None, Body::empty())
        .await
}

async fn make(house: &House, code: &str, name: &str) -> Told {
    house
        .ask(
            "POST",
            "/setup",
            None,
            Body::from(format!("code={code}&name={name}")),
        )
        .await
}

fn token_in(page: &str) -> String {
    let from = page.find("gw_o_").unwrap();
    page[from..].chars().take(48).collect()
}

#[tokio::test]
async fn the_first_start_leaves_two_tokens_that_work() {
    let house = House::open();
    let first = start(&house);
    for (file, token, role) in [
        (READ_TOKEN_FILE, first.read_token, "reader"),
        (INGEST_TOKEN_FILE, first.ingest_token, "ingest"),
    ] {
        let path = house.folder.path().join(file);
        assert_eq!(
            std::fs::metadata(&path).unwrap().permissions().mode() & 0o777,
            0o600,
            "{file}"
        );
        let text = std::fs::read_to_string(&path).unwrap();
        assert_eq!(text.trim(), token.unwrap().expose());
        assert_eq!(
            house.get("/api/v1/version", text.trim()).await.status,
            StatusCode::OK,
            "{role}"
        );
    }
    assert_eq!(house.store.tokens().unwrap().len(), 2);
}

#[tokio::test]
async fn later_starts_make_no_more_tokens() {
    let house = House::open();
    let first = start(&house);
    let second = start(&house);
    assert_eq!(first.read_token, second.read_token);
    std::fs::remove_file(house.folder.path().join(READ_TOKEN_FILE)).unwrap();
    let third = start(&house);
    assert_eq!(
        (third.read_token, third.ingest_token),
        (None, first.ingest_token)
    );
    assert_eq!(house.store.tokens().unwrap().len(), 2);
}

#[tokio::test]
async fn a_start_that_died_half_way_is_completed() {
    let house = House::open();
    let token = crate::secrets::new_token(Role::Reader).unwrap();
    std::fs::write(house.folder.path().join(READ_TOKEN_FILE), token.expose()).unwrap();
    let first = start(&house);
    assert_eq!(first.read_token.as_ref(), Some(&token));
    assert_eq!(
        house.get("/api/v1/version", token.expose()).await.status,
        StatusCode::OK
    );
    assert!(first.ingest_token.is_some());
}

#[tokio::test]
async fn the_link_makes_one_owner_once() {
    let house = House::open();
    let code = start(&house).setup_code.unwrap();
    let form = show(&house, code.expose()).await;
    assert_eq!(form.status, StatusCode::OK);
    assert!(
        form.text.contains(code.expose()) && form.text.contains("<form"),
        "{}",
        form.text
    );
    let made = make(&house, code.expose(), "Ada").await;
    assert_eq!(made.status, StatusCode::OK, "{}", made.text);
    assert_eq!(made.headers["cache-control"], "no-store");
    assert_eq!(made.headers["referrer-policy"], "no-referrer");
    let owner = token_in(&made.text);
    let tokens = house.get("/api/v1/tokens", &owner).await.json();
    assert!(
        tokens["items"]
            .as_array()
            .unwrap()
            .iter()
            .any(|it| it["name"] == "Ada"),
        "{tokens}"
    );
    assert_eq!(
        make(&house, code.expose(), "Eve").await.status,
        StatusCode::FORBIDDEN
    );
    assert_eq!(
        show(&house, code.expose()).await.status,
        StatusCode::FORBIDDEN
    );
    assert!(start(&house).setup_code.is_none());
}

#[tokio::test]
async fn the_link_ends_after_a_day_and_with_the_next_start() {
    let house = House::open();
    let old = start(&house).setup_code.unwrap();
    let code = start(&house).setup_code.unwrap();
    assert_eq!(
        show(&house, old.expose()).await.status,
        StatusCode::FORBIDDEN
    );
    house.clock.pass_seconds(24 * 3_600 - 1);
    assert_eq!(show(&house, code.expose()).await.status, StatusCode::OK);
    house.clock.pass_seconds(1);
    assert_eq!(
        show(&house, code.expose()).await.status,
        StatusCode::FORBIDDEN
    );
    assert_eq!(
        make(&house, code.expose(), "Ada").await.status,
        StatusCode::FORBIDDEN
    );
}

#[tokio::test]
async fn the_code_is_kept_as_its_hash_only() {
    let house = House::open();
    let code = start(&house).setup_code.unwrap();
    let kept = house.store.setting("setup-code").unwrap().unwrap();
    assert!(!String::from_utf8_lossy(&kept).contains(code.expose()));
    assert_eq!(format!("{code:?}"), "<43 characters>");
}

#[tokio::test]
async fn a_name_that_does_not_do_leaves_the_code_good() {
    let house = House::open();
    let code = start(&house).setup_code.unwrap();
    let told = make(&house, code.expose(), "").await;
    assert_eq!(told.status, StatusCode::BAD_REQUEST, "{}", told.text);
    // Two live tokens never have one name, and this is that of the first start.
    let told = make(&house, code.expose(), INGEST_TOKEN_FILE).await;
    assert_eq!(told.status, StatusCode::CONFLICT, "{}", told.text);
    assert_eq!(
        make(&house, code.expose(), "Ada").await.status,
        StatusCode::OK
    );
}

#[tokio::test]
async fn whoever_guesses_codes_is_slowed_down() {
    let house = House::open();
    let code = start(&house).setup_code.unwrap();
    let guess = async |code: &str| {
        let peer = Peer("203.0.113.9:1".parse().unwrap());
        let request = Request::get(format!("/setup?code={code}")).extension(peer);
        house
            .send(request.body(Body::empty()).unwrap())
            .await
            .status()
    };
    for _ in 0..10 {
        assert_eq!(guess("wrong").await, StatusCode::FORBIDDEN);
    }
    assert_eq!(guess(code.expose()).await, StatusCode::TOO_MANY_REQUESTS);
    house.clock.pass_seconds(60);
    assert_eq!(guess(code.expose()).await, StatusCode::OK);
}

#[tokio::test]
async fn another_site_cannot_send_the_form() {
    let house = House::open();
    let code = start(&house).setup_code.unwrap();
    let body = Body::from(format!("code={}&name=Eve", code.expose()));
    let request = Request::post("/setup")
        .header("host", "127.0.0.1:8470")
        .header("origin", "https://evil.example");
    let told = read(house.send(request.body(body).unwrap()).await).await;
    assert_eq!(told.status, StatusCode::FORBIDDEN);
    assert_eq!(
        house
            .store
            .tokens()
            .unwrap()
            .iter()
            .filter(|it| it.role == Role::Owner)
            .count(),
        0
    );
}
