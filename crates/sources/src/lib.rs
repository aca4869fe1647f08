//! Where exchanges come from.
