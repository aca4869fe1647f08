//! What people upload and pin. The fold never writes these.

use gatewatch_model::definition::{Definition, Subject};
use gatewatch_model::{CollectionId, Timestamp};

/// A document of more bytes than this is not kept.
pub const DOCUMENT_BYTES_MAX: usize = 16 << 20;
/// Collections that can have a definition.
pub const DEFINITIONS_MAX: u64 = 10_000;
/// Templates that can be pinned in one collection.
pub const PINS_MAX: u64 = 1_000;

/// A definition that somebody uploads.
#[derive(Clone, Debug)]
pub struct NewDefinition {
    /// The collection that the subject leads to, seen or not.
    pub collection: CollectionId,
    pub subject: Subject,
    pub scope: Box<str>,
    /// As the collection is called, or will be.
    pub name: Box<str>,
    pub definition: Definition,
    /// As it was sent.
    pub document: Vec<u8>,
    pub media_type: Box<str>,
}

/// A definition that was uploaded, without its document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DefinitionRow {
    pub collection: CollectionId,
    pub scope: Box<str>,
    pub name: Box<str>,
    /// Of the control that brought it to the fold.
    pub revision: u64,
    pub title: Box<str>,
    pub version: Box<str>,
    pub format: Box<str>,
    pub operations: u64,
    pub bytes: u64,
    pub media_type: Box<str>,
    pub actor: Box<str>,
    pub at: Timestamp,
}

/// A template that somebody pinned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PinRow {
    pub template: Box<str>,
    /// Of the control that pinned it.
    pub revision: u64,
    pub actor: Box<str>,
    pub at: Timestamp,
}
