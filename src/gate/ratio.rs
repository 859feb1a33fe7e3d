//! Gates on one stack's number over another's. The interval decides, not the number: what noise could have done is neither
//! a pass nor a failure.

use super::Verdict;
use super::doubt::in_doubt;
use super::evaluate::{Judged, find, margin, value, was};
use crate::compare::{self, Metric, Ratio, Times, quantity};
use crate::expression::{Bound, Op, Subject};
use crate::record::{Record, StackRecord};
use crate::stats::{self, Estimate, Interval};

/// Share of requests that may fail unseen where two sides without errors count as alike.
const NEXT_TO_NONE: f64 = 0.01;

/// Judges `A vs B: metric op limit`.
pub(super) fn ratio(record: &Record, a: &Subject, b: &Subject, bound: Bound) -> Judged {
    match judge(record, a, b, bound) {
        Ok(judged) => judged,
        Err(reason) => (Verdict::Unknown, reason),
    }
}

/// The two numbers, and whose they are.
pub(super) struct Sides<'r> {
    pub(super) first: (&'r StackRecord, Option<&'r str>),
    pub(super) second: (&'r StackRecord, Option<&'r str>),
    /// `25.0 ms against 100 ms`.
    pub(super) both: String,
    pub(super) times: Times,
}

fn judge(record: &Record, a: &Subject, b: &Subject, bound: Bound) -> Result<Judged, String> {
    let metric = bound.metric;
    let of = |subject: &Subject| {
        let stack = subject.stack.as_deref().unwrap_or_default();
        value(record, stack, subject.route.as_deref(), metric)
            .map_err(|reason| if reason.starts_with(stack) { reason } else { format!("{stack}: {reason}") })
    };
    let (over, under) = (of(a)?, of(b)?);
    let both = format!("{} against {}", metric.show(over), metric.show(under));
    let sides = Sides {
        first: (find(record, b.stack.as_deref().unwrap_or_default())?, b.route.as_deref()),
        second: (find(record, a.stack.as_deref().unwrap_or_default())?, a.route.as_deref()),
        both,
        times: Times::Same,
    };
    judge_sides(record, &sides, (under, over), bound)
}

/// Judges the second's number over the first's.
pub(super) fn judge_sides(
    record: &Record,
    sides: &Sides<'_>,
    (under, over): (f64, f64),
    bound: Bound,
) -> Result<Judged, String> {
    let metric = bound.metric;
    in_doubt(&compare::doubts(sides.first.0, sides.second.0), &[sides.first.1, sides.second.1], metric)?;
    if under == 0.0 && over == 0.0 {
        let requests = [sides.first, sides.second].map(|(stack, route)| requests(stack, route));
        let fewest = requests.into_iter().min().unwrap_or(0);
        return Ok(nothing(record, sides.second, &sides.both, fewest, bound));
    }
    let row = compare::ratio(sides.first, sides.second, metric, record.judging.margin, sides.times);
    // A search confirmed both ends of a capacity: it has its own interval, and no blocks. A peak only grows: its blocks say
    // nothing of how sure it is.
    if record.judging.strict || matches!(metric, Metric::Capacity | Metric::Rss) {
        return Ok(point(&sides.both, row.ratio, bound));
    }
    match row.interval() {
        Some(interval) => {
            let estimate = row.evidence.as_ref().and_then(|evidence| evidence.log_ratio.as_ref());
            Ok(judged_by(&sides.both, row.ratio.unwrap_or_default(), interval, estimate, bound))
        }
        None => by_excess(sides, bound).ok_or_else(|| without_interval(sides, &row, bound)),
    }
}

pub(super) fn requests(stack: &StackRecord, route: Option<&str>) -> u64 {
    let row = route.map_or(Some(&stack.total), |name| compare::route(stack, name));
    row.map_or(0, |row| row.requests)
}

/// Nothing against nothing, of so many requests on the side that has fewer. No errors are neither more nor less than none,
/// where requests are enough to say that there are next to none; what else is zero was too little to measure.
pub(super) fn nothing(
    record: &Record,
    (stack, route): (&StackRecord, Option<&str>),
    both: &str,
    requests: u64,
    bound: Bound,
) -> Judged {
    let said = format!("{} {both}: there is no ratio to nothing", was(bound.metric));
    if bound.metric != Metric::Errors {
        return (Verdict::Unknown, said);
    }
    let unseen = stats::unseen_share(requests, 0.025);
    let shown = format!(
        "{} requests without one leave up to {}",
        quantity::count(requests),
        quantity::percent(unseen)
    );
    let whose = route.map_or_else(|| stack.name.clone(), |route| format!("{}/{route}", stack.name));
    let instead = format!("write a limit instead: `{whose}: errors < 0.1%`");
    match bound.op {
        Op::AtMost | Op::AtLeast if unseen <= NEXT_TO_NONE || record.judging.strict => {
            (Verdict::Pass, format!("{said}, and none is not more than none; {shown}"))
        }
        Op::AtMost | Op::AtLeast => {
            (Verdict::Unknown, format!("{said}, and {shown}; {instead}, or load it for longer"))
        }
        Op::Less | Op::More => (Verdict::Unknown, format!("{said}; {instead}")),
    }
}

/// Judges a ratio by the number alone; absent where it is over nothing.
pub(super) fn point(both: &str, ratio: Option<f64>, bound: Bound) -> Judged {
    let name = was(bound.metric);
    let Some(ratio) = ratio else {
        // Something over nothing is more than any ratio.
        let verdict = match bound.op {
            Op::More | Op::AtLeast => Verdict::Pass,
            Op::Less | Op::AtMost => Verdict::Fail,
        };
        return (verdict, format!("{name} {both}: there is no ratio to nothing"));
    };
    let verdict = if bound.op.holds(ratio, bound.limit) { Verdict::Pass } else { Verdict::Fail };
    let margin = margin(bound, ratio, quantity::ratio);
    (verdict, format!("{name} {} ({both}), {margin}", quantity::ratio(ratio)))
}

/// Judges a ratio by its interval; the estimate, where it rests on blocks, says how many more would do.
pub(super) fn judged_by(
    both: &str,
    ratio: f64,
    interval: Interval,
    estimate: Option<&Estimate>,
    bound: Bound,
) -> Judged {
    let (low, high) = (quantity::ratio(interval.low), quantity::ratio(interval.high));
    let shown = format!(
        "{} {} ({both}), with 95 % confidence {low} to {high}",
        was(bound.metric),
        quantity::ratio(ratio),
    );
    let verdict = decided(bound.op, interval, bound.limit);
    if verdict != Verdict::Unknown {
        return (verdict, format!("{shown}; {}", margin(bound, ratio, quantity::ratio)));
    }
    let more = estimate.and_then(|estimate| stats::blocks_to_leave_out(estimate, bound.limit.ln()));
    let advice = match more {
        Some(1) => ": one block more may decide it".to_owned(),
        Some(more) => format!(": about {} blocks more would decide it", quantity::count(more.into())),
        None => String::new(),
    };
    (Verdict::Unknown, format!("{shown}, which holds the limit of {}{advice}", quantity::ratio(bound.limit)))
}

fn decided(op: Op, interval: Interval, limit: f64) -> Verdict {
    match (op.holds(interval.low, limit), op.holds(interval.high, limit)) {
        (true, true) => Verdict::Pass,
        (false, false) => Verdict::Fail,
        _ => Verdict::Unknown,
    }
}

/// Where blocks have values that are zero, the limit is put on the difference: A is below 0.8 B when A − 0.8 B is below
/// zero.
fn by_excess(sides: &Sides<'_>, bound: Bound) -> Option<Judged> {
    let excess = compare::excess(sides.first, sides.second, bound.metric, bound.limit, sides.times)?;
    Some(by_difference(&sides.both, excess.interval, bound))
}

/// Judges by where the first number lies less the limit times the second.
pub(super) fn by_difference(both: &str, interval: Interval, bound: Bound) -> Judged {
    let metric = bound.metric;
    let verdict = decided(bound.op, interval, 0.0);
    let show = |value: f64| {
        if value < 0.0 { format!("−{}", metric.show(-value)) } else { metric.show(value) }
    };
    let mut reason = format!(
        "{} {both}; the first less {} the second is, with 95 % confidence, {} to {}",
        was(metric),
        quantity::ratio(bound.limit),
        show(interval.low),
        show(interval.high)
    );
    if verdict == Verdict::Unknown {
        reason.push_str(", which holds the limit");
    }
    (verdict, reason)
}

fn without_interval(sides: &Sides<'_>, row: &Ratio, bound: Bound) -> String {
    let metric = bound.metric;
    let shown = match row.ratio {
        Some(ratio) => format!("{} {} ({})", was(metric), quantity::ratio(ratio), sides.both),
        None => format!("{} {}", was(metric), sides.both),
    };
    let why = if metric == Metric::Max {
        "a largest value has no interval".to_owned()
    } else if sides.first.0.blocks.is_empty() || sides.second.0.blocks.is_empty() {
        match sides.times {
            Times::Same => "the stacks did not take turns in blocks, so there is no interval".to_owned(),
            Times::Apart => {
                "not both runs have blocks (`blocks = 20` in [load]), so there is no interval".to_owned()
            }
        }
    } else if let Some(few) = compare::too_few_blocks(sides.first.0, sides.second.0, sides.times) {
        format!("{few}; leave `blocks` out of [load], or give it a longer `duration`")
    } else {
        format!(
            "the blocks hold too little for an interval of {}; a longer `duration` gives one",
            metric.name()
        )
    };
    format!("{shown}, but {why}; `strict = true` in [gates] judges the number itself")
}

#[cfg(test)]
mod tests {
    use super::super::evaluate;
    use super::*;
    use crate::record::GateText;
    use crate::report::fixture::{self, spoilt};

    fn judged(record: &mut Record, text: &str) -> (Verdict, String) {
        record.gates = vec![GateText { text: text.into(), line: 3 }];
        let outcome = evaluate(record).remove(0);
        (outcome.verdict, outcome.reason)
    }

    #[test]
    fn the_interval_decides() {
        let mut record = fixture::duet();
        let row = compare::compare(&record).remove(0);
        let row = row.row(compare::ALL_ROUTES, Metric::P95).unwrap().clone();
        let (ratio, interval) = (row.ratio.unwrap(), row.interval().unwrap());
        assert!(interval.low < ratio && ratio < interval.high, "{row:?}");
        for (limit, verdict) in [
            (interval.high * 1.01, Verdict::Pass),
            ((ratio + interval.high) / 2.0, Verdict::Unknown),
            ((ratio + interval.low) / 2.0, Verdict::Unknown),
            (interval.low * 0.99, Verdict::Fail),
        ] {
            let (got, reason) = judged(&mut record, &format!("prod vs dev: p95 < {limit:.6}x"));
            assert_eq!(got, verdict, "{limit}: {reason}");
            assert!(reason.contains("with 95 % confidence"), "{reason}");
            assert_eq!(
                reason.contains("would decide it") || reason.contains("may decide it"),
                verdict == Verdict::Unknown,
                "{reason}"
            );
        }
        record.judging.strict = true;
        let limit = (ratio + interval.low) / 2.0;
        let (got, reason) = judged(&mut record, &format!("prod vs dev: p95 < {limit:.6}x"));
        assert_eq!(got, Verdict::Fail, "the point alone: {reason}");
    }

    #[test]
    fn without_blocks_nothing_is_decided() {
        let mut record = fixture::two_stacks();
        record.judging.strict = false;
        let (verdict, reason) = judged(&mut record, "prod vs dev: p95 < 0.8x");
        assert_eq!(verdict, Verdict::Unknown);
        assert!(reason.contains("did not take turns") && reason.contains("strict = true"), "{reason}");
        let mut record = fixture::duet();
        let (verdict, reason) = judged(&mut record, "prod vs dev: max < 0.8x");
        assert_eq!(verdict, Verdict::Unknown, "{reason}");
        for blocks in [1, 2, 4] {
            let mut record = fixture::duet();
            record.stacks[1].blocks.truncate(blocks);
            let (verdict, reason) = judged(&mut record, "prod vs dev: p50 < 0.8x");
            assert_eq!(verdict, Verdict::Unknown, "{reason}");
            let pairs = if blocks == 1 { "1 pair" } else { &format!("{blocks} pairs") };
            let said = format!("there is no interval of {pairs} of blocks, it takes 5; leave `blocks` out");
            assert!(reason.contains(&said), "{reason}");
        }
        let mut record = fixture::duet();
        let (verdict, reason) = judged(&mut record, "prod/login vs dev: p99 < 0.8x");
        assert_eq!(verdict, Verdict::Unknown);
        assert!(reason.contains("good answers"), "{reason}");
    }

    #[test]
    fn errors_that_are_none_on_one_side_are_compared_by_their_difference() {
        let mut record = fixture::duet();
        let (verdict, reason) = judged(&mut record, "prod vs dev: errors <= 1x");
        assert_eq!(verdict, Verdict::Pass, "{reason}");
        assert!(reason.contains("the first less 1.00x the second is"), "{reason}");
        // Twenty-four errors of dev stand against none, and that may be no chance.
        let (verdict, reason) = judged(&mut record, "dev vs prod: errors < 1x");
        assert_eq!(verdict, Verdict::Fail, "{reason}");
    }

    #[test]
    fn no_errors_on_either_side_are_no_ratio() {
        let without = |requests: u64, text: &str| {
            let mut record = fixture::duet();
            for stack in &mut record.stacks {
                stack.total.errors.clear();
                stack.total.requests = requests;
            }
            judged(&mut record, text)
        };
        let (verdict, reason) = without(4_000, "prod vs dev: errors <= 1x");
        assert_eq!(verdict, Verdict::Pass, "{reason}");
        assert!(
            reason.ends_with("none is not more than none; 4,000 requests without one leave up to 0.092%"),
            "{reason}"
        );
        let instead = "write a limit instead: `prod: errors < 0.1%`";
        let (verdict, reason) = without(4_000, "prod vs dev: errors < 1x");
        assert_eq!(verdict, Verdict::Unknown, "none is not less than none: {reason}");
        assert!(reason.ends_with(instead), "{reason}");
        let (verdict, reason) = without(300, "prod vs dev: errors <= 1x");
        assert_eq!(verdict, Verdict::Unknown, "{reason}");
        assert!(
            reason.contains("300 requests without one leave up to 1.23%") && reason.contains(instead),
            "{reason}"
        );
        let mut record = fixture::duet();
        record.stacks.iter_mut().for_each(|stack| stack.total.errors.clear());
        spoilt::stolen(&mut record, 0.4);
        let (verdict, reason) = judged(&mut record, "prod vs dev: errors <= 1x");
        assert_eq!(verdict, Verdict::Unknown, "{reason}");
        assert!(reason.starts_with("the comparison is invalid: other guests"), "{reason}");
        let mut record = fixture::duet();
        for stack in &mut record.stacks {
            stack.resources.as_mut().unwrap().cpu_s_per_1k = Some(0.0);
        }
        let (verdict, reason) = judged(&mut record, "prod vs dev: cpu/1k <= 1x");
        assert_eq!(verdict, Verdict::Unknown, "too little for the system's ticks: {reason}");
    }

    #[test]
    fn one_block_with_errors_decides_nothing_and_reaches_no_further_than_its_share_can() {
        let mut record = fixture::duet();
        record.stacks[0].total.errors.clear();
        record.stacks[1].total.errors.insert("status".into(), 1);
        for block in record.stacks.iter_mut().flat_map(|stack| &mut stack.blocks) {
            block.total.errors = 0;
        }
        record.stacks[1].blocks[7].total.errors = 1;
        let (verdict, reason) = judged(&mut record, "prod vs dev: errors <= 1x");
        assert_eq!(verdict, Verdict::Unknown, "{reason}");
        assert!(reason.contains("95 % confidence") && reason.ends_with("which holds the limit"), "{reason}");
        let page = crate::report::Format::Json.render(&crate::report::Document::of(&record));
        assert!(!page.contains("inf") && !page.contains("e308"), "{page}");
        let errors = compare::compare(&record).remove(0);
        let row = errors.row(compare::ALL_ROUTES, Metric::Errors).unwrap();
        let (point, interval) = row.evidence.map(|of| (of.difference.point, of.difference.interval)).unwrap();
        // One block of twenty: a quarter of the blocks may have such errors.
        assert!(interval.low < 0.0 && interval.high < 5.5 * point, "{point} {interval:?}");
    }

    #[test]
    fn a_comparison_in_doubt_decides_nothing() {
        let mut record = fixture::duet();
        assert_eq!(judged(&mut record, "prod vs dev: p50 < 0.8x").0, Verdict::Pass);
        spoilt::stolen(&mut record, 0.4);
        let (verdict, reason) = judged(&mut record, "prod vs dev: p50 < 0.8x");
        assert_eq!(verdict, Verdict::Unknown);
        assert!(reason.starts_with("the comparison is invalid: other guests"), "{reason}");

        // Errors on one route put that route in doubt, and no other.
        let mut record = fixture::duet();
        let (verdict, reason) = judged(&mut record, "prod/note-create vs dev: p50 < 0.8x");
        assert_eq!(verdict, Verdict::Unknown);
        assert!(reason.contains("weak: 4% of the requests to dev failed"), "{reason}");
        assert_eq!(judged(&mut record, "prod/notes vs dev: p50 < 0.8x").0, Verdict::Pass);
    }

    #[test]
    fn whatever_puts_a_comparison_in_doubt_leaves_its_gate_undecided() {
        type Spoil = fn(&mut Record);
        let all: [(Spoil, &str); 7] = [
            (|record| record.stacks[1].generator.saturated = true, "the generator was the limit"),
            (
                |record| record.stacks[0].blocks[..6].iter_mut().for_each(|b| b.generator.saturated = true),
                "weak: in 6 of 20 blocks on dev the generator was late",
            ),
            (|record| spoilt::stolen(record, 0.12), "weak: other guests of the host took"),
            (
                |record| record.stacks[0].blocks.iter_mut().for_each(|b| b.machine.mhz = Some(3_000.0)),
                "weak: the processors ran at 3000 MHz under dev",
            ),
            (spoilt::tokens_ended, "invalid: tokens ended midway: prod refused"),
            (spoilt::not_renewed, "invalid: prod would not renew tokens"),
            (spoilt::fast_errors, "of the requests to dev failed"),
        ];
        for (spoil, why) in all {
            let mut record = fixture::duet();
            spoil(&mut record);
            let (verdict, reason) = judged(&mut record, "prod vs dev: p50 < 0.8x");
            assert_eq!(verdict, Verdict::Unknown, "{why}: {reason}");
            assert!(reason.contains(why), "{reason}");
            // What the exit code 3 comes from.
            assert_eq!(crate::report::Document::of(&record).status(), Verdict::Unknown, "{why}");
        }
    }
}
