//! JUnit XML for CI systems: a case for each gate, each stack and each check of the audit.
//!
//! The dialect is what GitLab, Jenkins and Azure have in common: `testsuites`, `testsuite`, `testcase` and in it `failure`,
//! `error`, `skipped` or `system-out`. A mild finding (a warning) is a case that passes and says so.

use maud::{Markup, PreEscaped, html};

use super::{Document, finding, foreign};
use crate::audit;
use crate::gate::{GateOutcome, Verdict};
use crate::record::{CheckOutcome, Outcome, Place, Record, StackRecord};

/// Places of a finding that are told, and those of them that come with their exchange.
const PLACES: usize = 20;
const SHOWN: usize = 2;
/// Longest text of one case, in characters.
const TEXT: usize = 8_000;

/// What became of a case.
enum Ended {
    Passed,
    /// Passed, with something to say.
    Said(String),
    /// `type`, message, text.
    Failed(&'static str, String, String),
    /// `type`, message.
    Broken(&'static str, String),
    Skipped(String),
}

struct Case {
    class: String,
    name: String,
    line: Option<usize>,
    ended: Ended,
}

struct Suite {
    name: String,
    cases: Vec<Case>,
}

/// The document as JUnit XML.
pub fn render(document: &Document<'_>) -> String {
    let record = document.record;
    let file = line(&record.scenario.path);
    let suites = suites(document);
    let all = || suites.iter().flat_map(|suite| &suite.cases);
    let took = record.finished.map(|at| format!("{:.3}", at.duration_since(record.started).as_secs_f64()));
    let markup = html! {
        (PreEscaped("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"))
        testsuites
            name=(line(&record.title)) tests=(all().count()) failures=(count(all(), is_failed))
            errors=(count(all(), is_broken)) skipped=(count(all(), is_skipped)) time=[took] {
            @for suite in &suites { (element(suite, &file, record.started)) }
        }
        "\n"
    };
    markup.into_string()
}

fn suites(document: &Document<'_>) -> Vec<Suite> {
    let record = document.record;
    let mut suites = vec![
        Suite { name: "stacks".into(), cases: record.stacks.iter().map(stack).collect() },
        Suite { name: "gates".into(), cases: document.gates.iter().map(gate).collect() },
    ];
    for stack in finding::stacks(record) {
        let of = record.audit.iter().filter(|outcome| outcome.stack == stack);
        let cases = of.map(|outcome| check(record, outcome)).collect();
        suites.push(Suite { name: format!("audit of {}", line(stack)), cases });
    }
    suites.retain(|suite| !suite.cases.is_empty());
    suites
}

fn element(suite: &Suite, file: &str, started: jiff::Timestamp) -> Markup {
    let cases = || suite.cases.iter();
    html! {
        "\n"
        testsuite
            name=(suite.name) tests=(suite.cases.len()) failures=(count(cases(), is_failed))
            errors=(count(cases(), is_broken)) skipped=(count(cases(), is_skipped))
            timestamp=(started.strftime("%Y-%m-%dT%H:%M:%S")) {
            @for case in cases() {
                "\n"
                testcase classname=(case.class) name=(case.name) file=(file) line=[case.line] {
                    @match &case.ended {
                        Ended::Passed => {}
                        Ended::Said(text) => system-out { (text) }
                        Ended::Failed(kind, message, text) => failure type=(kind) message=(message) { (text) }
                        Ended::Broken(kind, message) => error type=(kind) message=(message) {}
                        Ended::Skipped(message) => skipped message=(message) {}
                    }
                }
            }
            "\n"
        }
    }
}

fn stack(stack: &StackRecord) -> Case {
    let ended = match (&stack.failure, stack.generator.saturated) {
        (Some(failure), _) => Ended::Broken("unmeasured", line(failure)),
        (None, true) => Ended::Broken("generator", "the generator was the limit, not the stack".into()),
        (None, false) => Ended::Passed,
    };
    let name = format!("{} is measured to the end", line(&stack.name));
    Case { class: "stacks".into(), name, line: None, ended }
}

fn gate(gate: &GateOutcome) -> Case {
    let reason = line(&gate.reason);
    let ended = match gate.verdict {
        Verdict::Pass => Ended::Said(reason),
        Verdict::Fail => Ended::Failed("gate", reason.clone(), reason),
        Verdict::Unknown => Ended::Broken("unknown", reason),
        Verdict::Skipped => Ended::Skipped(reason),
    };
    Case { class: "gates".into(), name: line(&gate.text), line: Some(gate.line), ended }
}

fn check(record: &Record, outcome: &CheckOutcome) -> Case {
    let id = line(&outcome.check);
    let family = id.split('-').next().unwrap_or_default();
    let summary = line(&outcome.summary);
    let ended = match outcome.outcome {
        _ if let Some(acceptance) = finding::acceptance(record, outcome) => {
            Ended::Skipped(line(&finding::why(acceptance)))
        }
        Outcome::Pass => Ended::Passed,
        Outcome::Info => Ended::Said(summary),
        Outcome::Warn => Ended::Said(format!("warning: {summary}\n{}", places(outcome))),
        Outcome::Fail => Ended::Failed(outcome.severity.name(), summary, places(outcome)),
        Outcome::NotApplicable => Ended::Skipped(format!("not applicable: {summary}")),
        Outcome::NotRun => Ended::Skipped(summary),
        Outcome::Inconclusive => Ended::Broken("inconclusive", summary),
    };
    let title = audit::find(&outcome.check).map(|check| format!(": {}", check.title)).unwrap_or_default();
    Case {
        class: format!("{}.{family}", line(&outcome.stack)),
        name: format!("{id}{title}"),
        line: outcome.places.first().and_then(|place| place.line),
        ended,
    }
}

/// Where a finding was seen, the first places with their exchange, and how to mend it.
fn places(outcome: &CheckOutcome) -> String {
    let mut text = String::new();
    for (position, place) in outcome.places.iter().take(PLACES).enumerate() {
        text.push_str(&told(place));
        if position < SHOWN
            && let Some(evidence) = &place.evidence
        {
            for part in [&evidence.request, &evidence.response, &evidence.curl] {
                text.push_str(&format!("\n{part}\n"));
            }
        }
        text.push('\n');
    }
    if let Some(fix) = audit::find(&outcome.check).and_then(|check| audit::recipe(check.fix)) {
        text.push_str(&format!("To mend it: {}\n", fix.advice));
    }
    foreign::block(&text, TEXT)
}

fn told(place: &Place) -> String {
    let at = place.line.map(|line| format!(" (line {line} of the scenario)")).unwrap_or_default();
    format!("{}{at}: {}: {}", line(&place.route), line(&place.subject), line(&place.detail))
}

fn count<'a>(cases: impl Iterator<Item = &'a Case>, is: fn(&Ended) -> bool) -> usize {
    cases.filter(|case| is(&case.ended)).count()
}

fn is_failed(ended: &Ended) -> bool {
    matches!(ended, Ended::Failed(..))
}

fn is_broken(ended: &Ended) -> bool {
    matches!(ended, Ended::Broken(..))
}

fn is_skipped(ended: &Ended) -> bool {
    matches!(ended, Ended::Skipped(_))
}

fn line(text: &str) -> String {
    foreign::line(text, 2 * foreign::LINE)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture;

    #[test]
    fn two_stacks() {
        insta::assert_snapshot!(render(&Document::of(&fixture::two_stacks())));
    }

    #[test]
    fn a_stack_that_failed_and_its_gates_are_errors() {
        let text = render(&Document::of(&fixture::failed_stack()));
        assert!(
            text.contains("error type=\"unmeasured\" message=\"stack `prod` did not become ready"),
            "{text}"
        );
        assert!(text.contains("error type=\"unknown\" message=\"prod was not measured\""), "{text}");
    }

    #[test]
    fn an_accepted_finding_is_skipped_with_its_reason() {
        let text = render(&Document::of(&fixture::accepted()));
        assert!(
            text.contains("<skipped message=\"accepted until 2026-06-30 by platform team, OPS-12: "),
            "{text}"
        );
        assert!(!text.contains("type=\"medium\""), "{text}");
    }

    #[test]
    fn hostile_text_is_harmless_and_bounded() {
        let mut record = fixture::hostile();
        record.title.insert(0, '\u{ffff}');
        let text = render(&Document::of(&record));
        assert!(foreign::is_harmless(&text) && !text.contains(['\u{fffe}', '\u{ffff}']));
        assert!(!text.contains("<script") && !text.contains("]]>"));
        assert!(text.len() < 400_000, "bounded: {}", text.len());
    }
}
