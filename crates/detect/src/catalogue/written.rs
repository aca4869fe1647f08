//! A detection as it is written: each key, and what its value may be.

use std::ops::Range;

use gatewatch_model::signal::{Maturity, Severity};
use gatewatch_model::written::key_at;
use serde::Deserialize;
use toml::Spanned;

use super::CatalogueError;
use crate::detection::{Class, Detection, Part, Rule, View};

pub const CLASSES: &str = "classes.toml";
const CONFIDENCE_MAX: i64 = 100;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenClasses {
    #[serde(default)]
    class: Vec<Spanned<Class>>,
}

/// A file as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    id: Spanned<Box<str>>,
    class: Spanned<Box<str>>,
    title: Box<str>,
    severity: Spanned<Box<str>>,
    maturity: Option<Spanned<Box<str>>>,
    #[serde(default)]
    owasp: Vec<Box<str>>,
    #[serde(default)]
    mitre: Vec<Box<str>>,
    why: Box<str>,
    respond: Vec<Box<str>>,
    #[serde(default)]
    references: Vec<Box<str>>,
    code: Option<Spanned<bool>>,
    #[serde(default)]
    proved_by: Vec<Spanned<Box<str>>>,
    #[serde(default)]
    rules: Vec<WrittenRule>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenRule {
    id: Spanned<Box<str>>,
    pattern: Spanned<Box<str>>,
    #[serde(default)]
    view: View,
    #[serde(default)]
    on: Vec<Part>,
    gate: Option<Spanned<Vec<Box<str>>>>,
    confidence: Spanned<i64>,
    fires: Spanned<Vec<Spanned<Box<str>>>>,
    quiet: Spanned<Vec<Spanned<Box<str>>>>,
}

/// A detection, and the lines of its file, to say where something is wrong.
pub struct Read {
    pub detection: Detection,
    pub id: usize,
    /// 0 if there is no such key.
    pub code: usize,
    pub proved_by: Vec<usize>,
    pub rules: Vec<RuleLines>,
}

/// Lines of one rule.
pub struct RuleLines {
    pub id: usize,
    pub pattern: usize,
    pub gate: usize,
    pub fires: ExampleLines,
    pub quiet: ExampleLines,
}

/// Lines of a key with examples, and of each of them.
pub struct ExampleLines {
    pub key: usize,
    pub each: Vec<usize>,
}

/// The name of all that is known that looks most like this one.
pub fn nearest<'n>(name: &str, known: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    known
        .map(|it| (strsim::normalized_damerau_levenshtein(name, it), it))
        .filter(|it| it.0 >= 0.5)
        .max_by(|one, two| one.0.total_cmp(&two.0))
        .map(|it| it.1)
}

/// `did you mean …`, or all that there is.
pub fn instead<'n>(name: &str, known: impl Iterator<Item = &'n str> + Clone) -> String {
    match nearest(name, known.clone()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("there are: {}", known.collect::<Vec<_>>().join(", ")),
    }
}

/// Where an error is.
pub struct Place<'t> {
    pub file: &'t str,
    pub text: &'t str,
}

impl Place<'_> {
    pub fn line(&self, at: &Range<usize>) -> usize {
        let before = self.text.as_bytes().get(..at.start).unwrap_or_default();
        memchr::memchr_iter(b'\n', before).count() + 1
    }

    pub fn error(&self, line: usize, key: &str, reason: String) -> CatalogueError {
        CatalogueError {
            file: self.file.into(),
            line,
            key: key.into(),
            reason: reason.into(),
        }
    }

    /// What is no TOML, or has a key or a word that there is not, or a value of another kind.
    fn syntax(&self, error: &toml::de::Error) -> CatalogueError {
        let line = error.span().map_or(0, |it| self.line(&it));
        let of_value = || error.span().map_or("", |it| key_at(self.text, it.start));
        let message = error.message();
        let quoted: Vec<&str> = message.split('`').skip(1).step_by(2).collect();
        let (first, known) = match quoted.split_first() {
            Some((first, known)) => (*first, known.iter().copied()),
            None => ("", [].iter().copied()),
        };
        if message.starts_with("unknown field") {
            let reason = format!("there is no such key; {}", instead(first, known));
            self.error(line, first, reason)
        } else if message.starts_with("unknown variant") {
            let reason = format!("there is no `{first}`; {}", instead(first, known));
            self.error(line, of_value(), reason)
        } else if message.starts_with("missing field") {
            self.error(line, first, "this key is missing".to_owned())
        } else if message.starts_with("invalid type") {
            self.error(line, of_value(), message.to_owned())
        } else {
            self.error(line, "", message.to_owned())
        }
    }

    fn severity(&self, written: &Spanned<Box<str>>) -> Result<Severity, CatalogueError> {
        let name = written.get_ref();
        Severity::parse(name).ok_or_else(|| {
            let known = Severity::ALL.into_iter().map(Severity::name);
            let reason = format!("there is no severity `{name}`; {}", instead(name, known));
            self.error(self.line(&written.span()), "severity", reason)
        })
    }

    fn maturity(&self, written: Option<&Spanned<Box<str>>>) -> Result<Maturity, CatalogueError> {
        let Some(written) = written else {
            return Ok(Maturity::default());
        };
        let name = written.get_ref();
        Maturity::parse(name).ok_or_else(|| {
            let known = Maturity::ALL.into_iter().map(Maturity::name);
            let reason = format!("there is no maturity `{name}`; {}", instead(name, known));
            self.error(self.line(&written.span()), "maturity", reason)
        })
    }

    fn rule(&self, written: WrittenRule) -> Result<(Rule, RuleLines), CatalogueError> {
        let confidence = *written.confidence.get_ref();
        let Some(percent) = Some(confidence).filter(|it| (1..=CONFIDENCE_MAX).contains(it)) else {
            let line = self.line(&written.confidence.span());
            let reason = format!(
                "rule `{}`: a percentage from 1 to {CONFIDENCE_MAX}",
                written.id.get_ref()
            );
            return Err(self.error(line, "confidence", reason));
        };
        let lines = RuleLines {
            id: self.line(&written.id.span()),
            pattern: self.line(&written.pattern.span()),
            gate: written.gate.as_ref().map_or(0, |it| self.line(&it.span())),
            fires: self.examples(&written.fires),
            quiet: self.examples(&written.quiet),
        };
        let texts = |list: Spanned<Vec<Spanned<Box<str>>>>| {
            let list = list.into_inner().into_iter();
            list.map(Spanned::into_inner).collect::<Vec<_>>()
        };
        let rule = Rule {
            id: written.id.into_inner(),
            pattern: written.pattern.into_inner(),
            view: written.view,
            on: written.on,
            gate: written.gate.map(Spanned::into_inner).unwrap_or_default(),
            confidence: percent as u8,
            fires: texts(written.fires),
            quiet: texts(written.quiet),
        };
        Ok((rule, lines))
    }

    fn examples(&self, list: &Spanned<Vec<Spanned<Box<str>>>>) -> ExampleLines {
        let each = list.get_ref().iter();
        ExampleLines {
            key: self.line(&list.span()),
            each: each.map(|it| self.line(&it.span())).collect(),
        }
    }
}

/// Classes with their lines.
pub fn read_classes(file: &str, text: &str) -> Result<Vec<(Class, usize)>, CatalogueError> {
    let place = Place { file, text };
    let written = toml::from_str::<WrittenClasses>(text).map_err(|it| place.syntax(&it))?;
    let classes = written.class.into_iter().map(|it| {
        let line = place.line(&it.span());
        (it.into_inner(), line)
    });
    Ok(classes.collect())
}

/// One detection of a file. Its patterns and examples are not proved yet.
pub fn read(file: &str, text: &str, classes: &[Class]) -> Result<Read, CatalogueError> {
    let place = Place { file, text };
    let written = toml::from_str::<Written>(text).map_err(|it| place.syntax(&it))?;
    let severity = place.severity(&written.severity)?;
    let maturity = place.maturity(written.maturity.as_ref())?;
    let class = written.class.get_ref();
    if !classes.iter().any(|it| it.id == *class) {
        let known = classes.iter().map(|it| &*it.id);
        let reason = format!("`{class}` is not in {CLASSES}; {}", instead(class, known));
        return Err(place.error(place.line(&written.class.span()), "class", reason));
    }
    let id = place.line(&written.id.span());
    let code = written.code.as_ref().is_some_and(|it| *it.get_ref());
    if code != written.rules.is_empty() {
        let reason = "a detection has rules, or `code = true` and none".to_owned();
        return Err(place.error(id, "rules", reason));
    }
    let proved_by = written.proved_by.iter().map(|it| place.line(&it.span()));
    let proved_by = proved_by.collect();
    let code_line = written.code.as_ref().map_or(0, |it| place.line(&it.span()));
    let rules = written.rules.into_iter().map(|it| place.rule(it));
    let (rules, lines) = rules.collect::<Result<Vec<_>, _>>()?.into_iter().unzip();
    Ok(Read {
        detection: Detection {
            id: written.id.into_inner(),
            class: written.class.into_inner(),
            title: written.title,
            severity,
            maturity,
            owasp: written.owasp,
            mitre: written.mitre,
            why: written.why,
            respond: written.respond,
            references: written.references,
            code,
            proved_by: written
                .proved_by
                .into_iter()
                .map(Spanned::into_inner)
                .collect(),
            rules,
        },
        id,
        code: code_line,
        proved_by,
        rules: lines,
    })
}
