//! What all routes have at hand.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts as Head;
use gatewatch_intel::Current;
use gatewatch_model::{Stage, Timestamp};
use gatewatch_pipeline::fold::Key;
use gatewatch_pipeline::{Intake, Live};
use gatewatch_ports::Journal;
use gatewatch_sources::Perimeter;
use tokio::sync::{Semaphore, watch};

use crate::access::{Access, Grant};
use crate::blocking::Blocking;
use crate::document::READINGS_MAX;
use crate::events::Streams;
use crate::health::Readiness;
use crate::ingest::Room;
use crate::metrics::Requests;
use crate::problem::{BROKEN, Problem};
use crate::progress::Waiters;
use crate::setup::Setup;
use crate::{Faces, Parts, openapi};

pub(crate) struct Shared {
    pub blocking: Blocking,
    pub intake: Intake,
    pub live: Arc<Live>,
    pub journals: Vec<(Stage, Arc<dyn Journal>)>,
    pub access: Access,
    pub faces: Faces,
    pub perimeter: Arc<Perimeter>,
    pub list_key: Option<Key>,
    pub origins: Arc<Current>,
    pub version: &'static str,
    pub description: String,
    pub requests: Requests,
    pub readiness: Readiness,
    pub room: Room,
    pub setup: Setup,
    pub streams: Streams,
    pub waiters: Waiters,
    /// Documents are read and written one at a time.
    pub readings: Arc<Semaphore>,
}

impl Shared {
    pub fn new(parts: Parts) -> Shared {
        let Parts {
            store,
            intake,
            live,
            journals,
            access,
            faces,
            perimeter,
            list_key,
            origins,
            version,
        } = parts;
        Shared {
            blocking: Blocking::new(store),
            intake,
            live,
            journals,
            access,
            faces,
            perimeter: Arc::new(perimeter),
            list_key,
            origins,
            version,
            description: openapi::document().to_string(),
            requests: Requests::default(),
            readiness: Readiness::default(),
            room: Room::default(),
            setup: Setup::default(),
            streams: Streams::default(),
            waiters: Waiters::default(),
            readings: Arc::new(Semaphore::new(READINGS_MAX)),
        }
    }

    pub fn now(&self) -> Timestamp {
        self.access.now()
    }
}

/// The other end of a connection; `listen` puts it into each request.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Peer(pub SocketAddr);

/// Turns true when the server is to stop, so that streams end.
#[derive(Clone, Debug)]
pub(crate) struct Closing(pub watch::Receiver<bool>);

/// The address that asks; unspecified when no connection is known.
#[derive(Clone, Copy, Debug)]
pub(crate) struct From(pub IpAddr);

pub(crate) fn address(extensions: &axum::http::Extensions) -> IpAddr {
    extensions
        .get::<Peer>()
        .map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |it| {
            it.0.ip().to_canonical()
        })
}

impl<S: Sync> FromRequestParts<S> for From {
    type Rejection = Problem;

    async fn from_request_parts(head: &mut Head, _: &S) -> Result<From, Problem> {
        Ok(From(address(&head.extensions)))
    }
}

/// The variable part of a path. What cannot be read as text names nothing.
pub(crate) struct Slot(pub String);

impl<S: Send + Sync> FromRequestParts<S> for Slot {
    type Rejection = Problem;

    async fn from_request_parts(head: &mut Head, state: &S) -> Result<Slot, Problem> {
        let read = Path::<String>::from_request_parts(head, state).await;
        read.map(|it| Slot(it.0))
            .map_err(|_| Problem::not_found("thing"))
    }
}

impl<S: Sync> FromRequestParts<S> for Grant {
    type Rejection = Problem;

    async fn from_request_parts(head: &mut Head, _: &S) -> Result<Grant, Problem> {
        head.extensions.get::<Grant>().cloned().ok_or_else(|| {
            Problem::new(&BROKEN, "this route asks for a token and its gate does not")
        })
    }
}

impl Closing {
    /// Ends when the server is to stop; never when nobody will say so.
    pub async fn wait(mut self) {
        if self.0.wait_for(|closing| *closing).await.is_err() {
            std::future::pending::<()>().await;
        }
    }

    pub fn of(extensions: &axum::http::Extensions) -> Closing {
        extensions
            .get::<Closing>()
            .cloned()
            .unwrap_or_else(|| Closing(watch::channel(false).1))
    }
}
