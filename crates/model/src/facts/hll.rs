//! How many distinct things, in at most 2 KiB. Registers only ever grow, so a merge is their
//! maximum and the same set of hashes gives the same bytes whatever the order; libraries with
//! order-dependent estimators (HIP) cannot promise that.

const BITS: u32 = 11;
const REGISTERS: usize = 1 << BITS;
/// Up to here a sorted list is smaller than the registers.
const SPARSE_MAX: usize = 256;

/// A HyperLogLog of 2,048 registers; standard error 2.3 %.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Hll {
    /// (register, rank), sorted by register.
    Sparse(Vec<(u16, u8)>),
    Dense(Box<[u8; REGISTERS]>),
}

impl Default for Hll {
    fn default() -> Self {
        Hll::Sparse(Vec::new())
    }
}

impl Hll {
    /// `hash` must be well mixed.
    pub fn add(&mut self, hash: u64) {
        let register = (hash >> (64 - BITS)) as u16;
        let rank = ((hash << BITS) | (1 << (BITS - 1))).leading_zeros() as u8 + 1;
        self.raise(register, rank);
    }

    pub fn merge(&mut self, other: &Hll) {
        other.each(|register, rank| self.raise(register, rank));
    }

    pub fn estimate(&self) -> u64 {
        let mut counts = [0_u32; 66];
        match self {
            Hll::Sparse(list) => {
                counts[0] = (REGISTERS - list.len()) as u32;
                for (_, rank) in list {
                    counts[usize::from(*rank).min(65)] += 1;
                }
            }
            Hll::Dense(registers) => count_ranks(registers, &mut counts),
        }
        ertl(&counts, REGISTERS as f64, (64 - BITS) as usize).round() as u64
    }

    /// Reads what adding that hash reads, so that it need not wait for memory then.
    pub fn touch(&self, hash: u64) -> u64 {
        let register = (hash >> (64 - BITS)) as u16;
        match self {
            Hll::Sparse(list) => list.get(list.len() / 2).map_or(0, |it| u64::from(it.0)),
            Hll::Dense(registers) => u64::from(registers[usize::from(register)]),
        }
    }

    pub fn touch_all(&self) -> u64 {
        match self {
            Hll::Sparse(list) => list
                .iter()
                .step_by(16)
                .fold(0, |all, it| all ^ u64::from(it.0)),
            Hll::Dense(registers) => {
                let lines = registers.iter().step_by(64);
                lines.fold(0, |all, it| all ^ u64::from(*it))
            }
        }
    }

    pub fn heap_bytes(&self) -> usize {
        match self {
            Hll::Sparse(list) => list.capacity() * size_of::<(u16, u8)>(),
            Hll::Dense(_) => REGISTERS,
        }
    }

    fn raise(&mut self, register: u16, rank: u8) {
        match self {
            Hll::Sparse(list) => match list.binary_search_by_key(&register, |it| it.0) {
                Ok(at) => list[at].1 = list[at].1.max(rank),
                Err(at) => {
                    list.insert(at, (register, rank));
                    if list.len() > SPARSE_MAX {
                        self.densify();
                    }
                }
            },
            Hll::Dense(registers) => {
                let mine = &mut registers[usize::from(register)];
                *mine = (*mine).max(rank);
            }
        }
    }

    fn densify(&mut self) {
        let mut registers = Box::new([0; REGISTERS]);
        self.each(|register, rank| registers[usize::from(register)] = rank);
        *self = Hll::Dense(registers);
    }

    fn each(&self, mut see: impl FnMut(u16, u8)) {
        match self {
            Hll::Sparse(list) => list
                .iter()
                .for_each(|(register, rank)| see(*register, *rank)),
            Hll::Dense(registers) => {
                for (register, rank) in registers.iter().enumerate().filter(|(_, rank)| **rank > 0)
                {
                    see(register as u16, *rank);
                }
            }
        }
    }
}

/// Most registers have one of a few ranks: counted in one list, each would wait for the one
/// before it.
fn count_ranks(registers: &[u8; REGISTERS], counts: &mut [u32; 66]) {
    let mut lists = [[0_u16; 66]; 4];
    for four in registers.chunks_exact(4) {
        for (list, rank) in lists.iter_mut().zip(four) {
            list[usize::from(*rank).min(65)] += 1;
        }
    }
    for (rank, count) in counts.iter_mut().enumerate() {
        *count = lists.iter().map(|it| u32::from(it[rank])).sum();
    }
}

/// The improved raw estimator of O. Ertl (arXiv:1702.01284, algorithm 6): no tables of bias,
/// and good from zero on.
pub(super) fn ertl(counts: &[u32; 66], registers: f64, ranks_max: usize) -> f64 {
    let full: u32 = counts[ranks_max + 1..].iter().sum();
    let mut z = registers * tau(1.0 - f64::from(full) / registers);
    for rank in (1..=ranks_max).rev() {
        z = 0.5 * (z + f64::from(counts[rank]));
    }
    z += registers * sigma(f64::from(counts[0]) / registers);
    registers * registers / (2.0 * core::f64::consts::LN_2 * z)
}

fn sigma(mut x: f64) -> f64 {
    if x >= 1.0 {
        return f64::INFINITY;
    }
    let (mut y, mut z) = (1.0, x);
    loop {
        x *= x;
        let before = z;
        z += x * y;
        y += y;
        if z <= before {
            return z;
        }
    }
}

fn tau(mut x: f64) -> f64 {
    if x <= 0.0 || x >= 1.0 {
        return 0.0;
    }
    let (mut y, mut z) = (1.0, 1.0 - x);
    loop {
        x = x.sqrt();
        let before = z;
        y *= 0.5;
        z -= (1.0 - x).powi(2) * y;
        if z >= before {
            return z / 3.0;
        }
    }
}

impl<C> minicbor::Encode<C> for Hll {
    fn encode<W: minicbor::encode::Write>(
        &self,
        e: &mut minicbor::Encoder<W>,
        _: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        match self {
            Hll::Dense(registers) => e.bytes(&registers[..])?.ok(),
            Hll::Sparse(list) => {
                e.array(list.len() as u64 * 2)?;
                for (register, rank) in list {
                    e.u16(*register)?.u8(*rank)?;
                }
                Ok(())
            }
        }
    }
}

impl<'b, C> minicbor::Decode<'b, C> for Hll {
    fn decode(d: &mut minicbor::Decoder<'b>, _: &mut C) -> Result<Self, minicbor::decode::Error> {
        if d.datatype()? == minicbor::data::Type::Bytes {
            let registers: [u8; REGISTERS] = d
                .bytes()?
                .try_into()
                .map_err(|_| minicbor::decode::Error::message("wrong number of registers"))?;
            return Ok(Hll::Dense(Box::new(registers)));
        }
        let numbers = d.array()?.unwrap_or(0);
        if numbers > SPARSE_MAX as u64 * 2 {
            return Err(minicbor::decode::Error::message(
                "too many registers in the list",
            ));
        }
        let mut sketch = Hll::default();
        for _ in 0..numbers / 2 {
            let register = d.u16()? % REGISTERS as u16;
            sketch.raise(register, d.u8()?);
        }
        Ok(sketch)
    }
}
