//! Layers: a crate sees only crates on rows above its own, so that engines stay pure and edges
//! stay ignorant of rules.

use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

use super::Complaint;
use super::rust::line_of;
use super::tree::{File, Tree};

/// The rows of the house, the deepest first. Crates in one row do not see each other.
static ROWS: &[&[&str]] = &[
    &["model"],
    &["decode", "wire", "intel", "testkit"],
    &["ports"],
    &[
        "inventory",
        "classify",
        "detect",
        "estate",
        "posture",
        "graph",
    ],
    &["sources", "sinks", "journal", "store", "azure"],
    &["pipeline"],
    &["server", "gateway"],
    &["app"],
];

/// The tables of a manifest whose crates end up in the product.
const LINKED: &[&str] = &["dependencies", "build-dependencies"];

/// A crate that a manifest depends on.
pub struct Dependency<'m> {
    pub name: &'m str,
    pub line: usize,
    optional: bool,
}

pub fn look(tree: &Tree, complaints: &mut Vec<Complaint>) {
    for file in &tree.files {
        let Some(folder) = member(&file.path) else {
            continue;
        };
        match DeTable::parse(&file.text) {
            Ok(manifest) => {
                complaints.extend(lints_missing(file, manifest.get_ref()));
                if file.path.starts_with("crates/") {
                    look_at_rows(file, folder, complaints);
                }
            }
            Err(error) => complaints.push(file.complaint(
                1,
                format!("this manifest is not TOML: {}", error.message()),
                "write it as cargo reads it",
            )),
        }
    }
}

/// The folder of the crate whose manifest this is.
pub fn member(path: &str) -> Option<&str> {
    let folder = path.strip_suffix("/Cargo.toml")?;
    match folder.strip_prefix("crates/") {
        Some(name) if !name.contains('/') => Some(name),
        None if folder == "xtask" => Some(folder),
        _ => None,
    }
}

/// What the crate links into the product; nothing if the manifest cannot be read.
pub fn dependencies(text: &str) -> Vec<Dependency<'_>> {
    let Ok(manifest) = DeTable::parse(text) else {
        return Vec::new();
    };
    let manifest = manifest.into_inner();
    let mut found = linked(text, &manifest);
    if let Some(targets) = manifest.get("target").and_then(as_table) {
        for target in targets.values().filter_map(as_table) {
            found.extend(linked(text, target));
        }
    }
    found
}

fn linked<'m>(text: &'m str, table: &DeTable<'_>) -> Vec<Dependency<'m>> {
    let tables = LINKED
        .iter()
        .filter_map(|&name| table.get(name).and_then(as_table));
    tables
        .flatten()
        .map(|(key, value)| dependency(text, key, value))
        .collect()
}

fn dependency<'m>(
    text: &'m str,
    key: &Spanned<DeString<'_>>,
    value: &Spanned<DeValue<'_>>,
) -> Dependency<'m> {
    let renamed = value
        .get_ref()
        .get("package")
        .filter(|it| it.get_ref().is_str());
    let span = renamed.map_or_else(|| key.span(), Spanned::span);
    let optional = value
        .get_ref()
        .get("optional")
        .and_then(|it| it.get_ref().as_bool());
    Dependency {
        line: line_of(text, span.start),
        name: text[span].trim_matches(['"', '\'']),
        optional: optional == Some(true),
    }
}

fn as_table<'t, 'i>(value: &'t Spanned<DeValue<'i>>) -> Option<&'t DeTable<'i>> {
    value.get_ref().as_table()
}

fn look_at_rows(file: &File, folder: &str, complaints: &mut Vec<Complaint>) {
    let Some(row) = row_of(folder) else {
        complaints.push(file.complaint(
            1,
            format!("the crate `{folder}` has no row"),
            "give it one in `ROWS` of xtask/src/tidy/layers.rs and in ARCHITECTURE.md",
        ));
        return;
    };
    for dependency in dependencies(&file.text) {
        let Some(theirs) = folder_of(dependency.name) else {
            continue;
        };
        let verdict = match (theirs, row_of(theirs)) {
            ("testkit", _) => testkit_misplaced(folder, &dependency),
            (_, Some(above)) => (above >= row).then(|| too_high(folder, row, theirs, above)),
            // It has no row; its own manifest is the place to say so.
            (_, None) => None,
        };
        if let Some((wrong, instead)) = verdict {
            complaints.push(file.complaint(dependency.line, wrong, instead));
        }
    }
}

fn row_of(folder: &str) -> Option<usize> {
    ROWS.iter().position(|row| row.contains(&folder))
}

/// The folder of one of our packages.
fn folder_of(package: &str) -> Option<&str> {
    match package {
        "gatewatch" => Some("app"),
        _ => package.strip_prefix("gatewatch-"),
    }
}

type Verdict = (String, &'static str);

fn testkit_misplaced(folder: &str, dependency: &Dependency<'_>) -> Option<Verdict> {
    let conformance_suite = folder == "ports" && dependency.optional;
    (!conformance_suite).then(|| {
        (
            format!("`{folder}` links `testkit` into the product"),
            "move it under [dev-dependencies]; only `ports` may have it as an optional dependency",
        )
    })
}

fn too_high(folder: &str, row: usize, theirs: &str, above: usize) -> Verdict {
    (
        format!("`{folder}` (row {row}) may not see `{theirs}` (row {above})"),
        "pass what it needs as a `model` type through a crate on a later row",
    )
}

fn lints_missing(file: &File, manifest: &DeTable<'_>) -> Option<Complaint> {
    let lints = manifest.get("lints").and_then(as_table);
    let inherited = lints.and_then(|it| it.get("workspace"));
    if inherited.and_then(|it| it.get_ref().as_bool()) == Some(true) {
        return None;
    }
    Some(file.complaint(
        1,
        "this crate does not take the lints of the workspace".to_owned(),
        "add `[lints]` with `workspace = true`",
    ))
}

#[cfg(test)]
mod tests {
    use super::super::said;
    use super::*;

    fn manifest(rest: &str) -> String {
        format!("[lints]\nworkspace = true\n{rest}")
    }

    fn said_of(folder: &str, rest: &str) -> Vec<String> {
        said(
            look,
            &[(&format!("crates/{folder}/Cargo.toml"), &manifest(rest))],
        )
    }

    #[test]
    fn a_crate_sees_the_rows_above_it() {
        let rest = "[dependencies]\ngatewatch-wire.workspace = true\n\
            gatewatch-decode = { path = \"../decode\" }\nserde.workspace = true\n";
        assert_eq!(said_of("sources", rest), [""; 0]);
    }

    #[test]
    fn a_crate_does_not_see_its_own_row_or_a_later_one() {
        let rest = "[dependencies]\ngatewatch-model.workspace = true\n\
            gatewatch-detect.workspace = true\ngatewatch-store = { workspace = true }\n";
        let said = said_of("inventory", rest);
        assert_eq!(said.len(), 2, "{said:?}");
        assert!(said[0].starts_with("crates/inventory/Cargo.toml:5: `inventory` (row 3)"));
        assert!(said[0].contains("`detect` (row 3)"));
        assert!(said[1].starts_with("crates/inventory/Cargo.toml:6:"));
    }

    #[test]
    fn renames_builds_and_targets_hide_nothing() {
        for rest in [
            "[dependencies]\nx = { package = \"gatewatch-app\", path = \"../app\" }\n",
            "[build-dependencies]\ngatewatch-server.workspace = true\n",
            "[target.'cfg(unix)'.dependencies]\ngatewatch-server.workspace = true\n",
            "[dependencies.gatewatch-server]\nworkspace = true\n",
            "[dependencies]\ngatewatch = { path = \"../app\" }\n",
        ] {
            assert_eq!(said_of("journal", rest).len(), 1, "{rest}");
        }
    }

    #[test]
    fn testkit_is_for_tests() {
        let dev = "[dev-dependencies]\ngatewatch-testkit.workspace = true\n";
        assert_eq!(said_of("inventory", dev), [""; 0]);
        let linked = "[dependencies]\ngatewatch-testkit.workspace = true\n";
        assert!(said_of("app", linked)[0].contains("[dev-dependencies]"));
        assert_eq!(said_of("ports", linked).len(), 1);
        let optional =
            "[dependencies]\ngatewatch-testkit = { workspace = true, optional = true }\n";
        assert_eq!(said_of("ports", optional), [""; 0]);
        assert_eq!(said_of("store", optional).len(), 1);
    }

    #[test]
    fn a_new_crate_needs_a_row() {
        let said = said_of("billing", "");
        assert_eq!(said.len(), 1);
        assert!(
            said[0].contains("no row; give it one in `ROWS`"),
            "{said:?}"
        );
    }

    #[test]
    fn every_crate_takes_the_lints_of_the_workspace() {
        for text in ["", "[lints]\nworkspace = false\n", "[lints.rust]\n"] {
            let said = said(
                look,
                &[
                    ("crates/model/Cargo.toml", text),
                    ("xtask/Cargo.toml", text),
                ],
            );
            assert_eq!(said.len(), 2, "{said:?}");
            assert!(said[1].contains("add `[lints]`"));
        }
    }

    #[test]
    fn a_broken_manifest_is_said_and_not_fatal() {
        assert!(said(look, &[("crates/model/Cargo.toml", "[")])[0].contains("not TOML"));
    }

    #[test]
    fn no_row_names_a_crate_twice() {
        let all: Vec<&str> = ROWS.iter().flat_map(|row| row.iter().copied()).collect();
        for name in &all {
            assert_eq!(all.iter().filter(|it| it == &name).count(), 1, "{name}");
        }
    }
}
