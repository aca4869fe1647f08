//! A whole house for a test: real store, journals and pipeline in a temporary folder, a clock
//! that stands until it is moved, and the router before it.

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU32, Ordering};

use axum::Router;
use axum::body::Body;
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE};
use axum::http::{HeaderMap, Request, StatusCode};
use axum::response::Response;
use gatewatch_journal::Embedded;
use gatewatch_model::effects::Effects;
use gatewatch_model::{Partition, Stage, Timestamp};
use gatewatch_pipeline::marker::MarkFile;
use gatewatch_pipeline::{self as pipeline, Clock, Pipeline};
use gatewatch_ports::store::{Actor, Checkpoint, Role, TokenRow};
use gatewatch_ports::{Journal, Store};
use gatewatch_store::SqliteStore;
use serde_json::Value;
use tempfile::TempDir;
use tower::ServiceExt;

use crate::routes::router;
use crate::secrets::{Redacted, new_id, new_token};
use crate::shared::{Peer, Shared};
use crate::{Access, Faces, Parts};

pub struct House {
    pub router: Router,
    pub(crate) shared: Arc<Shared>,
    pub store: Arc<dyn Store>,
    pub clock: Arc<StandingClock>,
    pub folder: TempDir,
    pipeline: Option<Pipeline>,
    peers: AtomicU32,
}

pub struct StandingClock(AtomicI64);

impl Clock for StandingClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.load(Ordering::SeqCst))
    }
}

impl StandingClock {
    pub fn at(text: &str) -> Arc<StandingClock> {
        Arc::new(StandingClock(AtomicI64::new(
            Timestamp::parse(text).unwrap().0,
        )))
    }

    pub fn pass_seconds(&self, seconds: i64) {
        self.0.fetch_add(seconds * 1_000_000, Ordering::SeqCst);
    }
}

/// How a house differs from an ordinary one.
pub struct Plan {
    pub fold: bool,
    pub free_bytes: u64,
    pub journal_bytes_max: u64,
}

impl Default for Plan {
    fn default() -> Plan {
        Plan {
            fold: true,
            free_bytes: 1 << 40,
            journal_bytes_max: 4 << 30,
        }
    }
}

/// An answer whose body was read.
#[derive(Debug)]
pub struct Told {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub text: String,
}

impl Told {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }
}

impl House {
    pub fn open() -> House {
        House::build(Plan::default())
    }

    pub fn build(plan: Plan) -> House {
        let Plan {
            fold,
            free_bytes,
            journal_bytes_max,
        } = plan;
        let folder = tempfile::tempdir().unwrap();
        let clock = StandingClock::at("2026-11-21T08:00:00Z");
        let store: Arc<dyn Store> = Arc::new(SqliteStore::open(folder.path()).unwrap());
        let journal = |name: &str| -> Arc<dyn Journal> {
            let options = gatewatch_journal::Options {
                bytes_max: journal_bytes_max,
                ..Default::default()
            };
            Arc::new(Embedded::open(&folder.path().join(name), options).unwrap())
        };
        let (exchanges, digests) = (journal("journal"), journal("digests"));
        let parts = pipeline::Parts {
            journal: exchanges.clone(),
            digests: digests.clone(),
            store: store.clone(),
            key: None,
            clock: clock.clone(),
            marks: Box::new(MarkFile::new(folder.path())),
            free_space: Box::new(move || Ok(free_bytes)),
        };
        let roles = pipeline::Roles { ingest: true, fold };
        let options = pipeline::Options {
            roles,
            shards: 1,
            disk_free_bytes_min: 1 << 20,
        };
        let pipeline = Pipeline::start(parts, options).unwrap();
        let shared = Arc::new(Shared::new(Parts {
            store: store.clone(),
            intake: pipeline.intake(),
            live: pipeline.live(),
            journals: vec![(Stage::Exchanges, exchanges), (Stage::Callers, digests)],
            access: Access::new(clock.clone()),
            faces: Faces::ALL,
            perimeter: gatewatch_sources::Perimeter::default(),
            list_key: None,
            origins: Arc::default(),
            version: "0.0.0-test",
        }));
        House {
            router: router(shared.clone()),
            shared,
            store,
            clock,
            folder,
            pipeline: Some(pipeline),
            peers: AtomicU32::new(0),
        }
    }

    /// Nothing new is taken in from here on.
    pub fn close(&mut self) {
        if let Some(pipeline) = self.pipeline.take() {
            pipeline.shutdown();
        }
    }

    /// A token straight in the store; its name tells its role and scope.
    pub fn token(&self, role: Role, scope: &str) -> String {
        self.token_until(role, scope, None)
    }

    pub fn token_until(&self, role: Role, scope: &str, expires: Option<Timestamp>) -> String {
        let token = new_token(role).unwrap();
        let id = new_id().unwrap();
        let row = TokenRow {
            name: format!("{} {scope} {id}", role.name()).into(),
            id,
            role,
            scope: scope.into(),
            created: self.clock.now(),
            expires,
            revoked: None,
        };
        self.store
            .add_token(&row, &token.hash(), &self.actor())
            .unwrap();
        token.expose().to_owned()
    }

    pub fn token_id(&self, token: &str) -> String {
        let hash = Redacted::new(token).hash();
        self.store.token_by_hash(&hash).unwrap().unwrap().id.into()
    }

    pub fn actor(&self) -> Actor {
        Actor {
            name: "test".into(),
            address: "".into(),
            at: self.clock.now(),
        }
    }

    pub async fn get(&self, uri: &str, token: &str) -> Told {
        self.ask("GET", uri, Some(token), Body::empty()).await
    }

    pub async fn post(&self, uri: &str, token: &str, body: impl Into<Body>) -> Told {
        self.ask("POST", uri, Some(token), body.into()).await
    }

    pub async fn ask(&self, method: &str, uri: &str, token: Option<&str>, body: Body) -> Told {
        let mut request = Request::builder().method(method).uri(uri);
        if let Some(token) = token {
            request = request.header(AUTHORIZATION, format!("Bearer {token}"));
        }
        read(self.send(request.body(body).unwrap()).await).await
    }

    /// Each request comes from an address of its own unless it says otherwise.
    pub async fn send(&self, mut request: Request<Body>) -> Response {
        if request.extensions().get::<Peer>().is_none() {
            let number = self.peers.fetch_add(1, Ordering::SeqCst);
            let address = Ipv4Addr::from(0x0a00_0001 + number);
            request
                .extensions_mut()
                .insert(Peer((address, 4_000).into()));
        }
        self.router.clone().oneshot(request).await.unwrap()
    }

    /// Writes what a fold may learn, past the folds that run here.
    pub fn learn(&self, effects: Effects) {
        let (stage, partition) = (Stage::Callers, Partition(999));
        let from = self.store.load(stage, partition).unwrap().effects_position;
        let checkpoint = Checkpoint {
            stage,
            partition,
            from,
            to: from.next(),
            revision: 0,
            effects,
            snapshot: Vec::new(),
        };
        self.store.commit(&[checkpoint]).unwrap();
    }

    /// Sends exchanges and waits until they are visible.
    pub async fn bring(&self, ingest: &str, lines: &str) -> Value {
        let told = self
            .post("/ingest/v1/exchanges", ingest, lines.to_owned())
            .await;
        assert_eq!(told.status, StatusCode::OK, "{}", told.text);
        let receipt = told.json();
        let reader = self.token(Role::Reader, "/");
        let seen = self
            .get(
                &format!("/api/v1/progress?timeout=30&wait={}", wait(&receipt)),
                &reader,
            )
            .await;
        assert_eq!(seen.json()["visible"], true, "{}", seen.text);
        receipt
    }
}

impl Drop for House {
    fn drop(&mut self) {
        self.close();
    }
}

/// The positions of a receipt as `wait` takes them.
pub fn wait(receipt: &Value) -> String {
    let positions = receipt["positions"].as_array().unwrap();
    positions
        .iter()
        .map(|it| format!("{}:{}", it[0], it[1]))
        .collect::<Vec<_>>()
        .join(",")
}

/// `GET /orders/7 200` as an exchange of the shop, at the time that the clock shows at first.
pub fn exchange(call: &str) -> String {
    let [method, path, status] = call.split(' ').collect::<Vec<_>>()[..] else {
        panic!("{call}")
    };
    format!(
        r#"{{"at":"2026-11-21T07:59:59Z","caller":{{"ip":"203.0.113.9"}},"request":{{"method":"{method}","url":"https://shop.example{path}"}},"response":{{"status":{status},"latency_ms":12.5}}}}"#
    ) + "\n"
}

pub fn exchanges(calls: &[&str]) -> String {
    calls.iter().map(|it| exchange(it)).collect()
}

pub async fn read(response: Response) -> Told {
    let (status, headers) = (response.status(), response.headers().clone());
    let is_stream = headers
        .get(CONTENT_TYPE)
        .is_some_and(|it| it == "text/event-stream");
    let bytes = if is_stream {
        Vec::new()
    } else {
        let body = response.into_body();
        axum::body::to_bytes(body, 64 << 20).await.unwrap().to_vec()
    };
    Told {
        status,
        headers,
        text: String::from_utf8(bytes).unwrap(),
    }
}
