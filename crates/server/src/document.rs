//! Documents that people send: a definition read from a body, one at a time, since the tree of a
//! long one takes some hundred megabytes.

use std::net::IpAddr;
use std::time::Duration;

use axum::body::Body;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::header::CONTENT_ENCODING;
use gatewatch_estate::{DefinitionError, Warning as Noted};
use gatewatch_model::definition::Definition;
use gatewatch_ports::definitions::DOCUMENT_BYTES_MAX;
use gatewatch_sources::encoding::decompress;
use serde::Serialize;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::timeout;
use utoipa::ToSchema;

use crate::asked::{Asked, Param, ParamKind};
use crate::blocking;
use crate::ingest::{encoding_problem, refuse_long};
use crate::problem::{BAD_BODY, Problem, TOO_LARGE, TOO_MANY};
use crate::shared::{Shared, address};

/// How many are read at once.
pub(crate) const READINGS_MAX: usize = 1;
const TURN_WAIT: Duration = Duration::from_secs(20);
const RETRY_SECONDS: u32 = 5;
const HINT_CHARACTERS_MAX: usize = 200;

pub(crate) const HINT: Param = Param {
    name: "name",
    what: "What the document is called, such as its file's name; its title if it gives none itself.",
    kind: ParamKind::Text {
        characters_max: HINT_CHARACTERS_MAX,
    },
};

/// What an upload brings.
pub(crate) struct Sending {
    pub asked: Asked,
    pub address: IpAddr,
    encoding: Box<str>,
    length: Result<(), Problem>,
    body: Body,
}

impl<S: Sync> FromRequest<S> for Sending {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Sending, Problem> {
        let (mut head, body) = request.into_parts();
        let encoding = head
            .headers
            .get(CONTENT_ENCODING)
            .and_then(|it| it.to_str().ok());
        Ok(Sending {
            encoding: encoding.unwrap_or_default().into(),
            length: refuse_long(&head.headers),
            address: address(&head.extensions),
            asked: Asked::from_request_parts(&mut head, state).await?,
            body,
        })
    }
}

/// A definition with the document that it was read from.
pub(crate) struct Read {
    pub definition: Definition,
    pub warnings: Vec<Warning>,
    pub document: Vec<u8>,
}

/// Something that was left out or taken otherwise than the document says.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Warning {
    /// Counted from 1; null where it concerns the whole document.
    line: Option<u32>,
    /// Where it stands, as a JSON pointer.
    pointer: String,
    /// What is odd about it.
    text: String,
}

/// Reads the body as OpenAPI or Postman, whatever it says its type is.
pub(crate) async fn read(shared: &Shared, sending: Sending) -> Result<Read, Problem> {
    let Sending {
        asked,
        address: _,
        encoding,
        length,
        body,
    } = sending;
    length?;
    let hint = asked.text(HINT.name);
    let mut space = shared.room.space();
    let bytes = space.read(body, DOCUMENT_BYTES_MAX).await?;
    let parse = move || {
        let document = decompress(&encoding, &bytes, DOCUMENT_BYTES_MAX)
            .map_err(encoding_problem)?
            .into_owned();
        drop(space);
        parse(document, hint.as_deref())
    };
    blocking::run(turn(shared).await?, parse).await?
}

/// Leave to do what needs much memory, when nobody else does.
pub(crate) async fn turn(shared: &Shared) -> Result<OwnedSemaphorePermit, Problem> {
    let turn = timeout(TURN_WAIT, shared.readings.clone().acquire_owned());
    if let Ok(Ok(turn)) = turn.await {
        return Ok(turn);
    }
    let detail = "other documents are being read or written; send it again";
    Err(Problem::new(&TOO_MANY, detail).retry(RETRY_SECONDS))
}

/// `application/json` or `application/yaml`.
pub(crate) fn media_type(document: &[u8]) -> &'static str {
    let text = document.strip_prefix(b"\xef\xbb\xbf").unwrap_or(document);
    if text.trim_ascii_start().starts_with(b"{") {
        "application/json"
    } else {
        "application/yaml"
    }
}

/// Why there is nothing to compare: what should have been there, and the first that is odd.
pub(crate) fn without_operations(defined: &Definition, warnings: &[Warning]) -> Problem {
    let expected = if defined.format.starts_with("postman") {
        "a Postman collection has requests in `item`"
    } else {
        "an OpenAPI document has paths with methods in `paths`"
    };
    let odd = warnings.first().map(|it| {
        let line = it.line.map(|it| format!("line {it}, "));
        let line = line.unwrap_or_default();
        format!(" (at {line}`{}`: {})", it.pointer, it.text)
    });
    let detail = format!(
        "the document has no operation to compare; {expected}{}",
        odd.unwrap_or_default()
    );
    Problem::new(&BAD_BODY, detail)
}

fn parse(document: Vec<u8>, hint: Option<&str>) -> Result<Read, Problem> {
    let (definition, warnings) =
        gatewatch_estate::definition::read(&document, hint).map_err(no_definition)?;
    Ok(Read {
        definition,
        warnings: warnings.into_iter().map(Warning::new).collect(),
        document,
    })
}

fn no_definition(error: DefinitionError) -> Problem {
    let kind = match error {
        DefinitionError::TooLarge { .. } => &TOO_LARGE,
        _ => &BAD_BODY,
    };
    Problem::new(kind, error.to_string())
}

impl Warning {
    fn new(noted: Noted) -> Warning {
        let Noted {
            line,
            pointer,
            text,
        } = noted;
        Warning {
            line: (line > 0).then_some(line),
            pointer,
            text,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_is_what_it_begins_like() {
        assert_eq!(
            media_type(b"\xef\xbb\xbf\n {\"openapi\""),
            "application/json"
        );
        assert_eq!(media_type(b"openapi: 3.1.0"), "application/yaml");
        assert_eq!(media_type(b""), "application/yaml");
    }

    #[test]
    fn what_is_no_definition_says_what_is() {
        let problem = parse(b"<html>".to_vec(), None).err().unwrap();
        assert_eq!(problem.kind, &BAD_BODY);
        assert!(problem.detail.contains("OpenAPI"), "{}", problem.detail);
    }
}
