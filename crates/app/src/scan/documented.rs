//! Definitions that captures are held against: read, led to the collections that they speak of,
//! and told where they met none.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use anyhow::Context;
use gatewatch_estate::{DefinitionError, definition};
use gatewatch_model::control::Control;
use gatewatch_model::definition::Definition;
use gatewatch_pipeline::subject::{self, Foreseen};

use super::folding::Known;
use super::reading::{PARTITIONS, SCOPE};
use super::words;

/// Warnings of the reader that are told one by one, of each document.
const WARNINGS_TOLD_MAX: usize = 10;
/// Collections that are named where a definition met none.
const NAMED_MAX: usize = 10;

/// A file, and the collection that it defines if that is said: `HOST=FILE`, `SERVICE/API=FILE`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    collection: Option<String>,
    file: PathBuf,
}

/// A definition with the collections that it speaks of, seen or not.
pub struct Documented {
    name: String,
    definition: Definition,
    subjects: Vec<Foreseen>,
    warnings: Vec<definition::Warning>,
}

impl FromStr for Asked {
    type Err = std::convert::Infallible;

    /// A file that exists is one, whatever its name.
    fn from_str(text: &str) -> Result<Asked, Self::Err> {
        let whole = Asked {
            collection: None,
            file: text.into(),
        };
        Ok(match text.split_once('=') {
            Some((collection, file)) if !whole.file.exists() => Asked {
                collection: Some(collection.to_owned()),
                file: file.into(),
            },
            _ => whole,
        })
    }
}

/// Reads all of them, in the order in which they were named.
pub fn read(asked: &[Asked]) -> anyhow::Result<Vec<Documented>> {
    asked.iter().map(Documented::read).collect()
}

impl Documented {
    fn read(asked: &Asked) -> anyhow::Result<Documented> {
        let name = asked.file.display().to_string();
        let bytes = bytes(&asked.file)?;
        let stem = asked.file.file_stem().map(|it| it.to_string_lossy());
        let (definition, warnings) = definition::read(&bytes, stem.as_deref())
            .with_context(|| format!("cannot read the definition {name}"))?;
        let subjects = match &asked.collection {
            Some(collection) => vec![named(collection)?],
            None => of_servers(&definition),
        };
        anyhow::ensure!(
            !subjects.is_empty(),
            "{name} names no host; say which collection it defines: --definition HOST={name} or \
             --definition SERVICE/API={name}"
        );
        Ok(Documented {
            name,
            definition,
            subjects,
            warnings,
        })
    }

    /// What brings it to the fold of each of its collections, with their partitions.
    pub fn controls(&self) -> impl Iterator<Item = (u16, Control)> {
        self.subjects.iter().filter_map(|it| {
            let partition = subject::partition_of(&it.subject, PARTITIONS)?;
            let control = Control::Define {
                subject: it.subject.clone(),
                definition: Box::new(self.definition.clone()),
            };
            Some((partition.0, control))
        })
    }

    /// What its reader left out, and that no exchange went where it says its API is.
    pub fn tell(&self, known: &Known, text: &mut String) {
        let Documented {
            name,
            definition,
            subjects,
            warnings,
        } = self;
        for warning in warnings.iter().take(WARNINGS_TOLD_MAX) {
            let (line, said) = (warning.line, words::plain(&warning.text));
            // Writing to a String cannot fail; so below.
            let _ = match line {
                0 => writeln!(text, "{name}: {said}"),
                line => writeln!(text, "{name}:{line}: {said}"),
            };
        }
        let more = warnings.len().saturating_sub(WARNINGS_TOLD_MAX);
        if more > 0 {
            let _ = writeln!(text, "{name}: … and {more} more that were read otherwise");
        }
        if definition.operations.is_empty() {
            let _ = writeln!(text, "{name}: it documents no operation");
        } else if !subjects.iter().any(|it| known.is_called(it.id)) {
            let where_to: Vec<String> = subjects.iter().map(|it| words::plain(&it.name)).collect();
            let _ = writeln!(
                text,
                "{name}: it fits no collection: no exchange went to {}; name one with --definition \
                 COLLECTION={name}, of these: {}",
                where_to.join(" or "),
                called(known)
            );
        }
    }
}

/// The busiest collections by name.
fn called(known: &Known) -> String {
    let mut rows: Vec<_> = known
        .collections
        .values()
        .filter(|it| it.calls > 0)
        .collect();
    rows.sort_by_key(|it| (std::cmp::Reverse(it.calls), &it.name));
    let names = rows.iter().take(NAMED_MAX);
    let mut names: Vec<String> = names.map(|it| words::plain(&it.name)).collect();
    match rows.len().saturating_sub(NAMED_MAX) {
        0 if names.is_empty() => return "none was seen".to_owned(),
        0 => (),
        more => names.push(format!("and {more} more")),
    }
    names.join(", ")
}

fn bytes(file: &Path) -> anyhow::Result<Vec<u8>> {
    let cannot = || format!("cannot read {}", file.display());
    let length = std::fs::metadata(file).with_context(cannot)?.len();
    let bytes = usize::try_from(length).unwrap_or(usize::MAX);
    if bytes > gatewatch_estate::limits::DOCUMENT_BYTES_MAX {
        return Err(DefinitionError::TooLarge { bytes }).with_context(cannot);
    }
    std::fs::read(file).with_context(cannot)
}

/// A host, or service, perhaps workspace, and API with slashes between.
fn named(collection: &str) -> anyhow::Result<Foreseen> {
    let parts: Vec<&str> = collection.split('/').collect();
    let found = match parts[..] {
        [host] => subject::of_host(SCOPE, host),
        [service, api] => subject::of_api(SCOPE, service, "", api),
        [service, workspace, api] => subject::of_api(SCOPE, service, workspace, api),
        _ => None,
    };
    found.with_context(|| {
        format!(
            "`{collection}` can be no collection; write HOST=FILE, SERVICE/API=FILE or \
             SERVICE/WORKSPACE/API=FILE"
        )
    })
}

fn of_servers(definition: &Definition) -> Vec<Foreseen> {
    let mut taken = BTreeSet::new();
    let hosts = definition.servers.iter().map(|it| &*it.host);
    hosts
        .filter_map(|it| subject::of_host(SCOPE, it))
        .filter(|it| taken.insert(it.id))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_before_a_file_names_its_collection() {
        let read = |text: &str| text.parse::<Asked>().unwrap();
        assert_eq!(read("a.yaml").collection, None);
        let named = read("api.example.com:8443=a=b.yaml");
        assert_eq!(named.collection.as_deref(), Some("api.example.com:8443"));
        assert_eq!(named.file, Path::new("a=b.yaml"));
        let folder = tempfile::tempdir().unwrap();
        let odd = folder.path().join("v=1.yaml");
        std::fs::write(&odd, "").unwrap();
        assert_eq!(read(odd.to_str().unwrap()).file, odd);
    }

    #[test]
    fn a_collection_is_named_as_it_is_shown() {
        for name in ["api.example.com", "gateway/orders", "gateway/team/orders"] {
            assert_eq!(&*super::named(name).unwrap().name, name);
        }
        for name in ["", "no host", "a/b/c/d", "gateway/"] {
            assert!(super::named(name).is_err(), "{name}");
        }
    }
}
