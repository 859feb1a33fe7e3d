//! How response times are spread: shares of the answers in steps of equal width on a log scale.

use hdrhistogram::Histogram;

use crate::record::LatencyRecord;

/// Steps that several distributions share, so that they can be set beside each other.
pub struct Spread {
    /// Logarithm (base 10) of the smallest, in milliseconds.
    from: f64,
    /// Width of a step.
    step: f64,
    steps: usize,
}

impl Spread {
    /// Steps from the smallest to the largest of some distributions; `None` when none has a sample.
    pub fn over<'r>(all: impl Iterator<Item = &'r LatencyRecord>, steps: usize) -> Option<Self> {
        let (mut least, mut most) = (f64::INFINITY, 0.0_f64);
        for latency in all {
            if let (Some(min), Some(max)) = (latency.min_ms, latency.max_ms) {
                (least, most) = (least.min(min.max(1e-6)), most.max(max));
            }
        }
        if !least.is_finite() || most <= 0.0 {
            return None;
        }
        // One more than a single value needs, so that every value lies inside.
        let (from, to) = (least.log10(), (most * 1.001).log10().max(least.log10() + 0.01));
        Some(Spread { from, step: (to - from) / steps as f64, steps })
    }

    /// From and to in milliseconds.
    pub fn range(&self) -> (f64, f64) {
        (10_f64.powf(self.from), 10_f64.powf(self.from + self.step * self.steps as f64))
    }

    /// Each step's ends in milliseconds.
    pub fn bins(&self) -> impl Iterator<Item = (f64, f64)> + '_ {
        let edge = |n: usize| 10_f64.powf(self.from + self.step * n as f64);
        (0..self.steps).map(move |n| (edge(n), edge(n + 1)))
    }

    /// Share of the answers in each step; `None` without any.
    pub fn shares(&self, latency: &LatencyRecord) -> Option<Vec<f64>> {
        let histogram: Histogram<u64> = latency.decode().filter(|histogram| !histogram.is_empty())?;
        let mut shares = vec![0.0; self.steps];
        for value in histogram.iter_recorded() {
            let ms = (value.value_iterated_to() as f64 / 1e6).max(1e-6);
            let step = ((ms.log10() - self.from) / self.step).clamp(0.0, self.steps as f64 - 1.0) as usize;
            shares[step] += value.count_at_value() as f64 / histogram.len() as f64;
        }
        Some(shares)
    }

    /// Where a value stands, 0 to 1.
    pub fn place(&self, ms: f64) -> f64 {
        ((ms.max(1e-6).log10() - self.from) / (self.step * self.steps as f64)).clamp(0.0, 1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture;

    #[test]
    fn every_answer_is_in_one_step() {
        let (fast, slow) = (fixture::latency(1_000, 0.3, 0.3, 1), fixture::latency(500, 44.0, 0.2, 2));
        let spread = Spread::over([&fast, &slow].into_iter(), 40).unwrap();
        for latency in [&fast, &slow] {
            let shares = spread.shares(latency).unwrap();
            assert!((shares.iter().sum::<f64>() - 1.0).abs() < 1e-9, "{shares:?}");
        }
        let heaviest = |latency| {
            let shares = spread.shares(latency).unwrap();
            (0..40).max_by(|a, b| shares[*a].total_cmp(&shares[*b])).unwrap()
        };
        assert!(heaviest(&fast) < 15 && heaviest(&slow) > 25);
        assert_eq!((spread.place(0.0), spread.place(1e9)), (0.0, 1.0));
    }

    #[test]
    fn one_value_and_none() {
        assert!(Spread::over([&LatencyRecord::default()].into_iter(), 40).is_none());
        let same = fixture::latency(1, 5.0, 0.0, 1);
        let spread = Spread::over([&same].into_iter(), 40).unwrap();
        assert!((spread.shares(&same).unwrap().iter().sum::<f64>() - 1.0).abs() < 1e-9);
    }
}
