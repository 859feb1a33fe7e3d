//! The audit of a page: matrix of check and stack, and each finding with its evidence.

use maud::{Markup, html};

use crate::audit::{Check, recipe};
use crate::record::{CheckOutcome, Evidence, Outcome, Place, Severity};
use crate::report::{Document, finding, foreign};

/// Places of a finding that are shown, and findings.
const PLACES: usize = 8;
const FINDINGS: usize = 300;

/// The section; nothing where no check ran.
pub fn section(document: &Document<'_>) -> Markup {
    let record = document.record;
    let stacks = finding::stacks(record);
    if stacks.is_empty() {
        return html! {};
    }
    let findings = finding::findings(record);
    html! {
        section id="audit" {
            h2 { "Audit" }
            p {
                @for stack in &stacks {
                    strong { (foreign::line(stack, 40)) } ": "
                    (finding::tally(record, stack).unwrap_or_else(|| "no finding".to_owned())) ". "
                }
            }
            @if !findings.is_empty() {
                h3 { "Findings, the worst first" }
                @for outcome in findings.iter().take(FINDINGS) { (details(outcome)) }
                @if findings.len() > FINDINGS { p.quiet { "… and " (findings.len() - FINDINGS) " more in the record." } }
            }
            h3 { "Every check" }
            div.scroll {
                table.matrix {
                    thead { tr { th scope="col" { "check" } @for stack in &stacks { th scope="col" { (foreign::line(stack, 24)) } } } }
                    tbody {
                        @for check in finding::checks(record) {
                            tr {
                                th scope="row" { (foreign::line(check, 60)) }
                                @for stack in &stacks {
                                    td {
                                        @match finding::of(record, check, stack) {
                                            Some(outcome) => {
                                                (mark(outcome))
                                                div.quiet { (foreign::line(&outcome.summary, foreign::LINE)) }
                                            }
                                            None => span.absent title="the check did not reach this stack" { "–" },
                                        }
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn mark(outcome: &CheckOutcome) -> Markup {
    let (class, sign) = match outcome.outcome {
        Outcome::Pass => ("pass", "✓ "),
        Outcome::Fail | Outcome::Warn => (severity(outcome.severity), "✗ "),
        Outcome::Info => ("info", "i "),
        Outcome::NotApplicable => ("none", ""),
        Outcome::NotRun | Outcome::Inconclusive => ("unknown", "? "),
    };
    html! {
        span.mark.(class) {
            (sign) (finding::word(outcome.outcome))
            @if finding::is_finding(outcome) { " · " (outcome.severity.name()) }
        }
    }
}

fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical | Severity::High => "high",
        Severity::Medium => "medium",
        Severity::Low | Severity::Info => "low",
    }
}

fn details(outcome: &CheckOutcome) -> Markup {
    html! {
        details.finding {
            summary {
                span.mark.(severity(outcome.severity)) { (outcome.severity.name()) }
                span.where { (foreign::line(&outcome.stack, 24)) }
                span { (foreign::line(&outcome.check, 60)) ": " (foreign::line(&outcome.summary, foreign::LINE)) }
            }
            @if let Some(check) = crate::audit::find(&outcome.check) { (explained(check)) }
            @for place in outcome.places.iter().take(PLACES) { (shown(place)) }
            @if outcome.places.len() > PLACES { p.quiet { "… and " (outcome.places.len() - PLACES) " more places in the record." } }
        }
    }
}

/// What the check is about and how to mend it; a record of an older catalogue may name one that is gone.
fn explained(check: &Check) -> Markup {
    html! {
        p { strong { (check.title) } ". " (check.rule) }
        @if let Some(fix) = recipe(check.fix) {
            p { strong { "To mend it: " } (fix.advice) }
            div.exchange {
                @for (name, lines) in [("Django", fix.django), ("nginx", fix.nginx)] {
                    @if let Some(lines) = lines { div { h4 { (name) } pre { (lines) } } }
                }
            }
        }
        @if !check.references.is_empty() { p.quiet { "See " (check.references.join(", ")) "." } }
    }
}

fn shown(place: &Place) -> Markup {
    html! {
        div.place {
            p {
                strong { (foreign::line(&place.route, 80)) }
                @if let Some(line) = place.line { span.quiet { " (line " (line) " of the scenario)" } }
                " · " code { (foreign::line(&place.subject, 80)) } ": " (foreign::line(&place.detail, 600))
            }
            @if let Some(evidence) = &place.evidence { (exchange(evidence)) }
        }
    }
}

fn exchange(evidence: &Evidence) -> Markup {
    html! {
        div.exchange {
            div { h4 { "Request" } pre { (foreign::block(&evidence.request, foreign::BLOCK)) } }
            div {
                h4 { "Response" }
                pre {
                    (foreign::block(&evidence.response, foreign::BLOCK))
                    @if let Some(body) = &evidence.body { "\n\n" (foreign::block(body, foreign::BLOCK)) }
                }
            }
        }
        h4 { "Repeat it" }
        pre { (foreign::block(&evidence.curl, foreign::BLOCK)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit;

    #[test]
    fn a_finding_is_explained_and_an_unknown_one_is_not() {
        let check = audit::find("CK-SECURE").unwrap();
        let mut outcome = CheckOutcome {
            check: check.id.into(),
            revision: 1,
            stack: "prod".into(),
            outcome: Outcome::Fail,
            severity: Severity::High,
            confidence: crate::record::Confidence::Certain,
            summary: "no Secure".into(),
            places: Vec::new(),
        };
        let page = details(&outcome).into_string();
        assert!(page.contains(check.title) && page.contains("CWE-614"), "{page}");
        assert!(page.contains("SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = True"), "{page}");
        outcome.check = "CK-OF-OLD".into();
        let page = details(&outcome).into_string();
        assert!(page.contains("CK-OF-OLD: no Secure") && !page.contains("To mend it"), "{page}");
    }
}
