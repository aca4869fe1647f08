//! What the model looks at in a text: runs of two to four folded signs that hold punctuation, runs
//! of up to four words and marks with words folded to kinds, and the shape of the whole. One pass, no memory
//! but what stands here; the case of letters, the value of numbers and unknown words make no difference.

use super::words::{Kind, kind_of};

/// Of a text that much is looked at.
pub const SIGNS_MAX: usize = 4 << 10;
/// Logarithm of how many cells of weights there are.
pub const CELL_BITS: u32 = 16;
pub const CELLS: usize = 1 << CELL_BITS;

/// One thing that stands in a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Feature {
    pub of: Of,
    /// Signs or kinds, the last in the lowest byte; of a shape its number and how large.
    pub key: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Of {
    /// Runs of so many signs.
    Signs(u8),
    /// Runs of so many words and marks.
    Words(u8),
    /// One known word: the key is its hash.
    Word(Kind),
    Shape,
}

impl Feature {
    /// Where its weight stands.
    pub fn cell(self) -> usize {
        let salt = match self.of {
            Of::Signs(length) => u64::from(length),
            Of::Words(length) => 8 + u64::from(length),
            Of::Word(_) => 16,
            Of::Shape => 17,
        };
        let mixed = (u64::from(self.key) | salt << 32).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        (mixed >> (64 - CELL_BITS)) as usize
    }
}

/// Takes what a walk finds.
pub trait Take {
    /// Something that ends at the sign the walk stands on.
    fn local(&mut self, feature: Feature);
    /// The walk goes on to the next sign.
    fn step(&mut self);
    /// Something about the text as a whole; after the last step.
    fn whole(&mut self, feature: Feature);
}

/// Goes over a text once.
pub fn walk(text: &[u8], take: &mut impl Take) {
    let mut walk = Walk::default();
    for byte in text {
        let sign = FOLDED[usize::from(*byte)];
        if walk.squeezed(sign, *byte) {
            continue;
        }
        if walk.shape.signs as usize == SIGNS_MAX {
            break;
        }
        walk.sign(sign, *byte, take);
        take.step();
    }
    walk.end_word(take);
    take.step();
    walk.shape.tell(take);
}

pub const HIGH: u8 = 0x80;
/// What no text holds.
pub const CONTROL: u8 = 1;
static FOLDED: [u8; 256] = folded();

const fn folded() -> [u8; 256] {
    let mut table = [HIGH; 256];
    let mut at = 0;
    while at < 128 {
        let byte = at as u8;
        table[at] = if byte.is_ascii_digit() {
            b'0'
        } else if byte == b' ' || (byte >= 9 && byte <= 13) {
            b' '
        } else if byte < b' ' || byte == 127 {
            CONTROL
        } else {
            byte.to_ascii_lowercase()
        };
        at += 1;
    }
    table
}

fn is_word(sign: u8) -> bool {
    sign.is_ascii_lowercase() || sign == b'0' || sign == b'_' || sign == HIGH
}

#[derive(Default)]
struct Walk {
    /// The last four signs.
    signs: u32,
    /// The last four words and marks.
    words: u32,
    /// How many signs ago there was punctuation.
    mark_ago: u8,
    /// The word that is open: its hash, its length in bytes, what it is made of.
    hash: u32,
    length: u32,
    letters: bool,
    digits: bool,
    high: bool,
    shape: Shape,
}

impl Walk {
    /// Whether a sign only prolongs a run that is known already; it still belongs to its word.
    fn squeezed(&mut self, sign: u8, byte: u8) -> bool {
        let last = self.signs as u8;
        if sign != last {
            return false;
        }
        let same = matches!(sign, b'0' | b' ' | HIGH) || (self.signs >> 8) as u8 == sign;
        if same && is_word(sign) {
            self.grow(sign, byte);
        }
        same
    }

    fn grow(&mut self, sign: u8, byte: u8) {
        if self.length == 0 {
            (self.hash, self.letters, self.digits, self.high) = (0x811c_9dc5, false, false, false);
        }
        self.hash = (self.hash ^ u32::from(byte.to_ascii_lowercase())).wrapping_mul(0x0100_0193);
        self.length += 1;
        match sign {
            b'0' => self.digits = true,
            HIGH => self.high = true,
            _ => self.letters = true,
        }
    }

    fn sign(&mut self, sign: u8, byte: u8, take: &mut impl Take) {
        if is_word(sign) {
            self.grow(sign, byte);
        } else {
            self.end_word(take);
        }
        self.signs = self.signs << 8 | u32::from(sign);
        let mark = !is_word(sign) && sign != b' ';
        self.mark_ago = if mark {
            0
        } else {
            self.mark_ago.saturating_add(1)
        };
        self.shape.add(sign, mark);
        // The first signs of a text have less before them; their runs begin with noughts.
        for length in self.mark_ago.max(1).saturating_add(1)..=4 {
            let key = self.signs & (u32::MAX >> (32 - 8 * u32::from(length)));
            take.local(Feature {
                of: Of::Signs(length),
                key,
            });
        }
        if mark {
            self.token(sign, take);
        }
    }

    fn end_word(&mut self, take: &mut impl Take) {
        if self.length == 0 {
            return;
        }
        let kind = match (self.letters, self.digits, self.high) {
            (false, true, false) => Kind::Number,
            (_, _, true) => Kind::Foreign,
            (_, digits, _) => kind_of(self.hash, self.length, digits),
        };
        self.shape.longest = self.shape.longest.max(self.length);
        self.length = 0;
        if kind.is_known() {
            take.local(Feature {
                of: Of::Word(kind),
                key: self.hash,
            });
        }
        self.token(kind as u8, take);
    }

    fn token(&mut self, token: u8, take: &mut impl Take) {
        self.words = self.words << 8 | u32::from(token);
        for length in 2..=4_u8 {
            let key = self.words & (u32::MAX >> (32 - 8 * u32::from(length)));
            take.local(Feature {
                of: Of::Words(length),
                key,
            });
        }
    }
}

/// Counts over the whole text.
#[derive(Default)]
struct Shape {
    signs: u32,
    marks: u32,
    blanks: u32,
    longest: u32,
    /// One bit for each kind of mark.
    kinds: u128,
    single_quotes: u32,
    double_quotes: u32,
    opened: i32,
    angles: i32,
}

impl Shape {
    fn add(&mut self, sign: u8, mark: bool) {
        self.signs += 1;
        self.blanks += u32::from(sign == b' ');
        if !mark {
            return;
        }
        self.marks += 1;
        self.kinds |= 1 << (sign & 0x7f);
        match sign {
            b'\'' => self.single_quotes += 1,
            b'"' => self.double_quotes += 1,
            b'(' => self.opened += 1,
            b')' => self.opened -= 1,
            b'<' => self.angles += 1,
            b'>' => self.angles -= 1,
            _ => {}
        }
    }

    fn tell(&self, take: &mut impl Take) {
        let tenths = |part: u32| 10 * part / self.signs.max(1);
        let side = |balance: i32| (balance.signum() + 1) as u32;
        let shapes = [
            self.signs.max(1).ilog2(),
            self.kinds.count_ones().min(15),
            tenths(self.marks),
            tenths(self.blanks),
            self.longest.max(1).ilog2().min(9),
            self.single_quotes & 1,
            self.double_quotes & 1,
            side(self.opened),
            side(self.angles),
        ];
        for (number, size) in (0_u32..).zip(shapes) {
            take.whole(Feature {
                of: Of::Shape,
                key: number << 8 | size,
            });
        }
    }
}
