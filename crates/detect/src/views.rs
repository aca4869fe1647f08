//! A value as different readers would take it: with encodings undone, as a database, a shell, a
//! browser or a file system reads it. A view is made only where a sign says it would differ.

mod base64;
mod fold;
mod html;
mod path;
mod shell;
mod sql;
mod unwind;

pub use base64::Packed;
pub use unwind::unwind;

use crate::detection::View;
use crate::gate::signs::Signs;

/// What makes a view out of the plain text; false if nothing came out different.
type Make = fn(&[u8], &mut Vec<u8>) -> bool;

/// Views, the signs of which one must be there, and how each is made.
static ROLL: &[(View, Signs, Make)] = &[
    (View::Sql, sql::SIGNS, sql::make),
    (View::Shell, Signs::SHELL, shell::make),
    (View::Html, html::SIGNS, html::make),
    (View::Path, Signs::DOTS_AND_SLASHES, path::make),
];

/// All views of one text, in memory that is used again and again.
#[derive(Default)]
pub struct Views {
    /// Encodings undone, in lower case.
    pub plain: Vec<u8>,
    /// As it came, in lower case; kept only where `plain` is something else.
    pub raw: Vec<u8>,
    /// Whether `plain` is something else than `raw`.
    pub unwound: bool,
    spare: Vec<u8>,
    made: [Vec<u8>; 4],
    differs: [bool; 4],
}

impl Views {
    /// Takes in a text, and tells how many encodings were undone.
    pub fn take(&mut self, text: &[u8], signs: Signs) -> usize {
        self.differs = [false; 4];
        let mut layers = 0;
        if signs.meets(Signs::ESCAPES.with(Signs::PLUS)) {
            layers = unwind(text, &mut self.plain, &mut self.spare);
        }
        self.unwound = layers > 0;
        let lower = if self.unwound {
            &mut self.raw
        } else {
            &mut self.plain
        };
        lower.clear();
        lower.extend_from_slice(text);
        lower.make_ascii_lowercase();
        layers
    }

    /// Makes those views of the plain text that may differ from it; tells how many were tried.
    pub fn make(&mut self, signs: Signs) -> usize {
        let mut tried = 0;
        for (at, (_, wanted, make)) in ROLL.iter().enumerate() {
            self.differs[at] = false;
            if signs.meets(*wanted) {
                tried += 1;
                self.made[at].clear();
                self.differs[at] = make(&self.plain, &mut self.made[at]);
            }
        }
        tried
    }

    /// The text of a view, if it differs from the plain one.
    pub fn differing(&self, view: View) -> Option<&[u8]> {
        match view {
            View::Plain => None,
            View::Raw => self.unwound.then_some(&self.raw),
            _ => {
                let at = ROLL.iter().position(|it| it.0 == view)?;
                self.differs[at].then_some(&self.made[at])
            }
        }
    }

    pub fn of(&self, view: View) -> &[u8] {
        self.differing(view).unwrap_or(&self.plain)
    }
}

/// How many bytes are passed over where a text ends and goes on: `' + '`, `'||"`, `" "`, `'.'`.
fn join(rest: &[u8], out: &[u8]) -> usize {
    // Only after a sign of the text it ends.
    if !out
        .last()
        .is_some_and(|it| it.is_ascii_alphanumeric() || b"_-./<:= ".contains(it))
    {
        return 0;
    }
    let blanks = |from: usize| {
        rest[from..]
            .iter()
            .take(8)
            .take_while(|it| **it == b' ')
            .count()
    };
    let mut at = 1 + blanks(1);
    let mark = match &rest[at..] {
        [b'|', b'|', ..] => 2,
        [b'+' | b'.' | b'&', ..] => 1,
        _ => return 0,
    };
    at += mark;
    at += blanks(at);
    match rest.get(at) {
        Some(b'\'' | b'"') => at + 1,
        _ => 0,
    }
}
