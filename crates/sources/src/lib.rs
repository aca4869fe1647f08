//! Where exchanges come from. Whatever a source brings is bounded by admission, given its
//! partition and written as journal records; nothing is refused for being malformed.

pub mod admission;
pub mod encoding;
pub mod limits;
pub mod lines;
pub mod networks;
pub mod partition;
pub mod perimeter;
pub mod reference;

pub use admission::admit;
pub use lines::{Arriving, Outcome, Refusal, read_lines};
pub use networks::Networks;
pub use partition::partition_of;
pub use perimeter::Perimeter;
