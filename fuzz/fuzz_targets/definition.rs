//! Bytes into an API definition: whatever they are, the answer comes, sorted and within bounds.
#![no_main]

use gatewatch_estate::definition;
use gatewatch_estate::limits::{OPERATIONS_MAX, WARNINGS_MAX};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok((read, warnings)) = definition::read(bytes, Some("hint")) else {
        return;
    };
    assert!(read.operations.len() <= OPERATIONS_MAX);
    assert!(warnings.len() <= WARNINGS_MAX + 1);
    let order = read.operations.iter().map(|it| (&it.template, &it.method));
    assert!(order.is_sorted());
});
