//! What is kept of one parameter or member.

use gatewatch_decode::Value;
use gatewatch_model::facts::Handful;
use gatewatch_model::info_type::{Fit, Judge, Verdict};
use gatewatch_model::profile::MemberRow;
use gatewatch_model::sensitivity::MemberHit;
use gatewatch_model::{Spot, Timestamp};
use minicbor::{Decode, Encode};

use super::hits::Hits;
use super::kinds::{Kind, ROLL};
use super::secrecy::is_private;
use super::sensitive::Types;
use super::tally::Tally;
use super::values::{Sent, Values};

#[derive(Clone, Debug, PartialEq, Encode, Decode)]
#[cbor(array)]
pub(super) struct Member {
    #[n(0)]
    pub spot: Spot,
    /// 0 for requests.
    #[n(1)]
    pub class: u8,
    #[n(2)]
    pub path: Box<str>,
    /// Exchanges that had it: of requests those that were not refused.
    #[n(3)]
    present: u64,
    /// Refused requests that had it; beyond what it can hold it stays there.
    #[n(4)]
    refused: u32,
    #[n(5)]
    kinds: Tally,
    /// In characters; long ones count as `u16::MAX`.
    #[n(6)]
    length: Range<u16>,
    #[n(7)]
    range: Range<f64>,
    #[n(8)]
    distinct: Handful,
    #[n(9)]
    values: Values,
    /// In seconds since 1970.
    #[n(10)]
    seen: Range<u32>,
    #[n(11)]
    pub hits: Option<Box<Hits>>,
    #[cbor(skip)]
    pub own: Own,
}

/// What a member has only while it is in memory.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Own {
    /// The exchange that it was last counted for.
    pub counted: u32,
    /// Which member came after it the last time.
    pub next: u16,
}

/// From and to; empty as long as from lies above to.
#[derive(Clone, Copy, Debug, PartialEq, Encode, Decode)]
#[cbor(array)]
struct Range<T>(#[n(0)] T, #[n(1)] T);

impl<T: PartialOrd + Copy> Range<T> {
    fn add(&mut self, value: T) {
        if value < self.0 {
            self.0 = value;
        }
        if value > self.1 {
            self.1 = value;
        }
    }

    fn merge(&mut self, other: Range<T>) {
        if other.0 <= other.1 {
            self.add(other.0);
            self.add(other.1);
        }
    }

    fn ends(self) -> Option<(T, T)> {
        (self.0 <= self.1).then_some((self.0, self.1))
    }
}

/// What an exchange says of a member besides its value.
#[derive(Clone, Copy)]
pub(super) struct Told {
    pub caller: u64,
    pub seconds: u32,
    /// Which of the two counts of presence it falls into.
    pub refused: bool,
    /// Of hashes of values.
    pub seed: u64,
    /// Values that the profile has room for.
    pub room: usize,
}

/// What came of it.
#[derive(Clone, Copy, Default)]
pub(super) struct Came {
    /// Whether there is something to tell that was not known.
    pub news: bool,
    /// By how many the values of the profile became more or fewer.
    pub values: isize,
}

impl Member {
    pub fn new(spot: Spot, class: u8, path: &str) -> Member {
        let cookie = matches!(spot, Spot::RequestCookies | Spot::ResponseCookies);
        let values = if cookie || is_private(path) {
            Values::Free
        } else {
            Values::default()
        };
        Member {
            spot,
            class,
            path: path.into(),
            present: 0,
            refused: 0,
            kinds: Tally::default(),
            length: Range(u16::MAX, 0),
            range: Range(f64::INFINITY, f64::NEG_INFINITY),
            distinct: Handful::default(),
            values,
            seen: Range(u32::MAX, 0),
            hits: None,
            own: Own::default(),
        }
    }

    pub fn see(&mut self, value: Value<'_>, told: Told) -> Came {
        self.seen.add(told.seconds);
        let kind = Kind::of(value);
        let mut came = Came {
            news: self.kinds.add(kind),
            values: 0,
        };
        match value {
            Value::Text(text) => {
                self.length.add(characters(text));
                let hash = hash(text, told.seed);
                self.distinct.add(hash);
                if !told.refused && !matches!(self.values, Values::Free) && !text.is_empty() {
                    let caller = told.caller;
                    let (values, news) = self.values.see(Sent { text, hash, caller }, told.room);
                    came.values = values;
                    came.news |= news;
                }
            }
            Value::Number(text) => {
                self.distinct.add(hash(text, told.seed));
                if let Some(number) = number(text) {
                    self.range.add(number);
                }
            }
            Value::Bool(yes) => self.distinct.add(u32::from(yes)),
            Value::Null | Value::EmptyList | Value::EmptyObject => {}
        }
        came
    }

    pub fn merge(&mut self, other: &Member) {
        let Member {
            spot: _,
            class: _,
            path: _,
            present,
            refused,
            kinds,
            length,
            range,
            distinct,
            values,
            seen,
            hits,
            own: _,
        } = other;
        self.present += present;
        self.refused = self.refused.saturating_add(*refused);
        self.kinds.merge(kinds);
        self.length.merge(*length);
        self.range.merge(*range);
        self.distinct.merge(distinct);
        self.values.merge(values);
        self.seen.merge(*seen);
        if let Some(hits) = hits {
            self.hits.get_or_insert_default().merge(hits);
        }
    }

    /// Counts what its latest value fits. Answers the verdict that makes it sensitive, or of
    /// another type than before; from then on its values are never text.
    pub fn classify(&mut self, fits: &[Fit], at: Timestamp, judge: &dyn Judge) -> Option<Verdict> {
        if fits.is_empty() && self.hits.is_none() {
            return None;
        }
        let values = self.texts();
        let hits = self.hits.get_or_insert_default();
        let due = hits.add(fits, at) | values.is_power_of_two();
        let told = if due { hits.judge(judge, values) } else { None };
        if told.is_some() {
            self.values = Values::Free;
        }
        told
    }

    /// Texts and numbers that it had.
    pub fn texts(&self) -> u64 {
        let kinds = self.kinds.iter();
        let texts = kinds.filter(|it| matches!(it.0.json_type(), "string" | "integer" | "number"));
        texts.map(|it| it.1).sum()
    }

    /// Counts an exchange that had it.
    pub fn count(&mut self, refused: bool) {
        if refused {
            self.refused = self.refused.saturating_add(1);
        } else {
            self.present += 1;
        }
    }

    pub fn present(&self, refused: bool) -> u64 {
        if refused {
            u64::from(self.refused)
        } else {
            self.present
        }
    }

    pub fn values(&self) -> usize {
        self.values.len()
    }

    #[cfg(test)]
    pub fn forget_texts(&mut self) {
        self.values.forget_texts();
    }

    pub fn touch(&self) -> u64 {
        self.present ^ u64::from(self.own.next) ^ self.kinds.touch() ^ self.values.touch()
    }

    pub fn last_seen(&self) -> u32 {
        self.seen.1
    }

    /// Beyond itself, by what is there and not by what memory is reserved.
    pub fn bytes(&self) -> usize {
        self.path.len() + self.kinds.bytes() + self.values.bytes() + self.hits_bytes()
    }

    pub fn heap_bytes(&self) -> usize {
        self.path.len() + self.kinds.heap_bytes() + self.values.bytes() + self.hits_bytes()
    }

    /// `present` of `observed`, as the profile counts them.
    pub fn row(&self, present: u64, observed: u64, types: Types<'_>) -> MemberRow {
        MemberRow {
            spot: self.spot,
            status_class: self.class,
            path: self.path.clone(),
            present,
            observed,
            types: self.counts(Kind::json_type),
            formats: self.counts(Kind::format),
            length: self
                .length
                .ends()
                .map(|(from, to)| (u64::from(from), u64::from(to))),
            range: self.range.ends(),
            values: self.values.rows(),
            distinct_estimate: self.distinct.estimate(),
            first_seen: Timestamp::from_seconds(i64::from(self.seen.0)),
            last_seen: Timestamp::from_seconds(i64::from(self.seen.1)),
            hits: self.hit_rows(types),
        }
    }

    pub fn hit_rows(&self, types: Types<'_>) -> Vec<MemberHit> {
        let hits = self.hits.as_ref();
        hits.map_or_else(Vec::new, |it| {
            it.rows(types.judge, types.scope, self.texts())
        })
    }

    fn hits_bytes(&self) -> usize {
        self.hits.as_ref().map_or(0, |it| it.bytes())
    }

    /// Counts of kinds under a name that several may share, in the order of the roll.
    fn counts(&self, name: impl Fn(Kind) -> &'static str) -> Vec<(Box<str>, u64)> {
        let mut counts = Vec::<(Box<str>, u64)>::new();
        for (kind, count) in self.kinds.iter().filter(|it| !name(it.0).is_empty()) {
            match counts.iter_mut().find(|it| *it.0 == *name(kind)) {
                Some(found) => found.1 += count,
                None => counts.push((name(kind).into(), count)),
            }
        }
        debug_assert!(counts.len() <= ROLL.len());
        counts
    }
}

/// Before 1970 and after 2106 count as the ends.
pub(super) fn seconds(at: Timestamp) -> u32 {
    u32::try_from(at.seconds().max(0)).unwrap_or(u32::MAX)
}

/// Keyed, where there is a key, so that nobody can try values against it.
fn hash(text: &str, seed: u64) -> u32 {
    xxhash_rust::xxh3::xxh3_64_with_seed(text.as_bytes(), seed) as u32
}

fn characters(text: &str) -> u16 {
    let count = if text.is_ascii() {
        text.len()
    } else {
        text.chars().count()
    };
    u16::try_from(count).unwrap_or(u16::MAX)
}

/// Finite numbers only; adding zero makes one zero of both.
fn number(text: &str) -> Option<f64> {
    let number = if text.len() <= 15 && text.bytes().all(|it| it.is_ascii_digit()) {
        let digits = text.bytes().map(|it| u64::from(it - b'0'));
        digits.fold(0, |sum, digit| sum * 10 + digit) as f64
    } else {
        text.parse::<f64>().ok()?
    };
    number.is_finite().then_some(number + 0.0)
}
