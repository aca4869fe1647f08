//! Values with units, as people write them: `4GiB`, `48h`. They read what they write.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use gatewatch_sources::networks::NetworkError;

/// A number of bytes, written with a unit: `512MiB`, `4GiB`, `10GB`, or plain bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Bytes(pub u64);

/// A span of time, written with a unit: `500ms`, `90s`, `10m`, `48h`, `7d`; plain is seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span(pub Duration);

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ValueError {
    #[error("`{text}` is no size; write a whole number and a unit, such as `512MiB` ({units})")]
    Bytes { text: String, units: String },
    #[error(
        "`{text}` is no span of time; write a whole number and a unit, such as `48h` ({units})"
    )]
    Span { text: String, units: String },
    #[error(
        "`{text}` is no address; write address and port, such as `127.0.0.1:8470` or `[::1]:8470`"
    )]
    Address { text: String },
    #[error("`{text}` is no whole number")]
    Number { text: String },
    #[error("there is no {what} `{text}`; there are: {known}")]
    Choice {
        what: &'static str,
        text: String,
        known: String,
    },
    #[error("{reason}")]
    Feed { reason: String },
    #[error(transparent)]
    Network(#[from] NetworkError),
    #[error("{what} must be {bound}, not {found}")]
    Bound {
        what: &'static str,
        bound: String,
        found: String,
    },
}

/// Largest first, so that writing finds the shortest form.
const BYTE_UNITS: &[(&str, u64)] = &[
    ("TiB", 1 << 40),
    ("GiB", 1 << 30),
    ("MiB", 1 << 20),
    ("KiB", 1 << 10),
    ("TB", 1_000_000_000_000),
    ("GB", 1_000_000_000),
    ("MB", 1_000_000),
    ("kB", 1_000),
    ("B", 1),
];

/// In milliseconds, largest first.
const SPAN_UNITS: &[(&str, u64)] = &[
    ("d", 86_400_000),
    ("h", 3_600_000),
    ("m", 60_000),
    ("s", 1_000),
    ("ms", 1),
];

impl FromStr for Bytes {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Bytes, ValueError> {
        read(text, BYTE_UNITS, 1)
            .map(Bytes)
            .ok_or_else(|| ValueError::Bytes {
                text: text.into(),
                units: names(BYTE_UNITS),
            })
    }
}

impl fmt::Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (unit, size) = largest(self.0, &BYTE_UNITS[..4]).unwrap_or(("B", 1));
        write!(f, "{}{unit}", self.0 / size)
    }
}

impl FromStr for Span {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Span, ValueError> {
        read(text, SPAN_UNITS, 1_000)
            .map(|it| Span(Duration::from_millis(it)))
            .ok_or_else(|| ValueError::Span {
                text: text.into(),
                units: names(SPAN_UNITS),
            })
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let millis = u64::try_from(self.0.as_millis()).unwrap_or(u64::MAX);
        let (unit, size) = largest(millis, SPAN_UNITS).unwrap_or(("s", 1_000));
        write!(f, "{}{unit}", millis / size)
    }
}

/// A whole number with one of the units, whatever its case; `plain` is the size without one.
fn read(text: &str, units: &[(&str, u64)], plain: u64) -> Option<u64> {
    let text = text.trim();
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let number: u64 = text[..digits].parse().ok()?;
    let unit = text[digits..].trim();
    let size = match unit {
        "" => plain,
        _ => {
            units
                .iter()
                .find(|(name, _)| name.eq_ignore_ascii_case(unit))?
                .1
        }
    };
    number.checked_mul(size)
}

/// The largest unit that leaves no rest.
fn largest(amount: u64, units: &[(&'static str, u64)]) -> Option<(&'static str, u64)> {
    units
        .iter()
        .copied()
        .find(|(_, size)| amount >= *size && amount.is_multiple_of(*size))
}

fn names(units: &[(&str, u64)]) -> String {
    units
        .iter()
        .map(|(name, _)| *name)
        .collect::<Vec<_>>()
        .join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_with_their_unit() {
        for (text, bytes) in [
            ("4GiB", 4 << 30),
            ("4 gib", 4 << 30),
            ("64MiB", 64 << 20),
            ("10GB", 10_000_000_000),
            ("5kb", 5_000),
            ("1024", 1_024),
            ("0", 0),
        ] {
            assert_eq!(text.parse(), Ok(Bytes(bytes)), "{text}");
        }
    }

    #[test]
    fn sizes_read_what_they_write() {
        for (bytes, text) in [
            (4 << 30, "4GiB"),
            (1_536, "1536B"),
            (3 << 10, "3KiB"),
            (0, "0B"),
            (1 << 40, "1TiB"),
        ] {
            assert_eq!(Bytes(bytes).to_string(), text);
            assert_eq!(text.parse(), Ok(Bytes(bytes)));
        }
    }

    #[test]
    fn what_is_no_size_is_refused_with_the_units() {
        for text in [
            "",
            "GiB",
            "-1GiB",
            "1.5GiB",
            "4Gib/s",
            "4 parsecs",
            "99999999999TiB",
        ] {
            let error = text.parse::<Bytes>().unwrap_err().to_string();
            assert!(error.contains("GiB, MiB"), "{text}: {error}");
        }
    }

    #[test]
    fn spans_are_read_with_their_unit_and_plain_is_seconds() {
        for (text, millis) in [
            ("48h", 172_800_000),
            ("90", 90_000),
            ("500ms", 500),
            ("2d", 172_800_000),
            ("10 M", 600_000),
        ] {
            assert_eq!(
                text.parse(),
                Ok(Span(Duration::from_millis(millis))),
                "{text}"
            );
        }
        assert!("soon".parse::<Span>().is_err());
    }

    #[test]
    fn spans_read_what_they_write() {
        for text in ["2d", "90s", "500ms", "1h", "0s"] {
            assert_eq!(text.parse::<Span>().unwrap().to_string(), text);
        }
    }
}
