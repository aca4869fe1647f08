//! Pairs of names and values, as queries and forms write them: `a=1&b=two+words&a=%33`.

use gatewatch_model::Blemishes;

use crate::escapes::{Plus, unescape};
use crate::leaves::{Leaves, Value};

/// The memory that decoding takes.
#[derive(Default)]
pub(crate) struct Pairs {
    name: Vec<u8>,
    value: Vec<u8>,
}

impl Pairs {
    /// Adds every pair where the reader stands, and shows each to `see`. Of a cut text the last
    /// value may be a beginning only, and a last name without a value is left out.
    pub fn read(
        &mut self,
        text: &str,
        cut: bool,
        leaves: &mut Leaves,
        mut see: impl FnMut(&str, &str),
    ) -> Blemishes {
        let mut blemishes = Blemishes::default();
        let mut rest = text;
        while !rest.is_empty() {
            let end = memchr::memchr(b'&', rest.as_bytes());
            let pair = &rest[..end.unwrap_or(rest.len())];
            rest = end.map_or("", |end| &rest[end + 1..]);
            let equals = memchr::memchr(b'=', pair.as_bytes());
            if pair.is_empty() || (cut && end.is_none() && equals.is_none()) {
                continue;
            }
            if leaves.is_full() {
                blemishes.insert(Blemishes::LEAVES_LOST);
                break;
            }
            let (name, value) = match equals {
                Some(at) => (&pair[..at], &pair[at + 1..]),
                None => (pair, ""),
            };
            let value = if cut && end.is_none() {
                without_open_escape(value)
            } else {
                value
            };
            let name = unescape(name, Plus::IsBlank, &mut self.name, &mut blemishes);
            let value = unescape(value, Plus::IsBlank, &mut self.value, &mut blemishes);
            leaves.add_named(&name, Value::Text(&value));
            see(&name, &value);
        }
        blemishes
    }
}

/// Without what may be the first signs of a character's escapes.
fn without_open_escape(value: &str) -> &str {
    let bytes = value.as_bytes();
    let tail = &bytes[bytes.len().saturating_sub(2)..];
    let end = bytes.len() - memchr::memchr(b'%', tail).map_or(0, |at| tail.len() - at);
    let mut start = end;
    // A character has at most four bytes, the first of which says how many.
    for count in 1..4 {
        let Some(byte) = start
            .checked_sub(3)
            .and_then(|at| escaped_byte(&bytes[at..start]))
        else {
            break;
        };
        start -= 3;
        match byte {
            0x80..0xc0 => {}
            0xc0.. if byte.leading_ones() > count => return &value[..start],
            _ => break,
        }
    }
    &value[..end]
}

fn escaped_byte(escape: &[u8]) -> Option<u8> {
    let digits = escape.strip_prefix(b"%")?;
    u8::from_str_radix(core::str::from_utf8(digits).ok()?, 16).ok()
}

#[cfg(test)]
mod tests {
    use gatewatch_model::Spot;
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str, cut: bool) -> (Vec<(String, String)>, Blemishes) {
        let mut leaves = Leaves::default();
        leaves.begin(Spot::RequestQuery);
        let mut seen = Vec::new();
        let blemishes = Pairs::default().read(text, cut, &mut leaves, |name, value| {
            seen.push((name.to_owned(), value.to_owned()));
        });
        assert_eq!(leaves.len(), seen.len());
        for (leaf, (name, value)) in leaves.iter().zip(&seen) {
            assert_eq!(
                (leaf.name(), leaf.value),
                (name.as_str(), Value::Text(value))
            );
        }
        (seen, blemishes)
    }

    fn check(text: &str, expected: &[(&str, &str)]) {
        let owned: Vec<_> = expected
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        assert_eq!(read(text, false), (owned, Blemishes::default()), "{text}");
    }

    #[test]
    fn pairs_are_split_before_they_are_decoded() {
        check(
            "a=1&b=two+words&a=%33",
            &[("a", "1"), ("b", "two words"), ("a", "3")],
        );
        check("a%26b=%3D&c==d", &[("a&b", "="), ("c", "=d")]);
        check(
            "filter%5Bname%5D=x&ids[]=1",
            &[("filter[name]", "x"), ("ids[]", "1")],
        );
        check("flag&=v&&x=", &[("flag", ""), ("", "v"), ("x", "")]);
        check("", &[]);
    }

    #[test]
    fn bad_escapes_stay_and_are_told() {
        let (pairs, blemishes) = read("a=%zz&b=%ff", false);
        assert_eq!(pairs[0].1, "%zz");
        assert_eq!(pairs[1].1, "\u{fffd}");
        assert_eq!(blemishes, Blemishes::BAD_ESCAPE);
    }

    proptest! {
        #[test]
        fn a_cut_form_has_a_prefix_of_the_pairs(text in "([a-c]{1,2}=[a-z+]{0,3}(%C3%A9|%F0%9F%98%80|%20){0,2}&){0,5}", share in 0.0..1.0_f64) {
            let end = (text.len() as f64 * share) as usize;
            let (whole, _) = read(&text, false);
            let (mut part, blemishes) = read(&text[..end], true);
            prop_assert_eq!(blemishes, Blemishes::default());
            if let Some((name, value)) = part.pop() {
                let full = &whole[part.len()];
                prop_assert_eq!(&name, &full.0);
                prop_assert!(full.1.starts_with(&value), "{} {}", value, full.1);
            }
            prop_assert_eq!(&part[..], &whole[..part.len()]);
        }

        #[test]
        fn anything_at_all_is_read(random in any::<String>(), likely in "[a-c=&%+0-9A-F]{0,80}") {
            for text in [random, likely] {
                for cut in [false, true] {
                    read(&text, cut);
                }
            }
        }
    }
}
