//! The roll of routes. A route is a row: without a gate, a scope check and an operation there is
//! none, and `router` is the only place that registers any.

use std::sync::Arc;

use axum::Router;
use axum::http::Method;
use axum::middleware;
use axum::response::Response;
use axum::routing::{MethodFilter, MethodRouter};
use gatewatch_ports::store::Role;
use tower_http::compression::CompressionLayer;

use crate::asked::Param;
use crate::openapi::Content;
use crate::problem::{Kind, NOT_FOUND, Problem, WRONG_METHOD};
use crate::shared::Shared;
use crate::{
    Faces, audit, controls, definitions, detections, difference, dress, drift, events, guard,
    health, info_types, ingest, inventory, learned, metrics, openapi, own, pages, pins, profile,
    progress, rollups, seen, sensitive, sensitivity, setup, signals, tokens, uploads, vigilance,
};

pub(crate) static ROLL: &[&[Route]] = &[
    pages::ROUTES,
    setup::ROUTES,
    health::ROUTES,
    metrics::ROUTES,
    ingest::ROUTES,
    inventory::ROUTES,
    profile::ROUTES,
    pins::ROUTES,
    definitions::ROUTES,
    uploads::ROUTES,
    drift::ROUTES,
    learned::ROUTES,
    difference::ROUTES,
    seen::ROUTES,
    rollups::ROUTES,
    progress::ROUTES,
    events::ROUTES,
    signals::ROUTES,
    detections::ROUTES,
    vigilance::ROUTES,
    sensitive::ROUTES,
    sensitivity::ROUTES,
    info_types::ROUTES,
    own::ROUTES,
    controls::ROUTES,
    tokens::ROUTES,
    audit::ROUTES,
    openapi::ROUTES,
];

pub(crate) struct Route {
    pub verb: Verb,
    pub path: &'static str,
    pub face: Face,
    pub gate: Gate,
    pub scope: Scoped,
    pub operation: Operation,
    pub answer: fn(MethodFilter) -> MethodRouter<Arc<Shared>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Verb {
    Get,
    Post,
    Put,
    Delete,
}

/// In which processes a route exists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Face {
    Always,
    Ingest,
    Serve,
}

/// Who may come in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Gate {
    Open,
    /// Whoever holds the set-up code; the route itself compares it.
    SetupCode,
    /// Tokens of this role and those above it.
    Least(Role),
    Only(&'static [Role]),
}

/// How the scope of a token bounds what it gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scoped {
    /// Nothing in the answer belongs to a scope.
    Nothing,
    /// The answer spans all scopes, so only tokens of `/` come in.
    Whole,
    /// The list holds what lies at or below the token's scope.
    List,
    /// One thing, looked up and then compared: outside the scope it does not exist.
    Item,
    /// What is taken in gets the token's scope.
    Stamp,
}

/// How the API describes a route.
pub(crate) struct Operation {
    pub id: &'static str,
    pub summary: &'static str,
    pub description: &'static str,
    /// Variable parts of the path with what they are.
    pub slots: &'static [(&'static str, &'static str)],
    pub params: &'static [Param],
    pub headers: &'static [(&'static str, &'static str)],
    pub body: Option<Content>,
    pub answers: &'static [Answer],
    pub problems: &'static [&'static Kind],
}

pub(crate) struct Answer {
    pub status: u16,
    pub what: &'static str,
    pub contents: &'static [Content],
}

impl Operation {
    /// The parts that most operations lack.
    pub const PLAIN: Operation = Operation {
        id: "",
        summary: "",
        description: "",
        slots: &[],
        params: &[],
        headers: &[],
        body: None,
        answers: &[],
        problems: &[],
    };
}

impl Gate {
    pub fn lets_in(self, role: Role) -> bool {
        match self {
            Gate::Open | Gate::SetupCode => true,
            Gate::Least(least) => role >= least,
            Gate::Only(roles) => roles.contains(&role),
        }
    }

    pub fn roles(self) -> Vec<&'static str> {
        Role::ALL
            .into_iter()
            .filter(|it| self.lets_in(*it))
            .map(Role::name)
            .collect()
    }

    pub fn asks_for_token(self) -> bool {
        matches!(self, Gate::Least(_) | Gate::Only(_))
    }
}

impl Verb {
    pub fn name(self) -> &'static str {
        match self {
            Verb::Get => "get",
            Verb::Post => "post",
            Verb::Put => "put",
            Verb::Delete => "delete",
        }
    }

    pub fn filter(self) -> MethodFilter {
        match self {
            Verb::Get => MethodFilter::GET,
            Verb::Post => MethodFilter::POST,
            Verb::Put => MethodFilter::PUT,
            Verb::Delete => MethodFilter::DELETE,
        }
    }
}

impl Face {
    fn is_in(self, faces: Faces) -> bool {
        match self {
            Face::Always => true,
            Face::Ingest => faces.ingest,
            Face::Serve => faces.serve,
        }
    }
}

pub(crate) fn all() -> impl Iterator<Item = &'static Route> {
    ROLL.iter().flat_map(|it| it.iter())
}

pub(crate) fn router(shared: Arc<Shared>) -> Router {
    let mut router = Router::new();
    for (number, route) in all()
        .enumerate()
        .filter(|(_, it)| it.face.is_in(shared.faces))
    {
        let post = guard::Post {
            shared: shared.clone(),
            route,
            number,
        };
        let guarded = middleware::from_fn_with_state(post, guard::guard);
        router = router.route(
            route.path,
            (route.answer)(route.verb.filter()).route_layer(guarded),
        );
    }
    router
        .fallback(nowhere)
        .method_not_allowed_fallback(wrong_method)
        .layer(CompressionLayer::new())
        .layer(middleware::from_fn(dress::dress))
        .with_state(shared)
}

async fn nowhere() -> Problem {
    Problem::new(
        &NOT_FOUND,
        "there is nothing at this address; GET /openapi.json lists what there is",
    )
}

async fn wrong_method(method: Method) -> Result<Response, Problem> {
    let shown: String = method.as_str().chars().take(20).collect();
    let detail = format!("{shown} is not possible here; GET /openapi.json lists what is");
    Err(Problem::new(&WRONG_METHOD, detail))
}
