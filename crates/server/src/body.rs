//! Small JSON bodies, read within a limit and a time.

use std::time::Duration;

use axum::body::Body;
use axum::extract::{FromRequest, Request};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use serde::de::DeserializeOwned;

use crate::problem::{BAD_BODY, Problem, SLOW_BODY, TOO_LARGE};

const BODY_BYTES_MAX: usize = 64 << 10;
const LONG_BODY_BYTES_MAX: usize = 1 << 20;
const BODY_SECONDS_MAX: u64 = 20;

/// A body read as JSON of this shape.
pub(crate) struct Sent<T>(pub T);

impl<T: DeserializeOwned, S: Sync> FromRequest<S> for Sent<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Sent<T>, Problem> {
        let bytes = read_small(request.into_body()).await?;
        read_json(&bytes).map(Sent)
    }
}

/// The same, of more bytes.
pub(crate) struct SentLong<T>(pub T);

impl<T: DeserializeOwned, S: Sync> FromRequest<S> for SentLong<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<SentLong<T>, Problem> {
        let bytes = read_within(request.into_body(), LONG_BODY_BYTES_MAX).await?;
        read_json(&bytes).map(SentLong)
    }
}

fn read_json<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    serde_json::from_slice(bytes).map_err(|error| {
        let detail = format!("the body is not the JSON that is asked for: {error}");
        Problem::new(&BAD_BODY, detail)
    })
}

pub(crate) async fn read_small(body: Body) -> Result<Vec<u8>, Problem> {
    read_within(body, BODY_BYTES_MAX).await
}

async fn read_within(body: Body, bytes_max: usize) -> Result<Vec<u8>, Problem> {
    let collected = Limited::new(body, bytes_max).collect();
    let Ok(collected) =
        tokio::time::timeout(Duration::from_secs(BODY_SECONDS_MAX), collected).await
    else {
        let detail = format!("the body must be here within {BODY_SECONDS_MAX} s");
        return Err(Problem::new(&SLOW_BODY, detail));
    };
    match collected {
        Ok(body) => Ok(body.to_bytes().to_vec()),
        Err(error) if error.is::<LengthLimitError>() => Err(Problem::new(
            &TOO_LARGE,
            format!("at most {bytes_max} bytes are read here"),
        )),
        Err(_) => Err(Problem::new(&BAD_BODY, "the body broke off")),
    }
}
