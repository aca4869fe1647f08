//! Base64 (RFC 4648), lenient where senders differ: either alphabet, padding or none, line ends.

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const NONE: u8 = 0xff;

/// The bytes, or `None` if a character belongs to neither alphabet or a byte is cut in two.
pub fn decode(text: &str) -> Option<Vec<u8>> {
    let digits = text.trim_end_matches(['=', '\r', '\n']);
    let mut bytes = Vec::with_capacity(digits.len() / 4 * 3 + 3);
    let (mut bits, mut count) = (0_u32, 0);
    for byte in digits.bytes() {
        let six = SIXES[usize::from(byte)];
        if six == NONE {
            if byte == b'\r' || byte == b'\n' {
                continue;
            }
            return None;
        }
        bits = bits << 6 | u32::from(six);
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push((bits >> count) as u8);
        }
    }
    (count < 6).then_some(bytes)
}

/// Appends the standard alphabet with padding.
pub fn encode(bytes: &[u8], out: &mut Vec<u8>) {
    for chunk in bytes.chunks(3) {
        let at = |index: usize| u32::from(chunk.get(index).copied().unwrap_or(0));
        let bits = at(0) << 16 | at(1) << 8 | at(2);
        for digit in 0..4 {
            let six = (bits >> (18 - 6 * digit)) as usize & 0x3f;
            out.push(if digit <= chunk.len() {
                ALPHABET[six]
            } else {
                b'='
            });
        }
    }
}

static SIXES: [u8; 256] = sixes();

const fn sixes() -> [u8; 256] {
    let mut table = [NONE; 256];
    let mut six = 0;
    while six < 64 {
        table[ALPHABET[six] as usize] = six as u8;
        six += 1;
    }
    table[b'-' as usize] = 62;
    table[b'_' as usize] = 63;
    table
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn either_alphabet_padded_or_not_is_read() {
        for text in ["+/8=", "-_8=", "+/8", "+/\r\n8=\r\n"] {
            assert_eq!(decode(text), Some(vec![0xfb, 0xff]), "{text}");
        }
        assert_eq!(decode(""), Some(Vec::new()));
    }

    #[test]
    fn what_is_no_base64_is_refused() {
        for text in ["a", "ab*d", "=ab", "aGk=aGk", "é"] {
            assert_eq!(decode(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn bytes_survive_the_round_trip(bytes in any::<Vec<u8>>()) {
            let mut text = Vec::new();
            encode(&bytes, &mut text);
            prop_assert_eq!(text.len(), bytes.len().div_ceil(3) * 4);
            prop_assert_eq!(decode(&String::from_utf8(text).unwrap()), Some(bytes));
        }
    }
}
