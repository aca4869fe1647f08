//! One journal record as bytes: a version, a kind, then CBOR maps with numbered fields. Absent
//! fields are not written and unknown ones are skipped, so a later release may add fields that
//! this one reads past. A field's number is never used again for something else.

mod arrival;
mod control;
mod digest;
mod fields;

use gatewatch_model::{Record, Timestamp};
use minicbor::Decoder;

pub use control::definition_bytes;

/// A definition of more bytes than this, as it is encoded, is not made a control: a record of it
/// must fit the journal with room to spare.
pub const DEFINITION_BYTES_MAX: usize = 4 << 20;

/// Raised only when a release before it could not read the rest at all.
pub const VERSION: u8 = 1;

const ARRIVAL: u8 = 0;
const CONTROL: u8 = 1;
const TICK: u8 = 2;
const DIGEST: u8 = 3;

#[derive(Debug, thiserror::Error)]
pub enum WireError {
    #[error("the record has {0} bytes and needs at least 2")]
    Short(usize),
    #[error(
        "the record is of version {found} and this release reads {VERSION}; \
         start the release that wrote it"
    )]
    OtherVersion { found: u8 },
    #[error("the record's {what} is of kind {found}, which this release does not know")]
    UnknownKind { what: &'static str, found: u64 },
    #[error("the record lacks its `{0}`")]
    Missing(&'static str),
    #[error("the record's `{what}` has {found} bytes, which is no length of it")]
    Length { what: &'static str, found: usize },
    #[error("the record goes on for {0} bytes after its end")]
    Trailing(usize),
    #[error("the record is damaged: {0}")]
    Damaged(#[from] minicbor::decode::Error),
}

/// Appends the record to `out`.
pub fn encode(record: &Record<'_>, out: &mut Vec<u8>) {
    let kind = match record {
        Record::Arrival(_) => ARRIVAL,
        Record::Control(_) => CONTROL,
        Record::Tick(_) => TICK,
        Record::Digest(_) => DIGEST,
    };
    out.extend_from_slice(&[VERSION, kind]);
    match record {
        Record::Arrival(arrival) => arrival::write(arrival, out),
        Record::Control(control) => control::write(control, out),
        Record::Tick(at) => fields::Map::begin(out).i64(0, at.0),
        Record::Digest(digest) => digest::write(digest, out),
    }
}

/// Reads what `encode` writes. Text and bodies are borrowed from `bytes`.
pub fn decode(bytes: &[u8]) -> Result<Record<'_>, WireError> {
    let [version, kind, rest @ ..] = bytes else {
        return Err(WireError::Short(bytes.len()));
    };
    if *version != VERSION {
        return Err(WireError::OtherVersion { found: *version });
    }
    let mut decoder = Decoder::new(rest);
    let record = match *kind {
        ARRIVAL => Record::Arrival(arrival::read(&mut decoder)?),
        CONTROL => Record::Control(control::read(&mut decoder)?),
        TICK => Record::Tick(read_tick(&mut decoder)?),
        DIGEST => Record::Digest(digest::read(&mut decoder)?),
        found => {
            return Err(WireError::UnknownKind {
                what: "record",
                found: found.into(),
            });
        }
    };
    match rest.len() - decoder.position() {
        0 => Ok(record),
        trailing => Err(WireError::Trailing(trailing)),
    }
}

fn read_tick(decoder: &mut Decoder<'_>) -> Result<Timestamp, WireError> {
    let mut at = None;
    fields::each(decoder, |key, decoder| {
        match key {
            0 => at = Some(Timestamp(decoder.i64()?)),
            _ => decoder.skip()?,
        }
        Ok(())
    })?;
    at.ok_or(WireError::Missing("at"))
}
