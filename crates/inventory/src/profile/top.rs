//! The callers with the most calls. Unlike facts this is a model: it keeps eight places after
//! Misra and Gries, so the counts are lower bounds, exact while there are no more than eight
//! callers, and off by at most a ninth of all calls. Merged in another order it may differ.

use gatewatch_model::Caller;
use minicbor::{Decode, Encode};

const CALLERS_MAX: usize = 8;

#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct TopCallers {
    /// With the hash of the caller. Sorted by it.
    places: Vec<(u64, u64, Caller)>,
}

impl TopCallers {
    /// Answers whether one came in while there was room.
    pub fn add(&mut self, hash: u64, caller: &Caller) -> bool {
        if let Some(place) = self.places.iter_mut().find(|it| it.0 == hash) {
            place.1 += 1;
            return false;
        }
        if self.places.len() < CALLERS_MAX {
            self.insert(hash, 1, caller);
            return true;
        }
        self.lower(1);
        false
    }

    pub fn merge(&mut self, other: &TopCallers) {
        for (hash, count, caller) in &other.places {
            match self.places.iter_mut().find(|it| it.0 == *hash) {
                Some(place) => place.1 += count,
                None => self.insert(*hash, *count, caller),
            }
        }
        if self.places.len() > CALLERS_MAX {
            let mut counts = self.places.iter().map(|it| it.1).collect::<Vec<_>>();
            counts.sort_unstable_by(|one, two| two.cmp(one));
            self.lower(counts[CALLERS_MAX]);
        }
    }

    /// The most frequent first.
    pub fn rows(&self) -> Vec<(Box<str>, u64)> {
        let rows = self.places.iter();
        let mut rows = rows
            .map(|(_, count, caller)| (caller.to_string().into_boxed_str(), *count))
            .collect::<Vec<_>>();
        rows.sort_unstable_by(|one, two| two.1.cmp(&one.1).then_with(|| one.0.cmp(&two.0)));
        rows
    }

    pub fn touch(&self) -> u64 {
        self.places.iter().fold(0, |all, it| all ^ it.0)
    }

    pub fn heap_bytes(&self) -> usize {
        let names = self.places.iter().map(|it| match &it.2 {
            Caller::Identity(identity) => identity.len(),
            Caller::Address(_) | Caller::Unknown => 0,
        });
        self.places.capacity() * size_of::<(u64, u64, Caller)>() + names.sum::<usize>()
    }

    fn insert(&mut self, hash: u64, count: u64, caller: &Caller) {
        let at = self.places.partition_point(|it| it.0 < hash);
        if self.places.len() == self.places.capacity() {
            self.places.reserve_exact(2);
        }
        self.places.insert(at, (hash, count, caller.clone()));
    }

    fn lower(&mut self, by: u64) {
        self.places.retain_mut(|it| {
            it.1 = it.1.saturating_sub(by);
            it.1 > 0
        });
    }
}

impl<C> Encode<C> for TopCallers {
    fn encode<W: minicbor::encode::Write>(
        &self,
        e: &mut minicbor::Encoder<W>,
        _: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        e.array(self.places.len() as u64 * 2)?;
        for (_, count, caller) in &self.places {
            e.u64(*count)?.str(&caller.to_string())?;
        }
        Ok(())
    }
}

impl<'b, C> Decode<'b, C> for TopCallers {
    fn decode(d: &mut minicbor::Decoder<'b>, _: &mut C) -> Result<Self, minicbor::decode::Error> {
        let items = d.array()?.unwrap_or(0);
        if items > CALLERS_MAX as u64 * 2 {
            return Err(minicbor::decode::Error::message("too many callers"));
        }
        let mut top = TopCallers::default();
        for _ in 0..items / 2 {
            let count = d.u64()?;
            let caller = Caller::parse(d.str()?);
            top.insert(crate::callers::caller_hash(&caller), count, &caller);
        }
        Ok(top)
    }
}
