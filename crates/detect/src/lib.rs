//! What is wrong with one exchange: detections as data, and what is needed to look with them.

mod catalogue;
mod detection;

pub use catalogue::{CatalogueError, Detections, SHIPPED};
pub use detection::{Class, Detection, Maturity, Part, Rule, View};
