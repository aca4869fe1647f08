//! Any exchange is classified without a panic, the same by a classifier that has seen much and by
//! one that has seen nothing; hits stand in their leaves, and no redacted text holds a sure value.
#![no_main]

use std::cell::RefCell;
use std::sync::{Arc, LazyLock};

use gatewatch_classify::{Catalogue, Classifier, Hit, SHIPPED, Switches, redact};
use gatewatch_decode::{Leaves, Value};
use gatewatch_fuzz::{check, posted};
use gatewatch_wire::exchange_file;
use libfuzzer_sys::fuzz_target;

const KINDS: &[&str] = &[
    "application/json",
    "application/xml",
    "application/x-www-form-urlencoded",
    "text/plain",
];

static CATALOGUE: LazyLock<Arc<Catalogue>> = LazyLock::new(|| Arc::new(SHIPPED.clone()));

thread_local! {
    static FRESH: Classifier = Classifier::new(Arc::clone(&CATALOGUE));
    static USED: RefCell<Classifier> = RefCell::new(Classifier::new(Arc::clone(&CATALOGUE)));
}

fuzz_target!(|bytes: &[u8]| {
    let reading = if let Ok(exchange) = exchange_file::read(bytes) {
        check(&exchange)
    } else {
        let Some((kind, body)) = bytes.split_first() else {
            return;
        };
        let kind = KINDS[usize::from(*kind) % KINDS.len()];
        check(&posted(&[("content-type", kind)], body, 0))
    };
    let on = Switches::all(&CATALOGUE);
    let fresh = FRESH.with(|it| it.clone().find(reading.leaves(), &on).to_vec());
    let used = USED.with_borrow_mut(|it| it.find(reading.leaves(), &on).to_vec());
    assert_eq!(fresh, used);
    stand_in_their_leaves(reading.leaves(), &fresh);
});

fn stand_in_their_leaves(leaves: &Leaves, hits: &[Hit]) {
    for of_leaf in hits.chunk_by(|one, two| one.leaf == two.leaf) {
        let leaf = leaves
            .get(of_leaf[0].leaf as usize)
            .expect("a hit is of a leaf");
        let (Value::Text(text) | Value::Number(text)) = leaf.value else {
            panic!("a hit has a text");
        };
        for hit in of_leaf {
            let value = text.get(hit.from as usize..hit.to as usize);
            assert!(value.is_some_and(|it| !it.is_empty()));
            assert!(hit.confidence <= 99);
        }
        let redacted = redact(text, of_leaf, |_| None);
        assert!(redacted.len() <= text.len() + of_leaf.len() * 32);
    }
}
