//! One pass over the leaves of an exchange: where sensitive information stands, and how sure that
//! is by this exchange alone.

mod settle;

use std::sync::Arc;

use gatewatch_decode::{Leaf, Leaves, Value};
use gatewatch_model::info_type::{Ground, Grounds};
use gatewatch_model::{InfoTypeId, Spot};
use xxhash_rust::xxh3::xxh3_64;

use crate::catalogue::Catalogue;
use crate::compiled::{Compiled, Ready};
use crate::confidence::Setting;
use crate::context::{Context, Contexts, Listener, Tone};
use crate::form::Caches;
use crate::gate::{DIGIT, Shape};
use crate::hint::Countries;
use crate::placeholder::{is_blob, is_placeholder};
use crate::sieve::PatternSet;
use crate::switches::Switches;
use settle::settle;

/// Hits with less are of no use to anyone.
const PERCENT_MIN: u8 = 10;
/// From here on a hit is one on its own.
pub(crate) const PERCENT_SURE: u8 = 50;
/// A longer text is no label and no name.
const LABEL_BYTES_MAX: usize = 48;

/// Finds sensitive information. A clone shares what was made of the catalogue; what it remembers
/// changes its speed and never its answers.
#[derive(Clone, Debug)]
pub struct Classifier {
    compiled: Arc<Compiled>,
    contexts: Contexts,
    work: Work,
}

/// One place where a value could be of a type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hit {
    /// Which leaf, in the order of `Leaves::iter`.
    pub leaf: u32,
    pub info_type: InfoTypeId,
    /// In percent, by this exchange alone.
    pub confidence: u8,
    pub grounds: Grounds,
    /// Bytes of the leaf's text.
    pub from: u32,
    pub to: u32,
}

/// Memory that is used again and again.
#[derive(Clone, Debug, Default)]
pub(crate) struct Work {
    pub caches: Caches,
    /// What stands beside a value says.
    beside: Listener,
    /// What the words before a value in running text say.
    pub words: Listener,
    /// Leaves that are worth a look.
    queue: Vec<(u32, Context)>,
    /// Leaves that tell what a sibling is: their group, and which leaf.
    labels: Vec<(u64, u32)>,
    countries: Countries,
    pub hits: Vec<Hit>,
    /// The patterns that a value could fit.
    admitted: PatternSet,
    /// Words of a line of running text, from and to.
    pub spans: Vec<(u32, u32)>,
}

/// Where hits of a leaf go.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Target<'t> {
    pub compiled: &'t Compiled,
    pub on: &'t Switches,
    pub leaf: u32,
}

impl Classifier {
    pub fn new(catalogue: Arc<Catalogue>) -> Classifier {
        let compiled = Compiled::new(catalogue);
        let work = Work {
            caches: compiled.caches(),
            ..Work::default()
        };
        Classifier {
            compiled: Arc::new(compiled),
            contexts: Contexts::default(),
            work,
        }
    }

    pub fn catalogue(&self) -> &Arc<Catalogue> {
        &self.compiled.catalogue
    }

    /// Bytes of what is made of the catalogue, which all clones share.
    pub fn heap_bytes(&self) -> usize {
        self.compiled.heap_bytes()
    }

    /// Looks at every leaf: hits in the order of leaves, the strongest of each first. Those below
    /// a half are for the statistics of members.
    pub fn find(&mut self, leaves: &Leaves, on: &Switches) -> &[Hit] {
        let Classifier {
            compiled,
            contexts,
            work,
        } = self;
        work.hits.clear();
        work.survey(leaves, contexts, compiled);
        let mut before = None;
        let queue = core::mem::take(&mut work.queue);
        for (at, context) in &queue {
            let (leaf_at, context) = (*at as usize, *context);
            let Some(leaf) = leaves.get(leaf_at) else {
                continue;
            };
            let (Value::Text(text) | Value::Number(text)) = leaf.value else {
                continue;
            };
            let target = Target {
                compiled,
                on,
                leaf: *at,
            };
            // After a word of a path, another is more likely a part of its template than a value.
            let in_path = leaf.spot() == Spot::RequestPath && !name_like(text);
            let path = before.filter(|_| in_path);
            let label = path.or_else(|| work.label(&leaf, leaf_at, context, leaves));
            let ground = if path.is_some() {
                Ground::Name
            } else {
                Ground::Sibling
            };
            work.look(target, text, (contexts, context), (label, ground));
            before = Some(text).filter(|it| leaf.spot() == Spot::RequestPath && name_like(it));
        }
        work.queue = queue;
        &self.work.hits
    }
}

impl Classifier {
    /// Whether a value has a form of that type, and whether one whose check it passes too.
    pub(crate) fn form_and_check(&mut self, info_type: u16, value: &[u8]) -> (bool, bool) {
        let mut found = (false, false);
        for ready in self.compiled.patterns_of(info_type) {
            if ready.form.fits(value, &mut self.work.caches) {
                found.0 = true;
                let listed = !ready.listed || self.compiled.info_type(info_type).lists(value);
                found.1 |= listed && ready.check.is_none_or(|it| (it.passes)(value));
            }
        }
        found
    }
}

impl Work {
    /// First over all leaves: what their names say, which of them are labels, which tell of a
    /// country.
    fn survey(&mut self, leaves: &Leaves, contexts: &mut Contexts, compiled: &Compiled) {
        self.queue.clear();
        self.labels.clear();
        self.countries.clear();
        contexts.begin();
        for (at, leaf) in leaves.iter().enumerate() {
            let (Value::Text(text) | Value::Number(text)) = leaf.value else {
                continue;
            };
            let context = contexts.of(&leaf, compiled);
            // A segment of a path tells of the next, however short it is.
            let long = text.len() > 1 || leaf.spot() == Spot::RequestPath;
            if long && !context.tone.has(Tone::SKIPPED) {
                self.queue.push((at as u32, context));
            }
            if matches!(leaf.value, Value::Number(_)) {
                continue;
            }
            if context.tone.has(Tone::COUNTRY) {
                match leaf.spot() {
                    Spot::RequestHeaders => self.countries.see_accepted(text),
                    _ => self.countries.see(text),
                }
            }
            if context.tone.has(Tone::LABEL) && is_label(text) {
                self.labels.push((group(&leaf), at as u32));
            }
        }
    }

    /// The text of the label that tells what a leaf is, if there is one in its group.
    fn label<'l>(
        &self,
        leaf: &Leaf<'_>,
        at: usize,
        context: Context,
        leaves: &'l Leaves,
    ) -> Option<&'l str> {
        let both = context.tone.has(Tone::VALUE) && context.tone.has(Tone::VAGUE);
        if self.labels.is_empty() || !both {
            return None;
        }
        let group = group(leaf);
        let next = self.labels.partition_point(|it| (it.1 as usize) < at);
        let near = next.saturating_sub(2)..(next + 2).min(self.labels.len());
        let (_, label) = self.labels[near]
            .iter()
            .find(|it| it.0 == group && it.1 as usize != at)?;
        match leaves.get(*label as usize)?.value {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Looks at one value.
    fn look(
        &mut self,
        target: Target<'_>,
        text: &str,
        (contexts, context): (&Contexts, Context),
        (label, ground): (Option<&str>, Ground),
    ) {
        let trimmed = match text.as_bytes() {
            [] | [_] => return,
            [b'!'..=b'~', .., b'!'..=b'~'] => text,
            _ => text.trim(),
        };
        if trimmed.len() < 2 {
            return;
        }
        let countries = self.countries;
        let mut setting = Setting {
            names: contexts.speakers(context),
            wanted: contexts.wanted(context, target.compiled),
            beside: &[],
            ground,
            tone: context.tone,
            countries: countries.as_slice(),
        };
        let Some(label) = label else {
            return self.look_in(target, (text, trimmed), &setting);
        };
        let mut beside = core::mem::take(&mut self.beside);
        let vocabulary = &target.compiled.vocabulary;
        if ground == Ground::Name {
            beside.hear_segment(label, vocabulary);
        } else {
            beside.hear(label, vocabulary);
        }
        setting.beside = &beside.heard;
        self.look_in(target, (text, trimmed), &setting);
        self.beside = beside;
    }

    fn look_in(
        &mut self,
        target: Target<'_>,
        (text, trimmed): (&str, &str),
        setting: &Setting<'_>,
    ) {
        let first = self.hits.len();
        let offset = trimmed.as_ptr() as usize - text.as_ptr() as usize;
        let shape = Shape::of(trimmed.as_bytes());
        let mut setting = *setting;
        if is_epoch(shape) {
            setting.tone = Tone::OTHER;
        }
        let setting = &setting;
        self.fit(target, trimmed, shape, offset as u32, setting);
        let sure = self.hits[first..]
            .iter()
            .any(|it| it.confidence >= PERCENT_SURE);
        if !sure && !is_blob(trimmed, shape) {
            self.read_text(target, text, shape, setting);
        }
        let twins = |one: &Hit, two: &Hit| target.compiled.are_twins(one.info_type, two.info_type);
        settle(&mut self.hits, first, twins);
    }

    /// Tries the patterns that the shape of a text leaves on all of it.
    pub fn fit(
        &mut self,
        target: Target<'_>,
        text: &str,
        shape: Shape,
        offset: u32,
        setting: &Setting<'_>,
    ) {
        // A number of another kind, and a word of a text, must say enough at once.
        let every = setting.ground != Ground::Words && !setting.tone.has(Tone::OTHER);
        let mut admitted = core::mem::take(&mut self.admitted);
        let compiled = target.compiled;
        if compiled.admit(shape, setting, every, &mut admitted) {
            self.try_patterns(target, (text, shape, offset), (&admitted, every), setting);
        }
        self.admitted = admitted;
    }

    fn try_patterns(
        &mut self,
        target: Target<'_>,
        (text, shape, offset): (&str, Shape, u32),
        (admitted, every): (&PatternSet, bool),
        setting: &Setting<'_>,
    ) {
        let mut placeholder = None;
        let mut judge = |ready: &Ready, work: &mut Work| {
            let bytes = text.as_bytes();
            if !target.on.contains(ready.info_type)
                || !ready.form.fits_shape(bytes, shape, &mut work.caches)
                || ready.check.is_some_and(|it| !(it.passes)(bytes))
                || *placeholder.get_or_insert_with(|| is_placeholder(text, shape))
            {
                return;
            }
            let info_type = target.compiled.info_type(ready.info_type);
            if ready.listed && !info_type.lists(bytes) {
                return;
            }
            let (confidence, grounds) = setting.judge(ready, info_type.country);
            if confidence >= PERCENT_MIN {
                work.hits.push(Hit {
                    leaf: target.leaf,
                    info_type: info_type.key,
                    confidence,
                    grounds,
                    from: offset,
                    to: offset + text.len() as u32,
                });
            }
        };
        target.compiled.each_open(shape, admitted, every, |ready| {
            if !setting.speaks_of(ready.info_type) {
                judge(ready, self);
            }
        });
        target
            .compiled
            .each_of(shape, admitted, setting, |ready| judge(ready, self));
    }
}

/// What labels and values must share to belong together: the object, and in a form the part of the
/// name before the last bracket.
fn group(leaf: &Leaf<'_>) -> u64 {
    let name = leaf.name();
    let stem = name.rfind(['[', '.']).map_or("", |at| &name[..at]);
    xxh3_64(stem.as_bytes()) ^ u64::from(leaf.holder())
}

/// Whether it could be a time: seconds, milliseconds or microseconds since 1970, up to 2033.
fn is_epoch(shape: Shape) -> bool {
    shape.is_only(DIGIT) && shape.begins_with(b'1') && matches!(shape.len, 10 | 13 | 16)
}

fn is_label(text: &str) -> bool {
    (2..=LABEL_BYTES_MAX).contains(&text.len()) && text.bytes().any(|it| it.is_ascii_alphabetic())
        || !text.is_ascii() && text.len() <= LABEL_BYTES_MAX
}

/// Whether a segment of a path is a name and no value.
fn name_like(text: &str) -> bool {
    (2..=LABEL_BYTES_MAX).contains(&text.len())
        && text
            .bytes()
            .all(|it| it.is_ascii_alphabetic() || matches!(it, b'-' | b'_' | b'.'))
}

#[cfg(test)]
mod tests;
