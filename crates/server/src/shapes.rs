//! What the API writes: rows of the store as JSON, with times, ids and units spelt out.

use gatewatch_model::Timestamp;
use gatewatch_model::effects::{CollectionRow, Spread as Row};
use gatewatch_model::profile::{Credential, Drift};
use gatewatch_model::sensitivity::Sensitivity;
use gatewatch_ports::facts::{CollectionCounts, State};
use gatewatch_ports::store::{EndpointItem, Page};
use serde::Serialize;
use utoipa::ToSchema;

use crate::asked::{Param, ParamKind};
use crate::facts::{Decision, Facts, authentication, known_by};
use crate::origins::CalledFrom;
use crate::sensitive::{Carried, CarriedType, highest_label};
use crate::signals::Signals;

const LIMIT_MAX: u64 = 1_000;
const OFFSET_MAX: u64 = 1_000_000;

pub(crate) const LIMIT: Param = Param {
    name: "limit",
    what: "How many items a page has at most.",
    kind: ParamKind::Whole {
        min: 1,
        max: LIMIT_MAX,
        default: 100,
    },
};
pub(crate) const OFFSET: Param = Param {
    name: "offset",
    what: "How many items come before the page.",
    kind: ParamKind::Whole {
        min: 0,
        max: OFFSET_MAX,
        default: 0,
    },
};
pub(crate) const MOST: Param = Param {
    name: "limit",
    what: "How many are listed at most.",
    kind: ParamKind::Whole {
        min: 1,
        max: 1_000,
        default: 100,
    },
};

/// A page of a list.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct List<T> {
    /// The things themselves.
    pub items: Vec<T>,
    /// How many there are on all pages.
    pub total: u64,
    /// The `offset` of the next page; null on the last.
    pub next_offset: Option<u64>,
}

/// The first of a list that is not counted.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct First<T> {
    /// The things themselves.
    pub items: Vec<T>,
    /// Whether there are more than were asked for.
    pub more: bool,
}

/// A set of endpoints that form one API.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Collection {
    /// 32 hexadecimal digits.
    pub id: String,
    /// Service and API as the gateway names them, else the host.
    pub name: Box<str>,
    /// `api` when its gateway names it, `host` when only its host is known.
    pub kind: &'static str,
    /// Where it lies in the tree of scopes.
    pub scope: Box<str>,
    /// Exchanges in all.
    pub calls: u64,
    /// How many endpoints it has, without those that are `missed`.
    pub endpoints: u64,
    /// Paths that were asked for and only ever answered 400, 404 or the like.
    pub missed: u64,
    /// Of these, how many were called once and not in the last 30 days.
    pub inactive: u64,
    /// How many were never called: they are known from a definition or a pin.
    pub awaiting: u64,
    /// How many were called in the last 30 days, and never with credentials.
    pub unauthenticated: u64,
    /// How many were called from outside in the last 30 days.
    pub external: u64,
    /// How many stand otherwise to the definition than as documented.
    pub drifting: u64,
    /// Types of sensitive information that its endpoints carry, those that most carry first.
    pub info_types: Vec<CarriedType>,
    /// Attacks on it, those included that found no endpoint.
    pub signals: Signals,
    /// Its definition as the fold has it; null when it has none.
    pub definition: Option<Defined>,
    /// Time of its first exchange; null when it was never called.
    #[schema(format = DateTime)]
    pub first_seen: Option<String>,
    /// Time of its latest exchange; null likewise.
    #[schema(format = DateTime)]
    pub last_seen: Option<String>,
}

/// What a definition calls itself.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DefinitionTitle)]
pub(crate) struct Defined {
    /// The title in the document.
    pub title: Box<str>,
    /// The version in the document.
    pub version: Box<str>,
}

/// A method and a template within a collection, with what was observed of it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Endpoint {
    /// 32 hexadecimal digits.
    pub id: String,
    /// The id of its collection.
    pub collection_id: String,
    /// The name of its collection.
    pub collection: Box<str>,
    /// Where its collection lies in the tree of scopes.
    pub scope: Box<str>,
    /// The method of HTTP.
    pub method: Box<str>,
    /// The path, its variable parts in braces.
    pub template: Box<str>,
    /// `active` when called in the last 30 days, `inactive` when before that, `awaiting` when never.
    pub state: &'static str,
    /// `authenticated`, `unauthenticated`, or `awaiting` when not observed in the last 30 days.
    pub authentication: &'static str,
    /// Time of the latest call from outside; null when none was observed.
    #[schema(format = DateTime)]
    pub external_last_seen: Option<String>,
    /// `rest`, `graphql`, `grpc`, `soap`, `json-rpc`, `mcp` or `websocket`.
    pub protocol: &'static str,
    /// What it is for, as far as its template and its answers tell.
    pub role: &'static str,
    /// How it stands to the collection's definition; null when there is none.
    pub drift: Option<&'static str>,
    /// `traffic`, `definition`, `pin`: one or more of these.
    pub known_by: Vec<&'static str>,
    /// Kinds of credentials that came with requests.
    pub credentials: Vec<&'static str>,
    /// Whether it carries what counts as sensitive.
    pub sensitive: bool,
    /// The highest label of what it carries; null when nothing has one.
    pub label: Option<Box<str>>,
    /// Sensitive information by type, spot and class of status, the surest first.
    pub sensitive_data: Vec<Carried>,
    /// Credentials of requests where credentials belong: in headers made for them, in cookies, and
    /// as what is handed to an endpoint that gives tokens out. They authenticate, and make the
    /// endpoint sensitive only where `credentials_in_place` of its scope says so.
    pub credential_data: Vec<Carried>,
    /// Attacks on it.
    pub signals: Signals,
    /// Where its callers ever were; the profile counts them.
    pub called_from: CalledFrom,
    /// Questions that exchanges answered.
    pub facts: Facts,
    /// The latest time at which it announced to go; null when it did not.
    #[schema(format = DateTime)]
    pub sunset: Option<String>,
    /// Why segments of the template are slots or words.
    pub decisions: Vec<Decision>,
    /// Exchanges in all.
    pub calls: u64,
    /// How often it answered with which status.
    pub statuses: Vec<StatusCount>,
    /// About how many callers it had (within 2 % as a rule); null when none was observed.
    pub callers_estimate: Option<u64>,
    /// Sizes of request bodies in bytes; null when not observed.
    pub request_bytes: Option<Spread>,
    /// Sizes of response bodies in bytes; null when not observed.
    pub response_bytes: Option<Spread>,
    /// Latencies in microseconds; null when not observed.
    pub latency_micros: Option<Spread>,
    /// Time of its first exchange; null when it was never called.
    #[schema(format = DateTime)]
    pub first_seen: Option<String>,
    /// Time of its latest exchange; null when it was never called.
    #[schema(format = DateTime)]
    pub last_seen: Option<String>,
}

/// A status and how often it was seen.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct StatusCount {
    /// Null counts the exchanges whose status was not observed.
    pub status: Option<u16>,
    /// How many exchanges.
    pub calls: u64,
}

/// A distribution in five numbers.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub(crate) struct Spread {
    /// How many values were observed.
    pub count: u64,
    /// Half of them are at most this.
    pub p50: u64,
    /// 95 % of them are at most this.
    pub p95: u64,
    /// 99 % of them are at most this.
    pub p99: u64,
    /// The largest.
    pub max: u64,
}

impl<T> List<T> {
    pub fn of<R>(page: Page<R>, offset: u64, write: impl FnMut(R) -> T) -> List<T> {
        let Page { items, total } = page;
        let end = offset.saturating_add(items.len() as u64);
        let next_offset = (end < total && !items.is_empty()).then_some(end);
        List {
            items: items.into_iter().map(write).collect(),
            total,
            next_offset,
        }
    }

    /// All there is, on one page.
    pub fn whole(items: Vec<T>) -> List<T> {
        List {
            total: items.len() as u64,
            items,
            next_offset: None,
        }
    }

    /// A page of what is at hand as a whole.
    pub fn cut<R>(all: Vec<R>, offset: u64, limit: u64, write: impl FnMut(R) -> T) -> List<T> {
        let total = all.len() as u64;
        let items = all
            .into_iter()
            .skip(offset as usize)
            .take(limit as usize)
            .collect();
        List::of(Page { items, total }, offset, write)
    }
}

impl<T> First<T> {
    /// Of rows that were asked for with a limit one higher than `limit`.
    pub fn of<R>(mut rows: Vec<R>, limit: usize, write: impl FnMut(R) -> T) -> First<T> {
        let more = rows.len() > limit;
        rows.truncate(limit);
        First {
            items: rows.into_iter().map(write).collect(),
            more,
        }
    }
}

impl Collection {
    pub fn new(row: CollectionRow, counts: CollectionCounts, said: &Sensitivity) -> Collection {
        let CollectionRow {
            id,
            scope,
            name,
            kind,
            first_seen,
            last_seen,
            calls,
            endpoints,
            definition,
            signals,
        } = row;
        let CollectionCounts {
            id: _,
            missed,
            inactive,
            awaiting,
            unauthenticated,
            external,
            drifting,
            types,
        } = counts;
        Collection {
            id: id.to_string(),
            name,
            kind: kind.name(),
            scope,
            calls,
            // Of another checkpoint than the counts it may be, so it may be behind them.
            endpoints: endpoints.saturating_sub(missed),
            missed,
            inactive,
            awaiting,
            unauthenticated,
            external,
            drifting,
            info_types: types
                .into_iter()
                .map(|it| CarriedType::new(it, said))
                .collect(),
            signals: Signals::new(signals),
            definition: definition.map(|(title, version)| Defined { title, version }),
            first_seen: seen(first_seen),
            last_seen: seen(last_seen),
        }
    }
}

impl Endpoint {
    pub fn new(item: EndpointItem, fresh_after: Timestamp, said: &Sensitivity) -> Endpoint {
        let EndpointItem {
            row,
            collection_name,
            scope,
        } = item;
        let callers_estimate = row.callers();
        let known = row.facts;
        let state = State::of(row.calls, row.last_seen, fresh_after);
        Endpoint {
            id: row.id.to_string(),
            collection_id: row.collection.to_string(),
            collection: collection_name,
            scope,
            method: row.method,
            template: row.template,
            state: state.name(),
            authentication: authentication(&known.authenticated, fresh_after),
            external_last_seen: seen(known.external.last_yes),
            protocol: known.protocol.name(),
            role: known.role.name(),
            drift: known.drift.map(Drift::name),
            known_by: known_by(known.known_by),
            credentials: known.credentials.iter().map(Credential::name).collect(),
            sensitive: known
                .sensitive
                .iter()
                .any(|it| said.counts(&it.info_type, it.category)),
            label: highest_label(&known.sensitive, said),
            facts: Facts::new(&known, fresh_after),
            sensitive_data: known
                .sensitive
                .into_iter()
                .map(|it| Carried::new(it, said))
                .collect(),
            credential_data: known
                .in_place
                .into_iter()
                .map(|it| Carried {
                    counts: false,
                    ..Carried::new(it, said)
                })
                .collect(),
            signals: Signals::new(known.signals),
            called_from: CalledFrom::new(&known.origins),
            sunset: known.sunset.map(|it| it.to_string()),
            decisions: known.decisions.into_iter().map(Decision::new).collect(),
            callers_estimate,
            calls: row.calls,
            statuses: row.statuses.into_iter().map(StatusCount::new).collect(),
            request_bytes: Spread::new(row.request_bytes),
            response_bytes: Spread::new(row.response_bytes),
            latency_micros: Spread::new(row.latency_micros),
            first_seen: seen(row.first_seen),
            last_seen: seen(row.last_seen),
        }
    }
}

impl StatusCount {
    fn new((status, calls): (u16, u64)) -> StatusCount {
        StatusCount {
            status: Some(status).filter(|it| *it != 0),
            calls,
        }
    }
}

impl Spread {
    pub fn new(row: Row) -> Option<Spread> {
        let Row {
            count,
            p50,
            p95,
            p99,
            max,
        } = row;
        (count > 0).then_some(Spread {
            count,
            p50,
            p95,
            p99,
            max,
        })
    }
}

/// Null for what was never seen.
pub(crate) fn seen(at: Timestamp) -> Option<String> {
    (at != Timestamp::ZERO).then(|| at.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(items: usize, total: u64, offset: u64) -> Option<u64> {
        List::of(
            Page {
                items: vec![(); items],
                total,
            },
            offset,
            |it| it,
        )
        .next_offset
    }

    #[test]
    fn the_last_page_has_no_next() {
        assert_eq!(page(10, 25, 0), Some(10));
        assert_eq!(page(5, 25, 20), None);
        assert_eq!(page(0, 25, 90), None);
    }

    #[test]
    fn not_observed_is_null_and_not_zero() {
        assert!(Spread::new(Row::default()).is_none());
        assert_eq!(StatusCount::new((0, 4)).status, None);
        assert_eq!(seen(Timestamp::ZERO), None);
    }

    #[test]
    fn a_cut_list_says_how_many_there_are() {
        let list = List::cut(vec![1, 2, 3, 4, 5], 2, 2, |it| it);
        assert_eq!(
            (list.items, list.total, list.next_offset),
            (vec![3, 4], 5, Some(4))
        );
    }
}
