//! Whether two distributions are one, whatever a quantile says: a permutation test that keeps blocks whole.
//!
//! A test over single requests (Kolmogorov-Smirnov and its like) takes them for independent; requests of one moment share
//! its queue, so it finds a difference in every long run of a stack against itself. Here a block stays whole, and only
//! which stack of a pair it belongs to is exchanged.

use super::draws::Draws;

/// Fewest pairs: of five no exchange is rarer than 2 in 32, and no gap could be called one at 5 %.
const FEWEST: usize = 6;

/// Exchanges that are drawn when there are too many to try them all.
const EXCHANGES: u64 = 1_023;

/// What the test found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DistributionTest {
    /// The largest distance between the two distribution functions, 0 to 1; above zero when the first has more small values.
    pub gap: f64,
    /// The bin at whose upper end it is.
    pub bin: usize,
    /// How likely a gap at least so large is when the pairs may be exchanged.
    pub p: f64,
    /// Pairs it rests on.
    pub pairs: usize,
}

/// Tests pairs of blocks, each given by its counts in the same bins. Every block weighs the same. `None` with fewer than
/// six pairs in which both blocks have counts.
pub fn distribution_test(pairs: &[(Vec<u64>, Vec<u64>)], seed: u64) -> Option<DistributionTest> {
    let gaps: Vec<Vec<f64>> = pairs
        .iter()
        .filter_map(|(first, second)| {
            let (first, second) = (shares(first)?, shares(second)?);
            Some(first.iter().zip(&second).map(|(a, b)| a - b).collect())
        })
        .collect();
    if gaps.len() < FEWEST {
        return None;
    }
    let (observed, bin) = largest(&gaps, 0);
    let kept = |signs: u64| largest(&gaps, signs).0.abs() >= observed.abs() - 1e-12;
    let all =
        u32::try_from(gaps.len()).ok().and_then(|n| 1_u64.checked_shl(n)).filter(|all| *all <= EXCHANGES + 1);
    let p = match all {
        Some(all) => (0..all).filter(|signs| kept(*signs)).count() as f64 / all as f64,
        None => {
            let mut draws = Draws::new(seed);
            let further = (0..EXCHANGES).filter(|_| kept(draws.bits())).count();
            (1 + further) as f64 / (EXCHANGES + 1) as f64
        }
    };
    Some(DistributionTest { gap: observed / gaps.len() as f64, bin, p, pairs: gaps.len() })
}

/// The distribution function at the upper end of each bin; `None` without counts.
fn shares(counts: &[u64]) -> Option<Vec<f64>> {
    let total: u64 = counts.iter().sum();
    let mut sum = 0;
    let share = |n: &u64| {
        sum += n;
        sum as f64 / total as f64
    };
    (total > 0).then(|| counts.iter().map(share).collect())
}

/// The largest sum over the pairs with its bin; a set bit exchanges the pair (beyond 64 pairs the bits repeat).
fn largest(gaps: &[Vec<f64>], signs: u64) -> (f64, usize) {
    let mut sums = vec![0.0; gaps.iter().map(Vec::len).min().unwrap_or(0)];
    for (pair, gap) in gaps.iter().enumerate() {
        let sign = if signs >> (pair % 64) & 1 == 1 { -1.0 } else { 1.0 };
        for (sum, gap) in sums.iter_mut().zip(gap) {
            *sum += sign * gap;
        }
    }
    let furthest = |best: (f64, usize), (bin, sum): (usize, f64)| {
        if sum.abs() > best.0.abs() { (sum, bin) } else { best }
    };
    sums.into_iter().enumerate().fold((0.0, 0), furthest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_a_second_mode_that_the_median_hides() {
        let pairs = vec![(vec![0, 100, 0], vec![20, 60, 20]); 10];
        let found = distribution_test(&pairs, 1).unwrap();
        assert!(found.p < 0.01 && (found.gap.abs() - 0.2).abs() < 1e-9, "{found:?}");
    }

    #[test]
    fn swings_that_both_stacks_share_are_no_difference() {
        let pairs: Vec<_> = (0..10_u64)
            .map(|n| if n % 2 == 0 { (vec![60, 40], vec![50, 50]) } else { (vec![30, 70], vec![40, 60]) })
            .collect();
        let found = distribution_test(&pairs, 1).unwrap();
        assert!(found.p > 0.5, "{found:?}");
    }

    #[test]
    fn all_exchanges_are_tried_where_that_is_possible() {
        let pairs = vec![(vec![1, 0], vec![0, 1]); 6];
        let found = distribution_test(&pairs, 1).unwrap();
        assert_eq!((found.gap, found.bin, found.p), (1.0, 0, 2.0 / 64.0));
        assert_eq!(distribution_test(&pairs[..5], 1), None, "whatever the gap, p would be 2 in 32");
        assert_eq!(distribution_test(&vec![(vec![0, 0], vec![0, 1]); 9], 1), None, "nothing was counted");
    }
}
