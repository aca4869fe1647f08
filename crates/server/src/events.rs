//! Server-sent events: what has just changed, as numbers. A page that hears one asks again for
//! what it shows.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::Extensions;
use axum::response::IntoResponse;
use axum::response::sse::{Event, Sse};
use axum::routing::on;
use futures_util::stream::{self, Stream};
use gatewatch_pipeline::Change;
use gatewatch_ports::store::Role;
use serde_json::json;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, sleep_until};

use crate::access::Grant;
use crate::openapi::Content;
use crate::problem::{Problem, TOO_MANY};
use crate::routes::{Answer, Face, Gate, Operation, Route, Scoped, Verb};
use crate::shared::{Closing, Shared};

const STREAMS_MAX: usize = 256;
const HEARTBEAT: Duration = Duration::from_secs(15);

pub(crate) static ROUTES: &[Route] = &[Route {
    verb: Verb::Get,
    path: "/api/v1/events",
    face: Face::Serve,
    gate: Gate::Least(Role::Reader),
    scope: Scoped::Nothing,
    operation: Operation {
        id: "streamEvents",
        summary: "What changes, as it changes",
        description: "Server-sent events. `change` holds `stage`, `exchanges`, `endpoints` and \
            `collections`: how many of each a checkpoint wrote, in all scopes. `missed` holds `changes`: \
            how many went by unheard. A comment comes every 15 seconds. The stream ends when its token \
            is revoked or over.",
        answers: &[Answer {
            status: 200,
            what: "A stream without end.",
            contents: &[Content::Text("text/event-stream")],
        }],
        ..Operation::PLAIN
    },
    answer: |verb| on(verb, stream_events),
}];

/// How many streams may be open.
pub(crate) struct Streams(Arc<Semaphore>);

impl Default for Streams {
    fn default() -> Streams {
        Streams(Arc::new(Semaphore::new(STREAMS_MAX)))
    }
}

impl Streams {
    pub fn open(&self) -> usize {
        STREAMS_MAX - self.0.available_permits()
    }
}

/// One listener.
struct Listener {
    shared: Arc<Shared>,
    grant: Grant,
    changes: Receiver<Change>,
    closing: Closing,
    heartbeat: Instant,
    _place: OwnedSemaphorePermit,
}

async fn stream_events(
    State(shared): State<Arc<Shared>>,
    grant: Grant,
    extensions: Extensions,
) -> Result<impl IntoResponse, Problem> {
    let Ok(place) = shared.streams.0.clone().try_acquire_owned() else {
        let detail =
            format!("{STREAMS_MAX} streams are open already; close one or try again later");
        return Err(Problem::new(&TOO_MANY, detail).retry(10));
    };
    let listener = Listener {
        changes: shared.live.changes(),
        closing: Closing::of(&extensions),
        heartbeat: Instant::now(),
        shared,
        grant,
        _place: place,
    };
    Ok(Sse::new(listener.listen()))
}

impl Listener {
    /// Begins with a heartbeat, so that whoever listens knows that the stream stands.
    fn listen(self) -> impl Stream<Item = Result<Event, Infallible>> {
        stream::unfold(self, |mut listener| async {
            let event = listener.next().await?;
            Some((Ok(event), listener))
        })
    }

    async fn next(&mut self) -> Option<Event> {
        tokio::select! {
            biased;
            () = self.closing.clone().wait() => None,
            () = sleep_until(self.heartbeat) => self.beat().await,
            change = self.changes.recv() => match change {
                Ok(change) => Some(told(change)),
                Err(RecvError::Lagged(changes)) => {
                    Some(Event::default().event("missed").data(json!({ "changes": changes }).to_string()))
                }
                Err(RecvError::Closed) => None,
            },
        }
    }

    async fn beat(&mut self) -> Option<Event> {
        self.heartbeat = Instant::now() + HEARTBEAT;
        // A store that does not answer right now takes nobody's right away.
        let holds = self
            .shared
            .access
            .holds(&self.grant, &self.shared.blocking)
            .await
            .unwrap_or(true);
        holds.then(|| Event::default().comment("alive"))
    }
}

fn told(change: Change) -> Event {
    let Change {
        stage,
        exchanges,
        endpoints,
        collections,
    } = change;
    let data = json!({
        "stage": stage.name(), "exchanges": exchanges, "endpoints": endpoints, "collections": collections,
    });
    Event::default().event("change").data(data.to_string())
}
