//! A user's own catalogue: a folder with types of sensitive information in `info-types` and
//! detections in `detections`, laid out as ours, each read and proved sound. Types may lie in the
//! folder itself too.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail, ensure};
use gatewatch_classify::{Catalogue, ListKey, is_of_installation};
use gatewatch_detect::Detections;
use gatewatch_model::own::{OWN_BYTES_MAX, OWN_FILES_MAX, OwnFiles, OwnKind};
use gatewatch_pipeline::fold::Key;
use gatewatch_server::list_refused;

/// Types and lists of a scan together; each partition has them.
const SCAN_BYTES_MAX: u64 = 8 << 20;
const TYPES_FOLDER: &str = "info-types";
const DETECTIONS_FOLDER: &str = "detections";
/// `detections/injection/sql.toml` is as deep as files lie.
const DEPTH_MAX: usize = 2;
/// Of one folder, whatever they are.
const ENTRIES_MAX: usize = 1_024;

/// What the files are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Use {
    /// They stay in memory: lists may be long, and keys of lists of tokens come along.
    Scan,
    /// They are kept in the data folder; of lists of tokens only those of the installation.
    Server,
}

impl Use {
    fn bytes_max(self) -> u64 {
        match self {
            Use::Scan => SCAN_BYTES_MAX,
            Use::Server => OWN_BYTES_MAX as u64,
        }
    }
}

/// The files of a folder.
#[derive(Clone, Debug, Default)]
pub struct Own {
    /// By name, then lists.
    pub types: OwnFiles,
    pub detections: OwnFiles,
}

impl Own {
    pub fn of(&self, kind: OwnKind) -> &OwnFiles {
        match kind {
            OwnKind::InfoTypes => &self.types,
            OwnKind::Detections => &self.detections,
        }
    }

    /// All types, ours and these.
    pub fn catalogue(&self, key: ListKey<'_>) -> anyhow::Result<Catalogue> {
        Ok(gatewatch_classify::SHIPPED.with(&texts(&self.types), key)?)
    }

    /// All detections, ours and these, each proved by its examples.
    pub fn detections(&self) -> anyhow::Result<Detections> {
        Ok(gatewatch_detect::SHIPPED.with_own(&texts(&self.detections))?)
    }
}

pub fn texts(files: &OwnFiles) -> Vec<(&str, &str)> {
    files.iter().map(|it| (&*it.0, &*it.1)).collect()
}

/// The key of an installation as lists of tokens are read with it.
pub fn list_key(key: Option<&Key>) -> ListKey<'_> {
    key.map_or(ListKey::None, |it| ListKey::Of(&it.0))
}

/// Reads a folder, and refuses it with the file that is wrong. `key` is that of the installation,
/// where it may be used for lists of tokens.
pub fn read(folder: &Path, purpose: Use, key: Option<&Key>) -> anyhow::Result<Own> {
    let own = read_unproved(folder, purpose, key)?;
    let in_folder = || folder.display().to_string();
    own.catalogue(list_key(key)).with_context(in_folder)?;
    own.detections().with_context(in_folder)?;
    Ok(own)
}

/// The files as they are.
pub fn read_unproved(folder: &Path, purpose: Use, key: Option<&Key>) -> anyhow::Result<Own> {
    let named = |name: &str| folder.file_name().is_some_and(|it| it == name);
    let mut found = Vec::new();
    let detections = if named(DETECTIONS_FOLDER) {
        folder.to_owned()
    } else {
        list(folder, 1, &mut found)?;
        let types = folder.join(TYPES_FOLDER);
        if types.is_dir() {
            list(&types, DEPTH_MAX, &mut found)?;
        }
        folder.join(DETECTIONS_FOLDER)
    };
    Ok(Own {
        types: types(folder, (purpose, key), &found)?,
        detections: if detections.is_dir() {
            read_detections(&detections)?
        } else {
            OwnFiles::new()
        },
    })
}

fn read_detections(folder: &Path) -> anyhow::Result<OwnFiles> {
    let mut found = Vec::new();
    list(folder, DEPTH_MAX, &mut found)?;
    ensure!(
        found.len() <= OWN_FILES_MAX,
        "{} holds more than {OWN_FILES_MAX} detections; move some to another folder",
        folder.display()
    );
    let (mut files, mut bytes) = (OwnFiles::new(), 0);
    for path in found {
        let cannot = || format!("cannot read {}", path.display());
        bytes += path.metadata().with_context(cannot)?.len();
        ensure!(
            bytes <= OWN_BYTES_MAX as u64,
            "the detections in {} have more than {OWN_BYTES_MAX} bytes together",
            folder.display()
        );
        let text = read_text(&path)?;
        let name = path.strip_prefix(folder).unwrap_or(&path);
        files.push((name.to_string_lossy().into(), text.into()));
    }
    Ok(files)
}

/// Types and the lists that they name.
fn types(
    folder: &Path,
    (purpose, key): (Use, Option<&Key>),
    found: &[PathBuf],
) -> anyhow::Result<OwnFiles> {
    let mut reading = Reading {
        folder,
        purpose,
        files: BTreeMap::new(),
        order: OwnFiles::new(),
        bytes: 0,
    };
    for path in found {
        reading.add(path)?;
    }
    let types = reading.order.clone();
    for (of, text) in &types {
        let beside = reading.files.get(of).and_then(|it| it.parent());
        let beside = beside.unwrap_or(folder).to_owned();
        for List { name, is_tokens } in lists(text) {
            let own_key = (is_tokens && purpose == Use::Scan).then(|| format!("{name}.key"));
            for name in std::iter::once(&name).chain(&own_key) {
                // What is missing is told with the line that names it, by whoever proves the types.
                let is_beside = Path::new(name).file_name() == Some(name.as_ref());
                let path = beside.join(name);
                if is_beside && path.is_file() {
                    reading.add(&path)?;
                }
            }
            let list = reading.order.iter().find(|it| *it.0 == *name);
            let is_refused = |text: &str| key.is_none() || !is_of_installation(text);
            if is_tokens && purpose == Use::Server && list.is_some_and(|it| is_refused(&it.1)) {
                let why = list_refused(key.is_some());
                bail!("{}: {of}: tokens_file: {why}", folder.display());
            }
        }
    }
    Ok(reading.order)
}

struct Reading<'f> {
    folder: &'f Path,
    purpose: Use,
    /// Where the file of that name lies.
    files: BTreeMap<Box<str>, PathBuf>,
    order: OwnFiles,
    bytes: u64,
}

impl Reading<'_> {
    /// Reads a file that is not there yet.
    fn add(&mut self, path: &Path) -> anyhow::Result<()> {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if let Some(other) = self.files.get(&*name) {
            ensure!(
                other == path,
                "{} and {} have one name; rename one of them",
                other.display(),
                path.display()
            );
            return Ok(());
        }
        let cannot = || format!("cannot read {}", path.display());
        self.bytes += path.metadata().with_context(cannot)?.len();
        ensure!(
            self.files.len() < OWN_FILES_MAX,
            "{} holds more than {OWN_FILES_MAX} types and lists; move some to another folder",
            self.folder.display()
        );
        ensure!(
            self.bytes <= self.purpose.bytes_max(),
            "the types and lists in {} have more than {} bytes together",
            self.folder.display(),
            self.purpose.bytes_max()
        );
        let text = read_text(path)?;
        self.files.insert((*name).into(), path.to_owned());
        self.order.push(((*name).into(), text.into()));
        Ok(())
    }
}

fn read_text(path: &Path) -> anyhow::Result<String> {
    let shown = path.display();
    let bytes = std::fs::read(path).with_context(|| format!("cannot read {shown}"))?;
    let no_text = || format!("{shown}: it is no text; a file of the catalogue is TOML in UTF-8");
    String::from_utf8(bytes).ok().with_context(no_text)
}

/// The `.toml` files of a folder and, as deep as is said, of those in it, sorted.
fn list(folder: &Path, depth: usize, found: &mut Vec<PathBuf>) -> anyhow::Result<()> {
    let cannot = || format!("cannot read the catalogue folder {}", folder.display());
    let mut entries = Vec::new();
    for entry in std::fs::read_dir(folder).with_context(cannot)? {
        entries.push(entry.with_context(cannot)?.path());
        ensure!(
            entries.len() <= ENTRIES_MAX,
            "{} holds more than {ENTRIES_MAX} files; move some to another folder",
            folder.display()
        );
    }
    entries.sort();
    for path in entries {
        if path.is_dir() {
            if depth > 1 {
                list(&path, depth - 1, found)?;
            }
        } else if path.extension().is_some_and(|it| it == "toml") {
            found.push(path);
        }
    }
    Ok(())
}

/// A file that a type names.
struct List {
    name: String,
    is_tokens: bool,
}

/// None of what is no TOML: it is refused later, with its line.
fn lists(text: &str) -> Vec<List> {
    let written = text.parse::<toml::Table>().unwrap_or_default();
    let list = |key: &str, is_tokens| {
        let name = written.get(key)?.as_str()?.to_owned();
        Some(List { name, is_tokens })
    };
    [list("words_file", false), list("tokens_file", true)]
        .into_iter()
        .flatten()
        .collect()
}
