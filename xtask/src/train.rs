//! `train FOLDER`: learns the payload model from labelled requests, and writes it with its card to
//! `catalogue/models`. The same folder gives the same bytes.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, bail};

use crate::Chore;

pub static CHORE: Chore = Chore {
    name: "train",
    does: "learns the payload model from labelled requests: train FOLDER [OUT]",
    run,
};

fn run(root: &Path, words: &[String]) -> anyhow::Result<()> {
    let (folder, out) = match words {
        [folder] => (folder.as_str(), root.join("catalogue/models")),
        [folder, out] => (folder.as_str(), std::path::absolute(out)?),
        _ => bail!("which folder of labelled sets? `cargo xtask train FOLDER [OUT]`"),
    };
    let folder = std::path::absolute(folder)?;
    if !folder.join("detection").is_dir() {
        bail!("{} holds no folder `detection`", folder.display());
    }
    let status = Command::new(env!("CARGO"))
        .args([
            "run",
            "--quiet",
            "--release",
            "--package",
            "gatewatch-detect",
        ])
        .args(["--example", "train", "--"])
        .args([folder, out])
        .current_dir(root)
        .status()
        .context("cannot run cargo")?;
    if !status.success() {
        bail!("training failed");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_without_requests_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let words = [folder.path().display().to_string()];
        let error = run(Path::new("."), &words).unwrap_err().to_string();
        assert!(error.contains("holds no folder `detection`"), "{error}");
    }
}
