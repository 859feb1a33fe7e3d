//! What an estimate allows to say: more, less, the same within a margin, or nothing yet.

use super::estimate::{Estimate, Interval};

/// What is said at 5 % risk.
const RISK: f64 = 0.05;
/// More blocks than this are no advice.
const MOST: f64 = 100_000.0;

/// What an estimate of a logarithm of a ratio says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Judgement {
    /// The second is larger.
    More,
    /// The second is smaller.
    Less,
    /// No difference beyond the margin: shown, and not only not refuted.
    Same,
    /// Too few blocks to say one or the other.
    Unclear {
        /// So many blocks more would do if the estimate stays as it is; absent when that is no number to plan with.
        more: Option<u32>,
    },
}

/// The logarithms of the ratios within a margin: `0.05` goes from 1/1.05 to 1.05.
pub fn limits_of_margin(margin: f64) -> Interval {
    let end = margin.ln_1p();
    Interval { low: -end, high: end }
}

/// Judges the logarithm of a ratio. `p` is the estimate's own or the corrected one of its family. Equivalence goes first
/// (two one-sided tests, Schuirmann 1987): a difference that is sure and too small to matter is no difference.
pub fn judge(log_ratio: &Estimate, p: f64, margin: f64) -> Judgement {
    let limits = limits_of_margin(margin);
    if log_ratio.narrow.low > limits.low && log_ratio.narrow.high < limits.high {
        Judgement::Same
    } else if p >= RISK {
        Judgement::Unclear { more: more_blocks(log_ratio, limits.high) }
    } else if log_ratio.point > 0.0 {
        Judgement::More
    } else {
        Judgement::Less
    }
}

/// So many blocks more would probably put a value that is no part of the interval's true one outside of it: the limit of
/// a gate. `None` when that is no number to plan with.
pub fn blocks_to_leave_out(estimate: &Estimate, value: f64) -> Option<u32> {
    let factor = (estimate.interval.high - estimate.point) / (estimate.point - value).abs();
    let needed = (estimate.blocks as f64 * factor * factor).ceil();
    let more = (needed - estimate.blocks as f64).max(1.0);
    (more <= MOST).then_some(more as u32)
}

/// An interval shrinks with the root of the blocks: so many more until it leaves out zero, or lies within the margin.
fn more_blocks(estimate: &Estimate, margin: f64) -> Option<u32> {
    let distance = estimate.point.abs();
    let half = |interval: Interval| (interval.high - interval.low) / 2.0;
    let apart = half(estimate.interval) / distance;
    let within = half(estimate.narrow) / (margin - distance);
    let factor = if within > 0.0 { apart.min(within) } else { apart };
    let needed = (estimate.blocks as f64 * factor * factor).ceil();
    // The correction for several routes may ask for one more although the interval leaves out zero.
    let more = (needed - estimate.blocks as f64).max(1.0);
    (more <= MOST).then_some(more as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn estimate(point: f64, half: f64, p: f64) -> Estimate {
        let around = |half: f64| Interval { low: point - half, high: point + half };
        Estimate { point, interval: around(half), narrow: around(half * 0.8), p, blocks: 10 }
    }

    fn judged(point: f64, half: f64, p: f64) -> Judgement {
        judge(&estimate(point, half, p), p, 0.05)
    }

    #[test]
    fn says_what_the_interval_allows() {
        assert_eq!(judged(0.10, 0.04, 0.001), Judgement::More);
        assert_eq!(judged(-0.10, 0.04, 0.001), Judgement::Less);
        assert_eq!(judged(0.00, 0.03, 0.9), Judgement::Same);
        assert_eq!(judged(0.02, 0.01, 0.01), Judgement::Same, "sure, and too small to matter");
    }

    #[test]
    fn says_how_many_more_blocks_would_do() {
        // Half the distance: four times the blocks.
        assert_eq!(judged(0.10, 0.20, 0.3), Judgement::Unclear { more: Some(30) });
        // No distance at all: until it lies within the margin.
        assert_eq!(judged(0.0, 0.122, 0.9), Judgement::Unclear { more: Some(31) });
        assert_eq!(judged(0.0488, 0.4, 0.9), Judgement::Unclear { more: Some(662) });
        assert_eq!(judged(1e-9, 40.0, 0.9), Judgement::Unclear { more: None });
        assert_eq!(
            judged(0.10, 0.09, 0.06),
            Judgement::Unclear { more: Some(1) },
            "corrected for its family"
        );
    }
}
