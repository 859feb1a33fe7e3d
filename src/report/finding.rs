//! The audit as reports show it: findings by severity, and the matrix of checks and stacks.

use super::foreign;
use crate::record::{Acceptance, CheckOutcome, Outcome, Record, Severity};

/// Findings (failed or warned), the worst first, then by check and in the order of the stacks.
pub fn findings(record: &Record) -> Vec<&CheckOutcome> {
    let mut found: Vec<&CheckOutcome> = record.audit.iter().filter(|outcome| outcome.is_finding()).collect();
    found.sort_by(|a, b| b.severity.cmp(&a.severity).then_with(|| a.check.cmp(&b.check)));
    found
}

/// Names of the checks, each once; those with findings first, the worst of them at the top.
pub fn checks(record: &Record) -> Vec<&str> {
    let mut names: Vec<(&str, Option<Severity>)> = Vec::new();
    for outcome in &record.audit {
        let severity = outcome.is_finding().then_some(outcome.severity);
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
            let of = |o: &&CheckOutcome| o.stack == stack && o.is_finding() && o.severity == severity;
            let n = record.audit.iter().filter(of).count();
            (n > 0).then(|| format!("{n} {}", severity.name()))
        })
        .collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

/// How many checks of a stack ended with an outcome.
pub fn count(record: &Record, stack: &str, kind: Outcome) -> usize {
    let of = |outcome: &&CheckOutcome| outcome.stack == stack && outcome.outcome == kind && !outcome.accepted;
    record.audit.iter().filter(of).count()
}

/// What the scenario says of a finding that it accepts as a whole.
pub fn acceptance<'r>(record: &'r Record, outcome: &CheckOutcome) -> Option<&'r Acceptance> {
    let position = outcome.places.iter().find_map(|place| place.accepted).filter(|_| outcome.accepted)?;
    record.accepted.get(position)
}

/// Findings that the scenario accepts, with what it says of them, the worst first.
pub fn accepted(record: &Record) -> Vec<(&CheckOutcome, &Acceptance)> {
    let of = record.audit.iter().filter_map(|outcome| Some((outcome, acceptance(record, outcome)?)));
    let mut found: Vec<_> = of.collect();
    found.sort_by(|(a, _), (b, _)| b.severity.cmp(&a.severity).then_with(|| a.check.cmp(&b.check)));
    found
}

/// What became of a check, in a word: an accepted finding is neither failed nor passed.
pub fn state(outcome: &CheckOutcome) -> &'static str {
    if outcome.accepted { "accepted" } else { word(outcome.outcome) }
}

/// Why a finding is accepted, in a clause.
pub fn why(acceptance: &Acceptance) -> String {
    let ticket = acceptance.ticket.as_ref().map(|ticket| format!(", {}", foreign::line(ticket, 40)));
    format!(
        "accepted until {} by {}{}: {}",
        acceptance.until,
        foreign::line(&acceptance.owner, 60),
        ticket.unwrap_or_default(),
        foreign::line(&acceptance.reason, foreign::LINE)
    )
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
    fn accepted_findings_are_told_and_in_no_count() {
        let record = fixture::accepted();
        assert_eq!(tally(&record, "prod"), None);
        assert_eq!(count(&record, "prod", Outcome::Fail), 0);
        let told: Vec<_> = accepted(&record).iter().map(|(outcome, _)| outcome.check.as_str()).collect();
        assert_eq!(told, ["HDR-HSTS"]);
        let document = crate::report::Document::of(&record);
        for text in [
            crate::report::markdown::render(&document),
            crate::report::html::render(&document),
            crate::report::terminal::render(&document, &Default::default()),
            crate::report::json::render(&document),
        ] {
            let words: Vec<&str> = text.split_whitespace().collect();
            assert!(words.join(" ").contains("the load balancer sends it"), "{text}");
        }
    }

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
