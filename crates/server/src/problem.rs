//! What a request gets that cannot be answered: RFC 9457, saying what is wrong and what to do
//! instead. Nothing secret and nothing internal is ever in it.

use axum::http::StatusCode;
use axum::http::header::{CONTENT_TYPE, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::response::{IntoResponse, Response};
use gatewatch_pipeline::IntakeError;
use gatewatch_ports::{JournalError, StoreError};
use serde::Serialize;
use utoipa::ToSchema;

pub(crate) const MEDIA_TYPE: &str = "application/problem+json";
const BUSY_RETRY_SECONDS: u32 = 2;

/// One way in which a request can go wrong.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Kind {
    pub status: StatusCode,
    pub name: &'static str,
    pub title: &'static str,
}

macro_rules! kinds {
    ($($(#[$doc:meta])* $constant:ident = $status:ident $name:literal $title:literal;)*) => {
        $($(#[$doc])* pub(crate) const $constant: Kind =
            Kind { status: StatusCode::$status, name: $name, title: $title };)*
        #[cfg(test)]
        pub(crate) const KINDS: &[&Kind] = &[$(&$constant),*];
    };
}

kinds! {
    BAD_PARAMETER = BAD_REQUEST "bad-parameter" "A parameter cannot be used";
    BAD_BODY = BAD_REQUEST "bad-body" "The body cannot be used";
    NO_TOKEN = UNAUTHORIZED "no-token" "A valid token is needed";
    NOT_ALLOWED = FORBIDDEN "not-allowed" "This token may not do that";
    NOT_FOUND = NOT_FOUND "not-found" "There is no such thing";
    NOT_YET = NOT_FOUND "not-yet" "It is not there yet";
    WRONG_METHOD = METHOD_NOT_ALLOWED "wrong-method" "This address has other methods";
    SLOW_BODY = REQUEST_TIMEOUT "slow-body" "The body came too slowly";
    CONFLICT = CONFLICT "conflict" "It does not fit what is there";
    STALE_SEQUENCE = CONFLICT "stale-sequence" "The batch is numbered too low";
    TOO_LARGE = PAYLOAD_TOO_LARGE "too-large" "The body is too large";
    WRONG_ENCODING = UNSUPPORTED_MEDIA_TYPE "wrong-encoding" "The body is encoded in a way that is not read here";
    ALL_REFUSED = UNPROCESSABLE_ENTITY "all-lines-refused" "Not one line could be read";
    TOO_MANY = TOO_MANY_REQUESTS "too-many" "Too many at once";
    BROKEN = INTERNAL_SERVER_ERROR "broken" "Something broke here";
    UNAVAILABLE = SERVICE_UNAVAILABLE "unavailable" "Not possible just now";
    TOO_LONG = SERVICE_UNAVAILABLE "too-long" "It takes too long to answer";
    DISK_LOW = INSUFFICIENT_STORAGE "disk-low" "The disk is nearly full";
}

#[derive(Debug)]
pub(crate) struct Problem {
    pub kind: &'static Kind,
    pub detail: String,
    pub retry_seconds: Option<u32>,
    /// Only of an ingest where not one line was read.
    pub refused: Option<(Vec<RefusedLine>, u64)>,
}

/// A line that was not taken in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct RefusedLine {
    /// Counted from 1.
    pub line: u64,
    /// What is wrong with it; never what stands in it.
    pub why: String,
}

/// A problem as RFC 9457 writes it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Problem)]
pub(crate) struct ProblemBody {
    /// `urn:gatewatch:problem:` and a stable name.
    #[serde(rename = "type")]
    kind: String,
    /// The same for all problems of this type.
    title: &'static str,
    /// The HTTP status.
    status: u16,
    /// What is wrong with this request and what to do instead.
    detail: String,
    /// Ingest only: the first lines that were refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    refused: Option<Vec<RefusedLine>>,
    /// Ingest only: how many lines were refused in all.
    #[serde(skip_serializing_if = "Option::is_none")]
    refused_total: Option<u64>,
}

impl Problem {
    pub fn new(kind: &'static Kind, detail: impl Into<String>) -> Problem {
        Problem {
            kind,
            detail: detail.into(),
            retry_seconds: None,
            refused: None,
        }
    }

    pub fn retry(mut self, seconds: u32) -> Problem {
        self.retry_seconds = Some(seconds.max(1));
        self
    }

    pub fn not_found(what: &str) -> Problem {
        Problem::new(
            &NOT_FOUND,
            format!("no {what} of that id lies within this token's scope"),
        )
    }

    fn body(self) -> ProblemBody {
        let (refused, refused_total) = self.refused.unzip();
        ProblemBody {
            kind: format!("urn:gatewatch:problem:{}", self.kind.name),
            title: self.kind.title,
            status: self.kind.status.as_u16(),
            detail: self.detail,
            refused,
            refused_total,
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let (status, retry_seconds) = (self.kind.status, self.retry_seconds);
        // Strings and numbers always become JSON.
        let text = serde_json::to_string(&self.body()).unwrap_or_default();
        let mut response = (status, text).into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
        if let Some(seconds) = retry_seconds {
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Problem {
        let detail = error.to_string();
        match error {
            StoreError::Busy { .. } => Problem::new(&UNAVAILABLE, detail).retry(BUSY_RETRY_SECONDS),
            StoreError::Full { .. } => Problem::new(&DISK_LOW, detail).retry(BUSY_RETRY_SECONDS),
            StoreError::TooLong { .. } => Problem::new(&TOO_LONG, detail),
            // The reason may name files and SQL: for the log, not for whoever asks.
            StoreError::Superseded { .. }
            | StoreError::Unwritable { .. }
            | StoreError::TooNew { .. }
            | StoreError::Damaged { .. }
            | StoreError::Other { .. } => {
                tracing::error!(%error, "the store failed a request");
                Problem::new(&UNAVAILABLE, "the store failed; its log says why")
                    .retry(BUSY_RETRY_SECONDS)
            }
        }
    }
}

impl From<IntakeError> for Problem {
    fn from(error: IntakeError) -> Problem {
        let retry_seconds = error.retry_seconds();
        let detail = error.to_string();
        let kind = match error {
            IntakeError::Store(error) => return error.into(),
            IntakeError::DiskLow { .. } => &DISK_LOW,
            IntakeError::Closing | IntakeError::Journal(JournalError::Closed) => &UNAVAILABLE,
            IntakeError::Journal(JournalError::Full { .. }) => &TOO_MANY,
            IntakeError::LongDefinition { .. }
            | IntakeError::Journal(JournalError::TooLarge { .. }) => &TOO_LARGE,
            IntakeError::Journal(JournalError::StaleSequence { .. }) => &STALE_SEQUENCE,
            // The reason may name files: for the log, not for whoever sends.
            IntakeError::Journal(
                JournalError::Gone { .. }
                | JournalError::Unwritable { .. }
                | JournalError::Unreadable { .. },
            ) => {
                tracing::error!(error = %detail, "the journal failed a request");
                let detail = "the journal failed; the log says why";
                return Problem::new(&UNAVAILABLE, detail).retry(BUSY_RETRY_SECONDS);
            }
        };
        Problem {
            retry_seconds,
            ..Problem::new(kind, detail)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_have_names_of_their_own() {
        let mut names: Vec<_> = KINDS.iter().map(|it| it.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), KINDS.len());
    }

    #[test]
    fn a_full_journal_says_when_to_try_again() {
        let full = JournalError::Full {
            bytes: 2,
            bytes_max: 1,
            retry_seconds: 7,
        };
        let response = Problem::from(IntakeError::from(full)).into_response();
        assert_eq!(response.status(), StatusCode::TOO_MANY_REQUESTS);
        assert_eq!(response.headers()[RETRY_AFTER], "7");
    }

    #[test]
    fn a_batch_that_never_fits_asks_for_no_retry() {
        let large = JournalError::TooLarge {
            bytes: 2,
            bytes_max: 1,
        };
        let response = Problem::from(IntakeError::from(large)).into_response();
        assert_eq!(response.status(), StatusCode::PAYLOAD_TOO_LARGE);
        assert!(!response.headers().contains_key(RETRY_AFTER));
    }

    #[test]
    fn what_a_journal_says_of_its_files_stays_here() {
        let error = JournalError::Unwritable {
            reason: "/var/lib/gatewatch/journal: no such file".into(),
        };
        let problem = Problem::from(IntakeError::from(error));
        assert!(!problem.detail.contains("/var"), "{}", problem.detail);
        assert_eq!(problem.kind, &UNAVAILABLE);
    }

    #[test]
    fn what_a_store_says_of_its_files_stays_here() {
        let error = StoreError::Other {
            reason: "no such table: endpoint".into(),
        };
        assert!(!Problem::from(error).detail.contains("table"));
    }
}
