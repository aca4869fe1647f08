//! What a proofreader can hold in mind: short files that introduce themselves, short functions,
//! few parameters.

use super::Complaint;
use super::functions::functions;
use super::rust::Rust;
use super::tree::{File, Tree};

const FILE_LINES_MAX: usize = 500;
const FUNCTION_LINES_MAX: usize = 70;
const PARAMETERS_MAX: usize = 5;

/// The endings of the files that we write by hand and that have a length to keep.
const CODE: &[&str] = &[".rs", ".ts", ".tsx"];

pub fn look(tree: &Tree, complaints: &mut Vec<Complaint>) {
    for file in &tree.files {
        if CODE.iter().any(|ending| file.path.ends_with(ending)) {
            complaints.extend(file_too_long(file));
        }
    }
    for (file, rust) in tree.rust() {
        complaints.extend(introduction_missing(file));
        look_at_functions(file, rust, complaints);
    }
}

fn file_too_long(file: &File) -> Option<Complaint> {
    let lines = file.text.lines().count();
    (lines > FILE_LINES_MAX).then(|| {
        file.complaint(
            FILE_LINES_MAX + 1,
            format!("this file has {lines} lines, {FILE_LINES_MAX} are allowed"),
            "split it where its subject changes",
        )
    })
}

fn introduction_missing(file: &File) -> Option<Complaint> {
    let first = file.text.lines().next().unwrap_or_default();
    let introduction = first.strip_prefix("//!").unwrap_or_default();
    introduction.trim().is_empty().then(|| {
        file.complaint(
            1,
            "this file does not introduce itself".to_owned(),
            "start it with `//!` and a sentence on what it is for",
        )
    })
}

fn look_at_functions(file: &File, rust: &Rust, complaints: &mut Vec<Complaint>) {
    for function in functions(&rust.code) {
        let name = function.name;
        if function.lines > FUNCTION_LINES_MAX {
            let lines = function.lines;
            complaints.push(file.complaint(
                function.line,
                format!("`{name}` has {lines} lines, {FUNCTION_LINES_MAX} are allowed"),
                "decide here and move each piece of work to a function of its own",
            ));
        }
        if function.parameters > PARAMETERS_MAX {
            let takes = function.parameters;
            complaints.push(file.complaint(
                function.line,
                format!("`{name}` takes {takes} parameters, {PARAMETERS_MAX} are allowed"),
                "gather those that belong together in a struct with a name",
            ));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::said;
    use super::*;

    fn said_of(path: &str, text: &str) -> Vec<String> {
        said(look, &[(path, text)])
    }

    #[test]
    fn five_hundred_lines_are_enough() {
        let good = format!("//! Long.\n{}", "\n".repeat(499));
        let bad = format!("{good}\n");
        for path in ["a.rs", "web/a.ts", "web/a.tsx"] {
            assert_eq!(said_of(path, &good), [""; 0], "{path}");
            assert!(
                said_of(path, &bad)[0].contains(":501: this file has 501 lines"),
                "{path}"
            );
        }
        assert_eq!(said_of("a.md", &bad), [""; 0]);
    }

    #[test]
    fn seventy_lines_are_a_function() {
        let good = format!("//! F.\nfn f() {{\n{}}}\n", "\n".repeat(68));
        let bad = format!("//! F.\nfn f() {{\n{}}}\n", "\n".repeat(69));
        assert_eq!(said_of("a.rs", &good), [""; 0]);
        assert!(said_of("a.rs", &bad)[0].starts_with("a.rs:2: `f` has 71 lines"));
    }

    #[test]
    fn braces_in_words_do_not_make_a_function_long() {
        let body = "    let a = \"{\"; // {\n    let b = '{';\n    let c = r#\"{\"#;\n";
        let text = format!("//! F.\nfn f<'a>() {{\n{body}}}\n{}", "\n".repeat(80));
        assert_eq!(said_of("a.rs", &text), [""; 0]);
    }

    #[test]
    fn five_parameters_are_enough() {
        let good = "//! F.\nfn f(&self, a: A, b: B, c: C, d: D, e: E) {}\n";
        let bad = "//! F.\nfn f(a: A, b: B, c: C, d: D, e: E, f: F) {}\n";
        assert_eq!(said_of("a.rs", good), [""; 0]);
        assert!(said_of("a.rs", bad)[0].contains("takes 6 parameters"));
    }

    #[test]
    fn a_file_introduces_itself() {
        assert_eq!(said_of("a.rs", "//! Counts refusals.\n"), [""; 0]);
        for text in ["", "//!\n", "// Counts.\n", "\n//! Counts.\n", "mod a;\n"] {
            assert_eq!(said_of("a.rs", text).len(), 1, "{text:?}");
        }
    }
}
