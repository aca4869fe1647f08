//! The tree that the rules look at: every text file, read once.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;

use super::Complaint;
use super::rust::{self, Rust};

/// Folders that hold nothing we wrote, beside those that `.gitignore` names and hidden ones.
const SKIPPED: &[&str] = &["target", "node_modules", "dist"];

/// Hidden folders that hold something we wrote.
const HIDDEN_OURS: &[&str] = &[".cargo", ".ci", ".config", ".github"];

/// A file longer than this is data, not text to proofread.
const TEXT_BYTES_MAX: u64 = 1 << 20;

#[derive(Debug)]
pub struct Tree {
    /// In the order of their paths.
    pub files: Vec<File>,
}

#[derive(Debug)]
pub struct File {
    /// From the root of the tree, with `/` between its parts.
    pub path: String,
    pub text: String,
    /// For Rust files.
    pub rust: Option<Rust>,
}

impl Tree {
    pub fn read(root: &Path) -> anyhow::Result<Self> {
        let ignored = fs::read_to_string(root.join(".gitignore")).unwrap_or_default();
        let skipped: Vec<&str> = ignored
            .lines()
            .filter_map(|line| line.trim_start_matches('/').strip_suffix('/'))
            .chain(SKIPPED.iter().copied())
            .collect();
        let mut paths = Vec::new();
        walk(root, &skipped, &mut paths)?;
        let mut files = Vec::new();
        for path in paths {
            files.extend(read_file(root, &path)?);
        }
        Ok(Self::sorted(files))
    }

    #[cfg(test)]
    pub fn of(files: &[(&str, &str)]) -> Self {
        let files = files
            .iter()
            .map(|&(path, text)| File::new(path.to_owned(), text.to_owned()));
        Self::sorted(files.collect())
    }

    fn sorted(mut files: Vec<File>) -> Self {
        files.sort_by(|one, other| one.path.cmp(&other.path));
        Self { files }
    }

    pub fn get(&self, path: &str) -> Option<&File> {
        self.files.iter().find(|file| file.path == path)
    }

    /// The Rust files, each with its halves.
    pub fn rust(&self) -> impl Iterator<Item = (&File, &Rust)> {
        self.files
            .iter()
            .filter_map(|file| Some((file, file.rust.as_ref()?)))
    }
}

impl File {
    fn new(path: String, text: String) -> Self {
        let is_rust = Path::new(&path).extension().is_some_and(|it| it == "rs");
        let rust = is_rust.then(|| rust::split(&text));
        Self { path, text, rust }
    }

    /// The file's name without its folder.
    pub fn name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or(&self.path)
    }

    pub fn complaint(&self, line: usize, wrong: String, instead: &str) -> Complaint {
        Complaint {
            path: self.path.clone(),
            line,
            wrong,
            instead: instead.to_owned(),
        }
    }
}

fn walk(folder: &Path, skipped: &[&str], paths: &mut Vec<PathBuf>) -> anyhow::Result<()> {
    let entries = fs::read_dir(folder).with_context(|| format!("read {}", folder.display()))?;
    for entry in entries {
        let entry = entry?;
        let kind = entry.file_type()?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        // Of a second work tree, `.git` is a file that names a folder of this machine.
        if kind.is_file() && name != ".git" {
            paths.push(entry.path());
        } else if kind.is_dir() && is_ours(&entry.path(), &name, skipped) {
            walk(&entry.path(), skipped, paths)?;
        }
    }
    Ok(())
}

fn is_ours(folder: &Path, name: &str, skipped: &[&str]) -> bool {
    let hidden = name.starts_with('.') && !HIDDEN_OURS.contains(&name);
    // Cargo marks a target folder with this file, whatever its name.
    let built = folder.join("CACHEDIR.TAG").exists();
    !hidden && !built && !skipped.contains(&name)
}

/// The file, unless it is data. One that went away meanwhile is no error.
fn read_file(root: &Path, path: &Path) -> anyhow::Result<Option<File>> {
    let Ok(about) = fs::metadata(path) else {
        return Ok(None);
    };
    if about.len() > TEXT_BYTES_MAX {
        return Ok(None);
    }
    let bytes = fs::read(path).with_context(|| format!("read {}", path.display()))?;
    let parts = path.strip_prefix(root)?.components();
    let parts: Vec<_> = parts
        .map(|part| part.as_os_str().to_string_lossy())
        .collect();
    let text = String::from_utf8(bytes).ok();
    Ok(text.map(|text| File::new(parts.join("/"), text)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tree_is_what_we_wrote() {
        let root = tempfile::tempdir().unwrap();
        for path in [
            ".gitignore",
            "crates/a/src/lib.rs",
            ".ci/run",
            ".git/config",
            "sub/.git",
            "target/x.rs",
            "built/CACHEDIR.TAG",
            "built/x.rs",
            "kept-data/x.rs",
        ] {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "kept-data/\n").unwrap();
        }
        fs::write(root.path().join("picture.png"), [0xff, 0xfe]).unwrap();
        let tree = Tree::read(root.path()).unwrap();
        let paths: Vec<&str> = tree.files.iter().map(|file| file.path.as_str()).collect();
        assert_eq!(paths, [".ci/run", ".gitignore", "crates/a/src/lib.rs"]);
        assert_eq!(tree.rust().count(), 1);
    }
}
