//! Numbers of people and firms in Northern Europe and the Baltic states.

use super::dates;
use super::digits::{digits, exactly, luhn_sum, number, signs, weigh, worth};

/// Sweden: Luhn over ten digits, with the century or without it.
pub(super) fn personnummer(value: &[u8]) -> bool {
    let count = digits(value).count();
    if !matches!(count, 10 | 12) {
        return false;
    }
    let mut it = [0; 10];
    for (slot, digit) in it.iter_mut().zip(digits(value).skip(count - 10)) {
        *slot = digit;
    }
    // Sixty more in the day is for who is not a resident.
    let day = dates::pair(&it[4..]) % 60;
    let century = count == 10
        || matches!(
            digits(value).take(2).fold(0, |sum, it| sum * 10 + it),
            18..=20
        );
    century
        && dates::short(&it, dates::pair(&it[2..]), day)
        && luhn_sum(it.into_iter()).is_multiple_of(10)
}

/// Sweden, a firm: the third digit is at least two, so that it is no date.
pub(super) fn se_firm(value: &[u8]) -> bool {
    exactly::<10>(value).is_some_and(|it| it[2] >= 2 && luhn_sum(it.into_iter()).is_multiple_of(10))
}

/// Finland: the rest modulo 31 chooses a sign.
pub(super) fn hetu(value: &[u8]) -> bool {
    let Some((last, body)) = value.split_last() else {
        return false;
    };
    exactly::<9>(&without_century(body)).is_some_and(|it| {
        let rest = number(&it) % 31;
        dates::day_first(&it)
            && b"0123456789ABCDEFHJKLMNPRSTUVWXY"[rest as usize] == last.to_ascii_uppercase()
            && number(&it[6..]) >= 2
    })
}

/// The seventh sign says the century and may be a letter.
fn without_century(body: &[u8]) -> [u8; 9] {
    let mut found = [b' '; 9];
    for (slot, sign) in found
        .iter_mut()
        .zip(body.iter().filter(|it| it.is_ascii_digit()))
    {
        *slot = *sign;
    }
    found
}

/// Finland, a firm: modulo eleven, a rest of one does not occur.
pub(super) fn y_tunnus(value: &[u8]) -> bool {
    exactly::<8>(value).is_some_and(|it| match weigh(&it, &[7, 9, 10, 5, 8, 4, 2]) % 11 {
        0 => it[7] == 0,
        1 => false,
        rest => it[7] == 11 - rest,
    })
}

/// Norway: two digits modulo eleven.
pub(super) fn fodselsnummer(value: &[u8]) -> bool {
    exactly::<11>(value).is_some_and(|it| {
        // Forty more in the day or month is for who is not a resident, eighty for tests.
        let day = dates::pair(&it) % 40;
        let month = dates::pair(&it[2..]) % 40;
        let one = (11 - weigh(&it, &[3, 7, 6, 1, 8, 9, 4, 5, 2]) % 11) % 11;
        let two = (11 - weigh(&it, &[5, 4, 3, 2, 7, 6, 5, 4, 3, 2]) % 11) % 11;
        dates::short(&it[4..], month, day) && one == it[9] && two == it[10]
    })
}

/// Norway, a firm: modulo eleven.
pub(super) fn orgnr(value: &[u8]) -> bool {
    exactly::<9>(value).is_some_and(|it| {
        matches!(it[0], 8 | 9) && (11 - weigh(&it, &[3, 2, 7, 6, 5, 4, 3, 2]) % 11) % 11 == it[8]
    })
}

/// Denmark: modulo eleven until 2007; a date and a serial since.
pub(super) fn cpr(value: &[u8]) -> bool {
    exactly::<10>(value).is_some_and(|it| dates::day_first(&it))
}

/// Denmark with its check, that newer numbers need not pass.
pub(super) fn cpr_checked(value: &[u8]) -> bool {
    exactly::<10>(value).is_some_and(|it| {
        dates::day_first(&it) && weigh(&it, &[4, 3, 2, 7, 6, 5, 4, 3, 2, 1]).is_multiple_of(11)
    })
}

/// Iceland: modulo eleven, then a digit for the century.
pub(super) fn kennitala(value: &[u8]) -> bool {
    exactly::<10>(value).is_some_and(|it| {
        // A firm's day is forty more.
        let day = dates::pair(&it) % 40;
        let check = (11 - weigh(&it, &[3, 2, 7, 6, 5, 4, 3, 2]) % 11) % 11;
        dates::short(&it[4..], dates::pair(&it[2..]), day)
            && check == it[8]
            && matches!(it[9], 0 | 8 | 9)
    })
}

/// Estonia and Lithuania: two rows of weights modulo eleven.
pub(super) fn isikukood(value: &[u8]) -> bool {
    exactly::<11>(value).is_some_and(|it| {
        let check = match weigh(&it, &[1, 2, 3, 4, 5, 6, 7, 8, 9, 1]) % 11 {
            10 => weigh(&it, &[3, 4, 5, 6, 7, 8, 9, 1, 2, 3]) % 11 % 10,
            rest => rest,
        };
        let born = dates::year_first(&it[1..]);
        (1..=8).contains(&it[0]) && born && check == it[10]
    })
}

/// Latvia: a date and a check, or since 2017 neither of them.
pub(super) fn lv_code(value: &[u8]) -> bool {
    exactly::<11>(value).is_some_and(|it| {
        if it[0] == 3 && it[1] == 2 {
            return true;
        }
        let sum = weigh(&it, &[10, 5, 8, 4, 2, 1, 6, 3, 7, 9]);
        dates::day_first(&it) && (1 + sum) % 11 % 10 == it[10]
    })
}

/// Poland, a person: weights 1, 3, 7, 9; the month tells the century.
pub(super) fn pesel(value: &[u8]) -> bool {
    exactly::<11>(value).is_some_and(|it| {
        let sum = weigh(&it, &[1, 3, 7, 9, 1, 3, 7, 9, 1, 3]);
        let month = dates::pair(&it[2..]) % 20;
        dates::short(&it, month, dates::pair(&it[4..])) && (10 - sum % 10) % 10 == it[10]
    })
}

/// Poland, a taxpayer: modulo eleven.
pub(super) fn nip(value: &[u8]) -> bool {
    exactly::<10>(value)
        .is_some_and(|it| it[0] != 0 && weigh(&it, &[6, 5, 7, 2, 3, 4, 5, 6, 7]) % 11 == it[9])
}

/// Poland, a firm or one of its sites: modulo eleven.
pub(super) fn regon(value: &[u8]) -> bool {
    let nine = |it: &[u32]| weigh(it, &[8, 9, 2, 3, 4, 5, 6, 7]) % 11 % 10 == it[8];
    match (exactly::<9>(value), exactly::<14>(value)) {
        (Some(it), _) => nine(&it),
        (_, Some(it)) => {
            let sum = weigh(&it, &[2, 4, 8, 5, 0, 9, 7, 3, 6, 1, 2, 4, 8]);
            nine(&it) && sum % 11 % 10 == it[13]
        }
        _ => false,
    }
}

/// Poland, a card of identity: letters count ten and more; the fourth sign is the check.
pub(super) fn dowod(value: &[u8]) -> bool {
    signs::<9>(value).is_some_and(|it| {
        let sum = it
            .iter()
            .zip([7, 3, 1, 9, 7, 3, 1, 7, 3])
            .map(|(sign, weight)| worth(*sign) * weight)
            .sum::<u32>();
        sum.is_multiple_of(10)
    })
}

/// Poland, a passport: the third sign is the check.
pub(super) fn pl_passport(value: &[u8]) -> bool {
    signs::<9>(value).is_some_and(|it| {
        let sum = it
            .iter()
            .zip([7, 3, 9, 1, 7, 3, 1, 7, 3])
            .map(|(sign, weight)| worth(*sign) * weight)
            .sum::<u32>();
        sum.is_multiple_of(10)
    })
}
