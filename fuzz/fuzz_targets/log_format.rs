//! Formats that a user writes down, and lines read by them.

#![no_main]

use std::sync::Arc;

use gatewatch_sources::kinds::{self, log_format::LogFormat};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let texts = core::str::from_utf8(bytes)
        .ok()
        .and_then(|it| it.split_once('\n'));
    let Some((format, line)) = texts else {
        return;
    };
    let kind = kinds::of_name("log-format").expect("a kind of that name");
    if let Ok(format) = LogFormat::read(format) {
        let settings = kinds::Settings {
            log_format: Some(Arc::new(format)),
            ..kinds::Settings::default()
        };
        let _ = (kind.read)(line, &settings);
    }
});
