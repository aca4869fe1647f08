//! Which types are looked for: a set over the types of one catalogue.

use gatewatch_model::InfoTypeId;

use crate::catalogue::Catalogue;
use crate::info_type::InfoType;

/// A bit for each type of a catalogue, in its order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Switches {
    bits: Box<[u64]>,
}

impl Switches {
    /// The types for which `on` holds.
    pub fn of(catalogue: &Catalogue, on: impl Fn(&InfoType) -> bool) -> Switches {
        let types = catalogue.types();
        let mut bits = vec![0_u64; types.len().div_ceil(64)];
        for (at, info_type) in types.iter().enumerate() {
            if on(info_type) {
                bits[at / 64] |= 1 << (at % 64);
            }
        }
        Switches { bits: bits.into() }
    }

    /// As the catalogue says.
    pub fn shipped(catalogue: &Catalogue) -> Switches {
        Switches::of(catalogue, |it| it.on)
    }

    pub fn all(catalogue: &Catalogue) -> Switches {
        Switches::of(catalogue, |_| true)
    }

    /// As the catalogue says, but for these.
    pub fn without(catalogue: &Catalogue, off: &[InfoTypeId]) -> Switches {
        Switches::of(catalogue, |it| it.on && !off.contains(&it.key))
    }

    pub(crate) fn contains(&self, at: u16) -> bool {
        let word = self.bits.get(at as usize / 64).copied().unwrap_or(0);
        word & 1 << (at % 64) != 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::SHIPPED;

    #[test]
    fn a_type_that_is_off_is_off_alone() {
        let card = SHIPPED.find("credit-card").unwrap();
        let switches = Switches::without(&SHIPPED, &[card.key]);
        for (at, info_type) in SHIPPED.types().iter().enumerate() {
            let on = info_type.on && info_type.key != card.key;
            assert_eq!(switches.contains(at as u16), on);
        }
    }
}
