//! What is known of the address that calls: country, network, and whether it is an exit of Tor, a
//! machine of a cloud, a VPN or a crawler; from data that is shipped and from a user's own feeds.
//! Bytes come in as arguments; nothing here reads a file, a clock or a setting.

pub mod bots;
mod current;
pub mod feeds;
mod limits;
pub mod manifest;
mod nobody;
mod origins;
pub mod packed;
mod shipped;
mod table;

pub use current::Current;
pub use feeds::{Feed, FeedError, FeedFile, Feeds};
pub use manifest::Source;
pub use origins::{About, Origins, organisation};
pub use shipped::sources;
