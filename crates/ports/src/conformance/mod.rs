//! Suites that every implementation of a port must pass.

pub mod journal;
pub mod store;
