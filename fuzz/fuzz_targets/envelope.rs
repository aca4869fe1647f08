//! Envelopes of engine state: what opens is what was sealed, and a sealed one that was changed
//! does not open.

#![no_main]

use gatewatch_wire::envelope::{open, seal};
use libfuzzer_sys::fuzz_target;

const ENGINE: &str = "inventory";

fuzz_target!(|bytes: &[u8]| {
    if let Ok(opened) = open(bytes, ENGINE, 0..=u16::MAX) {
        let mut sealed = Vec::new();
        seal(ENGINE, opened.version, opened.state, &mut sealed);
        assert_eq!([&sealed, opened.rest].concat(), bytes);
    }
    let [at, bit, state @ ..] = bytes else { return };
    let mut sealed = Vec::new();
    seal(ENGINE, 7, state, &mut sealed);
    let opened = open(&sealed, ENGINE, 1..=9).expect("what was sealed opens");
    assert_eq!((opened.state, opened.rest.len()), (state, 0));
    let at = usize::from(*at) % sealed.len();
    sealed[at] ^= 1 << (bit & 7);
    assert!(open(&sealed, ENGINE, 0..=u16::MAX).is_err());
});
