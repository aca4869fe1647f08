//! The values of a member, when they are few and harmless. A value is text only once five
//! callers have sent it; before that it is a hash. One value too many, or one that is no plain
//! word, and the set goes for good, so that the order of exchanges and merges never shows.
//! Of a merge alone the text of a value may be missing: it comes with the next exchange.

use minicbor::{Decode, Encode};

use super::secrecy::{VALUE_BYTES_MAX, is_word};

pub(super) const VALUES_PER_MEMBER_MAX: usize = 16;
pub(super) const CALLERS_MIN: usize = 5;

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Values {
    /// Sorted by hash; empty as long as there was none.
    Few(Box<[Candidate]>),
    /// Free text, or a place where no value may be shown.
    Free,
}

#[derive(Clone, Debug, PartialEq, Encode, Decode)]
#[cbor(array)]
pub(super) struct Candidate {
    #[n(0)]
    hash: u32,
    /// Beyond what it can hold it stays there.
    #[n(1)]
    count: u32,
    /// Of those who sent it, as long as they are fewer than five: sorted, zeros behind.
    #[n(2)]
    callers: [u16; CALLERS_MIN - 1],
    #[n(3)]
    text: Option<Box<str>>,
}

/// Stands where five callers sent it.
const COMMON: [u16; CALLERS_MIN - 1] = [u16::MAX; CALLERS_MIN - 1];

/// One value, and who sent it.
#[derive(Clone, Copy)]
pub(super) struct Sent<'s> {
    pub text: &'s str,
    pub hash: u32,
    pub caller: u64,
}

impl Values {
    /// Counts one value. `room` says how many values more the profile can hold; answers how many
    /// it took or gave back, and whether a value became text.
    pub fn see(&mut self, sent: Sent<'_>, room: usize) -> (isize, bool) {
        let Values::Few(list) = self else {
            return (0, false);
        };
        match list.binary_search_by_key(&sent.hash, |it| it.hash) {
            Ok(at) => (0, list[at].see(sent)),
            Err(at) if list.len() < VALUES_PER_MEMBER_MAX && room > 0 && is_word(sent.text) => {
                insert(list, at, Candidate::new(sent.hash));
                (1, list[at].see(sent))
            }
            Err(_) => {
                let given = list.len().cast_signed();
                *self = Values::Free;
                (-given, false)
            }
        }
    }

    pub fn merge(&mut self, other: &Values) {
        let (Values::Few(mine), Values::Few(theirs)) = (&mut *self, other) else {
            *self = Values::Free;
            return;
        };
        for value in theirs {
            match mine.binary_search_by_key(&value.hash, |it| it.hash) {
                Ok(at) => mine[at].merge(value),
                Err(at) => insert(mine, at, value.clone()),
            }
        }
        if mine.len() > VALUES_PER_MEMBER_MAX {
            *self = Values::Free;
        }
    }

    pub fn touch(&self) -> u64 {
        let Values::Few(list) = self else {
            return 0;
        };
        let read = |it: &Candidate| u64::from(it.hash);
        list.first().map_or(0, read) ^ list.get(list.len() / 2).map_or(0, read)
    }

    pub fn len(&self) -> usize {
        match self {
            Values::Few(list) => list.len(),
            Values::Free => 0,
        }
    }

    /// With their counts, the most frequent first. None as long as a single one is no text yet:
    /// a part would look like all there are.
    pub fn rows(&self) -> Vec<(Box<str>, u64)> {
        let Values::Few(list) = self else {
            return Vec::new();
        };
        let rows = list
            .iter()
            .map(|it| Some((it.text.clone()?, u64::from(it.count))));
        let mut rows = rows.collect::<Option<Vec<_>>>().unwrap_or_default();
        rows.sort_unstable_by(|one, two| two.1.cmp(&one.1).then_with(|| one.0.cmp(&two.0)));
        rows
    }

    pub fn bytes(&self) -> usize {
        let Values::Few(list) = self else {
            return 0;
        };
        let texts = list.iter().filter_map(|it| it.text.as_ref());
        size_of_val(&**list) + texts.map(|it| it.len()).sum::<usize>()
    }

    #[cfg(test)]
    pub fn forget_texts(&mut self) {
        if let Values::Few(list) = self {
            list.iter_mut().for_each(|it| it.text = None);
        }
    }
}

impl Default for Values {
    fn default() -> Self {
        Values::Few(Box::default())
    }
}

/// Makes room for exactly one more: that is rare, and there are many lists.
fn insert(list: &mut Box<[Candidate]>, at: usize, value: Candidate) {
    let mut longer = core::mem::take(list).into_vec();
    longer.reserve_exact(1);
    longer.insert(at, value);
    *list = longer.into_boxed_slice();
}

impl Candidate {
    fn new(hash: u32) -> Candidate {
        Candidate {
            hash,
            callers: [0; CALLERS_MIN - 1],
            count: 0,
            text: None,
        }
    }

    /// Answers whether it became text.
    fn see(&mut self, sent: Sent<'_>) -> bool {
        self.count = self.count.saturating_add(1);
        self.add_caller(((sent.caller >> 48) as u16).clamp(1, u16::MAX - 1));
        let becomes = self.is_common() && self.text.is_none() && is_word(sent.text);
        if becomes {
            self.text = Some(sent.text.into());
        }
        becomes
    }

    fn add_caller(&mut self, caller: u16) {
        if self.is_common() || self.callers.contains(&caller) {
            return;
        }
        let len = self.callers.iter().filter(|it| **it != 0).count();
        match self.callers.get_mut(len) {
            Some(place) => {
                *place = caller;
                self.callers[..=len].sort_unstable();
            }
            None => self.callers = COMMON,
        }
    }

    fn merge(&mut self, other: &Candidate) {
        self.count = self.count.saturating_add(other.count);
        if other.is_common() {
            self.callers = COMMON;
        }
        let callers = other.callers.iter().filter(|it| **it != 0);
        callers.for_each(|it| self.add_caller(*it));
        if self.text.is_none() {
            self.text.clone_from(&other.text);
        }
    }

    fn is_common(&self) -> bool {
        self.callers == COMMON
    }

    /// Whether it can have come from here: a hostile state must not show what was never common.
    fn is_sound(&self) -> bool {
        let ascends = |it: &[u16]| it[0] < it[1] || it[1] == 0;
        let sorted = self.is_common() || self.callers.windows(2).all(ascends);
        let text = self.text.as_ref();
        sorted && text.is_none_or(|it| self.is_common() && it.len() <= VALUE_BYTES_MAX)
    }
}

impl<C> Encode<C> for Values {
    fn encode<W: minicbor::encode::Write>(
        &self,
        e: &mut minicbor::Encoder<W>,
        _: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        match self {
            Values::Few(list) if list.is_empty() => e.null()?.ok(),
            Values::Few(list) => e.encode(list)?.ok(),
            Values::Free => e.bool(true)?.ok(),
        }
    }
}

impl<'b, C> Decode<'b, C> for Values {
    fn decode(d: &mut minicbor::Decoder<'b>, _: &mut C) -> Result<Self, minicbor::decode::Error> {
        match d.datatype()? {
            minicbor::data::Type::Null => d.null().map(|()| Values::default()),
            minicbor::data::Type::Bool => d.bool().map(|_| Values::Free),
            _ => {
                let list = crate::state::list::<Candidate>(d, VALUES_PER_MEMBER_MAX)?;
                let sorted = list.windows(2).all(|it| it[0].hash < it[1].hash);
                if !sorted || !list.iter().all(Candidate::is_sound) {
                    return Err(minicbor::decode::Error::message("values that cannot be"));
                }
                Ok(Values::Few(list.into()))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn see(values: &mut Values, text: &str, caller: u64) {
        let hash = xxhash_rust::xxh3::xxh3_64(text.as_bytes()) as u32;
        let caller = (caller + 1) << 48;
        values.see(Sent { text, hash, caller }, 99);
    }

    #[test]
    fn a_value_is_text_once_five_callers_sent_it() {
        let mut values = Values::default();
        for call in 0..100 {
            see(&mut values, "open", call % 4);
        }
        assert_eq!(values.rows(), []);
        see(&mut values, "open", 4);
        assert_eq!(values.rows(), [("open".into(), 101)]);
    }

    #[test]
    fn a_part_of_the_values_is_not_shown() {
        let mut values = Values::default();
        for caller in 0..5 {
            see(&mut values, "open", caller);
        }
        see(&mut values, "closed", 0);
        assert_eq!(values.rows(), []);
    }

    #[test]
    fn one_value_too_many_or_no_word_ends_the_set_for_good() {
        for last in ["seventeenth", "two words"] {
            let mut values = Values::default();
            for number in 0..VALUES_PER_MEMBER_MAX as u8 {
                let text = char::from(b'a' + number).to_string();
                (0..5).for_each(|caller| see(&mut values, &text, caller));
            }
            assert_eq!(values.rows().len(), VALUES_PER_MEMBER_MAX);
            see(&mut values, last, 0);
            assert_eq!(values, Values::Free);
            see(&mut values, "a", 0);
            assert_eq!(values, Values::Free);
        }
    }
}
