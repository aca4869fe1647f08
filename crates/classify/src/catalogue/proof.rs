//! Whether a type that could be read is sound: its id, its words, its patterns, its examples.

use regex_automata::nfa::thompson::{self, WhichCaptures};
use regex_syntax::hir::Hir;

use super::CatalogueError;
use crate::form::parse;
use crate::info_type::InfoType;

const ID_BYTES_MAX: usize = 60;
const TITLE_BYTES_MAX: usize = 120;
const PATTERNS_MAX: usize = 32;
const PATTERN_BYTES_MAX: usize = 4_096;
/// Of the automaton before it is made fast; a pattern of a few hundred signs has a tenth.
const PATTERN_HEAP_BYTES_MAX: usize = 1 << 20;
/// Names in `near` and in `far` each.
const NAMES_MAX: usize = 512;
const NAME_BYTES_MAX: usize = 80;
const EXAMPLES_MAX: usize = 200;
const EXAMPLE_BYTES_MAX: usize = 16 * 1024;

/// Key and reason, before file and line are known.
type Fault = (&'static str, String);

pub(super) fn prove(file: &str, text: &str, info_type: &InfoType) -> Result<(), CatalogueError> {
    let fault = id(info_type)
        .or_else(|| names(info_type))
        .or_else(|| patterns(info_type))
        .or_else(|| examples(info_type));
    let Some((key, reason)) = fault else {
        return Ok(());
    };
    // A key stands at the beginning of its line.
    let line = text.lines().position(|it| {
        it.trim_start()
            .strip_prefix(key)
            .is_some_and(|rest| rest.trim_start().starts_with('='))
    });
    Err(CatalogueError {
        file: file.into(),
        line: line.map_or(0, |it| it + 1),
        key: key.into(),
        reason: reason.into(),
    })
}

fn id(info_type: &InfoType) -> Option<Fault> {
    let id = &*info_type.id;
    let words = id.split('-').all(|word| {
        !word.is_empty()
            && word
                .bytes()
                .all(|it| it.is_ascii_lowercase() || it.is_ascii_digit())
    });
    if !words || id.len() > ID_BYTES_MAX {
        let reason = "small letters and digits with single dashes between, such as `loyalty-card`";
        return Some(("id", reason.into()));
    }
    let title = info_type.title.len();
    if !(1..=TITLE_BYTES_MAX).contains(&title) {
        return Some(("title", "a few words for people, at most 120 bytes".into()));
    }
    None
}

fn names(info_type: &InfoType) -> Option<Fault> {
    for (key, names) in [("near", &info_type.near), ("far", &info_type.far)] {
        if names.len() > NAMES_MAX {
            return Some((key, format!("{} words; 512 are the most", names.len())));
        }
        for name in names {
            let right = name
                .split(' ')
                .map(str::to_lowercase)
                .collect::<Vec<_>>()
                .join(" ");
            let gaps = name.split(' ').any(str::is_empty);
            if *right != **name || gaps || name.len() > NAME_BYTES_MAX {
                return Some((
                    key,
                    format!("`{name}`: words in small letters with single spaces between"),
                ));
            }
        }
    }
    if info_type.by_name > 0 && info_type.near.is_empty() {
        let reason = "what is to be found? write a `pattern`, `words`, a `words_file`, a \
            `tokens_file`, or in `near` the names of members";
        return Some(("near", reason.into()));
    }
    None
}

fn patterns(info_type: &InfoType) -> Option<Fault> {
    if info_type.patterns.len() > PATTERNS_MAX {
        return Some(("patterns", "32 are the most for one type".into()));
    }
    info_type
        .patterns
        .iter()
        .find_map(|it| sound(&it.regex).err())
        .map(|reason| ("pattern", reason))
}

fn sound(pattern: &str) -> Result<(), String> {
    if pattern.len() > PATTERN_BYTES_MAX {
        return Err(format!(
            "it has {} bytes; 4,096 are the most",
            pattern.len()
        ));
    }
    let hir = parse(pattern)?;
    let properties = hir.properties();
    match properties.minimum_len() {
        None => return Err("no value can ever match it".into()),
        Some(0) => return Err("it matches an empty value; say what there must be at least".into()),
        Some(_) => (),
    }
    if !properties.look_set().is_empty() {
        return Err("a pattern is of the whole value; leave out `^`, `$` and `\\b`".into());
    }
    compiles(&hir)
}

fn compiles(hir: &Hir) -> Result<(), String> {
    thompson::Compiler::new()
        .configure(
            thompson::Config::new()
                .utf8(false)
                .which_captures(WhichCaptures::None)
                .nfa_size_limit(Some(PATTERN_HEAP_BYTES_MAX)),
        )
        .build_from_hir(hir)
        .map(|_| ())
        .map_err(|_| "it is too large; repeat less, or write `+` for a long repetition".into())
}

fn examples(info_type: &InfoType) -> Option<Fault> {
    for (key, examples, what) in [
        ("examples", &info_type.examples, "that is found"),
        (
            "counter_examples",
            &info_type.counter_examples,
            "that is not, though it comes near",
        ),
    ] {
        if examples.len() > EXAMPLES_MAX {
            return Some((key, format!("{EXAMPLES_MAX} texts are the most")));
        }
        if examples.is_empty() {
            return Some((
                key,
                format!(
                    "at least one text {what}, such as `{{\"member\": \"value\"}}` or `member=value`"
                ),
            ));
        }
        if examples.iter().any(|it| it.len() > EXAMPLE_BYTES_MAX) {
            return Some((key, "an example has at most 16 KiB".into()));
        }
    }
    None
}
