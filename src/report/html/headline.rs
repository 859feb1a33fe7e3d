//! The stacks beside each other, all routes together.

use maud::{Markup, html};

use super::cell::{number, ratio};
use super::chart::{bar, swatch};
use crate::compare;
use crate::report::figure::headline_metrics;
use crate::report::{Document, foreign};

/// Stacks up to which a ratio has a column of its own.
const APART: usize = 2;

/// The table: a row for each metric, the stacks in columns, each with its ratio over the first.
pub fn table(document: &Document<'_>) -> Markup {
    let stacks = &document.record.stacks;
    let apart = stacks.len() <= APART;
    html! {
        div.scroll tabindex="0" role="region" aria-label="stacks side by side" {
            table.headline {
                thead {
                    tr {
                        th scope="col" { span.quiet { "all routes" } }
                        @for (at, stack) in stacks.iter().enumerate() {
                            th.number scope="col" { (swatch(at)) (foreign::line(&stack.name, if apart { 40 } else { 16 })) }
                            @if at > 0 && apart { th.number scope="col" { (over(document)) } }
                        }
                    }
                }
                tbody {
                    @for metric in headline_metrics(document) {
                        @let values: Vec<Option<f64>> = stacks.iter().map(|s| metric.of(s, &s.total)).collect();
                        @let most = values.iter().flatten().copied().fold(0.0, f64::max);
                        tr {
                            th scope="row" { (metric.title()) }
                            @for (at, (stack, value)) in stacks.iter().zip(&values).enumerate() {
                                @let row = at.checked_sub(1).and_then(|at| document.comparisons.get(at))
                                    .and_then(|c| c.row(compare::ALL_ROUTES, metric));
                                td.number {
                                    (number(metric, *value, stack, &stack.total))
                                    @if let Some(value) = value && stacks.len() > 1 { (bar(at, *value, most)) }
                                    @if at > 0 && !apart { (ratio(row)) }
                                }
                                @if at > 0 && apart { td.number { (ratio(row)) } }
                            }
                        }
                        @if metric.quantile().is_some_and(|q| q > 0.5) {
                            tr.quiet {
                                th scope="row" { (metric.title()) " from the send" }
                                @for (at, stack) in stacks.iter().enumerate() {
                                    td.number { (number(metric, metric.of_latency(&stack.total.service), stack, &stack.total)) }
                                    @if at > 0 && apart { td {} }
                                }
                            }
                        }
                    }
                }
            }
        }
        @if !apart { p.quiet { "Under a number: what it is of that of " (foreign::line(&stacks[0].name, 40)) "." } }
    }
}

/// What a column of ratios divides by.
pub fn over(document: &Document<'_>) -> Markup {
    html! {
        @if let Some(first) = document.record.stacks.first() { span.quiet { "÷ " (foreign::line(&first.name, 24)) } }
    }
}
