//! Whether the numbers can be trusted: doubts, warnings, why a stack failed, and how the generator did.

use maud::{Markup, html};

use super::cell::absent;
use super::prose::prose;
use crate::compare::quantity;
use crate::record::StackRecord;
use crate::report::{Document, foreign};

/// Warnings shown of a stack.
const WARNINGS: usize = 20;

/// The section.
pub fn section(document: &Document<'_>) -> Markup {
    let record = document.record;
    let doubts = document.doubts();
    let late = document.lateness();
    let calm = late.is_empty()
        && record.warnings.is_empty()
        && record.stacks.iter().all(|stack| stack.warnings.is_empty());
    html! {
        section id="trust" {
            h2 { "Can the numbers be trusted?" }
            @if doubts.is_empty() && calm {
                p {
                    "Nothing speaks against it: "
                    @if document.has_load() { "every stack was measured to the end and the generator had room to spare." }
                    @else { "every stack was audited to the end." }
                }
            } @else {
                ul {
                    @for doubt in &doubts { li.bad { (prose(doubt)) } }
                    @for late in &late { li { (late) "." } }
                    @for warning in &record.warnings { li { (prose(&foreign::line(warning, 400))) } }
                    @for stack in &record.stacks {
                        @for warning in stack.warnings.iter().take(WARNINGS) {
                            li { strong { (foreign::line(&stack.name, 40)) } ": " (prose(&foreign::line(warning, 400))) }
                        }
                    }
                }
            }
            @for stack in &record.stacks {
                @if let Some(failure) = stack.failure.as_ref().filter(|failure| failure.trim().contains('\n')) {
                    details open { summary { "Why " (foreign::line(&stack.name, 40)) " failed" } pre tabindex="0" { (foreign::block(failure, foreign::BLOCK)) } }
                }
            }
            @if document.has_figures() { (generators(&record.stacks)) }
        }
    }
}

/// How each stack's load was generated: the stacks in columns, so that it fits a narrow page.
fn generators(stacks: &[StackRecord]) -> Markup {
    type Cell = fn(&StackRecord) -> Markup;
    let rows: [(&str, Cell); 6] = [
        ("p99 schedule lag", |stack| match stack.generator.schedule_lag.p99_ms {
            Some(ms) => html! { (quantity::latency(ms)) },
            None => absent("too few samples"),
        }),
        ("CPU used", |stack| {
            let share = (stack.generator.cpu_share * 1000.0).round() / 1000.0;
            html! { (quantity::percent(share)) }
        }),
        ("threads", |stack| html! { (stack.generator.threads) }),
        ("waited for a connection", |stack| html! { (quantity::count(stack.generator.queued)) }),
        ("never sent", |stack| html! { (quantity::count(stack.generator.unsent)) }),
        ("connections", |stack| html! { (quantity::count(stack.generator.peak_connections)) }),
    ];
    html! {
        div.scroll tabindex="0" role="region" aria-label="the generator" {
            table.generator {
                thead { tr {
                    th scope="col" { "generator" }
                    @for stack in stacks { th.number scope="col" { "on " (foreign::line(&stack.name, if stacks.len() > 2 { 12 } else { 40 })) } }
                } }
                tbody {
                    @for (name, cell) in rows {
                        tr {
                            th scope="row" { (name) }
                            @for stack in stacks { td.number { (cell(stack)) } }
                        }
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture;

    #[test]
    fn sends_that_were_late_beside_the_tail_are_said_with_both_numbers() {
        let mut record = fixture::duet();
        for stack in &mut record.stacks {
            stack.warnings.clear();
            (stack.generator.schedule_lag.p99_ms, stack.total.response.p99_ms) = (Some(0.05), Some(40.0));
        }
        record.warnings.clear();
        record.load.model = "open".into();
        let page = |record: &crate::record::Record| section(&Document::of(record)).into_string();
        assert!(page(&record).contains("Nothing speaks against it"), "{}", page(&record));
        record.stacks[1].total.response.p99_ms = Some(0.2);
        let said = page(&record);
        assert!(!said.contains("Nothing speaks against it"), "{said}");
        assert!(said.contains("sent 50.0 µs late at p99, which is 25% of the p99 of 200 µs"), "{said}");
    }
}
