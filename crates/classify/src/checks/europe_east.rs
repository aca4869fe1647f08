//! Numbers of people and firms in Central and Eastern Europe.

use super::dates;
use super::digits::{digits, exactly, number, weigh};

/// The Czech and Slovak Republics: a woman's month is 50 more; ten digits divide by eleven.
pub(super) fn rodne_cislo(value: &[u8]) -> bool {
    let month = |it: &[u32]| match dates::pair(&it[2..]) {
        month @ 1..=12 => Some(month),
        month @ (21..=32 | 71..=82) => Some(month % 50 - 20),
        month @ 51..=62 => Some(month - 50),
        _ => None,
    };
    let born =
        |it: &[u32]| month(it).is_some_and(|month| dates::short(it, month, dates::pair(&it[4..])));
    match (exactly::<10>(value), exactly::<9>(value)) {
        (Some(it), _) => {
            let rest = number(&it[..9]) % 11 % 10;
            born(&it) && u64::from(it[9]) == rest
        }
        // Until 1953, without a check.
        (_, Some(it)) => born(&it) && dates::pair(&it) <= 53,
        _ => false,
    }
}

/// Czech Republic, a firm: weights eight to two modulo eleven.
pub(super) fn ico(value: &[u8]) -> bool {
    exactly::<8>(value).is_some_and(|it| {
        let rest = weigh(&it, &[8, 7, 6, 5, 4, 3, 2]) % 11;
        (11 - rest) % 10 == it[7]
    })
}

/// Bulgaria: the month tells the century; modulo eleven.
pub(super) fn egn(value: &[u8]) -> bool {
    exactly::<10>(value).is_some_and(|it| {
        let month = dates::pair(&it[2..]) % 20;
        dates::short(&it, month, dates::pair(&it[4..]))
            && weigh(&it, &[2, 4, 8, 5, 10, 9, 7, 3, 6]) % 11 % 10 == it[9]
    })
}

/// Romania, a person: modulo eleven, a rest of ten is one.
pub(super) fn cnp(value: &[u8]) -> bool {
    exactly::<13>(value).is_some_and(|it| {
        let check = match weigh(&it, &[2, 7, 9, 1, 4, 6, 3, 5, 8, 2, 7, 9]) % 11 {
            10 => 1,
            rest => rest,
        };
        it[0] != 0 && dates::year_first(&it[1..]) && check == it[12]
    })
}

/// Romania, a firm: two to ten digits.
pub(super) fn cui(value: &[u8]) -> bool {
    let count = digits(value).count();
    if !(2..=10).contains(&count) {
        return false;
    }
    let mut all = digits(value).rev();
    let last = all.next();
    let sum = all
        .zip([2, 3, 5, 7, 1, 2, 3, 5, 7])
        .map(|(digit, weight)| digit * weight)
        .sum::<u32>();
    last == Some(sum * 10 % 11 % 10)
}

/// Hungary, a person: weights one to ten, or ten to one since 1997.
pub(super) fn hu_personal(value: &[u8]) -> bool {
    exactly::<11>(value).is_some_and(|it| {
        let old = weigh(&it, &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]) % 11;
        let new = weigh(&it, &[10, 9, 8, 7, 6, 5, 4, 3, 2, 1]) % 11;
        (1..=8).contains(&it[0]) && dates::year_first(&it[1..]) && (old == it[10] || new == it[10])
    })
}

/// Hungary, social security: weights three and seven.
pub(super) fn taj(value: &[u8]) -> bool {
    exactly::<9>(value)
        .is_some_and(|it| weigh(&it, &[3, 7, 3, 7, 3, 7, 3, 7]) % 10 == it[8] && number(&it) > 0)
}

/// Hungary, a taxpayer: begins with eight.
pub(super) fn hu_tax(value: &[u8]) -> bool {
    exactly::<10>(value)
        .is_some_and(|it| it[0] == 8 && weigh(&it, &[1, 2, 3, 4, 5, 6, 7, 8, 9]) % 11 == it[9])
}

/// Hungary, a firm.
pub(super) fn hu_vat(value: &[u8]) -> bool {
    exactly::<8>(value).is_some_and(|it| {
        (10 - weigh(&it, &[9, 7, 3, 1, 9, 7, 3]) % 10) % 10 == it[7] && number(&it) > 0
    })
}

/// Slovenia, a taxpayer: weights eight to two modulo eleven.
pub(super) fn si_tax(value: &[u8]) -> bool {
    exactly::<8>(value).is_some_and(|it| {
        let check = 11 - weigh(&it, &[8, 7, 6, 5, 4, 3, 2]) % 11;
        it[0] != 0 && check != 11 && check % 10 == it[7]
    })
}

/// The states of former Yugoslavia: a date, a region, modulo eleven.
pub(super) fn emso(value: &[u8]) -> bool {
    exactly::<13>(value).is_some_and(|it| {
        let check = 11 - weigh(&it, &[7, 6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2]) % 11;
        let born = dates::short(&it[5..], dates::pair(&it[2..]), dates::pair(&it));
        born && check % 11 % 10 == it[12]
    })
}

/// Ukraine, a taxpayer: modulo eleven.
pub(super) fn ua_tax(value: &[u8]) -> bool {
    exactly::<10>(value).is_some_and(|it| {
        // The first weight is minus one, which is ten.
        let sum = weigh(&it, &[10, 5, 7, 9, 4, 6, 10, 5, 7]);
        sum % 11 % 10 == it[9] && number(&it) > 0
    })
}

/// Russia, a taxpayer: ten digits for a firm, twelve for a person.
pub(super) fn inn(value: &[u8]) -> bool {
    match (exactly::<10>(value), exactly::<12>(value)) {
        (Some(it), _) => {
            weigh(&it, &[2, 4, 10, 3, 5, 9, 4, 6, 8]) % 11 % 10 == it[9] && number(&it) > 0
        }
        (_, Some(it)) => {
            weigh(&it, &[7, 2, 4, 10, 3, 5, 9, 4, 6, 8]) % 11 % 10 == it[10]
                && weigh(&it, &[3, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8]) % 11 % 10 == it[11]
        }
        _ => false,
    }
}

/// Russia, pension insurance: weights nine to one modulo 101.
pub(super) fn snils(value: &[u8]) -> bool {
    exactly::<11>(value).is_some_and(|it| {
        let rest = weigh(&it, &[9, 8, 7, 6, 5, 4, 3, 2, 1]) % 101 % 100;
        rest == it[9] * 10 + it[10] && number(&it[..9]) > 1_001_998
    })
}
