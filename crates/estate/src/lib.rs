//! What documents say that exists. It reads API definitions, writes one of what was learned from
//! traffic, and compares the two. It fetches nothing, keeps no clock and does no IO.

pub mod definition;
pub mod difference;
pub mod learned;
pub mod limits;
mod member_path;
pub mod openapi;
mod templates;
mod tree;

pub use definition::{DefinitionError, Warning};
pub use difference::{Difference, difference};
pub use learned::LearnedApi;
