//! Every bound of detect. What lies beyond is not looked at, and the verdict says so.

/// Rules of the whole catalogue.
pub const RULES_MAX: usize = 512;
/// Of one value; what is longer is looked at from its beginning and its end.
pub const TEXT_BYTES_MAX: usize = 32 << 10;
/// Encodings around encodings that are undone.
pub const LAYERS_MAX: usize = 5;
/// Base64 within base64.
pub const NESTED_MAX: u8 = 2;
/// Words of base64 within one value that are looked into.
pub const TOKENS_MAX: usize = 16;
/// Steps of work for the request and for the answer of one exchange. A step is about a byte that
/// was passed over once.
pub const STEPS_MAX: u32 = 600_000;
/// What looking at one value costs at least.
pub const STEPS_PER_TEXT: u32 = 48;
/// Grounds that are kept of one exchange.
pub const GROUNDS_MAX: usize = 64;
/// Memory that the automaton of one rule may take to build, and to remember while it runs.
pub const RULE_BYTES_MAX: usize = 512 << 10;
pub const RULE_CACHE_BYTES_MAX: usize = 512 << 10;
/// A body without leaves that is looked at as it came.
pub const RAW_BYTES_MAX: usize = 16 << 10;
/// Files in one multipart body, and what is looked at of each.
pub const FILES_MAX: usize = 16;
pub const FILE_BYTES_MAX: usize = 1 << 10;
/// Heads that are known to be clean, and how long they may be.
pub const KNOWN_MAX: usize = 128;
pub const KNOWN_BYTES_MAX: usize = 192;
/// Values in the query of a referring page.
pub const PIECES_MAX: usize = 64;
/// Names above others that are remembered, so that each is looked at once.
pub const PARENTS_MAX: usize = 32;
/// From which size on a text with bytes that mean nothing is taken for no text.
pub const BINARY_BYTES_MIN: usize = 64;
/// From which size and number of quotes and tags on a text is taken for a document.
pub const DOCUMENT_BYTES_MIN: usize = 1 << 10;
pub const DOCUMENT_MARKS_MIN: usize = 24;
/// Of a user's own detections: classes, and rules of all files together.
pub const OWN_CLASSES_MAX: usize = 64;
pub const OWN_RULES_MAX: usize = 200;
/// Of an own pattern, its text, and its automaton: in the worst text this one costs a few
/// milliseconds.
pub const PATTERN_BYTES_MAX: usize = 4 << 10;
pub const OWN_RULE_BYTES_MAX: usize = 32 << 10;
/// One literal of a gate, and the literals that all own rules wait for together.
pub const LITERAL_BYTES_MAX: usize = 64;
pub const OWN_LITERALS_BYTES_MAX: usize = 16 << 10;
pub const ID_BYTES_MAX: usize = 60;
pub const TITLE_BYTES_MAX: usize = 120;
/// Values that prove one rule, on each side, and the length of each.
pub const EXAMPLES_MAX: usize = 64;
pub const EXAMPLE_BYTES_MAX: usize = 16 << 10;
