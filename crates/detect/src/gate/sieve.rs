//! Finds which of many literals stand in a text. Of each literal one run of three signs is noted,
//! the one that is rarest in ordinary text, with the sign before it; the text is passed over once,
//! and only where both stand are literals compared. The case of letters makes no difference.

/// Kinds of signs a run is made of, and as bits.
const KIND_BITS: u32 = 5;
const KINDS: usize = 1 << KIND_BITS;
const RUN_SIGNS: usize = 3;
const RUNS: usize = 1 << (KIND_BITS * RUN_SIGNS as u32);
/// Runs with the sign before them are told apart by as many bits.
const DEEP_BITS: u32 = 16;
/// Stands before the beginning.
const BLANK: u8 = 27;

static KIND: [u8; 256] = kinds();

const fn kinds() -> [u8; 256] {
    let mut table = [31; 256];
    let mut at = 0;
    while at < 256 {
        let byte = (at as u8).to_ascii_lowercase();
        table[at] = match byte {
            b'a'..=b'z' => byte - b'a',
            b'0'..=b'9' => 26,
            0..=b' ' => BLANK,
            b'.' => 28,
            b'/' | b'\\' => 29,
            b'-' | b'_' | b':' => 30,
            _ => 31,
        };
        at += 1;
    }
    table
}

fn kind(byte: u8) -> u32 {
    u32::from(KIND[usize::from(byte)])
}

/// The number of a run, from the signs so far.
fn run_of(signs: u32) -> usize {
    signs as usize & (RUNS - 1)
}

/// The number of a run with the sign before it.
fn deep_of(signs: u32) -> usize {
    const WITH_BEFORE: u32 = (RUNS * KINDS - 1) as u32;
    let mixed = (signs & WITH_BEFORE).wrapping_mul(0x9e37_79b1);
    (mixed >> (u32::BITS - DEEP_BITS)) as usize
}

/// How often runs stand in ordinary text.
pub struct Usual {
    /// With the sign before them.
    deep: Vec<u32>,
    runs: Vec<u32>,
    pairs: Vec<u32>,
}

impl Usual {
    pub fn count<'t>(texts: impl Iterator<Item = &'t str>) -> Usual {
        let mut usual = Usual {
            deep: vec![0; RUNS * KINDS],
            runs: vec![0; RUNS],
            pairs: vec![0; KINDS * KINDS],
        };
        for text in texts {
            let mut signs = 0;
            for byte in text.bytes() {
                signs = signs << KIND_BITS | kind(byte);
                usual.deep[signs as usize % (RUNS * KINDS)] += 1;
                usual.runs[run_of(signs)] += 1;
                usual.pairs[run_of(signs) % (KINDS * KINDS)] += 1;
            }
        }
        usual
    }

    /// How usual a run is with what stands before it in a literal; where that was never met, how
    /// usual its parts are.
    fn of(&self, text: &[u8], end: usize) -> u64 {
        let signs = numbered(&text[..end]);
        let run = u64::from(self.runs[run_of(signs)]);
        let deep = match end {
            RUN_SIGNS => run,
            _ => u64::from(self.deep[signs as usize % (RUNS * KINDS)]),
        };
        let pair = u64::from(self.pairs[signs as usize % (KINDS * KINDS)]);
        deep << 40 | run << 20 | pair
    }
}

/// The last signs of a text by their kinds.
fn numbered(text: &[u8]) -> u32 {
    text.iter()
        .fold(0, |signs, it| signs << KIND_BITS | kind(*it))
}

/// A run that is noted.
#[derive(Clone, Copy)]
struct Note {
    run: u16,
    literal: u16,
    /// Where in the literal it ends.
    end: u16,
    /// The signs of the literal up to there, four at most; the last in the lowest byte.
    signs: u32,
    mask: u32,
}

/// A run that some literals have noted already is as dear as one that is met so often.
const TAKEN_SHIFT: u32 = 40;

/// Makes no difference between upper and lower case, and little between marks.
const FOLD: u32 = 0x2020_2020;

pub struct Sieve {
    /// One bit for each run that is noted, and how many there are before each word of them.
    noted: Box<[u64; RUNS / 64]>,
    /// The same for runs with the sign before them.
    deep: Box<[u64; (1 << DEEP_BITS) / 64]>,
    before: Box<[u16; RUNS / 64]>,
    /// Of each noted run its first note; the end of the last.
    starts: Vec<u32>,
    notes: Vec<Note>,
    literals: Vec<Box<[u8]>>,
}

impl Sieve {
    /// From literals of two signs or more, in lower case; a few of two at most.
    pub fn new(literals: &[&[u8]], usual: &Usual) -> Sieve {
        let mut notes = Vec::new();
        // How many literals have noted a run already: none should be compared with very many.
        let mut taken = vec![0_u32; RUNS];
        let mut deep = Box::new([0_u64; (1 << DEEP_BITS) / 64]);
        for (literal, text) in (0_u16..).zip(literals) {
            let end = match text.len() {
                ..RUN_SIGNS => text.len(),
                _ => rarest(text, usual, &taken),
            };
            let signs = numbered(&text[..end]);
            taken[run_of(signs)] += 1;
            for before in befores(end, RUN_SIGNS) {
                notes.push(Note::new(literal, &text[..end], run_of(before | signs)));
            }
            for before in befores(end, RUN_SIGNS + 1) {
                let bit = deep_of(before | signs);
                deep[bit / 64] |= 1 << (bit % 64);
            }
        }
        notes.sort_by_key(|it| (it.run, it.literal));
        let mut noted = Box::new([0_u64; RUNS / 64]);
        let mut starts = Vec::new();
        for (at, one) in (0_u32..).zip(&notes) {
            let bit = 1 << (one.run % 64);
            let word = &mut noted[usize::from(one.run / 64)];
            if *word & bit == 0 {
                *word |= bit;
                starts.push(at);
            }
        }
        starts.push(notes.len() as u32);
        let mut before = Box::new([0; RUNS / 64]);
        let mut sum = 0;
        for (count, word) in before.iter_mut().zip(noted.iter()) {
            *count = sum;
            sum += word.count_ones() as u16;
        }
        Sieve {
            noted,
            deep,
            before,
            starts,
            notes,
            literals: literals.iter().map(|it| (*it).into()).collect(),
        }
    }

    /// Tells each literal that stands in the text, some more than once; and how often literals had
    /// to be compared.
    pub fn each(&self, text: &[u8], mut found: impl FnMut(u16)) -> usize {
        let mut compared = 0;
        let mut signs = u32::from(BLANK) << KIND_BITS | u32::from(BLANK);
        for (at, byte) in text.iter().enumerate() {
            signs = signs << KIND_BITS | kind(*byte);
            let (run, deep) = (run_of(signs), deep_of(signs));
            if self.noted[run / 64] >> (run % 64) & 1 == 1
                && self.deep[deep / 64] >> (deep % 64) & 1 == 1
            {
                compared += self.compare(&text[..=at], text, run, &mut found);
            }
        }
        compared
    }

    /// Compares those literals of which the run that ends there is noted; tells how many.
    #[inline(never)]
    fn compare(
        &self,
        before: &[u8],
        text: &[u8],
        run: usize,
        found: &mut impl FnMut(u16),
    ) -> usize {
        let below = self.noted[run / 64] & ((1 << (run % 64)) - 1);
        let number = usize::from(self.before[run / 64]) + below.count_ones() as usize;
        let (from, to) = (
            self.starts[number] as usize,
            self.starts[number + 1] as usize,
        );
        let last = last_signs(before) | FOLD;
        for one in &self.notes[from..to] {
            if last & one.mask != one.signs {
                continue;
            }
            let literal = &self.literals[usize::from(one.literal)];
            let start = before.len().checked_sub(usize::from(one.end));
            let here = start.and_then(|it| text.get(it..it + literal.len()));
            if here.is_some_and(|it| it.eq_ignore_ascii_case(literal)) {
                found(one.literal);
            }
        }
        to - from
    }
}

/// The last four signs; noughts before the first.
fn last_signs(text: &[u8]) -> u32 {
    match text.last_chunk() {
        Some(four) => u32::from_be_bytes(*four),
        None => text.iter().fold(0, |all, it| all << 8 | u32::from(*it)),
    }
}

/// Where the rarest run of a literal ends.
fn rarest(text: &[u8], usual: &Usual, taken: &[u32]) -> usize {
    let last = text.len().min(usize::from(u16::MAX));
    let cost = |end: &usize| {
        let taken = taken[run_of(numbered(&text[..*end]))];
        usual.of(text, *end) + (u64::from(taken) << TAKEN_SHIFT)
    };
    (RUN_SIGNS..=last).min_by_key(cost).unwrap_or(last)
}

/// All that may stand before the signs that are known of a run of that length, as numbers.
fn befores(known: usize, length: usize) -> impl Iterator<Item = u32> {
    let open = length.saturating_sub(known) as u32;
    let shift = KIND_BITS * known.min(length) as u32;
    (0..1_u32 << (KIND_BITS * open)).map(move |it| it << shift)
}

impl Note {
    /// Of a run at the end of that beginning of a literal.
    fn new(literal: u16, text: &[u8], run: usize) -> Note {
        let mask = match text.len() {
            2 => 0xffff,
            3 => 0x00ff_ffff,
            _ => u32::MAX,
        };
        Note {
            run: run as u16,
            literal,
            end: text.len() as u16,
            signs: (last_signs(text) | FOLD) & mask,
            mask,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn found(literals: &[&str], text: &[u8]) -> Vec<u16> {
        let literals: Vec<&[u8]> = literals.iter().map(|it| it.as_bytes()).collect();
        let usual = Usual::count(["the other"].into_iter());
        let mut found = Vec::new();
        Sieve::new(&literals, &usual).each(text, |it| found.push(it));
        found.sort_unstable();
        found.dedup();
        found
    }

    #[test]
    fn literals_are_found_at_both_ends_and_in_any_case() {
        let literals = ["on ", "select", "*/", "the", "/etc/"];
        assert_eq!(found(&literals, b"SELECT x on "), [0, 1]);
        assert_eq!(found(&literals, b"*/"), [2]);
        assert_eq!(found(&literals, b"on"), [0_u16; 0]);
        assert_eq!(found(&literals, b"The /etc/"), [3, 4]);
        assert_eq!(found(&literals, b"selec"), [0_u16; 0]);
    }

    proptest! {
        #[test]
        fn what_stands_there_is_found_and_nothing_else(
            text in "[a-cA-C./ ]{0,24}",
            literals in prop::collection::vec("[a-c./ ]{2,6}", 1..12),
        ) {
            let literals: Vec<&str> = literals.iter().map(String::as_str).collect();
            let lower = text.to_ascii_lowercase();
            let expected: Vec<u16> = (0_u16..)
                .zip(&literals)
                .filter(|it| lower.contains(it.1))
                .map(|it| it.0)
                .collect();
            prop_assert_eq!(found(&literals, text.as_bytes()), expected);
        }
    }
}
