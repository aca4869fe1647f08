//! The roll of checks: whether a value that has the form of a type is one. Each is one function
//! and one row.

mod digits;

/// A function that verifies check digits or structure.
#[derive(Debug)]
pub struct Check {
    pub name: &'static str,
    /// Whether the value, as it stands with its separators, passes.
    pub passes: fn(&[u8]) -> bool,
    /// One of so many values made at random in the right form passes.
    pub one_in: u32,
}

pub static ROLL: &[Check] = &[Check {
    name: "luhn",
    passes: digits::luhn,
    one_in: 10,
}];

pub(crate) fn find(name: &str) -> Option<&'static Check> {
    ROLL.iter().find(|it| it.name == name)
}
