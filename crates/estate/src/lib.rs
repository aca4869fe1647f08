//! What documents say that exists. It reads API definitions, writes one of what was learned from
//! traffic, and compares the two. It fetches nothing, keeps no clock and does no IO.

pub mod definition;
pub mod limits;
#[cfg_attr(
    not(test),
    expect(dead_code, reason = "what reads paths comes with the writer")
)]
mod member_path;
#[cfg_attr(
    not(test),
    expect(dead_code, reason = "overlaps come with the comparison")
)]
mod templates;
mod tree;

pub use definition::{DefinitionError, Warning};
