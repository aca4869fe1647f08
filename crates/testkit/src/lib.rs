//! The traffic language and seeded chance, for tests. A test says its traffic in a few words a
//! line and reads like what it tests:
//!
//! ```
//! let exchanges = gatewatch_testkit::traffic(
//!     "9x +0 203.0.113.7 POST /login 401   # nine refusals
//!         +5 203.0.113.7 POST /login 200 latency=12ms",
//! );
//! assert_eq!(exchanges.len(), 10);
//! ```

mod rng;
mod traffic;
mod words;

pub use rng::Rng;
pub use traffic::{HOST, START, arrivals, traffic};
