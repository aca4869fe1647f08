//! A user's own detections: reading them never fails but with a reason, and what is taken can be
//! looked with. The bytes are a whole file, and the pattern of one that is otherwise sound.

#![no_main]

use std::sync::LazyLock;

use gatewatch_detect::{Compiled, Detections, SHIPPED};
use libfuzzer_sys::fuzz_target;

/// The classes that ship and no detections: weaving those into nets anew for each run is most of
/// the time.
static BARE: LazyLock<Detections> = LazyLock::new(|| Detections {
    classes: SHIPPED.classes.clone(),
    list: Vec::new(),
});

const HEAD: &str = "id = 'own.fuzz'\nclass = 'sqli'\ntitle = 'x'\nseverity = 'low'\nwhy = 'x'\n\
    respond = []\n[[rules]]\nid = 'a'\nconfidence = 1\nquiet = ['x']\n";

fuzz_target!(|bytes: &[u8]| {
    let text = String::from_utf8_lossy(bytes);
    let quoted = serde_json::to_string(&text).unwrap_or_default();
    let ruled = format!("{HEAD}pattern = {quoted}\nfires = [{quoted}]\n");
    for text in [&*text, &*ruled] {
        match BARE.with_own(&[("own.toml", text)]) {
            Ok(with) => {
                let compiled = Compiled::new(with);
                assert!(compiled.is_ok());
            }
            Err(error) => {
                assert!(!error.reason.is_empty());
                assert!(error.line <= text.lines().count() + 1);
            }
        }
    }
});
