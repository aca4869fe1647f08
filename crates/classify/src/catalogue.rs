//! The catalogue of information types: files of TOML, read and proved sound.

mod proof;
mod written;

use std::fmt;
use std::path::Path;
use std::sync::LazyLock;

use gatewatch_model::InfoTypeId;
use gatewatch_model::info_type::Category;

use crate::info_type::InfoType;
use crate::tokens::ListKey;
use written::Companions;

/// Shipped and a user's own.
const TYPES_MAX: usize = 1_024;
/// A file is a page or two; a list that it names may be longer.
const FILE_BYTES_MAX: usize = 256 * 1024;
const COMPANION_BYTES_MAX: usize = 8 * 1024 * 1024;

static FILES: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/info_types.rs"));

/// All types that are shipped. A test reads and proves each file, so none is ever missing here.
pub static SHIPPED: LazyLock<Catalogue> = LazyLock::new(|| Catalogue {
    types: FILES
        .iter()
        .filter_map(|(name, text)| written::read(name, text, &Companions::NONE).ok())
        .collect(),
});

/// Types, sorted by file.
#[derive(Clone, Debug, Default)]
pub struct Catalogue {
    types: Vec<InfoType>,
}

/// What is wrong in which line of which file, and what would be right.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
pub struct CatalogueError {
    pub file: Box<str>,
    /// From one; 0 if it is of the whole file.
    pub line: usize,
    /// Empty if it is of the whole file.
    pub key: Box<str>,
    pub reason: Box<str>,
}

impl fmt::Display for CatalogueError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}:", self.file)?;
        if self.line > 0 {
            write!(out, "{}:", self.line)?;
        }
        if !self.key.is_empty() {
            write!(out, " {}:", self.key)?;
        }
        write!(out, " {}", self.reason)
    }
}

impl Catalogue {
    pub fn types(&self) -> &[InfoType] {
        &self.types
    }

    pub fn find(&self, id: &str) -> Option<&InfoType> {
        self.types.iter().find(|it| *it.id == *id)
    }

    pub fn by_key(&self, key: InfoTypeId) -> Option<&InfoType> {
        self.types.iter().find(|it| it.key == key)
    }

    /// The ids that look most like this one, for who mistyped it.
    pub fn nearest(&self, id: &str) -> Option<&str> {
        written::nearest(id, self.types.iter().map(|it| &*it.id))
    }

    /// These types and a user's own, each a file name with its text: the `.toml` files are types,
    /// the others are lists that those name.
    pub fn with(
        &self,
        files: &[(&str, &str)],
        key: ListKey<'_>,
    ) -> Result<Catalogue, CatalogueError> {
        let mut types = self.types.clone();
        for (file, text) in files.iter().filter(|it| is_type(it.0)) {
            let (own, line) = one(file, text, &Companions { files, key })?;
            let error = |reason: String| CatalogueError {
                file: (*file).into(),
                line,
                key: "id".into(),
                reason: reason.into(),
            };
            if let Some(known) = types.iter().find(|it| it.key == own.key) {
                return Err(error(format!(
                    "another type is named `{}` already; choose an id of your own",
                    known.id
                )));
            }
            if types.len() >= TYPES_MAX {
                return Err(error("there are too many types; 1,024 is the most".into()));
            }
            types.push(own);
        }
        Ok(Catalogue { types })
    }
}

/// Whether a file is a type, by the end of its name.
fn is_type(file: &str) -> bool {
    Path::new(file).extension().is_some_and(|it| it == "toml")
}

/// A user's own type and the line of its id.
fn one(
    file: &str,
    text: &str,
    companions: &Companions<'_>,
) -> Result<(InfoType, usize), CatalogueError> {
    let long = |it: &(&str, &str)| {
        let most = if is_type(it.0) {
            FILE_BYTES_MAX
        } else {
            COMPANION_BYTES_MAX
        };
        it.1.len() > most
    };
    if let Some((file, _)) = companions.files.iter().find(|it| long(it)) {
        return Err(CatalogueError {
            file: (*file).into(),
            line: 0,
            key: "".into(),
            reason: "it is too long; 256 KiB is the most for a type and 8 MiB for a list".into(),
        });
    }
    let mut own = written::read(file, text, companions)?;
    proof::prove(file, text, &own)?;
    own.category = Category::Custom;
    let line = text
        .lines()
        .position(|it| it.trim_start().starts_with("id"))
        .map_or(0, |it| it + 1);
    Ok((own, line))
}

#[cfg(test)]
mod tests;
