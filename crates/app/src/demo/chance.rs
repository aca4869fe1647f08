//! Seeded chance: the same seed makes the same traffic. Not for secrets.

/// SplitMix64: small, fast and even enough for made-up traffic.
#[derive(Clone, Debug)]
pub struct Chance(u64);

impl Chance {
    pub fn new(seed: u64) -> Chance {
        Chance(seed)
    }

    pub fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Below `end`; 0 if that is 0.
    pub fn below(&mut self, end: u64) -> u64 {
        ((u128::from(self.number()) * u128::from(end)) >> 64) as u64
    }

    /// In [0, 1).
    pub fn unit(&mut self) -> f64 {
        (self.number() >> 11) as f64 / (1_u64 << 53) as f64
    }

    pub fn happens(&mut self, share: f64) -> bool {
        self.unit() < share
    }

    /// Below `end`, small numbers far more often: a few things are popular.
    pub fn popular(&mut self, end: u64) -> u64 {
        (self.unit().powi(3) * end as f64) as u64
    }

    /// Around `median`, never negative, with a long tail upwards as latencies have.
    pub fn around(&mut self, median: f64) -> f64 {
        // The mean of four even draws is close to a bell.
        let bell = (0..4).map(|_| self.unit()).sum::<f64>() - 2.0;
        median * (bell * 0.9).exp()
    }

    pub fn pick<'t, T>(&mut self, from: &'t [T]) -> Option<&'t T> {
        from.get(self.below(from.len() as u64) as usize)
    }

    /// An index, as often as its weight says. `sums` are running sums of weights.
    pub fn weighted(&mut self, sums: &[f64]) -> usize {
        let total = sums.last().copied().unwrap_or_default();
        let drawn = self.unit() * total;
        sums.partition_point(|sum| *sum <= drawn)
            .min(sums.len().saturating_sub(1))
    }
}

/// Running sums, for `Chance::weighted`.
pub fn sums(weights: impl Iterator<Item = f64>) -> Vec<f64> {
    weights
        .scan(0.0, |sum, weight| {
            *sum += weight;
            Some(*sum)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_draws_the_same() {
        let (mut one, mut two) = (Chance::new(5), Chance::new(5));
        assert!((0..100).all(|_| one.number() == two.number()));
    }

    #[test]
    fn weights_are_kept() {
        let sums = sums([1.0, 0.0, 3.0].into_iter());
        let mut chance = Chance::new(1);
        let mut seen = [0; 3];
        for _ in 0..4_000 {
            seen[chance.weighted(&sums)] += 1;
        }
        assert_eq!(seen[1], 0);
        assert!((2_800..3_200).contains(&seen[2]), "{seen:?}");
    }

    #[test]
    fn draws_stay_below_their_end() {
        let mut chance = Chance::new(1);
        for end in [1, 2, 10, u64::MAX] {
            assert!((0..1_000).all(|_| chance.below(end) < end && chance.popular(end) < end));
        }
        assert_eq!(chance.below(0), 0);
        assert_eq!(chance.pick::<u8>(&[]), None);
    }
}
