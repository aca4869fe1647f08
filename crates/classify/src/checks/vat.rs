//! Value added tax: each country's own check behind its two letters.

use super::digits::{exactly, luhn_sum, mod_11_10_of, number, remainder_97, signs, weigh, worth};
use super::{
    europe_east as east, europe_north as north, europe_south as south, europe_west as west,
};

/// The check of what comes after the country.
type Body = fn(&[u8]) -> bool;

/// In the order of letters. Greece writes `EL`, Northern Ireland `XI`.
static COUNTRIES: &[(&[u8; 2], Body)] = &[
    (b"AT", at),
    (b"BE", be),
    (b"BG", bg),
    (b"CH", west::uid_ch),
    (b"CY", south::cy_tax),
    (b"CZ", cz),
    (b"DE", de),
    (b"DK", dk),
    (b"EE", ee),
    (b"EL", south::afm),
    (b"ES", es),
    (b"FI", north::y_tunnus),
    (b"FR", fr),
    (b"GB", gb),
    (b"GR", south::afm),
    (b"HR", hr),
    (b"HU", east::hu_vat),
    (b"IE", ie),
    (b"IT", south::partita_iva),
    (b"LT", lt),
    (b"LU", lu),
    (b"LV", lv),
    (b"MT", south::mt_vat),
    (b"NL", nl),
    (b"NO", north::orgnr),
    (b"PL", north::nip),
    (b"PT", south::pt_nif),
    (b"RO", east::cui),
    (b"SE", se),
    (b"SI", east::si_tax),
    (b"SK", sk),
    (b"XI", gb),
];

/// Two letters and what that country asks for.
pub(super) fn vat(value: &[u8]) -> bool {
    let [one, two, body @ ..] = value else {
        return false;
    };
    let code = [one.to_ascii_uppercase(), two.to_ascii_uppercase()];
    COUNTRIES
        .binary_search_by(|(it, _)| it.as_slice().cmp(&code))
        .is_ok_and(|at| (COUNTRIES[at].1)(body))
}

fn at(body: &[u8]) -> bool {
    exactly::<8>(body).is_some_and(|it| {
        let sum = luhn_sum(it[..7].iter().copied());
        (10 - (sum + 4) % 10) % 10 == it[7]
    })
}

fn be(body: &[u8]) -> bool {
    exactly::<10>(body)
        .is_some_and(|it| it[0] <= 1 && (number(&it[..8]) + number(&it[8..])).is_multiple_of(97))
}

fn bg(body: &[u8]) -> bool {
    if let Some(it) = exactly::<9>(body) {
        let check = match weigh(&it, &[1, 2, 3, 4, 5, 6, 7, 8]) % 11 {
            10 => weigh(&it, &[3, 4, 5, 6, 7, 8, 9, 10]) % 11 % 10,
            rest => rest,
        };
        return check == it[8];
    }
    exactly::<10>(body).is_some_and(|it| {
        let foreign = weigh(&it, &[21, 19, 17, 13, 11, 9, 7, 3, 1]) % 10 == it[9];
        let other = (11 - weigh(&it, &[4, 3, 2, 7, 6, 5, 4, 3, 2]) % 11) % 11 == it[9];
        east::egn(body) || foreign || other
    })
}

fn cz(body: &[u8]) -> bool {
    east::ico(body) || east::rodne_cislo(body) || special_cz(body)
}

/// Nine digits that begin with six.
fn special_cz(body: &[u8]) -> bool {
    exactly::<9>(body).is_some_and(|it| {
        let rest = weigh(&it[1..], &[8, 7, 6, 5, 4, 3, 2]) % 11;
        it[0] == 6 && (rest + 8) % 10 == it[8]
    })
}

fn de(body: &[u8]) -> bool {
    exactly::<9>(body).is_some_and(|it| it[0] != 0 && mod_11_10_of(it.into_iter()))
}

fn dk(body: &[u8]) -> bool {
    exactly::<8>(body)
        .is_some_and(|it| it[0] != 0 && weigh(&it, &[2, 7, 6, 5, 4, 3, 2, 1]).is_multiple_of(11))
}

fn ee(body: &[u8]) -> bool {
    exactly::<9>(body).is_some_and(|it| {
        weigh(&it, &[3, 7, 1, 3, 7, 1, 3, 7, 1]).is_multiple_of(10) && number(&it) > 0
    })
}

fn es(body: &[u8]) -> bool {
    south::nif(body) || south::cif(body)
}

fn fr(body: &[u8]) -> bool {
    const ORDER: &[u8; 34] = b"0123456789ABCDEFGHJKLMNPQRSTUVWXYZ";
    signs::<11>(body).is_some_and(|it| {
        let firm = it[2..]
            .iter()
            .fold(0, |sum, sign| sum * 10 + u64::from(worth(*sign)));
        // Monaco's have no number of a French firm.
        let known = it[2..].iter().all(u8::is_ascii_digit)
            && (west::siren(&it[2..]) || it[2..5] == *b"000");
        if it[..2].iter().all(u8::is_ascii_digit) {
            let key = u64::from(worth(it[0]) * 10 + worth(it[1]));
            return known && (firm * 100 + 12) % 97 == key;
        }
        let place = |sign: u8| ORDER.iter().position(|it| *it == sign).map(|it| it as u64);
        let (Some(one), Some(two)) = (place(it[0]), place(it[1])) else {
            return false;
        };
        let key = if it[0].is_ascii_digit() {
            one * 24 + two - 10
        } else {
            one * 34 + two - 100
        };
        known && (firm + 1 + key / 11) % 11 == key % 11
    })
}

fn gb(body: &[u8]) -> bool {
    let nine = |it: &[u32]| {
        let sum = weigh(it, &[8, 7, 6, 5, 4, 3, 2]) + it[7] * 10 + it[8];
        let early = number(&it[..3]) < 100;
        matches!((sum % 97, early), (0, _) | (42 | 55, false))
    };
    match (exactly::<9>(body), exactly::<12>(body)) {
        (Some(it), _) => nine(&it) && number(&it) > 0,
        (_, Some(it)) => nine(&it),
        _ => false,
    }
}

fn hr(body: &[u8]) -> bool {
    exactly::<11>(body).is_some_and(|it| mod_11_10_of(it.into_iter()))
}

fn ie(body: &[u8]) -> bool {
    let Some(second) = body.get(1) else {
        return false;
    };
    if second.is_ascii_digit() {
        return west::pps(body);
    }
    // The old form: five digits, then the first, then the letter.
    let Some(it) = signs::<8>(body).or_else(|| plus(body)) else {
        return false;
    };
    west::pps(&[b'0', it[2], it[3], it[4], it[5], it[6], it[0], it[7]])
}

/// A plus or a star in the second place.
fn plus(body: &[u8]) -> Option<[u8; 8]> {
    body.try_into()
        .ok()
        .filter(|it: &[u8; 8]| matches!(it[1], b'+' | b'*'))
}

fn lt(body: &[u8]) -> bool {
    let check = |it: &[u32], at: u32| {
        let weighed = |shift: u32| {
            it.iter()
                .enumerate()
                .map(|(place, digit)| digit * (1 + (place as u32 + shift) % 9))
                .sum::<u32>()
        };
        let digit = match weighed(0) % 11 {
            10 => weighed(2) % 11 % 10,
            rest => rest,
        };
        digit == at
    };
    match (exactly::<9>(body), exactly::<12>(body)) {
        (Some(it), _) => it[7] == 1 && check(&it[..8], it[8]),
        (_, Some(it)) => it[10] == 1 && check(&it[..11], it[11]),
        _ => false,
    }
}

fn lu(body: &[u8]) -> bool {
    exactly::<8>(body)
        .is_some_and(|it| number(&it[..6]) % 89 == number(&it[6..]) && number(&it) > 0)
}

fn lv(body: &[u8]) -> bool {
    exactly::<11>(body).is_some_and(|it| {
        if it[0] <= 3 {
            return north::lv_code(body);
        }
        let sum = weigh(&it, &[9, 1, 4, 8, 3, 10, 2, 5, 7, 6, 1]);
        sum % 11 == 3
    })
}

fn nl(body: &[u8]) -> bool {
    signs::<12>(body).is_some_and(|it| {
        it[9] == b'B'
            && it[10..] != *b"00"
            && (west::bsn(&it[..9]) || remainder_97(b"NL".iter().chain(&it).copied()) == 1)
    })
}

fn se(body: &[u8]) -> bool {
    exactly::<12>(body).is_some_and(|it| {
        luhn_sum(it[..10].iter().copied()).is_multiple_of(10) && number(&it[10..]) > 0
    })
}

fn sk(body: &[u8]) -> bool {
    exactly::<10>(body).is_some_and(|it| {
        it[0] != 0 && matches!(it[2], 2..=4 | 7..=9) && number(&it).is_multiple_of(11)
    })
}
