//! Forms in parts: always within their bounds.

#![no_main]

use gatewatch_fuzz::{check, posted};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let [cut, body @ ..] = bytes else { return };
    check(&posted(
        &[("content-type", "multipart/form-data; boundary=x")],
        body,
        *cut,
    ));
});
