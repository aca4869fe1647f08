//! `refresh-intel FOLDER`: makes the data on callers in `catalogue/intel` from packages that lie in
//! a folder as they were downloaded. The same packages give the same bytes.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, bail};

use crate::Chore;

pub static CHORE: Chore = Chore {
    name: "refresh-intel",
    does: "makes the data on callers from downloaded packages: refresh-intel FOLDER [OUT]",
    run,
};

fn run(root: &Path, words: &[String]) -> anyhow::Result<()> {
    let (folder, out) = match words {
        [folder] => (folder.as_str(), root.join("catalogue/intel")),
        [folder, out] => (folder.as_str(), std::path::absolute(out)?),
        _ => bail!("which folder of packages? `cargo xtask refresh-intel FOLDER [OUT]`"),
    };
    let folder = std::path::absolute(folder)?;
    if !folder.is_dir() {
        bail!(
            "{} is no folder; catalogue/intel/README.md says what to put into one",
            folder.display()
        );
    }
    let status = Command::new(env!("CARGO"))
        .args(["run", "--quiet", "--package", "gatewatch-intel"])
        .args(["--example", "refresh", "--"])
        .args([folder, out])
        .current_dir(root)
        .status()
        .context("cannot run cargo")?;
    if !status.success() {
        bail!("the data was not made");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_that_is_none_is_refused() {
        let words = ["no/such/folder".to_owned()];
        let error = run(Path::new("."), &words).unwrap_err().to_string();
        assert!(error.contains("is no folder"), "{error}");
    }
}
