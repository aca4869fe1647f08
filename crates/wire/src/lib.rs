//! The only persisted shapes: journal records, exchange files and the envelope of engine state.
//! What is written here must be readable by the next two releases.

pub mod base64;
pub mod envelope;
pub mod exchange_file;
pub mod record;
