//! Compressed bodies never unpack to more than their bound, whatever they claim.

#![no_main]

use gatewatch_sources::encoding::decompress;
use libfuzzer_sys::fuzz_target;

const BYTES_MAX: usize = 1 << 16;

fuzz_target!(|bytes: &[u8]| {
    let [choice, body @ ..] = bytes else { return };
    let encodings = ["gzip", "zstd", "identity", "x-gzip"];
    let encoding = encodings[usize::from(*choice) % encodings.len()];
    if let Ok(unpacked) = decompress(encoding, body, BYTES_MAX) {
        assert!(unpacked.len() <= BYTES_MAX);
        let is_plain = encoding == "identity";
        assert!(!is_plain || *unpacked == *body);
    }
    if let Ok(name) = str::from_utf8(bytes) {
        let _ = decompress(name, b"", BYTES_MAX);
    }
});
