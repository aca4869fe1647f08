//! The traits between engines' surroundings and the outside: `Journal` and `Store`. Whatever
//! implements one passes its conformance suite (feature `conformance`).

#[cfg(feature = "conformance")]
pub mod conformance;
pub mod definitions;
pub mod facts;
pub mod journal;
pub mod own;
pub mod sensitive;
pub mod signals;
pub mod store;

pub use journal::{
    Appended, Batch, Chunk, Cursor, Journal, JournalError, JournalHealth, Receipt, Sender,
};
pub use store::{Store, StoreError};
