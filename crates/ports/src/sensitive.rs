//! What is asked of sensitive information, and what people have said of it.

use gatewatch_model::info_type::Category;
use gatewatch_model::sensitivity::{Discovery, Sensitivity};
use gatewatch_model::{CollectionId, Spot, Timestamp};

/// Discoveries that are kept; the oldest go first.
pub const DISCOVERIES_MAX: u64 = 100_000;
/// Scopes of which something is said.
pub const SCOPES_SAID_MAX: usize = 1_000;

/// A condition on what an endpoint carries: any of these types, in that spot if one is given, or
/// none of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Carries {
    pub types: Vec<Box<str>>,
    pub spot: Option<Spot>,
    pub yes: bool,
}

/// A type with what endpoints carry of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TypeCount {
    pub info_type: Box<str>,
    pub category: Category,
    pub endpoints: u64,
    pub hits: u64,
    /// In percent, where it is surest.
    pub confidence: u8,
    /// In which spots, in their order.
    pub spots: Vec<Spot>,
    pub first_seen: Timestamp,
    pub last_seen: Timestamp,
}

/// Of which endpoints types are counted: those at or below a scope, of a collection or of all APIs
/// of a gateway's service if one is given.
#[derive(Clone, Debug, Default)]
pub struct TypeQuery {
    pub scope: Box<str>,
    pub collection: Option<CollectionId>,
    pub service: Option<Box<str>>,
}

/// A discovery with the names of where it was made, as they are today.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DiscoveryItem {
    /// Counts up with each discovery.
    pub number: u64,
    pub discovery: Discovery,
    pub collection: CollectionId,
    pub collection_name: Box<str>,
    pub scope: Box<str>,
    pub method: Box<str>,
    pub template: Box<str>,
}

#[derive(Clone, Debug, Default)]
pub struct DiscoveryQuery {
    pub scope: Box<str>,
    pub collection: Option<CollectionId>,
    pub offset: u64,
    pub limit: u64,
}

/// What is said of a scope.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SensitivityRow {
    pub scope: Box<str>,
    pub sensitivity: Sensitivity,
    /// Of the control that said so.
    pub revision: u64,
    pub actor: Box<str>,
    pub at: Timestamp,
}
