//! As a shell reads it: quotes and backslashes within words are gone, variables that are empty or
//! stand for a blank are, and lists in braces are words.

use super::Kind;
use crate::detection::View;
use crate::gate::pairs::Pairs;
use crate::gate::signs::Signs;

pub const KIND: Kind = Kind {
    view: View::Shell,
    signs: Signs::SHELL,
    alone: Signs::NONE,
    pairs: Pairs::QUOTE_IN_WORD.with(Pairs::VARIABLE).with(Pairs::LIST),
    make,
};

/// Stand for a blank, or for nothing.
static VARIABLES: &[(&[u8], &[u8])] = &[
    (b"${ifs}", b" "),
    (b"$ifs$9", b" "),
    (b"$ifs", b" "),
    (b"$@", b""),
    (b"$*", b""),
    (b"${@}", b""),
    (b"$()", b""),
    (b"``", b""),
];

static SIGNS: [bool; 256] = super::table(b"$`'\"\\^{},");

fn make(plain: &[u8], out: &mut Vec<u8>) -> bool {
    let mut changed = false;
    let mut listed = false;
    let mut rest = super::copy(plain, &SIGNS, out);
    while let [first, tail @ ..] = rest {
        let mut taken = 0;
        match first {
            b'$' | b'`' => {
                if let Some((name, means)) = VARIABLES.iter().find(|it| rest.starts_with(it.0)) {
                    out.extend_from_slice(means);
                    taken = name.len();
                }
            }
            b'\'' | b'"' | b'\\' | b'^' if is_within_word(out, tail) => taken = 1,
            b'{' if is_list(tail) => (listed, taken) = (true, 1),
            b'}' if listed => (listed, taken) = (false, 1),
            b',' if listed => {
                out.push(b' ');
                taken = 1;
            }
            _ => {}
        }
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

fn is_within_word(before: &[u8], after: &[u8]) -> bool {
    let word = |it: &u8| it.is_ascii_alphanumeric() || b"/_.?*-".contains(it);
    let quote = |it: &u8| b"'\"\\^".contains(it);
    before.last().is_some_and(word) && after.first().is_some_and(|it| word(it) || quote(it))
}

/// `{cat,/etc/passwd}`: words and commas up to the brace.
fn is_list(tail: &[u8]) -> bool {
    let inside = |it: &&u8| it.is_ascii_alphanumeric() || b",/._-:".contains(*it);
    let length = tail.iter().take(128).take_while(inside).count();
    tail.get(length) == Some(&b'}') && tail[..length].contains(&b',')
}
