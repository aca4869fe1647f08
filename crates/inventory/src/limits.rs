//! Every bound of the inventory, for one partition.

pub const COLLECTIONS_MAX: usize = 4_096;
pub const ENDPOINTS_MAX: usize = 20_000;
/// Of these, endpoints that have not proved themselves.
pub const SEEDLINGS_MAX: usize = 14_000;
/// Of these, such that have a profile already. The others are seeds until they prove themselves or
/// there is room.
pub const PROFILED_SEEDLINGS_MAX: usize = 4_000;
/// What is counted of a seed.
pub const SEED_FACTS_BYTES_MAX: usize = 152;
/// So many calls make an endpoint of a seedling, if one of them was more than a scanner's miss.
pub const GROWN_CALLS: u64 = 8;
/// Merges that can be remembered; a person makes each of them.
pub const ALIASES_MAX: usize = 4_096;
/// A longer literal is a value and never becomes a name.
pub const LITERAL_BYTES_MAX: usize = 64;
/// What a template says beyond this is `{rest}`.
pub const TEMPLATE_BYTES_MAX: usize = 512;
/// Labels of a path that are learned from; what is deeper goes by kinds.
pub const PATH_DEPTH_MAX: usize = 24;
/// Different labels below one node; more are one value.
pub const NODE_CHILDREN_MAX: usize = 256;
/// Nodes of evidence of one collection; then slots are folded and old paths go.
pub const PATH_NODES_MAX: usize = 8_192;
/// Of these, what one path may add while more comes than there is room for; the rest waits until
/// it comes again.
pub const PRESSED_NODES_MAX: usize = 1;
/// Of all collections of a partition; then nothing new is learned.
pub const PATH_NODES_ALL_MAX: usize = 65_536;
/// A word visited so often stays a name while a crowd of others comes.
pub const PROVEN_VISITS: u64 = 8;
/// Callers who have sent a word of a path before it is kept as text.
pub const SHOWN_CALLERS: u32 = 5;
/// Calls that do as well where no values are to be expected, beside so few unknown words.
pub const SHOWN_VISITS: u64 = 64;
pub const SHOWN_SIBLINGS: usize = 8;
/// The name of a GraphQL operation, a JSON-RPC method, a tool.
pub const OPERATION_BYTES_MAX: usize = 64;
/// Names that learned templates have left behind; beyond it only those of grown endpoints are
/// kept, the rest are forgotten.
pub const LEARNED_ALIASES_MAX: u64 = 65_536;
/// Beyond this those of grown endpoints are forgotten too: each is a row of the store for good.
pub const GROWN_ALIASES_MAX: u64 = 131_072;
/// Templates that people pin in one collection.
pub const PINS_MAX: usize = 256;
/// Definitions of one collection, and operations of one definition.
pub const DEFINITIONS_MAX: usize = 8;
pub const OPERATIONS_MAX: usize = 2_048;
/// Operations of one collection that newer definitions have no more.
pub const REMOVED_MAX: usize = 2_048;
/// Minutes of one endpoint that wait in one sorted list for the next checkpoint.
pub const MINUTES_PENDING_MAX: usize = 128;
/// 200,000 callers over the 16 partitions of an embedded journal.
pub const CALLERS_MAX: usize = 12_500;
/// Digests open at once.
pub const DIGESTS_MAX: usize = 8_192;
/// Profiles that one checkpoint takes along; the rest waits for the next.
pub const PROFILES_PER_CHECKPOINT_MAX: usize = 256;
/// Plain paths of which is known where they led the last time, and how long each may be.
pub const WAYS_MAX: usize = 65_536;
pub const WAY_BYTES_MAX: usize = 128;
