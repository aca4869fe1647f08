//! Whole files of any kind through the reader: packed, in UTF-16, documents or lines. Every item
//! has a place, and no text is longer than its bound.

#![no_main]

use std::path::PathBuf;

use gatewatch_sources::files::{Options, Outcome, Reader};
use gatewatch_sources::limits::LINE_BYTES_MAX;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let path: PathBuf = std::env::temp_dir().join(format!("gatewatch-fuzz-{}", std::process::id()));
    std::fs::write(&path, bytes).expect("a temporary file");
    let mut reader = Reader::open(std::slice::from_ref(&path), Options::default()).expect("a file");
    let mut last = 0;
    while let Some(item) = reader.next() {
        assert!(item.place.number >= last, "places go on");
        last = item.place.number;
        if let Outcome::Exchange(exchange) = item.outcome {
            assert!(exchange.request.url.len() <= 3 * LINE_BYTES_MAX);
        }
    }
});
