//! Check digits that many numbers share, and what the others are built of. Separators are passed
//! over.

/// The digits of a value, without what separates them.
pub(super) fn digits(value: &[u8]) -> impl DoubleEndedIterator<Item = u32> {
    value
        .iter()
        .filter(|it| it.is_ascii_digit())
        .map(|it| u32::from(it - b'0'))
}

/// Exactly so many digits.
pub(super) fn exactly<const N: usize>(value: &[u8]) -> Option<[u32; N]> {
    let mut all = digits(value);
    let mut found = [0; N];
    for digit in &mut found {
        *digit = all.next()?;
    }
    all.next().is_none().then_some(found)
}

/// Exactly so many letters and digits, letters as capitals.
pub(super) fn signs<const N: usize>(value: &[u8]) -> Option<[u8; N]> {
    let mut all = value.iter().filter(|it| it.is_ascii_alphanumeric());
    let mut found = [0; N];
    for sign in &mut found {
        *sign = all.next()?.to_ascii_uppercase();
    }
    all.next().is_none().then_some(found)
}

/// A digit for itself, a letter for ten and more: `A` is 10, `Z` is 35.
pub(super) fn worth(sign: u8) -> u32 {
    match sign {
        b'0'..=b'9' => u32::from(sign - b'0'),
        b'A'..=b'Z' => u32::from(sign - b'A') + 10,
        _ => 0,
    }
}

pub(super) fn weigh(digits: &[u32], weights: &[u32]) -> u32 {
    digits.iter().zip(weights).map(|(one, two)| one * two).sum()
}

/// The number that digits write; at most nineteen of them.
pub(super) fn number(digits: &[u32]) -> u64 {
    digits
        .iter()
        .fold(0, |sum, digit| sum * 10 + u64::from(*digit))
}

pub(super) fn all_same(digits: &[u32]) -> bool {
    digits.windows(2).all(|it| it[0] == it[1])
}

pub(super) fn luhn_sum(digits: impl DoubleEndedIterator<Item = u32>) -> u32 {
    let sum = digits.rev().enumerate().map(|(at, digit)| {
        let weighed = digit * (1 + at as u32 % 2);
        weighed / 10 + weighed % 10
    });
    sum.sum()
}

/// ISO/IEC 7812-1.
pub(super) fn luhn(value: &[u8]) -> bool {
    luhn_sum(digits(value)).is_multiple_of(10) && digits(value).any(|it| it != 0)
}

/// ISO/IEC 7064, MOD 11,10.
pub(super) fn mod_11_10(value: &[u8]) -> bool {
    mod_11_10_of(digits(value))
}

pub(super) fn mod_11_10_of(digits: impl DoubleEndedIterator<Item = u32>) -> bool {
    let mut before = digits;
    let Some(last) = before.next_back() else {
        return false;
    };
    let product = before.fold(10, |product, digit| match (product + digit) % 10 {
        0 => 20 % 11,
        sum => sum * 2 % 11,
    });
    (product + last) % 10 == 1
}

/// ISO/IEC 7064, MOD 11-2: the last sign may be an `X`.
pub(super) fn mod_11_2(value: &[u8]) -> bool {
    let mut signs = value.iter().filter(|it| it.is_ascii_alphanumeric());
    let last = match signs.next_back() {
        Some(b'X' | b'x') => 10,
        Some(digit @ b'0'..=b'9') => u32::from(digit - b'0'),
        _ => return false,
    };
    let sum = signs.fold(0, |sum, sign| (sum + worth(*sign)) * 2 % 11);
    (sum + last) % 11 == 1
}

/// ISO/IEC 7064, MOD 97-10, of letters and digits.
pub(super) fn mod_97_10(value: &[u8]) -> bool {
    let signs = value.iter().filter(|it| it.is_ascii_alphanumeric());
    remainder_97(signs.map(u8::to_ascii_uppercase)) == 1
}

pub(super) fn remainder_97(signs: impl Iterator<Item = u8>) -> u32 {
    signs.fold(0, |rest, sign| match worth(sign) {
        digit @ 0..=9 => (rest * 10 + digit) % 97,
        letter => (rest * 100 + letter) % 97,
    })
}

const VERHOEFF_TIMES: [[u8; 10]; 10] = [
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
    [1, 2, 3, 4, 0, 6, 7, 8, 9, 5],
    [2, 3, 4, 0, 1, 7, 8, 9, 5, 6],
    [3, 4, 0, 1, 2, 8, 9, 5, 6, 7],
    [4, 0, 1, 2, 3, 9, 5, 6, 7, 8],
    [5, 9, 8, 7, 6, 0, 4, 3, 2, 1],
    [6, 5, 9, 8, 7, 1, 0, 4, 3, 2],
    [7, 6, 5, 9, 8, 2, 1, 0, 4, 3],
    [8, 7, 6, 5, 9, 3, 2, 1, 0, 4],
    [9, 8, 7, 6, 5, 4, 3, 2, 1, 0],
];

const VERHOEFF_TURN: [usize; 10] = [1, 5, 7, 6, 2, 8, 3, 0, 9, 4];

/// Verhoeff's check over a group that does not commute.
pub(super) fn verhoeff(value: &[u8]) -> bool {
    verhoeff_of(digits(value))
}

pub(super) fn verhoeff_of(digits: impl DoubleEndedIterator<Item = u32>) -> bool {
    let mut sum = 0;
    for (at, digit) in digits.rev().enumerate() {
        let turned = (0..at % 8).fold(digit as usize, |it, _| VERHOEFF_TURN[it]);
        sum = usize::from(VERHOEFF_TIMES[sum][turned]);
    }
    sum == 0
}

/// ICAO 9303, the machine-readable part of a document: weights 7, 3, 1; the last is the check digit.
pub(super) fn icao(value: &[u8]) -> bool {
    let signs = || {
        value
            .iter()
            .filter(|it| it.is_ascii_alphanumeric() || **it == b'<')
    };
    let count = signs().count();
    if count < 2 {
        return false;
    }
    let sum = signs()
        .take(count - 1)
        .zip([7, 3, 1].into_iter().cycle())
        .map(|(sign, weight)| worth(sign.to_ascii_uppercase()) * weight)
        .sum::<u32>();
    signs()
        .next_back()
        .is_some_and(|last| last.is_ascii_digit() && worth(*last) == sum % 10)
}

/// GS1: weights 3 and 1 from the right.
pub(super) fn gs1(value: &[u8]) -> bool {
    let sum = digits(value)
        .rev()
        .enumerate()
        .map(|(at, digit)| digit * [1, 3][at % 2]);
    sum.sum::<u32>().is_multiple_of(10)
}
