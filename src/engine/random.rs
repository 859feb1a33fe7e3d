//! A small seeded generator: arrivals, weights and users are the same for the same seed on every machine.

/// SplitMix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, 2014).
#[derive(Debug, Clone)]
pub(super) struct Random(u64);

/// A share of one, in 2^-64.
#[derive(Clone, Copy)]
pub(super) struct Share(pub(super) u64);

impl Share {
    /// So much of a whole, which is above zero: below it. The bias of one in 2^64 does not show.
    pub(super) fn of(self, whole: u64) -> u64 {
        ((u128::from(self.0) * u128::from(whole)) >> 64) as u64
    }
}

impl Random {
    /// A generator for one of several streams of the same seed.
    pub(super) fn new(seed: u64, stream: u64) -> Self {
        let mut mixer = Random(seed ^ stream.wrapping_mul(0xd134_2543_de82_ef95));
        let start = mixer.next();
        Random(start)
    }

    /// 64 random bits.
    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// 128 random bits.
    pub(super) fn wide(&mut self) -> u128 {
        u128::from(self.next()) << 64 | u128::from(self.next())
    }

    /// A share of one, drawn evenly.
    pub(super) fn share(&mut self) -> Share {
        Share(self.next())
    }

    /// From an exponential distribution of mean 1.
    pub(super) fn exponential(&mut self) -> f64 {
        let unit = (self.next() >> 11) as f64 / (1_u64 << 53) as f64;
        -(1.0 - unit).ln()
    }
}
