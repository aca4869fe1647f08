//! What is wrong with one exchange: detections as data, and what is needed to look with them.
//! Stateless: the same exchange always gives the same signals.

mod catalogue;
mod compiled;
mod detection;
mod detector;
mod detectors;
mod evidence;
mod example;
mod gate;
mod known;
pub mod limits;
mod look;
pub mod payload;
mod raw_body;
mod seen;
#[cfg(test)]
mod tests;
mod views;
mod weigh;
mod work;

pub use catalogue::{CatalogueError, Detections, SHIPPED};
pub use compiled::Compiled;
pub use detection::{Class, Detection, Part, Rule, View};
pub use detector::Detector;
pub use evidence::{Evidence, layers};
pub use example::{Prover, Surprise};
pub use seen::{At, Ground, Mark, Seen, Signal, Thresholds};
