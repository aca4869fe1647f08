//! A distribution in at most 6 KiB. Buckets are log-linear (16 to an octave, 3 % wide at the
//! middle) and found by shifting bits, so that no rounding mode and no order can change a count.

use super::Counts;

const SUB_BITS: u32 = 4;
const SUB: u64 = 1 << SUB_BITS;
/// Values above this (19 hours in microseconds, 64 GiB) count as this.
pub const VALUE_MAX: u64 = (1 << 36) - 1;

#[derive(Clone, Debug, Default, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
#[cbor(array)]
pub struct Quantiles {
    #[n(0)]
    buckets: Counts,
    #[n(1)]
    max: u64,
}

impl Quantiles {
    pub fn add(&mut self, value: u64) {
        let value = value.min(VALUE_MAX);
        self.max = self.max.max(value);
        self.buckets.add(bucket(value), 1);
    }

    pub fn merge(&mut self, other: &Quantiles) {
        let Quantiles { buckets, max } = other;
        self.max = self.max.max(*max);
        self.buckets.merge(buckets);
    }

    pub fn count(&self) -> u64 {
        self.buckets.iter().map(|it| it.1).sum()
    }

    pub fn max(&self) -> u64 {
        self.max
    }

    /// The value below which `q` (0 to 1) of all values lie; 0 when there are none.
    pub fn quantile(&self, q: f64) -> u64 {
        let [value] = self.quantiles(self.count(), [q]);
        value
    }

    /// Several, which must ascend, of so many values, in one walk.
    pub fn quantiles<const N: usize>(&self, count: u64, ascending: [f64; N]) -> [u64; N] {
        let mut buckets = self.buckets.iter();
        let (mut below, mut value) = (0, self.max);
        ascending.map(|q| {
            let rank = (q.clamp(0.0, 1.0) * count as f64).ceil().max(1.0) as u64;
            while below < rank {
                let Some((bucket, count)) = buckets.next() else {
                    return self.max;
                };
                below += count;
                value = middle(bucket).min(self.max);
            }
            value
        })
    }

    pub fn touch(&self) -> u64 {
        self.buckets.touch()
    }

    pub fn touch_all(&self) -> u64 {
        self.buckets.touch_all()
    }

    pub fn heap_bytes(&self) -> usize {
        self.buckets.heap_bytes()
    }
}

fn bucket(value: u64) -> u16 {
    if value < SUB {
        return value as u16;
    }
    let octave = value.ilog2() - SUB_BITS;
    ((u64::from(octave) + 1) * SUB + ((value >> octave) & (SUB - 1))) as u16
}

fn middle(bucket: u16) -> u64 {
    let bucket = u64::from(bucket);
    if bucket < SUB {
        return bucket;
    }
    let octave = (bucket / SUB - 1).min(58);
    let low = (SUB + bucket % SUB) << octave;
    low + (1 << octave) / 2
}
