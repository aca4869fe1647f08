//! The shape of a value, learned in one pass over its bytes, and what a pattern demands of it.
//! Nearly all values of ordinary traffic are turned away here.

use regex_syntax::hir::{Class, Hir, HirKind};

/// What is longer than this counts as this long.
const LEN_MAX: usize = u32::MAX as usize;

/// First bytes that are looked at.
pub(crate) const HEAD: usize = 3;
/// Stands where a value has no byte.
pub(crate) const NO_BYTE: usize = 256;
/// Parts of eight kinds each.
pub(crate) const PARTS: usize = 3;
/// Demands of one pattern that are kept.
const NEEDS_MAX: usize = 16;

/// Length, first bytes, last byte and kinds of bytes of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Shape {
    pub len: u32,
    pub head: [u16; HEAD],
    pub last: u16,
    pub kinds: u32,
}

pub(crate) const DIGIT: u32 = 1;
pub(crate) const UPPER_HEX: u32 = 1 << 1;
pub(crate) const UPPER: u32 = 1 << 2;
pub(crate) const LOWER_HEX: u32 = 1 << 3;
pub(crate) const LOWER: u32 = 1 << 4;
pub(crate) const SPACE: u32 = 1 << 5;
pub(crate) const DASH: u32 = 1 << 6;
pub(crate) const DOT: u32 = 1 << 7;
// Kinds that one pattern is likely to want one of stand in one part.
pub(crate) const SLASH: u32 = 1 << 8;
pub(crate) const PLUS: u32 = 1 << 9;
pub(crate) const COLON: u32 = 1 << 10;
pub(crate) const UNDERSCORE: u32 = 1 << 11;
pub(crate) const AT: u32 = 1 << 12;
pub(crate) const COMMA: u32 = 1 << 13;
pub(crate) const OTHER_SIGN: u32 = 1 << 14;
pub(crate) const FOREIGN: u32 = 1 << 15;
pub(crate) const EQUALS: u32 = 1 << 16;
pub(crate) const SEMICOLON: u32 = 1 << 17;
pub(crate) const AMPERSAND: u32 = 1 << 18;
pub(crate) const CARET: u32 = 1 << 19;
pub(crate) const PERCENT: u32 = 1 << 20;
pub(crate) const BRACKET: u32 = 1 << 21;
pub(crate) const QUOTE: u32 = 1 << 22;
pub(crate) const DOLLAR: u32 = 1 << 23;

pub(crate) const LETTERS: u32 = UPPER_HEX | UPPER | LOWER_HEX | LOWER;
/// Of no other use than to write text or code.
pub(crate) const SIGN: u32 =
    COMMA | OTHER_SIGN | SEMICOLON | AMPERSAND | CARET | PERCENT | BRACKET | QUOTE | DOLLAR;

static KINDS: [u32; 256] = kinds();

const fn kinds() -> [u32; 256] {
    let mut table = [OTHER_SIGN; 256];
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
            b',' => COMMA,
            b';' => SEMICOLON,
            b'&' => AMPERSAND,
            b'^' => CARET,
            b'%' => PERCENT,
            b'(' | b')' | b'[' | b']' | b'{' | b'}' | b'<' | b'>' => BRACKET,
            b'"' | b'\'' | b'`' => QUOTE,
            b'$' => DOLLAR,
            0x80.. => FOREIGN,
            _ => OTHER_SIGN,
        };
        at += 1;
    }
    table
}

impl Shape {
    pub fn of(text: &[u8]) -> Shape {
        let byte = |at: Option<&u8>| at.map_or(NO_BYTE as u16, |it| u16::from(*it));
        Shape {
            len: text.len().min(LEN_MAX) as u32,
            head: [byte(text.first()), byte(text.get(1)), byte(text.get(2))],
            last: byte(text.last()),
            kinds: text
                .iter()
                .fold(0, |kinds, byte| kinds | KINDS[*byte as usize]),
        }
    }

    pub fn has(self, kinds: u32) -> bool {
        self.kinds & kinds != 0
    }

    pub fn is_only(self, kinds: u32) -> bool {
        self.kinds & !kinds == 0
    }

    pub fn begins_with(self, byte: u8) -> bool {
        self.head[0] == u16::from(byte)
    }
}

/// A set of bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Bytes([u64; 4]);

impl Bytes {
    pub const ALL: Bytes = Bytes([u64::MAX; 4]);

    pub fn insert(&mut self, byte: u8) {
        self.0[byte as usize / 64] |= 1 << (byte % 64);
    }

    pub fn has(&self, byte: u8) -> bool {
        self.0[byte as usize / 64] & 1 << (byte % 64) != 0
    }
}

/// What the values that fit a pattern have in common.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Bounds {
    pub len_min: u32,
    pub len_max: u32,
    /// Kinds of bytes of which there may be some.
    pub allowed: u32,
    /// Kinds of each of which there is at least one byte.
    pub needs: Vec<u32>,
    /// The bytes at each of the first places, of values that are so long.
    pub head: [Bytes; HEAD],
    pub last: Bytes,
}

impl Bounds {
    pub fn of(hir: &Hir) -> Bounds {
        let properties = hir.properties();
        let mut first = Bytes::default();
        if firsts(hir, &mut first) {
            first = Bytes::ALL;
        }
        Bounds {
            len_min: properties.minimum_len().unwrap_or(0).min(LEN_MAX) as u32,
            len_max: properties.maximum_len().unwrap_or(LEN_MAX).min(LEN_MAX) as u32,
            allowed: allowed(hir),
            needs: needs(hir),
            head: [first, Bytes::ALL, Bytes::ALL],
            last: Bytes::ALL,
        }
    }

    pub fn admit_len(&self, shape: Shape) -> bool {
        (self.len_min..=self.len_max).contains(&shape.len)
    }

    /// Whether a value could fit that begins with those kinds; of letters others may follow.
    pub fn admit_beginning(&self, kinds: u32) -> bool {
        let mut single = self.needs.iter().filter(|it| it.is_power_of_two());
        kinds & !self.allowed == 0 && single.all(|it| it & kinds != 0)
    }

    /// The same, of the eight kinds of one part as far as they can tell.
    pub fn admit_part(&self, part: usize, kinds: u32) -> bool {
        let kinds = kinds << (8 * part);
        let whole = 0xff << (8 * part);
        let mut needs = self.needs.iter().filter(|it| **it & !whole == 0);
        kinds & !self.allowed == 0 && needs.all(|it| it & kinds != 0)
    }

    /// Whether a value of that shape could fit.
    #[cfg(test)]
    pub fn admit(&self, shape: Shape) -> bool {
        let at = |bytes: &Bytes, byte: u16| u8::try_from(byte).is_ok_and(|it| bytes.has(it));
        let mut head = self.head.iter().zip(shape.head);
        shape.kinds & !self.allowed == 0
            && self.needs.iter().all(|it| it & shape.kinds != 0)
            && self.admit_len(shape)
            && head.all(|(bytes, it)| it as usize == NO_BYTE || at(bytes, it))
            && (shape.last as usize == NO_BYTE || at(&self.last, shape.last))
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

fn kinds_of(class: &Class) -> u32 {
    ranges(class)
        .into_iter()
        .flat_map(|(from, to)| from..=to)
        .fold(0, |kinds, byte| kinds | KINDS[byte as usize])
}

fn allowed(hir: &Hir) -> u32 {
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

/// Sets of kinds of which a value must have at least one each.
fn needs(hir: &Hir) -> Vec<u32> {
    let needs = match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => Vec::new(),
        HirKind::Literal(literal) => literal.0.iter().map(|it| KINDS[*it as usize]).collect(),
        HirKind::Class(class) => vec![kinds_of(class)],
        HirKind::Repetition(it) if it.min == 0 => Vec::new(),
        HirKind::Repetition(it) => needs(&it.sub),
        HirKind::Capture(it) => needs(&it.sub),
        HirKind::Concat(parts) => parts.iter().flat_map(needs).collect(),
        // Whichever way a value goes, it has what that way needs.
        HirKind::Alternation(parts) => parts
            .iter()
            .map(needs)
            .reduce(|one, two| {
                let pair = |one: u32| two.iter().map(move |two| one | two);
                telling(one.iter().copied().flat_map(pair).collect())
            })
            .unwrap_or_default(),
    };
    telling(needs)
}

/// Of sets of kinds those that say most: the smallest, and none that follows from another.
fn telling(mut sets: Vec<u32>) -> Vec<u32> {
    sets.sort_unstable_by_key(|it| (it.count_ones(), *it));
    let mut kept: Vec<u32> = Vec::new();
    for set in sets {
        if kept.len() < NEEDS_MAX && !kept.iter().any(|it| it & !set == 0) {
            kept.push(set);
        }
    }
    kept
}

/// Adds the bytes that a value can begin with; true if it can be empty.
fn firsts(hir: &Hir, first: &mut Bytes) -> bool {
    let mut add = |from: u8, to: u8| {
        for byte in from..=to {
            first.insert(byte);
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
        assert_eq!(bounds.needs, [LOWER, DOT, AT]);
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
