//! How many distinct values a member had, in 20 bytes: exact up to four, then 21 registers of a
//! HyperLogLog (standard error 23 %). Equal sets are equal bytes, in whatever order they came.

use super::hll::ertl;

const WORDS: usize = 4;
const REGISTERS: u32 = 21;
/// Of one register.
const BITS: u32 = 6;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Handful {
    /// Hashes, sorted, with zeros behind; or the registers.
    words: [u32; WORDS],
    /// How many of the words are hashes; more than there are words when they are registers.
    exact: u8,
}

impl Handful {
    /// `hash` must be well mixed.
    pub fn add(&mut self, hash: u32) {
        let count = usize::from(self.exact);
        if count > WORDS {
            self.raise(hash);
            return;
        }
        let Err(at) = self.words[..count].binary_search(&hash) else {
            return;
        };
        if count < WORDS {
            self.words.copy_within(at..count, at + 1);
            self.words[at] = hash;
            self.exact += 1;
            return;
        }
        let hashes = core::mem::take(&mut self.words);
        self.exact = WORDS as u8 + 1;
        hashes
            .into_iter()
            .chain([hash])
            .for_each(|it| self.raise(it));
    }

    pub fn merge(&mut self, other: &Handful) {
        if usize::from(other.exact) <= WORDS {
            let hashes = &other.words[..usize::from(other.exact)];
            hashes.iter().for_each(|it| self.add(*it));
            return;
        }
        let mine = core::mem::replace(self, *other);
        if usize::from(mine.exact) <= WORDS {
            self.merge(&mine);
            return;
        }
        for register in 0..REGISTERS {
            let rank = mine.rank(register).max(self.rank(register));
            self.set_rank(register, rank);
        }
    }

    pub fn estimate(&self) -> u64 {
        if usize::from(self.exact) <= WORDS {
            return u64::from(self.exact);
        }
        let mut counts = [0_u32; 66];
        for register in 0..REGISTERS {
            counts[self.rank(register) as usize] += 1;
        }
        let estimate = ertl(&counts, f64::from(REGISTERS), 32).round() as u64;
        // It takes five to get here.
        estimate.max(WORDS as u64 + 1)
    }

    /// The register is told by the hash as a share of all hashes, the rank by its lower bits
    /// mixed once more.
    fn raise(&mut self, hash: u32) {
        let register = ((u64::from(hash) * u64::from(REGISTERS)) >> 32) as u32;
        let rank = hash
            .wrapping_mul(0x9e37_79b1)
            .rotate_left(16)
            .wrapping_mul(0x85eb_ca6b);
        let rank = rank.leading_zeros() + 1;
        if rank > self.rank(register) {
            self.set_rank(register, rank);
        }
    }

    fn rank(&self, register: u32) -> u32 {
        (self.bits() >> (register * BITS)) as u32 & ((1 << BITS) - 1)
    }

    fn set_rank(&mut self, register: u32, rank: u32) {
        let shift = register * BITS;
        let mask = ((1_u128 << BITS) - 1) << shift;
        let bits = self.bits() & !mask | u128::from(rank) << shift;
        for (at, word) in self.words.iter_mut().enumerate() {
            *word = (bits >> (at * 32)) as u32;
        }
    }

    fn bits(&self) -> u128 {
        let words = self.words.iter().rev();
        words.fold(0, |bits, word| bits << 32 | u128::from(*word))
    }
}

impl<C> minicbor::Encode<C> for Handful {
    fn encode<W: minicbor::encode::Write>(
        &self,
        e: &mut minicbor::Encoder<W>,
        _: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        let count = usize::from(self.exact);
        if count > WORDS {
            let mut bytes = [0; WORDS * 4];
            for (to, word) in bytes.chunks_exact_mut(4).zip(self.words) {
                to.copy_from_slice(&word.to_le_bytes());
            }
            return e.bytes(&bytes)?.ok();
        }
        e.array(count as u64)?;
        for hash in &self.words[..count] {
            e.u32(*hash)?;
        }
        Ok(())
    }
}

impl<'b, C> minicbor::Decode<'b, C> for Handful {
    fn decode(d: &mut minicbor::Decoder<'b>, _: &mut C) -> Result<Self, minicbor::decode::Error> {
        let mut handful = Handful::default();
        if d.datatype()? == minicbor::data::Type::Bytes {
            let bytes = d.bytes()?;
            if bytes.len() != WORDS * 4 {
                let why = "wrong number of registers";
                return Err(minicbor::decode::Error::message(why));
            }
            for (word, from) in handful.words.iter_mut().zip(bytes.as_chunks::<4>().0) {
                *word = u32::from_le_bytes(*from);
            }
            handful.exact = WORDS as u8 + 1;
            return Ok(handful);
        }
        let count = d.array()?.unwrap_or(0);
        if count > WORDS as u64 {
            return Err(minicbor::decode::Error::message("too many hashes"));
        }
        for _ in 0..count {
            handful.add(d.u32()?);
        }
        Ok(handful)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hash(number: u32) -> u32 {
        let mixed = (u64::from(number) + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        ((mixed ^ mixed >> 29).wrapping_mul(0xbf58_476d_1ce4_e5b9) >> 32) as u32
    }

    #[test]
    fn four_are_counted_and_more_are_estimated() {
        let mut total = 0.0;
        for trial in 0..100 {
            let mut handful = Handful::default();
            for number in 0..1_000 {
                assert!(number > 4 || handful.estimate() == u64::from(number));
                handful.add(hash(trial * 1_000 + number));
            }
            total += handful.estimate() as f64;
        }
        let mean = total / 100.0;
        assert!((850.0..1_150.0).contains(&mean), "{mean}");
    }

    #[test]
    fn halves_merge_to_the_whole() {
        for cut in [0, 1, 3, 4, 5, 50, 100] {
            let (mut one, mut two, mut whole) = Default::default();
            for number in 0..100 {
                let half: &mut Handful = if number < cut { &mut one } else { &mut two };
                half.add(hash(number));
                Handful::add(&mut whole, hash(number));
            }
            let mut merged = one;
            merged.merge(&two);
            assert_eq!(merged, whole);
            two.merge(&one);
            assert_eq!(two, whole);
            let bytes = minicbor::to_vec(whole).unwrap();
            assert_eq!(minicbor::decode::<Handful>(&bytes).unwrap(), whole);
        }
    }
}
