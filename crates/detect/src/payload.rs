//! The payload model: a trained judgement of a text beside the rules. It is asked only about texts
//! that hold punctuation an attack would need, and its word and that of the rules become one.

pub(crate) mod asked;
mod explain;
mod features;
pub(crate) mod judge;
mod model;
#[cfg(test)]
mod tests;
mod words;

use std::sync::{Arc, LazyLock};

pub use asked::Kept;
pub use explain::{REASONS_MAX, Reasons, class_cell};
pub use features::{CELLS, Feature, Of, SIGNS_MAX, Take, walk};
pub use model::{
    Blend, CLASS_CELLS, CLASSES, Model, ModelError, WELL_KNOWN, WINDOW_SIGNS, doublings, odds,
    sigmoid,
};

/// The model that is shipped. A test reads it, so it is never missing here.
pub static SHIPPED: LazyLock<Option<Arc<Model>>> = LazyLock::new(|| {
    let bytes = include_bytes!("../../../catalogue/models/payload.bin");
    Model::read(bytes).ok().map(Arc::new)
});
