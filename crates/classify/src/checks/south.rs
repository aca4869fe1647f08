//! Numbers of people and firms in Africa and Oceania.

use super::dates;
use super::digits::{digits, exactly, luhn_sum, number, weigh};

/// Australia, a taxpayer: nine digits, or eight of the old.
pub(super) fn tfn(value: &[u8]) -> bool {
    match (exactly::<9>(value), exactly::<8>(value)) {
        (Some(it), _) => {
            weigh(&it, &[1, 4, 3, 7, 5, 8, 6, 9, 10]).is_multiple_of(11) && number(&it) > 0
        }
        (_, Some(it)) => {
            weigh(&it, &[10, 7, 8, 4, 6, 3, 5, 1]).is_multiple_of(11) && number(&it) > 0
        }
        _ => false,
    }
}

/// Australia, a business: one less in the first digit, modulo 89.
pub(super) fn abn(value: &[u8]) -> bool {
    exactly::<11>(value).is_some_and(|mut it| {
        if it[0] == 0 {
            return false;
        }
        it[0] -= 1;
        weigh(&it, &[10, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19]).is_multiple_of(89)
    })
}

/// Australia, a company: weights eight to one.
pub(super) fn acn(value: &[u8]) -> bool {
    exactly::<9>(value).is_some_and(|it| {
        (10 - weigh(&it, &[8, 7, 6, 5, 4, 3, 2, 1]) % 10) % 10 == it[8] && number(&it) > 0
    })
}

/// New Zealand, a taxpayer: a second row of weights where the first gives ten.
pub(super) fn ird(value: &[u8]) -> bool {
    let count = digits(value).count();
    if !(8..=9).contains(&count) {
        return false;
    }
    let mut it = [0; 9];
    for (slot, digit) in it.iter_mut().skip(9 - count).zip(digits(value)) {
        *slot = digit;
    }
    let check = |weights: &[u32]| (11 - weigh(&it, weights) % 11) % 11;
    let digit = match check(&[3, 2, 7, 6, 5, 4, 3, 2]) {
        10 => check(&[7, 4, 3, 2, 5, 2, 7, 6]),
        digit => digit,
    };
    (10_000_000..150_000_000).contains(&number(&it)) && digit == it[8]
}

/// South Africa: a day, citizenship, Luhn.
pub(super) fn za_id(value: &[u8]) -> bool {
    exactly::<13>(value).is_some_and(|it| {
        it[10] <= 2 && dates::year_first(&it) && luhn_sum(it.into_iter()).is_multiple_of(10)
    })
}

/// Egypt: a century, a day, a governorate.
pub(super) fn eg_id(value: &[u8]) -> bool {
    exactly::<14>(value).is_some_and(|it| {
        let place = dates::pair(&it[7..]);
        (2..=3).contains(&it[0])
            && dates::year_first(&it[1..])
            && matches!(place, 1..=4 | 11..=19 | 21..=29 | 31..=35 | 88)
    })
}
