//! Numbers of people and firms in Asia.

use super::dates;
use super::digits::{
    all_same, digits, exactly, luhn_sum, mod_11_2, number, signs, verhoeff_of, weigh, worth,
};

/// India, a resident: Verhoeff; none begins with zero or one, none reads the same backwards.
pub(super) fn aadhaar(value: &[u8]) -> bool {
    exactly::<12>(value).is_some_and(|it| {
        let mirrored = it.iter().eq(it.iter().rev());
        it[0] >= 2 && !mirrored && verhoeff_of(it.into_iter())
    })
}

/// India, a firm: modulo 36.
pub(super) fn gst(value: &[u8]) -> bool {
    signs::<15>(value).is_some_and(|it| {
        let sum = it[..14]
            .iter()
            .enumerate()
            .map(|(at, sign)| worth(*sign) * (1 + at as u32 % 2))
            .map(|it| it / 36 + it % 36)
            .sum::<u32>();
        let state = worth(it[0]) * 10 + worth(it[1]);
        (1..=38).contains(&state) && worth(it[14]) == (36 - sum % 36) % 36
    })
}

/// Japan, a person: modulo eleven.
pub(super) fn my_number(value: &[u8]) -> bool {
    exactly::<12>(value).is_some_and(|it| {
        let check = match weigh(&it, &[6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2]) % 11 {
            0 | 1 => 0,
            rest => 11 - rest,
        };
        check == it[11] && !all_same(&it)
    })
}

/// Japan, a firm: the first digit checks the other twelve.
pub(super) fn jp_firm(value: &[u8]) -> bool {
    exactly::<13>(value).is_some_and(|it| {
        let sum = weigh(&it[1..], &[2, 1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 1]);
        it[0] == 9 - sum % 9
    })
}

/// South Korea, a person: modulo eleven; since October 2020 by chance.
pub(super) fn rrn(value: &[u8]) -> bool {
    exactly::<13>(value).is_some_and(|it| {
        let sum = weigh(&it, &[2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5]);
        let this_century = matches!(it[6], 3 | 4 | 7 | 8);
        let unchecked = this_century && (20..40).contains(&dates::pair(&it));
        // The seventh digit is the century, and whether a foreigner's.
        dates::year_first(&it) && ((11 - sum % 11) % 10 == it[12] || unchecked)
    })
}

/// South Korea, a firm.
pub(super) fn brn(value: &[u8]) -> bool {
    exactly::<10>(value).is_some_and(|it| {
        let sum = weigh(&it, &[1, 3, 7, 1, 3, 7, 1, 3]) + it[8] * 5 / 10 + it[8] * 5;
        (10 - sum % 10) % 10 == it[9] && number(&it) > 0
    })
}

/// China, a resident: a region, a day, ISO 7064 MOD 11-2.
pub(super) fn resident_id(value: &[u8]) -> bool {
    if value.len() != 18 {
        return false;
    }
    exactly::<8>(&value[6..14]).is_some_and(|it| {
        let year = number(&it[..4]) as u32;
        (1_850..=2_050).contains(&year)
            && dates::day(year, dates::pair(&it[4..]), dates::pair(&it[6..]))
    }) && mod_11_2(value)
}

/// China, a firm: eighteen signs modulo 31.
pub(super) fn uscc(value: &[u8]) -> bool {
    const ORDER: &[u8; 31] = b"0123456789ABCDEFGHJKLMNPQRTUWXY";
    let weights = [
        1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28,
    ];
    signs::<18>(value).is_some_and(|it| {
        let place = |sign: u8| ORDER.iter().position(|it| *it == sign);
        let sum = it[..17]
            .iter()
            .zip(weights)
            .map(|(sign, weight)| place(*sign).map(|it| it * weight))
            .sum::<Option<usize>>();
        sum.is_some_and(|sum| place(it[17]) == Some((31 - sum % 31) % 31))
    })
}

/// Singapore: the prefix shifts the sum and chooses the table.
pub(super) fn nric(value: &[u8]) -> bool {
    signs::<9>(value).is_some_and(|it| {
        let body = [1, 2, 3, 4, 5, 6, 7].map(|at| worth(it[at]));
        let sum = weigh(&body, &[2, 7, 6, 5, 4, 3, 2]);
        let (shift, table) = match it[0] {
            b'S' => (0, b"JZIHGFEDCBA"),
            b'T' => (4, b"JZIHGFEDCBA"),
            b'F' => (0, b"XWUTRQPNMLK"),
            b'G' => (4, b"XWUTRQPNMLK"),
            b'M' => (3, b"XWUTRQPNJLK"),
            _ => return false,
        };
        body.iter().all(|it| *it < 10) && table[((sum + shift) % 11) as usize] == it[8]
    })
}

/// Hong Kong: one letter or two, weights nine to one modulo eleven.
pub(super) fn hkid(value: &[u8]) -> bool {
    let shown = || {
        value
            .iter()
            .filter(|it| it.is_ascii_alphanumeric())
            .map(u8::to_ascii_uppercase)
    };
    let count = shown().count();
    if !(8..=9).contains(&count) {
        return false;
    }
    // One letter is filled up with a space, that counts 36.
    let space = if count == 8 { 36 * 9 } else { 0 };
    let sum = shown()
        .take(count - 1)
        .enumerate()
        .map(|(at, sign)| worth(sign) * (count - at) as u32)
        .sum::<u32>()
        + space;
    let check = match (11 - sum % 11) % 11 {
        10 => b'A',
        digit => b'0' + digit as u8,
    };
    shown().next_back() == Some(check)
}

/// Taiwan: the letter is a place of two digits.
pub(super) fn tw_id(value: &[u8]) -> bool {
    signs::<10>(value).is_some_and(|it| {
        let Some(place) = b"ABCDEFGHJKLMNPQRSTUVXYWZIO"
            .iter()
            .position(|sign| *sign == it[0])
        else {
            return false;
        };
        let place = place as u32 + 10;
        let body = [1, 2, 3, 4, 5, 6, 7, 8, 9].map(|at| worth(it[at]));
        let sum = place / 10 + place % 10 * 9 + weigh(&body, &[8, 7, 6, 5, 4, 3, 2, 1, 1]);
        body.iter().all(|it| *it < 10) && sum.is_multiple_of(10)
    })
}

/// Thailand: weights thirteen to two modulo eleven.
pub(super) fn th_id(value: &[u8]) -> bool {
    exactly::<13>(value).is_some_and(|it| {
        let sum = weigh(&it, &[13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2]);
        (1..=8).contains(&it[0]) && (11 - sum % 11) % 10 == it[12]
    })
}

/// Malaysia: a day and a state.
pub(super) fn mykad(value: &[u8]) -> bool {
    exactly::<12>(value).is_some_and(|it| {
        let place = dates::pair(&it[6..]);
        dates::year_first(&it) && !matches!(place, 0 | 17..=20 | 69 | 70 | 73 | 80 | 81 | 94..=97)
    })
}

/// Indonesia: a province and a day, a woman's forty more.
pub(super) fn nik(value: &[u8]) -> bool {
    exactly::<16>(value).is_some_and(|it| {
        let day = dates::pair(&it[6..]) % 40;
        let province = dates::pair(&it);
        (11..=96).contains(&province)
            && dates::short(&it[10..], dates::pair(&it[8..]), day)
            && number(&it[12..]) > 0
    })
}

/// Israel: Luhn, with zeros in front.
pub(super) fn teudat_zehut(value: &[u8]) -> bool {
    exactly::<9>(value)
        .is_some_and(|it| luhn_sum(it.into_iter()).is_multiple_of(10) && number(&it) > 0)
}

/// Saudi Arabia and others of the Gulf: Luhn.
pub(super) fn gulf(value: &[u8]) -> bool {
    let count = digits(value).count();
    matches!(count, 10 | 15) && luhn_sum(digits(value)).is_multiple_of(10)
}

/// Kuwait: a century, a day, weights modulo eleven.
pub(super) fn kw_civil(value: &[u8]) -> bool {
    exactly::<12>(value).is_some_and(|it| {
        let check = 11 - weigh(&it, &[2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]) % 11;
        (2..=3).contains(&it[0]) && dates::year_first(&it[1..]) && check == it[11]
    })
}

/// Kazakhstan: two rows of weights modulo eleven.
pub(super) fn iin(value: &[u8]) -> bool {
    exactly::<12>(value).is_some_and(|it| {
        let check = match weigh(&it, &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]) % 11 {
            10 => weigh(&it, &[3, 4, 5, 6, 7, 8, 9, 10, 11, 1, 2]) % 11,
            rest => rest,
        };
        dates::year_first(&it) && it[6] <= 6 && check == it[11]
    })
}

/// Sri Lanka: a year and the day of that year, a woman's 500 more.
pub(super) fn lk_nic(value: &[u8]) -> bool {
    let of_year = |it: &[u32]| {
        let day = number(it) % 500;
        (1..=366).contains(&day)
    };
    match (exactly::<9>(value), exactly::<12>(value)) {
        (Some(it), _) => of_year(&it[2..5]),
        (_, Some(it)) => matches!(number(&it[..4]), 1_900..=2_039) && of_year(&it[4..7]),
        _ => false,
    }
}

/// Vietnam: a province, a digit for sex and century, a year.
pub(super) fn cccd(value: &[u8]) -> bool {
    exactly::<12>(value).is_some_and(|it| (1..=96).contains(&number(&it[..3])) && it[3] <= 3)
}

/// Iran: weights ten to two modulo eleven.
pub(super) fn melli(value: &[u8]) -> bool {
    exactly::<10>(value).is_some_and(|it| {
        let check = match weigh(&it, &[10, 9, 8, 7, 6, 5, 4, 3, 2]) % 11 {
            rest @ 0..=1 => rest,
            rest => 11 - rest,
        };
        check == it[9] && !all_same(&it)
    })
}
