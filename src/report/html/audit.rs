//! The audit of a page: the matrix of checks and stacks, each row unfolding to what was seen, why it matters and how to
//! mend it.

use std::collections::BTreeSet;

use maud::{Markup, html};

use super::prose::prose;
use crate::audit::{Check, recipe};
use crate::record::{CheckOutcome, Evidence, Outcome, Place, Record, Severity};
use crate::report::{Document, finding, foreign};

/// Places of a finding that are shown of a stack, and rows.
const PLACES: usize = 8;
const ROWS: usize = 400;
/// Rows from which those without a finding are folded away.
const FOLDED: usize = 12;

/// The section; nothing where no check ran.
pub fn section(document: &Document<'_>) -> Markup {
    let record = document.record;
    let stacks = finding::stacks(record);
    if stacks.is_empty() {
        return html! {};
    }
    let rows: Vec<Row<'_>> =
        finding::checks(record).into_iter().take(ROWS).map(|check| Row::of(record, check, &stacks)).collect();
    let (found, rest): (Vec<_>, Vec<_>) = rows.into_iter().partition(|row| row.worst().is_some());
    html! {
        section id="audit" {
            h2 { "Audit" }
            p {
                @for stack in &stacks {
                    strong { (foreign::line(stack, 40)) } ": "
                    (finding::tally(record, stack).unwrap_or_else(|| "no finding".to_owned())) ". "
                }
            }
            (accepted(record))
            (filters(found.iter().chain(&rest), &stacks))
            div.matrix {
                @for row in &found { (row.show()) }
                @if found.is_empty() { p { "No finding." } }
                @if !rest.is_empty() {
                    details.rest open[rest.len() <= FOLDED] {
                        summary { (rest.len()) @if rest.len() == 1 { " check without a finding" } @else { " checks without a finding" } }
                        @for row in &rest { (row.show()) }
                    }
                }
            }
            p.quiet id="none" hidden { "No check of that kind." }
            (super::chapters::section(record, &stacks))
        }
    }
}

/// Risks that somebody takes: told, and in no count.
fn accepted(record: &Record) -> Markup {
    let accepted = finding::accepted(record);
    html! {
        @if !accepted.is_empty() {
            h3 { "Accepted risks" }
            ul {
                @for (outcome, acceptance) in accepted.iter().take(ROWS) {
                    li {
                        strong { (foreign::line(&outcome.stack, 24)) " " (foreign::line(&outcome.check, 60)) }
                        " (" (outcome.severity.name()) "), " (foreign::line(&finding::why(acceptance), 400))
                    }
                }
            }
        }
    }
}

/// What the script filters by; hidden without it, since all rows are then there.
fn filters<'r>(rows: impl Iterator<Item = &'r Row<'r>> + Clone, stacks: &[&str]) -> Markup {
    let families: BTreeSet<&str> = rows.clone().map(|row| family(row.check)).collect();
    let outcomes = |row: &'r Row<'r>| row.outcomes.iter().flatten().map(|outcome| finding::state(outcome));
    let words: BTreeSet<&str> = rows.clone().flat_map(outcomes).collect();
    let severities: BTreeSet<Severity> = rows.filter_map(Row::worst).collect();
    html! {
        form.filters id="filters" hidden {
            label { "Severity "
                select name="severity" {
                    option value="" { "any" }
                    @for severity in severities.iter().rev() { option { (severity.name()) } }
                }
            }
            label { "Outcome "
                select name="outcome" {
                    option value="" { "any" }
                    @for word in words { option { (word) } }
                }
            }
            label { "Kind "
                select name="family" {
                    option value="" { "any" }
                    @for family in families { option { (foreign::line(family, 24)) } }
                }
            }
            @if stacks.len() > 1 {
                label { "Stack "
                    select name="stack" {
                        option value="" { "any" }
                        @for (at, stack) in stacks.iter().enumerate() { option value=(at) { (foreign::line(stack, 40)) } }
                    }
                }
            }
            output name="count" aria-live="polite" {}
        }
    }
}

/// What a check's name begins with: `HDR` of `HDR-HSTS`.
fn family(check: &str) -> &str {
    check.split('-').next().unwrap_or(check)
}

/// One check over all stacks.
struct Row<'r> {
    check: &'r str,
    stacks: Vec<&'r str>,
    outcomes: Vec<Option<&'r CheckOutcome>>,
}

impl<'r> Row<'r> {
    fn of(record: &'r Record, check: &'r str, stacks: &[&'r str]) -> Self {
        let outcomes = stacks.iter().map(|stack| finding::of(record, check, stack)).collect();
        Row { check, stacks: stacks.to_vec(), outcomes }
    }

    /// The severity of its worst finding.
    fn worst(&self) -> Option<Severity> {
        let found = self.outcomes.iter().flatten().filter(|outcome| outcome.is_finding());
        found.map(|outcome| outcome.severity).max()
    }

    /// What the script reads: of each stack, outcome and, of a finding, severity.
    fn keys(&self) -> String {
        let key = |outcome: &Option<&CheckOutcome>| match outcome {
            Some(outcome) if outcome.is_finding() => {
                format!("{}/{}", finding::state(outcome), outcome.severity.name())
            }
            Some(outcome) => format!("{}/", finding::state(outcome)),
            None => "/".to_owned(),
        };
        self.outcomes.iter().map(key).collect::<Vec<_>>().join(";")
    }

    fn show(&self) -> Markup {
        let known = crate::audit::find(self.check);
        html! {
            details.check data-keys=(self.keys()) data-family=(foreign::line(family(self.check), 24)) {
                summary {
                    span.id { (foreign::line(self.check, 60)) }
                    span.about { @if let Some(check) = known { (check.title) } }
                    span.marks {
                        @for (stack, outcome) in self.stacks.iter().zip(&self.outcomes) {
                            span.on {
                                span.quiet { (foreign::line(stack, 24)) } " "
                                @match outcome {
                                    Some(outcome) => (mark(outcome)),
                                    None => span.absent title="the check did not reach this stack" { "–" },
                                }
                            }
                        }
                    }
                }
                @if let Some(check) = known { p { (check.rule) } }
                @for outcome in self.outcomes.iter().flatten() { (seen(outcome)) }
                @if let Some(check) = known.filter(|_| self.worst().is_some()) { (mended(check)) }
                @if let Some(check) = known.filter(|check| !check.references.is_empty()) {
                    p.quiet { "See " (check.references.join(", ")) "." }
                }
            }
        }
    }
}

fn mark(outcome: &CheckOutcome) -> Markup {
    let (class, sign) = match outcome.outcome {
        _ if outcome.accepted => ("none", ""),
        Outcome::Pass => ("pass", "✓ "),
        Outcome::Fail | Outcome::Warn => (severity(outcome.severity), "✗ "),
        Outcome::Info => ("info", "i "),
        Outcome::NotApplicable => ("none", ""),
        Outcome::NotRun | Outcome::Inconclusive => ("unknown", "? "),
    };
    html! {
        span.mark.(class) {
            (sign)
            @if outcome.is_finding() { (outcome.severity.name()) } @else { (finding::state(outcome)) }
        }
    }
}

pub(super) fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical | Severity::High => "high",
        Severity::Medium => "medium",
        Severity::Low | Severity::Info => "low",
    }
}

/// What a check saw on one stack.
fn seen(outcome: &CheckOutcome) -> Markup {
    html! {
        div.seen {
            p {
                strong { (foreign::line(&outcome.stack, 24)) } " " (mark(outcome)) " "
                (prose(&foreign::line(&outcome.summary, foreign::LINE)))
            }
            @for place in outcome.places.iter().take(PLACES) { (shown(place)) }
            @if outcome.places.len() > PLACES { p.quiet { "… and " (outcome.places.len() - PLACES) " more places in the record." } }
        }
    }
}

/// How to mend what the check found.
fn mended(check: &Check) -> Markup {
    html! {
        @if let Some(fix) = recipe(check.fix) {
            p { strong { "To mend it: " } (fix.advice) }
            div.exchange {
                @for (name, lines) in [("Django", fix.django), ("nginx", fix.nginx)] {
                    @if let Some(lines) = lines { div { p.label { (name) } pre { (lines) } } }
                }
            }
        }
    }
}

fn shown(place: &Place) -> Markup {
    html! {
        details.place {
            summary {
                strong { (foreign::line(&place.route, 80)) }
                @if let Some(line) = place.line { span.quiet { " (line " (line) " of the scenario)" } }
                " · " code { (foreign::line(&place.subject, 80)) } ": " (prose(&foreign::line(&place.detail, 600)))
            }
            @if let Some(evidence) = &place.evidence { (exchange(evidence)) }
            @else { p.quiet { "No exchange was kept for it." } }
        }
    }
}

fn exchange(evidence: &Evidence) -> Markup {
    html! {
        div.exchange {
            div { p.label { "Request" } pre tabindex="0" { (foreign::block(&evidence.request, foreign::BLOCK)) } }
            div {
                p.label { "Response" }
                pre tabindex="0" {
                    (foreign::block(&evidence.response, foreign::BLOCK))
                    @if let Some(body) = &evidence.body { "\n\n" (foreign::block(body, foreign::BLOCK)) }
                }
            }
        }
        p.label { "Repeat it" }
        pre tabindex="0" { (foreign::block(&evidence.curl, foreign::BLOCK)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit;
    use crate::report::fixture;

    fn shown_row(check: &str) -> String {
        let mut record = fixture::two_stacks();
        record.audit = vec![
            fixture::outcome(check, "dev", Outcome::Pass, Severity::Info, "every cookie is Secure"),
            fixture::outcome(check, "prod", Outcome::Fail, Severity::High, "no Secure"),
        ];
        Row::of(&record, &record.audit[0].check, &["dev", "prod"]).show().into_string()
    }

    #[test]
    fn a_finding_is_explained_and_an_unknown_one_is_not() {
        let check = audit::find("CK-SECURE").unwrap();
        let page = shown_row(check.id);
        assert!(page.contains(check.title) && page.contains("CWE-614"), "{page}");
        assert!(page.contains("SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = True"), "{page}");
        assert!(page.contains("curl -sS") && page.contains("no Secure"), "{page}");
        let page = shown_row("CK-OF-OLD");
        assert!(
            page.contains("CK-OF-OLD") && page.contains("no Secure") && !page.contains("To mend it"),
            "{page}"
        );
    }

    #[test]
    fn a_row_says_what_it_is_filtered_by() {
        let page = shown_row("CK-SECURE");
        assert!(page.contains("data-keys=\"pass/;fail/high\" data-family=\"CK\""), "{page}");
    }

    #[test]
    fn rows_without_a_finding_come_last() {
        let record = fixture::two_stacks();
        let page = section(&Document::of(&record)).into_string();
        let at = |text: &str| page.find(text).unwrap_or_else(|| panic!("{text}: {page}"));
        assert!(at("DJ-DEBUG-404") < at("CSP-MISSING") && at("CSP-MISSING") < at("class=\"rest\""));
        assert!(at("class=\"rest\"") < at("CSRF-REQUIRED"));
        for filter in ["<option>high</option>", "<option>not run</option>", "<option>HDR</option>"] {
            assert!(page.contains(filter), "{filter}");
        }
    }
}
