//! Whether a gate on one stack's number is lost before the load is over: whatever the rest of it brings.

use hdrhistogram::Histogram;

use crate::compare::Metric;
use crate::expression::{Bound, Op};
use crate::record::latency::SAMPLES_BEYOND;

/// How far above a latency limit an answer has to be to count as too slow: more than a histogram rounds by.
const ROUNDED: f64 = 1.01;

/// What a load has brought so far.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SoFar<'h> {
    /// Requests that failed, the generator's own failures left out.
    pub(crate) errors: u64,
    /// Requests that ended.
    pub(crate) requests: u64,
    /// Response times of good answers in nanoseconds.
    pub(crate) response: &'h Histogram<u64>,
    /// Requests that the whole load comes to at most.
    pub(crate) most: f64,
}

/// Whether a load can lose it before its end: an upper limit on errors or on a response time. What is to be large can always be
/// mended by what is to come, and CPU and memory are known at the end.
pub(crate) fn can_be_lost(bound: Bound) -> bool {
    let counted = matches!(bound.metric, Metric::Errors | Metric::Max | Metric::Mean);
    matches!(bound.op, Op::Less | Op::AtMost) && (counted || bound.metric.quantile().is_some())
}

/// Whether no rest of the load lets an upper limit hold: all that is to come may be good and quick. What was measured
/// until then is then beyond the limit too.
pub(crate) fn lost(bound: Bound, so_far: SoFar<'_>) -> bool {
    if !can_be_lost(bound) || so_far.requests == 0 {
        return false;
    }
    let most = so_far.most.max(so_far.requests as f64);
    match (bound.metric, bound.metric.quantile()) {
        (Metric::Errors, _) => !bound.op.holds(so_far.errors as f64 / most, bound.limit),
        (Metric::Mean, _) => {
            let took_ms = so_far.response.mean() * so_far.response.len() as f64 / 1e6;
            took_ms > bound.limit * ROUNDED * most
        }
        (Metric::Max, _) => slower(so_far.response, bound.limit) > 0,
        (_, Some(quantile)) => {
            let enough = so_far.response.len() as f64 * (1.0 - quantile) >= SAMPLES_BEYOND;
            enough && slower(so_far.response, bound.limit) as f64 > most * (1.0 - quantile)
        }
        _ => false,
    }
}

/// Answers that took surely longer than so many milliseconds.
fn slower(response: &Histogram<u64>, limit_ms: f64) -> u64 {
    let limit = (limit_ms * ROUNDED * 1e6) as u64;
    response.iter_recorded().filter(|at| at.value_iterated_to() > limit).map(|at| at.count_at_value()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::expression::{Expression, Names, parse_names};

    fn of(gate: &str, errors: u64, answers: &[(u64, u64)], most: f64) -> bool {
        let names = Names { stacks: &["prod"], routes: &[], checked: true };
        let Ok(Expression::Level(_, bound)) = parse_names(gate, names) else { panic!("{gate}") };
        let mut response = crate::engine::histogram();
        answers.iter().for_each(|(ms, n)| response.record_n(ms * 1_000_000, *n).unwrap());
        lost(bound, SoFar { errors, requests: errors + response.len(), response: &response, most })
    }

    #[test]
    fn errors_are_lost_when_no_rest_can_thin_them_out() {
        assert!(!of("prod: errors < 1%", 9, &[(1, 91)], 1_000.0), "nine of a thousand would hold");
        assert!(of("prod: errors < 1%", 10, &[(1, 90)], 1_000.0));
        assert!(!of("prod: errors <= 1%", 10, &[(1, 90)], 1_000.0));
        assert!(!of("prod: errors > 1%", 100, &[], 1_000.0), "more may come");
    }

    #[test]
    fn a_quantile_is_lost_when_more_are_slow_than_may_lie_beyond_it() {
        assert!(!of("prod: p99 < 250ms", 0, &[(1, 490), (400, 10)], 1_000.0));
        assert!(of("prod: p99 < 250ms", 0, &[(1, 489), (400, 11)], 1_000.0));
        assert!(!of("prod: p99 < 250ms", 0, &[(400, 499)], 1_000.0), "too few to say what the p99 is");
        assert!(!of("prod: p50 < 250ms", 0, &[(251, 600)], 1_000.0), "within what a histogram rounds by");
        assert!(of("prod: p50 < 250ms", 0, &[(260, 600)], 1_000.0));
        assert!(of("prod: max < 250ms", 0, &[(260, 1)], 1_000.0));
        assert!(!of("prod: mean < 250ms", 0, &[(900, 270)], 1_000.0), "the rest may take no time");
        assert!(of("prod: mean < 250ms", 0, &[(900, 290)], 1_000.0));
        assert!(!of("prod: mean > 250ms", 0, &[(1, 900)], 1_000.0));
    }

    #[test]
    fn a_load_that_outgrew_its_plan_is_as_large_as_it_is() {
        assert!(!of("prod: errors < 1%", 5, &[(1, 1_995)], 100.0));
    }
}
