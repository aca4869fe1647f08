//! Which collections and endpoints exist and what is known of each: a pure fold of exchanges
//! into bounded state. It keeps no clock and does no IO, and nothing of it depends on the order
//! of a hash map, so the same records always give the same effects and the same bytes.

mod aliases;
pub mod callers;
mod collections;
pub mod digests;
mod endpoints;
mod inventory;
pub mod limits;
mod paths;
mod pending;
mod places;
mod profile;
mod recency;
mod said;
pub mod segment;
mod slab;
mod state;
pub mod template;

pub use callers::{Callers, caller_hash};
pub use collections::{collection_id, collection_name};
pub use digests::Digests;
pub use inventory::{Inventory, Memory, Placed, Sighting};
pub use state::StateError;
