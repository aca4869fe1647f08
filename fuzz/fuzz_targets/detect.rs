//! Texts as a value of the query, a header and a body: looking never fails, confidences are shares,
//! and memory that was used says the same as fresh memory.

#![no_main]

use std::sync::Mutex;

use gatewatch_decode::Reading;
use gatewatch_detect::Detector;
use gatewatch_fuzz::posted;
use libfuzzer_sys::fuzz_target;

static USED: Mutex<Option<Detector>> = Mutex::new(None);

fuzz_target!(|bytes: &[u8]| {
    let text = String::from_utf8_lossy(bytes);
    let mut exchange = posted(
        &[("x-custom", &text), ("content-type", "text/plain")],
        bytes,
        0,
    );
    exchange.request.url = format!("/a?q={text}").into();
    let mut reading = Reading::default();
    reading.read(&exchange);
    let mut used = USED.lock().expect("no target panics while it holds this");
    let used = used.get_or_insert_with(Detector::default);
    let told = |detector: &mut Detector| {
        let seen = detector.see(&exchange, &reading);
        let all = seen.signals().chain(seen.nearly());
        let lines = all.map(|it| {
            assert!((0.0..1.0).contains(&it.confidence));
            let mut place = String::new();
            it.at.write(&reading, &mut place);
            format!("{} {place} {}", it.detection.id, it.confidence)
        });
        lines.collect::<Vec<_>>()
    };
    let first = told(used);
    assert_eq!(first, told(used));
});
