//! Every bound of decode. What lies beyond is cut and leaves a blemish.

use gatewatch_model::Spot;

/// A DNS name is no longer, whatever a header says.
pub const HOST_BYTES_MAX: usize = 255;
pub const METHOD_BYTES_MAX: usize = 16;
pub const SEGMENTS_MAX: usize = 64;
/// Of one path segment, percent-decoded.
pub const SEGMENT_BYTES_MAX: usize = 256;
/// Of the names that a gateway gives its service, workspace and API, of members, and of what a
/// token says of itself.
pub const NAME_BYTES_MAX: usize = 128;

/// Values of the path with its matrix parameters.
pub const PATH_LEAVES_MAX: usize = 128;
pub const PARAMETERS_MAX: usize = 1_024;
/// Of one head.
pub const HEADERS_MAX: usize = 256;
/// Of one message.
pub const COOKIES_MAX: usize = 256;
/// Values of one body.
pub const BODY_LEAVES_MAX: usize = 8_192;
/// Values of one exchange; what is more is left out.
pub const LEAVES_MAX: usize =
    PATH_LEAVES_MAX + PARAMETERS_MAX + 2 * (HEADERS_MAX + COOKIES_MAX + BODY_LEAVES_MAX);
/// Names and values of one body together; a form can be longer decoded than a whole body is.
pub const BODY_LEAVES_BYTES_MAX: usize = 1 << 20;
/// Names and values of the path, the query, a head or its cookies together.
pub const HEAD_LEAVES_BYTES_MAX: usize = 128 << 10;
/// Names and values of one exchange together.
pub const LEAVES_BYTES_MAX: usize = 2 * BODY_LEAVES_BYTES_MAX + 6 * HEAD_LEAVES_BYTES_MAX;
/// Of one value.
pub const LEAF_BYTES_MAX: usize = 64 << 10;
/// Steps from the root of a body to a value. Few documents have ten.
pub const DEPTH_MAX: usize = 64;
/// Of one XML document, nested ones included.
pub const ELEMENTS_MAX: usize = 2 * BODY_LEAVES_MAX;
pub const PARTS_MAX: usize = 512;
/// RFC 2046 allows 70.
pub const BOUNDARY_BYTES_MAX: usize = 200;
pub const PART_HEAD_BYTES_MAX: usize = 8 << 10;
/// Steps in the table for each value there may be: names on the way are shared by siblings.
pub const STEPS_PER_LEAF_MAX: usize = 4;

/// Content encodings one over the other.
pub const CODINGS_MAX: usize = 4;
/// What a body may unpack to. Sources keep 64 KiB of a body as a rule.
pub const UNPACKED_BYTES_MAX: usize = 1 << 20;
/// How many times its size a body may unpack to, beyond what a small one may. Text seldom has 20.
pub const UNPACKED_RATIO_MAX: usize = 200;
pub const UNPACKED_SMALL_BYTES_MAX: usize = 64 << 10;
/// From that ratio on, what meets a bound is a bomb and not just long.
pub const BOMB_RATIO_MIN: usize = 100;
/// Bodies whose window would need more memory than that are not unpacked, as RFC 9659 wants it of
/// the web.
pub const ZSTD_WINDOW_LOG_MAX: u32 = 23;
/// Calls in one request: operations of a GraphQL document, requests of a batch.
pub const CALLS_MAX: usize = 128;
/// Top-level fields of one GraphQL operation that are kept by name.
pub const FIELDS_MAX: usize = 64;
/// Operations and fragments of one GraphQL document.
pub const DEFINITIONS_MAX: usize = 64;
/// Uses of fragments in one GraphQL document.
pub const SPREADS_MAX: usize = 512;
/// Of a JSON web token that is looked into.
pub const TOKEN_BYTES_MAX: usize = 16 << 10;
/// Audiences of one token.
pub const AUDIENCES_MAX: usize = 8;

/// How many values a spot may have, and how many bytes of names and values.
pub fn share(spot: Spot) -> (usize, usize) {
    match spot {
        Spot::RequestPath => (PATH_LEAVES_MAX, HEAD_LEAVES_BYTES_MAX),
        Spot::RequestQuery => (PARAMETERS_MAX, HEAD_LEAVES_BYTES_MAX),
        Spot::RequestHeaders | Spot::ResponseHeaders => (HEADERS_MAX, HEAD_LEAVES_BYTES_MAX),
        Spot::RequestCookies | Spot::ResponseCookies => (COOKIES_MAX, HEAD_LEAVES_BYTES_MAX),
        Spot::RequestBody | Spot::ResponseBody => (BODY_LEAVES_MAX, BODY_LEAVES_BYTES_MAX),
    }
}
