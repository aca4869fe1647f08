//! Counts by kind, of which a member has one, and rarely more.

use super::kinds::Kind;

/// The kind with the lowest number stands inline; the others, sorted, behind it.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Tally {
    /// The kind in the highest byte, the count below it.
    first: u64,
    #[expect(
        clippy::box_collection,
        reason = "one word in each member, and seldom there"
    )]
    more: Option<Box<Vec<(u8, u64)>>>,
}

/// No member is seen so often.
const COUNT_MAX: u64 = (1 << 56) - 1;

impl Tally {
    /// Answers whether the kind is new.
    pub fn add(&mut self, kind: Kind) -> bool {
        if self.first >> 56 == u64::from(kind.number()) && self.first & COUNT_MAX > 0 {
            self.first += 1;
            return false;
        }
        self.add_many(kind.number(), 1)
    }

    pub fn merge(&mut self, other: &Tally) {
        for (kind, count) in other.iter() {
            self.add_many(kind.number(), count);
        }
    }

    pub fn iter(&self) -> impl Iterator<Item = (Kind, u64)> {
        let more = self.more.iter().flat_map(|it| it.iter().copied());
        let all = [((self.first >> 56) as u8, self.first & COUNT_MAX)]
            .into_iter()
            .chain(more);
        all.filter(|it| it.1 > 0)
            .filter_map(|(kind, count)| Some((Kind::parse(kind)?, count)))
    }

    pub fn touch(&self) -> u64 {
        self.more
            .as_ref()
            .and_then(|it| it.first())
            .map_or(0, |it| it.1)
    }

    pub fn bytes(&self) -> usize {
        self.more.as_ref().map_or(0, |it| size_of_val(&***it))
    }

    pub fn heap_bytes(&self) -> usize {
        self.more.as_ref().map_or(0, |it| {
            size_of::<Vec<(u8, u64)>>() + it.capacity() * size_of::<(u8, u64)>()
        })
    }

    fn add_many(&mut self, mut kind: u8, mut count: u64) -> bool {
        let first = ((self.first >> 56) as u8, self.first & COUNT_MAX);
        if first.1 == 0 || first.0 == kind {
            let sum = count.saturating_add(first.1).min(COUNT_MAX);
            self.first = u64::from(kind) << 56 | sum;
            return first.1 == 0;
        }
        let new = !self.iter().any(|it| it.0.number() == kind);
        if kind < first.0 {
            self.first = u64::from(kind) << 56 | count.min(COUNT_MAX);
            (kind, count) = first;
        }
        let more = self.more.get_or_insert_default();
        match more.binary_search_by_key(&kind, |it| it.0) {
            Ok(at) => more[at].1 = more[at].1.saturating_add(count),
            Err(at) => {
                more.reserve_exact(1);
                more.insert(at, (kind, count));
            }
        }
        new
    }
}

impl<C> minicbor::Encode<C> for Tally {
    fn encode<W: minicbor::encode::Write>(
        &self,
        e: &mut minicbor::Encoder<W>,
        _: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        e.array(self.iter().count() as u64 * 2)?;
        for (kind, count) in self.iter() {
            e.u8(kind.number())?.u64(count)?;
        }
        Ok(())
    }
}

impl<'b, C> minicbor::Decode<'b, C> for Tally {
    fn decode(d: &mut minicbor::Decoder<'b>, _: &mut C) -> Result<Self, minicbor::decode::Error> {
        let mut tally = Tally::default();
        for _ in 0..d.array()?.unwrap_or(0) / 2 {
            let kind = Kind::parse(d.u8()?)
                .ok_or_else(|| minicbor::decode::Error::message("a kind that is unknown"))?;
            let count = d.u64()?;
            if count > 0 {
                tally.add_many(kind.number(), count);
            }
        }
        Ok(tally)
    }
}
