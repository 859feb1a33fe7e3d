//! Gates on this run's number over that of earlier runs. Of one earlier run the blocks give an interval; of five or more,
//! what the runs differ by among themselves.

use super::Verdict;
use super::doubt::in_doubt;
use super::evaluate::{Judged, find, value, was};
use super::ratio::{Sides, by_difference, judge_sides, judged_by, nothing, point, requests};
use crate::compare::{self, Metric, Times, quantity};
use crate::expression::{Bound, Subject};
use crate::record::Record;
use crate::record::past::{Load, Past, Source};
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
    let here = comparable(record, metric, past)?;
    let Some(latest) = here.last() else { return Err("the baseline holds no run".to_owned()) };
    let of = |run: &Past| compare::past_value(run, name, route, metric);
    let values: Vec<f64> = here.iter().filter_map(|run| of(run)).collect();
    if values.len() >= stats::LEAST && !record.judging.strict {
        in_doubt(&compare::doubts_of_one(stack), &[route], metric)?;
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        let both = |usual: f64| {
            format!("{} against {} in {} runs", metric.show(now), metric.show(usual), values.len())
        };
        let requests = requests(stack, route);
        if mean == 0.0 && now == 0.0 {
            return Ok(nothing(record, (stack, route), &both(mean), requests, bound));
        }
        if let Some(judged) = among(&values, now, requests, both, bound) {
            return Ok(judged);
        }
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
        Source::Summary(_) => {
            in_doubt(&compare::doubts_of_one(stack), &[route], metric)?;
            if before == 0.0 && now == 0.0 {
                return Ok(nothing(record, (stack, route), &both, requests(stack, route), bound));
            }
            alone(record, &both, (before, now), bound)
        }
    }
}

/// The runs that this one can be held against: whole ones of its machine and under its load. A capacity is the same
/// whatever was tried on the way to it, but not of other routes.
fn comparable<'p>(record: &Record, metric: Metric, past: &'p [Past]) -> Result<Vec<&'p Past>, String> {
    let beside = Past::beside(record, past);
    let here: Vec<&Past> = beside.iter().copied().filter(|run| run.machine().is(&record.machine)).collect();
    let whole: Vec<&Past> = here.iter().copied().filter(|run| run.partial().is_none()).collect();
    let load = Load::from(&record.load);
    let other = match metric {
        Metric::Capacity => compare::other_shares,
        _ => compare::other_load,
    };
    let alike = |run: &&&Past| other(load, run.load()).is_none();
    let found: Vec<&Past> = whole.iter().filter(alike).copied().collect();
    if !found.is_empty() {
        return Ok(found);
    }
    if let Some((run, how)) = whole.last().and_then(|run| Some((run, other(load, run.load())?))) {
        let (name, version) = (&run.name, &run.tool().version);
        let how = quantity::first_line(&how);
        let remedy = if *version == record.tool.version {
            "`shakedown baseline accept` keeps a run under this one".to_owned()
        } else {
            format!(
                "version {version} wrote it and may word the same load otherwise, so accept a run of this one"
            )
        };
        return Err(format!(
            "{name} had another load ({how}): figures of two loads do not compare; {remedy}"
        ));
    }
    if let Some(partial) = here.last() {
        return Err(format!("the baseline {} is partial: no run can be held against it", partial.name));
    }
    match beside.last().and_then(|run| compare::other_machine(run.machine(), &record.machine)) {
        Some(other) => Err(format!(
            "this run is of {other}: figures of two machines do not compare; `shakedown baseline accept` keeps a run of \
             this one"
        )),
        None if past.is_empty() => Ok(Vec::new()),
        None => Err("the baseline is this run itself, which differs from itself by nothing: give `--baseline` a run before \
                     it, or a folder that holds others too"
            .to_owned()),
    }
}

/// By what several runs differ by among themselves: the logarithm of their figures, or the figures where some are zero. Runs
/// without errors differ by nothing and do not say that none comes: a rate of errors is known no closer than so many
/// requests tell (3.7 divided by their number, the rule of three).
fn among(
    values: &[f64],
    now: f64,
    requests: u64,
    both: impl Fn(f64) -> String,
    bound: Bound,
) -> Option<Judged> {
    if values.iter().chain([&now]).all(|value| *value > 0.0) {
        let logs: Vec<f64> = values.iter().map(|value| value.ln()).collect();
        let (difference, interval) = stats::beyond_history(&logs, now.ln())?;
        let mean = (logs.iter().sum::<f64>() / logs.len() as f64).exp();
        let interval = interval.map(f64::exp);
        return interval
            .high
            .is_finite()
            .then(|| judged_by(&both(mean), difference.exp(), interval, None, bound));
    }
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    let times: Vec<f64> = values.iter().map(|value| value * bound.limit).collect();
    let (difference, mut interval) = stats::beyond_history(&times, now)?;
    if bound.metric == Metric::Errors {
        let least = stats::unseen_share(requests, 0.025);
        interval.low = interval.low.min(difference - least);
        interval.high = interval.high.max(difference + least);
    }
    Some(by_difference(&both(mean), interval, bound))
}

/// By the figure alone, which is all that one summary has.
fn alone(record: &Record, both: &str, (before, now): (f64, f64), bound: Bound) -> Result<Judged, String> {
    let ratio = (before > 0.0).then(|| now / before);
    if record.judging.strict || matches!(bound.metric, Metric::Capacity | Metric::Rss) {
        return Ok(point(both, ratio, bound));
    }
    let ratio = ratio.map(|ratio| format!(" {}", quantity::ratio(ratio))).unwrap_or_default();
    Err(format!(
        "{}{ratio} ({both}), but a summary has no blocks, so there is no interval; five summaries or more give one, and \
         `strict = true` in [gates] judges the number itself",
        was(bound.metric),
    ))
}

#[cfg(test)]
mod tests {
    use super::super::evaluate_against;
    use super::*;
    use crate::record::GateText;
    use crate::report::fixture;

    /// A record as a run of the day before.
    fn past(mut record: Record) -> Past {
        record.started = "2026-02-28T12:00:00Z".parse().unwrap();
        Past { name: "before".into(), source: Source::Record(Box::new(record)) }
    }

    /// Its summary, of the day before too.
    fn short(name: &str, record: &Record) -> [Past; 1] {
        let mut short = crate::report::summary::summary(&crate::report::Document::of(record));
        short.started = "2026-02-28T12:00:00Z".parse().unwrap();
        [Past { name: name.into(), source: Source::Summary(Box::new(short)) }]
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
    fn a_run_is_not_held_against_itself() {
        let mut record = fixture::duet();
        let itself = Past { name: "run".into(), source: Source::Record(Box::new(record.clone())) };
        let text = "prod vs baseline: p50 < 1.10x";
        for runs in [vec![itself.clone()], vec![itself.clone(); 8]] {
            let (verdict, reason) = judged(&mut record, text, Some(&runs));
            assert_eq!(verdict, Verdict::Unknown, "{reason}");
            assert!(reason.starts_with("the baseline is this run itself"), "{reason}");
            assert!(reason.contains("give `--baseline` a run before it"), "{reason}");
        }
        let (verdict, reason) = judged(&mut record, text, Some(&[past(fixture::duet()), itself]));
        assert_eq!(verdict, Verdict::Pass, "against the other: {reason}");
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

    /// What many runs have of a metric of prod.
    fn many(of: impl Fn(u32, &mut Record)) -> Vec<Past> {
        let run = |n| {
            let mut record = fixture::two_stacks();
            of(n, &mut record);
            past(record)
        };
        (0..6).map(run).collect()
    }

    fn failed(n: u64) -> impl Fn(u32, &mut Record) {
        move |_, record| _ = record.stacks[1].total.errors.insert("status".into(), n)
    }

    #[test]
    fn errors_that_no_run_had_are_compared_by_their_difference() {
        let mut record = fixture::two_stacks();
        record.judging.strict = false;
        record.stacks[1].total.errors.clear();
        let none = many(|_, record| record.stacks[1].total.errors.clear());
        let text = "prod vs baseline: errors <= 1x";
        let (verdict, reason) = judged(&mut record, text, Some(&none));
        assert_eq!(verdict, Verdict::Pass, "{reason}");
        assert!(reason.starts_with("errors were 0% against 0%"), "{reason}");
        // One request of 4,000 fails in one run of a few whose errors are as rare as that.
        failed(1)(0, &mut record);
        let (verdict, reason) = judged(&mut record, text, Some(&none));
        assert_eq!(verdict, Verdict::Unknown, "{reason}");
        assert!(reason.contains("0.025% against 0% in 6 runs"), "{reason}");
        failed(40)(0, &mut record);
        let (verdict, reason) = judged(&mut record, text, Some(&none));
        assert_eq!(verdict, Verdict::Fail, "{reason}");
        let some = many(|n, record| failed(u64::from(n % 2) * 60)(n, record));
        let (verdict, reason) = judged(&mut record, text, Some(&some));
        assert_eq!(verdict, Verdict::Unknown, "half of them had as many: {reason}");
        assert!(reason.contains("which holds the limit"), "{reason}");

        // Of one summary too, where the number alone is asked for.
        let mut record = fixture::two_stacks();
        record.stacks[1].total.errors.clear();
        let none = short("s.json", &record);
        record.judging.strict = true;
        assert_eq!(
            judged(&mut record, text, Some(&none)).0,
            Verdict::Pass,
            "nothing is not more than nothing"
        );
        failed(40)(0, &mut record);
        let (verdict, reason) = judged(&mut record, text, Some(&none));
        assert_eq!(verdict, Verdict::Fail);
        assert!(!reason.contains("NaN") && !reason.contains("inf"), "{reason}");
        record.judging.strict = false;
        let (verdict, reason) = judged(&mut record, text, Some(&none));
        assert_eq!(verdict, Verdict::Unknown);
        assert!(
            reason.starts_with("errors were (") && reason.contains("a summary has no blocks"),
            "{reason}"
        );
    }

    #[test]
    fn a_run_in_doubt_is_held_against_no_history() {
        let mut record = fixture::duet();
        fixture::spoilt::stolen(&mut record, 0.3);
        let runs = many(|_, _| ());
        let (verdict, reason) = judged(&mut record, "prod vs baseline: p50 < 9x", Some(&runs));
        assert_eq!(verdict, Verdict::Unknown, "{reason}");
        assert!(reason.contains("other guests of the host took 30%"), "{reason}");
    }

    #[test]
    fn a_partial_run_and_one_of_another_load_are_no_baseline() {
        let mut record = fixture::duet();
        let mut cut = fixture::duet();
        cut.partial = Some("interrupted".into());
        let text = "prod vs baseline: p50 < 1.10x";
        let (verdict, reason) = judged(&mut record, text, Some(&[past(cut.clone())]));
        assert_eq!(verdict, Verdict::Unknown);
        assert!(reason.contains("is partial"), "{reason}");
        let (verdict, reason) = judged(&mut record, text, Some(&[past(fixture::duet()), past(cut)]));
        assert_eq!(verdict, Verdict::Pass, "the last whole one: {reason}");
        let mut other = fixture::duet();
        other.load.summary = "open model, 9/s".into();
        for runs in [vec![past(other.clone())], vec![past(other); 9]] {
            let (verdict, reason) = judged(&mut record, text, Some(&runs));
            assert_eq!(verdict, Verdict::Unknown);
            assert!(
                reason.starts_with("before had another load (9/s instead of 200/s, constant"),
                "{reason}"
            );
            assert!(reason.ends_with("`shakedown baseline accept` keeps a run under this one"), "{reason}");
        }
        let mut skewed = fixture::duet();
        skewed.load.shares.insert("notes".into(), 0.5);
        let other = "had another load (notes gets 50% of the requests instead of 22.5%)";
        for runs in [short("s.json", &skewed), [past(skewed)]] {
            for text in [text, "prod vs baseline: rss < 2x"] {
                let (verdict, reason) = judged(&mut record, text, Some(&runs));
                assert_eq!(verdict, Verdict::Unknown, "{text}");
                assert!(reason.contains(other), "{text}: {reason}");
            }
        }
        let mut older = fixture::duet();
        (older.load.summary, older.tool.version) = ("open, 200/s".into(), "0.0.9".into());
        let (_, reason) = judged(&mut record, text, Some(&[past(older)]));
        assert!(reason.contains("version 0.0.9 wrote it and may word the same load otherwise"), "{reason}");
    }

    #[test]
    fn a_summary_is_of_the_machine_and_the_load_that_its_run_had() {
        let mut record = fixture::duet();
        record.machine.cpu = "Intel(R) Xeon(R) CPU           X5650  @ 2.67GHz".into();
        let stages: Vec<String> = (1..40).map(|n| format!("→ {n}/s in 10 s")).collect();
        record.load.summary =
            format!("open model, 0/s {}, constant arrivals, kept-alive connections", stages.join(" "));
        let short = short("s.json", &record);
        let (verdict, reason) = judged(&mut record, "prod vs baseline: rss < 1.10x", Some(&short));
        assert_eq!(verdict, Verdict::Pass, "{reason}");
        record.load.summary = record.load.summary.replace("→ 39/s", "→ 390/s");
        let (verdict, reason) = judged(&mut record, "prod vs baseline: rss < 1.10x", Some(&short));
        assert_eq!(verdict, Verdict::Unknown, "the last stage is another: {reason}");
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
        let short = short("main:summary.json", &fixture::duet());
        let (verdict, reason) = judged(&mut record, text, Some(&short));
        assert_eq!(verdict, Verdict::Unknown);
        assert!(reason.contains("a summary has no blocks"), "{reason}");
        record.judging.strict = true;
        assert_eq!(judged(&mut record, text, Some(&short)).0, Verdict::Pass);
    }
}
