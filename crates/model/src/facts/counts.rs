//! Counts under small numbers: a status, a bucket. Sorted, so equal counts are equal bytes.

#[derive(Clone, Debug, Default, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
#[cbor(array)]
pub struct Counts {
    /// Two lists side by side, because pairs would be padded to 16 bytes.
    #[n(0)]
    keys: Vec<u16>,
    #[n(1)]
    counts: Vec<u64>,
}

impl Counts {
    pub fn add(&mut self, key: u16, count: u64) {
        match self.keys.binary_search(&key) {
            Ok(at) => self.counts[at] += count,
            Err(at) => {
                // Grown by little: most endpoints need a few dozen.
                if self.keys.len() == self.keys.capacity() {
                    self.keys.reserve_exact(8);
                    self.counts.reserve_exact(8);
                }
                self.keys.insert(at, key);
                self.counts.insert(at, count);
            }
        }
    }

    pub fn merge(&mut self, other: &Counts) {
        other.iter().for_each(|(key, count)| self.add(key, count));
    }

    pub fn iter(&self) -> impl Iterator<Item = (u16, u64)> {
        self.keys.iter().copied().zip(self.counts.iter().copied())
    }

    /// Reads where the search begins, so that it need not wait for memory then.
    pub fn touch(&self) -> u64 {
        let middle = self.keys.len() / 2;
        let key = self.keys.get(middle).copied().map_or(0, u64::from);
        key ^ self.counts.get(middle).copied().unwrap_or(0)
    }

    pub fn heap_bytes(&self) -> usize {
        self.keys.capacity() * size_of::<u16>() + self.counts.capacity() * size_of::<u64>()
    }
}
