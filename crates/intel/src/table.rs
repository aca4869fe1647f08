//! Ranges of addresses with a number each, for quick questions: a slot by the first bits, then a
//! short binary search.

const SLOTS: usize = 1 << 16;

/// The first bits of addresses, whose order is theirs.
pub trait Key: Copy + Ord {
    /// Below `SLOTS`; never falls as keys rise.
    fn slot(self) -> usize;
    fn next(self) -> Option<Self>;
}

impl Key for u32 {
    fn slot(self) -> usize {
        (self >> 16) as usize
    }

    fn next(self) -> Option<u32> {
        self.checked_add(1)
    }
}

/// The first half of an IPv6 address.
impl Key for u64 {
    /// All public addresses begin with the bits 001; the 16 bits behind these part them.
    fn slot(self) -> usize {
        const PUBLIC: u64 = 0x2000 << 48;
        let after = self.saturating_sub(PUBLIC) >> 45;
        (after as usize).min(SLOTS - 1)
    }

    fn next(self) -> Option<u64> {
        self.checked_add(1)
    }
}

/// A whole IPv6 address, by its first half.
impl Key for u128 {
    fn slot(self) -> usize {
        ((self >> 64) as u64).slot()
    }

    fn next(self) -> Option<u128> {
        self.checked_add(1)
    }
}

/// Where each range begins and what it is; where nothing is known is a range of 0.
#[derive(Clone, Debug)]
pub struct Table<K> {
    starts: Vec<K>,
    values: Vec<u32>,
    /// Of each slot, the first start that is in it or after it; one more for the end.
    slots: Vec<u32>,
}

impl<K: Key> Table<K> {
    /// Of ranges that rise and do not overlap, ends included.
    pub fn new(ranges: impl Iterator<Item = (K, K, u32)>) -> Table<K> {
        let mut table = Table {
            starts: Vec::new(),
            values: Vec::new(),
            slots: Vec::new(),
        };
        let mut free = None;
        for (start, end, value) in ranges {
            if let Some(gap) = free.filter(|it| *it < start) {
                table.push(gap, 0);
            }
            table.push(start, value);
            free = end.next();
        }
        if let Some(gap) = free.filter(|_| !table.starts.is_empty()) {
            table.push(gap, 0);
        }
        table.starts.shrink_to_fit();
        table.values.shrink_to_fit();
        table.index();
        table
    }

    /// Of where ranges begin, which rise, and what each is.
    pub fn of_starts(all: Vec<(K, u32)>) -> Table<K> {
        let (starts, values) = all.into_iter().unzip();
        let mut table = Table {
            starts,
            values,
            slots: Vec::new(),
        };
        table.starts.shrink_to_fit();
        table.values.shrink_to_fit();
        table.index();
        table
    }

    /// The number of the range that holds it; 0 when there is none.
    pub fn find(&self, key: K) -> u32 {
        let slot = key.slot();
        let (Some(low), Some(high)) = (self.slots.get(slot), self.slots.get(slot + 1)) else {
            return 0;
        };
        let (low, high) = (*low as usize, *high as usize);
        let within = self.starts[low..high].partition_point(|it| *it <= key);
        match low + within {
            0 => 0,
            at => self.values[at - 1],
        }
    }

    pub fn map(&mut self, to: impl Fn(u32) -> u32) {
        self.values.iter_mut().for_each(|it| *it = to(*it));
    }

    pub fn heap_bytes(&self) -> usize {
        self.starts.capacity() * size_of::<K>()
            + (self.values.capacity() + self.slots.capacity()) * size_of::<u32>()
    }

    fn push(&mut self, start: K, value: u32) {
        // Two neighbours of one value are one.
        if self.values.last() != Some(&value) {
            self.starts.push(start);
            self.values.push(value);
        }
    }

    fn index(&mut self) {
        self.slots = Vec::with_capacity(SLOTS + 1);
        for (at, start) in self.starts.iter().enumerate() {
            let slot = start.slot();
            while self.slots.len() <= slot {
                self.slots.push(at as u32);
            }
        }
        self.slots.resize(SLOTS + 1, self.starts.len() as u32);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_range_holds_its_ends_and_nothing_beside() {
        let table = Table::new([(10_u32, 19, 1), (20, 20, 2), (70_000, u32::MAX, 3)].into_iter());
        for (key, value) in [
            (0, 0),
            (9, 0),
            (10, 1),
            (19, 1),
            (20, 2),
            (21, 0),
            (69_999, 0),
            (70_000, 3),
            (u32::MAX, 3),
        ] {
            assert_eq!(table.find(key), value, "{key}");
        }
    }

    #[test]
    fn an_empty_table_knows_nothing() {
        let table = Table::<u64>::new(std::iter::empty());
        assert_eq!((table.find(0), table.find(u64::MAX)), (0, 0));
    }

    proptest! {
        #[test]
        fn a_table_answers_as_a_walk_over_its_ranges(
            bounds in proptest::collection::btree_set(any::<u64>(), 0..40),
            keys in proptest::collection::vec(any::<u64>(), 0..40),
        ) {
            let bounds = bounds.into_iter().collect::<Vec<_>>();
            let ranges = bounds
                .chunks_exact(2)
                .zip(1_u32..)
                .map(|(it, value)| (it[0], it[1], value))
                .collect::<Vec<_>>();
            let table = Table::new(ranges.iter().copied());
            for key in keys.into_iter().chain(bounds.iter().copied()) {
                let walked = ranges.iter().find(|it| (it.0..=it.1).contains(&key));
                prop_assert_eq!(table.find(key), walked.map_or(0, |it| it.2));
            }
        }
    }
}
