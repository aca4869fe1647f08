//! How lists ask for facts. A fact that was last observed before `fresh_after` says nothing any
//! more: it is *not observed*, as is one that never was.

use gatewatch_model::origin::{Country, Tags};
use gatewatch_model::profile::{DecidedBy, Drift, EndpointRole, Protocol};
use gatewatch_model::{CollectionId, Timestamp};

use crate::sensitive::{Carries, TypeCount};

/// Facts speak for so many days after they were last observed.
pub const FRESH_DAYS: i64 = 30;

/// What is asked of the facts of an endpoint; what is `None` or empty is not asked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FactQuery {
    /// What was observed at this time or before is stale.
    pub fresh_after: Timestamp,
    pub state: Option<State>,
    pub answers: Vec<(Question, Option<bool>)>,
    pub drift: Option<Drift>,
    /// Only those that stand otherwise than as documented.
    pub drifting: bool,
    pub protocol: Option<Protocol>,
    pub role: Option<EndpointRole>,
    pub known_by: Option<Knowledge>,
    /// Whether every answer was one that there is nothing.
    pub missed: Option<bool>,
    /// Endpoints at least one segment of which was decided so.
    pub decided_by: Option<DecidedBy>,
    /// All of these hold.
    pub carries: Vec<Carries>,
    /// Whether it was ever attacked.
    pub attacked: Option<bool>,
    /// Endpoints with signals of that class.
    pub class: Option<Box<str>>,
    /// Endpoints that were ever called from all these kinds of addresses.
    pub from: Tags,
    /// Endpoints that were ever called from that country.
    pub from_country: Option<Country>,
}

/// How lately an endpoint was called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Since `fresh_after`.
    Active,
    /// Once, and not since then.
    Inactive,
    /// Never: it is known from a definition or a pin alone.
    Awaiting,
}

/// A question that is answered with yes, no or not observed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Question {
    Authenticated,
    AnonymousAnswered,
    External,
    Encrypted,
    Deprecated,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Knowledge {
    Traffic,
    Definition,
    Pin,
}

/// How many endpoints of a collection are of which kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CollectionCounts {
    pub id: CollectionId,
    pub inactive: u64,
    /// Those whose every answer was one that there is nothing.
    pub missed: u64,
    /// Never called.
    pub awaiting: u64,
    pub unauthenticated: u64,
    pub external: u64,
    /// Those that differ from the definition in any way.
    pub drifting: u64,
    /// Types that its endpoints carry, those that most carry first.
    pub types: Vec<TypeCount>,
}

impl State {
    pub const ALL: [State; 3] = [State::Active, State::Inactive, State::Awaiting];

    pub fn of(calls: u64, last_seen: Timestamp, fresh_after: Timestamp) -> State {
        match calls {
            0 => State::Awaiting,
            _ if last_seen > fresh_after => State::Active,
            _ => State::Inactive,
        }
    }

    pub fn name(self) -> &'static str {
        match self {
            State::Active => "active",
            State::Inactive => "inactive",
            State::Awaiting => "awaiting",
        }
    }
}

impl Knowledge {
    pub const ALL: [Knowledge; 3] = [Knowledge::Traffic, Knowledge::Definition, Knowledge::Pin];

    pub fn name(self) -> &'static str {
        match self {
            Knowledge::Traffic => "traffic",
            Knowledge::Definition => "definition",
            Knowledge::Pin => "pin",
        }
    }
}

/// When facts begin to be fresh.
pub fn fresh_after(now: Timestamp) -> Timestamp {
    now.plus_seconds(-FRESH_DAYS * gatewatch_model::time::DAY_SECONDS)
}
