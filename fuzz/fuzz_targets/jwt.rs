//! JSON web tokens, and everything else that an `authorization` header may be.

#![no_main]

use gatewatch_decode::limits::NAME_BYTES_MAX;
use gatewatch_fuzz::{check, posted};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let text = String::from_utf8_lossy(bytes);
    let token = format!("Bearer ey{text}");
    for header in [token.as_str(), &text] {
        let reading = check(&posted(&[("authorization", header)], b"", 0));
        if let Some(token) = reading.token() {
            assert!(token.issuer.len() <= NAME_BYTES_MAX);
        }
    }
});
