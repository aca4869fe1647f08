//! Sources to journal to shards to store. The fold in the middle is a pure function; everything
//! around it exists so that each acknowledged exchange takes effect exactly once.

mod care;
mod checkpoint;
pub mod clock;
pub mod fold;
pub mod intake;
pub mod live;
pub mod marker;
mod outbound;
mod part;
pub mod pipeline;
pub mod poison;
pub mod shard;
mod snapshots;
pub mod subject;
mod upkeep;

pub use clock::{Clock, SystemClock};
pub use intake::{Intake, IntakeError};
pub use live::{Change, Live};
pub use pipeline::{Options, Parts, Pipeline, Roles};

#[cfg(test)]
mod tests;
