//! People and their care: national health numbers, prescribers and providers.

use super::digits::{digits, exactly, luhn_sum, signs, weigh};

/// Provider in the United States: Luhn as if `80840` stood before it.
pub(super) fn npi(value: &[u8]) -> bool {
    exactly::<10>(value).is_some_and(|it| {
        (luhn_sum(it.into_iter()) + 24).is_multiple_of(10) && matches!(it[0], 1 | 2)
    })
}

/// Prescriber in the United States: two letters and seven digits.
pub(super) fn dea(value: &[u8]) -> bool {
    exactly::<7>(value)
        .is_some_and(|it| (it[0] + it[2] + it[4] + 2 * (it[1] + it[3] + it[5])) % 10 == it[6])
}

/// Patient in England, Wales and the Isle of Man: weights ten to two, modulo eleven.
pub(super) fn nhs(value: &[u8]) -> bool {
    exactly::<10>(value).is_some_and(|it| {
        let rest = weigh(&it[..9], &[10, 9, 8, 7, 6, 5, 4, 3, 2]) % 11;
        (11 - rest) % 11 == it[9] && it[..9].iter().any(|digit| *digit != it[9])
    })
}

/// Medicare in Australia: the ninth digit checks the first eight.
pub(super) fn au_medicare(value: &[u8]) -> bool {
    let mut it = [0; 9];
    let count = digits(value).count();
    for (slot, digit) in it.iter_mut().zip(digits(value)) {
        *slot = digit;
    }
    (10..=11).contains(&count)
        && (2..=6).contains(&it[0])
        && weigh(&it[..8], &[1, 3, 7, 9, 1, 3, 7, 9]) % 10 == it[8]
}

/// Patient in New Zealand, the old form (digit last) and the one of 2019 (letter last).
pub(super) fn nz_nhi(value: &[u8]) -> bool {
    // Without I and O.
    let order = |sign: u8| match sign {
        b'0'..=b'9' => Some(u32::from(sign - b'0')),
        b'A'..=b'Z' => b"ABCDEFGHJKLMNPQRSTUVWXYZ"
            .iter()
            .position(|it| *it == sign)
            .map(|it| it as u32 + 1),
        _ => None,
    };
    let Some(it) = signs::<7>(value) else {
        return false;
    };
    let mut sum = 0;
    for (sign, weight) in it[..6].iter().zip([7, 6, 5, 4, 3, 2]) {
        let Some(worth) = order(*sign) else {
            return false;
        };
        sum += worth * weight;
    }
    if it[6].is_ascii_digit() {
        let rest = sum % 11;
        rest != 0 && (11 - rest) % 10 == u32::from(it[6] - b'0')
    } else {
        order(it[6]) == Some(23 - sum % 23)
    }
}

/// Patient in Ontario and others: ten digits with Luhn.
pub(super) fn ten_luhn(value: &[u8]) -> bool {
    exactly::<10>(value).is_some_and(|it| luhn_sum(it.into_iter()).is_multiple_of(10) && it[0] != 0)
}

/// Patient in British Columbia: begins with nine, weights modulo eleven.
pub(super) fn bc_phn(value: &[u8]) -> bool {
    exactly::<10>(value).is_some_and(|it| {
        it[0] == 9 && 11 - weigh(&it[1..9], &[2, 4, 8, 5, 10, 9, 7, 3]) % 11 == it[9]
    })
}
