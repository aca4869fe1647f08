//! Names that say nothing: what is called so collects whatever has no better place.

use super::Complaint;
use super::rust::{is_word, line_of, word_offsets};
use super::tree::Tree;

const BANNED: &[&str] = &[
    "utils", "util", "helpers", "helper", "common", "manager", "base", "impl",
];

const INSTEAD: &str = "name it after what it knows or does";

pub fn look(tree: &Tree, complaints: &mut Vec<Complaint>) {
    for (file, rust) in tree.rust() {
        let stem = file.name().trim_end_matches(".rs");
        let folders = file.path.split('/').rev().skip(1);
        for name in folders.chain([stem]) {
            if let Some(word) = banned(name) {
                let wrong = format!("`{name}` in this path says nothing (`{word}`)");
                complaints.push(file.complaint(1, wrong, INSTEAD));
            }
        }
        for (name, at) in inline_modules(&rust.code) {
            if let Some(word) = banned(name) {
                let wrong = format!("the module name `{name}` says nothing (`{word}`)");
                complaints.push(file.complaint(line_of(&rust.code, at), wrong, INSTEAD));
            }
        }
    }
}

/// The banned word in a name; `base64` is another word.
fn banned(name: &str) -> Option<&str> {
    name.split(['_', '-']).find(|part| BANNED.contains(part))
}

/// The modules that have their body here; the others are named by their file.
fn inline_modules(code: &str) -> impl Iterator<Item = (&str, usize)> {
    word_offsets(code, "mod").filter_map(|at| {
        let rest = code[at + "mod".len()..].trim_start();
        let end = rest.find(|letter| !is_word(letter))?;
        rest[end..]
            .trim_start()
            .starts_with('{')
            .then_some((&rest[..end], at))
    })
}

#[cfg(test)]
mod tests {
    use super::super::said;
    use super::*;

    #[test]
    fn a_path_says_what_is_in_it() {
        for path in [
            "crates/a/src/utils.rs",
            "crates/a/src/helpers/mod.rs",
            "crates/common/src/lib.rs",
            "crates/a/src/store_impl.rs",
            "crates/a/src/base.rs",
        ] {
            assert_eq!(said(look, &[(path, "")]).len(), 1, "{path}");
        }
        for path in [
            "crates/a/src/base64.rs",
            "crates/a/src/simple.rs",
            "docs/utils.md",
        ] {
            assert_eq!(said(look, &[(path, "")]), [""; 0], "{path}");
        }
    }

    #[test]
    fn a_module_inside_a_file_too() {
        let bad = "\nmod helpers {\n}\nmod other;\n";
        assert_eq!(
            said(look, &[("a.rs", bad)]),
            [
                "a.rs:2: the module name `helpers` says nothing (`helpers`); \
                name it after what it knows or does"
            ]
        );
        let good = "mod refusals {\n}\n// mod utils {\nlet x = \"mod utils {\";\n";
        assert_eq!(said(look, &[("a.rs", good)]), [""; 0]);
    }
}
