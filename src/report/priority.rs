//! What to do first: the few things that most need a person, the worst at the top.

use super::ratios::capitalised;
use super::{Document, finding, foreign};
use crate::compare::quantity;
use crate::gate::{GateOutcome, Verdict};
use crate::plan::Role;
use crate::record::{CheckOutcome, Record, RouteRecord, Severity};

/// One thing to do, and the part of the report that shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// In a sentence.
    pub text: String,
    /// Id of the section.
    pub section: &'static str,
}

impl Step {
    fn new(section: &'static str, text: String) -> Self {
        Step { text, section }
    }
}

/// Everything worth doing: first what keeps the run from saying anything, then what is unsafe, broken or too slow where
/// users are. What a development server does wrong counts only where there is no other stack.
pub fn steps(document: &Document<'_>) -> Vec<Step> {
    let record = document.record;
    let mut steps: Vec<Step> = document.doubts().into_iter().map(|doubt| Step::new("trust", doubt)).collect();
    let findings = finding::findings(record).into_iter().filter(|found| is_for_users(record, &found.stack));
    let (grave, mild): (Vec<_>, Vec<_>) = findings.partition(|found| found.severity >= Severity::High);
    steps.extend(grave.iter().map(|outcome| told(outcome)));
    steps.extend(gates(document, !grave.is_empty()));
    steps.extend(errors(record));
    steps.extend(slowness(document));
    steps.extend(mild.iter().map(|outcome| told(outcome)));
    steps
}

/// The same without the doubts, where they stand just above.
pub fn after_doubts(document: &Document<'_>) -> Vec<Step> {
    let doubts = document.doubts().len();
    steps(document).split_off(doubts)
}

/// A stack that is no development server is what users meet; where all are, they are all there is.
fn is_for_users(record: &Record, stack: &str) -> bool {
    let real = |role: Role| role == Role::Production;
    record.stacks.iter().all(|known| !real(known.role))
        || record.stacks.iter().any(|known| known.name == stack && real(known.role))
}

fn told(outcome: &CheckOutcome) -> Step {
    let title = crate::audit::find(&outcome.check).map_or("", |check| check.title);
    let text = format!(
        "{} on {}: {}{}{} ({}).",
        capitalised(outcome.severity.name()),
        foreign::line(&outcome.stack, 40),
        title,
        if title.is_empty() { "" } else { ": " },
        foreign::line(&outcome.summary, 160),
        foreign::line(&outcome.check, 60),
    );
    Step::new("audit", text)
}

/// Gates that fail, those of the audit left out where its findings say the same; then those that can't be judged for a reason
/// of their own.
fn gates(document: &Document<'_>, found: bool) -> Vec<Step> {
    let of = |verdict: Verdict| document.gates.iter().filter(move |gate| gate.verdict == verdict);
    let told = |gate: &GateOutcome, how: &str| {
        let (text, reason) = (foreign::line(&gate.text, 100), foreign::line(&gate.reason, 200));
        Step::new("gates", format!("Gate `{text}` {how}: {reason}."))
    };
    let failed = of(Verdict::Fail).filter(|gate| !(found && gate.text.trim_start().starts_with("audit")));
    let unknown = of(Verdict::Unknown).filter(|_| document.doubts().is_empty());
    failed.map(|gate| told(gate, "fails")).chain(unknown.map(|gate| told(gate, "can't be judged"))).collect()
}

/// The route that failed most on each stack that users meet.
fn errors(record: &Record) -> Vec<Step> {
    let stacks = record.stacks.iter().filter(|stack| is_for_users(record, &stack.name));
    let worst = stacks.filter_map(|stack| {
        let route = stack.routes.iter().max_by_key(|route| route.error_count())?;
        (route.error_count() > 0).then_some((stack, route))
    });
    worst
        .map(|(stack, route)| {
            let (name, of) = (foreign::line(&stack.name, 40), foreign::line(&route.name, 80));
            Step::new("errors", format!("{name} failed on {of}: {}.", failed(route)))
        })
        .collect()
}

fn failed(route: &RouteRecord) -> String {
    format!("{} of {} requests", quantity::count(route.error_count()), quantity::count(route.requests))
}

/// Patterns that say that a stack users meet could not keep up.
fn slowness(document: &Document<'_>) -> Vec<Step> {
    let slow = document.insights.iter().filter(|insight| {
        matches!(insight.pattern, "queueing" | "slowdown" | "split-write")
            && is_for_users(document.record, &insight.stack)
    });
    slow.map(|insight| {
        let text = format!("{}: {}", foreign::line(&insight.stack, 40), foreign::line(&insight.text, 400));
        Step::new("insights", text)
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Outcome;
    use crate::report::fixture;

    fn sections(record: &Record) -> Vec<&'static str> {
        steps(&Document::of(record)).iter().map(|step| step.section).collect()
    }

    #[test]
    fn what_keeps_the_run_from_saying_anything_comes_first() {
        let record = fixture::failed_stack();
        let steps = steps(&Document::of(&record));
        assert_eq!(steps[0].section, "trust");
        assert!(steps[0].text.starts_with("prod did not become ready"), "{steps:?}");
    }

    #[test]
    fn development_counts_where_there_is_nothing_else() {
        let mut record = fixture::two_stacks();
        let summary = "notes without a credential";
        record.audit.push(fixture::outcome("AUTH-NONE", "prod", Outcome::Fail, Severity::High, summary));
        let of = |record: &Record| steps(&Document::of(record));
        let both = of(&record);
        assert!(both[0].text.starts_with("High on prod: "), "{both:?}");
        assert!(both.iter().any(|step| step.text.contains("no Strict-Transport-Security")), "{both:?}");
        assert!(both.iter().all(|step| !step.text.contains("DJ-DEBUG-404")), "{both:?}");
        let alone = of(&fixture::partial());
        assert!(alone.iter().any(|step| step.text.contains("DJ-DEBUG-404")), "{alone:?}");
    }

    #[test]
    fn nothing_found_is_nothing_to_do() {
        let mut record = fixture::one_stack();
        (record.audit, record.gates) = Default::default();
        assert_eq!(sections(&record), Vec::<&str>::new());
    }

    #[test]
    fn a_gate_that_cannot_be_judged_is_something_to_do() {
        let record = fixture::one_stack();
        let texts: Vec<String> = steps(&Document::of(&record)).into_iter().map(|step| step.text).collect();
        let told = "Gate `prod/notes: p99.9 < 400ms` can't be judged: p99.9 needs 5,000 good answers, there were 900.";
        assert_eq!(texts[0], told);
        // Where a doubt says why.
        let record = fixture::failed_stack();
        assert!(!steps(&Document::of(&record)).iter().any(|step| step.text.contains("can't be judged")));
    }

    #[test]
    fn an_audit_gate_does_not_say_a_finding_again() {
        let mut record = fixture::two_stacks();
        record.gates.retain(|gate| gate.text == "audit prod: no high");
        record.audit.push(fixture::outcome("CK-SECURE", "prod", Outcome::Fail, Severity::High, "no Secure"));
        assert!(!sections(&record).contains(&"gates"));
    }
}
