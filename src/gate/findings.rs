//! The verdict of gates on the audit: `audit prod: no high`, `audit prod: no new medium`.

use jiff::tz::TimeZone;

use super::Verdict;
use super::evaluate::{Judged, find};
use crate::compare::quantity;
use crate::record::{CheckOutcome, Outcome, Record, Severity};

/// Findings or checks named in a reason before "and N more".
const NAMED: usize = 4;
/// Days after which a baseline must be looked at again.
const OLDEST: i64 = 180;

/// No finding of this severity or above.
pub(super) fn none(record: &Record, stack: &str, limit: Severity) -> Judged {
    judge(record, stack, limit, "finding", CheckOutcome::is_finding)
}

/// None that the baseline does not have.
pub(super) fn none_new(record: &Record, stack: &str, limit: Severity) -> Judged {
    let Some(baseline) = &record.baseline else {
        let reason =
            "there is no baseline yet: `shakedown audit baseline` writes the file that [audit] names";
        return (Verdict::Unknown, reason.to_owned());
    };
    let today = record.started.to_zoned_datetime(TimeZone::UTC).date();
    let age = today.duration_since(baseline.written).as_hours() / 24;
    if age > OLDEST {
        let reason = format!(
            "the baseline {} is {age} days old, and {OLDEST} is the most: look at its findings again and write it anew",
            baseline.file
        );
        return (Verdict::Fail, reason);
    }
    judge(record, stack, limit, "new finding", CheckOutcome::is_new)
}

fn judge(
    record: &Record,
    stack: &str,
    limit: Severity,
    noun: &str,
    counts: fn(&CheckOutcome) -> bool,
) -> Judged {
    let all: Vec<&CheckOutcome> = record.audit.iter().filter(|outcome| outcome.stack == stack).collect();
    let outcomes: Vec<&CheckOutcome> = all.iter().copied().filter(|outcome| !outcome.unlocked).collect();
    let worse = |o: &&CheckOutcome| o.severity >= limit;
    let found: Vec<&CheckOutcome> = outcomes.iter().copied().filter(|o| counts(o)).filter(worse).collect();
    if !found.is_empty() {
        let names = names(&found, |o| format!("{} ({})", o.check, o.severity.name()));
        let plural = if found.len() == 1 { "" } else { "s" };
        return (
            Verdict::Fail,
            format!("{} {noun}{plural} of {} or above: {names}", found.len(), limit.name()),
        );
    }
    if outcomes.is_empty() {
        let why = match find(record, stack) {
            _ if !all.is_empty() => "none of those that did is in audit.lock".to_owned(),
            Ok(stack) => stack
                .failure
                .as_deref()
                .map(quantity::first_line)
                .unwrap_or("the audit did not run")
                .to_owned(),
            Err(reason) => reason,
        };
        return (Verdict::Unknown, format!("no check ran: {why}"));
    }
    let blind = |o: &&CheckOutcome| matches!(o.outcome, Outcome::NotRun | Outcome::Inconclusive);
    let (declined, unable): (Vec<_>, Vec<_>) =
        outcomes.iter().copied().filter(blind).filter(worse).partition(|outcome| lacks_consent(outcome));
    if !unable.is_empty() {
        let names = names(&unable, |o| format!("{} ({})", o.check, o.summary));
        return (
            Verdict::Unknown,
            format!("{} that could find {} did not run: {names}", checks(unable.len()), limit.name()),
        );
    }
    let answered = outcomes.iter().filter(|outcome| !blind(outcome)).count();
    let mut reason = format!("no {noun} of {} or above in {}", limit.name(), checks(answered));
    let accepted: Vec<&CheckOutcome> =
        outcomes.iter().copied().filter(|o| o.accepted).filter(worse).collect();
    if !accepted.is_empty() {
        reason.push_str(&format!("; accepted: {}", names(&accepted, |o| o.check.clone())));
    }
    if !declined.is_empty() {
        reason.push_str(&format!("; not run for want of consent: {}", names(&declined, |o| o.check.clone())));
    }
    (Verdict::Pass, reason)
}

/// A check the scenario did not allow: said, but no reason to call the run invalid. What a server said stands behind a
/// colon.
fn lacks_consent(outcome: &CheckOutcome) -> bool {
    let reason = outcome.summary.strip_prefix("not run: ").unwrap_or(&outcome.summary);
    let clause = reason.split([':', ',']).next().unwrap_or_default();
    let declined = ["needs your consent", "needs consent", "may hurt a stack that others use"];
    outcome.outcome == Outcome::NotRun && declined.iter().any(|words| clause.ends_with(words))
}

fn checks(n: usize) -> String {
    if n == 1 { "1 check".to_owned() } else { format!("{n} checks") }
}

fn names(outcomes: &[&CheckOutcome], name: impl Fn(&CheckOutcome) -> String) -> String {
    let shown: Vec<String> = outcomes.iter().take(NAMED).map(|outcome| name(outcome)).collect();
    match outcomes.len().saturating_sub(NAMED) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gate::evaluate;
    use crate::record::{BaselineRecord, GateText};
    use crate::report::fixture;

    fn judged(record: &mut Record, text: &str) -> Judged {
        record.gates = vec![GateText { text: text.into(), line: 3 }];
        let outcome = evaluate(record).remove(0);
        (outcome.verdict, outcome.reason)
    }

    #[test]
    fn audit_gates_count_findings_at_or_above() {
        let mut record = fixture::two_stacks();
        let (verdict, reason) = judged(&mut record, "audit prod: no high");
        assert_eq!(verdict, Verdict::Pass, "{reason}");
        let (verdict, reason) = judged(&mut record, "audit prod: no medium");
        assert_eq!(verdict, Verdict::Fail);
        assert_eq!(reason, "1 finding of medium or above: HDR-HSTS (medium)");
        assert_eq!(judged(&mut record, "audit dev: no high").0, Verdict::Fail);
        let (verdict, reason) = judged(&mut record, "audit dev: no critical");
        assert_eq!(verdict, Verdict::Pass, "{reason}");
        assert_eq!(judged(&mut record, "audit: no high").0, Verdict::Fail, "every stack");
    }

    #[test]
    fn an_audit_that_could_not_look_is_unknown() {
        let mut record = fixture::two_stacks();
        record.audit.retain(|outcome| outcome.outcome != Outcome::Fail);
        let (verdict, reason) = judged(&mut record, "audit prod: no medium");
        assert_eq!(verdict, Verdict::Pass);
        assert!(reason.ends_with("not run for want of consent: CSRF-REQUIRED"), "{reason}");
        let not_run = |record: &mut Record, why: &str| {
            let all = record.audit.iter_mut().filter(|outcome| outcome.outcome == Outcome::NotRun);
            all.for_each(|outcome| outcome.summary = format!("not run: {why}"));
        };
        for declined in [
            "it needs your consent: set `active = true`",
            "needs your consent, set `active = true` in [stacks.prod.audit]",
            "may hurt a stack that others use, set `guarded = true` in [stacks.prod.audit]",
        ] {
            not_run(&mut record, declined);
            let (verdict, reason) = judged(&mut record, "audit prod: no medium");
            assert_eq!(verdict, Verdict::Pass, "{declined}: {reason}");
            assert!(reason.ends_with("for want of consent: CSRF-REQUIRED"), "{reason}");
        }
        for unable in ["the connection was refused", "no answer came: consent.example needs your consent"] {
            not_run(&mut record, unable);
            let (verdict, reason) = judged(&mut record, "audit prod: no medium");
            assert_eq!(verdict, Verdict::Unknown, "{unable}");
            assert!(reason.contains(&format!("CSRF-REQUIRED (not run: {unable})")), "{reason}");
        }
        assert_eq!(
            judged(&mut record, "audit prod: no high").0,
            Verdict::Pass,
            "a medium check could not find one"
        );
        record.audit.clear();
        let (verdict, reason) = judged(&mut record, "audit prod: no high");
        assert_eq!((verdict, reason.as_str()), (Verdict::Unknown, "no check ran: the audit did not run"));
    }

    #[test]
    fn an_accepted_finding_fails_no_gate_and_is_said() {
        let mut record = fixture::two_stacks();
        let at = record.audit.iter().position(|o| o.check == "HDR-HSTS" && o.stack == "prod").unwrap();
        record.audit[at].accepted = true;
        let (verdict, reason) = judged(&mut record, "audit prod: no medium");
        assert_eq!(verdict, Verdict::Pass);
        assert!(reason.contains("; accepted: HDR-HSTS"), "{reason}");
    }

    #[test]
    fn a_check_that_is_not_in_the_lock_fails_no_gate() {
        let mut record = fixture::two_stacks();
        assert_eq!(judged(&mut record, "audit prod: no medium").0, Verdict::Fail);
        let of_prod = |record: &mut Record, check: &str| {
            let all = record.audit.iter_mut();
            all.filter(|o| o.stack == "prod" && (check.is_empty() || o.check == check))
                .for_each(|o| o.unlocked = true);
        };
        of_prod(&mut record, "HDR-HSTS");
        assert_eq!(judged(&mut record, "audit prod: no medium").0, Verdict::Pass);
        of_prod(&mut record, "");
        let (verdict, reason) = judged(&mut record, "audit prod: no medium");
        assert_eq!(verdict, Verdict::Unknown, "an empty lock is no pass");
        assert!(reason.contains("audit.lock"), "{reason}");
    }

    #[test]
    fn only_what_the_baseline_lacks_is_new() {
        let mut record = fixture::two_stacks();
        let (verdict, reason) = judged(&mut record, "audit prod: no new medium");
        assert_eq!(verdict, Verdict::Unknown, "without a baseline");
        assert!(reason.contains("shakedown audit baseline"), "{reason}");
        let written = "2026-02-01".parse().unwrap();
        record.baseline =
            Some(BaselineRecord { file: "b.json".into(), written, entries: 1, fixed: Vec::new() });
        let (verdict, reason) = judged(&mut record, "audit prod: no new medium");
        assert_eq!(
            (verdict, reason.as_str()),
            (Verdict::Fail, "1 new finding of medium or above: HDR-HSTS (medium)")
        );
        for place in record.audit.iter_mut().flat_map(|outcome| &mut outcome.places) {
            place.known = true;
        }
        assert_eq!(judged(&mut record, "audit prod: no new medium").0, Verdict::Pass);
        assert_eq!(judged(&mut record, "audit prod: no medium").0, Verdict::Fail, "known is not mended");
        record.baseline.as_mut().unwrap().written = "2025-08-01".parse().unwrap();
        let (verdict, reason) = judged(&mut record, "audit prod: no new medium");
        assert_eq!(verdict, Verdict::Fail);
        assert!(reason.contains("212 days old"), "{reason}");
    }
}
