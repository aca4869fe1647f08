//! Tokens and keys: what their makers built in, and whether they look like chance.

/// Of what is looked into; a header or a pair of credentials is shorter.
const DECODED_BYTES_MAX: usize = 512;

/// GitHub, npm: the last six signs are the CRC-32 of the thirty before, in base 62.
pub(super) fn crc_base62(value: &[u8]) -> bool {
    const ORDER: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let Some(start) = value.iter().position(|it| *it == b'_') else {
        return false;
    };
    let Some((body, check)) = value[start + 1..].split_at_checked(30) else {
        return false;
    };
    if check.len() != 6 {
        return false;
    }
    let mut crc = u64::from(crc32(body));
    for sign in check.iter().rev() {
        if ORDER[(crc % 62) as usize] != *sign {
            return false;
        }
        crc /= 62;
    }
    true
}

fn crc32(bytes: &[u8]) -> u32 {
    let sum = bytes.iter().fold(u32::MAX, |sum, byte| {
        (0..8).fold(sum ^ u32::from(*byte), |sum, _| {
            sum >> 1 ^ if sum & 1 == 1 { 0xedb8_8320 } else { 0 }
        })
    });
    !sum
}

/// RFC 7519: the first part is a JSON object that names an algorithm or a type.
pub(super) fn jwt(value: &[u8]) -> bool {
    let head = value
        .split(|it| *it == b'.')
        .next()
        .map(|it| it.strip_prefix(b"Bearer ").unwrap_or(it));
    head.and_then(Decoded::of).is_some_and(|it| {
        let text = it.bytes();
        let names = |name: &[u8]| text.windows(name.len()).any(|it| it == name);
        text.starts_with(b"{") && text.ends_with(b"}") && (names(b"\"alg\"") || names(b"\"enc\""))
    })
}

/// RFC 7617: a name, a colon, a password, all printable.
pub(super) fn basic(value: &[u8]) -> bool {
    let encoded = value
        .iter()
        .rposition(|it| *it == b' ')
        .map_or(value, |it| &value[it + 1..]);
    Decoded::of(encoded).is_some_and(|it| {
        let text = it.bytes();
        text.iter()
            .position(|it| *it == b':')
            .is_some_and(|at| at > 0)
            && text
                .iter()
                .all(|it| (0x20..0x7f).contains(it) || *it >= 0x80)
    })
}

/// What base 64 stood for, of either alphabet, with or without padding.
struct Decoded {
    buffer: [u8; DECODED_BYTES_MAX],
    length: usize,
}

impl Decoded {
    fn of(text: &[u8]) -> Option<Decoded> {
        let mut decoded = Decoded {
            buffer: [0; DECODED_BYTES_MAX],
            length: 0,
        };
        let (mut bits, mut count) = (0_u32, 0);
        for sign in text {
            let worth = match sign {
                b'A'..=b'Z' => sign - b'A',
                b'a'..=b'z' => sign - b'a' + 26,
                b'0'..=b'9' => sign - b'0' + 52,
                b'+' | b'-' => 62,
                b'/' | b'_' => 63,
                b'=' => break,
                _ => return None,
            };
            bits = bits << 6 | u32::from(worth);
            count += 6;
            if count >= 8 {
                count -= 8;
                *decoded.buffer.get_mut(decoded.length)? = (bits >> count) as u8;
                decoded.length += 1;
            }
        }
        (decoded.length > 0).then_some(decoded)
    }

    fn bytes(&self) -> &[u8] {
        &self.buffer[..self.length]
    }
}

/// What stands where a secret is not said.
const NO_SECRETS: &[&[u8]] = &[
    b"<password>",
    b"<redacted>",
    b"<secret>",
    b"[filtered]",
    b"[hidden]",
    b"[masked]",
    b"[redacted]",
    b"active",
    b"changed",
    b"complex",
    b"disabled",
    b"empty",
    b"enabled",
    b"expired",
    b"false",
    b"filtered",
    b"hidden",
    b"inactive",
    b"invalid",
    b"locked",
    b"masked",
    b"missing",
    b"n/a",
    b"na",
    b"never",
    b"nil",
    b"no",
    b"none",
    b"null",
    b"ok",
    b"optional",
    b"pending",
    b"redacted",
    b"removed",
    b"required",
    b"reset",
    b"set",
    b"strong",
    b"true",
    b"undefined",
    b"unset",
    b"valid",
    b"weak",
    b"yes",
];

/// Something that is kept secret: no flag, no placeholder, not masked.
pub(super) fn secret(value: &[u8]) -> bool {
    let mut masked = value
        .iter()
        .filter(|it| matches!(it, b'*' | b'.' | b'-' | b'#' | b'_' | b' '))
        .count();
    if !value.is_ascii() {
        // A bullet is three bytes.
        masked += 3 * value.windows(3).filter(|it| *it == "•".as_bytes()).count();
    }
    let reference = value.starts_with(b"${") || value.starts_with(b"{{") || value.starts_with(b"<");
    let same = value
        .windows(2)
        .all(|it| it[0].eq_ignore_ascii_case(&it[1]));
    masked * 2 < value.len().max(1)
        && !reference
        && !same
        && !NO_SECRETS.iter().any(|it| value.eq_ignore_ascii_case(it))
}

/// Signs looked at; keys are shorter or show it in their beginning.
const LOOKED_AT_MAX: usize = 128;

/// A key made by chance: many different signs for its length, letters and digits mixed.
pub(super) fn random(value: &[u8]) -> bool {
    let looked_at = &value[..value.len().min(LOOKED_AT_MAX)];
    let mut seen = [0_u8; 128];
    for byte in looked_at {
        if let Some(count) = seen.get_mut(usize::from(*byte)) {
            *count += 1;
        }
    }
    let different = seen.iter().filter(|it| **it > 0).count();
    let most = seen.iter().copied().max().map_or(0, usize::from);
    let letters = looked_at.iter().any(u8::is_ascii_alphabetic);
    let digits = looked_at.iter().filter(|it| it.is_ascii_digit()).count();
    // Sixteen hexadecimal digits in a key of 32 signs: nine or more of them turn up all but surely.
    let enough = (looked_at.len() / 3).clamp(7, 12);
    secret(value) && different >= enough && most * 3 <= looked_at.len() && letters && digits >= 1
}

/// Base 64 that is neither hexadecimal nor of one case: capitals, small letters and digits.
pub(super) fn mixed(value: &[u8]) -> bool {
    random(value)
        && value.iter().any(u8::is_ascii_uppercase)
        && value.iter().any(u8::is_ascii_lowercase)
}
