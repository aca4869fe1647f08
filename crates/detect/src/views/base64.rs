//! Base64 that decodes to text. A word must look the part, and its beginning must decode to
//! printable signs, before the rest is decoded.

/// Shorter words decode to something by chance.
const WORD_BYTES_MIN: usize = 10;
const PROBE_BYTES: usize = 8;

/// The words of base64 in a text.
pub struct Packed<'t> {
    rest: &'t [u8],
}

impl<'t> Packed<'t> {
    pub fn new(text: &'t [u8]) -> Packed<'t> {
        Packed { rest: text }
    }

    /// Decodes the next word that holds text.
    pub fn next(&mut self, out: &mut Vec<u8>) -> bool {
        while let Some(word) = self.word() {
            if word.len() >= WORD_BYTES_MIN && decode(word, out) {
                return true;
            }
        }
        false
    }

    fn word(&mut self) -> Option<&'t [u8]> {
        let start = self.rest.iter().position(|it| value(*it).is_some())?;
        let tail = &self.rest[start..];
        let length = tail.iter().take_while(|it| value(**it).is_some()).count();
        let padding = tail[length..]
            .iter()
            .take(2)
            .take_while(|it| **it == b'=')
            .count();
        self.rest = &tail[length + padding..];
        Some(&tail[..length])
    }
}

/// What is no sign of base64.
const NONE: u8 = 64;

static VALUES: [u8; 256] = values();

const fn values() -> [u8; 256] {
    let mut table = [NONE; 256];
    let mut at = 0;
    while at < 256 {
        if let Some(value) = value_of(at as u8) {
            table[at] = value;
        }
        at += 1;
    }
    table
}

fn value(byte: u8) -> Option<u8> {
    Some(VALUES[usize::from(byte)]).filter(|it| *it != NONE)
}

const fn value_of(byte: u8) -> Option<u8> {
    match byte {
        b'A'..=b'Z' => Some(byte - b'A'),
        b'a'..=b'z' => Some(byte - b'a' + 26),
        b'0'..=b'9' => Some(byte - b'0' + 52),
        b'+' | b'-' => Some(62),
        b'/' | b'_' => Some(63),
        _ => None,
    }
}

fn decode(word: &[u8], out: &mut Vec<u8>) -> bool {
    if word.len() % 4 == 1 {
        return false;
    }
    out.clear();
    append(&word[..PROBE_BYTES], out);
    if !out.iter().all(|it| is_printable(*it)) {
        return false;
    }
    append(&word[PROBE_BYTES..], out);
    let printable = out.iter().filter(|it| is_printable(**it)).count();
    printable * 20 >= out.len() * 19
}

fn is_printable(byte: u8) -> bool {
    matches!(byte, b' '..=b'~' | b'\t' | b'\n' | b'\r')
}

fn append(word: &[u8], out: &mut Vec<u8>) {
    for four in word.chunks(4) {
        let bits = four.iter().fold(0_u32, |bits, it| {
            bits << 6 | u32::from(value(*it).unwrap_or(0))
        });
        let bits = bits << (6 * (4 - four.len()));
        let bytes = bits.to_be_bytes();
        out.extend_from_slice(&bytes[1..four.len()]);
    }
}
