//! The shape of a value, learned in one pass over its bytes, and what a pattern demands of it.
//! Nearly all values of ordinary traffic are turned away here.

use regex_syntax::hir::{Class, Hir, HirKind};

/// What is longer than this counts as this long.
const LEN_MAX: usize = u32::MAX as usize;

/// Length, first byte and kinds of bytes of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Shape {
    pub len: u32,
    pub first: u8,
    pub kinds: u16,
}

pub(crate) const DIGIT: u16 = 1;
pub(crate) const UPPER_HEX: u16 = 1 << 1;
pub(crate) const UPPER: u16 = 1 << 2;
pub(crate) const LOWER_HEX: u16 = 1 << 3;
pub(crate) const LOWER: u16 = 1 << 4;
pub(crate) const SPACE: u16 = 1 << 5;
pub(crate) const DASH: u16 = 1 << 6;
pub(crate) const DOT: u16 = 1 << 7;
pub(crate) const SLASH: u16 = 1 << 8;
pub(crate) const PLUS: u16 = 1 << 9;
pub(crate) const COLON: u16 = 1 << 10;
pub(crate) const UNDERSCORE: u16 = 1 << 11;
pub(crate) const AT: u16 = 1 << 12;
pub(crate) const EQUALS: u16 = 1 << 13;
pub(crate) const SIGN: u16 = 1 << 14;
pub(crate) const FOREIGN: u16 = 1 << 15;

pub(crate) const LETTERS: u16 = UPPER_HEX | UPPER | LOWER_HEX | LOWER;

static KINDS: [u16; 256] = kinds();

const fn kinds() -> [u16; 256] {
    let mut table = [SIGN; 256];
    let mut at = 0;
    while at < 256 {
        table[at] = match at as u8 {
            b'0'..=b'9' => DIGIT,
            b'A'..=b'F' => UPPER_HEX,
            b'G'..=b'Z' => UPPER,
            b'a'..=b'f' => LOWER_HEX,
            b'g'..=b'z' => LOWER,
            b' ' | b'\t' | b'\n' | b'\r' => SPACE,
            b'-' => DASH,
            b'.' => DOT,
            b'/' => SLASH,
            b'+' => PLUS,
            b':' => COLON,
            b'_' => UNDERSCORE,
            b'@' => AT,
            b'=' => EQUALS,
            0x80.. => FOREIGN,
            _ => SIGN,
        };
        at += 1;
    }
    table
}

impl Shape {
    pub fn of(text: &[u8]) -> Shape {
        Shape {
            len: text.len().min(LEN_MAX) as u32,
            first: text.first().copied().unwrap_or(0),
            kinds: text
                .iter()
                .fold(0, |kinds, byte| kinds | KINDS[*byte as usize]),
        }
    }

    pub fn has(self, kinds: u16) -> bool {
        self.kinds & kinds != 0
    }

    pub fn is_only(self, kinds: u16) -> bool {
        self.kinds & !kinds == 0
    }
}

/// What the values that fit a pattern have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Bounds {
    pub len_min: u32,
    pub len_max: u32,
    /// Kinds of bytes of which there may be some.
    pub allowed: u16,
    /// Kinds of which there is at least one.
    pub required: u16,
    /// A set of bytes.
    pub first: [u64; 4],
}

impl Bounds {
    pub fn of(hir: &Hir) -> Bounds {
        let properties = hir.properties();
        let mut first = [0; 4];
        if firsts(hir, &mut first) {
            first = [u64::MAX; 4];
        }
        Bounds {
            len_min: properties.minimum_len().unwrap_or(0).min(LEN_MAX) as u32,
            len_max: properties.maximum_len().unwrap_or(LEN_MAX).min(LEN_MAX) as u32,
            allowed: allowed(hir),
            required: required(hir),
            first,
        }
    }

    pub fn begins_with(&self, byte: u8) -> bool {
        self.first[byte as usize / 64] & 1 << (byte % 64) != 0
    }

    pub fn admit_len(&self, shape: Shape) -> bool {
        (self.len_min..=self.len_max).contains(&shape.len)
    }

    /// Whether a value of that shape could fit.
    #[cfg(test)]
    pub fn admit(&self, shape: Shape) -> bool {
        shape.kinds & !self.allowed == 0
            && self.required & !shape.kinds == 0
            && (self.len_min..=self.len_max).contains(&shape.len)
            && self.begins_with(shape.first)
    }
}

/// The bytes of a class, each as a range.
fn ranges(class: &Class) -> Vec<(u8, u8)> {
    match class {
        Class::Bytes(class) => class.iter().map(|it| (it.start(), it.end())).collect(),
        Class::Unicode(class) => class
            .iter()
            .flat_map(|it| {
                let ascii = (it.start() <= '\x7f')
                    .then(|| (it.start() as u8, (it.end() as u32).min(0x7f) as u8));
                let foreign = (it.end() > '\x7f').then_some((0x80, 0xff));
                [ascii, foreign].into_iter().flatten()
            })
            .collect(),
    }
}

fn kinds_of(class: &Class) -> u16 {
    ranges(class)
        .into_iter()
        .flat_map(|(from, to)| from..=to)
        .fold(0, |kinds, byte| kinds | KINDS[byte as usize])
}

fn allowed(hir: &Hir) -> u16 {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => 0,
        HirKind::Literal(literal) => Shape::of(&literal.0).kinds,
        HirKind::Class(class) => kinds_of(class),
        HirKind::Repetition(it) => allowed(&it.sub),
        HirKind::Capture(it) => allowed(&it.sub),
        HirKind::Concat(parts) | HirKind::Alternation(parts) => {
            parts.iter().fold(0, |kinds, it| kinds | allowed(it))
        }
    }
}

fn required(hir: &Hir) -> u16 {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => 0,
        HirKind::Literal(literal) => Shape::of(&literal.0).kinds,
        HirKind::Class(class) => {
            let kinds = kinds_of(class);
            if kinds.is_power_of_two() { kinds } else { 0 }
        }
        HirKind::Repetition(it) if it.min == 0 => 0,
        HirKind::Repetition(it) => required(&it.sub),
        HirKind::Capture(it) => required(&it.sub),
        HirKind::Concat(parts) => parts.iter().fold(0, |kinds, it| kinds | required(it)),
        HirKind::Alternation(parts) => parts
            .iter()
            .map(required)
            .reduce(|one, two| one & two)
            .unwrap_or(0),
    }
}

/// Adds the bytes that a value can begin with; true if it can be empty.
fn firsts(hir: &Hir, first: &mut [u64; 4]) -> bool {
    let mut add = |from: u8, to: u8| {
        for byte in from..=to {
            first[byte as usize / 64] |= 1 << (byte % 64);
        }
    };
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => true,
        HirKind::Literal(literal) => {
            if let Some(byte) = literal.0.first() {
                add(*byte, *byte);
            }
            literal.0.is_empty()
        }
        HirKind::Class(class) => {
            ranges(class)
                .into_iter()
                .for_each(|(from, to)| add(from, to));
            false
        }
        HirKind::Repetition(it) => firsts(&it.sub, first) || it.min == 0,
        HirKind::Capture(it) => firsts(&it.sub, first),
        HirKind::Concat(parts) => parts.iter().all(|it| firsts(it, first)),
        HirKind::Alternation(parts) => {
            let mut empty = false;
            for part in parts {
                empty |= firsts(part, first);
            }
            empty
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use regex_automata::meta::Regex;

    use super::*;
    use crate::form::parse;

    fn bounds(regex: &str) -> Bounds {
        Bounds::of(&parse(regex).unwrap())
    }

    #[test]
    fn a_pattern_of_digits_admits_no_letters() {
        let bounds = bounds(r"\d{3}-?\d{4}");
        assert!(bounds.admit(Shape::of(b"123-4567")));
        assert!(bounds.admit(Shape::of(b"1234567")));
        assert!(!bounds.admit(Shape::of(b"123456")));
        assert!(!bounds.admit(Shape::of(b"123x4567")));
        assert!(!bounds.admit(Shape::of(b"-1234567")));
    }

    #[test]
    fn what_each_way_has_is_demanded() {
        let bounds = bounds(r"[a-f]+@(?:x|y)\.[gh]|@\.z{2}");
        assert_eq!(bounds.required, AT | DOT | LOWER);
        assert_eq!((bounds.len_min, bounds.len_max), (4, u32::MAX));
    }

    proptest! {
        #[test]
        fn no_value_that_fits_is_turned_away(
            at in 0_usize..6,
            text in "[A-Za-z0-9 .:@/+_=-]{0,24}",
        ) {
            let patterns = [
                r"\d{1,3}(?:\.\d{1,3}){3}", r"[A-Z]{2}\d{2}[A-Z0-9 ]{4,20}", r"(?i)[a-z]+(?:-[a-z]+)*",
                r"[a-z0-9.]+@[a-z]+\.[a-z]{2,}", r"(?:[0-9a-f]{2}[:-]){1,5}[0-9a-f]{2}", r"ab|\d+|",
            ];
            let whole = Regex::new(&format!(r"\A(?:{})\z", patterns[at])).unwrap();
            if whole.is_match(text.as_bytes()) {
                prop_assert!(bounds(patterns[at]).admit(Shape::of(text.as_bytes())));
            }
        }
    }
}
