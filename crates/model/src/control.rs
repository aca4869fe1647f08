//! What a person or another part of the product tells the fold to do. It travels in the journal,
//! numbered, so that every fold of the same journal obeys it at the same place.

use crate::definition::{Definition, Subject};
use crate::ids::{CollectionId, EndpointId};
use crate::own::{OwnFiles, OwnKind};
use crate::sensitivity::Sensitivity;
use crate::signal::Vigilance;
use crate::time::Timestamp;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NumberedControl {
    /// Counts up by one for each control; a fold obeys each revision once.
    pub revision: u64,
    pub at: Timestamp,
    pub control: Control,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Control {
    /// Drop what is known of an endpoint. If it is called again, it starts anew.
    Forget { endpoint: EndpointId },
    /// Fold `from` into `into`, now and for all exchanges to come. Both belong to one collection.
    Merge { from: EndpointId, into: EndpointId },
    /// Paths that fit this template belong to it, whatever is learned: `/users/me`,
    /// `/users/{name}/photos`. A pinned word outranks a pinned slot.
    Pin {
        collection: CollectionId,
        template: Box<str>,
    },
    Unpin {
        collection: CollectionId,
        template: Box<str>,
    },
    /// The slot at this segment (counted from 0) of an endpoint's template is none: what stands
    /// there are words, each with endpoints of its own from now on.
    Split { endpoint: EndpointId, segment: u16 },
    /// What a document says that a collection offers; it outranks what is learned.
    Define {
        subject: Subject,
        definition: Box<Definition>,
    },
    /// The collection has no definition any more.
    Undefine { collection: CollectionId },
    /// What is looked for and what counts as sensitive in a scope and below it, in place of what
    /// was said of that scope before.
    Classify {
        scope: Box<str>,
        sensitivity: Box<Sensitivity>,
    },
    /// A user's own files of the catalogue, in place of all earlier ones of that kind.
    Bring { kind: OwnKind, files: OwnFiles },
    /// Which detections count in a scope and below it, and from which confidence on, in place of
    /// what was said of that scope before.
    Watch {
        scope: Box<str>,
        vigilance: Box<Vigilance>,
    },
    /// It concerns another partition and is large; here only its revision counts. It is never
    /// kept: what is kept is the control itself.
    Elsewhere,
}

impl Control {
    pub fn name(&self) -> &'static str {
        match self {
            Control::Forget { .. } => "forget",
            Control::Merge { .. } => "merge",
            Control::Pin { .. } => "pin",
            Control::Unpin { .. } => "unpin",
            Control::Split { .. } => "split",
            Control::Define { .. } => "define",
            Control::Undefine { .. } => "undefine",
            Control::Classify { .. } => "classify",
            Control::Bring { kind, .. } => kind.name(),
            Control::Watch { .. } => "watch",
            Control::Elsewhere => "elsewhere",
        }
    }
}
