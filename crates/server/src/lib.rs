//! The API, ingest and metrics.
