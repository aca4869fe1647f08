//! Content encodings of what comes in. What a body may unpack to is bounded, and so is the memory
//! that unpacking takes.

use std::borrow::Cow;
use std::io::{self, Read};

use flate2::bufread::MultiGzDecoder;
use gatewatch_model::caller::prefix;

use crate::limits::ZSTD_WINDOW_LOG_MAX;

/// Of a name that is shown back to its sender.
const ENCODING_BYTES_MAX: usize = 64;

type Unpack = fn(&[u8], usize) -> io::Result<Vec<u8>>;

/// Every encoding by its name in a `content-encoding` header.
static ROLL: &[(&str, Unpack)] = &[("gzip", gzip), ("x-gzip", gzip), ("zstd", zstd)];

#[derive(Debug, thiserror::Error)]
pub enum EncodingError {
    #[error("content-encoding `{found}` is not read; there are: identity, gzip, zstd")]
    Unknown { found: Box<str> },
    #[error("the body has more than {bytes_max} bytes; split it")]
    TooLarge { bytes_max: usize },
    #[error("the body is damaged, or no {encoding}")]
    Damaged {
        encoding: &'static str,
        #[source]
        cause: io::Error,
    },
}

/// The body as it was before it was encoded, of at most `bytes_max` bytes. `encoding` is what the
/// header says, empty if there is none.
pub fn decompress<'b>(
    encoding: &str,
    body: &'b [u8],
    bytes_max: usize,
) -> Result<Cow<'b, [u8]>, EncodingError> {
    let asked = encoding.trim();
    let unpacked = if asked.is_empty() || asked.eq_ignore_ascii_case("identity") {
        Cow::Borrowed(body)
    } else {
        Cow::Owned(unpack(asked, body, bytes_max)?)
    };
    if unpacked.len() > bytes_max {
        return Err(EncodingError::TooLarge { bytes_max });
    }
    Ok(unpacked)
}

/// At most one byte more than `bytes_max`, which tells that there is more.
fn unpack(asked: &str, body: &[u8], bytes_max: usize) -> Result<Vec<u8>, EncodingError> {
    let known = ROLL.iter().find(|it| it.0.eq_ignore_ascii_case(asked));
    let Some((encoding, unpack)) = known else {
        return Err(EncodingError::Unknown {
            found: prefix(asked, ENCODING_BYTES_MAX).into(),
        });
    };
    unpack(body, bytes_max.saturating_add(1))
        .map_err(|cause| EncodingError::Damaged { encoding, cause })
}

fn gzip(body: &[u8], bytes_max: usize) -> io::Result<Vec<u8>> {
    read_up_to(MultiGzDecoder::new(body), bytes_max)
}

fn zstd(body: &[u8], bytes_max: usize) -> io::Result<Vec<u8>> {
    let mut decoder = zstd::stream::read::Decoder::with_buffer(body)?;
    decoder.window_log_max(ZSTD_WINDOW_LOG_MAX)?;
    read_up_to(decoder, bytes_max)
}

fn read_up_to(reader: impl Read, bytes_max: usize) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    reader.take(bytes_max as u64).read_to_end(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    fn gzipped(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn zstd_packed(bytes: &[u8], window_log: u32) -> Vec<u8> {
        let mut encoder = zstd::stream::write::Encoder::new(Vec::new(), 1).unwrap();
        encoder.window_log(window_log).unwrap();
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn every_encoding_yields_what_was_packed() {
        let bytes = b"one\ntwo\n".repeat(100);
        let packed = [
            ("", bytes.clone()),
            ("identity", bytes.clone()),
            ("gzip", gzipped(&bytes)),
            (" X-GZip ", gzipped(&bytes)),
            ("zstd", zstd_packed(&bytes, 20)),
        ];
        for (encoding, body) in packed {
            let unpacked = decompress(encoding, &body, bytes.len()).unwrap();
            assert_eq!(*unpacked, *bytes, "{encoding}");
        }
    }

    #[test]
    fn several_gzip_members_are_one_body() {
        let body = [gzipped(b"one\n"), gzipped(b"two\n")].concat();
        assert_eq!(*decompress("gzip", &body, 100).unwrap(), *b"one\ntwo\n");
    }

    #[test]
    fn a_bomb_is_refused_with_the_bound() {
        let zeros = vec![0; 10 << 20];
        for (encoding, body) in [
            ("gzip", gzipped(&zeros)),
            ("zstd", zstd_packed(&zeros, 20)),
            ("identity", zeros.clone()),
        ] {
            let error = decompress(encoding, &body, 1 << 20).unwrap_err();
            assert_eq!(
                error.to_string(),
                "the body has more than 1048576 bytes; split it",
                "{encoding}"
            );
        }
    }

    #[test]
    fn a_window_that_eats_memory_is_refused() {
        let noise: Vec<u8> = (0..20_u32 << 20)
            .map(|it| (it.wrapping_mul(it) >> 7) as u8)
            .collect();
        let body = zstd_packed(&noise, 27);
        let error = decompress("zstd", &body, 64 << 20).unwrap_err();
        assert!(matches!(error, EncodingError::Damaged { .. }), "{error}");
    }

    #[test]
    fn cut_and_foreign_bodies_are_refused() {
        let body = gzipped(&b"one\n".repeat(1000));
        for (encoding, body) in [
            ("gzip", &body[..body.len() - 9]),
            ("gzip", b"one\n".as_slice()),
            ("zstd", &body),
            ("zstd", &zstd_packed(b"one\n", 20)[..8]),
        ] {
            let error = decompress(encoding, body, 1 << 20).unwrap_err();
            assert!(matches!(error, EncodingError::Damaged { .. }), "{error}");
        }
    }

    #[test]
    fn an_unknown_encoding_is_told_the_known_ones() {
        let error = decompress("br", b"", 10).unwrap_err();
        assert_eq!(
            error.to_string(),
            "content-encoding `br` is not read; there are: identity, gzip, zstd"
        );
    }
}
