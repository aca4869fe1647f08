//! Addresses of machines and mailboxes, numbers of devices and telephones.

use std::net::{Ipv4Addr, Ipv6Addr};

use super::digits::{digits, exactly, luhn, signs, worth};

/// The longest text of an address, with a zone or a length of a prefix.
const ADDRESS_BYTES_MAX: usize = 64;

/// Any address of the fourth or sixth version that is somebody's; a port, a zone, brackets or the
/// length of a prefix may stand with it.
pub(super) fn ip(value: &[u8]) -> bool {
    let Ok(text) = str::from_utf8(value) else {
        return false;
    };
    if text.len() > ADDRESS_BYTES_MAX {
        return false;
    }
    if let Some(rest) = text.strip_prefix('[') {
        return rest.split_once(']').is_some_and(|(it, _)| sixth(it));
    }
    let text = text.split_once('/').map_or(text, |(it, _)| it);
    if text.bytes().filter(|it| *it == b':').count() > 1 {
        return sixth(text);
    }
    let host = text.split_once(':').map_or(text, |(it, _)| it);
    host.parse::<Ipv4Addr>()
        .is_ok_and(|it| !it.is_unspecified() && !it.is_broadcast())
}

fn sixth(text: &str) -> bool {
    let host = text.split_once('%').map_or(text, |(it, _)| it);
    host.parse::<Ipv6Addr>()
        .is_ok_and(|it| !it.is_unspecified())
}

/// One device's: not that of all or of none.
pub(super) fn mac(value: &[u8]) -> bool {
    signs::<12>(value).is_some_and(|it| it.windows(2).any(|two| two[0] != two[1]))
}

/// Endings of files and packages, that look like the last part of a domain.
const NO_DOMAINS: &[&[u8]] = &[
    b"avif", b"bmp", b"css", b"csv", b"dll", b"exe", b"gif", b"gz", b"html", b"ico", b"jpeg",
    b"jpg", b"js", b"json", b"local", b"log", b"map", b"md5", b"mjs", b"pdf", b"png", b"svg",
    b"tar", b"tgz", b"tiff", b"toml", b"ts", b"tsx", b"ttf", b"txt", b"webp", b"woff", b"woff2",
    b"xml", b"yaml", b"yml",
];

/// A mailbox: the domain ends in letters, and not as files do.
pub(super) fn email(value: &[u8]) -> bool {
    let Some(at) = value.iter().rposition(|it| *it == b'@') else {
        return false;
    };
    let (local, domain) = (&value[..at], &value[at + 1..]);
    let Some(dot) = domain.iter().rposition(|it| *it == b'.') else {
        return false;
    };
    let last = &domain[dot + 1..];
    let labels = domain
        .split(|it| *it == b'.')
        .all(|it| (1..=63).contains(&it.len()) && it[0] != b'-' && it[it.len() - 1] != b'-');
    let letters = last.iter().all(u8::is_ascii_alphabetic)
        || last
            .get(..4)
            .is_some_and(|it| it.eq_ignore_ascii_case(b"xn--"));
    (1..=64).contains(&local.len())
        && local[0] != b'.'
        && local[local.len() - 1] != b'.'
        && domain.len() <= 253
        && labels
        && letters
        && last.len() >= 2
        && !NO_DOMAINS.iter().any(|it| it.eq_ignore_ascii_case(last))
}

/// Calling codes of one and two digits; all others have three.
const CALLING_CODES: &[u32] = &[
    1, 7, 20, 27, 30, 31, 32, 33, 34, 36, 39, 40, 41, 43, 44, 45, 46, 47, 48, 49, 51, 52, 53, 54,
    55, 56, 57, 58, 60, 61, 62, 63, 64, 65, 66, 81, 82, 84, 86, 90, 91, 92, 93, 94, 95, 98,
];

/// First two digits of calling codes of three.
const CALLING_TENS: &[u32] = &[
    21, 22, 23, 24, 25, 26, 29, 35, 37, 38, 42, 50, 59, 67, 68, 69, 80, 85, 87, 88, 96, 97, 99,
];

/// ITU E.164: at most fifteen digits; after a plus a calling code that exists.
pub(super) fn phone(value: &[u8]) -> bool {
    if str::from_utf8(value).is_ok_and(|it| it.parse::<Ipv4Addr>().is_ok()) {
        return false;
    }
    let count = digits(value).count();
    let abroad = value
        .iter()
        .find(|it| !matches!(it, b' ' | b'(' | b't' | b'e' | b'l' | b':'))
        == Some(&b'+');
    let mut first = digits(value).take(2);
    let (one, two) = (first.next().unwrap_or(0), first.next().unwrap_or(0));
    let known = [one, one * 10 + two]
        .iter()
        .any(|it| CALLING_CODES.contains(it))
        || CALLING_TENS.contains(&(one * 10 + two));
    if abroad {
        return known && (8..=15).contains(&count);
    }
    (7..=15).contains(&count)
        && digits(value)
            .zip(digits(value).skip(1))
            .any(|(one, two)| one != two)
}

/// A mobile device: fifteen digits with Luhn, sixteen with a version instead.
pub(super) fn imei(value: &[u8]) -> bool {
    match digits(value).count() {
        15 => luhn(value) && digits(value).any(|it| it != 0),
        16 => true,
        _ => false,
    }
}

/// A subscriber's card: telecommunications, then nineteen or twenty digits with Luhn.
pub(super) fn iccid(value: &[u8]) -> bool {
    value.starts_with(b"89") && (18..=20).contains(&digits(value).count()) && luhn(value)
}

/// A subscriber: a mobile country code that is given out.
pub(super) fn imsi(value: &[u8]) -> bool {
    exactly::<15>(value).is_some_and(|it| (2..=7).contains(&it[0]))
}

/// A vehicle, ISO 3779 with the check digit that North America and China ask for.
pub(super) fn vin(value: &[u8]) -> bool {
    let weights = [8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2];
    let order = |sign: u8| match sign {
        b'A'..=b'H' => u32::from(sign - b'A') + 1,
        b'J'..=b'N' => u32::from(sign - b'J') + 1,
        b'P' => 7,
        b'R' => 9,
        b'S'..=b'Z' => u32::from(sign - b'S') + 2,
        other => worth(other),
    };
    signs::<17>(value).is_some_and(|it| {
        let sum = it
            .iter()
            .zip(weights)
            .map(|(sign, weight)| order(*sign) * weight)
            .sum::<u32>();
        match sum % 11 {
            10 => it[8] == b'X',
            rest => worth(it[8]) == rest && it[8].is_ascii_digit(),
        }
    })
}

/// Degrees: both of a pair, or one on its own.
pub(super) fn coordinate(value: &[u8]) -> bool {
    let Ok(text) = str::from_utf8(value) else {
        return false;
    };
    let text = text.strip_prefix("geo:").unwrap_or(text);
    let text = text.trim_matches(['(', ')', '[', ']', ' ']);
    let mut parts = text
        .split([',', ';', ' '])
        .filter(|it| !it.is_empty())
        .map(|it| it.trim_end_matches('°').parse::<f64>().ok());
    match (parts.next(), parts.next(), parts.next()) {
        (Some(Some(only)), None, _) => only.abs() <= 180.0,
        (Some(Some(one)), Some(Some(two)), None) => {
            one.abs() <= 180.0 && two.abs() <= 180.0 && one.abs().min(two.abs()) <= 90.0
        }
        _ => false,
    }
}
