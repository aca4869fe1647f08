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
/// What a source may say that a body had, of which less is at hand; few object stores take more
/// in one piece.
pub const BODY_BYTES_TOTAL_MAX: u64 = 8 << 40;
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

/// Of a file's content, looked at to tell what kind it is.
pub const SAMPLE_BYTES_MAX: usize = 64 << 10;
/// One text of an entry of a JSON document; a longer one is cut while it is read, so that a body
/// of a gigabyte takes no more. Four times what is kept of a body leaves room for escapes.
pub const ENTRY_TEXT_BYTES_MAX: usize = 4 * BODY_BYTES_MAX;
/// One entry of a JSON document, its texts cut.
pub const ENTRY_BYTES_MAX: usize = LINE_BYTES_MAX;
/// No log nests what it says of a request deeper.
pub const JSON_DEPTH_MAX: usize = 16;
/// Values of one line or entry; what follows is left out.
pub const JSON_VALUES_MAX: usize = 16_384;
/// The window that the `zstd` command itself accepts: 128 MiB.
pub const FILE_ZSTD_WINDOW_LOG_MAX: u32 = 27;
/// A file that unpacks to so many times its size is a bomb, once it is past `BOMB_BYTES_MIN`.
pub const UNPACKED_RATIO_MAX: u64 = 2_000;
pub const BOMB_BYTES_MIN: u64 = 1 << 30;
pub const FOLDER_DEPTH_MAX: usize = 32;
pub const FILES_MAX: usize = 1_000_000;
