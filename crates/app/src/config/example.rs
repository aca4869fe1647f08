//! Writes the configuration as a file: the documented example, and what is in force.

use std::fmt::Write;

use super::{Config, KEYS, Resolved};

const WIDTH: usize = 98;

/// Every key with its default, its unit and what it is for. It parses to exactly the defaults.
pub fn example() -> String {
    let defaults = Config::default();
    let mut out = String::from(
        "# The configuration of Gatewatch. Every key is shown with its default, so a file needs only\n\
         # what differs. The command line outranks the environment, which outranks this file.\n\
         # `gatewatch config check` says whether a file is right, `gatewatch config show` what is in force.\n",
    );
    let mut table = "";
    for key in KEYS {
        let (of, name) = key.name.rsplit_once('.').unwrap_or(("", key.name));
        out.push('\n');
        if of != table {
            table = of;
            // Writing to a String cannot fail; so below.
            let _ = write!(out, "[{table}]\n\n");
        }
        for line in wrapped(key.about) {
            let _ = writeln!(out, "# {line}");
        }
        let _ = writeln!(
            out,
            "# Value: {}. Environment: {}",
            key.unit,
            key.variable()
        );
        let _ = writeln!(out, "{name} = {}", (key.show)(&defaults));
    }
    out
}

/// What is in force, with where each value comes from.
pub fn shown(resolved: &Resolved) -> String {
    let mut out = String::new();
    let mut table = "";
    for key in KEYS {
        let (of, name) = key.name.rsplit_once('.').unwrap_or(("", key.name));
        if of != table {
            table = of;
            let _ = write!(out, "\n[{table}]\n");
        }
        let origin = resolved
            .origins
            .get(key.name)
            .map_or("default".to_owned(), ToString::to_string);
        let _ = writeln!(out, "{name} = {}  # {origin}", (key.show)(&resolved.config));
    }
    out
}

fn wrapped(text: &str) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let full = lines
            .last()
            .is_some_and(|it| !it.is_empty() && it.len() + 1 + word.len() > WIDTH);
        if full {
            lines.push(String::new());
        }
        if let Some(line) = lines.last_mut() {
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
    }
    lines
}
