//! Letters and marks that servers and databases take for one of ASCII.

/// What a character stands for: one of ASCII, nothing at all, or itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fold {
    To(u8),
    Gone,
    Stays,
}

pub fn fold(code: u32) -> Fold {
    match code {
        // The writing of half the world; nothing in it looks like ASCII.
        0x370..=0x167f | 0x3400..=0x5609 | 0x560e..=0xd7ff => Fold::Stays,
        1..=0x7f => Fold::To(code as u8),
        // Full-width forms stand in the order of ASCII.
        0xff01..=0xff5e => Fold::To((code - 0xff01 + 0x21) as u8),
        // Invisible: soft hyphen, joiners, marks of direction, byte order mark, combining marks.
        0 | 0xad | 0x200b..=0x200f | 0x2060..=0x2064 | 0xfeff | 0x300..=0x36f => Fold::Gone,
        0xa0 | 0x1680 | 0x2000..=0x200a | 0x2028 | 0x2029 | 0x202f | 0x205f | 0x3000 => {
            Fold::To(b' ')
        }
        // Circled letters.
        0x24b6..=0x24cf => Fold::To((code - 0x24b6) as u8 + b'a'),
        0x24d0..=0x24e9 => Fold::To((code - 0x24d0) as u8 + b'a'),
        // Mathematical letters, alphabet after alphabet.
        0x1d400..=0x1d6a3 => Fold::To(((code - 0x1d400) % 26) as u8 + b'a'),
        // What header fields of eight bits keep of them is a break: `\u560a` and `\u560d`.
        0x560a => Fold::To(b'\n'),
        0x560d => Fold::To(b'\r'),
        _ => TABLE
            .binary_search_by_key(&code, |it| it.0)
            .map_or(Fold::Stays, |at| Fold::To(TABLE[at].1)),
    }
}

/// Sorted by code.
static TABLE: &[(u32, u8)] = &[
    (0x131, b'i'),
    (0x17f, b's'),
    (0x2b9, b'\''),
    (0x2ba, b'"'),
    (0x2bc, b'\''),
    (0x2c8, b'\''),
    (0x2032, b'\''),
    (0x2033, b'"'),
    (0x2039, b'<'),
    (0x203a, b'>'),
    (0x2044, b'/'),
    (0x212a, b'k'),
    (0x2215, b'/'),
    (0x2216, b'\\'),
    (0x2236, b':'),
    (0x3008, b'<'),
    (0x3009, b'>'),
    (0xefc8, b'\\'),
    (0xf025, b'/'),
    (0xfe64, b'<'),
    (0xfe65, b'>'),
    (0xfe68, b'\\'),
];
