//! JSON and lines of it: what serde_json takes is sound, and a prefix has a prefix of the leaves.

#![no_main]

use gatewatch_decode::Reading;
use gatewatch_fuzz::{check, posted};
use gatewatch_model::Blemishes;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let [cut, body @ ..] = bytes else { return };
    let json = [("content-type", "application/json")];
    let whole = check(&posted(&json, body, 0));
    let part = check(&posted(&json, &body[..body.len() / 2], 1));
    check(&posted(
        &[("content-type", "application/x-ndjson")],
        body,
        *cut,
    ));
    let text = str::from_utf8(body).unwrap_or_default();
    let taken = serde_json::from_str::<&serde_json::value::RawValue>(text).is_ok();
    if taken && !whole.blemishes().contains(Blemishes::TOO_DEEP) {
        assert!(!whole.blemishes().contains(Blemishes::BAD_JSON));
        assert!(places(&part).len() <= places(&whole).len());
    }
});

fn places(reading: &Reading) -> Vec<String> {
    let place = |leaf: gatewatch_decode::Leaf<'_>| {
        let mut place = String::new();
        leaf.write_place(&mut place);
        place
    };
    let all = reading.leaves().iter().map(place);
    all.filter(|it| it.starts_with("$.request.body")).collect()
}
