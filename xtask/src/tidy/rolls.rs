//! Rolls: in a folder `kinds` or `detectors`, each file is named on the roll beside it, and each
//! name on the roll has a file.

use std::collections::BTreeSet;

use super::Complaint;
use super::rust::{Rust, is_word, line_of, past_close, word_offsets};
use super::tree::{File, Tree};

const FOLDERS: &[&str] = &["kinds", "detectors"];

pub fn look(tree: &Tree, complaints: &mut Vec<Complaint>) {
    for folder in folders(tree) {
        match roll(tree, &folder) {
            Some(roll) => compare(tree, &folder, &roll, complaints),
            None => complaints.extend(roll_missing(tree, &folder)),
        }
    }
}

/// The `static ROLL` of a folder.
struct Roll<'t> {
    file: &'t File,
    code: &'t str,
    /// Each entry with its offset in the code.
    entries: Vec<(usize, &'t str)>,
}

/// Every folder of kinds that has Rust files directly in it.
fn folders(tree: &Tree) -> BTreeSet<String> {
    let files = tree
        .rust()
        .filter_map(|(file, _)| file.path.rsplit_once('/'));
    let ours = files.filter(|(folder, _)| {
        let name = folder.rsplit('/').next();
        let inside = folder.starts_with("crates/") && folder.contains("/src/");
        inside && name.is_some_and(|name| FOLDERS.contains(&name))
    });
    ours.map(|(folder, _)| folder.to_owned()).collect()
}

/// The files of a folder that must be on its roll, by their module names.
fn members<'t>(tree: &'t Tree, folder: &str) -> Vec<(&'t str, &'t File)> {
    let inside = tree.rust().filter_map(|(file, _)| {
        let inner = file.path.strip_prefix(folder)?.strip_prefix('/')?;
        // A kind that outgrew one file is a folder of its own.
        let module = inner
            .strip_suffix("/mod.rs")
            .or_else(|| inner.strip_suffix(".rs"))?;
        let is_kind = !module.contains('/') && !matches!(module, "mod" | "tests");
        is_kind.then_some((module, file))
    });
    inside.collect()
}

/// The roll in the folder's `mod.rs`, in the file of its name beside it, or in its parent module.
fn roll<'t>(tree: &'t Tree, folder: &str) -> Option<Roll<'t>> {
    let parent = folder.rsplit_once('/').map_or("", |(parent, _)| parent);
    let places = [
        format!("{folder}/mod.rs"),
        format!("{folder}.rs"),
        format!("{parent}/mod.rs"),
        format!("{parent}.rs"),
        format!("{parent}/lib.rs"),
    ];
    places.iter().find_map(|place| {
        let file = tree.get(place)?;
        let Rust { code, comments: _ } = file.rust.as_ref()?;
        let at =
            word_offsets(code, "ROLL").find(|&at| code[..at].trim_end().ends_with("static"))?;
        Some(Roll {
            file,
            code,
            entries: entries(code, at)?,
        })
    })
}

/// What stands between the brackets after `=`, cut at its commas.
fn entries(code: &str, at: usize) -> Option<Vec<(usize, &str)>> {
    let equals = at + code[at..].find('=')?;
    let open = equals + code[equals..].find('[')?;
    let close = past_close(code, open)? - 1;
    let mut found = Vec::new();
    let mut start = open + 1;
    let mut depth = 0_usize;
    for (offset, letter) in code[..close].char_indices().skip_while(|it| it.0 <= open) {
        match letter {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                found.push((start, &code[start..offset]));
                start = offset + 1;
            }
            _ => (),
        }
    }
    found.push((start, &code[start..close]));
    found.retain(|(_, entry)| !entry.trim().is_empty());
    Some(found)
}

fn compare(tree: &Tree, folder: &str, roll: &Roll<'_>, complaints: &mut Vec<Complaint>) {
    let members = members(tree, folder);
    for (module, file) in &members {
        if !roll.entries.iter().any(|(_, entry)| names(entry, module)) {
            complaints.push(file.complaint(
                1,
                format!("`{module}` is not on the roll"),
                &format!("name it on `ROLL` in {}", roll.file.path),
            ));
        }
    }
    for (at, entry) in &roll.entries {
        if !members.iter().any(|(module, _)| names(entry, module)) {
            let blanks = entry.len() - entry.trim_start().len();
            complaints.push(roll.file.complaint(
                line_of(roll.code, at + blanks),
                format!("`{}` on the roll has no file in {folder}", entry.trim()),
                "write the file, or take the name off the roll",
            ));
        }
    }
}

/// Whether an entry such as `&har::KIND` names this module.
fn names(entry: &str, module: &str) -> bool {
    entry
        .split(|letter| !is_word(letter))
        .any(|word| word == module)
}

fn roll_missing(tree: &Tree, folder: &str) -> Option<Complaint> {
    let (module, file) = *members(tree, folder).first()?;
    let wrong = format!("`{module}` is in a folder without a roll");
    let instead = format!("write `static ROLL: &[&…] = &[&{module}::…];` in {folder}/mod.rs");
    Some(file.complaint(1, wrong, &instead))
}

#[cfg(test)]
mod tests {
    use super::super::said;
    use super::*;

    const MOD: &str = "crates/sources/src/kinds/mod.rs";
    const HAR: (&str, &str) = ("crates/sources/src/kinds/har.rs", "");

    #[test]
    fn each_file_is_on_the_roll_and_each_name_has_a_file() {
        let roll = "mod har;\npub static ROLL: &[&Kind] = &[\n    &har::KIND,\n];\n";
        assert_eq!(said(look, &[(MOD, roll), HAR]), [""; 0]);
    }

    #[test]
    fn a_forgotten_file_is_named() {
        let roll = "mod har;\nmod lines;\n// lines\nstatic ROLL: &[&Kind] = &[&har::KIND];\n";
        let lines = ("crates/sources/src/kinds/lines.rs", "");
        let said = said(look, &[(MOD, roll), HAR, lines]);
        assert_eq!(said.len(), 1, "{said:?}");
        assert!(said[0].starts_with("crates/sources/src/kinds/lines.rs:1: `lines` is not on"));
        assert!(said[0].ends_with(MOD), "{said:?}");
    }

    #[test]
    fn a_forgotten_name_is_named() {
        let roll = "static ROLL: &[&Kind] = &[\n    &har::KIND,\n    &(gone::KIND, 1),\n];\n";
        let said = said(look, &[(MOD, roll), HAR]);
        assert_eq!(said.len(), 1, "{said:?}");
        assert!(said[0].starts_with(&format!(
            "{MOD}:3: `&(gone::KIND, 1)` on the roll has no file"
        )));
    }

    #[test]
    fn a_folder_without_a_roll_is_named() {
        for files in [&[HAR][..], &[(MOD, "mod har;\nconst ROLL: u8 = 1;\n"), HAR]] {
            let said = said(look, files);
            assert_eq!(said.len(), 1, "{said:?}");
            assert!(said[0].contains("static ROLL"), "{said:?}");
        }
    }

    #[test]
    fn the_roll_may_stand_in_the_parent() {
        for parent in ["crates/detect/src/lib.rs", "crates/detect/src/detectors.rs"] {
            let roll = (
                parent,
                "static ROLL: &[&Detector] = &[&detectors::stuffing::DETECTOR];",
            );
            let files = [roll, ("crates/detect/src/detectors/stuffing.rs", "")];
            assert_eq!(said(look, &files), [""; 0], "{parent}");
        }
    }

    #[test]
    fn a_kind_may_be_a_folder_and_tests_are_no_kind() {
        let roll = (MOD, "static ROLL: &[&Kind] = &[&har::KIND, &azure::KIND];");
        let files = [
            roll,
            HAR,
            ("crates/sources/src/kinds/azure/mod.rs", ""),
            ("crates/sources/src/kinds/azure/blobs.rs", ""),
            ("crates/sources/src/kinds/tests.rs", ""),
        ];
        assert_eq!(said(look, &files), [""; 0]);
    }
}
