//! Forms, queries, matrix parameters and cookies: always within their bounds.

#![no_main]

use gatewatch_fuzz::{check, posted};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let [cut, body @ ..] = bytes else { return };
    let text = String::from_utf8_lossy(body);
    let form = [
        ("content-type", "application/x-www-form-urlencoded"),
        ("cookie", &text),
        ("set-cookie", &text),
    ];
    let mut exchange = posted(&form, body, *cut);
    exchange.request.url = format!("/a;{text}?{text}").into();
    check(&exchange);
});
