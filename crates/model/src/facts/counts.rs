//! Counts under small numbers: a status, a bucket. Sorted, so equal counts are equal bytes.

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// The key in the highest bits, the count below it: eight bytes each, in one piece.
    list: Vec<u64>,
}

const COUNT_BITS: u32 = 48;
/// Nothing is counted so often; beyond it a count stays there.
const COUNT_MAX: u64 = (1 << COUNT_BITS) - 1;

impl Counts {
    pub fn add(&mut self, key: u16, count: u64) {
        let from = u64::from(key) << COUNT_BITS;
        let at = self.list.partition_point(|it| *it < from);
        match self.list.get_mut(at) {
            Some(found) if key_of(*found) == key => {
                let sum = (*found & COUNT_MAX).saturating_add(count);
                *found = from | sum.min(COUNT_MAX);
            }
            _ => {
                // Grown by little: most endpoints need a few dozen.
                if self.list.len() == self.list.capacity() {
                    self.list.reserve_exact(4);
                }
                self.list.insert(at, from | count.min(COUNT_MAX));
            }
        }
    }

    pub fn merge(&mut self, other: &Counts) {
        other.iter().for_each(|(key, count)| self.add(key, count));
    }

    pub fn iter(&self) -> impl Iterator<Item = (u16, u64)> {
        self.list.iter().map(|it| (key_of(*it), it & COUNT_MAX))
    }

    /// Reads where the search begins, so that it need not wait for memory then.
    pub fn touch(&self) -> u64 {
        self.list.get(self.list.len() / 2).copied().unwrap_or(0)
    }

    pub fn touch_all(&self) -> u64 {
        self.list.iter().step_by(8).fold(0, |all, it| all ^ it)
    }

    pub fn heap_bytes(&self) -> usize {
        self.list.capacity() * size_of::<u64>()
    }
}

fn key_of(entry: u64) -> u16 {
    (entry >> COUNT_BITS) as u16
}

/// As two lists, keys and counts.
impl<C> minicbor::Encode<C> for Counts {
    fn encode<W: minicbor::encode::Write>(
        &self,
        e: &mut minicbor::Encoder<W>,
        _: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        let length = self.list.len() as u64;
        e.array(2)?.array(length)?;
        for (key, _) in self.iter() {
            e.u16(key)?;
        }
        e.array(length)?;
        for (_, count) in self.iter() {
            e.u64(count)?;
        }
        Ok(())
    }
}

impl<'b, C> minicbor::Decode<'b, C> for Counts {
    fn decode(d: &mut minicbor::Decoder<'b>, _: &mut C) -> Result<Self, minicbor::decode::Error> {
        let keys_and_counts: (Vec<u16>, Vec<u64>) = d.decode()?;
        let (keys, counts) = keys_and_counts;
        if keys.len() != counts.len() {
            return Err(minicbor::decode::Error::message("keys without counts"));
        }
        let mut all = Counts::default();
        for (key, count) in keys.into_iter().zip(counts) {
            all.add(key, count);
        }
        Ok(all)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_as_two_lists_is_read_and_written_so() {
        let bytes = minicbor::to_vec((vec![200_u16, 404], vec![u64::MAX, 1])).unwrap();
        let mut counts = minicbor::decode::<Counts>(&bytes).unwrap();
        counts.add(404, 1);
        counts.add(7, 3);
        let rows = counts.iter().collect::<Vec<_>>();
        assert_eq!(rows, [(7, 3), (200, COUNT_MAX), (404, 2)]);
        let lists = (vec![7_u16, 200, 404], vec![3, COUNT_MAX, 2]);
        assert_eq!(
            minicbor::to_vec(&counts).unwrap(),
            minicbor::to_vec(lists).unwrap()
        );
        let uneven = minicbor::to_vec((vec![1_u16], Vec::<u64>::new())).unwrap();
        assert!(minicbor::decode::<Counts>(&uneven).is_err());
    }
}
