//! Which collections and endpoints exist and what is known of each.
