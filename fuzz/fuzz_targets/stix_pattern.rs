//! The pattern of an indicator: whatever it is, what comes out are addresses.
#![no_main]

use gatewatch_intel::{FeedFile, Feeds};
use gatewatch_model::Timestamp;
use gatewatch_model::origin::Tags;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|pattern: &str| {
    let indicator = serde_json::json!({"type": "indicator", "pattern": pattern});
    let bundle = serde_json::json!({"objects": [indicator]});
    let file = FeedFile {
        name: "file".into(),
        bytes: bundle.to_string().into(),
    };
    let mut feeds = Feeds::default();
    let added = feeds.add(("feed", Tags::THREAT), vec![file], None, Timestamp::ZERO);
    assert!(added.is_ok_and(|it| it.format == "stix"));
});
