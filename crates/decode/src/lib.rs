//! Bytes to heads, URLs and tokens: the hostile-input boundary.
