//! A user's own types of sensitive information: the files of a folder, read and proved sound.

use std::path::Path;

use anyhow::{Context, bail, ensure};
use gatewatch_classify::SHIPPED;
use gatewatch_model::sensitivity::{OWN_TYPES_BYTES_MAX, OWN_TYPES_MAX};

/// Names of files with their texts, by name. Only what ends in `.toml` is read.
pub type Files = Vec<(Box<str>, Box<str>)>;

pub fn read(folder: &Path) -> anyhow::Result<Files> {
    let cannot = || format!("cannot read the catalogue folder {}", folder.display());
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(folder).with_context(cannot)? {
        let path = entry.with_context(cannot)?.path();
        if path.extension().is_some_and(|it| it == "toml") {
            paths.push(path);
        }
        ensure!(
            paths.len() <= OWN_TYPES_MAX,
            "{} holds more than {OWN_TYPES_MAX} types; move some to another folder",
            folder.display()
        );
    }
    paths.sort();
    let (mut files, mut bytes) = (Files::new(), 0);
    for path in paths {
        let cannot = || format!("cannot read {}", path.display());
        bytes += path.metadata().with_context(cannot)?.len();
        ensure!(
            bytes <= OWN_TYPES_BYTES_MAX as u64,
            "the types in {} have more than {OWN_TYPES_BYTES_MAX} bytes together",
            folder.display()
        );
        let text = std::fs::read_to_string(&path).with_context(cannot)?;
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        files.push((name.into(), text.into()));
    }
    let texts = files.iter().map(|it| (&*it.0, &*it.1)).collect::<Vec<_>>();
    if let Err(error) = SHIPPED.with(&texts) {
        bail!("{}: {error}", folder.display());
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_read_whole_or_refused_with_its_file() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("notes.txt"), "no type").unwrap();
        assert!(read(folder.path()).unwrap().is_empty());
        std::fs::write(folder.path().join("badge.toml"), "id = 1").unwrap();
        let error = read(folder.path()).unwrap_err().to_string();
        assert!(error.contains("badge.toml"), "{error}");
        assert!(read(&folder.path().join("none")).is_err());
    }
}
