//! The audit of a page: matrix of check and stack, and each finding with its evidence.

use maud::{Markup, html};

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
            @for place in outcome.places.iter().take(PLACES) { (shown(place)) }
            @if outcome.places.len() > PLACES { p.quiet { "… and " (outcome.places.len() - PLACES) " more places in the record." } }
        }
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
