//! Which rules may have something to say of a text: those of which a literal was found in it, and
//! those without literals whose signs are there. Only they run.

pub mod needs;
pub mod signs;

use aho_corasick::automaton::Automaton;
use aho_corasick::dfa::DFA;
use aho_corasick::{Anchored, MatchKind, StartKind};
use regex_syntax::ParserBuilder;
use regex_syntax::hir::Hir;

use self::needs::Needs;
use self::signs::Signs;
use crate::limits::RULES_MAX;

/// Patterns are of bytes: what is no text in UTF-8 is looked at too.
pub fn parse(pattern: &str) -> Result<Hir, Box<regex_syntax::Error>> {
    let parsed = ParserBuilder::new()
        .unicode(false)
        .utf8(false)
        .build()
        .parse(pattern);
    parsed.map_err(Box::new)
}

/// A set of rules by their index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chosen([u64; RULES_MAX / 64]);

impl Default for Chosen {
    fn default() -> Self {
        Chosen([0; RULES_MAX / 64])
    }
}

impl Chosen {
    pub fn insert(&mut self, rule: u16) {
        self.0[usize::from(rule) / 64] |= 1 << (rule % 64);
    }

    pub fn contains(&self, rule: u16) -> bool {
        self.0[usize::from(rule) / 64] >> (rule % 64) & 1 == 1
    }

    pub fn clear(&mut self) {
        self.0.fill(0);
    }

    pub fn is_empty(&self) -> bool {
        self.0.iter().all(|it| *it == 0)
    }

    pub fn unite(&mut self, other: &Chosen) {
        for (mine, theirs) in self.0.iter_mut().zip(&other.0) {
            *mine |= theirs;
        }
    }

    /// Leaves those that are in both.
    pub fn keep(&mut self, other: &Chosen) {
        for (mine, theirs) in self.0.iter_mut().zip(&other.0) {
            *mine &= theirs;
        }
    }

    pub fn iter(&self) -> impl Iterator<Item = u16> {
        self.0.iter().enumerate().flat_map(|(word, bits)| {
            let mut bits = *bits;
            core::iter::from_fn(move || {
                let bit = (bits != 0).then(|| bits.trailing_zeros())?;
                bits &= bits - 1;
                Some((word * 64) as u16 + bit as u16)
            })
        })
    }
}

/// All literals of some rules in one automaton.
pub struct Net {
    searcher: Option<DFA>,
    /// Of each literal, the rules that wait for it.
    owners: Vec<Vec<u16>>,
    /// Rules without literals, and marks of which one is in every text that they match.
    open: Chosen,
    open_signs: Signs,
}

impl Net {
    /// `None` only if the literals were too many to build.
    pub fn weave<'r>(rules: impl Iterator<Item = (u16, &'r Needs)>) -> Option<Net> {
        let mut literals: Vec<&[u8]> = Vec::new();
        let mut pairs = Vec::new();
        let (mut open, mut open_signs) = (Chosen::default(), Signs::default());
        for (rule, Needs { literals, signs }) in rules {
            if literals.is_empty() {
                open.insert(rule);
                open_signs = open_signs.with(signs.first().copied().unwrap_or_default());
            }
            pairs.extend(literals.iter().map(|it| (it.as_slice(), rule)));
        }
        pairs.sort_unstable();
        let mut owners: Vec<Vec<u16>> = Vec::new();
        for (literal, rule) in pairs {
            if literals.last() != Some(&literal) {
                literals.push(literal);
                owners.push(Vec::new());
            }
            owners.last_mut()?.push(rule);
        }
        let searcher = DFA::builder()
            .match_kind(MatchKind::Standard)
            .start_kind(StartKind::Unanchored)
            .prefilter(false)
            .build(&literals)
            .ok()?;
        Some(Net {
            searcher: (!literals.is_empty()).then_some(searcher),
            owners,
            open,
            open_signs,
        })
    }

    /// Adds the rules of which a literal stands in the text, and those that have none; false if
    /// there are none at all.
    pub fn cast(&self, text: &[u8], signs: Signs, chosen: &mut Chosen) -> bool {
        let mut any = signs.meets(self.open_signs);
        if any {
            chosen.unite(&self.open);
        }
        let Some(searcher) = &self.searcher else {
            return any;
        };
        let Ok(mut state) = searcher.start_state(Anchored::No) else {
            return any;
        };
        for byte in text {
            state = searcher.next_state(Anchored::No, state, *byte);
            if searcher.is_special(state) && searcher.is_match(state) {
                any = true;
                for index in 0..searcher.match_len(state) {
                    let literal = searcher.match_pattern(state, index).as_usize();
                    self.owners[literal]
                        .iter()
                        .for_each(|it| chosen.insert(*it));
                }
            }
        }
        any
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_rules_whose_literal_is_there_are_chosen() {
        let patterns = ["(?:select|union)", "script", r"\d+=", "sel"];
        let wanted = patterns.map(|it| needs::needs(&parse(it).unwrap()));
        let net = Net::weave((0..).zip(&wanted)).unwrap();
        for (text, expected) in [
            ("a selected few=", vec![0, 2, 3]),
            ("javascript", vec![1]),
            ("nothing", vec![]),
        ] {
            let mut chosen = Chosen::default();
            let any = net.cast(text.as_bytes(), Signs::of(text.as_bytes()), &mut chosen);
            assert_eq!(any, !expected.is_empty());
            assert_eq!(chosen.iter().collect::<Vec<_>>(), expected, "{text}");
        }
    }

    #[test]
    fn a_set_of_rules_holds_what_was_put_in() {
        let mut chosen = Chosen::default();
        let rules = [0, 63, 64, 300, RULES_MAX as u16 - 1];
        rules.iter().for_each(|it| chosen.insert(*it));
        assert_eq!(chosen.iter().collect::<Vec<_>>(), rules);
        chosen.clear();
        assert!(chosen.is_empty());
    }
}
