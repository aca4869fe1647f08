//! Sensitive information that endpoints carry: by type, where, how sure that is and why, and what
//! was discovered last.

mod columns;

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use axum::routing::on;
use gatewatch_model::Spot;
use gatewatch_model::info_type::{Category, Ground, Grounds};
use gatewatch_model::sensitivity::{MemberHit, Sensitive, Sensitivity};
use gatewatch_ports::sensitive::{
    DiscoveryItem, DiscoveryQuery, SensitivityRow, TypeCount, TypeQuery,
};
use gatewatch_ports::store::Role;
use gatewatch_ports::{Store, StoreError};
use serde::Serialize;
use utoipa::ToSchema;

use crate::access::Grant;
use crate::asked::{Asked, Param, ParamKind};
use crate::csv;
use crate::endpoint_query::spot_name;
use crate::openapi::{Content, list};
use crate::problem::Problem;
use crate::routes::{Answer, Face, Gate, Operation, Route, Scoped, Verb};
use crate::shapes::{LIMIT, List, OFFSET};
use crate::shared::Shared;

pub(crate) const NAME_CHARACTERS_MAX: usize = 256;

pub(crate) const COLLECTION: Param = Param {
    name: "collection",
    what: "Only of this collection.",
    kind: ParamKind::Collection,
};

pub(crate) static ROUTES: &[Route] = &[
    Route {
        verb: Verb::Get,
        path: "/api/v1/sensitive-data",
        face: Face::Serve,
        gate: Gate::Least(Role::Reader),
        scope: Scoped::List,
        operation: Operation {
            id: "listSensitiveData",
            summary: "Types of sensitive information that endpoints carry",
            description: "Added up over all endpoints of the scope, of a collection, or of all APIs of a \
                gateway's service; those that most endpoints carry come first. As CSV (`format=csv` or \
                `Accept: text/csv`) all types are written, or as many as `limit` says.",
            params: &[
                COLLECTION,
                Param {
                    name: "service",
                    what: "Only of APIs of this gateway, as its exchanges name it.",
                    kind: ParamKind::Text {
                        characters_max: NAME_CHARACTERS_MAX,
                    },
                },
                csv::FORMAT,
                LIMIT,
                OFFSET,
            ],
            answers: &[Answer {
                status: 200,
                what: "A page of types.",
                contents: &[
                    Content::Json(list::<CarriedType>),
                    Content::Text(csv::MEDIA_TYPE),
                ],
            }],
            ..Operation::PLAIN
        },
        answer: |verb| on(verb, list_types),
    },
    Route {
        verb: Verb::Get,
        path: "/api/v1/discoveries",
        face: Face::Serve,
        gate: Gate::Least(Role::Reader),
        scope: Scoped::List,
        operation: Operation {
            id: "listDiscoveries",
            summary: "Where sensitive information was discovered",
            description: "A member of an endpoint that was found to be sensitive, or to be of another type \
                than before; latest first. The last 100,000 are kept. As CSV (`format=csv` or \
                `Accept: text/csv`) up to 100,000 rows from `offset` on are written, or as many as \
                `limit` says.",
            params: &[COLLECTION, csv::FORMAT, LIMIT, OFFSET],
            answers: &[Answer {
                status: 200,
                what: "A page of discoveries.",
                contents: &[
                    Content::Json(list::<Discovered>),
                    Content::Text(csv::MEDIA_TYPE),
                ],
            }],
            ..Operation::PLAIN
        },
        answer: |verb| on(verb, list_discoveries),
    },
];

/// A type of sensitive information in one spot of an endpoint.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SensitiveData)]
pub(crate) struct Carried {
    /// Its id in the catalogue: `credit-card`.
    pub info_type: Box<str>,
    /// `finance`, `pii`, `credentials`, `other` or `custom`.
    pub category: &'static str,
    /// Its label; null when it has none.
    pub label: Option<Box<str>>,
    /// Whether it counts as sensitive by its label.
    pub counts: bool,
    /// Where it stands: `request.body`, `response.headers` and so on.
    pub spot: &'static str,
    /// 2 for answers of 2xx and so on; null for requests.
    pub status_class: Option<u8>,
    /// In percent.
    pub confidence: u8,
    /// Why, in words.
    pub grounds: Vec<&'static str>,
    /// Values that fitted.
    pub hits: u64,
    /// Members with the most hits.
    pub places: Vec<String>,
    /// When it was seen first.
    #[schema(format = DateTime)]
    pub first_seen: String,
    /// When it was seen last.
    #[schema(format = DateTime)]
    pub last_seen: String,
}

/// A type of sensitive information that a member is or may be.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = MemberHit)]
pub(crate) struct Hit {
    /// Its id in the catalogue: `credit-card`.
    info_type: Box<str>,
    /// `finance`, `pii`, `credentials`, `other` or `custom`.
    category: &'static str,
    /// In percent; from 50 on the member counts as one.
    confidence: u8,
    /// Why, in words.
    grounds: Vec<&'static str>,
    /// Values that fitted.
    hits: u64,
    /// Texts and numbers that the member had in all.
    values: u64,
    /// When one was seen first.
    #[schema(format = DateTime)]
    first_seen: String,
    /// When one was seen last.
    #[schema(format = DateTime)]
    last_seen: String,
}

/// A type with what endpoints carry of it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CarriedType {
    /// Its id in the catalogue: `credit-card`.
    info_type: Box<str>,
    /// `finance`, `pii`, `credentials`, `other` or `custom`.
    category: &'static str,
    /// Its label; null when it has none.
    label: Option<Box<str>>,
    /// Whether it counts as sensitive by its label.
    counts: bool,
    /// How many endpoints carry it.
    endpoints: u64,
    /// Values that fitted.
    hits: u64,
    /// In percent, where it is surest.
    confidence: u8,
    /// In which spots.
    spots: Vec<&'static str>,
    /// When it was seen first.
    #[schema(format = DateTime)]
    first_seen: String,
    /// When it was seen last.
    #[schema(format = DateTime)]
    last_seen: String,
}

/// That a member was found to be sensitive.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Discovery)]
struct Discovered {
    /// Counts up with each discovery.
    number: u64,
    /// Time of the exchange that made it sure.
    #[schema(format = DateTime)]
    at: String,
    /// The endpoint's id of today.
    endpoint_id: String,
    /// Its method.
    method: Box<str>,
    /// Its template.
    template: Box<str>,
    /// The id of its collection.
    collection_id: String,
    /// The name of its collection.
    collection: Box<str>,
    /// Where its collection lies in the tree of scopes.
    scope: Box<str>,
    /// The member: `$.response.body.customer.cards[].number`.
    place: String,
    /// 2 for answers of 2xx and so on; null for requests.
    status_class: Option<u8>,
    /// The type's id in the catalogue.
    info_type: Box<str>,
    /// `finance`, `pii`, `credentials`, `other` or `custom`.
    category: &'static str,
    /// Its label; null when it has none.
    label: Option<Box<str>>,
    /// In percent, at that time.
    confidence: u8,
    /// Why, in words.
    grounds: Vec<&'static str>,
}

/// What is said of labels and of the threshold: that is said of the whole estate.
pub(crate) fn said(store: &dyn Store) -> Result<Sensitivity, StoreError> {
    let rows = store.sensitivity()?.into_iter();
    let mut root = rows.filter(|it| &*it.scope == "/");
    Ok(root.next().map_or_else(Sensitivity::default, root_of))
}

fn root_of(row: SensitivityRow) -> Sensitivity {
    row.sensitivity
}

/// The highest label of what an endpoint carries.
pub(crate) fn highest_label(sensitive: &[Sensitive], said: &Sensitivity) -> Option<Box<str>> {
    let labels = sensitive
        .iter()
        .filter_map(|it| said.label(&it.info_type, it.category));
    labels.max_by_key(|it| it.order).map(|it| it.name.clone())
}

async fn list_types(
    State(shared): State<Arc<Shared>>,
    grant: Grant,
    asked: Asked,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let query = TypeQuery {
        scope: grant.scope,
        collection: asked.collection("collection"),
        service: asked.text("service"),
    };
    let offset = asked.whole("offset");
    if csv::is_asked(&asked, &headers) {
        return columns::types(shared, query, offset, csv::rows(&asked)).await;
    }
    let list = carried_types(&shared, query, offset, asked.whole("limit")).await?;
    Ok(Json(list).into_response())
}

/// A page of types.
async fn carried_types(
    shared: &Shared,
    query: TypeQuery,
    offset: u64,
    limit: u64,
) -> Result<List<CarriedType>, Problem> {
    let known = shared
        .blocking
        .ask(move |store| Ok((store.info_types(&query)?, said(store)?)));
    let (types, said) = known.await?;
    let write = |it| CarriedType::new(it, &said);
    Ok(List::cut(types, offset, limit, write))
}

async fn list_discoveries(
    State(shared): State<Arc<Shared>>,
    grant: Grant,
    asked: Asked,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let query = DiscoveryQuery {
        scope: grant.scope,
        collection: asked.collection("collection"),
        offset: asked.whole("offset"),
        limit: asked.whole("limit"),
    };
    if csv::is_asked(&asked, &headers) {
        let limit = csv::rows(&asked);
        return columns::discoveries(shared, DiscoveryQuery { limit, ..query }).await;
    }
    let list = discovered(&shared, query).await?;
    Ok(Json(list).into_response())
}

/// A page of discoveries.
async fn discovered(shared: &Shared, query: DiscoveryQuery) -> Result<List<Discovered>, Problem> {
    let offset = query.offset;
    let known = shared
        .blocking
        .ask(move |store| Ok((store.discoveries(&query)?, said(store)?)));
    let (page, said) = known.await?;
    Ok(List::of(page, offset, |it| Discovered::new(it, &said)))
}

impl Carried {
    pub fn new(row: Sensitive, said: &Sensitivity) -> Carried {
        let Sensitive {
            info_type,
            category,
            spot,
            status_class,
            confidence,
            hits,
            grounds,
            places,
            first_seen,
            last_seen,
        } = row;
        Carried {
            label: label(said, &info_type, category),
            counts: said.counts(&info_type, category),
            info_type,
            category: category.name(),
            spot: spot_name(spot),
            status_class: (status_class > 0).then_some(status_class),
            confidence,
            grounds: words(grounds),
            hits,
            places: places.iter().map(|it| place(spot, it)).collect(),
            first_seen: first_seen.to_string(),
            last_seen: last_seen.to_string(),
        }
    }
}

impl Hit {
    pub fn new(row: MemberHit) -> Hit {
        let MemberHit {
            info_type,
            category,
            confidence,
            hits,
            values,
            grounds,
            first_seen,
            last_seen,
        } = row;
        Hit {
            info_type,
            category: category.name(),
            confidence,
            grounds: words(grounds),
            hits,
            values,
            first_seen: first_seen.to_string(),
            last_seen: last_seen.to_string(),
        }
    }
}

impl CarriedType {
    pub fn new(row: TypeCount, said: &Sensitivity) -> CarriedType {
        let TypeCount {
            info_type,
            category,
            endpoints,
            hits,
            confidence,
            spots,
            first_seen,
            last_seen,
        } = row;
        CarriedType {
            label: label(said, &info_type, category),
            counts: said.counts(&info_type, category),
            info_type,
            category: category.name(),
            endpoints,
            hits,
            confidence,
            spots: spots.into_iter().map(spot_name).collect(),
            first_seen: first_seen.to_string(),
            last_seen: last_seen.to_string(),
        }
    }
}

impl Discovered {
    fn new(item: DiscoveryItem, said: &Sensitivity) -> Discovered {
        let DiscoveryItem {
            number,
            discovery: it,
            collection,
            collection_name,
            scope,
            method,
            template,
        } = item;
        Discovered {
            number,
            at: it.at.to_string(),
            endpoint_id: it.endpoint.to_string(),
            method,
            template,
            collection_id: collection.to_string(),
            collection: collection_name,
            scope,
            place: place(it.spot, &it.path),
            status_class: (it.status_class > 0).then_some(it.status_class),
            label: label(said, &it.info_type, it.category),
            info_type: it.info_type,
            category: it.category.name(),
            confidence: it.confidence,
            grounds: words(it.grounds),
        }
    }
}

fn label(said: &Sensitivity, info_type: &str, category: Category) -> Option<Box<str>> {
    said.label(info_type, category).map(|it| it.name.clone())
}

fn words(grounds: Grounds) -> Vec<&'static str> {
    grounds.iter().map(Ground::text).collect()
}

/// `$.request.body` and the path below it.
pub(crate) fn place(spot: Spot, path: &str) -> String {
    let dot = if path.is_empty() || path.starts_with('[') {
        ""
    } else {
        "."
    };
    format!("{}{dot}{path}", spot.prefix())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_written_as_documented() {
        assert_eq!(place(Spot::RequestBody, "a.b"), "$.request.body.a.b");
        assert_eq!(place(Spot::ResponseBody, "[].b"), "$.response.body[].b");
        assert_eq!(place(Spot::RequestBody, ""), "$.request.body");
    }
}
