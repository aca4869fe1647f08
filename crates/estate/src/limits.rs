//! Every bound of estate. What lies beyond is left out with a warning, or the document is refused.

/// Of a document; a larger one is refused.
pub const DOCUMENT_BYTES_MAX: usize = 16 << 20;
/// Values of a document, aliases written out; more are refused.
pub const NODES_MAX: usize = 2_000_000;
/// Of the texts that aliases repeat; more are refused.
pub const ALIASED_BYTES_MAX: usize = 32 << 20;
/// Names that aliases may use; more are refused.
pub const ANCHORS_MAX: usize = 20_000;
/// Values within values; deeper ones are refused.
pub const NESTING_MAX: usize = 120;
pub const OPERATIONS_MAX: usize = 20_000;
pub const SERVERS_MAX: usize = 64;
/// Of the request of an operation, and of each of its responses.
pub const MEMBERS_MAX: usize = 512;
/// Of all operations of a document together.
pub const MEMBERS_TOTAL_MAX: usize = 500_000;
/// Names and lists on the way to a member.
pub const MEMBER_DEPTH_MAX: usize = 32;
pub const MEMBER_PATH_BYTES_MAX: usize = 512;
/// Parts of one schema: what `allOf`, `oneOf` and `anyOf` join, references followed.
pub const SCHEMA_PARTS_MAX: usize = 256;
/// How often such a part may be joined of parts itself.
pub const SCHEMA_JOIN_DEPTH_MAX: usize = 16;
/// Schemas looked at for one member, and for one document.
pub const MEMBER_VISITS_MAX: usize = 2_048;
pub const SCHEMA_VISITS_MAX: usize = 1_000_000;
/// So many properties of a schema count like one more that is looked at.
pub const PROPERTIES_PER_VISIT: usize = 8;
/// References that lead to references.
pub const REFERENCE_HOPS_MAX: usize = 16;
/// Values that an enumeration names.
pub const ENUM_VALUES_MAX: usize = 64;
pub const ENUM_VALUE_BYTES_MAX: usize = 128;
pub const RESPONSES_MAX: usize = 64;
pub const MEDIA_TYPES_MAX: usize = 32;
pub const SCHEMES_MAX: usize = 32;
/// Of names: titles, ids, summaries, templates.
pub const TEXT_BYTES_MAX: usize = 1_024;
/// Folders in folders of a Postman collection.
pub const FOLDER_DEPTH_MAX: usize = 32;
/// Values of a collection's variables.
pub const VARIABLES_MAX: usize = 1_000;
/// Of the name of a variable.
pub const VARIABLE_BYTES_MAX: usize = 128;
/// Variables in the values of variables.
pub const VARIABLE_HOPS_MAX: usize = 8;
/// Saved answers of one Postman request that are looked at.
pub const EXAMPLES_MAX: usize = 32;
/// Values of one example that wait to be looked at.
pub const EXAMPLE_WAITING_MAX: usize = 16_384;
pub const WARNINGS_MAX: usize = 200;
pub const DIFFERENCES_MAX: usize = 10_000;
/// Values or members of one kind that one sentence names.
pub const NAMED_MAX: usize = 5;
/// Pairs of templates that are held against each other to find overlaps.
pub const OVERLAPS_MAX: usize = 2_000_000;
