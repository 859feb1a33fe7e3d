//! Gates on this run's number over that of earlier runs. Of one earlier run the blocks give an interval; of five or more,
//! what the runs differ by among themselves.

use super::Verdict;
use super::evaluate::{Judged, find, value};
use super::ratio::{Sides, judge_sides, judged_by};
use crate::compare::{self, Metric, Times, quantity};
use crate::expression::{Bound, Subject};
use crate::record::Record;
use crate::record::past::{Past, Source};
use crate::stats;

/// Judges `A vs baseline: metric op limit`; `past` is absent where no baseline was given.
pub(super) fn against_past(
    record: &Record,
    subject: &Subject,
    bound: Bound,
    past: Option<&[Past]>,
) -> Judged {
    let Some(past) = past else {
        let reason = "no baseline was given: `--baseline REF` of `run` or `gate` judges it";
        return (Verdict::Skipped, reason.to_owned());
    };
    judge(record, subject, bound, past).unwrap_or_else(|reason| (Verdict::Unknown, reason))
}

fn judge(record: &Record, subject: &Subject, bound: Bound, past: &[Past]) -> Result<Judged, String> {
    let metric = bound.metric;
    let name = subject.stack.as_deref().unwrap_or_default();
    let route = subject.route.as_deref();
    let now = value(record, name, route, metric)?;
    let stack = find(record, name)?;
    let here: Vec<&Past> = past.iter().filter(|run| run.machine() == &record.machine).collect();
    let Some(latest) = here.last() else {
        let other = past.last().and_then(|run| compare::other_machine(run.machine(), &record.machine));
        return Err(match other {
            Some(other) => format!("this run is of {other}: figures of two machines do not compare"),
            None => "the baseline holds no run".to_owned(),
        });
    };
    let of = |run: &Past| compare::past_value(run, name, route, metric).filter(|_| run.partial().is_none());
    let values: Vec<f64> = here.iter().filter_map(|run| of(run)).collect();
    let logs: Vec<f64> = values.iter().map(|value| value.ln()).collect();
    if let Some((difference, interval)) =
        stats::beyond_history(&logs, now.ln()).filter(|_| !record.judging.strict)
    {
        let mean = (logs.iter().sum::<f64>() / logs.len() as f64).exp();
        let both = format!("{} against {} in {} runs", metric.show(now), metric.show(mean), values.len());
        return Ok(judged_by(&both, difference.exp(), interval.map(f64::exp), None, bound));
    }
    let Some(before) = of(latest) else {
        return Err(format!(
            "the baseline {} has no {} of {name} to compare with",
            latest.name,
            metric.name()
        ));
    };
    let both = format!("{} against {} in {}", metric.show(now), metric.show(before), latest.name);
    match &latest.source {
        Source::Record(earlier) => {
            let sides = Sides {
                first: (find(earlier, name)?, route),
                second: (stack, route),
                both,
                times: Times::Apart,
            };
            judge_sides(record, &sides, (before, now), bound)
        }
        Source::Summary(_) if record.judging.strict || metric == Metric::Capacity => {
            let ratio = now / before;
            let verdict = if bound.op.holds(ratio, bound.limit) { Verdict::Pass } else { Verdict::Fail };
            Ok((verdict, format!("{} {} ({both})", super::evaluate::was(metric), quantity::ratio(ratio))))
        }
        Source::Summary(_) => Err(format!(
            "{} {} ({both}), but a summary has no blocks, so there is no interval; five summaries or more give one, and \
             `strict = true` in [gates] judges the number itself",
            super::evaluate::was(metric),
            quantity::ratio(now / before)
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::super::evaluate_against;
    use super::*;
    use crate::record::GateText;
    use crate::report::fixture;

    fn past(record: Record) -> Past {
        Past { name: "before".into(), source: Source::Record(Box::new(record)) }
    }

    fn judged(record: &mut Record, text: &str, past: Option<&[Past]>) -> (Verdict, String) {
        record.gates = vec![GateText { text: text.into(), line: 3 }];
        let outcome = evaluate_against(record, past).remove(0);
        (outcome.verdict, outcome.reason)
    }

    #[test]
    fn one_earlier_run_is_compared_by_its_blocks() {
        let mut record = fixture::duet();
        let before = [past(fixture::duet())];
        let (verdict, reason) = judged(&mut record, "prod vs baseline: p50 < 1.10x", Some(&before));
        assert_eq!(verdict, Verdict::Pass, "{reason}");
        assert!(reason.contains("in before") && reason.contains("95 % confidence"), "{reason}");
        let (verdict, reason) = judged(&mut record, "prod vs baseline: p50 < 1.01x", Some(&before));
        assert_eq!(verdict, Verdict::Unknown, "what runs swing by holds that limit: {reason}");
        assert_eq!(judged(&mut record, "prod/notes vs baseline: p50 < 0.5x", Some(&before)).0, Verdict::Fail);
        let (verdict, reason) = judged(&mut record, "prod vs baseline: p50 < 1.10x", None);
        assert_eq!(verdict, Verdict::Skipped);
        assert!(reason.contains("--baseline"), "{reason}");
    }

    #[test]
    fn many_runs_say_by_themselves_what_is_usual() {
        let runs: Vec<Past> = (0..8)
            .map(|n| {
                let mut record = fixture::two_stacks();
                record.stacks[1].total.response.p50_ms = Some(9.0 + 0.1 * f64::from(n % 4));
                past(record)
            })
            .collect();
        let mut record = fixture::two_stacks();
        record.judging.strict = false;
        record.stacks[1].total.response.p50_ms = Some(9.2);
        let (verdict, reason) = judged(&mut record, "prod vs baseline: p50 < 1.10x", Some(&runs));
        assert_eq!(verdict, Verdict::Pass, "{reason}");
        assert!(reason.contains("in 8 runs"), "{reason}");
        record.stacks[1].total.response.p50_ms = Some(11.5);
        assert_eq!(judged(&mut record, "prod vs baseline: p50 < 1.10x", Some(&runs)).0, Verdict::Fail);
        let (verdict, reason) = judged(&mut record, "prod vs baseline: p50 < 1.26x", Some(&runs));
        assert_eq!(verdict, Verdict::Unknown, "{reason}");
    }

    #[test]
    fn another_machine_and_a_lone_summary_decide_nothing() {
        let mut elsewhere = fixture::duet();
        elsewhere.machine.cores = 64;
        let mut record = fixture::duet();
        let text = "prod vs baseline: p50 < 1.10x";
        let (verdict, reason) = judged(&mut record, text, Some(&[past(elsewhere)]));
        assert_eq!(verdict, Verdict::Unknown);
        assert!(reason.contains("another machine") && reason.contains("64 cores"), "{reason}");
        let short = crate::report::summary::summary(&crate::report::Document::of(&fixture::duet()));
        let short = [Past { name: "main:summary.json".into(), source: Source::Summary(Box::new(short)) }];
        let (verdict, reason) = judged(&mut record, text, Some(&short));
        assert_eq!(verdict, Verdict::Unknown);
        assert!(reason.contains("a summary has no blocks"), "{reason}");
        record.judging.strict = true;
        assert_eq!(judged(&mut record, text, Some(&short)).0, Verdict::Pass);
    }
}
