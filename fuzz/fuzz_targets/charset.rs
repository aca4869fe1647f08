//! Character sets by declaration, mark and zeros: any bytes become text.

#![no_main]

use gatewatch_decode::charset::decode;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let [choice, body @ ..] = bytes else { return };
    let labels = [
        "",
        "utf-8",
        "utf-16",
        "utf-16be",
        "latin1",
        "gb18030",
        "iso-2022-jp",
        "x",
    ];
    let label = labels[usize::from(*choice) % labels.len()];
    let mut out = String::new();
    let decoded = decode(body, label, choice & 0x80 != 0, &mut out);
    assert!(decoded.text.len() <= 3 * body.len() + 16);
});
