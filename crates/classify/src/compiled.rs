//! A catalogue made ready to be looked for: automata of its patterns, the gate before them, and
//! the vocabulary of its names. Made once, then shared and never changed.

use std::sync::Arc;

use gatewatch_model::InfoTypeId;

use crate::catalogue::Catalogue;
use crate::checks::Check;
use crate::form::{Caches, Form};
use crate::gate::Shape;
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

/// Sets of the patterns that are looked for whatever the name is, by what a value begins with and
/// how long it is.
#[derive(Debug)]
struct Gate {
    /// Which patterns they are.
    open: Vec<u32>,
    /// Words of one set.
    width: usize,
    by_first: Vec<u64>,
    by_len: Vec<u64>,
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
        Compiled {
            vocabulary: Vocabulary::of(&catalogue),
            every: Gate::of(&patterns, COUNTED_FROM),
            telling: Gate::of(&patterns, TELLING_FROM),
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
        let Gate {
            open,
            width,
            by_first,
            by_len,
        } = if every { &self.every } else { &self.telling };
        let first = shape.first as usize * width;
        let len = (shape.len as usize).min(LENGTHS) * width;
        let words = by_first[first..first + width]
            .iter()
            .zip(&by_len[len..len + width]);
        for (at, (one, two)) in words.enumerate() {
            let mut left = one & two;
            while left != 0 {
                let bit = at * 64 + left.trailing_zeros() as usize;
                let ready = &self.patterns[open[bit] as usize];
                left &= left - 1;
                if ready.form.bounds.admit(shape) {
                    visit(ready);
                }
            }
        }
    }

    pub fn caches(&self) -> Caches {
        Caches::of(self.patterns.iter().map(|it| &it.form))
    }

    pub fn heap_bytes(&self) -> usize {
        let sets = |it: &Gate| (it.by_first.len() + it.by_len.len()) * size_of::<u64>();
        let gate = sets(&self.every) + sets(&self.telling);
        let forms = self.patterns.iter().map(|it| it.form.heap_bytes());
        forms.sum::<usize>()
            + self.patterns.capacity() * size_of::<Ready>()
            + self.vocabulary.heap_bytes()
            + gate
    }
}

impl Gate {
    fn of(patterns: &[Ready], alone_min: u8) -> Gate {
        let open = (0..patterns.len() as u32)
            .filter(|at| patterns[*at as usize].alone >= alone_min)
            .collect::<Vec<_>>();
        let width = open.len().div_ceil(64);
        let mut by_first = vec![0; 256 * width];
        let mut by_len = vec![0; (LENGTHS + 1) * width];
        for (at, ready) in open.iter().map(|it| &patterns[*it as usize]).enumerate() {
            let bounds = &ready.form.bounds;
            for byte in (0..=255_u8).filter(|it| bounds.begins_with(*it)) {
                by_first[byte as usize * width + at / 64] |= 1 << (at % 64);
            }
            for len in 0..=LENGTHS {
                let fits = bounds.len_min as usize <= len && len <= bounds.len_max as usize;
                if fits || len == LENGTHS && bounds.len_max as usize >= LENGTHS {
                    by_len[len * width + at / 64] |= 1 << (at % 64);
                }
            }
        }
        Gate {
            open,
            width,
            by_first,
            by_len,
        }
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
