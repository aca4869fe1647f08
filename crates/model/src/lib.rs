//! The nouns of Gatewatch. Everything else speaks in these types; this crate reads no bytes,
//! keeps no clock and does no IO.

pub mod caller;
pub mod control;
pub mod definition;
pub mod difference;
pub mod effects;
#[macro_use]
pub mod exchange;
pub mod facts;
pub mod ids;
pub mod info_type;
pub mod origin;
pub mod own;
pub mod profile;
pub mod record;
pub mod rollup;
pub mod sensitivity;
pub mod signal;
pub mod spot;
pub mod time;
pub mod written;

pub use caller::Caller;
pub use exchange::{Blemish, Blemishes, Exchange};
pub use ids::{CollectionId, EndpointId, Partition, Position, Stage};
pub use info_type::InfoTypeId;
pub use origin::Origin;
pub use record::Record;
pub use spot::Spot;
pub use time::Timestamp;
