//! The top of a page, for ten seconds: the verdict, whether anything failed, whether it is safe, whether the run can be
//! trusted, what to do first.

use maud::{Markup, html};

use super::audit::severity;
use super::prose::prose;
use crate::compare::quantity;
use crate::gate::Verdict;
use crate::record::{RouteRecord, Severity, StackRecord};
use crate::report::{Document, finding, foreign, priority};

/// Steps shown; the rest is counted.
const STEPS: usize = 4;
/// Failing routes named.
const NAMED: usize = 3;

/// Title, verdict, answers, first steps.
pub fn section(document: &Document<'_>, title: &str) -> Markup {
    let record = document.record;
    html! {
        header {
            p.brand { "shakedown " span.quiet { (record.started.strftime("%Y-%m-%d %H:%M UTC")) } }
            h1 { (title) }
            @if let Some(description) = &record.description { p.lead { (foreign::line(description, 600)) } }
            @if record.partial.is_some() { p.banner { "This record is partial: the run did not reach its end." } }
            p.verdict { (status(document)) " " (prose(&sentence(document))) }
            div.answers {
                @if !document.gates.is_empty() { (answer("Do the gates pass?", "#gates", html! { (document.gates_sentence()) })) }
                @if document.has_load() { (answer("Did anything fail?", if any_failed(document) { "#errors" } else { "#numbers" }, failures(document))) }
                @if !record.audit.is_empty() { (answer("Is it safe?", "#audit", safety(document))) }
                (answer("Can it be trusted?", "#trust", trust(document)))
            }
            (first(document))
            p.quiet { (foreign::line(&record.load.summary, 300)) }
        }
    }
}

/// The sign of a verdict.
pub fn sign(verdict: Verdict) -> Markup {
    let (class, text) = match verdict {
        Verdict::Pass => ("pass", "✓ pass"),
        Verdict::Fail => ("high", "✗ fail"),
        Verdict::Unknown => ("medium", "? unknown"),
        Verdict::Skipped => ("skipped", "– skipped"),
    };
    html! { span.mark.(class) { (text) } }
}

/// The run's own sign; a pass that no gate gave is none.
fn status(document: &Document<'_>) -> Markup {
    match document.status() {
        Verdict::Pass if !document.is_judged() => html! { span.mark { "no gates" } },
        status => sign(status),
    }
}

/// What keeps the run from saying anything, then how fast the stacks are.
fn sentence(document: &Document<'_>) -> String {
    let mut parts = document.doubts();
    parts.extend(document.speed());
    if parts.is_empty() {
        let said = if document.record.audit.is_empty() {
            "Nothing was measured."
        } else {
            "The audit ran to its end."
        };
        parts.push(said.to_owned());
    }
    parts.join(" ")
}

fn answer(question: &str, section: &str, said: Markup) -> Markup {
    html! { div { p.label { a href=(section) { (question) } } (said) } }
}

fn any_failed(document: &Document<'_>) -> bool {
    document.record.stacks.iter().any(|stack| !stack.total.errors.is_empty())
}

fn failures(document: &Document<'_>) -> Markup {
    let loaded = || document.record.stacks.iter().filter(|stack| stack.total.requests > 0);
    html! {
        @if loaded().next().is_none() { p { "No request was measured." } }
        @else if !any_failed(document) {
            @let broken: Vec<&StackRecord> = loaded().filter(|stack| stack.failure.is_some()).collect();
            @if broken.is_empty() { p { "No request failed." } }
            @for stack in broken {
                p { strong { (foreign::line(&stack.name, 24)) } " " span.bad { (stack.unmeasured().unwrap_or("failed")) } }
            }
        }
        @else { @for stack in loaded() { p { (failed(stack)) } } }
    }
}

fn failed(stack: &StackRecord) -> Markup {
    let name = foreign::line(&stack.name, 24);
    let mut routes: Vec<&RouteRecord> =
        stack.routes.iter().filter(|route| !route.errors.is_empty()).collect();
    routes.sort_by_key(|route| std::cmp::Reverse(route.error_count()));
    let named: Vec<String> = routes.iter().take(NAMED).map(|route| foreign::line(&route.name, 40)).collect();
    let more = routes.len().saturating_sub(NAMED);
    html! {
        strong { (name) } " "
        @if stack.total.errors.is_empty() { "nothing" }
        @else {
            span.bad { (quantity::count(stack.total.errors.values().sum())) " of " (quantity::count(stack.total.requests)) }
            @if !named.is_empty() { " on " (named.join(", ")) @if more > 0 { " and " (more) " more" } }
        }
    }
}

fn safety(document: &Document<'_>) -> Markup {
    let record = document.record;
    let audited = finding::stacks(record);
    html! {
        @for stack in &audited {
            p {
                strong { (foreign::line(stack, 24)) } " "
                @match worst(document, stack) {
                    Some(worst) => span.mark.(severity(worst)) { (finding::tally(record, stack).unwrap_or_default()) },
                    None => span.mark.pass { "no finding" },
                }
                @if let Some(access) = document.access(stack) { div.quiet.bad[access.open] { (access.text) } }
            }
        }
        @for stack in record.stacks.iter().filter(|stack| !audited.contains(&stack.name.as_str())) {
            p { strong { (foreign::line(&stack.name, 24)) } " was not audited" }
        }
    }
}

fn worst(document: &Document<'_>, stack: &str) -> Option<Severity> {
    let found = document.record.audit.iter().filter(|o| o.stack == stack && o.is_finding());
    found.map(|outcome| outcome.severity).max()
}

fn trust(document: &Document<'_>) -> Markup {
    let record = document.record;
    let doubts = document.doubts().len();
    let warnings = document.lateness().len()
        + record.warnings.len()
        + record.stacks.iter().map(|stack| stack.warnings.len()).sum::<usize>();
    html! {
        p {
            @if doubts > 0 { span.bad { "Only in part: " } (doubts) @if doubts == 1 { " doubt." } @else { " doubts." } }
            @else if warnings > 0 { "Yes, with " (warnings) @if warnings == 1 { " remark." } @else { " remarks." } }
            @else { "Yes." }
            @if let Some(generator) = document.generator() { " " (generator) }
        }
    }
}

fn first(document: &Document<'_>) -> Markup {
    let steps = priority::steps(document);
    html! {
        div.first {
            p.label { "What to do first" }
            @if steps.is_empty() { p { "Nothing stands out." } }
            @else {
                ol {
                    @for step in steps.iter().take(STEPS) { li { a href=(format!("#{}", step.section)) { (prose(&step.text)) } } }
                }
                @if steps.len() > STEPS { p.quiet { "and " (steps.len() - STEPS) " more below" } }
            }
        }
    }
}
