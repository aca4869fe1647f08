//! The structure test and other chores of the tree: `cargo xtask <chore> [words]`.

use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

mod refresh_intel;
mod score;
mod tidy;
mod train;

/// One chore. Adding one is a file with a `CHORE` and its name on the roll below.
struct Chore {
    name: &'static str,
    does: &'static str,
    run: fn(&Path, &[String]) -> anyhow::Result<()>,
}

static ROLL: &[&Chore] = &[
    &tidy::CHORE,
    &score::CHORE,
    &train::CHORE,
    &refresh_intel::CHORE,
];

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    match start(&words) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // When standard error is closed there is nobody left to tell.
            let _ = writeln!(io::stderr(), "xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn start(words: &[String]) -> anyhow::Result<()> {
    let Some((name, rest)) = words.split_first() else {
        io::stdout().write_all(usage().as_bytes())?;
        return Ok(());
    };
    let Some(chore) = ROLL.iter().find(|chore| chore.name == name) else {
        anyhow::bail!("no chore is named `{name}`\n{}", usage());
    };
    (chore.run)(root(), rest)
}

/// The folder of the workspace: the one that holds `xtask`.
fn root() -> &'static Path {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here)
}

fn usage() -> String {
    let lines = ROLL
        .iter()
        .map(|Chore { name, does, run: _ }| format!("  {name:<14} {does}\n"));
    format!("usage: cargo xtask <chore>\n{}", lines.collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_chore_names_those_there_are() {
        let error = start(&["tydi".to_owned()]).unwrap_err().to_string();
        assert!(error.contains("no chore is named `tydi`"), "{error}");
        assert!(error.contains("tidy"), "{error}");
    }

    #[test]
    fn the_root_holds_the_workspace() {
        let manifest = std::fs::read_to_string(root().join("Cargo.toml")).unwrap();
        assert!(manifest.contains("[workspace]"));
    }
}
