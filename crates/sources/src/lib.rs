//! Where exchanges come from. Whatever a source brings is bounded by admission, given its
//! partition and written as journal records; nothing is refused for being malformed.

pub mod admission;
mod draft;
pub mod encoding;
pub mod files;
pub mod kinds;
pub mod limits;
pub mod lines;
pub mod mapping;
pub mod networks;
pub mod partition;
pub mod perimeter;
pub mod reference;
mod stamps;

pub use admission::admit;
pub use lines::{Arriving, Outcome, Refusal, origin_of, read_lines};
pub use networks::Networks;
pub use partition::partition_of;
pub use perimeter::Perimeter;
