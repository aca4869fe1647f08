//! Saved state of the engines: what is read is written in one form, and that form reads the
//! same.

#![no_main]

use gatewatch_inventory::{Callers, Digests, Inventory, StateError};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    check(bytes, Inventory::decode, Inventory::encode);
    check(bytes, Callers::decode, Callers::encode);
    check(bytes, Digests::decode, Digests::encode);
});

fn check<T>(
    bytes: &[u8],
    decode: fn(&[u8]) -> Result<T, StateError>,
    encode: fn(&T, &mut Vec<u8>),
) {
    let Ok(engine) = decode(bytes) else { return };
    let mut once = Vec::new();
    encode(&engine, &mut once);
    let again = decode(&once).expect("what was written is read");
    let mut twice = Vec::new();
    encode(&again, &mut twice);
    assert!(once == twice, "state has one form");
}
