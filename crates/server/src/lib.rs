//! HTTP: ingest, the API, metrics and the set-up page. Every route stands on a roll that names
//! the role it needs, how its scope is checked and its operation in the API's own description.

mod access;
mod asked;
mod attempts;
mod audit;
mod blocking;
mod body;
mod carries;
mod controls;
mod csv;
mod definitions;
mod detections;
mod difference;
mod document;
mod dress;
mod drift;
mod endpoint_query;
mod events;
mod facts;
mod first_start;
mod guard;
mod health;
mod info_types;
mod ingest;
mod inventory;
mod learned;
mod listen;
mod metrics;
mod openapi;
mod origins;
mod own;
mod pages;
mod pins;
mod problem;
mod profile;
mod progress;
mod rollups;
mod routes;
mod scope;
mod secrets;
mod seen;
mod sensitive;
mod sensitivity;
mod setup;
mod shapes;
mod shared;
mod signals;
mod tokens;
mod uploads;
mod vigilance;

use std::sync::Arc;

use axum::Router;
use gatewatch_intel::Current;
use gatewatch_model::Stage;
use gatewatch_pipeline::fold::Key;
use gatewatch_pipeline::{Intake, Live};
use gatewatch_ports::{Journal, Store};
use gatewatch_sources::Perimeter;

pub use access::Access;
pub use first_start::{AccessError, FirstStart, INGEST_TOKEN_FILE, READ_TOKEN_FILE, first_start};
pub use listen::{ServeError, TlsError, serve, tls_from_pem};
pub use own::list_refused;
pub use secrets::Redacted;

/// What the server speaks for.
pub struct Parts {
    pub store: Arc<dyn Store>,
    pub intake: Intake,
    pub live: Arc<Live>,
    pub journals: Vec<(Stage, Arc<dyn Journal>)>,
    pub access: Access,
    pub faces: Faces,
    /// Which addresses are proxies of ours, and which lie inside.
    pub perimeter: Perimeter,
    /// The key of the installation where it lies outside the data folder: lists of tokens that
    /// were made with it are taken.
    pub list_key: Option<Key>,
    /// The feeds in force; they may be put anew while it serves.
    pub origins: Arc<Current>,
    pub version: &'static str,
}

/// Which routes there are, by the roles of this process; health and metrics are always there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Faces {
    pub ingest: bool,
    pub serve: bool,
}

impl Faces {
    pub const ALL: Faces = Faces {
        ingest: true,
        serve: true,
    };
}

pub fn router(parts: Parts) -> Router {
    routes::router(Arc::new(shared::Shared::new(parts)))
}

#[cfg(test)]
mod tests;
