//! Attacks that were seen: at endpoints, in collections, and by class over a scope. Never a value.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::routing::on;
use gatewatch_detect::SHIPPED;
use gatewatch_model::facts::{ClassFacts, SignalFacts};
use gatewatch_ports::signals::{ClassCount, SignalQuery};
use gatewatch_ports::store::Role;
use serde::Serialize;
use utoipa::ToSchema;

use crate::access::Grant;
use crate::asked::{Asked, Param, ParamKind};
use crate::openapi::{Content, list};
use crate::problem::Problem;
use crate::routes::{Answer, Face, Gate, Operation, Route, Scoped, Verb};
use crate::sensitive::{COLLECTION, NAME_CHARACTERS_MAX};
use crate::shapes::{LIMIT, List, OFFSET};
use crate::shared::Shared;

pub(crate) static ROUTES: &[Route] = &[Route {
    verb: Verb::Get,
    path: "/api/v1/signals",
    face: Face::Serve,
    gate: Gate::Least(Role::Reader),
    scope: Scoped::List,
    operation: Operation {
        id: "listSignals",
        summary: "Attacks by class",
        description: "Added up over all collections of the scope, one of them, or all APIs of a gateway's \
            service, calls that found no endpoint included; the class with most attacks comes first. \
            An exchange counts once in each class that was seen in it.",
        params: &[
            COLLECTION,
            Param {
                name: "service",
                what: "Only of APIs of this gateway, as its exchanges name it.",
                kind: ParamKind::Text {
                    characters_max: NAME_CHARACTERS_MAX,
                },
            },
            LIMIT,
            OFFSET,
        ],
        answers: &[Answer {
            status: 200,
            what: "A page of classes.",
            contents: &[Content::Json(list::<SeenClass>)],
        }],
        ..Operation::PLAIN
    },
    answer: |verb| on(verb, list_classes),
}];

/// What was wrong with exchanges.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Signals)]
pub(crate) struct Signals {
    /// Exchanges that were attacks.
    pub attacks: u64,
    /// Exchanges that were no more than suspicious.
    pub suspicious: u64,
    /// Of the attacks: those that were answered 2xx.
    pub answered: u64,
    /// By class of attack, sorted by name.
    pub classes: Vec<OfClass>,
}

/// Exchanges with signals of one class.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SignalsOfClass)]
pub(crate) struct OfClass {
    /// As `scan` prints it: `sqli`.
    pub class: Box<str>,
    /// For people.
    title: Box<str>,
    /// Exchanges that were attacks by it.
    attacks: u64,
    /// Exchanges that were no more than suspicious by it, or of which only the answer showed it.
    suspicious: u64,
    /// Of the attacks: those that were answered 2xx.
    answered: u64,
    /// `informational`, `low`, `medium` or `high`: the highest of all.
    severity: &'static str,
    /// When it was seen first.
    #[schema(format = DateTime)]
    first_seen: String,
    /// When it was seen last.
    #[schema(format = DateTime)]
    last_seen: String,
    /// What was detected, most often first.
    detections: Vec<Detected>,
}

/// A detection and in how many exchanges it fired.
#[derive(Debug, Serialize, ToSchema)]
struct Detected {
    /// Its id in the catalogue: `injection.sql`.
    detection: Box<str>,
    /// How many.
    exchanges: u64,
}

/// A class of attack with where it was seen.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SeenClass)]
struct SeenClass {
    /// What was counted.
    #[serde(flatten)]
    counts: OfClass,
    /// In how many collections.
    collections: u64,
    /// At how many of the endpoints there are now.
    endpoints: u64,
}

async fn list_classes(
    State(shared): State<Arc<Shared>>,
    grant: Grant,
    asked: Asked,
) -> Result<Json<List<SeenClass>>, Problem> {
    let (offset, limit) = (asked.whole("offset"), asked.whole("limit"));
    let query = SignalQuery {
        scope: grant.scope,
        collection: asked.collection("collection"),
        service: asked.text("service"),
    };
    let sums = shared.blocking.ask(move |store| store.signals(&query));
    let classes = sums.await?.classes;
    Ok(Json(List::cut(classes, offset, limit, SeenClass::new)))
}

impl Signals {
    pub fn new(facts: SignalFacts) -> Signals {
        let SignalFacts {
            attacks,
            suspicious,
            answered,
            classes,
        } = facts;
        Signals {
            attacks,
            suspicious,
            answered,
            classes: classes.into_iter().map(OfClass::new).collect(),
        }
    }
}

impl OfClass {
    fn new(facts: ClassFacts) -> OfClass {
        let ClassFacts {
            class,
            attacks,
            suspicious,
            answered,
            severity,
            first_seen,
            last_seen,
            mut detections,
        } = facts;
        detections.sort_by_key(|it| core::cmp::Reverse(it.1));
        let detected = detections
            .into_iter()
            .map(|(detection, exchanges)| Detected {
                detection,
                exchanges,
            });
        OfClass {
            // A class of somebody's own has no other name here.
            title: SHIPPED
                .class(&class)
                .map_or_else(|| class.clone(), |it| it.title.clone()),
            class,
            attacks,
            suspicious,
            answered,
            severity: severity.name(),
            first_seen: first_seen.to_string(),
            last_seen: last_seen.to_string(),
            detections: detected.collect(),
        }
    }
}

impl SeenClass {
    fn new(count: ClassCount) -> SeenClass {
        let ClassCount {
            facts,
            collections,
            endpoints,
        } = count;
        SeenClass {
            counts: OfClass::new(facts),
            collections,
            endpoints,
        }
    }
}
