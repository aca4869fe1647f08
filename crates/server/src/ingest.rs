//! Exchanges come in as JSON Lines. What is acknowledged is on disk; what is not was told why
//! and when to send it again.

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::header::{CONTENT_ENCODING, CONTENT_LENGTH};
use axum::routing::on;
use gatewatch_intel::Origins;
use gatewatch_model::Timestamp;
use gatewatch_model::record::Stream;
use gatewatch_ports::journal::Section;
use gatewatch_ports::store::Role;
use gatewatch_ports::{Appended, Batch};
use gatewatch_sources::encoding::{EncodingError, decompress};
use gatewatch_sources::{Arriving, Outcome, Perimeter, read_lines};
use serde::Serialize;
use utoipa::ToSchema;

use crate::access::Grant;
use crate::asked::{Asked, Param, ParamKind};
use crate::blocking;
use crate::openapi::{Content, shape};
use crate::problem::{
    ALL_REFUSED, BAD_BODY, DISK_LOW, Problem, RefusedLine, SLOW_BODY, STALE_SEQUENCE, TOO_LARGE,
    WRONG_ENCODING,
};
use crate::routes::{Answer, Face, Gate, Operation, Route, Scoped, Verb};
use crate::shared::Shared;

mod room;

pub(crate) use room::Room;

/// As sent, before any compression is undone.
const BODY_BYTES_MAX: usize = 16 << 20;
const UNPACKED_BYTES_MAX: usize = 32 << 20;
const SENDER_CHARACTERS_MAX: usize = 100;
const BATCH_HEADER: &str = "gatewatch-batch";

pub(crate) static ROUTES: &[Route] = &[Route {
    verb: Verb::Post,
    path: "/ingest/v1/exchanges",
    face: Face::Ingest,
    gate: Gate::Only(&[Role::Ingest, Role::Owner]),
    scope: Scoped::Stamp,
    operation: Operation {
        id: "sendExchanges",
        summary: "Send exchanges",
        description: "One exchange a line, as the exchange file has it; at most 16 MiB as sent and \
            32 MiB and 20,000 lines when unpacked. An answer of 200 says that what was accepted is \
            on disk. With the `Gatewatch-Batch` header a batch that is sent again counts once; \
            without it, at least once. A 422 takes nothing in and uses up no sequence.",
        params: &[Param {
            name: "stream",
            what: "`live` (when not given) speaks of now; `historical` exchanges claim nothing about the present.",
            kind: ParamKind::Choice(|| vec!["live", "historical"]),
        }],
        headers: &[
            (
                "Gatewatch-Batch",
                "`sender/sequence`: a name of 1 to 100 letters, digits, `.`, `_` or `-`, and the number of this batch; numbers rise by one.",
            ),
            ("Content-Encoding", "`identity`, `gzip` or `zstd`."),
        ],
        body: Some(Content::Text("application/jsonl")),
        answers: &[Answer {
            status: 200,
            what: "What was accepted is on disk.",
            contents: &[Content::Json(shape::<Receipt>)],
        }],
        problems: &[
            &BAD_BODY,
            &SLOW_BODY,
            &STALE_SEQUENCE,
            &TOO_LARGE,
            &WRONG_ENCODING,
            &ALL_REFUSED,
            &DISK_LOW,
        ],
        ..Operation::PLAIN
    },
    answer: |verb| on(verb, take_in),
}];

/// What became of a batch.
#[derive(Debug, Serialize, ToSchema)]
struct Receipt {
    /// How many exchanges the batch has that could be read.
    accepted: u64,
    /// This sender's batch of that sequence was on disk already, so nothing was added.
    duplicate: bool,
    /// Of those accepted, how many were longer than what is kept of one.
    truncated: u64,
    /// The first lines that could not be read.
    refused: Vec<RefusedLine>,
    /// How many lines could not be read.
    refused_total: u64,
    /// Pairs of partition and position; `/api/v1/progress?wait=partition:position,…` answers when
    /// what was accepted is visible. Empty for a duplicate.
    positions: Vec<(u16, u64)>,
}

async fn take_in(
    State(shared): State<Arc<Shared>>,
    grant: Grant,
    asked: Asked,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<Receipt>, Problem> {
    if let Some(refusal) = shared.intake.refusal() {
        return Err(refusal.into());
    }
    let batch = match headers.get(BATCH_HEADER) {
        Some(value) => read_sender(value.to_str().unwrap_or_default(), &grant.token_id)?,
        None => Batch::default(),
    };
    refuse_long(&headers)?;
    let mut space = shared.room.space();
    let bytes = space.read(body, BODY_BYTES_MAX).await?;
    let lines = Lines {
        encoding: headers
            .get(CONTENT_ENCODING)
            .and_then(|it| it.to_str().ok())
            .unwrap_or_default()
            .into(),
        bytes,
        stream: if asked.choice("stream") == Some("historical") {
            Stream::Historical
        } else {
            Stream::Live
        },
        received: shared.now(),
        partitions: shared.intake.partitions(),
        source: grant.name.clone(),
        scope: grant.scope,
        perimeter: Arc::clone(&shared.perimeter),
        origins: shared.origins.get(),
    };
    let turn = shared.room.turn().await?;
    // The space goes along: a sender who hangs up does not stop the reading, and its memory counts
    // until it ends. Whoever reads slowly from the store takes no turn away.
    let read = blocking::run(turn, move || (lines.read(batch), space));
    let (read, mut space) = read.await?;
    let (batch, outcome) = read?;
    if outcome.accepted == 0 {
        shared.live.refuse_lines(&grant.name, outcome.refused_total);
        return Err(none_accepted(outcome));
    }
    space.hold(batch.bytes()).await?;
    let counts: Vec<_> = batch
        .sections()
        .iter()
        .map(|it: &Section| u64::from(it.count))
        .collect();
    let appended = shared.intake.append(batch).await?;
    if appended != Appended::Duplicate {
        shared.live.refuse_lines(&grant.name, outcome.refused_total);
    }
    Ok(Json(accepted(outcome, appended, &counts)))
}

/// A body with what is needed to read it.
struct Lines {
    encoding: Box<str>,
    bytes: Vec<u8>,
    stream: Stream,
    received: Timestamp,
    partitions: u16,
    source: Box<str>,
    scope: Box<str>,
    perimeter: Arc<Perimeter>,
    origins: Arc<Origins>,
}

impl Lines {
    fn read(self, mut batch: Batch) -> Result<(Batch, Outcome), Problem> {
        let text = decompress(&self.encoding, &self.bytes, UNPACKED_BYTES_MAX)
            .map_err(encoding_problem)?;
        if text.trim_ascii().is_empty() {
            let detail = "the body is empty; send one exchange a line, at least \
                {\"request\":{\"method\":\"GET\",\"url\":\"https://api.example.com/orders/7\"}}";
            return Err(Problem::new(&BAD_BODY, detail));
        }
        let arriving = Arriving {
            received: self.received,
            stream: self.stream,
            source: &self.source,
            scope: &self.scope,
            perimeter: &self.perimeter,
            origins: &self.origins,
            partitions: self.partitions,
        };
        let outcome = read_lines(&text, &arriving, &mut batch);
        Ok((batch, outcome))
    }
}

pub(crate) fn encoding_problem(error: EncodingError) -> Problem {
    let detail = error.to_string();
    match error {
        EncodingError::Unknown { .. } => Problem::new(&WRONG_ENCODING, detail),
        EncodingError::TooLarge { .. } => Problem::new(&TOO_LARGE, detail),
        EncodingError::Damaged { .. } => Problem::new(&BAD_BODY, detail),
    }
}

/// Before a byte of it is read, when its sender says how long it is.
pub(crate) fn refuse_long(headers: &HeaderMap) -> Result<(), Problem> {
    let length = headers
        .get(CONTENT_LENGTH)
        .and_then(|it| it.to_str().ok()?.parse::<u64>().ok());
    match length {
        Some(length) if length > BODY_BYTES_MAX as u64 => Err(too_long()),
        _ => Ok(()),
    }
}

fn too_long() -> Problem {
    Problem::new(
        &TOO_LARGE,
        format!("the body has more than {BODY_BYTES_MAX} bytes; split it"),
    )
}

/// The token's id stands before the sender's name, so that no token can speak for another.
fn read_sender(text: &str, token_id: &str) -> Result<Batch, Problem> {
    let read = || {
        let (sender, sequence) = text.split_once('/')?;
        let is_plain = |it: u8| it.is_ascii_alphanumeric() || b"._-".contains(&it);
        let is_name =
            (1..=SENDER_CHARACTERS_MAX).contains(&sender.len()) && sender.bytes().all(is_plain);
        let sequence = Some(sequence)
            .filter(|it| it.bytes().all(|it| it.is_ascii_digit()))?
            .parse()
            .ok()?;
        is_name.then(|| Batch::from_sender(&format!("{token_id}/{sender}"), sequence))
    };
    read().ok_or_else(|| {
        let detail = "`Gatewatch-Batch` is `sender/sequence`: a name of 1 to 100 letters, digits, `.`, `_` \
            or `-`, and a whole number";
        Problem::new(&BAD_BODY, detail)
    })
}

fn none_accepted(outcome: Outcome) -> Problem {
    let detail = format!(
        "none of {} lines could be read; `refused` says why",
        outcome.refused_total
    );
    Problem {
        refused: Some((refused(&outcome), outcome.refused_total)),
        ..Problem::new(&ALL_REFUSED, detail)
    }
}

fn accepted(outcome: Outcome, appended: Appended, counts: &[u64]) -> Receipt {
    let (duplicate, first) = match appended {
        Appended::Written(first) => (false, first),
        Appended::Duplicate => (true, Vec::new()),
    };
    let positions = first
        .iter()
        .zip(counts)
        .map(|((partition, position), it)| (partition.0, position.0 + it));
    Receipt {
        accepted: outcome.accepted,
        duplicate,
        truncated: outcome.truncated,
        refused: refused(&outcome),
        refused_total: outcome.refused_total,
        positions: positions.collect(),
    }
}

fn refused(outcome: &Outcome) -> Vec<RefusedLine> {
    outcome
        .refused
        .iter()
        .map(|it| RefusedLine {
            line: it.line,
            why: it.why.to_string(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sender_speaks_under_its_token() {
        let sender = read_sender("edge-1/18446744073709551615", "abcd")
            .unwrap()
            .sender
            .unwrap();
        assert_eq!((&*sender.name, sender.sequence), ("abcd/edge-1", u64::MAX));
    }

    #[test]
    fn a_sender_without_name_or_number_is_refused() {
        let long = format!("{}/1", "a".repeat(101));
        for text in [
            "", "edge", "/1", "edge/", "edge/-1", "edge/+1", "ed ge/1", "a/b/1", "é/1", &long,
        ] {
            assert!(read_sender(text, "abcd").is_err(), "{text}");
        }
    }
}
