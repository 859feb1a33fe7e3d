//! A difference with its uncertainty: the studentised bootstrap over blocks.
//!
//! Efron, Tibshirani: An Introduction to the Bootstrap, 1993, chapter 12; symmetric as in Hall: On symmetric bootstrap
//! confidence intervals, 1988. On the logarithms of ratios the difference is a ratio.

use super::draws::Draws;

/// Fewest blocks (or pairs of blocks) that give an interval: fewer resample to too few different means.
pub const LEAST: usize = 5;

/// No resample counts as more than so many times as sure as the blocks themselves. A resample that misses the one block
/// that differs has next to no spread to measure its distance in, and without a bound that block alone would make the
/// interval as wide as one likes. Four makes the interval reach as far as the share of such blocks can be when one of n
/// is (exactly, by Clopper and Pearson, 25 % of 20 and 44 % of 10), and resamples of blocks without such a one hardly
/// ever come to it.
const SUREST: f64 = 4.0;

/// Resamples. One less than a multiple of twenty, so that the 95th and 90th percentile are values and lie between none.
const RESAMPLES: usize = 1_999;

/// Where a value lies.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interval {
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

impl Interval {
    fn around(centre: f64, half: f64) -> Self {
        Interval { low: centre - half, high: centre + half }
    }

    /// The interval of a monotone function of the value.
    pub fn map(self, f: impl Fn(f64) -> f64) -> Self {
        Interval { low: f(self.low), high: f(self.high) }
    }

    /// Whether a value lies in it.
    pub fn holds(self, value: f64) -> bool {
        self.low <= value && value <= self.high
    }
}

/// A mean difference and how sure it is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Estimate {
    /// The mean difference.
    pub point: f64,
    /// Holds the true one with 95 % confidence.
    pub interval: Interval,
    /// The same with 90 %: what two one-sided tests at 5 % need.
    pub narrow: Interval,
    /// How likely a mean at least so far from zero is when the true one is zero.
    pub p: f64,
    /// Blocks, or pairs of blocks, that it rests on.
    pub blocks: usize,
}

/// The mean of the differences of paired blocks. `None` with fewer than [`LEAST`] pairs, with a difference that is no
/// number, or with some so large that their spread is none.
pub fn paired(differences: &[f64], seed: u64) -> Option<Estimate> {
    if differences.len() < LEAST || differences.iter().any(|d| !d.is_finite()) {
        return None;
    }
    let at = moments(differences);
    let mut draws = Draws::new(seed);
    let centred = centred(differences, at.mean);
    let resamples = (0..RESAMPLES).map(|_| {
        let drawn = redrawn(&centred, &mut draws);
        (drawn.mean, drawn.error())
    });
    estimate(at.mean, at.error(), resamples, differences.len())
}

/// The mean of the second blocks less that of the first, where no block belongs to another: two runs at two times.
/// `None` with fewer than [`LEAST`] blocks on a side, and as for pairs.
pub fn unpaired(first: &[f64], second: &[f64], seed: u64) -> Option<Estimate> {
    let fewer = first.len().min(second.len());
    if fewer < LEAST || first.iter().chain(second).any(|value| !value.is_finite()) {
        return None;
    }
    let (a, b) = (moments(first), moments(second));
    let difference = b.mean - a.mean;
    let mut draws = Draws::new(seed);
    let (left, right) = (centred(first, a.mean), centred(second, b.mean));
    let resamples = (0..RESAMPLES).map(|_| {
        let (a, b) = (redrawn(&left, &mut draws), redrawn(&right, &mut draws));
        (b.mean - a.mean, a.error().hypot(b.error()))
    });
    estimate(difference, a.error().hypot(b.error()), resamples, fewer)
}

fn centred(values: &[f64], mean: f64) -> Vec<f64> {
    values.iter().map(|value| value - mean).collect()
}

/// The moments of as many values, each drawn from all. In one pass: what is drawn from has a mean of zero.
fn redrawn(centred: &[f64], draws: &mut Draws) -> Moments {
    let (mut sum, mut squares) = (0.0, 0.0);
    for _ in centred {
        let value = centred[draws.index(centred.len())];
        sum += value;
        squares += value * value;
    }
    let count = centred.len() as f64;
    let mean = sum / count;
    Moments {
        mean,
        variance: unless_rounded_off(squares - sum * mean, squares * 1e-12) / (count - 1.0),
        count,
    }
}

struct Moments {
    mean: f64,
    variance: f64,
    count: f64,
}

impl Moments {
    /// Standard error of the mean.
    fn error(&self) -> f64 {
        (self.variance / self.count).sqrt()
    }
}

fn moments(values: &[f64]) -> Moments {
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    Moments {
        mean,
        variance: unless_rounded_off(squares, count * mean * mean * 1e-24) / (count - 1.0),
        count,
    }
}

/// A sum of squares around a mean; zero where it is no more than what is rounded off of equal values.
fn unless_rounded_off(squares: f64, rounded: f64) -> f64 {
    // What is too large to be squared is not equal.
    if squares > rounded || !squares.is_finite() { squares } else { 0.0 }
}

/// The estimate of a mean with its standard error, from the distance and the standard error of each resample; `None` where
/// that is no number.
fn estimate(
    point: f64,
    error: f64,
    resamples: impl Iterator<Item = (f64, f64)>,
    blocks: usize,
) -> Option<Estimate> {
    if !error.is_finite() {
        return None;
    }
    if error == 0.0 {
        // Equal blocks have no spread: the interval is the point.
        let interval = Interval::around(point, 0.0);
        let p = if point == 0.0 { 1.0 } else { 1.0 / (RESAMPLES + 1) as f64 };
        return Some(Estimate { point, interval, narrow: interval, p, blocks });
    }
    let mut scores: Vec<f64> =
        resamples.map(|(distance, its)| distance.abs() / its.max(error / SUREST)).collect();
    scores.sort_unstable_by(f64::total_cmp);
    let half = |level: f64| scores[((RESAMPLES + 1) as f64 * level).round() as usize - 1] * error;
    let observed = point.abs() / error;
    let further = scores.iter().filter(|score| **score >= observed).count();
    Some(Estimate {
        point,
        interval: Interval::around(point, half(0.95)),
        narrow: Interval::around(point, half(0.90)),
        p: (1 + further) as f64 / (RESAMPLES + 1) as f64,
        blocks,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interval_lies_around_the_mean_and_shrinks_with_blocks() {
        let few = [0.1, 0.3, 0.2, 0.25, 0.15, 0.22, 0.18, 0.2];
        let many: Vec<f64> = few.iter().cycle().take(32).copied().collect();
        let (few, many) = (paired(&few, 1).unwrap(), paired(&many, 1).unwrap());
        assert!((few.point - 0.2).abs() < 1e-12 && few.interval.holds(0.2) && !few.interval.holds(0.0));
        let width = |interval: Interval| interval.high - interval.low;
        assert!(width(many.interval) < width(few.interval));
        assert!(width(few.narrow) < width(few.interval));
        assert!(few.p < 0.01, "{few:?}");
    }

    #[test]
    fn the_seed_decides() {
        let values = [0.1, -0.3, 0.2, 0.05, -0.15, 0.2];
        assert_eq!(paired(&values, 7), paired(&values, 7));
        assert_ne!(paired(&values, 7), paired(&values, 8));
    }

    #[test]
    fn p_and_interval_agree() {
        let mut draws = Draws::new(3);
        for n in 0..200_u64 {
            let unit = |draws: &mut Draws| draws.bits() as f64 / u64::MAX as f64 - 0.4;
            let values: Vec<f64> = (0..10).map(|_| unit(&mut draws)).collect();
            let estimate = paired(&values, n).unwrap();
            let outside = !estimate.interval.holds(0.0);
            assert_eq!(outside, estimate.p < 0.05, "{estimate:?}");
        }
    }

    /// The simulation of a shift rests on it.
    #[test]
    fn what_is_added_to_all_blocks_is_added_to_the_interval() {
        let values = [0.1, -0.3, 0.2, 0.05, -0.15, 0.2];
        let shifted = paired(&values.map(|value| value + 0.25), 7).unwrap();
        let moved = paired(&values, 7).unwrap();
        for (one, other) in [(shifted.interval, moved.interval), (shifted.narrow, moved.narrow)] {
            let other = other.map(|end| end + 0.25);
            assert!((one.low - other.low).abs() < 1e-9 && (one.high - other.high).abs() < 1e-9);
        }
    }

    #[test]
    fn blocks_without_spread_are_a_point() {
        let same = paired(&[0.0; 6], 1).unwrap();
        assert_eq!((same.point, same.interval.low, same.interval.high, same.p), (0.0, 0.0, 0.0, 1.0));
        let apart = paired(&[0.5; 6], 1).unwrap();
        assert!(apart.interval.low == 0.5 && apart.interval.high == 0.5 && apart.p < 0.01, "{apart:?}");
        for value in [0.1, 1.03_f64.ln(), 1e9 / 3.0] {
            for blocks in 5..25 {
                let apart = paired(&vec![value; blocks], 1).unwrap().interval;
                assert_eq!(apart.low, apart.high, "{blocks} times {value}: nothing but what was rounded off");
            }
        }
    }

    /// One of n: exactly (Clopper and Pearson, 97.5 %) so large can the share of such blocks be.
    #[test]
    fn one_block_that_differs_from_equal_ones_reaches_as_far_as_their_share_can() {
        for (blocks, share) in [(6, 0.641), (10, 0.445), (20, 0.249), (29, 0.178)] {
            for usual in [0.0, 0.1, 1.03_f64.ln()] {
                let equal = vec![usual; blocks];
                let mut values = equal.clone();
                values[3] += 0.01;
                let one = paired(&values, 1).unwrap();
                let reach = (one.interval.high - usual) / 0.01;
                assert!((0.9..1.4).contains(&(reach / share)), "{blocks} blocks: {reach}, {share}");
                assert!(one.interval.holds(usual), "{one:?}");
                let apart = unpaired(&equal, &values, 1).unwrap();
                assert!(apart.interval.holds(0.0) && apart.interval.high < 0.01, "{apart:?}");
            }
        }
    }

    #[test]
    fn one_block_of_another_kind_does_not_hide_a_tenfold_difference() {
        // Of a Django run: one block of the development server went without its usual stall.
        let mut values: Vec<f64> = (0..20).map(|n| 0.1_f64.ln() + f64::from(n % 5) * 0.01).collect();
        values[7] = 0.78_f64.ln();
        let odd = paired(&values, 1).unwrap();
        assert!(odd.interval.high < 0.2_f64.ln() && odd.p < 0.01, "{odd:?}");
        // Half of the blocks are two kinds, and not an odd one.
        let half: Vec<f64> = (0..20).map(|n| if n % 2 == 0 { 0.1_f64.ln() } else { 2_f64.ln() }).collect();
        assert!(paired(&half, 1).unwrap().interval.map(f64::exp).high > 0.7);
    }

    #[test]
    fn too_few_blocks_and_no_numbers_give_nothing() {
        assert_eq!(paired(&[0.1; 4], 1), None);
        assert_eq!(paired(&[0.1, f64::NAN, 0.1, 0.1, 0.1], 1), None);
        assert_eq!(unpaired(&[0.1; 9], &[0.1; 4], 1), None);
    }

    /// A record may hold any number.
    #[test]
    fn what_is_too_large_to_be_squared_has_no_interval() {
        for huge in [1e150, 1e155, 1e170, 1e307] {
            let values: Vec<f64> = (0..8).map(|n| huge * (1.0 + f64::from(n))).collect();
            for estimate in
                [paired(&values, 1), unpaired(&values, &[0.1; 8], 1), unpaired(&[0.1; 8], &values, 1)]
            {
                let wide = |of: Estimate| of.interval.low < of.interval.high && of.interval.high.is_finite();
                assert_eq!(estimate.map(wide), (huge < 1e155).then_some(true), "{huge}: {estimate:?}");
            }
        }
    }

    #[test]
    fn runs_at_two_times_are_less_sure_than_pairs() {
        // The same swing on both sides: pairs take it out, two runs cannot.
        let first: Vec<f64> = (0..10).map(|n| f64::from(n % 5)).collect();
        let second: Vec<f64> = first.iter().map(|value| value + 0.5 + value / 100.0).collect();
        let differences: Vec<f64> = second.iter().zip(&first).map(|(b, a)| b - a).collect();
        let (pairs, runs) = (paired(&differences, 1).unwrap(), unpaired(&first, &second, 1).unwrap());
        assert!((pairs.point - runs.point).abs() < 1e-9);
        assert!(!pairs.interval.holds(0.0) && runs.interval.holds(0.0), "{pairs:?} {runs:?}");
    }
}
