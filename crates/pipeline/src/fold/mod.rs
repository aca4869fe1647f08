//! The fold: a pure function of a state and records. It reads no clock, no configuration, no
//! file and no map of random order; whoever folds the same records gets the same effects.

mod callers;
mod classification;
mod detection;
mod exchanges;
mod own;
mod sources;
mod time;

use std::fmt;

use gatewatch_model::effects::Effects;
use gatewatch_model::record::Digest;
use gatewatch_model::{Position, Record, Stage, Timestamp};
use gatewatch_wire::envelope;

pub use callers::CallerFold;
pub use exchanges::ExchangeFold;

/// The key of an installation: 32 random bytes that no state, record or effect holds.
#[derive(Clone)]
pub struct Key(pub [u8; 32]);

impl fmt::Debug for Key {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("<a key>")
    }
}

/// Of the states of all engines; the engines have versions of their own within.
const VERSION: u16 = 1;

/// One partition's state and what it wants written since the last checkpoint.
pub trait Fold: Default + Send {
    const STAGE: Stage;

    /// What values are masked with, the same for the life of an installation.
    fn set_key(&mut self, _key: &[u8; 32]) {}

    fn fold(&mut self, position: Position, record: &Record<'_>);

    /// Hands over what is to be written, and starts collecting anew.
    fn drain(&mut self) -> Effects;

    /// Forgets what is to be written: it has been, before a restart.
    fn discard(&mut self);

    /// Digests for the second stage, each with the position of the record that closed it.
    fn digests(&mut self) -> Vec<(Position, Digest)>;

    /// Whether so much has gathered that a checkpoint should not wait.
    fn is_full(&self) -> bool;

    /// The highest control revision obeyed.
    fn revision(&self) -> u64;

    /// The highest receive stamp seen.
    fn received(&self) -> Timestamp;

    fn encode(&self, bytes: &mut Vec<u8>);
    fn decode(bytes: &[u8]) -> Result<Self, StateError>;
}

#[derive(Debug, thiserror::Error)]
#[error("cannot read the state of `{engine}`: {reason}")]
pub struct StateError {
    pub engine: &'static str,
    pub reason: Box<str>,
}

/// A state on disk is one envelope per engine, one after the other.
fn seal(engine: &str, bytes: &mut Vec<u8>, write: impl FnOnce(&mut Vec<u8>)) {
    let mut state = Vec::new();
    write(&mut state);
    envelope::seal(engine, VERSION, &state, bytes);
}

/// Takes the next envelope off `bytes` and reads what is in it.
fn open<'b, T, E: ToString>(
    engine: &'static str,
    bytes: &mut &'b [u8],
    read: impl FnOnce(&'b [u8]) -> Result<T, E>,
) -> Result<T, StateError> {
    let error = |reason: String| StateError {
        engine,
        reason: reason.into(),
    };
    let opened =
        envelope::open(bytes, engine, VERSION..=VERSION).map_err(|it| error(it.to_string()))?;
    *bytes = opened.rest;
    read(opened.state).map_err(|it| error(it.to_string()))
}
