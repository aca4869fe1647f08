//! The segments of one path as the tree knows them: a name as it is, a value by its slot.

use gatewatch_decode::Path;

use super::masks::{Masks, Recent, is_token, push_token};
use crate::limits::{LITERAL_BYTES_MAX, OPERATION_BYTES_MAX, PATH_DEPTH_MAX};
use crate::{segment, template};

/// What a segment is by its text alone.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, minicbor::Encode, minicbor::Decode,
)]
#[cbor(index_only)]
pub(crate) enum Sort {
    /// A word: it names, or it is a value that looks like a name.
    #[n(0)]
    Name,
    /// A value of a kind that is sure: `{id}`.
    #[n(1)]
    Slot,
    /// A value with a word beside it: `{id}.json`.
    #[n(2)]
    Affixed,
    /// What a request asks for below its path: `#query.hero`.
    #[n(3)]
    Operation,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Label<'l> {
    pub text: &'l str,
    pub sort: Sort,
    /// The same without masks: not to be kept.
    pub shown: &'l str,
    /// The segment itself where it may stand in a template, else as shown.
    pub raw: &'l str,
}

/// Made once and read into again and again, it soon allocates nothing.
#[derive(Debug, Default)]
pub(crate) struct Labels {
    text: String,
    parts: Vec<Part>,
    asterisk: bool,
}

#[derive(Clone, Copy, Debug)]
struct Part {
    start: usize,
    end: usize,
    shown_end: usize,
    raw_end: usize,
    sort: Sort,
}

/// What stands for an operation whose name may be anything.
pub(crate) const OPERATION: &str = "#{operation}";

/// Slots as kinds and learning name them.
static SLOTS: [&str; 10] = [
    "{id}",
    "{name}",
    "{date}",
    "{number}",
    "{hash}",
    "{token}",
    "{email}",
    "{address}",
    "{text}",
    "{rest}",
];

impl Labels {
    pub fn read(
        &mut self,
        path: &Path,
        operation: Option<&str>,
        masks: &Masks,
        recent: &mut Recent,
    ) {
        let mut token = |word: &str| masks.token_of_late(word, recent);
        self.clear();
        self.asterisk = path.is_asterisk();
        let mut before = "api";
        for text in path.segments() {
            let start = self.text.len();
            if template::is_version(before, text) {
                self.text.push_str(text);
            } else {
                segment::write(text, &mut self.text);
            }
            before = text;
            self.add(start, Some(text), &mut token);
        }
        if let Some(operation) = operation {
            self.add_operation(operation, &mut token);
        }
    }

    /// Takes a template apart again: `/orders/{id}#query.hero`.
    pub fn read_template(&mut self, template: &str, masks: &Masks) {
        self.take_apart(template, &mut |word| masks.token(word));
    }

    /// The same, where words come again and again.
    pub fn read_template_of_late(&mut self, template: &str, masks: &Masks, recent: &mut Recent) {
        self.take_apart(template, &mut |word| masks.token_of_late(word, recent));
    }

    fn take_apart(&mut self, template: &str, token: &mut impl FnMut(&str) -> Option<u64>) {
        self.clear();
        self.asterisk = template == "*";
        if self.asterisk {
            return;
        }
        let (path, operation) = template
            .split_once('#')
            .map_or((template, None), |it| (it.0, Some(it.1)));
        for text in path.split('/').filter(|it| !it.is_empty()) {
            let start = self.text.len();
            // A name that only a definition or a person gave means nothing without them.
            let named = sort(text) == Sort::Slot && !SLOTS.contains(&text);
            self.text.push_str(if named { SLOTS[0] } else { text });
            self.add(start, None, token);
        }
        if let Some(operation) = operation {
            self.push_operation(operation, token);
        }
    }

    /// One label of a tree.
    pub fn read_one(&mut self, text: &str, sort: Sort, masks: &Masks) {
        self.clear();
        if sort == Sort::Operation {
            let operation = text.strip_prefix('#').unwrap_or(text);
            self.push_operation(operation, &mut |word| masks.token(word));
            return;
        }
        self.text.push_str(text);
        self.add(0, None, &mut |word| masks.token(word));
    }

    pub fn is_asterisk(&self) -> bool {
        self.asterisk
    }

    pub fn get(&self, at: usize) -> Option<Label<'_>> {
        self.parts.get(at).map(|it| self.label(*it))
    }

    pub fn iter(&self) -> impl ExactSizeIterator<Item = Label<'_>> {
        self.parts.iter().map(|it| self.label(*it))
    }

    fn label(&self, part: Part) -> Label<'_> {
        let text = &self.text[part.start..part.end];
        let shown = if part.shown_end > part.end {
            &self.text[part.end..part.shown_end]
        } else {
            text
        };
        let raw = if part.raw_end > part.shown_end {
            &self.text[part.shown_end..part.raw_end]
        } else {
            shown
        };
        Label {
            text,
            sort: part.sort,
            shown,
            raw,
        }
    }

    /// Those that the tree looks at.
    pub fn within_depth(&self) -> impl Iterator<Item = Label<'_>> {
        self.iter().take(PATH_DEPTH_MAX)
    }

    fn clear(&mut self) {
        self.text.clear();
        self.parts.clear();
    }

    /// Adds the label that was written from `start` on; a word that has a token is masked by it.
    fn add(
        &mut self,
        start: usize,
        raw: Option<&str>,
        token: &mut impl FnMut(&str) -> Option<u64>,
    ) {
        let sort = sort(&self.text[start..]);
        let word = match sort {
            Sort::Name => Some(0..self.text.len() - start),
            Sort::Affixed => word_beside(&self.text[start..]),
            Sort::Slot | Sort::Operation => None,
        };
        let shown = word.and_then(|word| {
            let label = self.text.get(start..).filter(|it| !is_token(it))?;
            let token = token(label.get(word.clone())?)?;
            let shown = label.to_owned();
            self.text.drain(start + word.start..start + word.end);
            push_token(token, &mut self.text);
            Some(shown)
        });
        let end = self.text.len();
        self.text.push_str(shown.as_deref().unwrap_or_default());
        let shown_end = self.text.len();
        if let Some(raw) = raw.filter(|it| sort == Sort::Slot && segment::is_literal(it)) {
            self.text.push_str(raw);
        }
        self.parts.push(Part {
            start,
            end,
            shown_end,
            raw_end: self.text.len(),
            sort,
        });
    }

    /// A name that shows what kind of value it is stands for all of them, as a segment's does.
    fn add_operation(&mut self, operation: &str, token: &mut impl FnMut(&str) -> Option<u64>) {
        let plain = |it: u8| it.is_ascii_alphanumeric() || b"._-/:$".contains(&it);
        if !operation.is_empty()
            && operation.len() <= OPERATION_BYTES_MAX
            && operation.bytes().all(plain)
            && segment::find(&operation[name_at(operation)..]).is_none()
        {
            self.push_operation(operation, token);
        } else {
            self.push_operation(&OPERATION[1..], token);
        }
    }

    /// Adds an operation; its name is masked if it has a token.
    fn push_operation(&mut self, operation: &str, token: &mut impl FnMut(&str) -> Option<u64>) {
        let start = self.text.len();
        self.text.push('#');
        let (kind, name) = operation.split_at(name_at(operation));
        let known = name.is_empty() || operation == &OPERATION[1..] || is_token(name);
        // A method of MCP is several words: `resources/templates/list`.
        let masked = !known && name.split('/').any(|it| token(it).is_some());
        let token = if masked { token(name) } else { None };
        self.text.push_str(kind);
        match token {
            Some(token) => push_token(token, &mut self.text),
            None => self.text.push_str(name),
        }
        let end = self.text.len();
        if token.is_some() {
            self.text.extend(["#", operation]);
        }
        let shown_end = self.text.len();
        self.parts.push(Part {
            start,
            end,
            shown_end,
            raw_end: shown_end,
            sort: Sort::Operation,
        });
    }
}

/// What protocols say before the name of what is called.
static KINDS: [&str; 6] = [
    "query.",
    "mutation.",
    "subscription.",
    "tools/call.",
    "prompts/get.",
    "resources/read.",
];

/// Where the name begins in `query.hero`; it is all of `eth_getBalance`.
fn name_at(operation: &str) -> usize {
    let kind = KINDS.iter().find(|it| operation.starts_with(**it));
    kind.map_or(0, |it| it.len())
}

/// The word beside a value: `json` of `{id}.json`, `Orders` of `Orders({id})`.
fn word_beside(label: &str) -> Option<core::ops::Range<usize>> {
    let at = label.rfind('}')? + 1;
    match &label[at..] {
        ")" => label.find('(').map(|it| 0..it),
        after => after.starts_with(['.', ':']).then_some(at + 1..label.len()),
    }
}

/// No name has a brace in it.
fn sort(label: &str) -> Sort {
    if !label.contains('{') {
        Sort::Name
    } else if label.starts_with('{')
        && label.ends_with('}')
        && label.len() <= LITERAL_BYTES_MAX
        && !label[1..].contains('{')
    {
        Sort::Slot
    } else {
        Sort::Affixed
    }
}
