//! Between which bounds the numbers of a member lie. A bound is never a number that was sent: that
//! may be a card, a code, or where somebody lives.

use minicbor::{Decode, Encode};

/// Up to here bounds are whole numbers; beyond they are powers of ten, which tell no more than how
/// many digits there are.
const WHOLE_MAX: f64 = 99.0;

/// From and to; empty as long as from lies above to.
#[derive(Clone, Copy, Debug, PartialEq, Encode, Decode)]
#[cbor(array)]
pub(super) struct Extent(#[n(0)] f64, #[n(1)] f64);

impl Extent {
    pub const NONE: Extent = Extent(f64::INFINITY, f64::NEG_INFINITY);

    pub fn add(&mut self, number: f64) {
        // A saved state may hold anything, and what has no end has no digits to count.
        let number = number.clamp(f64::MIN, f64::MAX);
        // What lies between the bounds moves neither.
        if number < self.0 {
            self.0 = floor(number);
        }
        if number > self.1 {
            self.1 = -floor(-number);
        }
    }

    pub fn merge(&mut self, other: Extent) {
        if other.0 <= other.1 {
            self.add(other.0);
            self.add(other.1);
        }
    }

    pub fn ends(self) -> Option<(f64, f64)> {
        (self.0 <= self.1).then_some((self.0, self.1))
    }

    /// As a state of before may hold it: with numbers that were sent.
    pub fn rounded(self) -> Extent {
        let mut rounded = Extent::NONE;
        rounded.merge(self);
        rounded
    }

    pub fn touch(self) -> u64 {
        self.0.to_bits()
    }
}

/// The greatest bound that is not above it. Adding zero makes one zero of both.
fn floor(number: f64) -> f64 {
    if number.abs() <= WHOLE_MAX {
        return number.floor() + 0.0;
    }
    let mut below = 10.0;
    while below * 10.0 <= number.abs() {
        below *= 10.0;
    }
    match number {
        number if number > 0.0 && number < 100.0 => WHOLE_MAX,
        number if number > 0.0 => below,
        number if number >= -below => -below,
        number if number > -100.0 => -100.0,
        _ => (-below * 10.0).max(f64::MIN),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(numbers: &[f64]) -> (f64, f64) {
        let mut extent = Extent::NONE;
        for number in numbers {
            extent.add(*number);
        }
        extent.ends().unwrap()
    }

    #[test]
    fn a_bound_is_no_number_that_was_sent() {
        for (number, bounds) in [
            (0.0, (0.0, 0.0)),
            (37.0, (37.0, 37.0)),
            (-7.0, (-7.0, -7.0)),
            (0.25, (0.0, 1.0)),
            (-0.25, (-1.0, 0.0)),
            (48.858_37, (48.0, 49.0)),
            (99.5, (99.0, 100.0)),
            (-99.5, (-100.0, -99.0)),
            (100.0, (100.0, 100.0)),
            (737.0, (100.0, 1000.0)),
            (-737.0, (-1000.0, -100.0)),
            (1000.0, (1000.0, 1000.0)),
            (483_920.0, (1e5, 1e6)),
            (4_111_111_111_111_111.0, (1e15, 1e16)),
        ] {
            assert_eq!(of(&[number]), bounds, "{number}");
        }
    }

    #[test]
    fn the_widest_numbers_have_bounds_too() {
        let (from, to) = of(&[f64::MAX, f64::MIN, 5e-324]);
        assert!(from <= f64::MIN && to >= f64::MAX);
    }

    #[test]
    fn a_number_without_end_has_bounds_that_have_one() {
        let (from, to) = of(&[f64::INFINITY]);
        assert!(from > 1e307 && to >= f64::MAX);
        let (from, to) = of(&[f64::NEG_INFINITY]);
        assert!(from <= f64::MIN && to < -1e307);
        assert_eq!(
            Extent(f64::NEG_INFINITY, 7.0).rounded(),
            Extent(f64::MIN, 7.0)
        );
    }

    #[test]
    fn the_order_says_nothing() {
        let numbers = [3.5, -120.0, 99.2, 100_000.5, 0.0];
        let mut turned = numbers;
        turned.reverse();
        assert_eq!(of(&numbers), of(&turned));
        assert_eq!(of(&numbers), (-1000.0, 1e6));
    }

    #[test]
    fn what_was_kept_before_is_rounded() {
        let rounded = Extent(737.0, 4_111.0).rounded();
        assert_eq!(rounded.ends(), Some((100.0, 10_000.0)));
        assert_eq!(rounded.rounded(), rounded);
        assert_eq!(Extent::NONE.rounded(), Extent::NONE);
    }
}
