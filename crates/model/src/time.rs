//! When: a count of microseconds, always UTC, always an argument and never read from a clock here.

use core::fmt;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

pub const MICROS_PER_SECOND: i64 = 1_000_000;
pub const MINUTE_SECONDS: i64 = 60;
pub const HOUR_SECONDS: i64 = 3_600;
pub const DAY_SECONDS: i64 = 86_400;

/// Microseconds since 1970-01-01T00:00:00Z.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    minicbor::Encode,
    minicbor::Decode,
)]
#[cbor(transparent)]
pub struct Timestamp(#[n(0)] pub i64);

impl Timestamp {
    pub const ZERO: Timestamp = Timestamp(0);

    pub fn from_seconds(seconds: i64) -> Self {
        Timestamp(seconds.saturating_mul(MICROS_PER_SECOND))
    }

    pub fn plus_seconds(self, seconds: i64) -> Self {
        Timestamp(
            self.0
                .saturating_add(seconds.saturating_mul(MICROS_PER_SECOND)),
        )
    }

    pub fn plus_micros(self, micros: i64) -> Self {
        Timestamp(self.0.saturating_add(micros))
    }

    /// Signed microseconds from `earlier` to `self`.
    pub fn micros_since(self, earlier: Timestamp) -> i64 {
        self.0.saturating_sub(earlier.0)
    }

    pub fn seconds(self) -> i64 {
        self.0.div_euclid(MICROS_PER_SECOND)
    }

    /// Whole minutes, hours and days since 1970, for windows and roll-ups.
    pub fn minute(self) -> i64 {
        self.seconds().div_euclid(MINUTE_SECONDS)
    }

    pub fn hour(self) -> i64 {
        self.seconds().div_euclid(HOUR_SECONDS)
    }

    pub fn day(self) -> i64 {
        self.seconds().div_euclid(DAY_SECONDS)
    }

    /// Reads RFC 3339 (`2026-11-21T08:00:00.123Z`); any offset is turned to UTC.
    pub fn parse(text: &str) -> Option<Self> {
        let read = OffsetDateTime::parse(text, &Rfc3339).ok()?;
        i64::try_from(read.unix_timestamp_nanos().div_euclid(1_000))
            .ok()
            .map(Timestamp)
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let nanos = i128::from(self.0) * 1_000;
        let text = OffsetDateTime::from_unix_timestamp_nanos(nanos)
            .ok()
            .and_then(|it| it.format(&Rfc3339).ok());
        match text {
            Some(text) => f.write_str(&text),
            // Outside the years that RFC 3339 can write.
            None => write!(f, "@{}us", self.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rfc3339_survives_the_round_trip() {
        let at = Timestamp::parse("2026-11-21T08:00:00.123Z").unwrap();
        assert_eq!(at.0, 1_795_248_000_123_000);
        assert_eq!(at.to_string(), "2026-11-21T08:00:00.123Z");
        assert_eq!(Timestamp::parse("2026-11-21T10:00:00.123+02:00"), Some(at));
    }

    #[test]
    fn nonsense_is_no_time() {
        for text in [
            "",
            "yesterday",
            "2026-13-01T00:00:00Z",
            "2026-11-21",
            "99999-01-01T00:00:00Z",
        ] {
            assert_eq!(Timestamp::parse(text), None, "{text}");
        }
    }

    #[test]
    fn hours_before_1970_round_down() {
        assert_eq!(Timestamp(-1).hour(), -1);
        assert_eq!(Timestamp::from_seconds(7_200).hour(), 2);
    }

    #[test]
    fn the_ends_of_time_do_not_overflow() {
        assert_eq!(Timestamp(i64::MAX).plus_seconds(i64::MAX).0, i64::MAX);
        assert!(Timestamp(i64::MIN).to_string().starts_with('@'));
    }
}
