//! A user's own detections: read, and proved sound before anything is looked at with them. What
//! would be slow, large, silent or never right is refused with its file and line.

use std::sync::Arc;

use gatewatch_model::own::{OWN_BYTES_MAX, OWN_FILES_MAX};

use super::written::{self, CLASSES, Place, Read, instead};
use super::{CatalogueError, Detections};
use crate::compiled::{Compiled, ready};
use crate::detection::{Class, Rule};
use crate::gate::parse;
use crate::limits::{
    EXAMPLE_BYTES_MAX, EXAMPLES_MAX, ID_BYTES_MAX, LITERAL_BYTES_MAX, OWN_CLASSES_MAX,
    OWN_LITERALS_BYTES_MAX, OWN_RULE_BYTES_MAX, OWN_RULES_MAX, PATTERN_BYTES_MAX, TITLE_BYTES_MAX,
};

const GATE_BYTES_MIN: usize = 2;

/// Key, line and reason.
type Fault = (&'static str, usize, String);

impl Detections {
    /// These detections and a user's own, each a file name with its text. A file `classes.toml`
    /// adds classes; every other one is a detection. Each is proved by its examples.
    pub fn with_own(&self, files: &[(&str, &str)]) -> Result<Detections, CatalogueError> {
        let (with, own) = self.read_own(files)?;
        if own.is_empty() {
            return Ok(with);
        }
        // Its patterns were compiled one by one; what is left is their number.
        let mut prover = Arc::new(Compiled::new(with.clone())?).prover();
        for (file, text, read) in &own {
            if let Some(surprise) = prover.prove(&read.detection).into_iter().next() {
                let lines = read.rules.get(surprise.rule);
                let lines = lines.map(|it| if surprise.fires { &it.fires } else { &it.quiet });
                let line = lines.and_then(|it| it.each.get(surprise.example).copied());
                let key = if surprise.fires { "fires" } else { "quiet" };
                let place = Place { file, text };
                return Err(place.error(line.unwrap_or(0), key, surprise.why));
            }
        }
        Ok(with)
    }

    /// All but the examples: for who wants to say of each of them how it went.
    pub fn with_unproved(&self, files: &[(&str, &str)]) -> Result<Detections, CatalogueError> {
        self.read_own(files).map(|it| it.0)
    }

    fn read_own<'f>(
        &self,
        files: &[(&'f str, &'f str)],
    ) -> Result<(Detections, Vec<Own<'f>>), CatalogueError> {
        bounded(files)?;
        let mut with = self.clone();
        for (file, text) in files.iter().filter(|it| is_classes(it.0)) {
            add_classes(file, text, &mut with.classes)?;
        }
        let mut own = Vec::new();
        let (mut rules, mut literals) = (0, 0);
        for (file, text) in files.iter().filter(|it| !is_classes(it.0)) {
            let read = written::read(file, text, &with.classes)?;
            let place = Place { file, text };
            let fault = card(&read, &with).or_else(|| sound(&read, &mut literals));
            if let Some((key, line, reason)) = fault {
                return Err(place.error(line, key, reason));
            }
            rules += read.rules.len();
            if rules > OWN_RULES_MAX {
                let reason = format!("{OWN_RULES_MAX} rules are the most for all files together");
                return Err(place.error(0, "rules", reason));
            }
            with.list.push(read.detection.clone());
            own.push((*file, *text, read));
        }
        for (file, text, read) in &own {
            let unknown = read.detection.proved_by.iter().zip(&read.proved_by);
            let unknown = unknown.into_iter().find(|it| with.find(it.0).is_none());
            if let Some((name, line)) = unknown {
                let known = with.list.iter().map(|it| &*it.id);
                let reason = format!("no detection is named `{name}`; {}", instead(name, known));
                return Err(Place { file, text }.error(*line, "proved_by", reason));
            }
        }
        Ok((with, own))
    }
}

/// A file, its text and what was read of it.
type Own<'f> = (&'f str, &'f str, Read);

fn bounded(files: &[(&str, &str)]) -> Result<(), CatalogueError> {
    let whole = |file: &str, reason: String| CatalogueError {
        file: file.into(),
        line: 0,
        key: "".into(),
        reason: reason.into(),
    };
    if files.len() > OWN_FILES_MAX {
        let reason = format!("{OWN_FILES_MAX} files of detections are the most");
        return Err(whole(files[OWN_FILES_MAX].0, reason));
    }
    let mut bytes = 0;
    for (file, text) in files {
        bytes += text.len();
        if bytes > OWN_BYTES_MAX {
            let reason = format!("the detections have more than {OWN_BYTES_MAX} bytes together");
            return Err(whole(file, reason));
        }
    }
    Ok(())
}

fn is_classes(file: &str) -> bool {
    file == CLASSES || file.ends_with("/classes.toml")
}

fn add_classes(file: &str, text: &str, classes: &mut Vec<Class>) -> Result<(), CatalogueError> {
    let place = Place { file, text };
    let most = classes.len() + OWN_CLASSES_MAX;
    for (class, line) in written::read_classes(file, text)? {
        let reason = if !is_name(&class.id) {
            "small letters and digits with single dashes between, such as `card-testing`".to_owned()
        } else if classes.iter().any(|it| it.id == class.id) {
            format!(
                "a class is named `{}` already; use it, or choose another id",
                class.id
            )
        } else if classes.len() >= most {
            format!("{OWN_CLASSES_MAX} classes of your own are the most")
        } else {
            classes.push(class);
            continue;
        };
        return Err(place.error(line, "id", reason));
    }
    Ok(())
}

fn is_name(id: &str) -> bool {
    let is_sign = |it: u8| it.is_ascii_lowercase() || it.is_ascii_digit();
    let mut words = id.split('-');
    id.len() <= ID_BYTES_MAX && words.all(|it| !it.is_empty() && it.bytes().all(is_sign))
}

/// What stands above the rules.
fn card(read: &Read, known: &Detections) -> Option<Fault> {
    let id = &*read.detection.id;
    if !id.split('.').all(is_name) || id.len() > ID_BYTES_MAX {
        let reason = "small letters and digits with single dashes or dots between, such as \
            `own.card-testing`";
        return Some(("id", read.id, reason.to_owned()));
    }
    if known.find(id).is_some() {
        let reason = format!("another detection is named `{id}` already; choose an id of your own");
        return Some(("id", read.id, reason));
    }
    if !(1..=TITLE_BYTES_MAX).contains(&read.detection.title.len()) {
        let reason = format!("a few words for people, at most {TITLE_BYTES_MAX} bytes");
        return Some(("title", 0, reason));
    }
    if read.detection.code {
        let reason = "only what is shipped can be code; write rules instead";
        return Some(("code", read.code, reason.to_owned()));
    }
    None
}

/// Whether all rules can be looked with at no more than the usual cost.
fn sound(read: &Read, literals_bytes: &mut usize) -> Option<Fault> {
    for (at, (rule, lines)) in read.detection.rules.iter().zip(&read.rules).enumerate() {
        let named =
            |(key, line, reason): Fault| (key, line, format!("rule `{}`: {reason}", rule.id));
        let before = &read.detection.rules[..at];
        if !is_name(&rule.id) || before.iter().any(|it| it.id == rule.id) {
            let reason =
                "small letters, digits and single dashes; no two rules of a file share one";
            return Some(named(("id", lines.id, reason.to_owned())));
        }
        let examples = [
            ("fires", &rule.fires, lines.fires.key),
            ("quiet", &rule.quiet, lines.quiet.key),
        ];
        for (key, texts, line) in examples {
            if !(1..=EXAMPLES_MAX).contains(&texts.len()) {
                let reason = format!("from 1 to {EXAMPLES_MAX} values prove a rule");
                return Some(named((key, line, reason)));
            }
            if texts.iter().any(|it| it.len() > EXAMPLE_BYTES_MAX) {
                let reason = format!("an example has at most {EXAMPLE_BYTES_MAX} bytes");
                return Some(named((key, line, reason)));
            }
        }
        let gate = |reason| ("gate", lines.gate, reason);
        let fault = gate_fault(rule).map(gate).or_else(|| {
            let reason = pattern_fault(rule, literals_bytes)?;
            Some(("pattern", lines.pattern, reason))
        });
        if let Some(fault) = fault {
            return Some(named(fault));
        }
    }
    None
}

fn gate_fault(rule: &Rule) -> Option<String> {
    let wrong = rule.gate.iter().find(|it| {
        !(GATE_BYTES_MIN..=LITERAL_BYTES_MAX).contains(&it.len())
            || it.bytes().any(|it| it.is_ascii_uppercase())
    })?;
    Some(format!(
        "`{wrong}`: {GATE_BYTES_MIN} to {LITERAL_BYTES_MAX} bytes in small letters"
    ))
}

fn pattern_fault(rule: &Rule, literals_bytes: &mut usize) -> Option<String> {
    if rule.pattern.len() > PATTERN_BYTES_MAX {
        let length = rule.pattern.len();
        return Some(format!(
            "it has {length} bytes; {PATTERN_BYTES_MAX} are the most"
        ));
    }
    let hir = match parse(&rule.pattern) {
        Ok(hir) => hir,
        Err(error) => return Some(told(&error)),
    };
    match hir.properties().minimum_len() {
        None => return Some("no value can ever match it".to_owned()),
        Some(0) => {
            let reason = "it matches an empty value; say what there must be at least";
            return Some(reason.to_owned());
        }
        Some(_) => (),
    }
    let ready = match ready(rule, OWN_RULE_BYTES_MAX) {
        Ok(ready) => ready,
        Err(reason) => return Some(reason),
    };
    *literals_bytes += ready.needs.literals.iter().map(Vec::len).sum::<usize>();
    if *literals_bytes > OWN_LITERALS_BYTES_MAX {
        let reason = "what it may begin with is too much together with the rules before it; say \
            fewer words, or `gate = […]`";
        return Some(reason.to_owned());
    }
    None
}

/// The last line of an error in a pattern, which says what it is; the others draw it.
fn told(error: &regex_syntax::Error) -> String {
    let text = error.to_string();
    let last = text.lines().last().unwrap_or_default();
    last.trim_start_matches("error: ").to_owned()
}
