//! What unpacking promises.

use std::io::Write;

use flate2::Compression;
use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};
use proptest::prelude::*;

use super::*;

const TEXT: &[u8] = br#"{"card":"4111111111111111","gift":false}"#;
/// `TEXT`, packed by another program.
const TEXT_BROTLI: &[u8] = &[
    27, 39, 0, 248, 141, 212, 98, 205, 24, 239, 212, 34, 49, 123, 125, 83, 135, 134, 5, 54, 224,
    64, 53, 224, 176, 237, 228, 164, 20, 93, 26, 35, 174, 186, 44, 163, 61,
];
/// 10 MiB of zeros.
const BOMB_BROTLI: &[u8] = &[
    203, 255, 255, 63, 248, 39, 0, 226, 177, 64, 32, 247, 254, 47, 255, 255, 63, 240, 79, 0, 196,
    97, 17, 128, 238, 253, 7,
];

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn zlib(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn deflate(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn zstd(bytes: &[u8]) -> Vec<u8> {
    zstd::encode_all(bytes, 3).unwrap()
}

fn check(header: &str, body: &[u8], expected: &[u8], codings: &[Coding], blemishes: Blemishes) {
    let mut unpacking = Unpacking::default();
    let found = unpacking.undo(header, body, false);
    assert_eq!(found.bytes, expected, "{header}");
    assert_eq!(
        found.codings.iter().collect::<Vec<_>>(),
        codings,
        "{header}"
    );
    assert_eq!(found.blemishes, blemishes, "{header}");
}

const SOUND: Blemishes = Blemishes(0);
const BAD: Blemishes = Blemishes::BAD_ENCODING;

#[test]
fn every_encoding_yields_what_was_packed() {
    use Coding::{Brotli, Deflate, Gzip, Zstd};
    for (header, body, coding) in [
        ("gzip", gzip(TEXT), Gzip),
        (" X-GZIP,identity", gzip(TEXT), Gzip),
        ("deflate", zlib(TEXT), Deflate),
        ("deflate", deflate(TEXT), Deflate),
        ("br", TEXT_BROTLI.to_vec(), Brotli),
        ("zstd", zstd(TEXT), Zstd),
    ] {
        check(header, &body, TEXT, &[coding], SOUND);
    }
    check("", TEXT, TEXT, &[], SOUND);
    check("identity", TEXT, TEXT, &[], SOUND);
}

#[test]
fn encodings_one_over_the_other_are_undone_from_the_last() {
    let body = zstd(&zlib(&gzip(TEXT)));
    let codings = [Coding::Zstd, Coding::Deflate, Coding::Gzip];
    check("gzip, deflate, zstd", &body, TEXT, &codings, SOUND);
    let mut often = TEXT.to_vec();
    for _ in 0..=CODINGS_MAX {
        often = gzip(&often);
    }
    let header = ["gzip"; CODINGS_MAX + 1].join(",");
    check(
        &header,
        &often,
        &gzip(TEXT),
        &[Coding::Gzip; CODINGS_MAX],
        BAD,
    );
}

#[test]
fn a_text_that_was_unpacked_already_stays() {
    for text in [TEXT, b"<a>b</a>", b"[1, 2]", "é".as_bytes(), b"plain"] {
        for header in ["gzip", "deflate", "br", "zstd", "gzip, br"] {
            check(header, text, text, &[], SOUND);
        }
    }
}

#[test]
fn unknown_and_damaged_encodings_are_told() {
    check("compress", TEXT, TEXT, &[], BAD);
    let noise = [0x80, 0xff, 0, 1, 2, 3];
    for header in ["gzip", "zstd", "deflate", "br"] {
        check(header, &noise, &noise, &[], BAD);
    }
    let large_window = [0x11, 30, 0, 0, 0];
    check("br", &large_window, &large_window, &[], BAD);
}

#[test]
fn of_a_cut_body_the_beginning_is_read() {
    let long: Vec<u8> = (0..40_000_u32)
        .flat_map(|it| it.wrapping_mul(it).to_le_bytes())
        .collect();
    for (header, packed) in [
        ("gzip", gzip(&long)),
        ("deflate", zlib(&long)),
        ("zstd", zstd(&long)),
    ] {
        let mut unpacking = Unpacking::default();
        let found = unpacking.undo(header, &packed[..packed.len() - packed.len() / 8], true);
        assert!(found.cut && found.blemishes.is_empty(), "{header}");
        assert!(
            !found.bytes.is_empty() && long.starts_with(found.bytes),
            "{header}"
        );
        let mut unpacking = Unpacking::default();
        let found = unpacking.undo(header, &packed[..packed.len() - packed.len() / 8], false);
        assert_eq!(found.blemishes, BAD, "{header}");
    }
}

#[test]
fn bombs_are_told_and_long_bodies_are_cut() {
    let zeros = vec![0; 10 << 20];
    for (header, body) in [
        ("gzip", gzip(&zeros)),
        ("deflate", zlib(&zeros)),
        ("br", BOMB_BROTLI.to_vec()),
        ("zstd", zstd(&zeros)),
        ("gzip, gzip", gzip(&gzip(&zeros))),
    ] {
        let mut unpacking = Unpacking::default();
        let found = unpacking.undo(header, &body, false);
        assert!(
            found.cut && found.blemishes.contains(Blemishes::BOMB),
            "{header}"
        );
        assert!(found.bytes.len() <= UNPACKED_BYTES_MAX, "{header}");
    }
    let long: Vec<u8> = (0..1_000_000_u32)
        .flat_map(|it| (it / 3).to_le_bytes())
        .collect();
    let packed = gzip(&long);
    let mut unpacking = Unpacking::default();
    let found = unpacking.undo("gzip", &packed, false);
    assert_eq!(
        (found.bytes.len(), found.blemishes),
        (UNPACKED_BYTES_MAX, Blemishes::TRUNCATED)
    );
}

#[test]
fn a_window_that_eats_memory_is_refused() {
    let mut encoder = zstd::stream::write::Encoder::new(Vec::new(), 1).unwrap();
    encoder.window_log(27).unwrap();
    encoder.include_contentsize(false).unwrap();
    encoder.write_all(&vec![7; 1 << 20]).unwrap();
    let body = encoder.finish().unwrap();
    check("zstd", &body, &body, &[], BAD);
}

proptest! {
    #[test]
    fn anything_at_all_is_unpacked_within_bounds(bytes: Vec<u8>, header in "(gzip|deflate|br|zstd|x|,| ){0,6}", cut: bool) {
        let mut unpacking = Unpacking::default();
        let found = unpacking.undo(&header, &bytes, cut);
        prop_assert!(found.bytes.len() <= UNPACKED_BYTES_MAX.max(bytes.len()));
        prop_assert!(found.cut || !cut);
    }
}
