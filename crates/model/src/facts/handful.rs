//! How many distinct values a member had, in 36 bytes: exact up to eight, then 32 registers of a
//! HyperLogLog (standard error 18 %). Equal sets are equal bytes, in whatever order they came.

use super::hll::ertl;

const EXACT_MAX: usize = 8;
const BITS: u32 = 5;
const REGISTERS: usize = 1 << BITS;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Handful {
    /// The first so many are hashes, sorted.
    Exact([u32; EXACT_MAX], u8),
    Registers([u8; REGISTERS]),
}

impl Default for Handful {
    fn default() -> Self {
        Handful::Exact([0; EXACT_MAX], 0)
    }
}

impl Handful {
    /// `hash` must be well mixed.
    pub fn add(&mut self, hash: u32) {
        match self {
            Handful::Registers(registers) => raise(registers, hash),
            Handful::Exact(hashes, len) => {
                let count = usize::from(*len);
                let Err(at) = hashes[..count].binary_search(&hash) else {
                    return;
                };
                if count < EXACT_MAX {
                    hashes.copy_within(at..count, at + 1);
                    hashes[at] = hash;
                    *len += 1;
                    return;
                }
                let mut registers = [0; REGISTERS];
                let all = hashes.iter().copied().chain([hash]);
                all.for_each(|it| raise(&mut registers, it));
                *self = Handful::Registers(registers);
            }
        }
    }

    pub fn merge(&mut self, other: &Handful) {
        match (&mut *self, other) {
            (_, Handful::Exact(hashes, len)) => hashes[..usize::from(*len)]
                .iter()
                .for_each(|it| self.add(*it)),
            (Handful::Registers(mine), Handful::Registers(theirs)) => mine
                .iter_mut()
                .zip(theirs)
                .for_each(|(one, two)| *one = (*one).max(*two)),
            (Handful::Exact(hashes, len), Handful::Registers(theirs)) => {
                let mut registers = *theirs;
                hashes[..usize::from(*len)]
                    .iter()
                    .for_each(|it| raise(&mut registers, *it));
                *self = Handful::Registers(registers);
            }
        }
    }

    pub fn estimate(&self) -> u64 {
        match self {
            Handful::Exact(_, len) => u64::from(*len),
            Handful::Registers(registers) => {
                let mut counts = [0_u32; 66];
                for rank in registers {
                    counts[usize::from(*rank).min(65)] += 1;
                }
                // It takes nine to get here.
                (ertl(&counts, REGISTERS as f64, (32 - BITS) as usize).round() as u64).max(9)
            }
        }
    }
}

fn raise(registers: &mut [u8; REGISTERS], hash: u32) {
    let rank = ((hash << BITS) | (1 << (BITS - 1))).leading_zeros() as u8 + 1;
    let mine = &mut registers[(hash >> (32 - BITS)) as usize];
    *mine = (*mine).max(rank);
}

impl<C> minicbor::Encode<C> for Handful {
    fn encode<W: minicbor::encode::Write>(
        &self,
        e: &mut minicbor::Encoder<W>,
        _: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        match self {
            Handful::Registers(registers) => e.bytes(registers)?.ok(),
            Handful::Exact(hashes, len) => {
                e.array(u64::from(*len))?;
                for hash in &hashes[..usize::from(*len)] {
                    e.u32(*hash)?;
                }
                Ok(())
            }
        }
    }
}

impl<'b, C> minicbor::Decode<'b, C> for Handful {
    fn decode(d: &mut minicbor::Decoder<'b>, _: &mut C) -> Result<Self, minicbor::decode::Error> {
        if d.datatype()? == minicbor::data::Type::Bytes {
            let registers: [u8; REGISTERS] = d
                .bytes()?
                .try_into()
                .map_err(|_| minicbor::decode::Error::message("wrong number of registers"))?;
            return Ok(Handful::Registers(registers));
        }
        let count = d.array()?.unwrap_or(0);
        if count > EXACT_MAX as u64 {
            return Err(minicbor::decode::Error::message("too many hashes"));
        }
        let mut handful = Handful::default();
        for _ in 0..count {
            handful.add(d.u32()?);
        }
        Ok(handful)
    }
}
