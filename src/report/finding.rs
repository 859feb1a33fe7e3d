//! The audit as reports show it: findings by severity, and the matrix of checks and stacks.

use crate::record::{CheckOutcome, Outcome, Record, Severity};

/// Findings (failed or warned), the worst first, then by check and in the order of the stacks.
pub fn findings(record: &Record) -> Vec<&CheckOutcome> {
    let mut found: Vec<&CheckOutcome> = record.audit.iter().filter(|outcome| is_finding(outcome)).collect();
    found.sort_by(|a, b| b.severity.cmp(&a.severity).then_with(|| a.check.cmp(&b.check)));
    found
}

/// Whether an outcome is a finding.
pub fn is_finding(outcome: &CheckOutcome) -> bool {
    matches!(outcome.outcome, Outcome::Fail | Outcome::Warn)
}

/// Names of the checks, each once; those with findings first, the worst of them at the top.
pub fn checks(record: &Record) -> Vec<&str> {
    let mut names: Vec<(&str, Option<Severity>)> = Vec::new();
    for outcome in &record.audit {
        let severity = is_finding(outcome).then_some(outcome.severity);
        match names.iter_mut().find(|(name, _)| *name == outcome.check) {
            Some((_, worst)) => *worst = (*worst).max(severity),
            None => names.push((&outcome.check, severity)),
        }
    }
    names.sort_by_key(|(_, worst)| std::cmp::Reverse(*worst));
    names.into_iter().map(|(name, _)| name).collect()
}

/// What a check said of a stack.
pub fn of<'r>(record: &'r Record, check: &str, stack: &str) -> Option<&'r CheckOutcome> {
    record.audit.iter().find(|outcome| outcome.check == check && outcome.stack == stack)
}

/// The stacks the audit looked at, in the record's order.
pub fn stacks(record: &Record) -> Vec<&str> {
    let mut names: Vec<&str> = record.stacks.iter().map(|stack| stack.name.as_str()).collect();
    for outcome in &record.audit {
        if !names.contains(&outcome.stack.as_str()) {
            names.push(&outcome.stack);
        }
    }
    names.retain(|name| record.audit.iter().any(|outcome| outcome.stack == *name));
    names
}

/// `1 high, 2 medium` of one stack's findings; `None` without any.
pub fn tally(record: &Record, stack: &str) -> Option<String> {
    let all = [Severity::Critical, Severity::High, Severity::Medium, Severity::Low, Severity::Info];
    let parts: Vec<String> = all
        .into_iter()
        .filter_map(|severity| {
            let of = |o: &&CheckOutcome| o.stack == stack && is_finding(o) && o.severity == severity;
            let n = record.audit.iter().filter(of).count();
            (n > 0).then(|| format!("{n} {}", severity.name()))
        })
        .collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

/// How many checks of a stack ended with an outcome.
pub fn count(record: &Record, stack: &str, kind: Outcome) -> usize {
    record.audit.iter().filter(|outcome| outcome.stack == stack && outcome.outcome == kind).count()
}

/// An outcome in words.
pub fn word(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Pass => "pass",
        Outcome::Info => "info",
        Outcome::Warn => "warn",
        Outcome::Fail => "fail",
        Outcome::NotApplicable => "n/a",
        Outcome::NotRun => "not run",
        Outcome::Inconclusive => "inconclusive",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture;

    #[test]
    fn the_worst_comes_first() {
        let record = fixture::two_stacks();
        let order: Vec<_> = findings(&record).iter().map(|o| o.check.as_str()).collect();
        assert_eq!(order, ["DJ-DEBUG-404", "HDR-HSTS", "CSP-MISSING"]);
        assert_eq!(
            checks(&record),
            ["DJ-DEBUG-404", "HDR-HSTS", "CSP-MISSING", "CK-SECURE", "CSRF-REQUIRED"]
        );
        assert_eq!(tally(&record, "dev").as_deref(), Some("1 high, 1 low"));
        assert_eq!(tally(&record, "nobody"), None);
        assert_eq!(count(&record, "prod", Outcome::NotRun), 1);
    }
}
