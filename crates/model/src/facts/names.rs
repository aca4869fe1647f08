//! Counts under short texts: content types, issuers. So many at most; what comes when all places
//! are taken is counted as *other*. Within that bound merging is exact.

/// At most `MAX` texts with their counts, sorted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Names<const MAX: usize> {
    list: Vec<(Box<str>, u64)>,
    other: u64,
}

impl<const MAX: usize> Default for Names<MAX> {
    fn default() -> Self {
        Names {
            list: Vec::new(),
            other: 0,
        }
    }
}

impl<const MAX: usize> Names<MAX> {
    /// Of one text; a longer one counts as *other*.
    pub const BYTES_MAX: usize = 128;

    /// Counts one text; answers whether it is new here.
    pub fn add(&mut self, name: &str) -> bool {
        if let Some(found) = self.list.iter_mut().find(|it| *it.0 == *name) {
            found.1 += 1;
            return false;
        }
        self.add_many(name, 1)
    }

    pub fn merge(&mut self, other: &Names<MAX>) {
        for (name, count) in &other.list {
            self.add_many(name, *count);
        }
        self.other += other.other;
    }

    pub fn iter(&self) -> impl Iterator<Item = (&str, u64)> {
        self.list.iter().map(|(name, count)| (&**name, *count))
    }

    /// With their counts, the most frequent first.
    pub fn rows(&self) -> Vec<(Box<str>, u64)> {
        let mut rows = self.list.clone();
        rows.sort_by_key(|it| core::cmp::Reverse(it.1));
        if self.other > 0 {
            rows.push(("other".into(), self.other));
        }
        rows
    }

    pub fn is_empty(&self) -> bool {
        self.list.is_empty() && self.other == 0
    }

    pub fn heap_bytes(&self) -> usize {
        self.list.capacity() * size_of::<(Box<str>, u64)>()
            + self.list.iter().map(|it| it.0.len()).sum::<usize>()
    }

    fn add_many(&mut self, name: &str, count: u64) -> bool {
        match self.list.binary_search_by(|it| (*it.0).cmp(name)) {
            Ok(at) => {
                self.list[at].1 += count;
                false
            }
            Err(_) if self.list.len() >= MAX || name.len() > Self::BYTES_MAX => {
                self.other += count;
                false
            }
            Err(at) => {
                if self.list.len() == self.list.capacity() {
                    self.list.reserve_exact(1);
                }
                self.list.insert(at, (name.into(), count));
                true
            }
        }
    }
}

impl<C, const MAX: usize> minicbor::Encode<C> for Names<MAX> {
    fn encode<W: minicbor::encode::Write>(
        &self,
        e: &mut minicbor::Encoder<W>,
        _: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        e.array(self.list.len() as u64 * 2 + 1)?.u64(self.other)?;
        for (name, count) in &self.list {
            e.str(name)?.u64(*count)?;
        }
        Ok(())
    }
}

impl<'b, C, const MAX: usize> minicbor::Decode<'b, C> for Names<MAX> {
    fn decode(d: &mut minicbor::Decoder<'b>, _: &mut C) -> Result<Self, minicbor::decode::Error> {
        let items = d.array()?.unwrap_or(0);
        if items == 0 || items > MAX as u64 * 2 + 1 {
            return Err(minicbor::decode::Error::message("wrong number of names"));
        }
        let mut names = Names {
            list: Vec::new(),
            other: d.u64()?,
        };
        for _ in 0..items / 2 {
            let name = d.str()?;
            names.add_many(name, d.u64()?);
        }
        Ok(names)
    }
}
