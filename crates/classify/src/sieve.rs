//! Which of many patterns a value could fit, by its first three bytes and its last, its length and
//! the kinds of its bytes: a set of patterns for each, and what is in all of them is left.

use crate::form::Form;
use crate::gate::{HEAD, NO_BYTE, PARTS, Shape};

/// Lengths that have a set of their own; the longer ones share the last.
const LENGTHS: usize = 96;
const WORDS: usize = 4;
const BITS: usize = WORDS * 64;
/// Rows of a table of kinds, which looks at eight of them.
const KINDS: usize = 256;
const TABLES: usize = HEAD + 2 + PARTS;

/// A part of a set of patterns, a bit for each.
pub(crate) type Block = [u64; WORDS];

/// A set of patterns, by their place.
#[derive(Clone, Debug, Default)]
pub(crate) struct PatternSet(Vec<Block>);

#[derive(Debug)]
pub(crate) struct Sieve {
    blocks: usize,
    /// Of all tables, one after the other: a set for each row.
    rows: Vec<Block>,
    /// At which row each table begins.
    begins: [usize; TABLES],
}

impl PatternSet {
    pub fn of(patterns: usize, holds: impl Fn(usize) -> bool) -> PatternSet {
        let mut set = PatternSet(vec![[0; WORDS]; patterns.div_ceil(BITS)]);
        for at in (0..patterns).filter(|at| holds(*at)) {
            set.0[at / BITS][at % BITS / 64] |= 1 << (at % 64);
        }
        set
    }

    pub fn has(&self, at: usize) -> bool {
        self.0[at / BITS][at % BITS / 64] & 1 << (at % 64) != 0
    }

    pub fn blocks(&self) -> &[Block] {
        &self.0
    }

    /// Visits what is in both, in order.
    pub fn each_and(&self, others: &[Block], mut visit: impl FnMut(usize)) {
        let (words, others) = (self.0.as_flattened(), others.as_flattened());
        for (at, (word, other)) in words.iter().zip(others).enumerate() {
            let mut left = word & other;
            while left != 0 {
                visit(at * 64 + left.trailing_zeros() as usize);
                left &= left - 1;
            }
        }
    }
}

impl Sieve {
    pub fn of<'f>(forms: impl ExactSizeIterator<Item = &'f Form> + Clone) -> Sieve {
        let mut sieve = Sieve {
            blocks: forms.len().div_ceil(BITS),
            rows: Vec::new(),
            begins: [0; TABLES],
        };
        let mut tables = 0;
        let mut table = |rows: usize, admits: &dyn Fn(&Form, usize) -> bool| {
            sieve.begins[tables] = sieve.rows.len();
            tables += 1;
            let from = sieve.rows.len();
            sieve.rows.resize(from + rows * sieve.blocks, [0; WORDS]);
            for (at, form) in forms.clone().enumerate() {
                for row in (0..rows).filter(|row| admits(form, *row)) {
                    let block = &mut sieve.rows[from + row * sieve.blocks + at / BITS];
                    block[at % BITS / 64] |= 1 << (at % 64);
                }
            }
        };
        for place in 0..HEAD {
            table(NO_BYTE + 1, &|it, byte| {
                byte == NO_BYTE || it.bounds.head[place].has(byte as u8)
            });
        }
        table(NO_BYTE + 1, &|it, byte| {
            byte == NO_BYTE || it.bounds.last.has(byte as u8)
        });
        table(LENGTHS + 1, &|it, len| {
            let (min, max) = (it.bounds.len_min as usize, it.bounds.len_max as usize);
            (min..=max).contains(&len) || len == LENGTHS && max >= LENGTHS
        });
        for part in 0..PARTS {
            table(KINDS, &|it, kinds| it.bounds.admit_part(part, kinds as u32));
        }
        sieve
    }

    /// Of some sets the patterns that a value of that shape could fit. False if there are none.
    pub fn admit(&self, shape: Shape, of: [&[Block]; 2], admitted: &mut PatternSet) -> bool {
        let [one, two, three] = shape.head;
        let [low, middle, high, _] = shape.kinds.to_le_bytes();
        let rows = [
            usize::from(one),
            usize::from(two),
            usize::from(three),
            usize::from(shape.last),
            (shape.len as usize).min(LENGTHS),
            usize::from(low),
            usize::from(middle),
            usize::from(high),
        ];
        let sets: [&[Block]; TABLES] = core::array::from_fn(|table| {
            let from = self.begins[table] + rows[table] * self.blocks;
            &self.rows[from..from + self.blocks]
        });
        admitted.0.resize(self.blocks, Block::default());
        let mut any = Block::default();
        for (at, left) in admitted.0.iter_mut().enumerate() {
            let mut block = [0; WORDS];
            for set in of {
                if let Some(set) = set.get(at) {
                    block = core::array::from_fn(|word| block[word] | set[word]);
                }
            }
            for set in sets {
                block = core::array::from_fn(|word| block[word] & set[at][word]);
            }
            any = core::array::from_fn(|word| any[word] | block[word]);
            *left = block;
        }
        any != Block::default()
    }

    pub fn heap_bytes(&self) -> usize {
        self.rows.capacity() * size_of::<Block>()
    }
}
