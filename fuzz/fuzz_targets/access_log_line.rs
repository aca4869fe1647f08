//! Lines of access logs: whatever stands there is read, passed over or refused, and what is read fits a record.

#![no_main]

use gatewatch_sources::{admit, kinds, limits::URL_BYTES_MAX};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = core::str::from_utf8(bytes) else {
        return;
    };
    let kind = kinds::of_name("access-log").expect("a kind of that name");
    if let Ok(Some(mut exchange)) = (kind.read)(text, &kinds::Settings::default()) {
        admit(&mut exchange);
        assert!(exchange.request.url.len() <= URL_BYTES_MAX);
    }
});
