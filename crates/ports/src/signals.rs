//! What is asked of attacks, and what people have said of detections.

use gatewatch_model::facts::ClassFacts;
use gatewatch_model::signal::Vigilance;
use gatewatch_model::{CollectionId, Timestamp};

/// Of which collections signals are counted: those at or below a scope, one of them, or all APIs
/// of a gateway's service if one is given.
#[derive(Clone, Debug, Default)]
pub struct SignalQuery {
    pub scope: Box<str>,
    pub collection: Option<CollectionId>,
    pub service: Option<Box<str>>,
}

/// Exchanges that were more than clean, those included that found no endpoint.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SignalSums {
    pub attacks: u64,
    pub suspicious: u64,
    /// Of the attacks: those that were answered with success.
    pub answered: u64,
    /// The class with the most attacks first.
    pub classes: Vec<ClassCount>,
}

/// A class of attack with where it was seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClassCount {
    pub facts: ClassFacts,
    pub collections: u64,
    /// Of these, endpoints that are known now.
    pub endpoints: u64,
}

/// What is said of a scope.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VigilanceRow {
    pub scope: Box<str>,
    pub vigilance: Vigilance,
    /// Of the control that said so.
    pub revision: u64,
    pub actor: Box<str>,
    pub at: Timestamp,
}
