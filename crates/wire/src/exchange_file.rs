//! The native exchange file: JSON Lines, one exchange a line. Only `request.method` and
//! `request.url` are required; whatever else is malformed becomes a blemish, because hostile
//! input is a fact and an attack must not vanish with its broken JSON.
//!
//! What is read past at any depth: unknown keys, and values of a kind that does not belong. They
//! are skipped without recursion, so nesting costs a byte of memory a level and no stack. What
//! JSON forbids but senders write (lone surrogates, raw control characters, `\x22`, `NaN`, bytes
//! that are no UTF-8) is repaired and read again.

mod line;
mod repair;
mod values;
mod writer;

use gatewatch_model::{Blemishes, Exchange};
use serde::de::DeserializeSeed;
use serde_json::Deserializer;

pub use repair::repair;
pub use writer::write;

use line::Line;
use values::Object;

/// Why a line yields no exchange. It never quotes the line, which may hold secrets.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{reason} (column {column})")]
pub struct LineError {
    /// Counted in bytes from 1.
    pub column: usize,
    pub reason: Box<str>,
}

/// Reads one line, with or without its line end. Text is borrowed where JSON has no escapes.
pub fn read(line: &[u8]) -> Result<Exchange<'_>, LineError> {
    let Ok(text) = core::str::from_utf8(line) else {
        return read_lossy(line);
    };
    match read_with(&mut Deserializer::from_str(text)) {
        Ok(exchange) => Ok(exchange),
        Err(error) => read_repaired(text, error),
    }
}

fn read_lossy<'a>(line: &[u8]) -> Result<Exchange<'a>, LineError> {
    let text = String::from_utf8_lossy(line);
    let mut exchange = read_with(&mut Deserializer::from_reader(text.as_bytes()))
        .or_else(|error| read_repaired(&text, error))?;
    exchange.blemishes.insert(Blemishes::BAD_VALUE);
    Ok(exchange)
}

/// Reads a repaired copy of the line; if that does not help either, the first error stands.
fn read_repaired<'a>(text: &str, error: serde_json::Error) -> Result<Exchange<'a>, LineError> {
    let repaired = error.is_syntax().then(|| repair::repair(text)).flatten();
    let read = repaired
        .and_then(|it| read_with(&mut Deserializer::from_reader(it.as_slice())).ok())
        .ok_or_else(|| explain(&error));
    read.map(|mut exchange| {
        exchange.blemishes.insert(Blemishes::BAD_VALUE);
        exchange
    })
}

/// From a reader rather than a slice all text is copied, and the exchange outlives the line.
fn read_with<'a, R: serde_json::de::Read<'a>>(
    deserializer: &mut Deserializer<R>,
) -> Result<Exchange<'a>, serde_json::Error> {
    let mut blemishes = Blemishes::default();
    let line = Object::<Line<'a>>::new(&mut blemishes).deserialize(&mut *deserializer)?;
    let mut exchange =
        line.ok_or_else(|| serde::de::Error::custom("an exchange must be a JSON object"))?;
    deserializer.end()?;
    exchange.blemishes = blemishes;
    Ok(exchange)
}

/// serde_json appends a line that is always 1; the number that counts is the caller's.
fn explain(error: &serde_json::Error) -> LineError {
    let text = error.to_string();
    let reason = text
        .rsplit_once(" at line ")
        .map_or(text.as_str(), |it| it.0);
    LineError {
        // What is wrong with the line as a whole has no column of its own.
        column: error.column().max(1),
        reason: reason.into(),
    }
}
