//! Whole exchanges as sources read them from a line: reading never fails, and twice is the same.

#![no_main]

use gatewatch_fuzz::check;
use gatewatch_wire::exchange_file;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|line: &[u8]| {
    if let Ok(exchange) = exchange_file::read(line) {
        check(&exchange);
    }
});
