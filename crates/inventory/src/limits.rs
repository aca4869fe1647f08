//! Every bound of the inventory, for one partition.

pub const COLLECTIONS_MAX: usize = 4_096;
pub const ENDPOINTS_MAX: usize = 20_000;
/// Of these, endpoints that have not proved themselves.
pub const SEEDLINGS_MAX: usize = 4_000;
/// So many calls make an endpoint of a seedling, if one of them was more than a scanner's miss.
pub const GROWN_CALLS: u64 = 8;
/// Merges that can be remembered; a person makes each of them.
pub const ALIASES_MAX: usize = 4_096;
/// A longer literal is a value and never becomes a name.
pub const LITERAL_BYTES_MAX: usize = 64;
/// What a template says beyond this is `{rest}`.
pub const TEMPLATE_BYTES_MAX: usize = 512;
/// Minutes of one endpoint that wait in one sorted list for the next checkpoint.
pub const MINUTES_PENDING_MAX: usize = 128;
/// 200,000 callers over the 16 partitions of an embedded journal.
pub const CALLERS_MAX: usize = 12_500;
/// Digests open at once.
pub const DIGESTS_MAX: usize = 8_192;
/// Profiles that one checkpoint takes along; the rest waits for the next.
pub const PROFILES_PER_CHECKPOINT_MAX: usize = 256;
