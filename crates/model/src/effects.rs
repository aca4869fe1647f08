//! What a fold wants written. Rows are absolute where one fold owns the truth (endpoints,
//! collections, coverage) and deltas where truths add up (roll-ups, sources, callers).

use crate::caller::Caller;
use crate::facts::SignalFacts;
use crate::ids::{CollectionId, EndpointId, Position};
use crate::profile::{EndpointFacts, ProfileRow};
use crate::rollup::{Cell, MinuteCell};
use crate::sensitivity::Discovery;
use crate::time::Timestamp;

/// Everything that one partition wants written in one checkpoint.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Effects {
    pub collections: Vec<CollectionRow>,
    pub endpoints: Vec<EndpointRow>,
    /// Profiles in detail, each after the row of its endpoint was first written.
    pub profiles: Vec<ProfileRow>,
    /// Endpoints whose row and roll-ups go, before any row or roll-up of these effects is
    /// written: one that comes again within the same effects starts anew.
    pub forgotten: Vec<EndpointId>,
    /// Collections whose row goes, likewise before rows are written; their endpoints are gone.
    pub forgotten_collections: Vec<CollectionId>,
    /// In order, after what is forgotten and before any row: the row and profile of the old name
    /// go, and its roll-ups are the new one's. A name that lives again has its row among these.
    pub aliases: Vec<Alias>,
    pub rollups: Vec<RollupDelta>,
    pub sources: Vec<SourceDelta>,
    pub callers: Vec<CallerDelta>,
    /// Members that were found to be sensitive, in the order in which that happened.
    pub discoveries: Vec<Discovery>,
    /// Set when it differs from what was last written.
    pub coverage: Option<Coverage>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CollectionRow {
    pub id: CollectionId,
    pub scope: Box<str>,
    /// `service/api` when the source names them, else the host.
    pub name: Box<str>,
    pub kind: CollectionKind,
    pub first_seen: Timestamp,
    pub last_seen: Timestamp,
    pub calls: u64,
    pub endpoints: u64,
    /// Title and version of its definition, where it has one.
    pub definition: Option<(Box<str>, Box<str>)>,
    /// What was wrong with its exchanges, those included that found no endpoint.
    pub signals: SignalFacts,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
#[cbor(index_only)]
pub enum CollectionKind {
    /// Named by its gateway: service and API.
    #[n(0)]
    Api,
    /// Known by its host alone.
    #[n(1)]
    Host,
}

impl CollectionKind {
    pub fn name(self) -> &'static str {
        match self {
            CollectionKind::Api => "api",
            CollectionKind::Host => "host",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        [CollectionKind::Api, CollectionKind::Host]
            .into_iter()
            .find(|it| it.name() == text)
    }
}

/// What is known of an endpoint, as lists and pages show it.
#[derive(Clone, Debug, PartialEq)]
pub struct EndpointRow {
    pub id: EndpointId,
    pub collection: CollectionId,
    pub method: Box<str>,
    pub template: Box<str>,
    pub first_seen: Timestamp,
    pub last_seen: Timestamp,
    pub calls: u64,
    /// Each status with its count, sorted; 0 stands for *not observed*.
    pub statuses: Vec<(u16, u64)>,
    /// 0 when none was observed; see `callers`.
    pub callers_estimate: u64,
    pub request_bytes: Spread,
    pub response_bytes: Spread,
    pub latency_micros: Spread,
    pub facts: EndpointFacts,
}

/// What a path gets that is not there.
const MISSES: [u16; 5] = [400, 404, 405, 414, 501];

impl EndpointRow {
    /// Whether every answer was one that there is nothing, and nobody else says that there is: a
    /// path that a scanner made up.
    pub fn is_missed(&self) -> bool {
        let known = self.facts.known_by;
        let said = known.definition || known.pin;
        let misses = || self.statuses.iter().all(|it| MISSES.contains(&it.0));
        !said && !self.statuses.is_empty() && misses()
    }

    /// About how many callers it had, if any was observed.
    pub fn callers(&self) -> Option<u64> {
        Some(self.callers_estimate).filter(|it| *it > 0)
    }
}

/// A distribution in five numbers. `count` 0 means *not observed*, and the rest says nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
#[cbor(array)]
pub struct Spread {
    #[n(0)]
    pub count: u64,
    #[n(1)]
    pub p50: u64,
    #[n(2)]
    pub p95: u64,
    #[n(3)]
    pub p99: u64,
    #[n(4)]
    pub max: u64,
}

/// From `position` on, `old` is a name of `new`: the row of `old` goes, its roll-ups stay and are
/// read as those of `new`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Alias {
    pub old: EndpointId,
    pub new: EndpointId,
    pub position: Position,
}

/// Cells to add to an endpoint's minutes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RollupDelta {
    pub endpoint: EndpointId,
    pub minutes: Vec<MinuteCell>,
}

/// What arrived from a source since the last checkpoint; counts add to what is kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SourceDelta {
    pub source: Box<str>,
    pub scope: Box<str>,
    pub exchanges: u64,
    pub truncated: u64,
    pub skewed: u64,
    pub late: u64,
    /// Exchanges with any other blemish.
    pub blemished: u64,
    /// Highest receive stamp and highest accepted time.
    pub last_received: Timestamp,
    pub last_at: Timestamp,
}

/// What a caller did since the last checkpoint; counts add to what is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallerDelta {
    pub caller: Caller,
    pub calls: u64,
    /// Answers of 4xx.
    pub refused: u64,
    pub first_seen: Timestamp,
    pub last_seen: Timestamp,
    /// Distinct endpoints, estimated by the fold; kept as a maximum.
    pub endpoints_estimate: u64,
}

/// What one partition knows of its own limits. Whatever was let go is counted here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
#[cbor(map)]
pub struct Coverage {
    #[n(0)]
    pub endpoints: u64,
    /// Endpoints let go to make room for newer ones.
    #[n(1)]
    pub endpoints_evicted: u64,
    /// Exchanges whose endpoint found no room at all; they count in their collection only.
    #[n(2)]
    pub exchanges_unplaced: u64,
    #[n(3)]
    pub callers: u64,
    #[n(4)]
    pub callers_evicted: u64,
    #[n(5)]
    pub callers_estimate: u64,
    #[n(6)]
    pub collections: u64,
    /// Paths from which no templates could be learned, for want of room.
    #[n(7)]
    #[cbor(default)]
    pub paths_lost: u64,
    /// Exchanges of endpoints that had not proved themselves when all room for profiles was taken:
    /// they count, and no profile knows them.
    #[n(8)]
    #[cbor(default)]
    pub exchanges_unprofiled: u64,
}

impl Effects {
    pub fn is_empty(&self) -> bool {
        *self == Effects::default()
    }
}

impl RollupDelta {
    pub fn total(&self) -> Cell {
        self.minutes
            .iter()
            .fold(Cell::default(), |mut sum, (_, cell)| {
                sum.merge(cell);
                sum
            })
    }
}
