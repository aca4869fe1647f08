//! The traffic language and seeded generators for tests.
