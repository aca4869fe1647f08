//! Bank accounts and banks.

use super::digits::{digits, exactly, luhn_sum, remainder_97, signs, weigh, worth};

/// The longest IBAN has 34.
const IBAN_SIGNS_MAX: usize = 34;

/// How the accounts of a country are built, after ISO 13616: `n` digits, `a` letters, `c` either.
static IBANS: &[(&[u8; 2], &str)] = &[
    (b"AD", "8n12c"),
    (b"AE", "19n"),
    (b"AL", "8n16c"),
    (b"AT", "16n"),
    (b"AZ", "4a20c"),
    (b"BA", "16n"),
    (b"BE", "12n"),
    (b"BG", "4a6n8c"),
    (b"BH", "4a14c"),
    (b"BI", "23n"),
    (b"BR", "23n1a1c"),
    (b"BY", "4c4n16c"),
    (b"CH", "5n12c"),
    (b"CR", "18n"),
    (b"CY", "8n16c"),
    (b"CZ", "20n"),
    (b"DE", "18n"),
    (b"DJ", "23n"),
    (b"DK", "14n"),
    (b"DO", "4c20n"),
    (b"EE", "16n"),
    (b"EG", "25n"),
    (b"ES", "20n"),
    (b"FI", "14n"),
    (b"FK", "2a12n"),
    (b"FO", "14n"),
    (b"FR", "10n11c2n"),
    (b"GB", "4a14n"),
    (b"GE", "2a16n"),
    (b"GI", "4a15c"),
    (b"GL", "14n"),
    (b"GR", "7n16c"),
    (b"GT", "20c4c"),
    (b"HN", "4a20n"),
    (b"HR", "17n"),
    (b"HU", "24n"),
    (b"IE", "4a14n"),
    (b"IL", "19n"),
    (b"IQ", "4a15n"),
    (b"IS", "22n"),
    (b"IT", "1a10n12c"),
    (b"JO", "4a4n18c"),
    (b"KW", "4a22c"),
    (b"KZ", "3n13c"),
    (b"LB", "4n20c"),
    (b"LC", "4a24c"),
    (b"LI", "5n12c"),
    (b"LT", "16n"),
    (b"LU", "3n13c"),
    (b"LV", "4a13c"),
    (b"LY", "21n"),
    (b"MC", "10n11c2n"),
    (b"MD", "20c"),
    (b"ME", "18n"),
    (b"MK", "3n10c2n"),
    (b"MN", "16n"),
    (b"MR", "23n"),
    (b"MT", "4a5n18c"),
    (b"MU", "4a19n3a"),
    (b"NI", "4a20n"),
    (b"NL", "4a10n"),
    (b"NO", "11n"),
    (b"OM", "3n16c"),
    (b"PK", "4a16c"),
    (b"PL", "24n"),
    (b"PS", "4a21c"),
    (b"PT", "21n"),
    (b"QA", "4a21c"),
    (b"RO", "4a16c"),
    (b"RS", "18n"),
    (b"RU", "14n15c"),
    (b"SA", "2n18c"),
    (b"SC", "4a20n3a"),
    (b"SD", "14n"),
    (b"SE", "20n"),
    (b"SI", "15n"),
    (b"SK", "20n"),
    (b"SM", "1a10n12c"),
    (b"SO", "19n"),
    (b"ST", "21n"),
    (b"SV", "4a20n"),
    (b"TL", "19n"),
    (b"TN", "20n"),
    (b"TR", "6n16c"),
    (b"UA", "6n19c"),
    (b"VA", "18n"),
    (b"VG", "4a16n"),
    (b"XK", "16n"),
    (b"YE", "4a4n18c"),
];

/// ISO 13616: the country's length and structure, then MOD 97-10.
pub(super) fn iban(value: &[u8]) -> bool {
    let mut buffer = [0; IBAN_SIGNS_MAX];
    let mut length = 0;
    for sign in value.iter().filter(|it| it.is_ascii_alphanumeric()) {
        let Some(slot) = buffer.get_mut(length) else {
            return false;
        };
        *slot = sign.to_ascii_uppercase();
        length += 1;
    }
    let account = &buffer[..length];
    let Some((head, tail)) = account.split_at_checked(4) else {
        return false;
    };
    let country = IBANS
        .binary_search_by(|(code, _)| code.as_slice().cmp(&head[..2]))
        .ok();
    country.is_some_and(|at| built(tail, IBANS[at].1))
        && remainder_97(tail.iter().chain(head).copied()) == 1
}

/// Whether an account has a structure such as `4a14n`.
fn built(account: &[u8], structure: &str) -> bool {
    let mut rest = account;
    let mut count = 0;
    for sign in structure.bytes() {
        if sign.is_ascii_digit() {
            count = count * 10 + usize::from(sign - b'0');
            continue;
        }
        let Some((part, after)) = rest.split_at_checked(count) else {
            return false;
        };
        let right = match sign {
            b'n' => part.iter().all(u8::is_ascii_digit),
            b'a' => part.iter().all(u8::is_ascii_uppercase),
            _ => true,
        };
        if !right {
            return false;
        }
        rest = after;
        count = 0;
    }
    rest.is_empty()
}

/// ISO 9362: the fifth and sixth letters are a country.
pub(super) fn swift(value: &[u8]) -> bool {
    value.get(4..6).is_some_and(country)
}

/// ISO 3166-1, two letters each, and Kosovo's.
static COUNTRIES: &[u8] = b"ADAEAFAGAIALAMAOAQARASATAUAWAXAZBABBBDBEBFBGBHBIBJBLBMBNBOBQBRBSBTBVBW\
BYBZCACCCDCFCGCHCICKCLCMCNCOCRCUCVCWCXCYCZDEDJDKDMDODZECEEEGEHERESETFIFJFKFMFOFRGAGBGDGEGFGGGHGIGLGM\
GNGPGQGRGSGTGUGWGYHKHMHNHRHTHUIDIEILIMINIOIQIRISITJEJMJOJPKEKGKHKIKMKNKPKRKWKYKZLALBLCLILKLRLSLTLULV\
LYMAMCMDMEMFMGMHMKMLMMMNMOMPMQMRMSMTMUMVMWMXMYMZNANCNENFNGNINLNONPNRNUNZOMPAPEPFPGPHPKPLPMPNPRPSPTPW\
PYQARERORSRURWSASBSCSDSESGSHSISJSKSLSMSNSOSRSSSTSVSXSYSZTCTDTFTGTHTJTKTLTMTNTOTRTTTVTWTZUAUGUMUSUYUZ\
VAVCVEVGVIVNVUWFWSXKYEYTZAZMZW";

pub(super) fn country(code: &[u8]) -> bool {
    COUNTRIES.chunks(2).any(|it| it.eq_ignore_ascii_case(code))
}

/// Routing number of an American bank: a Federal Reserve district, then weights 3, 7, 1.
pub(super) fn aba(value: &[u8]) -> bool {
    exactly::<9>(value).is_some_and(|it| {
        let district = it[0] * 10 + it[1];
        matches!(district, 1..=12 | 21..=32 | 61..=72 | 80)
            && weigh(&it, &[3, 7, 1, 3, 7, 1, 3, 7, 1]).is_multiple_of(10)
    })
}

/// Mexico: eighteen digits, weights 3, 7, 1 each modulo ten.
pub(super) fn clabe(value: &[u8]) -> bool {
    exactly::<18>(value).is_some_and(|it| {
        let sum = it[..17]
            .iter()
            .zip([3, 7, 1].into_iter().cycle())
            .map(|(digit, weight)| digit * weight % 10)
            .sum::<u32>();
        (10 - sum % 10) % 10 == it[17]
    })
}

/// Argentina: bank and branch, then account, each with its digit.
pub(super) fn cbu(value: &[u8]) -> bool {
    let right = |part: &[u32], weights: &[u32]| {
        let (last, before) = part.split_last().unwrap_or((&0, &[]));
        (10 - weigh(before, weights) % 10) % 10 == *last
    };
    exactly::<22>(value).is_some_and(|it| {
        right(&it[..8], &[7, 1, 3, 9, 7, 1, 3])
            && right(&it[8..], &[3, 9, 7, 1, 3, 9, 7, 1, 3, 9, 7, 1, 3])
    })
}

/// New Zealand: a bank that exists and the checks that its branch range asks for.
pub(super) fn nz_account(value: &[u8]) -> bool {
    let all = digits(value).count();
    if !(15..=16).contains(&all) {
        return false;
    }
    let mut it = [0_u32; 16];
    // A suffix of two digits stands for three.
    for (slot, digit) in it.iter_mut().zip(digits(value)) {
        *slot = digit;
    }
    if all == 15 {
        it[15] = it[14];
        it[14] = it[13];
        it[13] = 0;
    }
    let (bank, branch) = (
        it[0] * 10 + it[1],
        it[2..6].iter().fold(0, |sum, digit| sum * 10 + digit),
    );
    let base = it[6..13].iter().fold(0, |sum, digit| sum * 10 + digit);
    let long =
        |weights: &[u32; 11], modulus: u32| weigh(&it[2..13], weights).is_multiple_of(modulus);
    match (bank, branch) {
        (8, 6500..=6599) => weigh(&it[6..13], &[7, 6, 5, 4, 3, 2, 1]).is_multiple_of(11),
        (9, 0) => {
            let sum = [5, 4, 3, 2, 1]
                .iter()
                .zip(&it[8..13])
                .map(|(weight, digit)| weight * digit)
                .sum::<u32>();
            sum.is_multiple_of(11)
        }
        (25, 2500..=2599) => weigh(&it[6..13], &[1, 7, 3, 1, 7, 3, 1]).is_multiple_of(10),
        (26, 2600..=2699) | (28, 2100..=2149) | (29, 2150..=2299) => {
            twice(&it[6..16], [1, 3, 7, 1, 3, 7, 1, 3, 7, 1])
        }
        (31, 2800..=2849) => true,
        (1..=6 | 10..=24 | 27 | 30 | 35 | 38, _) => {
            if base < 990_000 {
                long(&[6, 3, 7, 9, 0, 10, 5, 8, 4, 2, 1], 11)
            } else {
                long(&[0, 0, 0, 0, 0, 10, 5, 8, 4, 2, 1], 11)
            }
        }
        _ => false,
    }
}

/// Weighed, with the tens added to the ones twice over.
fn twice(digits: &[u32], weights: [u32; 10]) -> bool {
    let sum = digits
        .iter()
        .zip(weights)
        .map(|(digit, weight)| {
            let weighed = digit * weight;
            let folded = weighed / 10 + weighed % 10;
            folded / 10 + folded % 10
        })
        .sum::<u32>();
    sum.is_multiple_of(10)
}

/// ISO 6166, a security: letters become two digits, then Luhn.
pub(super) fn isin(value: &[u8]) -> bool {
    signs::<12>(value).is_some_and(|it| {
        let mut expanded = [0; 24];
        let mut length = 0;
        for sign in it {
            let sign = worth(sign);
            if sign > 9 {
                expanded[length] = sign / 10;
                length += 1;
            }
            expanded[length] = sign % 10;
            length += 1;
        }
        luhn_sum(expanded[..length].iter().copied()).is_multiple_of(10)
            && (country(&it[..2]) || it.starts_with(b"XS") || it.starts_with(b"EU"))
    })
}

/// Luhn, and not one digit or two in turn all along, as in what people make up.
pub(super) fn card(value: &[u8]) -> bool {
    let count = digits(value).count();
    (12..=19).contains(&count)
        && luhn_sum(digits(value)).is_multiple_of(10)
        // No card has one digit only, or two in turn.
        && digits(value).zip(digits(value).skip(2)).any(|(one, two)| one != two)
}
