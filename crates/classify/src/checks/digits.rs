//! Check digits over decimal digits; separators are passed over.

/// The digits of a value, without what separates them.
pub(super) fn digits(value: &[u8]) -> impl DoubleEndedIterator<Item = u32> {
    value
        .iter()
        .filter(|it| it.is_ascii_digit())
        .map(|it| u32::from(it - b'0'))
}

/// ISO/IEC 7812-1.
pub(super) fn luhn(value: &[u8]) -> bool {
    let sum = digits(value).rev().enumerate().map(|(at, digit)| {
        let weighed = digit * (1 + at as u32 % 2);
        weighed / 10 + weighed % 10
    });
    sum.sum::<u32>() % 10 == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn luhn_takes_cards_and_refuses_one_wrong_digit() {
        assert!(luhn(b"4111 1111 1111 1111"));
        assert!(luhn(b"5500-0055-5555-5559"));
        assert!(!luhn(b"4111 1111 1111 1112"));
    }
}
