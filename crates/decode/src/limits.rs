//! Every bound of decode. What lies beyond is cut and leaves a blemish.

/// A DNS name is no longer, whatever a header says.
pub const HOST_BYTES_MAX: usize = 255;
pub const METHOD_BYTES_MAX: usize = 16;
pub const SEGMENTS_MAX: usize = 64;
/// Of one path segment, percent-decoded.
pub const SEGMENT_BYTES_MAX: usize = 256;
/// Of the names that a gateway gives its service, workspace and API.
pub const NAME_BYTES_MAX: usize = 128;
/// Values of one exchange; what is more is left out.
pub const LEAVES_MAX: usize = 8_192;
/// Names and values of one exchange together.
pub const LEAVES_BYTES_MAX: usize = 2 << 20;
/// Of one value.
pub const LEAF_BYTES_MAX: usize = 64 << 10;
