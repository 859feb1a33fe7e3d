//! What may be said of one stack beside another, in a word.

use super::{Dimension, Metric};
use crate::stats::{Estimate, Judgement};

/// What blocks allow to say of the second stack.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Better: surely, and by more than could not matter.
    Better,
    /// Worse, likewise.
    Worse,
    /// No difference beyond the margin, shown and not only not refuted.
    Same,
    /// Not enough data.
    Unclear {
        /// So many blocks more would probably do; absent when that is no number to plan with.
        more: Option<u32>,
    },
}

impl Standing {
    pub(super) fn of(metric: Metric, judgement: Judgement) -> Self {
        match judgement {
            Judgement::Same => Standing::Same,
            Judgement::Unclear { more } => Standing::Unclear { more },
            Judgement::More => Standing::when(metric.more_is_better()),
            Judgement::Less => Standing::when(!metric.more_is_better()),
        }
    }

    /// Where there is no ratio: by the sign of the difference alone, and by no margin. What no block of either has is the
    /// same on both; how much of it there may be, its interval says.
    pub(super) fn of_difference(metric: Metric, difference: &Estimate, p: f64) -> Self {
        if difference.point == 0.0 && p >= 1.0 {
            Standing::Same
        } else if p < 0.05 {
            Standing::when((difference.point > 0.0) == metric.more_is_better())
        } else {
            Standing::Unclear { more: None }
        }
    }

    fn when(better: bool) -> Self {
        if better { Standing::Better } else { Standing::Worse }
    }

    /// As a table says it: `faster`, `slower`, `same`, `unclear`; for what is no time `better` and `worse`.
    pub fn word(self, metric: Metric) -> &'static str {
        let time = metric.dimension() == Dimension::Latency;
        match self {
            Standing::Better if time => "faster",
            Standing::Worse if time => "slower",
            Standing::Better => "better",
            Standing::Worse => "worse",
            Standing::Same => "same",
            Standing::Unclear { .. } => "unclear",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_is_better_for_some_and_worse_for_others() {
        assert_eq!(Standing::of(Metric::P99, Judgement::More).word(Metric::P99), "slower");
        assert_eq!(Standing::of(Metric::Throughput, Judgement::More).word(Metric::Throughput), "better");
        assert_eq!(Standing::of(Metric::Rss, Judgement::Less).word(Metric::Rss), "better");
        assert_eq!(Standing::of(Metric::Rss, Judgement::Same).word(Metric::Rss), "same");
    }
}
