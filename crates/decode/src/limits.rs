//! Every bound of decode. What lies beyond is cut and leaves a blemish.

/// A DNS name is no longer, whatever a header says.
pub const HOST_BYTES_MAX: usize = 255;
pub const METHOD_BYTES_MAX: usize = 16;
pub const SEGMENTS_MAX: usize = 64;
/// Of one path segment, percent-decoded.
pub const SEGMENT_BYTES_MAX: usize = 256;
/// Of the names that a gateway gives its service, workspace and API.
pub const NAME_BYTES_MAX: usize = 128;
