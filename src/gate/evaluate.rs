//! The verdict on each gate of a record, with its margin. A number that is absent or can't be trusted is never a pass.

use super::doubt::taken_back;
use super::past::against_past;
use super::ratio::ratio;
use super::{GateOutcome, Verdict, findings};
use crate::capacity::answer;
use crate::compare::{self, Metric, quantity};
use crate::expression::{Bound, Expression, GateError, Names, Op, Subject, parse_names};
use crate::record::past::Past;
use crate::record::{GateText, Record, StackRecord};

/// Judges every gate of a record.
pub fn evaluate(record: &Record) -> Vec<GateOutcome> {
    evaluate_against(record, None)
}

/// Judges every gate of a record, those on a baseline by these runs, the oldest first; without any they are skipped.
pub fn evaluate_against(record: &Record, past: Option<&[Past]>) -> Vec<GateOutcome> {
    record.gates.iter().map(|gate| judge(record, gate, past)).collect()
}

/// Whether a record can be asked this: its stacks and routes, and those that were left out, have the names.
///
/// # Errors
/// As for a gate of a scenario.
pub fn check(record: &Record, text: &str) -> Result<(), GateError> {
    let out = record.left_out.iter().map(String::as_str);
    let stacks: Vec<&str> = record.stacks.iter().map(|stack| stack.name.as_str()).chain(out).collect();
    let routes = compare::route_names(&record.stacks);
    // What ended early lacks stacks that its scenario has.
    let names = Names { stacks: &stacks, routes: &routes, checked: record.partial.is_none() };
    parse_names(text, names).map(|_| ())
}

pub(super) type Judged = (Verdict, String);

fn judge(record: &Record, gate: &GateText, past: Option<&[Past]>) -> GateOutcome {
    let stacks: Vec<&str> = record.stacks.iter().map(|stack| stack.name.as_str()).collect();
    let routes = compare::route_names(&record.stacks);
    // Unchecked: the names were checked against the scenario; the record may lack a stack that never ran.
    let names = Names { stacks: &stacks, routes: &routes, checked: false };
    let expression = parse_names(&gate.text, names);
    let skipped = expression.as_ref().ok().and_then(|expression| left_out(record, expression));
    let (verdict, reason) = match expression {
        _ if let Some(reason) = skipped => (Verdict::Skipped, reason),
        Ok(Expression::Level(subject, bound)) => level(record, &subject, bound),
        Ok(Expression::Ratio(a, b, bound)) => ratio(record, &a, &b, bound),
        Ok(Expression::Past(subject, bound)) => against_past(record, &subject, bound, past),
        Ok(Expression::Audit(stack, severity)) => {
            each_stack(record, stack.as_deref(), |name| findings::none(record, name, severity))
        }
        Ok(Expression::NewFindings(stack, severity)) => {
            each_stack(record, stack.as_deref(), |name| findings::none_new(record, name, severity))
        }
        Err(error) => (Verdict::Unknown, format!("{}; {}", error.message, error.help)),
    };
    GateOutcome { text: gate.text.clone(), line: gate.line, verdict, reason }
}

/// Why this run has nothing to say of a gate: it was told to leave out its stack, or the audit.
fn left_out(record: &Record, expression: &Expression) -> Option<String> {
    if record.audit_left_out && matches!(expression, Expression::Audit(..) | Expression::NewFindings(..)) {
        return Some("the audit was left out of this run".to_owned());
    }
    let named = match expression {
        Expression::Level(subject, _) | Expression::Past(subject, _) => [subject.stack.as_deref(), None],
        Expression::Ratio(a, b, _) => [a.stack.as_deref(), b.stack.as_deref()],
        Expression::Audit(stack, _) | Expression::NewFindings(stack, _) => [stack.as_deref(), None],
    };
    let name = named.into_iter().flatten().find(|name| record.left_out.iter().any(|out| out == name))?;
    Some(format!("{name} was left out of this run"))
}

fn level(record: &Record, subject: &Subject, bound: Bound) -> Judged {
    each_stack(record, subject.stack.as_deref(), |name| {
        if bound.metric == Metric::Capacity {
            return carries(record, name, bound);
        }
        limited(record, name, subject.route.as_deref(), bound)
            .unwrap_or_else(|reason| (Verdict::Unknown, reason))
    })
}

fn limited(record: &Record, stack: &str, route: Option<&str>, bound: Bound) -> Result<Judged, String> {
    let value = value(record, stack, route, bound.metric)?;
    let judged = against(bound, value);
    match taken_back(find(record, stack)?, route, bound, judged.0) {
        Some(why) => Err(format!("{} {}, but {why}", was(bound.metric), bound.metric.show(value))),
        None => Ok(judged),
    }
}

/// A capacity is an interval: a limit within it is undecided, one below what surely holds or above what surely fails is
/// not, even where the search came to no nearer answer.
fn carries(record: &Record, stack: &str, bound: Bound) -> Judged {
    let stack = match find(record, stack) {
        Ok(stack) => stack,
        Err(reason) => return (Verdict::Unknown, reason),
    };
    let Some(capacity) = &stack.capacity else {
        return (Verdict::Unknown, format!("{} was not searched", stack.name));
    };
    let (low, high) = (capacity.lower.unwrap_or(0.0), capacity.upper.unwrap_or(f64::INFINITY));
    // The upper end itself is known not to hold.
    let highest = high.next_down();
    let verdict = match (bound.op.holds(low, bound.limit), bound.op.holds(highest, bound.limit)) {
        (true, true) => Verdict::Pass,
        (false, false) => Verdict::Fail,
        _ => Verdict::Unknown,
    };
    let answer = format!("capacity is {}", answer(capacity));
    let nearest =
        if matches!(bound.op, Op::More | Op::AtLeast) == (verdict == Verdict::Pass) { low } else { high };
    if verdict == Verdict::Unknown || nearest.is_infinite() {
        return (verdict, answer);
    }
    let distance = bound.metric.show((nearest - bound.limit).abs());
    let side = if nearest < bound.limit { "under" } else { "over" };
    (verdict, format!("{answer}, {distance} {side} the limit"))
}

/// One stack's verdict, or the worst of all with the stacks' names.
fn each_stack(record: &Record, stack: Option<&str>, judge: impl Fn(&str) -> Judged) -> Judged {
    if let Some(stack) = stack {
        return judge(stack);
    }
    if let Some(partial) = &record.partial
        && record.stacks.is_empty()
    {
        return (Verdict::Unknown, format!("no stack was measured: {}", quantity::first_line(partial)));
    }
    let judged: Vec<(&str, Judged)> =
        record.stacks.iter().map(|stack| (stack.name.as_str(), judge(&stack.name))).collect();
    let has = |verdict| judged.iter().any(|(_, (v, _))| *v == verdict);
    let worst = if has(Verdict::Fail) {
        Verdict::Fail
    } else if has(Verdict::Unknown) || judged.is_empty() {
        Verdict::Unknown
    } else {
        Verdict::Pass
    };
    let reasons: Vec<String> = judged
        .iter()
        .filter(|(_, (verdict, _))| *verdict == worst)
        .map(|(name, (_, reason))| format!("{name}: {reason}"))
        .collect();
    let reason = if reasons.is_empty() { "no stack was measured".to_owned() } else { reasons.join("; ") };
    (worst, reason)
}

fn against(bound: Bound, value: f64) -> Judged {
    let metric = bound.metric;
    let shown = format!("{} {}", was(metric), metric.show(value));
    let margin = margin(bound, value, |distance| metric.show(distance));
    let verdict = if bound.op.holds(value, bound.limit) { Verdict::Pass } else { Verdict::Fail };
    (verdict, format!("{shown}, {margin}"))
}

pub(super) fn was(metric: Metric) -> String {
    format!("{} {}", metric.name(), if metric == Metric::Errors { "were" } else { "was" })
}

pub(super) fn margin(bound: Bound, value: f64, show: impl Fn(f64) -> String) -> String {
    let distance = value - bound.limit;
    if distance == 0.0 {
        return match bound.op {
            Op::Less | Op::More => "exactly at the limit, which the gate leaves out".to_owned(),
            Op::AtMost | Op::AtLeast => "exactly at the limit".to_owned(),
        };
    }
    let side = if distance < 0.0 { "under" } else { "over" };
    let limit = show(bound.limit);
    if bound.op.holds(value, bound.limit) {
        format!("{} {side} the limit", show(distance.abs()))
    } else {
        format!("{} {side} the limit of {limit}", show(distance.abs()))
    }
}

/// The number a gate rests on, or why it can't be trusted or is not there.
pub(super) fn value(
    record: &Record,
    stack: &str,
    route: Option<&str>,
    metric: Metric,
) -> Result<f64, String> {
    let stack = find(record, stack)?;
    if let Some(unmeasured) = stack.unmeasured() {
        // Why not stands at the top of every report.
        return Err(format!("{} {unmeasured}", stack.name));
    }
    if stack.generator.saturated {
        return Err("the generator was the limit, so the number is not the stack's".to_owned());
    }
    let row = match route {
        Some(route) => compare::route(stack, route)
            .ok_or_else(|| format!("{} has no numbers for route {route}", stack.name))?,
        None => &stack.total,
    };
    metric.of(stack, row).ok_or_else(|| metric.why_absent(stack, row))
}

pub(super) fn find<'r>(record: &'r Record, name: &str) -> Result<&'r StackRecord, String> {
    record.stacks.iter().find(|stack| stack.name == name).ok_or_else(|| match &record.partial {
        Some(partial) => format!("{name} was not measured: {}", quantity::first_line(partial)),
        None => format!("the record has no stack {name}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture;

    fn judged(record: &mut Record, text: &str) -> (Verdict, String) {
        record.gates = vec![GateText { text: text.into(), line: 3 }];
        let outcome = evaluate(record).remove(0);
        assert_eq!((outcome.line, outcome.text.as_str()), (3, text));
        (outcome.verdict, outcome.reason)
    }

    #[test]
    fn a_verdict_states_its_margin() {
        let mut record = fixture::two_stacks();
        record.stacks[1].routes[0].response.p99_ms = Some(213.0);
        for (text, verdict, reason) in [
            ("prod/notes: p99 < 250ms", Verdict::Pass, "p99 was 213 ms, 37.0 ms under the limit"),
            ("prod/notes: p99 < 200ms", Verdict::Fail, "p99 was 213 ms, 13.0 ms over the limit of 200 ms"),
            ("prod/notes: p99 < 213ms", Verdict::Fail, "exactly at the limit, which the gate leaves out"),
            ("prod/notes: p99 <= 213ms", Verdict::Pass, "exactly at the limit"),
            ("prod/notes: throughput > 40/s", Verdict::Pass, "throughput was 45.0/s, 5.00/s over the limit"),
            (
                "prod/notes: throughput > 50/s",
                Verdict::Fail,
                "throughput was 45.0/s, 5.00/s under the limit of 50.0/s",
            ),
            ("prod: errors < 0.1%", Verdict::Pass, "errors were 0%, 0.1% under the limit"),
            ("dev/note-create: errors < 1%", Verdict::Fail, "errors were 4%, 3% over the limit of 1%"),
            ("prod: rss < 400MiB", Verdict::Pass, "rss was 162 MiB"),
            ("prod: cpu/1k < 2s", Verdict::Pass, "cpu/1k was 783 ms"),
        ] {
            let (got, why) = judged(&mut record, text);
            assert_eq!(got, verdict, "{text}: {why}");
            assert!(why.contains(reason), "{text}: {why}");
        }
    }

    #[test]
    fn ratios_are_the_first_over_the_second() {
        let mut record = fixture::two_stacks();
        record.judging.strict = true;
        record.stacks[0].total.response.p95_ms = Some(100.0);
        record.stacks[1].total.response.p95_ms = Some(25.0);
        let (verdict, reason) = judged(&mut record, "prod vs dev: p95 < 0.8x");
        assert_eq!(verdict, Verdict::Pass);
        assert_eq!(reason, "p95 was 0.25x (25.0 ms against 100 ms), 0.55x under the limit");
        assert_eq!(judged(&mut record, "dev vs prod: p95 < 0.8x").0, Verdict::Fail);
        assert_eq!(judged(&mut record, "prod vs dev: errors <= 1x").0, Verdict::Pass, "0 % against some");
        let (verdict, reason) = judged(&mut record, "dev vs prod: errors < 1x");
        assert_eq!(verdict, Verdict::Fail, "{reason}");
        assert!(reason.contains("no ratio to nothing"), "{reason}");
    }

    #[test]
    fn a_capacity_is_an_interval() {
        let mut record = fixture::searched();
        for (text, verdict) in [
            ("prod: capacity > 400/s", Verdict::Pass),
            ("prod: capacity >= 490/s", Verdict::Pass),
            ("prod: capacity > 500/s", Verdict::Unknown),
            ("prod: capacity > 512/s", Verdict::Fail),
            ("prod: capacity < 600/s", Verdict::Pass),
            ("prod: capacity < 490/s", Verdict::Fail),
            ("prod vs dev: capacity > 2x", Verdict::Pass),
        ] {
            let (got, reason) = judged(&mut record, text);
            assert_eq!(got, verdict, "{text}: {reason}");
        }
        for (text, margin) in [
            ("prod: capacity > 400/s", "90.0/s over"),
            ("prod: capacity > 600/s", "88.0/s under"),
            ("prod: capacity < 600/s", "88.0/s under"),
            ("prod: capacity < 400/s", "90.0/s over"),
        ] {
            let reason = judged(&mut record, text).1;
            assert_eq!(reason, format!("capacity is between 490/s and 512/s, {margin} the limit"), "{text}");
        }
        let reason = judged(&mut record, "prod: capacity > 500/s").1;
        assert_eq!(reason, "capacity is between 490/s and 512/s");
        let capacity = record.stacks[1].capacity.as_mut().unwrap();
        (capacity.upper, capacity.ending) = (None, crate::record::Ending::GeneratorLimit);
        assert_eq!(
            judged(&mut record, "prod: capacity > 400/s").0,
            Verdict::Pass,
            "it carries that and maybe more"
        );
        assert_eq!(judged(&mut record, "prod: capacity > 500/s").0, Verdict::Unknown);
        assert_eq!(judged(&mut record, "prod: capacity < 500/s").0, Verdict::Unknown);
        record.stacks[1].capacity = None;
        assert_eq!(judged(&mut record, "prod: capacity > 1/s").1, "prod was not searched");
    }

    #[test]
    fn no_stack_means_every_stack() {
        let mut record = fixture::two_stacks();
        let (verdict, reason) = judged(&mut record, "/note-create: errors < 1%");
        assert_eq!(verdict, Verdict::Fail);
        assert!(reason.starts_with("dev: ") && !reason.contains("prod: "), "{reason}");
        let (verdict, reason) = judged(&mut record, "errors < 5%");
        assert_eq!(verdict, Verdict::Pass);
        assert!(reason.contains("dev: ") && reason.contains("prod: "), "{reason}");
    }

    #[test]
    fn what_is_not_known_is_no_pass() {
        let mut record = fixture::two_stacks();
        let (verdict, reason) = judged(&mut record, "prod/notes: p99.9 < 1s");
        assert_eq!(
            (verdict, reason.as_str()),
            (Verdict::Unknown, "p99.9 needs 5,000 good answers, there were 900")
        );
        record.stacks[1].resources = None;
        let (verdict, reason) = judged(&mut record, "prod: rss < 1GiB");
        assert_eq!(verdict, Verdict::Unknown);
        assert!(reason.contains("was not started here"), "{reason}");
        record.stacks[1].generator.saturated = true;
        let (verdict, reason) = judged(&mut record, "prod: p50 < 1s");
        assert_eq!(verdict, Verdict::Unknown);
        assert!(reason.contains("the generator was the limit"), "{reason}");
        let (verdict, reason) = judged(&mut record, "prod: gibberish");
        assert_eq!(verdict, Verdict::Unknown, "{reason}");

        let mut record = fixture::failed_stack();
        for text in ["prod: p50 < 1s", "prod/notes: errors < 1%", "prod vs dev: p50 < 1x", "errors < 99%"] {
            let (verdict, reason) = judged(&mut record, text);
            assert_eq!(verdict, Verdict::Unknown, "{text}");
            assert!(reason.contains("prod was not measured") && !reason.contains('\n'), "{text}: {reason}");
        }
        let mut record = fixture::partial();
        let (verdict, reason) = judged(&mut record, "prod: p50 < 1s");
        assert_eq!(
            (verdict, reason.as_str()),
            (Verdict::Unknown, "prod was not measured: interrupted while loading `prod`")
        );
    }

    #[test]
    fn a_stack_that_was_left_out_is_not_judged() {
        let mut record = fixture::one_stack();
        assert_eq!(
            judged(&mut record, "dev: p50 < 1s").0,
            Verdict::Unknown,
            "it is missing, and nobody said so"
        );
        record.left_out = vec!["dev".into()];
        for text in ["dev: p50 < 1s", "prod vs dev: p95 < 1x", "audit dev: no high"] {
            let (verdict, reason) = judged(&mut record, text);
            assert_eq!(
                (verdict, reason.as_str()),
                (Verdict::Skipped, "dev was left out of this run"),
                "{text}"
            );
        }
        assert_eq!(judged(&mut record, "errors < 5%").0, Verdict::Pass, "every stack that ran");
    }

    #[test]
    fn an_audit_that_was_left_out_is_not_judged() {
        let mut record = fixture::two_stacks();
        (record.audit, record.audit_left_out) = (Vec::new(), true);
        for text in ["audit prod: no high", "audit: no medium", "audit prod: no new medium"] {
            let (verdict, reason) = judged(&mut record, text);
            assert_eq!((verdict, reason.as_str()), (Verdict::Skipped, "the audit was left out of this run"));
        }
        assert_eq!(judged(&mut record, "prod: p50 < 1s").0, Verdict::Pass);
        record.audit_left_out = false;
        assert_eq!(judged(&mut record, "audit prod: no high").0, Verdict::Unknown, "nobody left it out");
    }
}
