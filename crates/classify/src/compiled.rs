//! A catalogue made ready to be looked for: automata of its patterns, the gate before them, and
//! the vocabulary of its names. Made once, then shared and never changed.

use std::sync::Arc;

use gatewatch_model::InfoTypeId;

use crate::catalogue::Catalogue;
use crate::checks::Check;
use crate::confidence::Setting;
use crate::context::{Speaker, Stance};
use crate::form::{Caches, Form};
use crate::gate::{Bounds, Shape};
use crate::info_type::InfoType;
use crate::vocabulary::Vocabulary;

/// Patterns of all types together; what is beyond is not looked for.
const PATTERNS_MAX: usize = 4_096;
/// From here on a value can be a hit without a name: a country may lift it to a half.
pub(crate) const TELLING_FROM: u8 = 38;
/// A value that says less is no sign of anything.
const COUNTED_FROM: u8 = 10;
/// Lengths that have a set of their own; the longer ones share the last.
const LENGTHS: usize = 96;

#[derive(Debug)]
pub(crate) struct Compiled {
    pub catalogue: Arc<Catalogue>,
    pub vocabulary: Vocabulary,
    pub patterns: Vec<Ready>,
    /// Where the patterns of each type stand.
    of_type: Vec<(u32, u32)>,
    /// For values that count for their member however little they say.
    every: Gate,
    /// For values that must say enough at once.
    telling: Gate,
    /// For values whose name speaks of a type: all patterns.
    named: Gate,
}

/// A pattern, ready.
#[derive(Debug)]
pub(crate) struct Ready {
    pub form: Form,
    pub info_type: u16,
    pub check: Option<&'static Check>,
    pub alone: u8,
    pub named: u8,
    /// The type must list the value besides.
    pub listed: bool,
}

/// Sets of the patterns that a value can fit by what it begins with, how long it is and which kinds
/// of bytes it has.
#[derive(Debug)]
struct Gate {
    /// Which patterns they are.
    patterns: Vec<u32>,
    /// Words of one set.
    width: usize,
    by_first: Vec<u64>,
    by_len: Vec<u64>,
    /// By the lower eight kinds, and by the upper eight.
    by_kinds: [Vec<u64>; 2],
}

/// The sets for one shape: a pattern that is in all of them admits it.
#[derive(Clone, Copy, Debug)]
struct Sets<'g>([&'g [u64]; 4]);

impl Compiled {
    pub fn new(catalogue: Arc<Catalogue>) -> Compiled {
        let mut patterns = Vec::new();
        let mut of_type = Vec::new();
        let mut lazy = 0;
        for (at, info_type) in catalogue.types().iter().enumerate() {
            let from = patterns.len() as u32;
            for pattern in &info_type.patterns {
                // The catalogue proved them sound; one that is not is never found.
                let Ok(form) = Form::new(&pattern.regex, &mut lazy) else {
                    continue;
                };
                if patterns.len() < PATTERNS_MAX {
                    patterns.push(Ready {
                        form,
                        info_type: at as u16,
                        check: pattern.check,
                        alone: pattern.alone,
                        named: pattern.named,
                        listed: pattern.listed,
                    });
                }
            }
            of_type.push((from, patterns.len() as u32));
        }
        Compiled {
            vocabulary: Vocabulary::of(&catalogue),
            every: Gate::of(&patterns, COUNTED_FROM),
            telling: Gate::of(&patterns, TELLING_FROM),
            named: Gate::of(&patterns, 0),
            catalogue,
            patterns,
            of_type,
        }
    }

    pub fn info_type(&self, at: u16) -> &InfoType {
        &self.catalogue.types()[at as usize]
    }

    /// Whether two types have one form and are one type of the reference product, such as the
    /// passports of two countries: then no one can say which of them a value is.
    pub fn are_twins(&self, one: InfoTypeId, two: InfoTypeId) -> bool {
        let (Some(one), Some(two)) = (self.catalogue.by_key(one), self.catalogue.by_key(two))
        else {
            return false;
        };
        let mut products = one.purview.iter();
        products
            .any(|it| it.guid.is_some() && two.purview.iter().any(|other| other.guid == it.guid))
    }

    pub fn patterns_of(&self, info_type: u16) -> &[Ready] {
        let (from, to) = self.of_type[info_type as usize];
        &self.patterns[from as usize..to as usize]
    }

    /// Visits the patterns that need no name and that a value of that shape could fit; all, or only
    /// those that can make a hit on their own.
    pub fn each_open(&self, shape: Shape, every: bool, mut visit: impl FnMut(&Ready)) {
        let gate = if every { &self.every } else { &self.telling };
        let sets = gate.sets(shape);
        for at in 0..gate.width {
            let mut left = sets.word(at);
            while left != 0 {
                let bit = at * 64 + left.trailing_zeros() as usize;
                let ready = &self.patterns[gate.patterns[bit] as usize];
                left &= left - 1;
                if ready.form.bounds.admit_len(shape) {
                    visit(ready);
                }
            }
        }
    }

    /// Visits the patterns of a set, and those of types besides, that a value of that shape could
    /// fit. Of the types, the patterns that are as sure alone as said.
    pub fn each_of(&self, shape: Shape, setting: &Setting<'_>, mut visit: impl FnMut(&Ready)) {
        if setting.wanted.is_empty() && setting.beside.is_empty() {
            return;
        }
        let sets = self.named.sets(shape);
        let mut visit = |at: usize| {
            let ready = &self.patterns[at];
            if ready.form.bounds.admit_len(shape) {
                visit(ready);
            }
        };
        for (at, wanted) in setting.wanted.iter().enumerate() {
            let mut left = *wanted;
            if left != 0 {
                left &= sets.word(at);
            }
            while left != 0 {
                visit(at * 64 + left.trailing_zeros() as usize);
                left &= left - 1;
            }
        }
        setting.each_beside(|info_type, alone| {
            let (from, to) = self.of_type[info_type as usize];
            for at in from as usize..to as usize {
                let fits = sets.word(at / 64) & 1 << (at % 64) != 0;
                if fits && alone.contains(&self.patterns[at].alone) {
                    visit(at);
                }
            }
        });
    }

    /// Adds the patterns of a type that a name lets in which speaks for it, or against it.
    pub fn let_in(&self, speaker: Speaker, set: &mut [u64]) {
        let (from, to) = self.of_type[speaker.info_type as usize];
        for at in from as usize..to as usize {
            if speaker.stance != Stance::Against || self.patterns[at].alone >= TELLING_FROM {
                set[at / 64] |= 1 << (at % 64);
            }
        }
    }

    pub fn caches(&self) -> Caches {
        Caches::of(self.patterns.iter().map(|it| &it.form))
    }

    pub fn heap_bytes(&self) -> usize {
        let gates = [&self.every, &self.telling, &self.named];
        let gate = gates.iter().map(|it| it.heap_bytes()).sum::<usize>();
        let forms = self.patterns.iter().map(|it| it.form.heap_bytes());
        forms.sum::<usize>()
            + self.patterns.capacity() * size_of::<Ready>()
            + self.vocabulary.heap_bytes()
            + gate
    }
}

impl Gate {
    fn of(patterns: &[Ready], alone_min: u8) -> Gate {
        let chosen = (0..patterns.len() as u32)
            .filter(|at| patterns[*at as usize].alone >= alone_min)
            .collect::<Vec<_>>();
        let bounds = |at: u32| &patterns[at as usize].form.bounds;
        let width = chosen.len().div_ceil(64);
        let sets = |count: usize, admits: &dyn Fn(&Bounds, usize) -> bool| {
            let mut sets = vec![0; count * width];
            for (at, bounds) in chosen.iter().map(|it| bounds(*it)).enumerate() {
                for row in (0..count).filter(|row| admits(bounds, *row)) {
                    sets[row * width + at / 64] |= 1 << (at % 64);
                }
            }
            sets
        };
        Gate {
            by_first: sets(256, &|it, byte| it.begins_with(byte as u8)),
            by_len: sets(LENGTHS + 1, &|it, len| {
                let fits = it.len_min as usize <= len && len <= it.len_max as usize;
                fits || len == LENGTHS && it.len_max as usize >= LENGTHS
            }),
            by_kinds: [0, 8].map(|shift| {
                sets(256, &|it, kinds| {
                    let kinds = (kinds as u16) << shift;
                    let required = it.required & (0xff << shift);
                    kinds & !it.allowed == 0 && required & !kinds == 0
                })
            }),
            patterns: chosen,
            width,
        }
    }

    fn sets(&self, shape: Shape) -> Sets<'_> {
        let [low, high] = &self.by_kinds;
        let len = (shape.len as usize).min(LENGTHS);
        let [lower, upper] = shape.kinds.to_le_bytes();
        Sets([
            set(&self.by_first, self.width, shape.first.into()),
            set(&self.by_len, self.width, len),
            set(low, self.width, lower.into()),
            set(high, self.width, upper.into()),
        ])
    }

    fn heap_bytes(&self) -> usize {
        let [low, high] = &self.by_kinds;
        let sets = self.by_first.len() + self.by_len.len() + low.len() + high.len();
        sets * size_of::<u64>()
    }
}

fn set(sets: &[u64], width: usize, at: usize) -> &[u64] {
    &sets[at * width..(at + 1) * width]
}

impl Sets<'_> {
    fn word(&self, at: usize) -> u64 {
        self.0.iter().fold(u64::MAX, |all, it| all & it[at])
    }
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use proptest::prelude::*;

    use super::*;
    use crate::catalogue::SHIPPED;

    static COMPILED: LazyLock<Compiled> =
        LazyLock::new(|| Compiled::new(Arc::new(SHIPPED.clone())));

    #[test]
    fn every_shipped_pattern_is_compiled() {
        for info_type in SHIPPED.types() {
            for pattern in &info_type.patterns {
                let form = Form::new(&pattern.regex, &mut 0);
                assert!(form.is_ok(), "{}: {form:?}", info_type.id);
            }
        }
    }

    proptest! {
        #[test]
        fn the_gate_opens_for_each_pattern_that_a_value_fits(text in "[0-9A-Za-z .@+-]{1,30}") {
            let compiled = &*COMPILED;
            let mut caches = compiled.caches();
            let shape = Shape::of(text.as_bytes());
            for ready in compiled.patterns.iter().filter(|it| it.alone >= COUNTED_FROM) {
                if ready.form.fits(text.as_bytes(), &mut caches) {
                    let mut opened = false;
                    compiled.each_open(shape, true, |it| opened |= core::ptr::eq(it, ready));
                    prop_assert!(opened);
                }
            }
        }
    }
}
