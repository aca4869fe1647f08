//! What classification allocates, counted by the allocator of this test.

use std::sync::Arc;

use gatewatch_classify::{Classifier, SHIPPED, Switches};
use gatewatch_decode::Reading;
use gatewatch_model::exchange::Body;
use gatewatch_sources::reference::reference_exchange;
use peak_alloc::PeakAlloc;

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

const TELLING: &[u8] = br#"{"card": "4111 1111 1111 1112", "iban": "DE89 3704 0044 0532 0130 00",
    "note": "Jane Roe, +44 20 7946 0018, asked at Main Street 5 for login=m.roe42&pwd=ex1av2936a"}"#;

#[test]
fn finding_again_allocates_nothing() {
    let readings: Vec<_> = (0..100)
        .map(|seed| {
            let mut exchange = reference_exchange(seed, 100, 100);
            if seed % 10 == 0 {
                exchange.request.body = Some(Body {
                    bytes: TELLING.into(),
                    bytes_total: TELLING.len() as u64,
                });
            }
            let mut reading = Reading::default();
            reading.read(&exchange);
            reading
        })
        .collect();
    let catalogue = Arc::new(SHIPPED.clone());
    let on = Switches::all(&catalogue);
    let mut classifier = Classifier::new(catalogue);
    let mut find = || {
        let counts = readings.iter();
        let counts = counts.map(|it| classifier.find(it.leaves(), &on).len());
        counts.sum::<usize>()
    };
    let found = find();
    assert!(found > 0);
    let before = MEMORY.current_usage();
    MEMORY.reset_peak_usage();
    assert_eq!(find(), found);
    assert_eq!(MEMORY.peak_usage(), before);
}
