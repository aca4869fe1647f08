//! The catalogue of information types: files of TOML, read and proved sound.

use std::sync::LazyLock;

use gatewatch_model::InfoTypeId;
use gatewatch_model::info_type::Category;
use serde::Deserialize;

use crate::checks::{self, ROLL};
use crate::info_type::{InfoType, Mask, Pattern, Purview, Severity};

/// Shipped and a user's own.
const TYPES_MAX: usize = 1_024;
const NAMED_DEFAULT: u8 = 95;

static FILES: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/info_types.rs"));

/// All types that are shipped. A test reads each file, so none is ever missing here.
pub static SHIPPED: LazyLock<Catalogue> = LazyLock::new(|| Catalogue {
    types: FILES
        .iter()
        .filter_map(|(name, text)| read(name, text).ok())
        .collect(),
});

/// Types, sorted by file.
#[derive(Clone, Debug, Default)]
pub struct Catalogue {
    types: Vec<InfoType>,
}

#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
#[error("{file}: {key}: {reason}")]
pub struct CatalogueError {
    pub file: Box<str>,
    pub key: Box<str>,
    pub reason: Box<str>,
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

    /// These types and a user's own, each a file name with its text.
    pub fn with(&self, files: &[(&str, &str)]) -> Result<Catalogue, CatalogueError> {
        let mut types = self.types.clone();
        for (file, text) in files {
            let mut own = read(file, text)?;
            own.category = Category::Custom;
            let error = |reason: &str| CatalogueError {
                file: (*file).into(),
                key: "id".into(),
                reason: reason.into(),
            };
            if types.iter().any(|it| it.key == own.key) {
                return Err(error("another type has this id; choose one of your own"));
            }
            if types.len() >= TYPES_MAX {
                return Err(error("there are too many types; 1,024 is the most"));
            }
            types.push(own);
        }
        Ok(Catalogue { types })
    }
}

/// A file as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    id: Box<str>,
    title: Box<str>,
    category: Box<str>,
    severity: Severity,
    country: Option<Box<str>>,
    #[serde(default = "yes")]
    on: bool,
    #[serde(default)]
    mask: Mask,
    #[serde(default)]
    near: Vec<Box<str>>,
    #[serde(default)]
    far: Vec<Box<str>>,
    /// The short way of writing one pattern.
    pattern: Option<Box<str>>,
    check: Option<Box<str>>,
    alone: Option<u8>,
    named: Option<u8>,
    #[serde(default)]
    patterns: Vec<WrittenPattern>,
    #[serde(default)]
    examples: Vec<Box<str>>,
    #[serde(default)]
    counter_examples: Vec<Box<str>>,
    #[serde(default)]
    references: Vec<Box<str>>,
    #[serde(default)]
    purview: Vec<Purview>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenPattern {
    pattern: Box<str>,
    check: Option<Box<str>>,
    alone: Option<u8>,
    named: Option<u8>,
}

fn yes() -> bool {
    true
}

fn read(file: &str, text: &str) -> Result<InfoType, CatalogueError> {
    let error = |key: &str, reason: String| CatalogueError {
        file: file.into(),
        key: key.into(),
        reason: reason.into(),
    };
    let mut written =
        toml::from_str::<Written>(text).map_err(|it| error("toml", it.message().to_owned()))?;
    let short = written.pattern.take().map(|pattern| WrittenPattern {
        pattern,
        check: written.check.take(),
        alone: written.alone.take(),
        named: written.named.take(),
    });
    let patterns = short
        .into_iter()
        .chain(std::mem::take(&mut written.patterns))
        .map(|it| {
            let check = match &it.check {
                None => None,
                Some(name) => Some(checks::find(name).ok_or_else(|| {
                    let names = ROLL.iter().map(|it| it.name).collect::<Vec<_>>();
                    error(
                        "check",
                        format!(
                            "no check is named `{name}`; there are: {}",
                            names.join(", ")
                        ),
                    )
                })?),
            };
            Ok(Pattern {
                regex: it.pattern,
                check,
                alone: it.alone.unwrap_or(0),
                named: it.named.unwrap_or(NAMED_DEFAULT),
            })
        })
        .collect::<Result<Vec<_>, CatalogueError>>()?;
    let category = Category::parse(&written.category).ok_or_else(|| {
        error(
            "category",
            format!("no category is named `{}`", written.category),
        )
    })?;
    let country = country(written.country.as_deref()).map_err(|it| error("country", it))?;
    Ok(InfoType {
        key: InfoTypeId::of(&written.id),
        id: written.id,
        title: written.title,
        category,
        severity: written.severity,
        country,
        on: written.on,
        mask: written.mask,
        near: written.near,
        far: written.far,
        patterns,
        dictionary: None,
        tokens: None,
        by_name: 0,
        examples: written.examples,
        counter_examples: written.counter_examples,
        references: written.references,
        purview: written.purview,
    })
}

fn country(text: Option<&str>) -> Result<Option<[u8; 2]>, String> {
    match text.map(str::as_bytes) {
        None => Ok(None),
        Some(&[one, two]) => Ok(Some([one, two])),
        Some(_) => Err("two capital letters, such as `US`".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shipped_file_is_read() {
        for (file, text) in FILES {
            if let Err(error) = read(file, text) {
                panic!("{error}");
            }
        }
        assert!(SHIPPED.find("credit-card").is_some());
    }
}
