//! How many distinct endpoints a caller touched, in 36 bytes: exact up to eight, then a linear
//! counter of 256 bits, good to some 20 % up to a thousand.

use gatewatch_model::EndpointId;

const WORDS: usize = 8;
const BITS: u32 = WORDS as u32 * 32;

#[derive(Clone, Debug, Default, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
#[cbor(array)]
pub(super) struct Distinct {
    /// Up to eight ids as they came, or the bits of the counter.
    #[n(0)]
    words: [u32; WORDS],
    /// How many of the words are ids; more than there are words when they are bits.
    #[n(1)]
    exact: u8,
}

impl Distinct {
    pub fn add(&mut self, endpoint: &EndpointId) {
        let [a, b, c, d, ..] = endpoint.0;
        let id = u32::from_le_bytes([a, b, c, d]);
        let exact = usize::from(self.exact);
        if exact > WORDS {
            self.mark(id);
        } else if self.words[..exact].contains(&id) {
        } else if exact < WORDS {
            self.words[exact] = id;
            self.exact += 1;
        } else {
            self.exact += 1;
            let ids = core::mem::take(&mut self.words);
            ids.into_iter().chain([id]).for_each(|it| self.mark(it));
        }
    }

    pub fn estimate(&self) -> u64 {
        if usize::from(self.exact) <= WORDS {
            return u64::from(self.exact);
        }
        let zeros: u32 = self.words.iter().map(|it| it.count_zeros()).sum();
        let bits = f64::from(BITS);
        let estimate = bits * (bits / f64::from(zeros.max(1))).ln();
        // It takes nine to get here, whether their bits collide or not.
        (estimate.round() as u64).max(WORDS as u64 + 1)
    }

    fn mark(&mut self, id: u32) {
        let bit = id % BITS;
        self.words[(bit / 32) as usize] |= 1 << (bit % 32);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(number: u64) -> EndpointId {
        let mut bytes = [0; 16];
        bytes[..8]
            .copy_from_slice(&xxhash_rust::xxh3::xxh3_64(&number.to_le_bytes()).to_le_bytes());
        EndpointId(bytes)
    }

    #[test]
    fn few_endpoints_are_counted_exactly() {
        let mut distinct = Distinct::default();
        for number in 0..8 {
            distinct.add(&id(number));
            distinct.add(&id(number / 2));
            assert_eq!(distinct.estimate(), number + 1);
        }
    }

    #[test]
    fn many_are_estimated_and_the_estimate_never_falls() {
        let mut distinct = Distinct::default();
        let mut before = 0;
        for number in 0..10_000 {
            distinct.add(&id(number));
            let estimate = distinct.estimate();
            assert!(estimate >= before);
            before = estimate;
            if number <= 1_000 {
                let error = (estimate as f64 - number as f64 - 1.0).abs();
                assert!(
                    error <= 2.0 + number as f64 * 0.25,
                    "{estimate} for {number}"
                );
            }
        }
    }
}
