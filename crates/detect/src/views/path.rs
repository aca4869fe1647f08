//! As a file system reads it: backslashes are slashes, `/./` and `//` are one slash, and what some
//! servers cut off a segment (`..;x=1`) is gone.

use super::Kind;
use crate::detection::View;
use crate::gate::pairs::Pairs;
use crate::gate::signs::Signs;

pub const KIND: Kind = Kind {
    view: View::Path,
    signs: Signs::DOTS_AND_SLASHES,
    alone: Signs::of_marks(b"\\"),
    pairs: Pairs::STEPS,
    make,
};

static SIGNS: [bool; 256] = super::table(b"/\\;");

fn make(plain: &[u8], out: &mut Vec<u8>) -> bool {
    let mut changed = false;
    let mut rest = super::copy(plain, &SIGNS, out);
    while let [first, tail @ ..] = rest {
        let slash = matches!(first, b'/' | b'\\');
        let doubled = slash && out.last() == Some(&b'/');
        let dot = slash && matches!(tail, [b'.', b'/' | b'\\', ..]);
        if doubled || dot {
            rest = super::copy(if dot { &tail[1..] } else { tail }, &SIGNS, out);
            changed = true;
            continue;
        }
        if *first == b';' && out.ends_with(b"..") {
            let length = tail
                .iter()
                .take_while(|it| !matches!(it, b'/' | b'\\'))
                .count();
            rest = super::copy(&tail[length..], &SIGNS, out);
            changed = true;
            continue;
        }
        changed |= *first == b'\\';
        out.push(if slash { b'/' } else { *first });
        rest = super::copy(tail, &SIGNS, out);
    }
    changed
}
