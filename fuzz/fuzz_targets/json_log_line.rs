//! Lines of JSON logs through every shipped mapping.

#![no_main]

use std::sync::Arc;

use gatewatch_sources::{kinds, mapping::SHIPPED};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = core::str::from_utf8(bytes) else {
        return;
    };
    let kind = kinds::of_name("json-log").expect("a kind of that name");
    for mapping in SHIPPED.iter() {
        let settings = kinds::Settings {
            mapping: Some(Arc::new(mapping.clone())),
            ..kinds::Settings::default()
        };
        if let Ok(Some(exchange)) = (kind.read)(text, &settings) {
            assert!(!exchange.request.url.is_empty());
        }
    }
});
