//! Content encodings of observed bodies, one over the other: never more than their bound.

#![no_main]

use gatewatch_decode::encoding::Unpacking;
use gatewatch_decode::limits::UNPACKED_BYTES_MAX;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let [choice, body @ ..] = bytes else { return };
    let headers = [
        "gzip",
        "deflate",
        "br",
        "zstd",
        "gzip, br",
        "zstd, deflate, gzip",
        "identity",
    ];
    let header = headers[usize::from(*choice) % headers.len()];
    let mut unpacking = Unpacking::default();
    let unpacked = unpacking.undo(header, body, choice & 0x80 != 0);
    assert!(unpacked.bytes.len() <= UNPACKED_BYTES_MAX.max(body.len()));
});
