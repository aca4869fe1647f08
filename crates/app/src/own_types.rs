//! A user's own types of sensitive information: the files of a folder and the lists that they name,
//! read and proved sound.

use std::path::Path;

use anyhow::{Context, bail, ensure};
use gatewatch_classify::SHIPPED;
use gatewatch_model::sensitivity::{OWN_TYPES_BYTES_MAX, OWN_TYPES_MAX};

/// Names of files with their texts: types by name, then lists.
pub type Files = Vec<(Box<str>, Box<str>)>;

/// Types and lists of a scan together; each partition has them.
const SCAN_BYTES_MAX: u64 = 8 << 20;

/// What the files are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Use {
    /// They stay in memory: lists may be long, and keys of lists of tokens come along.
    Scan,
    /// They are kept in the data folder.
    Server,
}

impl Use {
    fn bytes_max(self) -> u64 {
        match self {
            Use::Scan => SCAN_BYTES_MAX,
            Use::Server => OWN_TYPES_BYTES_MAX as u64,
        }
    }
}

pub fn read(folder: &Path, purpose: Use) -> anyhow::Result<Files> {
    let mut reading = Reading {
        folder,
        purpose,
        files: Files::new(),
        bytes: 0,
    };
    for name in types(folder)? {
        reading.add(&name)?;
    }
    let lists = reading
        .files
        .iter()
        .flat_map(|(name, text)| lists(name, text))
        .collect::<Vec<_>>();
    for List {
        of,
        name,
        is_tokens,
    } in lists
    {
        if is_tokens && purpose == Use::Server {
            bail!(
                "{}: {of}: tokens_file: a server takes no list of tokens: the list's key would lie in the \
                 data folder and its backups, and who has both can ask whether a value is on the list; \
                 take the type out of this folder and look for it with `gatewatch scan --catalogue`, or \
                 use words_file if the values themselves may be kept",
                folder.display()
            );
        }
        let key = is_tokens.then(|| format!("{name}.key"));
        for name in std::iter::once(name).chain(key) {
            // What is missing is told with the line that names it, by whoever proves the types.
            let is_beside = Path::new(&name).file_name() == Some(name.as_ref());
            if is_beside && folder.join(&name).is_file() {
                reading.add(&name)?;
            }
        }
    }
    let files = reading.files;
    let texts = files.iter().map(|it| (&*it.0, &*it.1)).collect::<Vec<_>>();
    if let Err(error) = SHIPPED.with(&texts) {
        bail!("{}: {error}", folder.display());
    }
    Ok(files)
}

struct Reading<'f> {
    folder: &'f Path,
    purpose: Use,
    files: Files,
    bytes: u64,
}

impl Reading<'_> {
    /// Reads a file that is not there yet.
    fn add(&mut self, name: &str) -> anyhow::Result<()> {
        if self.files.iter().any(|it| *it.0 == *name) {
            return Ok(());
        }
        let path = self.folder.join(name);
        let cannot = || format!("cannot read {}", path.display());
        self.bytes += path.metadata().with_context(cannot)?.len();
        ensure!(
            self.files.len() < OWN_TYPES_MAX,
            "{} holds more than {OWN_TYPES_MAX} types and lists; move some to another folder",
            self.folder.display()
        );
        ensure!(
            self.bytes <= self.purpose.bytes_max(),
            "the types and lists in {} have more than {} bytes together",
            self.folder.display(),
            self.purpose.bytes_max()
        );
        let text = std::fs::read_to_string(&path).with_context(cannot)?;
        self.files.push((name.into(), text.into()));
        Ok(())
    }
}

/// The names of a folder's types, sorted.
fn types(folder: &Path) -> anyhow::Result<Vec<String>> {
    let cannot = || format!("cannot read the catalogue folder {}", folder.display());
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder).with_context(cannot)? {
        let path = entry.with_context(cannot)?.path();
        if path.extension().is_some_and(|it| it == "toml") {
            let name = path.file_name().unwrap_or_default();
            names.push(name.to_string_lossy().into_owned());
        }
        ensure!(
            names.len() <= OWN_TYPES_MAX,
            "{} holds more than {OWN_TYPES_MAX} types; move some to another folder",
            folder.display()
        );
    }
    names.sort();
    Ok(names)
}

/// A file that a type names.
struct List {
    of: Box<str>,
    name: String,
    is_tokens: bool,
}

/// None of what is no TOML: it is refused later, with its line.
fn lists(of: &str, text: &str) -> Vec<List> {
    let written = text.parse::<toml::Table>().unwrap_or_default();
    let list = |key: &str, is_tokens| {
        let name = written.get(key)?.as_str()?.to_owned();
        Some(List {
            of: of.into(),
            name,
            is_tokens,
        })
    };
    [list("words_file", false), list("tokens_file", true)]
        .into_iter()
        .flatten()
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TIER: &str = "id = 'tier'\ntitle = 'Tier'\nseverity = 'low'\nnear = ['tier']\n\
        words_file = 'tiers.txt'\nexamples = ['{\"tier\": \"gold\"}']\n\
        counter_examples = ['{\"tier\": \"lead\"}']\n";

    #[test]
    fn a_folder_is_read_whole_or_refused_with_its_file() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("notes.txt"), "no type").unwrap();
        assert!(read(folder.path(), Use::Server).unwrap().is_empty());
        std::fs::write(folder.path().join("badge.toml"), "id = 1").unwrap();
        let error = read(folder.path(), Use::Server).unwrap_err().to_string();
        assert!(error.contains("badge.toml"), "{error}");
        assert!(read(&folder.path().join("none"), Use::Server).is_err());
    }

    #[test]
    fn lists_of_words_come_along_and_nothing_else_does() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("tier.toml"), TIER).unwrap();
        std::fs::write(folder.path().join("notes.txt"), "no list").unwrap();
        let missing = read(folder.path(), Use::Server).unwrap_err().to_string();
        assert!(missing.contains("tier.toml:5: words_file"), "{missing}");
        std::fs::write(folder.path().join("tiers.txt"), "gold\nsilver\n").unwrap();
        for purpose in [Use::Server, Use::Scan] {
            let files = read(folder.path(), purpose).unwrap();
            let names = files.iter().map(|it| &*it.0).collect::<Vec<_>>();
            assert_eq!(names, ["tier.toml", "tiers.txt"]);
        }
        let long = "a word like any other\n".repeat(OWN_TYPES_BYTES_MAX / 20);
        std::fs::write(folder.path().join("tiers.txt"), format!("gold\n{long}")).unwrap();
        assert!(read(folder.path(), Use::Scan).is_ok());
        let error = read(folder.path(), Use::Server).unwrap_err().to_string();
        assert!(error.contains("bytes together"), "{error}");
    }

    #[test]
    fn a_list_elsewhere_is_not_read() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("secret.txt"), "gold\n").unwrap();
        let own = folder.path().join("own");
        std::fs::create_dir(&own).unwrap();
        let elsewhere = TIER.replace("tiers.txt", "../secret.txt");
        std::fs::write(own.join("tier.toml"), elsewhere).unwrap();
        let error = read(&own, Use::Server).unwrap_err().to_string();
        assert!(error.contains("no file `../secret.txt`"), "{error}");
    }

    #[test]
    fn lists_of_tokens_are_for_scan_alone() {
        let folder = tempfile::tempdir().unwrap();
        let key = [7; 32];
        let (list, _) = gatewatch_classify::write_list(&key, ["AB-1234-56"].into_iter());
        let text = TIER.replace("words_file = 'tiers.txt'", "tokens_file = 'ours.tokens'");
        let text = text.replace("gold", "AB-1234-56");
        for (name, text) in [
            ("ours.toml", &*text),
            ("ours.tokens", &list),
            ("ours.tokens.key", &"07".repeat(32)),
        ] {
            std::fs::write(folder.path().join(name), text).unwrap();
        }
        assert_eq!(read(folder.path(), Use::Scan).unwrap().len(), 3);
        let error = read(folder.path(), Use::Server).unwrap_err().to_string();
        assert!(error.contains("ours.toml: tokens_file"), "{error}");
        assert!(!error.contains("0707"), "{error}");
    }
}
