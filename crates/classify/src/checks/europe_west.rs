//! Numbers of people and firms in Western Europe.

use super::dates;
use super::digits::{
    digits, exactly, luhn_sum, mod_11_10_of, number, signs, verhoeff_of, weigh, worth,
};

/// Germany, a taxpayer: one digit stands there twice or three times, all others once, then ISO
/// 7064.
pub(super) fn de_tax_id(value: &[u8]) -> bool {
    exactly::<11>(value).is_some_and(|it| {
        let mut counts = [0; 10];
        for digit in &it[..10] {
            counts[*digit as usize] += 1;
        }
        let repeated = counts.iter().filter(|it| **it > 1).count();
        let most = counts.iter().max().copied().unwrap_or(0);
        it[0] != 0 && repeated == 1 && most <= 3 && mod_11_10_of(it.into_iter())
    })
}

/// Germany, pension insurance: area, date of birth, letter, serial.
pub(super) fn de_pension(value: &[u8]) -> bool {
    signs::<12>(value).is_some_and(|it| {
        let letter = worth(it[8]).saturating_sub(9);
        let mut all = [0; 12];
        let mut length = 0;
        for (at, sign) in it[..11].iter().enumerate() {
            if at == 8 {
                all[8] = letter / 10;
                all[9] = letter % 10;
                length += 2;
            } else {
                all[length] = worth(*sign);
                length += 1;
            }
        }
        let sum = all
            .iter()
            .zip([2, 1, 2, 5, 7, 1, 2, 1, 2, 1, 2, 1])
            .map(|(digit, weight)| digit * weight)
            .map(|it| it / 10 + it % 10)
            .sum::<u32>();
        // Days go on after 50 where two share a birthday.
        let day = all[2] * 10 + all[3];
        let born = day % 50 >= 1 && day % 50 <= 31 && (1..=12).contains(&(all[4] * 10 + all[5]));
        sum % 10 == worth(it[11]) && born
    })
}

/// France, a person: 97 less the rest; Corsica's departments have a letter.
pub(super) fn insee(value: &[u8]) -> bool {
    signs::<15>(value).is_some_and(|it| {
        let mut body = [0; 13];
        for (slot, sign) in body.iter_mut().zip(it) {
            *slot = worth(sign);
        }
        match it[6] {
            b'A' => (body[5], body[6]) = (1, 9),
            b'B' => (body[5], body[6]) = (1, 8),
            _ => (),
        }
        let month = body[3] * 10 + body[4];
        let key = u64::from(worth(it[13]) * 10 + worth(it[14]));
        body.iter().all(|it| *it < 10)
            && it[13..].iter().all(u8::is_ascii_digit)
            && matches!(body[0], 1..=4 | 7 | 8)
            && matches!(month, 1..=12 | 20 | 30..=42 | 50..=99)
            && 97 - number(&body) % 97 == key
    })
}

/// France, a taxpayer: the first ten modulo 511.
pub(super) fn spi(value: &[u8]) -> bool {
    exactly::<13>(value).is_some_and(|it| {
        it[0] <= 3 && number(&it[..10]) % 511 == number(&it[10..]) && number(&it[..10]) > 0
    })
}

/// France, a firm or one of its sites: Luhn.
pub(super) fn siren(value: &[u8]) -> bool {
    matches!(digits(value).count(), 9 | 14)
        && luhn_sum(digits(value)).is_multiple_of(10)
        && digits(value).any(|it| it != 0)
}

/// Netherlands: the eleven-test.
pub(super) fn bsn(value: &[u8]) -> bool {
    exactly::<9>(value).is_some_and(|it| {
        let sum = weigh(&it, &[9, 8, 7, 6, 5, 4, 3, 2]);
        sum > 0 && sum % 11 == it[8]
    })
}

/// Belgium: 97 less the rest; since 2000 as if a two stood before it.
pub(super) fn nrn(value: &[u8]) -> bool {
    exactly::<11>(value).is_some_and(|it| {
        let body = number(&it[..9]);
        let key = number(&it[9..]);
        // Twenty or forty more for who is not a resident.
        let month = dates::pair(&it[2..]) % 20;
        let born = month <= 12 && dates::pair(&it[4..]) <= 31;
        let this_century = dates::pair(&it) < 40 && 97 - (2_000_000_000 + body) % 97 == key;
        born && (97 - body % 97 == key || this_century) && body > 0
    })
}

/// Luxembourg: one digit by Luhn, one by Verhoeff, both over the first eleven.
pub(super) fn lu_matricule(value: &[u8]) -> bool {
    exactly::<13>(value).is_some_and(|it| {
        let day = dates::day(
            number(&it[..4]) as u32,
            dates::pair(&it[4..]),
            dates::pair(&it[6..]),
        );
        let without = it[..11].iter().chain(&it[12..]).copied();
        day && luhn_sum(it[..12].iter().copied()).is_multiple_of(10) && verhoeff_of(without)
    })
}

/// Ireland: weights eight to two, a second letter counts nine times.
pub(super) fn pps(value: &[u8]) -> bool {
    let shown = || value.iter().filter(|it| it.is_ascii_alphanumeric());
    if !(8..=9).contains(&shown().count()) {
        return false;
    }
    exactly::<7>(value).is_some_and(|it| {
        let mut letters = shown().skip(7).map(u8::to_ascii_uppercase);
        let check = letters.next().unwrap_or(0);
        let second = match letters.next() {
            // A married woman's `W` and others do not count.
            None | Some(b'T' | b'W' | b'X') => 0,
            Some(letter @ b'A'..=b'I') => worth(letter) - 9,
            Some(_) => return false,
        };
        let sum = weigh(&it, &[8, 7, 6, 5, 4, 3, 2]) + 9 * second;
        b"WABCDEFGHIJKLMNOPQRSTUV"[(sum % 23) as usize] == check
    })
}

/// Great Britain: prefixes that are not given out, none of six equal digits.
pub(super) fn nino(value: &[u8]) -> bool {
    let prefix = [value.first(), value.get(1)].map(|it| it.map_or(0, u8::to_ascii_uppercase));
    !matches!(
        &prefix,
        b"BG" | b"GB" | b"KN" | b"NK" | b"NT" | b"TN" | b"ZZ"
    )
}

/// Great Britain, a taxpayer: the first digit checks the other nine.
pub(super) fn utr(value: &[u8]) -> bool {
    exactly::<10>(value).is_some_and(|it| {
        let rest = weigh(&it[1..], &[6, 7, 8, 9, 10, 5, 4, 3, 2]) % 11;
        [2, 1, 9, 8, 7, 6, 5, 4, 3, 2, 1][rest as usize] == it[0]
    })
}

/// Great Britain, a driver: the birthday stands in the middle, a woman's month is 50 more.
pub(super) fn uk_driver(value: &[u8]) -> bool {
    let Some(it) = value.get(..16) else {
        return false;
    };
    let digit = |at: usize| worth(it[at].to_ascii_uppercase());
    let month = digit(6) % 5 * 10 + digit(7);
    let of_month = digit(8) * 10 + digit(9);
    (1..=12).contains(&month) && (1..=31).contains(&of_month)
}

/// Austria, social insurance: the fourth digit checks all others.
pub(super) fn svnr(value: &[u8]) -> bool {
    exactly::<10>(value).is_some_and(|it| {
        let month = dates::pair(&it[6..]);
        let born = (1..=31).contains(&dates::pair(&it[4..])) && (1..=15).contains(&month);
        it[0] != 0 && born && weigh(&it, &[3, 7, 9, 0, 5, 8, 4, 2, 1, 6]) % 11 == it[3]
    })
}

/// Austria, a taxpayer: weights one and two, digits of the products added.
pub(super) fn at_tax(value: &[u8]) -> bool {
    exactly::<9>(value).is_some_and(|it| {
        let sum = it[..8]
            .iter()
            .zip([1, 2].into_iter().cycle())
            .map(|(digit, weight)| digit * weight)
            .map(|it| it / 10 + it % 10)
            .sum::<u32>();
        (80 - sum) % 10 == it[8]
    })
}

/// Switzerland, a person or a card: thirteen digits that begin with the country.
pub(super) fn ahv(value: &[u8]) -> bool {
    exactly::<13>(value).is_some() && super::digits::gs1(value)
}

/// Switzerland, a firm: modulo eleven.
pub(super) fn uid_ch(value: &[u8]) -> bool {
    exactly::<9>(value)
        .is_some_and(|it| (11 - weigh(&it, &[5, 4, 3, 2, 7, 6, 5, 4]) % 11) % 11 == it[8])
}
