//! The catalogue of detections: files of TOML, read and proved sound.

use std::sync::LazyLock;

use gatewatch_model::signal::Severity;
use serde::Deserialize;

use crate::detection::{Class, Detection, Maturity, Part, Rule, View};

const CLASSES: &str = "classes.toml";

static FILES: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/detections.rs"));

/// All that is shipped. A test reads each file, so none is ever missing here.
pub static SHIPPED: LazyLock<Detections> = LazyLock::new(|| {
    let classes = FILES
        .iter()
        .find(|it| it.0 == CLASSES)
        .and_then(|it| read_classes(it.1).ok())
        .unwrap_or_default();
    let list = files()
        .filter_map(|(file, text)| read(file, text, &classes).ok())
        .collect();
    Detections { classes, list }
});

/// Classes and detections, sorted by file.
#[derive(Clone, Debug, Default)]
pub struct Detections {
    pub classes: Vec<Class>,
    pub list: Vec<Detection>,
}

#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
#[error("{file}: {key}: {reason}")]
pub struct CatalogueError {
    pub file: Box<str>,
    pub key: Box<str>,
    pub reason: Box<str>,
}

impl Detections {
    pub fn find(&self, id: &str) -> Option<&Detection> {
        self.list.iter().find(|it| *it.id == *id)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenClasses {
    class: Vec<Class>,
}

/// A file as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    id: Box<str>,
    class: Box<str>,
    title: Box<str>,
    severity: Box<str>,
    #[serde(default)]
    maturity: Maturity,
    #[serde(default)]
    owasp: Vec<Box<str>>,
    #[serde(default)]
    mitre: Vec<Box<str>>,
    why: Box<str>,
    respond: Vec<Box<str>>,
    #[serde(default)]
    references: Vec<Box<str>>,
    #[serde(default)]
    code: bool,
    #[serde(default)]
    proved_by: Vec<Box<str>>,
    #[serde(default)]
    rules: Vec<WrittenRule>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenRule {
    id: Box<str>,
    pattern: Box<str>,
    #[serde(default)]
    view: View,
    #[serde(default)]
    on: Vec<Part>,
    #[serde(default)]
    gate: Vec<Box<str>>,
    confidence: u8,
    fires: Vec<Box<str>>,
    quiet: Vec<Box<str>>,
}

fn files() -> impl Iterator<Item = (&'static str, &'static str)> {
    FILES.iter().copied().filter(|it| it.0 != CLASSES)
}

fn read_classes(text: &str) -> Result<Vec<Class>, CatalogueError> {
    let classes = toml::from_str::<WrittenClasses>(text)
        .map_err(|it| complaint(CLASSES, "toml", it.message()))?;
    Ok(classes.class)
}

fn read(file: &str, text: &str, classes: &[Class]) -> Result<Detection, CatalogueError> {
    let written =
        toml::from_str::<Written>(text).map_err(|it| complaint(file, "toml", it.message()))?;
    let severity = Severity::parse(&written.severity).ok_or_else(|| {
        let names = Severity::ALL.map(Severity::name).join(", ");
        complaint(
            file,
            "severity",
            &format!("`{}` is none of: {names}", written.severity),
        )
    })?;
    if !classes.iter().any(|it| it.id == written.class) {
        return Err(complaint(
            file,
            "class",
            &format!("`{}` is not in {CLASSES}", written.class),
        ));
    }
    if written.code != written.rules.is_empty() {
        return Err(complaint(
            file,
            "rules",
            "a detection has rules, or `code = true` and none",
        ));
    }
    if let Some(rule) = written.rules.iter().find(|it| it.confidence > 100) {
        return Err(complaint(
            file,
            "confidence",
            &format!("rule `{}`: at most 100", rule.id),
        ));
    }
    Ok(Detection {
        id: written.id,
        class: written.class,
        title: written.title,
        severity,
        maturity: written.maturity,
        owasp: written.owasp,
        mitre: written.mitre,
        why: written.why,
        respond: written.respond,
        references: written.references,
        code: written.code,
        proved_by: written.proved_by,
        rules: written.rules.into_iter().map(rule).collect(),
    })
}

fn rule(written: WrittenRule) -> Rule {
    let WrittenRule {
        id,
        pattern,
        view,
        on,
        gate,
        confidence,
        fires,
        quiet,
    } = written;
    Rule {
        id,
        pattern,
        view,
        on,
        gate,
        confidence,
        fires,
        quiet,
    }
}

fn complaint(file: &str, key: &str, reason: &str) -> CatalogueError {
    CatalogueError {
        file: file.into(),
        key: key.into(),
        reason: reason.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shipped_file_is_read() {
        let classes = FILES.iter().find(|it| it.0 == CLASSES).unwrap().1;
        let classes = read_classes(classes).unwrap();
        for (file, text) in files() {
            if let Err(error) = read(file, text, &classes) {
                panic!("{error}");
            }
        }
        assert!(SHIPPED.find("injection.sql").is_some());
    }

    #[test]
    fn a_class_that_is_not_listed_is_refused() {
        let text = FILES
            .iter()
            .find(|it| it.0 == "injection/sql.toml")
            .unwrap()
            .1;
        let error = read("own.toml", text, &[]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "own.toml: class: `sqli` is not in classes.toml"
        );
    }
}
