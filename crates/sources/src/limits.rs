//! Every bound of what comes in. What lies beyond is cut and leaves a blemish, or is refused
//! with its line number; the largest exchange that is left still fits a journal record.

/// Servers and proxies stop at 8 KiB as a rule; twice that still shows an overlong attack.
pub const URL_BYTES_MAX: usize = 16 << 10;
/// Servers stop at 100 as a rule.
pub const HEADERS_MAX: usize = 128;
/// No registered header name has half of it.
pub const HEADER_NAME_BYTES_MAX: usize = 256;
/// A cookie has 4 KiB at most and a token seldom more; servers stop at 8 KiB.
pub const HEADER_VALUE_BYTES_MAX: usize = 8 << 10;
/// Of names and values of one head together, so that 128 long headers are no megabyte.
pub const HEAD_BYTES_MAX: usize = 64 << 10;
/// What is said of a body is learned from its beginning; the true size is kept beside it.
pub const BODY_BYTES_MAX: usize = 64 << 10;
/// Of ids, names, methods and everything else that is one word.
pub const NAME_BYTES_MAX: usize = 256;
/// Of lists of names: headers seen, places redacted, authentication steps.
pub const NAMES_MAX: usize = 256;

/// Two bodies in base64 with their heads have a third of it.
pub const LINE_BYTES_MAX: usize = 4 << 20;
/// A batch is one frame of the journal and one answer to its sender.
pub const LINES_MAX: u64 = 20_000;
/// Whoever gets a hundred refusals explained sees the pattern.
pub const REFUSALS_MAX: usize = 100;

/// Compressed bodies whose window would need more memory than that are refused, as RFC 9659
/// wants it of the web.
pub const ZSTD_WINDOW_LOG_MAX: u32 = 23;
