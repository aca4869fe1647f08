//! Which kinds of neighbours stand in a text: one pass over two tables. Without certain neighbours
//! no view of a text can differ from it, so none needs to be made.

/// A set of kinds of neighbours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pairs(u16);

/// First and second signs of each kind; letters stand for themselves in lower case.
const KINDS: [(&[u8], &[u8]); 13] = [
    (b"/", b"*"),
    (b"*", b"/"),
    (b" ", b" "),
    (b"'\"", b" |+.&"),
    (ALNUM, b"<"),
    (b"+", b"/"),
    (WORD, b"'\"\\^"),
    (b"$", b"{i@*("),
    (b"`", b"`"),
    (b"{", WORD_OR_COLON),
    (b"/\\", b"/\\"),
    (b"/\\", b"."),
    (b".", b";"),
];
const ALNUM: &[u8] = b"abcdefghijklmnopqrstuvwxyz0123456789";
const WORD: &[u8] = b"abcdefghijklmnopqrstuvwxyz0123456789/_.?*-";
const WORD_OR_COLON: &[u8] = b"abcdefghijklmnopqrstuvwxyz0123456789,/._-:";

static TABLES: ([u16; 256], [u16; 256]) = tables();

const fn tables() -> ([u16; 256], [u16; 256]) {
    let (mut first, mut second) = ([0; 256], [0; 256]);
    let mut kind = 0;
    while kind < KINDS.len() {
        let (ones, twos) = KINDS[kind];
        mark(ones, kind as u32, &mut first);
        mark(twos, kind as u32, &mut second);
        kind += 1;
    }
    (first, second)
}

const fn mark(signs: &[u8], kind: u32, table: &mut [u16; 256]) {
    let mut at = 0;
    while at < signs.len() {
        table[signs[at] as usize] |= 1 << kind;
        table[signs[at].to_ascii_uppercase() as usize] |= 1 << kind;
        at += 1;
    }
}

impl Pairs {
    /// `/*` and `*/`.
    pub const COMMENT: Pairs = Pairs(1 | 1 << 1);
    pub const BLANKS: Pairs = Pairs(1 << 2);
    /// A quote and what may lead from one text to the next.
    pub const JOIN: Pairs = Pairs(1 << 3);
    /// A tag after a letter.
    pub const TAG_IN_WORD: Pairs = Pairs(1 << 4);
    pub const SOURCE: Pairs = Pairs(1 << 5);
    pub const QUOTE_IN_WORD: Pairs = Pairs(1 << 6);
    /// An empty variable, or one that stands for a blank.
    pub const VARIABLE: Pairs = Pairs(1 << 7 | 1 << 8);
    pub const LIST: Pairs = Pairs(1 << 9);
    /// `//`, `/.` and `.;`.
    pub const STEPS: Pairs = Pairs(1 << 10 | 1 << 11 | 1 << 12);

    pub fn of(text: &[u8]) -> Pairs {
        let (first, second) = &TABLES;
        let seconds = text.get(1..).unwrap_or_default();
        let pairs = text.iter().zip(seconds);
        Pairs(pairs.fold(0, |all, (one, two)| {
            all | first[usize::from(*one)] & second[usize::from(*two)]
        }))
    }

    pub fn meets(self, other: Pairs) -> bool {
        self.0 & other.0 != 0
    }

    pub const fn with(self, other: Pairs) -> Pairs {
        Pairs(self.0 | other.0)
    }
}
