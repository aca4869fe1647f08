//! The structure test: rules of the house that the compiler and clippy cannot check.
//!
//! A rule looks at the whole tree and complains; it changes nothing. Each rule group is one file
//! here plus its name on the roll.

use std::fmt;
use std::io::{self, Write};
use std::path::Path;

use crate::Chore;
use tree::Tree;

mod functions;
mod layers;
mod names;
mod paths;
mod purity;
mod rolls;
mod rust;
mod size;
mod tree;
mod words;

pub static CHORE: Chore = Chore {
    name: "tidy",
    does: "checks the structure of the tree and says what to do instead",
    run,
};

/// A rule looks at the tree and adds what it finds wrong.
type Rule = fn(&Tree, &mut Vec<Complaint>);

static ROLL: &[Rule] = &[
    layers::look,
    rolls::look,
    size::look,
    purity::look,
    words::look,
    names::look,
];

/// One thing that is wrong at one line.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Complaint {
    pub path: String,
    pub line: usize,
    pub wrong: String,
    pub instead: String,
}

impl fmt::Display for Complaint {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            path,
            line,
            wrong,
            instead,
        } = self;
        write!(out, "{path}:{line}: {wrong}; {instead}")
    }
}

fn run(root: &Path, words: &[String]) -> anyhow::Result<()> {
    if let Some(word) = words.first() {
        anyhow::bail!("tidy takes no words, but was given `{word}`");
    }
    let tree = Tree::read(root)?;
    let complaints = look(&tree);
    let mut out = io::stdout().lock();
    for complaint in &complaints {
        writeln!(out, "{complaint}")?;
    }
    if complaints.is_empty() {
        writeln!(out, "tidy: {} files, nothing to say", tree.files.len())?;
        return Ok(());
    }
    anyhow::bail!("tidy: {} things to put right", complaints.len())
}

/// Every complaint of every rule, in the order of the tree.
fn look(tree: &Tree) -> Vec<Complaint> {
    let mut complaints = Vec::new();
    for rule in ROLL {
        rule(tree, &mut complaints);
    }
    complaints.sort();
    complaints.dedup();
    complaints
}

/// What one rule says of a made-up tree, a line each; for the tests of the rules.
#[cfg(test)]
fn said(rule: Rule, files: &[(&str, &str)]) -> Vec<String> {
    let mut complaints = Vec::new();
    rule(&Tree::of(files), &mut complaints);
    complaints.iter().map(Complaint::to_string).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_complaint_is_one_clickable_line() {
        let complaint = Complaint {
            path: "a/b.rs".to_owned(),
            line: 7,
            wrong: "this is wrong".to_owned(),
            instead: "do that".to_owned(),
        };
        assert_eq!(complaint.to_string(), "a/b.rs:7: this is wrong; do that");
    }

    #[test]
    fn all_rules_look_and_the_order_is_that_of_the_tree() {
        let tree = Tree::of(&[
            ("crates/b/src/lib.rs", "fn a() {}\n"),
            ("crates/a/src/helpers.rs", "//! Words.\n"),
        ]);
        let said: Vec<String> = look(&tree).iter().map(Complaint::to_string).collect();
        assert_eq!(said.len(), 2, "{said:?}");
        assert!(said[0].contains("helpers"), "{said:?}");
        assert!(said[1].contains("introduce"), "{said:?}");
    }

    #[test]
    fn a_word_too_many_is_refused() {
        assert!(run(Path::new("."), &["now".to_owned()]).is_err());
    }
}
