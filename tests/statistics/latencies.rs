//! Latencies of two equal stacks on one machine, request by request.

use std::sync::LazyLock;

/// How latencies are spread.
#[derive(Debug, Clone, Copy)]
pub enum Latencies {
    /// Skewed to the right: a standard deviation of 0.4 in the logarithm.
    LogNormal,
    /// Eight of ten around 1, two around 6: a cache that misses.
    Bimodal,
    /// Neighbours share their queue: log-normal, with a correlation of 0.8 from one request to the next, so that nine say
    /// as much as one. Of a queue with one server and exponential times, seven do at 60 % use and thirteen at 70 %.
    Autocorrelated,
}

/// A seeded generator.
pub struct Draw(u64);

impl Draw {
    pub fn new(seed: u64) -> Self {
        Draw(seed.wrapping_mul(0xd134_2543_de82_ef95) ^ 0x5851_f42d_4c95_7f2d)
    }

    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub fn unit(&mut self) -> f64 {
        ((self.bits() >> 11) as f64 + 0.5) / (1_u64 << 53) as f64
    }

    /// One of many standard normal numbers, all as likely: drawing from them is quicker than making each anew.
    pub fn normal(&mut self) -> f64 {
        NORMALS[(self.bits() >> 48) as usize]
    }
}

/// By Box and Muller's method.
static NORMALS: LazyLock<Vec<f64>> = LazyLock::new(|| {
    let mut draw = Draw::new(1);
    let one = |_| (-2.0 * draw.unit().ln()).sqrt() * (2.0 * std::f64::consts::PI * draw.unit()).cos();
    let drawn: Vec<f64> = (0..1 << 15).map(one).collect();
    // With each its opposite, so that their mean is zero.
    drawn.iter().flat_map(|normal| [*normal, -normal]).collect()
});

/// The logarithms of the latencies of two stacks, block by block.
pub struct Run {
    pairs: Vec<[Vec<f64>; 2]>,
}

impl Run {
    /// Draws a run. What the machine does is in both blocks of a pair: it wanders from round to round. What one block
    /// alone has is there too, or every interval would be right.
    pub fn draw(latencies: Latencies, blocks: usize, answers: usize, seed: u64) -> Run {
        let mut draw = Draw::new(seed);
        let mut machine = 0.0;
        let pairs = (0..blocks)
            .map(|_| {
                machine += 0.05 * draw.normal();
                [(); 2].map(|()| {
                    let own = machine + 0.01 * draw.normal();
                    block(latencies, answers, own, &mut draw)
                })
            })
            .collect();
        Run { pairs }
    }

    /// The logarithms of the ratios of a quantile, pair by pair.
    pub fn log_ratios(&self, quantile: f64) -> Vec<f64> {
        let at = |block: &[f64]| {
            let rank = ((block.len() as f64 * quantile).ceil() as usize).max(1) - 1;
            *block.to_vec().select_nth_unstable_by(rank, f64::total_cmp).1
        };
        self.pairs.iter().map(|[first, second]| at(second) - at(first)).collect()
    }

    /// Counts in twenty bins.
    pub fn binned(&self) -> Vec<(Vec<u64>, Vec<u64>)> {
        let count = |block: &Vec<f64>| {
            let mut bins = vec![0; 20];
            for value in block {
                bins[((value + 1.0) * 5.0).clamp(0.0, 19.0) as usize] += 1;
            }
            bins
        };
        self.pairs.iter().map(|[first, second]| (count(first), count(second))).collect()
    }
}

fn block(latencies: Latencies, answers: usize, level: f64, draw: &mut Draw) -> Vec<f64> {
    let mut before = draw.normal();
    (0..answers)
        .map(|_| match latencies {
            Latencies::LogNormal => level + 0.4 * draw.normal(),
            Latencies::Bimodal => {
                let mode = if draw.unit() < 0.2 { 6_f64.ln() } else { 0.0 };
                level + mode + 0.2 * draw.normal()
            }
            Latencies::Autocorrelated => {
                before = 0.8 * before + 0.6 * draw.normal();
                level + 0.3 * before
            }
        })
        .collect()
}
