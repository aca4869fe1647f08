//! That no route can be registered past the roll.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use axum::body::Body;
use axum::http::StatusCode;

use super::house::House;
use crate::routes::{self, Gate, Scoped};

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push(path);
        }
    }
    found
}

#[test]
fn only_the_roll_registers_routes() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut seen = 0;
    for path in files(&source) {
        let text = std::fs::read_to_string(&path).unwrap();
        let code = text.split("#[cfg(test)]").next().unwrap();
        let name = path
            .strip_prefix(&source)
            .unwrap()
            .to_string_lossy()
            .into_owned();
        if name.starts_with("tests/") {
            continue;
        }
        for word in [
            ".route(",
            ".nest(",
            ".merge(",
            "route_service(",
            "nest_service(",
            "fallback_service(",
        ] {
            let count = code.matches(word).count();
            let allowed = match (name.as_str(), word) {
                // The second merges permits of a semaphore, no routers.
                ("routes.rs", ".route(") | ("ingest/room.rs", ".merge(") => 1,
                _ => 0,
            };
            assert_eq!(
                count, allowed,
                "{word} in {name}: put the route on the roll"
            );
            seen += count;
        }
    }
    assert_eq!(seen, 2, "the words that this test looks for have changed");
}

#[test]
fn every_module_with_routes_is_on_the_roll() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let declares = |it: &PathBuf| {
        std::fs::read_to_string(it)
            .unwrap()
            .contains("\npub(crate) static ROUTES: &[Route]")
    };
    let with_routes = files(&source).iter().filter(|it| declares(it)).count();
    assert_eq!(with_routes, routes::ROLL.len());
}

#[test]
fn a_route_stands_once_and_a_scope_check_needs_a_token() {
    let mut seen = BTreeSet::new();
    for route in routes::all() {
        assert!(
            seen.insert((route.path, route.verb)),
            "{} twice",
            route.path
        );
        let is_scoped = route.scope != Scoped::Nothing;
        assert!(!is_scoped || route.gate.asks_for_token(), "{}", route.path);
        assert_ne!(route.gate, Gate::Only(&[]), "{}", route.path);
    }
}

#[tokio::test]
async fn methods_that_are_not_on_the_roll_are_refused() {
    let house = House::open();
    for route in routes::all() {
        let path = route.path.replace("{id}", "1").replace("{revision}", "1");
        let on_the_roll = |method: &str| {
            routes::all().any(|it| it.path == route.path && it.verb.name() == method)
        };
        for method in ["PUT", "PATCH"] {
            if on_the_roll(&method.to_lowercase()) {
                continue;
            }
            let told = house.ask(method, &path, None, Body::empty()).await;
            assert_eq!(
                told.status,
                StatusCode::METHOD_NOT_ALLOWED,
                "{method} {path}"
            );
            assert_eq!(told.headers["content-type"], "application/problem+json");
        }
    }
}
