//! A user's own files of the catalogue, as a store keeps them.

use gatewatch_model::Timestamp;
use gatewatch_model::own::OwnFiles;

/// Those of one kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnRow {
    pub files: OwnFiles,
    /// Of the control that brought them.
    pub revision: u64,
    pub actor: Box<str>,
    pub at: Timestamp,
}
