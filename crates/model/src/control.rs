//! What a person or another part of the product tells the fold to do. It travels in the journal,
//! numbered, so that every fold of the same journal obeys it at the same place.

use crate::ids::EndpointId;
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
}

impl Control {
    pub fn name(&self) -> &'static str {
        match self {
            Control::Forget { .. } => "forget",
            Control::Merge { .. } => "merge",
        }
    }
}
