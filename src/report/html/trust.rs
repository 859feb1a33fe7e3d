//! Whether the numbers can be trusted: doubts, warnings, why a stack failed, and how the generator did.

use maud::{Markup, html};

use super::cell::absent;
use crate::compare::quantity;
use crate::record::StackRecord;
use crate::report::{Document, foreign};

/// Warnings shown of a stack.
const WARNINGS: usize = 20;

/// The section.
pub fn section(document: &Document<'_>) -> Markup {
    let record = document.record;
    let doubts = document.doubts();
    let calm = record.warnings.is_empty() && record.stacks.iter().all(|stack| stack.warnings.is_empty());
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
                    @for doubt in &doubts { li.bad { (doubt) } }
                    @for warning in &record.warnings { li { (foreign::line(warning, 400)) } }
                    @for stack in &record.stacks {
                        @for warning in stack.warnings.iter().take(WARNINGS) {
                            li { strong { (foreign::line(&stack.name, 40)) } ": " (foreign::line(warning, 400)) }
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
