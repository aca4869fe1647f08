//! A catalogue made ready to be looked for: automata of its patterns, the gate before them, and
//! the vocabulary of its names. Made once, then shared and never changed.

use std::sync::Arc;

use gatewatch_model::InfoTypeId;

use crate::catalogue::Catalogue;
use crate::checks::Check;
use crate::confidence::Setting;
use crate::context::{Speaker, Stance};
use crate::form::{Caches, Form};
use crate::gate::Shape;
use crate::info_type::InfoType;
use crate::sieve::{Block, PatternSet, Sieve};
use crate::vocabulary::Vocabulary;

/// Patterns of all types together; what is beyond is not looked for.
const PATTERNS_MAX: usize = 4_096;
/// From here on a value can be a hit without a name: a country may lift it to a half.
pub(crate) const TELLING_FROM: u8 = 38;
/// A value that says less is no sign of anything.
const COUNTED_FROM: u8 = 10;
/// How an armoured key begins.
pub(crate) const PEM: &str = "-----BEGIN ";

#[derive(Debug)]
pub(crate) struct Compiled {
    pub catalogue: Arc<Catalogue>,
    pub vocabulary: Vocabulary,
    pub patterns: Vec<Ready>,
    /// Where the patterns of each type stand.
    of_type: Vec<(u32, u32)>,
    sieve: Sieve,
    all: PatternSet,
    /// For values that count for their member however little they say.
    every: PatternSet,
    /// For values that must say enough at once.
    telling: PatternSet,
    /// Of the telling those that could begin as armour does.
    armoured: Vec<u32>,
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
        let from = |alone: u8| PatternSet::of(patterns.len(), |at| patterns[at].alone >= alone);
        let armour = Shape::of(PEM.as_bytes());
        let is_armoured = |it: &Ready| {
            let bounds = &it.form.bounds;
            let begins = bounds.head[0].has(PEM.as_bytes()[0]);
            it.alone >= TELLING_FROM && begins && bounds.admit_beginning(armour.kinds)
        };
        Compiled {
            vocabulary: Vocabulary::of(&catalogue),
            sieve: Sieve::of(patterns.iter().map(|it| &it.form)),
            all: from(0),
            every: from(COUNTED_FROM),
            telling: from(TELLING_FROM),
            armoured: (0..patterns.len() as u32)
                .filter(|it| is_armoured(&patterns[*it as usize]))
                .collect(),
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

    /// The patterns that a value of that shape could fit, of those that anything around it lets in;
    /// false if there are none. All that need no name, or only those that can make a hit alone.
    pub fn admit(
        &self,
        shape: Shape,
        setting: &Setting<'_>,
        every: bool,
        admitted: &mut PatternSet,
    ) -> bool {
        let open = if setting.beside.is_empty() {
            self.open(every)
        } else {
            self.all.blocks()
        };
        self.sieve.admit(shape, [open, setting.wanted], admitted)
    }

    /// How many parts a set of patterns has.
    pub fn blocks(&self) -> usize {
        self.all.blocks().len()
    }

    fn open(&self, every: bool) -> &[Block] {
        let open = if every { &self.every } else { &self.telling };
        open.blocks()
    }

    /// Visits the patterns that a key in armour of that length could fit.
    pub fn each_armoured(&self, len: u32) -> impl Iterator<Item = &Ready> {
        let patterns = self.armoured.iter().map(|it| &self.patterns[*it as usize]);
        patterns.filter(move |it| {
            let bounds = &it.form.bounds;
            (bounds.len_min..=bounds.len_max).contains(&len)
        })
    }

    /// Visits those of the admitted patterns that need no name; all, or only those that can make a
    /// hit on their own.
    pub fn each_open(
        &self,
        shape: Shape,
        admitted: &PatternSet,
        every: bool,
        mut visit: impl FnMut(&Ready),
    ) {
        admitted.each_and(self.open(every), |at| self.visit(at, shape, &mut visit));
    }

    /// Visits those of the admitted patterns that names want, and those of types that what stands
    /// beside speaks of. Of the latter the patterns that are as sure alone as said.
    pub fn each_of(
        &self,
        shape: Shape,
        admitted: &PatternSet,
        setting: &Setting<'_>,
        mut visit: impl FnMut(&Ready),
    ) {
        admitted.each_and(setting.wanted, |at| self.visit(at, shape, &mut visit));
        setting.each_beside(|info_type, alone| {
            let (from, to) = self.of_type[info_type as usize];
            for at in from as usize..to as usize {
                if admitted.has(at) && alone.contains(&self.patterns[at].alone) {
                    self.visit(at, shape, &mut visit);
                }
            }
        });
    }

    /// The gate knows no lengths beyond some.
    fn visit(&self, at: usize, shape: Shape, visit: &mut impl FnMut(&Ready)) {
        let ready = &self.patterns[at];
        if ready.form.bounds.admit_len(shape) {
            visit(ready);
        }
    }

    /// Adds the patterns of a type that a name lets in which speaks for it, or against it.
    pub fn let_in(&self, speaker: Speaker, set: &mut [Block]) {
        let set = set.as_flattened_mut();
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
        let forms = self.patterns.iter().map(|it| it.form.heap_bytes());
        forms.sum::<usize>()
            + self.patterns.capacity() * size_of::<Ready>()
            + self.vocabulary.heap_bytes()
            + self.sieve.heap_bytes()
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
        fn the_gate_opens_for_what_fits_and_the_shape_says_no_more(
            text in "[0-9A-Za-z .@+-]{1,30}|[0-9]{1,30}",
        ) {
            let compiled = &*COMPILED;
            let mut caches = compiled.caches();
            let shape = Shape::of(text.as_bytes());
            let all = compiled.all.blocks();
            let mut admitted = PatternSet::default();
            compiled.sieve.admit(shape, [all, &[]], &mut admitted);
            for ready in compiled.patterns.iter().filter(|it| it.alone >= COUNTED_FROM) {
                let mut opened = false;
                let mut open = |it: &Ready| opened |= core::ptr::eq(it, ready);
                compiled.each_open(shape, &admitted, true, &mut open);
                let fits = ready.form.fits(text.as_bytes(), &mut caches);
                let by_shape = opened && ready.form.fits_shape(text.as_bytes(), shape, &mut caches);
                prop_assert_eq!(fits, by_shape);
            }
        }
    }
}
