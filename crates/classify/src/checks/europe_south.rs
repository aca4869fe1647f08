//! Numbers of people and firms in Southern Europe.

use super::dates;
use super::digits::{exactly, luhn_sum, number, signs, weigh, worth};

const LETTERS_23: &[u8; 23] = b"TRWAGMYFPDXBNJZSQVHLCKE";

/// Spain, a citizen: the number modulo 23 chooses a letter.
pub(super) fn dni(value: &[u8]) -> bool {
    signs::<9>(value).is_some_and(|it| letter_23(&it[..8], it[8]))
}

/// Spain, a foreigner: `X`, `Y` and `Z` are 0, 1 and 2.
pub(super) fn nie(value: &[u8]) -> bool {
    signs::<9>(value).is_some_and(|mut it| {
        it[0] = match it[0] {
            b'X' => b'0',
            b'Y' => b'1',
            b'Z' => b'2',
            _ => return false,
        };
        letter_23(&it[..8], it[8])
    })
}

/// Spain, any person who pays taxes: `K`, `L` and `M` stand before seven digits.
pub(super) fn nif(value: &[u8]) -> bool {
    let special = || {
        signs::<9>(value)
            .is_some_and(|it| matches!(it[0], b'K' | b'L' | b'M') && letter_23(&it[1..8], it[8]))
    };
    dni(value) || nie(value) || special()
}

fn letter_23(digits: &[u8], letter: u8) -> bool {
    digits.iter().all(u8::is_ascii_digit) && {
        let rest = digits
            .iter()
            .fold(0, |rest, it| (rest * 10 + worth(*it)) % 23);
        LETTERS_23[rest as usize] == letter
    }
}

/// Spain, a firm: a digit or a letter, by the kind.
pub(super) fn cif(value: &[u8]) -> bool {
    signs::<9>(value).is_some_and(|it| {
        if !it[1..8].iter().all(u8::is_ascii_digit) {
            return false;
        }
        let sum = luhn_sum(it[1..8].iter().map(|it| worth(*it)).chain([0]));
        let digit = ((10 - sum % 10) % 10) as usize;
        it[0].is_ascii_alphabetic()
            && (worth(it[8]) == digit as u32 || b"JABCDEFGHI"[digit] == it[8])
    })
}

/// Spain, social security: the rest modulo 97; a short serial stands without its zero.
pub(super) fn es_social(value: &[u8]) -> bool {
    let parted = |province: u64, serial: u64, key: u64| {
        let whole = if serial < 10_000_000 {
            province * 10_000_000 + serial
        } else {
            province * 100_000_000 + serial
        };
        (1..=66).contains(&province) && whole % 97 == key
    };
    match (exactly::<12>(value), exactly::<11>(value)) {
        (Some(it), _) => parted(number(&it[..2]), number(&it[2..10]), number(&it[10..])),
        (_, Some(it)) => parted(number(&it[..2]), number(&it[2..9]), number(&it[9..])),
        _ => false,
    }
}

/// What an odd place of an Italian code counts, for digits and letters alike.
const ODD: [u32; 26] = [
    1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23,
];

/// Italy, a person: two tables modulo 26.
pub(super) fn codice_fiscale(value: &[u8]) -> bool {
    signs::<16>(value).is_some_and(|it| {
        let place = |sign: u8| {
            if sign.is_ascii_digit() {
                sign - b'0'
            } else {
                sign - b'A'
            }
        };
        let sum = it[..15]
            .iter()
            .enumerate()
            .map(|(at, sign)| match at % 2 {
                0 => ODD[usize::from(place(*sign))],
                _ => u32::from(place(*sign)),
            })
            .sum::<u32>();
        it[15] == b'A' + (sum % 26) as u8
    })
}

/// Italy, a firm: seven digits, an office, Luhn.
pub(super) fn partita_iva(value: &[u8]) -> bool {
    exactly::<11>(value).is_some_and(|it| {
        let office = number(&it[7..10]);
        luhn_sum(it.into_iter()).is_multiple_of(10)
            && number(&it[..7]) > 0
            && matches!(office, 1..=100 | 120 | 121 | 888 | 999)
    })
}

/// Portugal, a taxpayer: weights nine to two modulo eleven.
pub(super) fn pt_nif(value: &[u8]) -> bool {
    exactly::<9>(value).is_some_and(|it| {
        let check = 11 - weigh(&it, &[9, 8, 7, 6, 5, 4, 3, 2]) % 11;
        it[0] != 0 && it[8] == if check > 9 { 0 } else { check }
    })
}

/// Portugal, a citizen's card: Luhn over letters and digits.
pub(super) fn pt_card(value: &[u8]) -> bool {
    signs::<12>(value).is_some_and(|it| {
        let sum = it
            .iter()
            .rev()
            .enumerate()
            .map(|(at, sign)| match at % 2 {
                0 => worth(*sign),
                _ => match worth(*sign) * 2 {
                    twice @ 0..=9 => twice,
                    twice => twice - 9,
                },
            })
            .sum::<u32>();
        sum.is_multiple_of(10)
    })
}

/// Greece, a taxpayer: powers of two modulo eleven.
pub(super) fn afm(value: &[u8]) -> bool {
    exactly::<9>(value).is_some_and(|it| {
        let sum = weigh(&it, &[256, 128, 64, 32, 16, 8, 4, 2]);
        sum > 0 && sum % 11 % 10 == it[8]
    })
}

/// Greece, social security: a date and Luhn.
pub(super) fn amka(value: &[u8]) -> bool {
    exactly::<11>(value)
        .is_some_and(|it| dates::day_first(&it) && luhn_sum(it.into_iter()).is_multiple_of(10))
}

/// Cyprus, a taxpayer: digits in odd places are exchanged by a table, modulo 26.
pub(super) fn cy_tax(value: &[u8]) -> bool {
    signs::<9>(value).is_some_and(|it| {
        let sum = it[..8]
            .iter()
            .enumerate()
            .map(|(at, sign)| match at % 2 {
                0 => ODD[(worth(*sign) % 26) as usize],
                _ => worth(*sign),
            })
            .sum::<u32>();
        it[..8].iter().all(u8::is_ascii_digit) && it[8] == b'A' + (sum % 26) as u8
    })
}

/// Malta, a firm: weights modulo 37.
pub(super) fn mt_vat(value: &[u8]) -> bool {
    exactly::<8>(value)
        .is_some_and(|it| it[0] != 0 && weigh(&it, &[3, 4, 6, 7, 8, 9, 10, 1]).is_multiple_of(37))
}

/// Turkey, a person: two digits, one of odd and even places, one of all.
pub(super) fn tckn(value: &[u8]) -> bool {
    exactly::<11>(value).is_some_and(|it| {
        let odd = it[0] + it[2] + it[4] + it[6] + it[8];
        let even = it[1] + it[3] + it[5] + it[7];
        it[0] != 0
            && (odd * 7 + 100 - even) % 10 == it[9]
            && it[..10].iter().sum::<u32>() % 10 == it[10]
    })
}
