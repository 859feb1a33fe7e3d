//! Values of many runs, one each, in the order of time.

use super::draws::Draws;
use super::estimate::{Interval, LEAST};

/// Fewest runs in which a change is looked for.
const FEWEST: usize = 8;
/// Fewest runs on either side of a change.
const SIDE: usize = 2;
const RESAMPLES: usize = 19_999;

/// Where the difference of a new value from the mean of earlier ones lies when it is one of them: Student's interval for
/// one more value of a normal distribution, at 95 %, around the observed difference. `None` with fewer than [`LEAST`]
/// earlier values.
pub fn beyond_history(earlier: &[f64], new: f64) -> Option<(f64, Interval)> {
    if earlier.len() < LEAST || earlier.iter().chain([&new]).any(|value| !value.is_finite()) {
        return None;
    }
    let n = earlier.len() as f64;
    let mean = earlier.iter().sum::<f64>() / n;
    let variance = earlier.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (n - 1.0);
    let half = student(n - 1.0) * (variance * (1.0 + 1.0 / n)).sqrt();
    let difference = new - mean;
    Some((difference, Interval { low: difference - half, high: difference + half }))
}

/// The 97.5 % point of Student's t: Cornish and Fisher's expansion, right to half a percent from 4 degrees of freedom on.
fn student(freedom: f64) -> f64 {
    let z = 1.959_964_f64;
    let power = |k: i32| z.powi(k);
    z + (power(3) + z) / (4.0 * freedom)
        + (5.0 * power(5) + 16.0 * power(3) + 3.0 * z) / (96.0 * freedom.powi(2))
        + (3.0 * power(7) + 19.0 * power(5) + 17.0 * power(3) - 15.0 * z) / (384.0 * freedom.powi(3))
}

/// The clearest change of the mean in a series.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ChangePoint {
    /// The first value after it.
    pub at: usize,
    /// Mean after less mean before.
    pub shift: f64,
    /// How likely so clear a change is when the order of the values says nothing.
    pub p: f64,
}

/// Looks for one change of the mean (the largest standardised difference over all places to cut), held against what it is
/// when the values are shuffled. `None` with fewer than eight values, or with one that is no number.
pub fn change_point(values: &[f64], seed: u64) -> Option<ChangePoint> {
    if values.len() < FEWEST || values.iter().any(|value| !value.is_finite()) {
        return None;
    }
    let (at, shift, observed) = clearest(values);
    let mut draws = Draws::new(seed);
    let mut shuffled = values.to_vec();
    let mut further = 0;
    for tried in 1..=RESAMPLES {
        for at in (1..shuffled.len()).rev() {
            shuffled.swap(at, draws.index(at + 1));
        }
        further += usize::from(clearest(&shuffled).2 >= observed - 1e-12);
        // Enough to know that it is nothing.
        if further >= 100 {
            return Some(ChangePoint { at, shift, p: (further + 1) as f64 / (tried + 1) as f64 });
        }
    }
    Some(ChangePoint { at, shift, p: (further + 1) as f64 / (RESAMPLES + 1) as f64 })
}

/// Where to cut, the shift of the mean there, and how clear it is.
fn clearest(values: &[f64]) -> (usize, f64, f64) {
    let n = values.len() as f64;
    let total: f64 = values.iter().sum();
    let mut before = 0.0;
    let mut best = (SIDE, 0.0, 0.0_f64);
    for (at, value) in values.iter().enumerate() {
        if (SIDE..=values.len() - SIDE).contains(&at) {
            let k = at as f64;
            let shift = (total - before) / (n - k) - before / k;
            let clear = shift.abs() * (k * (n - k) / n).sqrt();
            if clear > best.2 {
                best = (at, shift, clear);
            }
        }
        before += value;
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn students_t_is_near_its_table() {
        for (freedom, t) in [(4.0, 2.776), (7.0, 2.365), (9.0, 2.262), (19.0, 2.093), (60.0, 2.000)] {
            assert!((student(freedom) / t - 1.0).abs() < 0.005, "{freedom}: {}", student(freedom));
        }
    }

    #[test]
    fn a_new_run_is_held_against_what_runs_differ_by() {
        let earlier = [1.0, 1.1, 0.9, 1.05, 0.95, 1.0];
        let (_, usual) = beyond_history(&earlier, 1.1).unwrap();
        assert!(usual.holds(0.0));
        let (difference, far) = beyond_history(&earlier, 1.5).unwrap();
        assert!(far.low > 0.0 && (difference - 0.5).abs() < 1e-9, "{far:?}");
        assert_eq!(beyond_history(&earlier[..4], 1.0), None);
    }

    #[test]
    fn a_step_and_a_slow_drift_are_found_and_noise_is_not() {
        let noise = |n: usize| ((n * 7919) % 13) as f64 / 13.0 - 0.5;
        let step: Vec<f64> = (0..20).map(|n| noise(n) + if n < 12 { 0.0 } else { 2.0 }).collect();
        let found = change_point(&step, 1).unwrap();
        assert!(found.at == 12 && found.p < 0.001 && found.shift > 1.5, "{found:?}");
        let drift: Vec<f64> = (0..20).map(|n| noise(n) + n as f64 * 0.15).collect();
        assert!(change_point(&drift, 1).unwrap().p < 0.001);
        let alarms = (0..200_u64).filter(|seed| {
            let mut draws = Draws::new(seed + 1_000);
            let values: Vec<f64> = (0..15).map(|_| draws.bits() as f64 / u64::MAX as f64).collect();
            change_point(&values, *seed).unwrap().p < 0.05
        });
        let alarms = alarms.count();
        assert!(alarms <= 20, "{alarms} of 200");
        assert_eq!(change_point(&step[..7], 1), None);
    }
}
