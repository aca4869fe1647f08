//! Numbers of people and firms in the Americas.

use super::dates;
use super::digits::{all_same, digits, exactly, luhn_sum, signs, weigh, worth};

/// United States: areas, groups and serials that are given out. Two that were printed in
/// advertisements are nobody's.
pub(super) fn ssn(value: &[u8]) -> bool {
    exactly::<9>(value).is_some_and(|it| {
        let area = it[0] * 100 + it[1] * 10 + it[2];
        let group = it[3] * 10 + it[4];
        let serial = it[5..].iter().fold(0, |sum, digit| sum * 10 + digit);
        area != 0
            && area != 666
            && area < 900
            && group != 0
            && serial != 0
            && !matches!((area, group, serial), (78, 5, 1120) | (219, 9, 9999))
            && !all_same(&it)
    })
}

/// United States: begins with nine, the group is one of those for taxpayers.
pub(super) fn itin(value: &[u8]) -> bool {
    exactly::<9>(value).is_some_and(|it| {
        let group = it[3] * 10 + it[4];
        it[0] == 9 && matches!(group, 50..=65 | 70..=88 | 90..=92 | 94..=99)
    })
}

/// United States: the first two digits are a campus of the tax authority.
pub(super) fn ein(value: &[u8]) -> bool {
    exactly::<9>(value).is_some_and(|it| {
        let campus = it[0] * 10 + it[1];
        !matches!(campus, 0 | 7..=9 | 17..=19 | 28 | 29 | 49 | 69 | 70 | 78 | 79 | 89 | 96 | 97)
    })
}

/// Canada: Luhn; none begins with zero or eight.
pub(super) fn sin(value: &[u8]) -> bool {
    exactly::<9>(value)
        .is_some_and(|it| luhn_sum(it.into_iter()).is_multiple_of(10) && !matches!(it[0], 0 | 8))
}

/// Brazil, a person: two digits modulo eleven.
pub(super) fn cpf(value: &[u8]) -> bool {
    exactly::<11>(value).is_some_and(|it| {
        let digit = |weights: &[u32]| 11 - weigh(&it, weights) % 11;
        let one = digit(&[10, 9, 8, 7, 6, 5, 4, 3, 2]) % 11 % 10;
        let two = digit(&[11, 10, 9, 8, 7, 6, 5, 4, 3, 2]) % 11 % 10;
        it[9] == one && it[10] == two && !all_same(&it)
    })
}

/// Brazil, a firm: letters count as their place in ASCII after `0`, since July 2026.
pub(super) fn cnpj(value: &[u8]) -> bool {
    signs::<14>(value).is_some_and(|it| {
        let worths = it.map(|sign| u32::from(sign - b'0'));
        let digit = |weights: &[u32]| match weigh(&worths, weights) % 11 {
            0 | 1 => 0,
            rest => 11 - rest,
        };
        worths[12] == digit(&[5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2])
            && worths[13] == digit(&[6, 5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2])
            && !all_same(&worths)
    })
}

/// Brazil, an electoral card: a federal state and two digits.
pub(super) fn titulo(value: &[u8]) -> bool {
    exactly::<12>(value).is_some_and(|it| {
        let state = it[8] * 10 + it[9];
        let rest = |sum: u32| match sum % 11 {
            0 if state <= 2 => 1,
            10 => 0,
            rest => rest,
        };
        let one = rest(weigh(&it, &[2, 3, 4, 5, 6, 7, 8, 9]));
        let two = rest(it[8] * 7 + it[9] * 8 + one * 9);
        (1..=28).contains(&state) && it[10] == one && it[11] == two
    })
}

/// Brazil, social integration of a worker: one digit modulo eleven.
pub(super) fn pis(value: &[u8]) -> bool {
    exactly::<11>(value).is_some_and(|it| {
        let digit = 11 - weigh(&it, &[3, 2, 9, 8, 7, 6, 5, 4, 3, 2]) % 11;
        it[10] == digit % 11 % 10 && !all_same(&it)
    })
}

/// Mexico, a person: the order of signs has Ñ after N, so that all after it count one more.
pub(super) fn curp(value: &[u8]) -> bool {
    signs::<18>(value).is_some_and(|it| {
        let sum = it[..17]
            .iter()
            .enumerate()
            .map(|(at, sign)| (worth(*sign) + u32::from(*sign > b'N')) * (18 - at as u32))
            .sum::<u32>();
        let born = [4, 5, 6, 7, 8, 9].map(|at| worth(it[at]));
        worth(it[17]) == (10 - sum % 10) % 10 && dates::year_first(&born)
    })
}

/// Mexico, a taxpayer: twelve signs for a firm, thirteen for a person.
pub(super) fn rfc(value: &[u8]) -> bool {
    let order = |sign: u8| match sign {
        b'&' => 24,
        b' ' => 37,
        b'0'..=b'N' => worth(sign),
        other => worth(other) + 1,
    };
    let shown = || {
        value
            .iter()
            .filter(|it| it.is_ascii_alphanumeric() || **it == b'&')
            .map(u8::to_ascii_uppercase)
    };
    let count = shown().count();
    if !(12..=13).contains(&count) {
        return false;
    }
    // A firm's is filled up with a space in front.
    let padding = 13 - count;
    let sum = shown()
        .take(count - 1)
        .enumerate()
        .map(|(at, sign)| order(sign) * (13 - (at + padding) as u32))
        .sum::<u32>()
        + if padding == 1 { 37 * 13 } else { 0 };
    let last = match (11 - sum % 11) % 11 {
        10 => b'A',
        digit => b'0' + digit as u8,
    };
    shown().next_back() == Some(last)
}

/// Argentina, a taxpayer: modulo eleven.
pub(super) fn cuit(value: &[u8]) -> bool {
    exactly::<11>(value).is_some_and(|it| {
        let kind = it[0] * 10 + it[1];
        let digit = 11 - weigh(&it, &[5, 4, 3, 2, 7, 6, 5, 4, 3, 2]) % 11;
        matches!(
            kind,
            20 | 23 | 24 | 25 | 26 | 27 | 30 | 33 | 34 | 50 | 51 | 55
        ) && it[10] == if digit == 10 { 9 } else { digit % 11 }
    })
}

/// Chile: weights two to seven from the right; ten is a `K`.
pub(super) fn rut(value: &[u8]) -> bool {
    let shown = || value.iter().filter(|it| it.is_ascii_alphanumeric());
    let count = shown().count();
    if !(8..=9).contains(&count) {
        return false;
    }
    let sum = digits(value)
        .take(count - 1)
        .enumerate()
        .map(|(at, digit)| digit * (2 + (count - 2 - at) as u32 % 6))
        .sum::<u32>();
    let last = match 11 - sum % 11 {
        11 => b'0',
        10 => b'K',
        digit => b'0' + digit as u8,
    };
    shown()
        .next_back()
        .is_some_and(|it| it.to_ascii_uppercase() == last)
}

/// Colombia, a taxpayer: primes as weights, modulo eleven.
pub(super) fn nit(value: &[u8]) -> bool {
    let count = digits(value).count();
    if !(9..=10).contains(&count) {
        return false;
    }
    let mut all = digits(value).rev();
    let last = all.next();
    let sum = all
        .zip([3, 7, 13, 17, 19, 23, 29, 37, 41])
        .map(|(digit, weight)| digit * weight)
        .sum::<u32>();
    let digit = match sum % 11 {
        rest @ 0..=1 => rest,
        rest => 11 - rest,
    };
    last == Some(digit)
}

/// Peru, a taxpayer: modulo eleven.
pub(super) fn ruc(value: &[u8]) -> bool {
    exactly::<11>(value).is_some_and(|it| {
        let kind = it[0] * 10 + it[1];
        let digit = 11 - weigh(&it, &[5, 4, 3, 2, 7, 6, 5, 4, 3, 2]) % 11;
        matches!(kind, 10 | 15 | 16 | 17 | 20) && it[10] == digit % 10
    })
}

/// Ecuador, a person: a province, then Luhn's way from the left.
pub(super) fn cedula_ec(value: &[u8]) -> bool {
    exactly::<10>(value).is_some_and(|it| {
        let province = it[0] * 10 + it[1];
        (matches!(province, 1..=24 | 30) && it[2] < 7)
            && luhn_sum(it.into_iter()).is_multiple_of(10)
    })
}

/// Dominican Republic: eleven digits with Luhn.
pub(super) fn cedula_do(value: &[u8]) -> bool {
    exactly::<11>(value)
        .is_some_and(|it| luhn_sum(it.into_iter()).is_multiple_of(10) && !all_same(&it))
}

/// Uruguay, a person: weights 2, 9, 8, 7, 6, 3, 4.
pub(super) fn ci_uy(value: &[u8]) -> bool {
    exactly::<8>(value).is_some_and(|it| {
        (10 - weigh(&it, &[2, 9, 8, 7, 6, 3, 4]) % 10) % 10 == it[7] && !all_same(&it)
    })
}

/// Venezuela, a taxpayer: the kind counts too.
pub(super) fn rif(value: &[u8]) -> bool {
    let kind = match value.first().map(u8::to_ascii_uppercase) {
        Some(b'V') => 4,
        Some(b'E') => 8,
        Some(b'J') => 12,
        Some(b'P') => 16,
        Some(b'G') => 20,
        _ => return false,
    };
    exactly::<9>(value).is_some_and(|it| {
        let sum = kind + weigh(&it, &[3, 2, 7, 6, 5, 4, 3, 2]);
        let digit = 11 - sum % 11;
        it[8] == if digit > 9 { 0 } else { digit }
    })
}
