//! What a value must have somewhere to fit a pattern: one of a few texts. It is looked for before a
//! pattern that begins with anything, which would read all of a long value to see that it is none.

use memchr::{memchr_iter, memchr2_iter, memchr3_iter};
use regex_syntax::hir::{Class, Hir, HirKind};

/// Texts of which one must be there.
const TEXTS_MAX: usize = 16;
const TEXT_BYTES_MAX: usize = 32;
/// A shorter one is in too many values to be of use.
const TEXT_BYTES_MIN: usize = 3;
/// Bytes that can be looked for at once.
const RARE_MAX: usize = 3;

/// Texts in small letters, each with the place of a byte that is rare.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Needle {
    texts: Vec<(Vec<u8>, usize)>,
    rare: Vec<u8>,
}

impl Needle {
    /// None if there is nothing that every value has.
    pub fn of(hir: &Hir) -> Option<Needle> {
        let texts = texts(hir)?;
        let texts = texts.into_iter().map(|text| {
            let rarest = (0..text.len()).min_by_key(|at| commonness(text[*at]));
            (text, rarest.unwrap_or(0))
        });
        let texts = texts.collect::<Vec<_>>();
        let mut rare = Vec::new();
        for (text, at) in &texts {
            let byte = text[*at];
            rare.extend([byte, byte.to_ascii_uppercase()]);
        }
        rare.sort_unstable();
        rare.dedup();
        (rare.len() <= RARE_MAX).then_some(Needle { texts, rare })
    }

    pub fn is_in(&self, text: &[u8]) -> bool {
        let stands = |at: usize| {
            self.texts.iter().any(|(needle, rarest)| {
                let from = at.checked_sub(*rarest);
                let here = from.and_then(|it| text.get(it..it + needle.len()));
                here.is_some_and(|it| it.eq_ignore_ascii_case(needle))
            })
        };
        match *self.rare {
            [one] => memchr_iter(one, text).any(stands),
            [one, two] => memchr2_iter(one, two, text).any(stands),
            [one, two, three] => memchr3_iter(one, two, three, text).any(stands),
            _ => true,
        }
    }
}

/// Signs are rarer than letters in long values.
fn commonness(byte: u8) -> u8 {
    match byte {
        b' ' => 3,
        b'a'..=b'z' => 2,
        b'0'..=b'9' => 1,
        _ => 0,
    }
}

/// Texts of which every value has one; the ones that say most.
fn texts(hir: &Hir) -> Option<Vec<Vec<u8>>> {
    let found = match hir.kind() {
        HirKind::Capture(it) => texts(&it.sub),
        HirKind::Repetition(it) if it.min > 0 => texts(&it.sub),
        HirKind::Concat(parts) => {
            let mut best: Option<Vec<Vec<u8>>> = None;
            let mut run = vec![Vec::new()];
            for part in parts {
                let exact = exact(part).and_then(|it| join(&run, &it));
                let inner = if exact.is_some() { None } else { texts(part) };
                run = exact.unwrap_or_else(|| vec![Vec::new()]);
                for it in [Some(run.clone()), inner].into_iter().flatten() {
                    if best.as_ref().is_none_or(|best| worth(best) < worth(&it)) {
                        best = Some(it);
                    }
                }
            }
            best
        }
        HirKind::Alternation(ways) => {
            let mut all = Vec::new();
            for way in ways {
                all.extend(texts(way)?);
            }
            Some(all)
        }
        _ => exact(hir),
    };
    found.filter(|it| it.len() <= TEXTS_MAX && worth(it) >= TEXT_BYTES_MIN)
}

/// All values that fit, in small letters, if they are few.
fn exact(hir: &Hir) -> Option<Vec<Vec<u8>>> {
    match hir.kind() {
        HirKind::Literal(literal) => Some(vec![literal.0.to_ascii_lowercase()]),
        HirKind::Class(Class::Bytes(class)) => {
            let bytes = class.iter().flat_map(|it| it.start()..=it.end());
            let mut bytes = bytes.map(|it| vec![it.to_ascii_lowercase()]).take(9);
            let mut all = bytes.by_ref().collect::<Vec<_>>();
            all.sort_unstable();
            all.dedup();
            (all.len() <= 4).then_some(all)
        }
        HirKind::Capture(it) => exact(&it.sub),
        HirKind::Concat(parts) => parts
            .iter()
            .try_fold(vec![Vec::new()], |all, part| join(&all, &exact(part)?)),
        HirKind::Alternation(ways) => {
            let ways = ways.iter().map(exact).collect::<Option<Vec<_>>>()?;
            Some(ways.concat()).filter(|it| it.len() <= TEXTS_MAX)
        }
        _ => None,
    }
}

/// Each of these followed by each of those.
fn join(these: &[Vec<u8>], those: &[Vec<u8>]) -> Option<Vec<Vec<u8>>> {
    let pairs = these
        .iter()
        .flat_map(|one| those.iter().map(move |two| [&one[..], two].concat()))
        .collect::<Vec<_>>();
    let short = pairs.iter().all(|it| it.len() <= TEXT_BYTES_MAX);
    (short && pairs.len() <= TEXTS_MAX).then_some(pairs)
}

/// As many bytes as the shortest has.
fn worth(texts: &[Vec<u8>]) -> usize {
    texts.iter().map(Vec::len).min().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use regex_automata::meta::Regex;

    use super::*;
    use crate::form::parse;

    fn needle(regex: &str) -> Option<Needle> {
        Needle::of(&parse(regex).unwrap())
    }

    #[test]
    fn what_stands_between_anything_is_a_needle() {
        let keys = needle(r"(?i:[^\r\n]*(?:AccountKey|AccessKey)=)[a-z]{4,}=[^\r\n]*").unwrap();
        assert!(keys.is_in(b"a;ACCOUNTKEY=abcd="));
        assert!(!keys.is_in(b"a;account key=abcd="));
        let ways = needle(r"\S*[?&]sig=\d+|(?:sv|se)=\S*&sig=\d+").unwrap();
        assert_eq!(ways.rare, *b"&?");
        assert!(!ways.is_in(b"sv=1&se=2&sog=3"));
        assert_eq!(needle(r"\S*[?&]\d+|x{2}sig"), None);
        assert_eq!(needle(r".*(?:abc)?.*"), None);
    }

    proptest! {
        #[test]
        fn no_value_that_fits_lacks_it(at in 0_usize..5, text in "[abAB=&.x]{0,14}") {
            let patterns = [
                r"[^x]*(?:aab|b=a)=.*", r"(?i:.*ab\.[ab]a.*)", r".*(?:a|ab)(?:b=|==)[xX]*",
                r"(?:.*aba.*){1,2}|.*=\.=", r"[ab]{3}(?:&ab|x)+.*",
            ];
            let whole = Regex::new(&format!(r"\A(?:{})\z", patterns[at])).unwrap();
            if whole.is_match(text.as_bytes()) {
                let found = needle(patterns[at]).is_none_or(|it| it.is_in(text.as_bytes()));
                prop_assert!(found);
            }
        }
    }
}
