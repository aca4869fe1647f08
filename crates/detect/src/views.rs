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
use crate::gate::pairs::Pairs;
use crate::gate::signs::Signs;

/// What makes a view out of the plain text; false if nothing came out different.
type Make = fn(&[u8], &mut Vec<u8>) -> bool;

/// A view that may differ from the plain text.
struct Kind {
    view: View,
    /// One of these is in every text of which it differs,
    signs: Signs,
    /// and one of these, or a pair of neighbours.
    alone: Signs,
    pairs: Pairs,
    make: Make,
}

static ROLL: [Kind; 4] = [sql::KIND, shell::KIND, html::KIND, path::KIND];

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

    /// Makes those views of the plain text that may differ from it and are read; tells how many
    /// were tried.
    pub fn make(&mut self, signs: Signs, read: impl Fn(View) -> bool) -> usize {
        let mut tried = 0;
        self.differs = [false; 4];
        if !signs.meets(ANY_KIND) {
            return tried;
        }
        let pairs = Pairs::of(&self.plain);
        for (at, kind) in ROLL.iter().enumerate() {
            if kind.may_differ(signs, pairs) && read(kind.view) {
                tried += 1;
                self.made[at].clear();
                self.differs[at] = (kind.make)(&self.plain, &mut self.made[at]);
            }
        }
        tried
    }

    /// The text of a view, if it differs from the plain one.
    pub fn differing(&self, view: View) -> Option<&[u8]> {
        let at = match view {
            View::Plain => return None,
            View::Raw => return self.unwound.then_some(&self.raw),
            View::Sql => 0,
            View::Shell => 1,
            View::Html => 2,
            View::Path => 3,
        };
        self.differs[at].then_some(&self.made[at])
    }

    pub fn of(&self, view: View) -> &[u8] {
        self.differing(view).unwrap_or(&self.plain)
    }
}

const ANY_KIND: Signs = sql::KIND
    .signs
    .with(shell::KIND.signs)
    .with(html::KIND.signs)
    .with(path::KIND.signs);

/// Whether a text with those signs and neighbours may differ from it in one of the views that are
/// read.
pub fn may_differ(text: &[u8], signs: Signs, read: impl Fn(View) -> bool) -> bool {
    if !signs.meets(ANY_KIND) {
        return false;
    }
    let pairs = Pairs::of(text);
    let mut kinds = ROLL.iter();
    kinds.any(|it| it.may_differ(signs, pairs) && read(it.view))
}

impl Kind {
    fn may_differ(&self, signs: Signs, pairs: Pairs) -> bool {
        signs.meets(self.signs) && (signs.meets(self.alone) || pairs.meets(self.pairs))
    }
}

/// The signs at which a view may differ from the text.
const fn table(signs: &[u8]) -> [bool; 256] {
    let mut table = [false; 256];
    let mut at = 0;
    while at < signs.len() {
        table[signs[at] as usize] = true;
        at += 1;
    }
    table
}

/// Copies what stands before the next of those signs; tells what is left.
fn copy<'t>(rest: &'t [u8], signs: &[bool; 256], out: &mut Vec<u8>) -> &'t [u8] {
    let length = rest.iter().position(|it| signs[usize::from(*it)]);
    let (run, rest) = rest.split_at(length.unwrap_or(rest.len()));
    out.extend_from_slice(run);
    rest
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_view_that_is_not_made_would_not_differ(
            marks in r#"[ab0 '"+|.&</*>${}@()`^\\,;:\n#!_-]{0,24}"#,
            words in prop::collection::vec(
                "[a-c]|''|\" \\+ '|/\\*|\\*/|<x>|\\.source\\+/|--|\n|\\$\\{ifs\\}|\\{a,b\\}|/\\./|//|\\.\\.;|'\\|\\|'",
                0..8,
            ),
        ) {
            let text = format!("{marks}{}", words.concat());
            let signs = Signs::of(text.as_bytes());
            let mut views = Views::default();
            views.take(text.as_bytes(), signs);
            let pairs = Pairs::of(&views.plain);
            let signs = Signs::of(&views.plain);
            for kind in &ROLL {
                let differs = (kind.make)(&views.plain, &mut Vec::new());
                if signs.meets(kind.signs) && differs {
                    prop_assert!(kind.may_differ(signs, pairs), "{:?} of {text:?}", kind.view);
                }
            }
        }
    }
}
