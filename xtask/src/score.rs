//! `score FOLDER`: runs the labelled sets that a folder holds through the scorers of the tree.
//! A set that is not there is said to be not scored; a folder with none at all is an error.

mod signals;

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, bail};

use crate::Chore;

pub static CHORE: Chore = Chore {
    name: "score",
    does: "runs labelled sets and prints their quality: score FOLDER",
    run,
};

/// A labelled set and the example that scores it from standard input.
struct Set {
    title: &'static str,
    /// Within the folder; it may also be there packed, as `.xz`.
    file: &'static str,
    package: &'static str,
    example: &'static str,
}

static ROLL: &[Set] = &[
    Set {
        title: "path templates",
        file: "templates/urls.jsonl",
        package: "gatewatch-inventory",
        example: "score_templates",
    },
    Set {
        title: "sensitive information",
        file: "info-types/dev.jsonl",
        package: "gatewatch-classify",
        example: "score",
    },
    Set {
        title: "sensitive information in everyday requests, where there should be next to none",
        file: "detection/blazehttp-dev.jsonl",
        package: "gatewatch-classify",
        example: "false_hits",
    },
];

fn run(root: &Path, words: &[String]) -> anyhow::Result<()> {
    let [folder] = words else {
        bail!("which folder of labelled sets? `cargo xtask score FOLDER`");
    };
    // What a person types is relative to where that person is.
    let folder = std::path::absolute(folder)?;
    let mut scored = 0;
    for set in ROLL.iter().chain(signals::SETS) {
        match find(&folder, set) {
            Some(file) => {
                writeln!(io::stdout(), "{} ({})", set.title, set.file)?;
                score(root, set, &file)?;
                scored += 1;
            }
            None => writeln!(
                io::stdout(),
                "{}: not scored, there is no {}",
                set.title,
                set.file
            )?,
        }
    }
    if scored == 0 {
        bail!(
            "{} holds no labelled set that is known here",
            folder.display()
        );
    }
    Ok(())
}

fn find(folder: &Path, set: &Set) -> Option<PathBuf> {
    let plain = folder.join(set.file);
    let packed = folder.join(format!("{}.xz", set.file));
    [plain, packed].into_iter().find(|it| it.is_file())
}

fn score(root: &Path, set: &Set, file: &Path) -> anyhow::Result<()> {
    let mut unpacking = None;
    let input = if file.extension().is_some_and(|it| it == "xz") {
        let mut xz = Command::new("xz")
            .arg("-dc")
            .arg(file)
            .stdout(Stdio::piped())
            .spawn()
            .context("cannot run xz; on Debian: apt-get install xz-utils")?;
        let lines = xz.stdout.take().context("xz has no output")?;
        unpacking = Some(xz);
        Stdio::from(lines)
    } else {
        Stdio::from(File::open(file)?)
    };
    let status = Command::new("cargo")
        .args([
            "run",
            "--quiet",
            "--release",
            "--package",
            set.package,
            "--example",
            set.example,
        ])
        .current_dir(root)
        .stdin(input)
        .status()
        .context("cannot run cargo")?;
    if let Some(mut xz) = unpacking
        && !xz.wait()?.success()
        && status.success()
    {
        bail!("{} could not be unpacked whole", file.display());
    }
    if !status.success() {
        bail!("scoring {} failed", set.title);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_packed_set_is_found_and_a_missing_one_is_not() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(find(folder.path(), &ROLL[0]), None);
        std::fs::create_dir(folder.path().join("templates")).unwrap();
        let packed = folder.path().join("templates/urls.jsonl.xz");
        File::create(&packed).unwrap();
        assert_eq!(find(folder.path(), &ROLL[0]), Some(packed));
    }

    #[test]
    fn a_folder_without_sets_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let words = [folder.path().display().to_string()];
        let error = run(Path::new("."), &words).unwrap_err().to_string();
        assert!(error.contains("no labelled set"), "{error}");
    }
}
