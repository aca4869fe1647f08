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
            if may_be_text(word) && decode(word, out) {
                return true;
            }
        }
        false
    }

    /// The next word that is long enough.
    fn word(&mut self) -> Option<&'t [u8]> {
        loop {
            let window = self.rest.get(..WORD_BYTES_MIN)?;
            match window.iter().rposition(|it| !is_sign(*it)) {
                // No word of that length holds what is no sign.
                Some(last) => self.rest = &self.rest[last + 1..],
                None => break,
            }
        }
        let tail = self.rest.iter().skip(WORD_BYTES_MIN);
        let length = WORD_BYTES_MIN + tail.take_while(|it| is_sign(**it)).count();
        let (word, rest) = self.rest.split_at(length);
        self.rest = rest;
        Some(word)
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

fn is_sign(byte: u8) -> bool {
    VALUES[usize::from(byte)] != NONE
}

fn value(byte: u8) -> u8 {
    VALUES[usize::from(byte)]
}

/// Whether the signs that the probe is made of can be those of printable ones, each on its own.
fn may_be_text(word: &[u8]) -> bool {
    let mut groups = word[..PROBE_BYTES].chunks_exact(4);
    groups.all(|it| {
        let first = matches!(value(it[0]), 2..=3 | 8..=31);
        let second = matches!(value(it[1]) & 15, 0 | 2..=7);
        first && second && value(it[2]) & 3 <= 1
    })
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
        let bits = four
            .iter()
            .fold(0_u32, |bits, it| bits << 6 | u32::from(value(*it) & 63));
        let bits = bits << (6 * (4 - four.len()));
        let bytes = bits.to_be_bytes();
        out.extend_from_slice(&bytes[1..four.len()]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_that_hold_text_are_found_between_others() {
        let text = b"a PHNjcmlwdD4xPC9zY3JpcHQ+ zzzzzzzzzzzzzzzz,dXNlcj1hZG1pbg== short";
        let mut words = Packed::new(text);
        let mut inside = Vec::new();
        assert!(words.next(&mut inside));
        assert_eq!(inside, b"<script>1</script>");
        assert!(words.next(&mut inside));
        assert_eq!(inside, b"user=admin");
        assert!(!words.next(&mut inside));
    }

    #[test]
    fn every_printable_beginning_passes_the_first_look() {
        for first in (b' '..=b'~').chain(*b"\t\n\r") {
            let bits = [
                first >> 2,
                (first & 3) << 4 | first >> 4,
                (first & 15) << 2 | first >> 6,
            ];
            let signs = bits.map(|it| VALUES.iter().position(|value| *value == it).unwrap() as u8);
            let word = [
                signs[0], signs[1], signs[2], b'A', signs[0], signs[1], signs[2], b'A',
            ];
            assert!(may_be_text(&word), "{first}");
        }
    }
}
