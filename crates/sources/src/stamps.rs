//! Times as logs write them.

use gatewatch_model::Timestamp;
use gatewatch_model::time::MICROS_PER_SECOND;

static MONTHS: &[&str] = &[
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

/// Any spelling of a time has room in it.
const STAMP_BYTES_MAX: usize = 64;

/// RFC 3339 (a blank may stand for the `T`, a missing offset is UTC), the Common Log Format's
/// `10/Oct/2000:13:55:36 -0700`, or a number since 1970 in seconds, milli-, micro- or nanoseconds,
/// told apart by their size.
pub fn read(text: &str) -> Option<Timestamp> {
    let text = text.trim().trim_matches(['[', ']']);
    if text.len() > STAMP_BYTES_MAX {
        return None;
    }
    let bytes = text.as_bytes();
    match bytes.get(2)? {
        b'/' => common(text),
        _ if bytes.get(4) == Some(&b'-') => rfc3339(text),
        _ => since_1970(text),
    }
}

fn rfc3339(text: &str) -> Option<Timestamp> {
    if let Some(read) = Timestamp::parse(text) {
        return Some(read);
    }
    let bytes = text.as_bytes();
    let seconds_end = 10
        + text
            .get(10..)?
            .find(['+', '-', 'Z', 'z', ','])
            .unwrap_or(text.len() - 10);
    let clock = text.get(11..seconds_end)?.trim();
    let offset = text.get(seconds_end..)?;
    let offset = match offset.as_bytes() {
        [] => "Z".to_owned(),
        // Python writes a comma before the milliseconds. Each call leaves one comma less.
        [b',', ..] => return rfc3339(&text.replacen(',', ".", 1)),
        [sign, a, b, c, d] if c != &b':' => {
            let [sign, a, b, c, d] = [sign, a, b, c, d].map(|it| char::from(*it));
            format!("{sign}{a}{b}:{c}{d}")
        }
        _ => offset.to_owned(),
    };
    matches!(bytes.get(10)?, b'T' | b't' | b' ' | b'_').then_some(())?;
    Timestamp::parse(&format!("{}T{clock}{offset}", text.get(..10)?))
}

/// Written out by hand, because every line of most access logs has one.
fn common(text: &str) -> Option<Timestamp> {
    let at = |from: usize, to: usize| text.get(from..to);
    let number = |from, to| at(from, to)?.parse::<i64>().ok();
    let month = MONTHS
        .iter()
        .position(|it| at(3, 6).is_some_and(|of| it.eq_ignore_ascii_case(of)))?;
    let (day, year) = (number(0, 2)?, number(7, 11)?);
    let (hour, minute, second) = (number(12, 14)?, number(15, 17)?, number(18, 20)?);
    let sound = (1..=31).contains(&day)
        && (0..24).contains(&hour)
        && (0..60).contains(&minute)
        && (0..=60).contains(&second);
    if !sound || [at(6, 7)?, at(11, 12)?, at(14, 15)?, at(17, 18)?] != ["/", ":", ":", ":"] {
        return None;
    }
    let rest = text.get(20..)?.trim_start();
    let offset = match (rest.get(..1), rest.get(1..3), rest.get(3..5)) {
        (Some(sign @ ("+" | "-")), Some(hours), Some(minutes)) => {
            let seconds = hours.parse::<i64>().ok()? * 3_600 + minutes.parse::<i64>().ok()? * 60;
            if sign == "-" { -seconds } else { seconds }
        }
        _ => 0,
    };
    let days = days_since_1970(year, i64::try_from(month).ok()? + 1, day);
    let seconds = days * 86_400 + hour * 3_600 + minute * 60 + second - offset;
    Some(Timestamp::from_seconds(seconds))
}

/// Of the proleptic Gregorian calendar, in eras of 400 years that begin in March.
fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// No log of today lies before 1973 or behind the year 5138, in whatever unit.
fn since_1970(text: &str) -> Option<Timestamp> {
    const LARGEST_SECONDS: f64 = 1e11;
    let number: f64 = text.parse().ok()?;
    let per_second = [1.0, 1e3, 1e6, 1e9]
        .into_iter()
        .find(|it| number < LARGEST_SECONDS * it)?;
    let micros = number / per_second * MICROS_PER_SECOND as f64;
    (micros >= 0.0).then(|| Timestamp(micros.round() as i64))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(text: &str, expected: Option<&str>) {
        assert_eq!(
            read(text).map(|it| it.to_string()).as_deref(),
            expected,
            "{text}"
        );
    }

    #[test]
    fn times_are_read_as_logs_write_them() {
        check("2026-11-21T08:00:00.123Z", Some("2026-11-21T08:00:00.123Z"));
        check("2026-11-21T09:00:00+01:00", Some("2026-11-21T08:00:00Z"));
        check("2026-11-21T09:00:00+0100", Some("2026-11-21T08:00:00Z"));
        check("2026-11-21 08:00:00", Some("2026-11-21T08:00:00Z"));
        check("2026-11-21 08:00:00,250", Some("2026-11-21T08:00:00.25Z"));
        check("21/Nov/2026:08:00:00 +0000", Some("2026-11-21T08:00:00Z"));
        check("[10/Oct/2000:13:55:36 -0700]", Some("2000-10-10T20:55:36Z"));
        check("29/Feb/2024:23:59:60 +0530", Some("2024-02-29T18:30:00Z"));
        check("01/Jan/1970:00:00:00 +0000", Some("1970-01-01T00:00:00Z"));
        for text in [
            "1795248000",
            "1795248000.000",
            "1795248000000",
            "1795248000000000",
            "1795248000000000000",
        ] {
            check(text, Some("2026-11-21T08:00:00Z"));
        }
        check("1.795248000123e9", Some("2026-11-21T08:00:00.123Z"));
    }

    #[test]
    fn what_is_no_time_is_none() {
        for text in [
            "",
            "-",
            "yesterday",
            "32/Nov/2026:08:00:00 +0000",
            "21/Nov/2026 08:00:00",
            "NaN",
            "-5000",
            "1e300",
            "2026-13-01T00:00:00Z",
            "2026-11-21",
        ] {
            check(text, None);
        }
    }

    #[test]
    fn a_million_commas_are_no_time() {
        assert_eq!(read(&format!("2026-11-21T{}", ",".repeat(1_000_000))), None);
    }

    proptest! {
        #[test]
        fn nothing_panics(text: String, near in "[0-9/:A-Za-z+\\-. é]{0,40}") {
            let _ = (read(&text), read(&near));
        }

        #[test]
        fn calendar_days_are_those_of_the_calendar(seconds in 0_i64..4_102_444_800) {
            let written = Timestamp::from_seconds(seconds).to_string();
            let [date, clock] = written.trim_end_matches('Z').split('T').collect::<Vec<_>>()[..] else { unreachable!() };
            let [year, month, day] = date.split('-').collect::<Vec<_>>()[..] else { unreachable!() };
            let month = MONTHS[month.parse::<usize>().unwrap() - 1];
            let text = format!("{day}/{month}/{year}:{clock} +0000");
            prop_assert_eq!(read(&text), Some(Timestamp::from_seconds(seconds)));
        }
    }
}
