//! Undoes encodings, one layer a pass, until nothing changes or the bound is met: percent escapes
//! (`%uXXXX` and over-long UTF-8 too), entities, escapes of JavaScript and JSON, UTF-7, Unicode.

use super::fold::{Fold, fold};
use crate::limits::LAYERS_MAX;

/// Writes the text without its encodings and in lower case; tells how many layers there were.
pub fn unwind(text: &[u8], out: &mut Vec<u8>, spare: &mut Vec<u8>) -> usize {
    out.clear();
    if !pass(text, out) {
        return 0;
    }
    for layer in 1..LAYERS_MAX {
        spare.clear();
        if !pass(out, spare) {
            lower(out);
            return layer;
        }
        core::mem::swap(out, spare);
    }
    lower(out);
    LAYERS_MAX
}

fn lower(text: &mut [u8]) {
    text.make_ascii_lowercase();
}

/// What an escape may begin with.
static OPENS: [bool; 256] = opens();

const fn opens() -> [bool; 256] {
    let mut table = [false; 256];
    let mut at = 0;
    while at < 256 {
        table[at] = at >= 0x80 || matches!(at as u8, b'%' | b'&' | b'\\' | b'+' | 0);
        at += 1;
    }
    table
}

/// One layer; false if there was none, and then nothing of use was written.
fn pass(text: &[u8], out: &mut Vec<u8>) -> bool {
    let mut changed = false;
    // From where on the text is not yet written.
    let mut kept = 0;
    let mut at = 0;
    while let Some(next) = text[at..].iter().position(|it| OPENS[usize::from(*it)]) {
        at += next;
        let tail = &text[at + 1..];
        let found = match text[at] {
            b'%' => percent(tail),
            b'&' => entity(tail),
            b'\\' => backslash(tail),
            b'+' if tail.first() == Some(&b'A') => {
                out.extend_from_slice(&text[kept..at]);
                kept = at;
                utf7(tail, out)
            }
            0 => Some((Piece::Gone, 0)),
            0x80.. => high(&text[at..]),
            _ => None,
        };
        match found {
            None => at += 1,
            Some((Piece::Same, length)) => at += 1 + length,
            Some((piece, length)) => {
                changed = true;
                out.extend_from_slice(&text[kept..at]);
                match piece {
                    Piece::Byte(byte) => out.push(byte),
                    Piece::Code(code) => push(code, out),
                    Piece::Same | Piece::Gone => {}
                }
                at += 1 + length;
                kept = at;
            }
        }
    }
    if changed {
        out.extend_from_slice(&text[kept..]);
    }
    changed
}

/// What an escape stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Piece {
    Byte(u8),
    Code(u32),
    /// As many bytes as they are.
    Same,
    Gone,
}

/// With how many bytes after the first it takes.
type Found = Option<(Piece, usize)>;

fn push(code: u32, out: &mut Vec<u8>) {
    match fold(code) {
        Fold::To(byte) => out.push(byte),
        Fold::Gone => {}
        Fold::Stays => {
            let sign = char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER);
            out.extend_from_slice(sign.encode_utf8(&mut [0; 4]).as_bytes());
        }
    }
}

fn percent(tail: &[u8]) -> Found {
    match tail {
        [b'u' | b'U', digits @ ..] => Some((Piece::Code(hex(digits, 4)?), 5)),
        _ => Some((Piece::Byte(hex(tail, 2)? as u8), 2)),
    }
}

/// `\x41`, `\u0041`, `\u{41}`, `\101`, and a quote or a slash that is only escaped.
fn backslash(tail: &[u8]) -> Found {
    match tail {
        [b'x' | b'X', digits @ ..] => Some((Piece::Byte(hex(digits, 2)? as u8), 3)),
        [b'u' | b'U', b'{', digits @ ..] => {
            let length = digits.iter().take(7).position(|it| *it == b'}')?;
            Some((Piece::Code(hex(digits, length)?), length + 3))
        }
        [b'u' | b'U', digits @ ..] => Some((Piece::Code(hex(digits, 4)?), 5)),
        [
            one @ b'0'..=b'3',
            two @ b'0'..=b'7',
            three @ b'0'..=b'7',
            ..,
        ] => {
            let value = (one - b'0') * 64 + (two - b'0') * 8 + (three - b'0');
            Some((Piece::Byte(value), 3))
        }
        [one @ b'4'..=b'7', two @ b'0'..=b'7', ..] => {
            Some((Piece::Byte((one - b'0') * 8 + (two - b'0')), 2))
        }
        [b'"' | b'/', ..] => Some((Piece::Byte(tail[0]), 1)),
        _ => None,
    }
}

fn hex(digits: &[u8], count: usize) -> Option<u32> {
    let digits = digits.get(..count).filter(|it| !it.is_empty())?;
    digits.iter().try_fold(0, |value, digit| {
        let digit = char::from(*digit).to_digit(16)?;
        Some(value * 16 + digit)
    })
}

/// Zeros may stand before the number, as many as one likes.
const ENTITY_BYTES_MAX: usize = 24;

fn entity(tail: &[u8]) -> Found {
    if let [b'#', number @ ..] = tail {
        let (digits, radix, before) = match number {
            [b'x' | b'X', digits @ ..] => (digits, 16, 2),
            _ => (number, 10, 1),
        };
        let is_digit = |it: &&u8| char::from(**it).is_digit(radix);
        let length = digits
            .iter()
            .take(ENTITY_BYTES_MAX)
            .take_while(is_digit)
            .count();
        if length == 0 {
            return None;
        }
        let code = digits[..length].iter().fold(0_u32, |code, digit| {
            let digit = char::from(*digit).to_digit(radix).unwrap_or(0);
            code.saturating_mul(radix).saturating_add(digit)
        });
        let closed = usize::from(digits.get(length) == Some(&b';'));
        return Some((Piece::Code(code), before + length + closed));
    }
    let length = tail
        .iter()
        .take(12)
        .take_while(|it| it.is_ascii_alphanumeric())
        .count();
    let name = &tail[..length];
    let closed = tail.get(length) == Some(&b';');
    let (_, sign, bare) = NAMES.iter().find(|it| it.0.eq_ignore_ascii_case(name))?;
    (closed || *bare).then(|| (Piece::Byte(*sign), length + usize::from(closed)))
}

/// Entities by name, what they stand for, and whether browsers take them without a semicolon.
static NAMES: &[(&[u8], u8, bool)] = &[
    (b"lt", b'<', true),
    (b"gt", b'>', true),
    (b"quot", b'"', true),
    (b"amp", b'&', false),
    (b"apos", b'\'', false),
    (b"nbsp", b' ', false),
    (b"tab", b'\t', false),
    (b"newline", b'\n', false),
    (b"colon", b':', false),
    (b"lpar", b'(', false),
    (b"rpar", b')', false),
    (b"lsqb", b'[', false),
    (b"lbrack", b'[', false),
    (b"rsqb", b']', false),
    (b"lcub", b'{', false),
    (b"lbrace", b'{', false),
    (b"rcub", b'}', false),
    (b"sol", b'/', false),
    (b"bsol", b'\\', false),
    (b"semi", b';', false),
    (b"comma", b',', false),
    (b"period", b'.', false),
    (b"equals", b'=', false),
    (b"plus", b'+', false),
    (b"num", b'#', false),
    (b"percnt", b'%', false),
    (b"excl", b'!', false),
    (b"grave", b'`', false),
    (b"diacriticalgrave", b'`', false),
    (b"lowbar", b'_', false),
    (b"verbar", b'|', false),
    (b"dollar", b'$', false),
];

/// UTF-7: `+ADw-` is `<`. Taken only where all of it is ASCII; writes it itself.
fn utf7(tail: &[u8], out: &mut Vec<u8>) -> Found {
    let value = |byte: u8| match byte {
        b'A'..=b'Z' => Some(byte - b'A'),
        b'a'..=b'z' => Some(byte - b'a' + 26),
        b'0'..=b'9' => Some(byte - b'0' + 52),
        b'+' => Some(62),
        b'/' => Some(63),
        _ => None,
    };
    // Every character of ASCII begins with a byte of nought, so with an `A`.
    if tail.first() != Some(&b'A') {
        return None;
    }
    let start = out.len();
    let (mut bits, mut held, mut length) = (0_u32, 0, 0);
    for six in tail.iter().map_while(|it| value(*it)).take(64) {
        bits = bits << 6 | u32::from(six);
        held += 6;
        length += 1;
        if held >= 16 {
            held -= 16;
            let code = bits >> held & 0xffff;
            if !(0x09..0x7f).contains(&code) {
                out.truncate(start);
                return None;
            }
            out.push(code as u8);
            bits &= (1 << held) - 1;
        }
    }
    if out.len() == start {
        return None;
    }
    let closed = usize::from(tail.get(length) == Some(&b'-'));
    Some((Piece::Gone, length + closed))
}

/// A character of several bytes; over-long ones stand for what they hide.
fn high(rest: &[u8]) -> Found {
    let next = |at: usize| {
        let byte = *rest.get(at)?;
        (byte & 0xc0 == 0x80).then_some(u32::from(byte & 0x3f))
    };
    let first = u32::from(rest[0]);
    let (code, length) = match rest[0] {
        0xc0..=0xdf => ((first & 0x1f) << 6 | next(1)?, 1),
        0xe0..=0xef => ((first & 0xf) << 12 | next(1)? << 6 | next(2)?, 2),
        0xf0..=0xf7 => (
            (first & 0x7) << 18 | next(1)? << 12 | next(2)? << 6 | next(3)?,
            3,
        ),
        // Five and six bytes were never allowed, but some readers take them.
        0xf8..=0xfb => (next(3)? << 6 | next(4)?, 4),
        0xfc..=0xfd => (next(4)? << 6 | next(5)?, 5),
        _ => return None,
    };
    let piece = match fold(code) {
        Fold::Stays => Piece::Same,
        Fold::Gone => Piece::Gone,
        Fold::To(byte) => Piece::Byte(byte),
    };
    Some((piece, length))
}
