//! Dates inside of numbers, and dates of birth. There is no clock here: years up to a fixed one
//! are taken.

use super::digits::{digits, exactly};

const YEAR_MIN: u32 = 1_890;
const YEAR_MAX: u32 = 2_039;

/// Whether there is such a day.
pub(super) fn day(year: u32, month: u32, day: u32) -> bool {
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let days = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        _ => return false,
    };
    (1..=days).contains(&day)
}

/// Whether there is such a day in any century, two digits each.
pub(super) fn short(year: &[u32], month: u32, of_month: u32) -> bool {
    day(2_000 + pair(year), month, of_month)
}

/// Six digits: year, month, day.
pub(super) fn year_first(digits: &[u32]) -> bool {
    digits.len() >= 6 && short(digits, pair(&digits[2..]), pair(&digits[4..]))
}

/// Six digits: day, month, year.
pub(super) fn day_first(digits: &[u32]) -> bool {
    digits.len() >= 6 && short(&digits[4..], pair(&digits[2..]), pair(digits))
}

pub(super) fn pair(digits: &[u32]) -> u32 {
    digits[0] * 10 + digits[1]
}

/// The date of birth of a person who may live, in any of the usual ways of writing.
pub(super) fn birth(value: &[u8]) -> bool {
    if value.iter().filter(|it| it.is_ascii_alphabetic()).count() >= 3 && !value.contains(&b'T') {
        return worded(value);
    }
    // What follows a date is its time.
    let end = value
        .iter()
        .position(|it| matches!(it, b'T' | b't'))
        .or_else(|| {
            value
                .iter()
                .rposition(|it| *it == b' ')
                .filter(|it| *it >= 8)
        })
        .unwrap_or(value.len());
    let Some(date) = exactly::<8>(&value[..end]) else {
        return parts(&value[..end]);
    };
    let year_leads = value.iter().take_while(|it| it.is_ascii_digit()).count() >= 4;
    if year_leads {
        return known(pair(&date) * 100 + pair(&date[2..]), pair(&date[4..]), pair(&date[6..]))
            // All eight in one, the day first.
            || value.len() == 8 && either(&date);
    }
    either(&date)
}

/// Day or month first, the year last.
fn either(date: &[u32; 8]) -> bool {
    let year = pair(&date[4..]) * 100 + pair(&date[6..]);
    known(year, pair(&date[2..]), pair(date)) || known(year, pair(date), pair(&date[2..]))
}

/// `7.3.1985`, `1985-3-7`, `3/7/85`: three numbers without leading zeros.
fn parts(value: &[u8]) -> bool {
    let mut numbers = value
        .split(|it| !it.is_ascii_digit())
        .filter(|it| !it.is_empty() && it.len() <= 4)
        .map(|it| digits(it).fold(0, |sum, digit| sum * 10 + digit));
    let (Some(one), Some(two), Some(three), None) = (
        numbers.next(),
        numbers.next(),
        numbers.next(),
        numbers.next(),
    ) else {
        return false;
    };
    if one > 31 {
        return known(one, two, three);
    }
    let year = if three < 100 { 1_900 + three } else { three };
    known(year, two, one) || known(year, one, two)
}

/// `7 March 1985`, `Mar 7, 1985`, `7 de marzo de 1985`: a day, a year and a word.
fn worded(value: &[u8]) -> bool {
    let mut numbers = value
        .split(|it| !it.is_ascii_digit())
        .filter(|it| !it.is_empty())
        .map(|it| {
            digits(it).fold(0, |sum: u32, digit| {
                sum.saturating_mul(10).saturating_add(digit)
            })
        });
    let (Some(one), Some(two)) = (numbers.next(), numbers.next()) else {
        return false;
    };
    let (of_month, year) = if one > 31 { (two, one) } else { (one, two) };
    (1..=31).contains(&of_month) && (YEAR_MIN..=YEAR_MAX).contains(&year)
}

fn known(year: u32, month: u32, of_month: u32) -> bool {
    (YEAR_MIN..=YEAR_MAX).contains(&year) && day(year, month, of_month)
}

/// The month in which a card ends: `12/29`, `12/2029`, `2029-12`.
pub(super) fn expiry(value: &[u8]) -> bool {
    let (month, year) = match (exactly::<4>(value), exactly::<6>(value)) {
        (Some(four), _) => (pair(&four), 2_000 + pair(&four[2..])),
        (_, Some(six)) if value.iter().take_while(|it| it.is_ascii_digit()).count() == 4 => {
            (pair(&six[4..]), pair(&six) * 100 + pair(&six[2..]))
        }
        (_, Some(six)) => (pair(&six), pair(&six[2..]) * 100 + pair(&six[4..])),
        _ => return false,
    };
    (1..=12).contains(&month) && (2_000..=2_060).contains(&year)
}
