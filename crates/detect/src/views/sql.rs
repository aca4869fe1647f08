//! As a database reads it: comments are blanks, white space is one blank, texts that are strung
//! together are one.

use super::Kind;
use crate::detection::View;
use crate::gate::pairs::Pairs;
use crate::gate::signs::Signs;

/// A comment, a break, or a text that may go on.
pub const KIND: Kind = Kind {
    view: View::Sql,
    signs: Signs::STAR
        .with(Signs::BREAKS)
        .with(Signs::HASH)
        .with(Signs::QUOTES)
        .with(Signs::PLUS),
    // Comments to the end of a line need its break.
    alone: Signs::BREAKS.with(Signs::PLUS),
    pairs: Pairs::COMMENT.with(Pairs::BLANKS).with(Pairs::JOIN),
    make,
};

static SIGNS: [bool; 256] = super::table(b"/*#-\t\n\x0b\x0c\r +'\"");

fn make(plain: &[u8], out: &mut Vec<u8>) -> bool {
    let mut changed = false;
    let mut rest = super::copy(plain, &SIGNS, out);
    while let [first, tail @ ..] = rest {
        let taken = match first {
            b'/' if tail.first() == Some(&b'*') => comment(rest, out),
            b'*' if tail.first() == Some(&b'/') => blank(2, out),
            b'#' => line(rest, 1, out),
            b'-' if tail.first() == Some(&b'-') => line(rest, 2, out),
            b'\t' | b'\n' | 0x0b | 0x0c | b'\r' => blank(1, out),
            b' ' if out.last() == Some(&b' ') => 1,
            // A blank that was escaped twice.
            b'+' if is_blank(out, tail) => blank(1, out),
            b'\'' | b'"' => super::join(rest, out),
            _ => 0,
        };
        if taken == 0 {
            out.push(*first);
            rest = super::copy(tail, &SIGNS, out);
        } else {
            changed = true;
            rest = super::copy(&rest[taken..], &SIGNS, out);
        }
    }
    changed
}

fn is_blank(before: &[u8], after: &[u8]) -> bool {
    let ends = |it: &u8| it.is_ascii_alphanumeric() || b"'\")/ *".contains(it);
    let starts = |it: &u8| it.is_ascii_lowercase() || b"/-(*".contains(it);
    before.last().is_some_and(ends) && after.first().is_some_and(starts)
}

fn blank(length: usize, out: &mut Vec<u8>) -> usize {
    if out.last() != Some(&b' ') {
        out.push(b' ');
    }
    length
}

/// Of `/*!50000 union */` the inside is read by the database.
fn comment(rest: &[u8], out: &mut Vec<u8>) -> usize {
    if rest.get(2) == Some(&b'!') {
        let digits = rest[3..]
            .iter()
            .take(6)
            .take_while(|it| it.is_ascii_digit());
        let length = 3 + digits.count();
        return blank(length, out);
    }
    let end = memchr::memmem::find(&rest[2..], b"*/");
    blank(end.map_or(2, |it| it + 4), out)
}

/// A comment to the end of its line, if the line ends.
fn line(rest: &[u8], mark: usize, out: &mut Vec<u8>) -> usize {
    match memchr::memchr(b'\n', &rest[mark..]) {
        Some(end) => blank(mark + end + 1, out),
        None => 0,
    }
}
