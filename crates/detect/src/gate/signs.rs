//! Which kinds of signs stand in a text: one pass over a table, one bit a kind. Nearly every value
//! of clean traffic holds none that an attack needs, and is done with after this.

/// A set of kinds of bytes; each mark of punctuation is a kind of its own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Signs(pub u64);

const LOWER: u64 = 1;
const UPPER: u64 = 1 << 1;
const DIGIT: u64 = 1 << 2;
const BLANK: u64 = 1 << 3;
/// Tab, line feed, vertical tab, form feed, carriage return.
const BREAK: u64 = 1 << 4;
const CONTROL: u64 = 1 << 5;
const HIGH: u64 = 1 << 6;
const MARKS: &[u8; 32] = b"!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~";
const FIRST_MARK: u32 = 7;

static KINDS: [u64; 256] = kinds();

const fn kinds() -> [u64; 256] {
    let mut table = [CONTROL; 256];
    let mut at = 0;
    while at < 256 {
        let byte = at as u8;
        if byte.is_ascii_lowercase() {
            table[at] = LOWER;
        } else if byte.is_ascii_uppercase() {
            table[at] = UPPER;
        } else if byte.is_ascii_digit() {
            table[at] = DIGIT;
        } else if byte == b' ' {
            table[at] = BLANK;
        } else if byte >= 9 && byte <= 13 {
            table[at] = BREAK;
        } else if byte >= 0x80 {
            table[at] = HIGH;
        }
        at += 1;
    }
    let mut mark = 0;
    while mark < MARKS.len() {
        table[MARKS[mark] as usize] = 1 << (FIRST_MARK + mark as u32);
        mark += 1;
    }
    table
}

const fn marks(marks: &[u8]) -> Signs {
    let mut bits = 0;
    let mut at = 0;
    while at < marks.len() {
        bits |= KINDS_CONST[marks[at] as usize];
        at += 1;
    }
    Signs(bits)
}

/// The same table where a constant is computed.
const KINDS_CONST: [u64; 256] = kinds();

impl Signs {
    pub const NONE: Signs = Signs(0);
    /// A number, a date, a version: of such a value nothing can be an attack.
    pub const NUMBERS: Signs = Signs(DIGIT | marks(b"-_.,").0);
    /// Words and numbers, and what stands between them in most values.
    pub const CALM: Signs = Signs(LOWER | UPPER | DIGIT | BLANK | marks(b"-_.,:@+~").0);
    pub const LETTERS: Signs = Signs(LOWER | UPPER | DIGIT);
    /// What an escape is made of, in any of the ways that are undone.
    pub const ESCAPES: Signs = Signs(marks(b"%&\\").0 | HIGH | CONTROL);
    pub const CONTROLS: Signs = Signs(CONTROL);
    pub const BREAKS: Signs = Signs(BREAK);
    pub const QUOTES: Signs = marks(b"'\"`");
    pub const STAR: Signs = marks(b"*");
    pub const HASH: Signs = marks(b"#");
    pub const LESS: Signs = marks(b"<");
    pub const PLUS: Signs = marks(b"+");
    pub const SHELL: Signs = marks(b"'\"\\$^{`");
    pub const DOTS_AND_SLASHES: Signs = marks(b"/\\");

    /// One of these is in every text.
    pub const ANY: Signs = Signs(u64::MAX);

    /// The marks of punctuation that stand there.
    pub const fn of_marks(these: &[u8]) -> Signs {
        marks(these)
    }

    pub fn of(text: &[u8]) -> Signs {
        let mut lanes = [0_u64; 4];
        let mut chunks = text.chunks_exact(4);
        for chunk in &mut chunks {
            for (lane, byte) in lanes.iter_mut().zip(chunk) {
                *lane |= KINDS[usize::from(*byte)];
            }
        }
        let rest = chunks.remainder().iter();
        let rest = rest.fold(0, |bits, byte| bits | KINDS[usize::from(*byte)]);
        Signs(lanes[0] | lanes[1] | lanes[2] | lanes[3] | rest)
    }

    pub fn of_byte(byte: u8) -> Signs {
        Signs(KINDS[usize::from(byte)])
    }

    /// The kinds of a sign and of the same letter in the other case.
    pub fn of_letter(byte: u8) -> Signs {
        Signs::of_byte(byte).with(Signs::of_byte(byte.to_ascii_uppercase()))
    }

    pub fn within(self, other: Signs) -> bool {
        self.0 & !other.0 == 0
    }

    pub fn meets(self, other: Signs) -> bool {
        self.0 & other.0 != 0
    }

    pub const fn with(self, other: Signs) -> Signs {
        Signs(self.0 | other.0)
    }

    /// Whether it is made of punctuation and breaks alone, so that it tells something.
    pub fn is_telling(self) -> bool {
        self.0 != 0 && self.0 & (LOWER | UPPER | DIGIT | BLANK | HIGH) == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_clean_and_one_odd_sign_makes_it_not() {
        assert!(Signs::of(b"2026-11-21.42,1_000").within(Signs::NUMBERS));
        for odd in ["1'", "1 2", "1/2", "1=1", "1;", "1\u{e9}", "1\0"] {
            assert!(!Signs::of(odd.as_bytes()).within(Signs::NUMBERS), "{odd}");
        }
    }

    #[test]
    fn each_mark_is_a_kind_of_its_own() {
        let mut seen = Signs::default();
        for mark in MARKS {
            let sign = Signs::of_byte(*mark);
            assert!(sign.is_telling() && !seen.meets(sign));
            seen = seen.with(sign);
        }
        assert!(!Signs::of(b"abc 1").is_telling());
    }
}
