//! As a browser reads it: breaks within words are not there, texts that are strung together are
//! one, and so are a text and its `.source`.

use super::Kind;
use crate::detection::View;
use crate::gate::pairs::Pairs;
use crate::gate::signs::Signs;

pub const KIND: Kind = Kind {
    view: View::Html,
    signs: Signs::BREAKS
        .with(Signs::LESS)
        .with(Signs::QUOTES)
        .with(Signs::STAR)
        .with(Signs::PLUS),
    alone: Signs::BREAKS,
    pairs: Pairs::COMMENT
        .with(Pairs::TAG_IN_WORD)
        .with(Pairs::JOIN)
        .with(Pairs::SOURCE),
    make,
};

static SIGNS: [bool; 256] = super::table(b"<\t\n\x0b\x0c\r'\"/");

fn make(plain: &[u8], out: &mut Vec<u8>) -> bool {
    let mut changed = false;
    let mut rest = super::copy(plain, &SIGNS, out);
    while let [first, tail @ ..] = rest {
        let taken = match first {
            b'<' => tag_in_word(out, tail),
            b'\t' | b'\n' | 0x0b | 0x0c | b'\r' => 1,
            b'\'' | b'"' => super::join(rest, out),
            b'/' if tail.first() == Some(&b'*') => comment(rest),
            b'/' if tail.starts_with(b".source+/") => 9 + 1,
            _ => 0,
        };
        if taken == 0 {
            out.push(*first);
            rest = super::copy(tail, &SIGNS, out);
        } else {
            changed = true;
            let left = rest.get(taken..).unwrap_or_default();
            rest = super::copy(left, &SIGNS, out);
        }
    }
    changed
}

/// `o<x>nfocus`: a tag that a filter takes out.
fn tag_in_word(before: &[u8], tail: &[u8]) -> usize {
    let letter = |it: &u8| it.is_ascii_lowercase();
    let length = tail.iter().take(4).take_while(|it| letter(it)).count();
    let closes = length > 0 && tail.get(length) == Some(&b'>');
    let next = tail.get(length + 1);
    let goes_on = next.is_some_and(|it| letter(it) || *it == b'(');
    let inside = closes && goes_on && before.last().is_some_and(letter);
    if inside { length + 2 } else { 0 }
}

fn comment(rest: &[u8]) -> usize {
    memchr::memmem::find(&rest[2..], b"*/").map_or(0, |it| it + 4)
}
