//! Words that do not stay: chores nobody owns, lints switched off, one person's folders.

use super::Complaint;
use super::rust::{Rust, line_of, word_offsets};
use super::tree::{File, Tree};

// In two pieces, so that this file does not complain of itself.
const CHORES: &[&str] = &[concat!("TO", "DO"), concat!("FIX", "ME")];

/// Folders that exist on one machine only, in two pieces likewise.
const MACHINE_FOLDERS: &[&str] = &[
    concat!("/ho", "me/"),
    concat!("/Us", "ers/"),
    concat!("/wo", "rk/"),
    concat!("/ro", "ot/."),
];

/// Methods after which a path is a URL's, as in the traffic language.
const METHODS: &[&str] = &["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

/// Files beside Rust whose chores need an owner; prose may speak of them.
const CODE: &[&str] = &[
    ".ts", ".tsx", ".toml", ".sh", ".yml", ".yaml", "Makefile", ".ci/run",
];

pub fn look(tree: &Tree, complaints: &mut Vec<Complaint>) {
    for file in &tree.files {
        if let Some(Rust { code, comments }) = &file.rust {
            look_at_chores(file, comments, complaints);
            look_at_switches(file, code, complaints);
        } else if CODE.iter().any(|ending| file.path.ends_with(ending)) {
            look_at_chores(file, &file.text, complaints);
        }
        look_at_machine_paths(file, complaints);
    }
}

fn look_at_chores(file: &File, part: &str, complaints: &mut Vec<Complaint>) {
    for chore in CHORES {
        for at in word_offsets(part, chore) {
            if !has_issue(&part[at + chore.len()..]) {
                complaints.push(file.complaint(
                    line_of(part, at),
                    format!("this {chore} has no issue"),
                    "do it now, or open an issue and write its number: `(#12)`",
                ));
            }
        }
    }
}

/// Whether `(#12)` follows.
fn has_issue(after: &str) -> bool {
    let number = after
        .strip_prefix("(#")
        .and_then(|rest| rest.split_once(')'));
    number.is_some_and(|(number, _)| {
        !number.is_empty() && number.bytes().all(|it| it.is_ascii_digit())
    })
}

/// Lints switched off with `allow`, alone or below `cfg_attr`.
fn look_at_switches(file: &File, code: &str, complaints: &mut Vec<Complaint>) {
    for at in word_offsets(code, "allow") {
        let before = code[..at].trim_end();
        let conditional = before
            .rfind("#[")
            .max(before.rfind("#!["))
            .is_some_and(|open| {
                let attribute = before[open..].trim_start_matches(['#', '!', '[']);
                attribute.starts_with("cfg_attr") && !attribute.contains(']')
            });
        let alone = before.ends_with("#[") || before.ends_with("#![");
        if code[at + "allow".len()..].starts_with('(') && (alone || conditional) {
            complaints.push(file.complaint(
                line_of(code, at),
                "`allow` hides a lint for ever".to_owned(),
                "write `#[expect(lint, reason = \"…\")]`, or mend what the lint found",
            ));
        }
    }
}

fn look_at_machine_paths(file: &File, complaints: &mut Vec<Complaint>) {
    for folder in MACHINE_FOLDERS {
        for (at, _) in file.text.match_indices(folder) {
            if names_a_machine(&file.text, at, folder.len()) {
                complaints.push(file.complaint(
                    line_of(&file.text, at),
                    format!("`{folder}…` is a folder of one machine"),
                    "write the path from the root of the tree, or take it as an argument",
                ));
            }
        }
    }
}

/// Whether an absolute file path starts here, and not the path of a URL.
fn names_a_machine(text: &str, at: usize, length: usize) -> bool {
    let before = &text[..at];
    let starts = before
        .chars()
        .next_back()
        .is_none_or(|it| it.is_whitespace() || "\"'`(=:,<[".contains(it));
    let goes_on = text[at + length..]
        .chars()
        .next()
        .is_some_and(char::is_alphanumeric);
    let last_word = before.split([' ', '"', '`']).rfind(|word| !word.is_empty());
    starts && goes_on && !last_word.is_some_and(|word| METHODS.contains(&word))
}

#[cfg(test)]
mod tests {
    use super::super::said;
    use super::*;

    #[test]
    fn a_chore_needs_an_issue() {
        for chore in CHORES {
            for bad in ["", ": later", "(me): later", "(#): later", "(#x) later"] {
                let text = format!("\n// {chore}{bad}\n");
                assert!(
                    said(look, &[("a.rs", &text)])[0].starts_with("a.rs:2: this "),
                    "{text}"
                );
                let text = format!("\n# {chore}{bad}\n");
                assert_eq!(said(look, &[("Makefile", &text)]).len(), 1, "{text}");
            }
            let good = format!("// {chore}(#12): later\nlet x = \"{chore}\";\nlet {chore}S = 1;\n");
            assert_eq!(said(look, &[("a.rs", &good)]), [""; 0]);
            assert_eq!(said(look, &[("a.md", chore)]), [""; 0]);
        }
    }

    #[test]
    fn a_lint_is_expected_and_not_hidden() {
        for bad in [
            "#[allow(dead_code)]",
            "#![allow(dead_code)]",
            "#[cfg_attr(test, allow(dead_code))]",
            "#![cfg_attr(not(test), allow(dead_code))]",
        ] {
            assert!(
                said(look, &[("a.rs", bad)])[0].contains("#[expect("),
                "{bad}"
            );
        }
        let good = "#[expect(dead_code, reason = \"x\")]\n// #[allow(x)]\nlet y = \"#[allow(x)]\";\n\
            #[cfg_attr(a, b)]\nfn allow(x: u8) { self.allow(y) }\n";
        assert_eq!(said(look, &[("a.rs", good)]), [""; 0]);
    }

    #[test]
    fn a_machine_is_not_named() {
        for folder in MACHINE_FOLDERS {
            for bad in [
                format!("see {folder}me/x"),
                format!("\"{folder}me\""),
                format!("DIR={folder}me"),
                format!("{folder}me"),
            ] {
                let said = said(look, &[("a.md", &bad)]);
                assert_eq!(said.len(), 1, "{bad}: {said:?}");
            }
            for good in [
                format!("https://example.com{folder}me"),
                format!("9x +0 203.0.113.7 GET {folder}me 200"),
                format!("`GET {folder}me`"),
                format!("`{folder}`"),
                format!("../..{folder}me"),
            ] {
                assert_eq!(said(look, &[("a.md", &good)]), [""; 0], "{good}");
            }
        }
    }
}
