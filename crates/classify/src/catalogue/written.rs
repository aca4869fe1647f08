//! A type as it is written: each key, and what its value may be.

use std::ops::Range;

use gatewatch_model::InfoTypeId;
use gatewatch_model::info_type::Category;
use gatewatch_model::signal::Severity;
use gatewatch_model::written::key_at;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use toml::Spanned;

use super::CatalogueError;
use crate::checks::{self, ROLL};
use crate::info_type::{Dictionary, InfoType, Mask, Pattern, Purview};
use crate::tokens::{ListKey, TokenList, is_of_installation};

const NAMED_DEFAULT: u8 = 95;
/// Of a dictionary or a list.
const WORDS_MAX: usize = 100_000;
const WORD_BYTES_MAX: usize = 120;
/// Of a value that may be on a list, with what separates its signs.
const LISTED_BYTES_MAX: usize = 127;

/// The keys of a file, to name the nearest of them.
const KEYS: &[&str] = &[
    "alone",
    "category",
    "check",
    "counter_examples",
    "country",
    "examples",
    "far",
    "guid",
    "id",
    "mask",
    "name",
    "named",
    "near",
    "on",
    "pattern",
    "patterns",
    "purview",
    "references",
    "severity",
    "title",
    "tokens_file",
    "words",
    "words_file",
];

/// A file as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    id: Spanned<Box<str>>,
    title: Box<str>,
    category: Option<Spanned<Box<str>>>,
    #[serde(default = "medium", deserialize_with = "severity")]
    severity: Severity,
    country: Option<Spanned<Box<str>>>,
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
    check: Option<Spanned<Box<str>>>,
    alone: Option<Spanned<i64>>,
    named: Option<Spanned<i64>>,
    #[serde(default)]
    patterns: Vec<WrittenPattern>,
    words: Option<Vec<Box<str>>>,
    words_file: Option<Spanned<Box<str>>>,
    tokens_file: Option<Spanned<Box<str>>>,
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
    check: Option<Spanned<Box<str>>>,
    alone: Option<Spanned<i64>>,
    named: Option<Spanned<i64>>,
}

fn yes() -> bool {
    true
}

fn medium() -> Severity {
    Severity::Medium
}

fn severity<'w, D: Deserializer<'w>>(written: D) -> Result<Severity, D::Error> {
    const NAMES: &[&str] = &["informational", "low", "medium", "high"];
    let name = <Box<str>>::deserialize(written)?;
    Severity::parse(&name).ok_or_else(|| D::Error::unknown_variant(&name, NAMES))
}

/// Files that a type may name: lists of words and of tokens, and what some of those are read with.
pub(super) struct Companions<'f> {
    pub files: &'f [(&'f str, &'f str)],
    pub key: ListKey<'f>,
}

impl Companions<'static> {
    pub const NONE: Companions<'static> = Companions {
        files: &[],
        key: ListKey::None,
    };
}

/// The name of all that is known that looks most like this one.
pub(super) fn nearest<'n>(name: &str, known: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    known
        .map(|it| (strsim::normalized_damerau_levenshtein(name, it), it))
        .filter(|it| it.0 >= 0.5)
        .max_by(|one, two| one.0.total_cmp(&two.0))
        .map(|it| it.1)
}

/// `did you mean …`, or all that there is.
fn instead<'n>(name: &str, known: impl Iterator<Item = &'n str> + Clone) -> String {
    match nearest(name, known.clone()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("there are: {}", known.collect::<Vec<_>>().join(", ")),
    }
}

/// Where an error is.
struct Place<'t> {
    file: &'t str,
    text: &'t str,
}

impl Place<'_> {
    fn error(&self, at: Option<Range<usize>>, key: &str, reason: String) -> CatalogueError {
        let before = at.map(|it| &self.text[..it.start.min(self.text.len())]);
        CatalogueError {
            file: self.file.into(),
            line: before.map_or(0, |it| it.matches('\n').count() + 1),
            key: key.into(),
            reason: reason.into(),
        }
    }

    /// What is no TOML, or has a key or a word that there is not, or a value of another kind.
    fn syntax(&self, error: &toml::de::Error) -> CatalogueError {
        let message = error.message();
        let at = error.span();
        let mut quoted = message.split('`').skip(1).step_by(2);
        let first = quoted.next().unwrap_or_default();
        let of_value = || at.as_ref().map_or("", |it| key_at(self.text, it.start));
        let (key, reason) = if message.starts_with("unknown field") {
            let near = instead(first, KEYS.iter().copied());
            (first, format!("there is no such key; {near}"))
        } else if message.starts_with("unknown variant") {
            let reason = format!("there is no `{first}`; {}", instead(first, quoted));
            (of_value(), reason)
        } else if message.starts_with("missing field") {
            (first, "this key is missing".to_owned())
        } else if message.starts_with("invalid type") {
            (of_value(), message.to_owned())
        } else {
            ("", message.to_owned())
        };
        self.error(at.clone(), key, reason)
    }

    fn percent(
        &self,
        key: &str,
        value: Option<&Spanned<i64>>,
    ) -> Result<Option<u8>, CatalogueError> {
        let Some(value) = value else {
            return Ok(None);
        };
        if let Ok(percent @ 0..=99) = u8::try_from(*value.get_ref()) {
            return Ok(Some(percent));
        }
        let reason = "a percentage from 0 to 99; nothing is ever certain".to_owned();
        Err(self.error(Some(value.span()), key, reason))
    }

    fn pattern(&self, written: WrittenPattern) -> Result<Pattern, CatalogueError> {
        let check = match &written.check {
            None => None,
            Some(name) => Some(checks::find(name.get_ref()).ok_or_else(|| {
                let near = instead(name.get_ref(), ROLL.iter().map(|it| it.name));
                let reason = format!("no check is named `{}`; {near}", name.get_ref());
                self.error(Some(name.span()), "check", reason)
            })?),
        };
        Ok(Pattern {
            regex: written.pattern,
            check,
            alone: self.percent("alone", written.alone.as_ref())?.unwrap_or(0),
            named: self
                .percent("named", written.named.as_ref())?
                .unwrap_or(NAMED_DEFAULT),
            listed: false,
        })
    }

    fn category(&self, written: Option<&Spanned<Box<str>>>) -> Result<Category, CatalogueError> {
        let Some(name) = written else {
            return Ok(Category::Custom);
        };
        Category::parse(name.get_ref()).ok_or_else(|| {
            let names = Category::ALL.into_iter().map(Category::name);
            let near = instead(name.get_ref(), names);
            let reason = format!("no category is named `{}`; {near}", name.get_ref());
            self.error(Some(name.span()), "category", reason)
        })
    }

    fn country(
        &self,
        written: Option<&Spanned<Box<str>>>,
    ) -> Result<Option<[u8; 2]>, CatalogueError> {
        let Some(code) = written else {
            return Ok(None);
        };
        if let &[one @ b'A'..=b'Z', two @ b'A'..=b'Z'] = code.get_ref().as_bytes() {
            return Ok(Some([one, two]));
        }
        let reason = "two capital letters, such as `US`".to_owned();
        Err(self.error(Some(code.span()), "country", reason))
    }
}

/// One type of a file. Its patterns and examples are not proved yet.
pub(super) fn read(
    file: &str,
    text: &str,
    companions: &Companions<'_>,
) -> Result<InfoType, CatalogueError> {
    let place = Place { file, text };
    let mut written = toml::from_str::<Written>(text).map_err(|it| place.syntax(&it))?;
    let named = place.percent("named", written.named.as_ref())?;
    let alone = place.percent("alone", written.alone.as_ref())?;
    let mut patterns = patterns(&place, &mut written)?;
    let category = place.category(written.category.as_ref())?;
    let country = place.country(written.country.as_ref())?;
    let percents = (alone.unwrap_or(0), named.unwrap_or(NAMED_DEFAULT));
    let dictionary = dictionary(&place, &mut written, companions, percents)?;
    let tokens = tokens(&place, written.tokens_file.as_ref(), companions, percents)?;
    let lists = (dictionary.as_ref(), tokens.as_ref());
    let by_name = lists.0.is_none() && lists.1.is_none() && patterns.is_empty();
    patterns.extend(implied(lists, by_name, percents));
    Ok(InfoType {
        key: InfoTypeId::of(written.id.get_ref()),
        id: written.id.into_inner(),
        title: written.title,
        category,
        severity: written.severity,
        country,
        on: written.on,
        mask: written.mask,
        near: written.near,
        far: written.far,
        patterns,
        dictionary,
        tokens,
        by_name: if by_name { percents.1 } else { 0 },
        examples: written.examples,
        counter_examples: written.counter_examples,
        references: written.references,
        purview: written.purview,
    })
}

/// Of the short way and the long way.
fn patterns(place: &Place<'_>, written: &mut Written) -> Result<Vec<Pattern>, CatalogueError> {
    let short = written.pattern.take().map(|pattern| WrittenPattern {
        pattern,
        check: written.check.take(),
        alone: written.alone.take(),
        named: written.named.take(),
    });
    short
        .into_iter()
        .chain(std::mem::take(&mut written.patterns))
        .map(|it| place.pattern(it))
        .collect()
}

/// What a list admits, or a type that is known by its names alone.
fn implied(
    lists: (Option<&Dictionary>, Option<&TokenList>),
    by_name: bool,
    (alone, named): (u8, u8),
) -> Option<Pattern> {
    let (length_max, listed) = match lists {
        (Some(dictionary), _) => {
            let lengths = dictionary.words.iter().map(|it| it.len());
            (lengths.max().unwrap_or(1), true)
        }
        (None, Some(_)) => (LISTED_BYTES_MAX, true),
        (None, None) => (0, false),
    };
    let regex = if listed {
        format!(r"(?s:.{{1,{length_max}}})")
    } else {
        r"(?s:.+)".to_owned()
    };
    (listed || by_name).then(|| Pattern {
        regex: regex.into(),
        check: None,
        alone: if listed { alone } else { 0 },
        named,
        listed,
    })
}

fn dictionary(
    place: &Place<'_>,
    written: &mut Written,
    companions: &Companions<'_>,
    (alone, named): (u8, u8),
) -> Result<Option<Dictionary>, CatalogueError> {
    let mut words = written.words.take().unwrap_or_default();
    if let Some(name) = &written.words_file {
        let list = companion(place, "words_file", name, name.get_ref(), companions)?;
        let lines = list.lines().map(str::trim);
        words.extend(
            lines
                .filter(|it| !it.is_empty() && !it.starts_with('#'))
                .map(Into::into),
        );
    } else if words.is_empty() {
        return Ok(None);
    }
    let wrong = |reason: String| place.error(None, "words", reason);
    if words.is_empty() || words.len() > WORDS_MAX {
        return Err(wrong(format!(
            "{} words; from 1 to 100,000 are a dictionary",
            words.len()
        )));
    }
    if let Some(long) = words
        .iter()
        .find(|it| !(1..=WORD_BYTES_MAX).contains(&it.len()))
    {
        let length = long.len();
        return Err(wrong(format!(
            "a word has {length} bytes; 120 are the most"
        )));
    }
    let mut words = words
        .iter()
        .map(|it| it.to_lowercase().into())
        .collect::<Vec<Box<str>>>();
    words.sort_unstable();
    words.dedup();
    Ok(Some(Dictionary {
        words: words.into(),
        alone,
        named,
    }))
}

fn tokens(
    place: &Place<'_>,
    name: Option<&Spanned<Box<str>>>,
    companions: &Companions<'_>,
    (alone, named): (u8, u8),
) -> Result<Option<TokenList>, CatalogueError> {
    let Some(name) = name else {
        return Ok(None);
    };
    let list = companion(place, "tokens_file", name, name.get_ref(), companions)?;
    let read = if is_of_installation(list) {
        TokenList::read_of_installation(list, companions.key)
    } else {
        let key = format!("{}.key", name.get_ref());
        TokenList::read(
            list,
            companion(place, "tokens_file", name, &key, companions)?,
        )
    };
    let mut tokens = read.map_err(|(line, reason)| CatalogueError {
        file: name.get_ref().clone(),
        line,
        key: "".into(),
        reason: reason.into(),
    })?;
    (tokens.alone, tokens.named) = (alone, named);
    Ok(Some(tokens))
}

fn companion<'f>(
    place: &Place<'_>,
    key: &str,
    written: &Spanned<Box<str>>,
    name: &str,
    companions: &Companions<'f>,
) -> Result<&'f str, CatalogueError> {
    let found = companions.files.iter().find(|it| it.0 == name);
    found.map(|it| it.1).ok_or_else(|| {
        let beside = nearest(name, companions.files.iter().map(|it| it.0));
        let hint = beside.map_or(String::new(), |it| format!("; did you mean `{it}`?"));
        let reason = format!("there is no file `{name}` beside this one{hint}");
        place.error(Some(written.span()), key, reason)
    })
}
