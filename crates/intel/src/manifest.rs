//! What the shipped data is made of: `catalogue/intel/manifest.toml`, which the refresh writes.

use gatewatch_model::Timestamp;
use serde::{Deserialize, Serialize};

/// One package that some of the data comes from.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct Source {
    /// What it tells: `countries`, `networks`, `providers` or `bots`.
    pub id: Box<str>,
    pub title: Box<str>,
    pub package: Box<str>,
    pub version: Box<str>,
    /// Of the data, as `2026-10-05`.
    pub date: Box<str>,
    /// Of the package's file.
    pub sha512: Box<str>,
    pub licence: Box<str>,
    /// What must stand beside answers from it; empty where the licence asks for nothing.
    pub attribution: Box<str>,
    /// The file of the catalogue that was made of it, and its SHA-512.
    pub file: Box<str>,
    pub file_sha512: Box<str>,
}

#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub struct Manifest {
    pub sources: Vec<Source>,
}

impl Source {
    /// Older data is said to be old.
    pub const DAYS_MAX: i64 = 30;

    /// How many whole days lie between the data and now; `None` when its date cannot be read.
    pub fn age_days(&self, now: Timestamp) -> Option<i64> {
        const MICROS: i64 = 86_400_000_000;
        let made = Timestamp::parse(&format!("{}T00:00:00Z", self.date))?;
        Some((now.0 - made.0).max(0) / MICROS)
    }

    pub fn is_old(&self, now: Timestamp) -> bool {
        self.age_days(now).is_none_or(|it| it > Source::DAYS_MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_is_old_after_thirty_days() {
        let text = include_str!("../../../catalogue/intel/manifest.toml");
        let mut source = toml::from_str::<Manifest>(text).unwrap().sources.remove(0);
        source.date = "2026-10-05".into();
        let at = |text: &str| Timestamp::parse(text).unwrap();
        let (young, old) = (at("2026-11-04T23:59:59Z"), at("2026-11-05T00:00:00Z"));
        assert_eq!(
            (source.age_days(young), source.is_old(young)),
            (Some(30), false)
        );
        assert_eq!((source.age_days(old), source.is_old(old)), (Some(31), true));
        assert_eq!(source.age_days(at("2026-01-01T00:00:00Z")), Some(0));
    }
}
