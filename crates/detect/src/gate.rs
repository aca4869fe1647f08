//! Which rules may have something to say of a text: those of which a literal was found in it, and
//! those without literals whose signs are there. Only they run.

pub mod needs;
pub mod pairs;
pub mod sieve;
pub mod signs;
mod twos;

use regex_syntax::ParserBuilder;
use regex_syntax::hir::Hir;

use self::needs::Needs;
use self::sieve::{Sieve, Usual};
use self::signs::Signs;
use self::twos::Twos;
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

    /// Leaves those of which that is true.
    pub fn retain(&mut self, mut stays: impl FnMut(u16) -> bool) {
        for (word, bits) in self.0.iter_mut().enumerate() {
            let mut left = *bits;
            while left != 0 {
                let bit = left.trailing_zeros();
                left &= left - 1;
                if !stays((word * 64) as u16 + bit as u16) {
                    *bits &= !(1 << bit);
                }
            }
        }
    }

    /// Leaves those that are in both.
    pub fn keep(&mut self, other: &Chosen) {
        for (mine, theirs) in self.0.iter_mut().zip(&other.0) {
            *mine &= theirs;
        }
    }

    pub fn iter(&self) -> impl Iterator<Item = u16> {
        self.both(self)
    }

    /// Those that are in both.
    pub fn both(&self, other: &Chosen) -> impl Iterator<Item = u16> {
        let words = self.0.iter().zip(&other.0).enumerate();
        words.flat_map(|(word, (mine, theirs))| {
            let mut bits = mine & theirs;
            core::iter::from_fn(move || {
                let bit = (bits != 0).then(|| bits.trailing_zeros())?;
                bits &= bits - 1;
                Some((word * 64) as u16 + bit as u16)
            })
        })
    }
}

/// As many literals of two signs are looked for along with longer ones.
const FEW: usize = 6;

/// What some rules wait for, in one: their literals, and the signs of those that have none.
pub struct Net {
    sieve: Sieve,
    twos: Twos,
    /// Of each longer literal, the rules that wait for it.
    owners: Vec<Vec<u16>>,
    /// Rules that have no literals wait for one of these.
    open: Vec<(Signs, Chosen)>,
    /// Of each literal of one sign, the rules that wait for it.
    singles: Vec<(u8, Chosen)>,
}

/// Adds a rule to those that wait for the same.
fn wait<T: PartialEq>(list: &mut Vec<(T, Chosen)>, wanted: T, rule: u16) {
    if let Some((_, rules)) = list.iter_mut().find(|it| it.0 == wanted) {
        return rules.insert(rule);
    }
    let mut rules = Chosen::default();
    rules.insert(rule);
    list.push((wanted, rules));
}

impl Net {
    pub fn weave<'r>(rules: impl Iterator<Item = (u16, &'r Needs)>, usual: &Usual) -> Net {
        let (mut pairs, mut twos) = (Vec::new(), Vec::new());
        let (mut open, mut singles) = (Vec::new(), Vec::new());
        for (rule, Needs { literals, signs }) in rules {
            if literals.is_empty() {
                wait(&mut open, signs.first().copied().unwrap_or_default(), rule);
            }
            for literal in literals {
                match literal.as_slice() {
                    [] => wait(&mut open, Signs::ANY, rule),
                    [sign] => wait(&mut singles, *sign, rule),
                    two @ [_, _] => twos.push((two, rule)),
                    longer => pairs.push((longer, rule)),
                }
            }
        }
        if twos.len() <= FEW {
            pairs.append(&mut twos);
        }
        pairs.sort_unstable();
        pairs.dedup();
        twos.sort_unstable();
        let mut literals: Vec<&[u8]> = Vec::new();
        let mut owners: Vec<Vec<u16>> = Vec::new();
        for (literal, rule) in pairs {
            if literals.last() != Some(&literal) {
                literals.push(literal);
                owners.push(Vec::new());
            }
            owners.last_mut().into_iter().for_each(|it| it.push(rule));
        }
        Net {
            sieve: Sieve::new(&literals, usual),
            twos: Twos::new(&twos),
            owners,
            open,
            singles,
        }
    }

    /// Adds the rules of which a literal stands in the text, in letters of either case, and those
    /// that wait for a sign of it; tells how often literals had to be compared.
    pub fn cast(&self, text: &[u8], signs: Signs, chosen: &mut Chosen) -> usize {
        for (_, rules) in self.open.iter().filter(|it| signs.meets(it.0)) {
            chosen.unite(rules);
        }
        for (sign, rules) in &self.singles {
            let (kind, other) = (Signs::of_letter(*sign), sign.to_ascii_uppercase());
            if signs.meets(kind) && memchr::memchr2(*sign, other, text).is_some() {
                chosen.unite(rules);
            }
        }
        self.twos.cast(text, chosen);
        self.sieve.each(text, |literal| {
            for rule in &self.owners[usize::from(literal)] {
                chosen.insert(*rule);
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_rules_whose_literal_is_there_are_chosen() {
        let patterns = ["(?:select|union)", "script", r"\d+=", "sel"];
        let wanted = patterns.map(|it| needs::needs(&parse(it).unwrap()));
        let usual = Usual::count(["the rest of it"].into_iter());
        let net = Net::weave((0..).zip(&wanted), &usual);
        for (text, expected) in [
            ("a selected few=", vec![0, 2, 3]),
            ("javascript", vec![1]),
            ("nothing", vec![]),
        ] {
            let mut chosen = Chosen::default();
            net.cast(text.as_bytes(), Signs::of(text.as_bytes()), &mut chosen);
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
