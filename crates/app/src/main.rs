//! The binary `gatewatch`: command line, configuration, composition.
fn main() {}
