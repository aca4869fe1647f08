//! Base64 in both its alphabets, as tokens and gRPC-web write it.

/// Decodes up to the first sign that belongs to neither alphabet nor the padding; false if there
/// is one, or if the length is none that bytes can have.
pub(crate) fn decode(text: &[u8], bytes: &mut Vec<u8>) -> bool {
    bytes.clear();
    let (mut bits, mut count) = (0_u32, 0_u32);
    for sign in text {
        if *sign == b'=' {
            // Padded pieces may follow each other.
            (bits, count) = (0, 0);
            continue;
        }
        let value = VALUES[usize::from(*sign)];
        if value == NONE {
            return false;
        }
        bits = bits << 6 | u32::from(value);
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push((bits >> count) as u8);
        }
    }
    count < 6
}

const NONE: u8 = 0xff;

static VALUES: [u8; 256] = values();

const fn values() -> [u8; 256] {
    let signs = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut values = [NONE; 256];
    let mut at = 0;
    while at < signs.len() {
        values[signs[at] as usize] = at as u8;
        at += 1;
    }
    values[b'-' as usize] = 62;
    values[b'_' as usize] = 63;
    values
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[u8], sound: bool) {
        let mut bytes = Vec::new();
        assert_eq!(decode(text.as_bytes(), &mut bytes), sound, "{text}");
        assert_eq!(bytes, expected, "{text}");
    }

    #[test]
    fn both_alphabets_with_and_without_padding_are_read() {
        check("", b"", true);
        check("aGk", b"hi", true);
        check("aGk=", b"hi", true);
        check("-_8", &[0xfb, 0xff], true);
        check("+/8=", &[0xfb, 0xff], true);
        check("aA==aGk=", b"hhi", true);
    }

    #[test]
    fn what_is_none_ends_it() {
        check("aGk!aGk", b"hi", false);
        check("aGkaG", b"hi\x1a", false);
        check("a", b"", false);
    }
}
