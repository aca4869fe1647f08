//! A file of a feed, whatever it is: a list, STIX, MISP or a database; then a question.
#![no_main]

use gatewatch_intel::{FeedFile, Feeds};
use gatewatch_model::Timestamp;
use gatewatch_model::origin::Tags;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let file = FeedFile {
        name: "file".into(),
        bytes: bytes.to_vec(),
    };
    let mut feeds = Feeds::default();
    if feeds.add(("feed", Tags::THREAT), vec![file], None, Timestamp::ZERO).is_ok() {
        let address = bytes.first_chunk::<4>().copied().unwrap_or_default();
        let _ = feeds.find(address.into());
        let _ = feeds.look_up(address.into());
    }
});
