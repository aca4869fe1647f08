//! Finds which of many literals of two signs stand in a text: two tables, a bit for each literal.

use super::Chosen;

const BITS: usize = 64;

/// Of each sign the literals that begin with it, and those that end.
pub struct Twos {
    first: Box<[u64; 256]>,
    second: Box<[u64; 256]>,
    /// The literals of each bit, and the rules that wait for them. Beyond as many literals as
    /// there are bits some share one.
    bits: Vec<Vec<([u8; 2], Chosen)>>,
}

impl Twos {
    /// From literals in lower case and the rules that wait for them.
    pub fn new(literals: &[(&[u8], u16)]) -> Twos {
        let mut twos = Twos {
            first: Box::new([0; 256]),
            second: Box::new([0; 256]),
            bits: Vec::new(),
        };
        let runs = literals.chunk_by(|one, two| one.0 == two.0);
        for (number, run) in runs.enumerate() {
            let bit = number % BITS;
            let Some((&[one, two], _)) = run.first().copied() else {
                continue;
            };
            for (sign, table) in [(one, &mut twos.first), (two, &mut twos.second)] {
                table[usize::from(sign)] |= 1 << bit;
                table[usize::from(sign.to_ascii_uppercase())] |= 1 << bit;
            }
            if twos.bits.len() <= bit {
                twos.bits.push(Vec::new());
            }
            let mut rules = Chosen::default();
            run.iter().for_each(|it| rules.insert(it.1));
            twos.bits[bit].push(([one, two], rules));
        }
        twos
    }

    /// Adds the rules of those that stand in the text.
    pub fn cast(&self, text: &[u8], chosen: &mut Chosen) {
        if self.bits.is_empty() {
            return;
        }
        let seconds = text.get(1..).unwrap_or_default();
        let mut found = text.iter().zip(seconds).fold(0, |all, (one, two)| {
            all | self.first[usize::from(*one)] & self.second[usize::from(*two)]
        });
        while found != 0 {
            let literals = &self.bits[found.trailing_zeros() as usize];
            let stands = |it: &[u8; 2]| text.windows(2).any(|two| two.eq_ignore_ascii_case(it));
            for (_, rules) in literals
                .iter()
                .filter(|it| literals.len() == 1 || stands(&it.0))
            {
                chosen.unite(rules);
            }
            found &= found - 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_of_the_pairs_that_stand_there_are_chosen() {
        let twos = Twos::new(&[(b"${", 1), (b"${", 2), (b"on", 3), (b"()", 4)]);
        let mut chosen = Chosen::default();
        twos.cast(b"a ${ ) (", &mut chosen);
        assert_eq!(chosen.iter().collect::<Vec<_>>(), [1, 2]);
        twos.cast(b"ON", &mut chosen);
        assert_eq!(chosen.iter().collect::<Vec<_>>(), [1, 2, 3]);
        let texts: Vec<_> = (0..100).map(|it| [b'a', it]).collect();
        let many: Vec<(&[u8], u16)> = texts.iter().map(|it| (&it[..], u16::from(it[1]))).collect();
        let mut chosen = Chosen::default();
        Twos::new(&many).cast(&[b'a', 99], &mut chosen);
        assert_eq!(chosen.iter().collect::<Vec<_>>(), [99]);
    }
}
