//! Journal records: whatever is read is written in one form, and that form reads the same.

#![no_main]

use gatewatch_wire::record::{decode, encode};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(record) = decode(bytes) else { return };
    let mut once = Vec::new();
    encode(&record, &mut once);
    let again = decode(&once).expect("what was written is read");
    let mut twice = Vec::new();
    encode(&again, &mut twice);
    // Bytes and not records: a sample rate may be NaN, which equals nothing.
    assert_eq!(once, twice);
});
