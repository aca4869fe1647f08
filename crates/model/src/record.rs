//! Everything that can change a fold. What is not a record cannot.

use crate::caller::Caller;
use crate::control::NumberedControl;
use crate::exchange::{Exchange, Text};
use crate::ids::EndpointId;
use crate::time::Timestamp;

#[derive(Clone, Debug, PartialEq)]
#[expect(
    clippy::large_enum_variant,
    reason = "nearly all records are arrivals, and they are decoded one by one on the stack"
)]
pub enum Record<'a> {
    Arrival(Arrival<'a>),
    Control(NumberedControl),
    /// Receive time moves on, traffic or not.
    Tick(Timestamp),
    Digest(Digest),
}

/// An exchange with what admission knows of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Arrival<'a> {
    /// The receive stamp: when admission took it in.
    pub received: Timestamp,
    pub stream: Stream,
    /// The name of the source, as its ingest token says.
    pub source: Text<'a>,
    /// The scope of the ingest token: `/` or `/tenant/subscription/…`.
    pub scope: Text<'a>,
    /// Whether the true caller lies outside the organisation's networks; `None` when that could
    /// not be told.
    pub external: Option<bool>,
    pub exchange: Exchange<'a>,
}

/// Live exchanges claim to speak of now, historical ones do not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Stream {
    #[default]
    Live,
    Historical,
}

/// What one caller did at one endpoint within ten seconds; the second stage folds these.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Digest {
    pub caller: Caller,
    pub endpoint: EndpointId,
    /// Start of the window, a multiple of `DIGEST_WINDOW_SECONDS`.
    pub window: Timestamp,
    pub first_seen: Timestamp,
    pub last_seen: Timestamp,
    /// By class of status: unknown, 1xx … 5xx.
    pub statuses: [u64; 6],
}

pub const DIGEST_WINDOW_SECONDS: i64 = 10;

impl Digest {
    pub fn calls(&self) -> u64 {
        self.statuses.iter().sum()
    }
}
