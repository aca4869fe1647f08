//! What is kept of one parameter or member.

use gatewatch_decode::Value;
use gatewatch_model::facts::Handful;
use gatewatch_model::info_type::{Counted, Fit, Verdict};
use gatewatch_model::profile::MemberRow;
use gatewatch_model::sensitivity::MemberHit;
use gatewatch_model::{Spot, Timestamp};
use minicbor::decode::Error as DecodeError;
use minicbor::encode::{Error as EncodeError, Write};
use minicbor::{Decode, Decoder, Encode, Encoder};

use super::extent::Extent;
use super::hits::Hits;
use super::kinds::{Kind, ROLL};
use super::secrecy::is_private;
use super::sensitive::Types;
use super::tally::Tally;
use super::values::{Sent, Values};

/// Small, because a profile has dozens: what few members have lies in a box.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Member {
    pub spot: Spot,
    /// 0 for requests.
    pub class: u8,
    pub path: Box<str>,
    /// Exchanges that had it: of requests those that were not refused.
    present: u64,
    /// Refused requests that had it; beyond what it can hold it stays there.
    refused: u32,
    kinds: Tally,
    /// In characters; long ones count as `u16::MAX`.
    length: Range<u16>,
    distinct: Handful,
    values: Values,
    /// In seconds since 1970.
    seen: Range<u32>,
    more: Option<Box<More>>,
    pub own: Own,
}

/// What is known of members that are numbers, or may be sensitive.
#[derive(Clone, Debug, PartialEq)]
struct More {
    range: Extent,
    hits: Option<Box<Hits>>,
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
            distinct: Handful::default(),
            values,
            seen: Range(u32::MAX, 0),
            more: None,
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
                    self.more.get_or_insert_default().range.add(number);
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
            distinct,
            values,
            seen,
            more,
            own: _,
        } = other;
        self.present += present;
        self.refused = self.refused.saturating_add(*refused);
        self.kinds.merge(kinds);
        self.length.merge(*length);
        self.distinct.merge(distinct);
        self.values.merge(values);
        self.seen.merge(*seen);
        if let Some(more) = more {
            self.more.get_or_insert_default().merge(more);
        }
    }

    /// Counts what its latest value fits. Answers the verdict that makes it sensitive, or of
    /// another type than before; from then on its values are never text.
    pub fn classify(&mut self, fits: &[Fit], at: Timestamp, types: Types<'_>) -> Option<Verdict> {
        if fits.is_empty() && !self.has_hits() {
            return None;
        }
        let values = self.texts();
        let distinct = &self.distinct;
        let more = self.more.get_or_insert_default();
        let hits = more.hits.get_or_insert_default();
        let due = hits.add(fits, at) | values.is_power_of_two();
        let counted = || Counted {
            values,
            distinct: distinct.estimate(),
        };
        let told = due.then(|| hits.judge(types, counted())).flatten();
        if due && hits.is_sure() {
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

    /// Whether it may be sensitive.
    pub fn has_hits(&self) -> bool {
        self.hits().is_some()
    }

    pub fn values(&self) -> usize {
        self.values.len()
    }

    #[cfg(test)]
    pub fn forget_texts(&mut self) {
        self.values.forget_texts();
    }

    pub fn touch(&self) -> u64 {
        let more = self.more.as_ref().map_or(0, |it| it.range.touch());
        self.present ^ u64::from(self.own.next) ^ self.kinds.touch() ^ self.values.touch() ^ more
    }

    pub fn last_seen(&self) -> u32 {
        self.seen.1
    }

    /// Beyond itself, by what is there and not by what memory is reserved.
    pub fn bytes(&self) -> usize {
        self.path.len() + self.kinds.bytes() + self.values.bytes() + self.more_bytes()
    }

    pub fn heap_bytes(&self) -> usize {
        self.path.len() + self.kinds.heap_bytes() + self.values.bytes() + self.more_bytes()
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
            range: self.more.as_ref().and_then(|it| it.range.ends()),
            values: self.values.rows(),
            distinct_estimate: self.distinct.estimate(),
            first_seen: Timestamp::from_seconds(i64::from(self.seen.0)),
            last_seen: Timestamp::from_seconds(i64::from(self.seen.1)),
            hits: self.hit_rows(types),
        }
    }

    pub fn hit_rows(&self, types: Types<'_>) -> Vec<MemberHit> {
        self.hits()
            .map_or_else(Vec::new, |it| it.rows(types, self.counted()))
    }

    /// Types that it counts as.
    pub fn sure_rows(&self, types: Types<'_>) -> Vec<MemberHit> {
        self.hits()
            .map_or_else(Vec::new, |it| it.sure_rows(types, self.counted()))
    }

    fn counted(&self) -> Counted {
        Counted {
            values: self.texts(),
            distinct: self.distinct.estimate(),
        }
    }

    fn hits(&self) -> Option<&Hits> {
        self.more.as_ref()?.hits.as_deref()
    }

    fn more_bytes(&self) -> usize {
        let more = self.more.as_ref().map_or(0, |_| size_of::<More>());
        more + self.hits().map_or(0, Hits::bytes)
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

impl More {
    fn merge(&mut self, other: &More) {
        self.range.merge(other.range);
        if let Some(hits) = &other.hits {
            self.hits.get_or_insert_default().merge(hits);
        }
    }
}

impl Default for More {
    fn default() -> Self {
        More {
            range: Extent::NONE,
            hits: None,
        }
    }
}

/// A member as it is read back.
#[derive(Decode)]
#[cbor(array)]
struct Saved {
    #[n(0)]
    spot: Spot,
    #[n(1)]
    class: u8,
    #[n(2)]
    path: Box<str>,
    #[n(3)]
    present: u64,
    #[n(4)]
    refused: u32,
    #[n(5)]
    kinds: Tally,
    #[n(6)]
    length: Range<u16>,
    #[n(7)]
    range: Extent,
    #[n(8)]
    distinct: Handful,
    #[n(9)]
    values: Values,
    #[n(10)]
    seen: Range<u32>,
    #[n(11)]
    hits: Option<Box<Hits>>,
}

impl<C> Encode<C> for Member {
    fn encode<W: Write>(&self, e: &mut Encoder<W>, _: &mut C) -> Result<(), EncodeError<W::Error>> {
        let range = self.more.as_ref().map_or(Extent::NONE, |it| it.range);
        e.array(11 + u64::from(self.has_hits()))?;
        e.encode(self.spot)?.u8(self.class)?.str(&self.path)?;
        e.u64(self.present)?.u32(self.refused)?;
        e.encode(&self.kinds)?.encode(self.length)?.encode(range)?;
        e.encode(self.distinct)?.encode(&self.values)?;
        e.encode(self.seen)?;
        self.hits().map_or(Ok(()), |it| e.encode(it)?.ok())
    }
}

impl<'b, C> Decode<'b, C> for Member {
    fn decode(d: &mut Decoder<'b>, _: &mut C) -> Result<Self, DecodeError> {
        let saved = d.decode::<Saved>()?;
        let (range, hits) = (saved.range.rounded(), saved.hits);
        let more = range.ends().is_some() || hits.is_some();
        Ok(Member {
            spot: saved.spot,
            class: saved.class,
            path: saved.path,
            present: saved.present,
            refused: saved.refused,
            kinds: saved.kinds,
            length: saved.length,
            distinct: saved.distinct,
            values: saved.values,
            seen: saved.seen,
            more: more.then(|| Box::new(More { range, hits })),
            own: Own::default(),
        })
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
