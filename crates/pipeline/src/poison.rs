//! Panics of a fold are caught; what they say is not, because a message may quote its input.
//! Only the place in the code is kept and told.

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};

thread_local! {
    static PLACE: RefCell<Option<Box<str>>> = const { RefCell::new(None) };
}

/// Tells panics by their place in the code alone. Call once, at the start of the process.
pub fn install_hook() {
    std::panic::set_hook(Box::new(|info| {
        let place = info
            .location()
            .map_or_else(|| "an unknown place".to_owned(), ToString::to_string);
        tracing::error!(%place, "a panic; what it said is withheld because it may quote input");
        PLACE.set(Some(place.into()));
    }));
}

/// Runs `work`; a panic becomes the place where it happened.
pub fn caught<T>(work: impl FnOnce() -> T) -> Result<T, Box<str>> {
    // Whoever catches a panic throws the touched state away.
    catch_unwind(AssertUnwindSafe(work)).map_err(|_| {
        let place = PLACE.take().unwrap_or_else(|| "an unknown place".into());
        format!("panicked at {place}").into()
    })
}
