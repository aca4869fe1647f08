//! Counts under short texts: content types, issuers. So many at most; what comes when all places
//! are taken is counted as *other*. Within that bound merging is exact.

/// At most `MAX` texts with their counts, sorted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Names<const MAX: usize> {
    list: Vec<Name>,
    other: u64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Name {
    /// Of the text, which is far away in memory.
    hash: u64,
    text: Box<str>,
    count: u64,
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
        let hash = hash(name);
        if let Some(found) = self.list.iter_mut().find(|it| it.hash == hash) {
            found.count += 1;
            return false;
        }
        self.add_many(name, 1)
    }

    pub fn merge(&mut self, other: &Names<MAX>) {
        for name in &other.list {
            self.add_many(&name.text, name.count);
        }
        self.other += other.other;
    }

    pub fn iter(&self) -> impl Iterator<Item = (&str, u64)> {
        self.list.iter().map(|it| (&*it.text, it.count))
    }

    /// With their counts, the most frequent first.
    pub fn rows(&self) -> Vec<(Box<str>, u64)> {
        let rows = self.list.iter().map(|it| (it.text.clone(), it.count));
        let mut rows = rows.collect::<Vec<_>>();
        rows.sort_by_key(|it| core::cmp::Reverse(it.1));
        if self.other > 0 {
            rows.push(("other".into(), self.other));
        }
        rows
    }

    pub fn is_empty(&self) -> bool {
        self.list.is_empty() && self.other == 0
    }

    pub fn touch(&self) -> u64 {
        self.list.first().map_or(0, |it| it.hash)
    }

    pub fn heap_bytes(&self) -> usize {
        self.list.capacity() * size_of::<Name>()
            + self.list.iter().map(|it| it.text.len()).sum::<usize>()
    }

    fn add_many(&mut self, name: &str, count: u64) -> bool {
        match self.list.binary_search_by(|it| (*it.text).cmp(name)) {
            Ok(at) => {
                self.list[at].count += count;
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
                let (hash, text) = (hash(name), name.into());
                self.list.insert(at, Name { hash, text, count });
                true
            }
        }
    }
}

/// FNV-1a: names are short, and two that collide would only be counted as one.
fn hash(name: &str) -> u64 {
    name.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

impl<C, const MAX: usize> minicbor::Encode<C> for Names<MAX> {
    fn encode<W: minicbor::encode::Write>(
        &self,
        e: &mut minicbor::Encoder<W>,
        _: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        e.array(self.list.len() as u64 * 2 + 1)?.u64(self.other)?;
        for name in &self.list {
            e.str(&name.text)?.u64(name.count)?;
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
