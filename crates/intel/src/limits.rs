//! How much is taken in, whatever a file holds.

/// Of one feed's files together.
pub const FEED_BYTES_MAX: usize = 256 << 20;
pub const FEEDS_MAX: usize = 64;
/// Ranges of all feeds together: with the table that all are merged in, 24 bytes each of IPv4 and 72
/// of IPv6 at most.
pub const RANGES_MAX: usize = 4_000_000;
pub const NAME_BYTES_MAX: usize = 64;
/// What is wrong in a feed is said this often and then only counted.
pub const REMARKS_MAX: usize = 8;
/// One line of a plain list; lists are of addresses and short remarks.
pub const LINE_BYTES_MAX: usize = 4_096;
/// One pattern of an indicator.
pub const PATTERN_BYTES_MAX: usize = 64 * 1024;
/// A user agent is looked at so far.
pub const AGENT_BYTES_MAX: usize = 512;
/// A range of more than an eighth of all addresses is a mistake.
pub const PREFIX_BITS_MIN: u32 = 3;
