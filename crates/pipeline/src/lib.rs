//! Sources to journal to shards to store.
