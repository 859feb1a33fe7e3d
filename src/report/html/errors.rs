//! Errors by class, and what they looked like.

use maud::{Markup, html};

use crate::compare::quantity;
use crate::record::{RouteRecord, StackRecord};
use crate::report::figure::classes;
use crate::report::{Document, foreign};

/// Routes with errors that have a row.
const ROUTES: usize = 500;
/// Error samples shown of a stack.
const SAMPLES: usize = 40;

/// The section; nothing where nothing failed.
pub fn section(document: &Document<'_>) -> Markup {
    let failing = |stack: &StackRecord| stack.routes.iter().any(|route| !route.errors.is_empty());
    if !document.record.stacks.iter().any(failing) {
        return html! {};
    }
    html! {
        section id="errors" {
            h2 { "Errors" }
            div.scroll tabindex="0" role="region" aria-label="errors" {
                table {
                    thead { tr {
                        th scope="col" { "stack" } th scope="col" { "route" } th scope="col" { "by class" }
                        th.number scope="col" { "of" } th scope="col" { "answers by status" }
                    } }
                    tbody {
                        @for stack in &document.record.stacks {
                            @for route in stack.routes.iter().filter(|route| !route.errors.is_empty()).take(ROUTES) {
                                tr {
                                    td { (foreign::line(&stack.name, 24)) }
                                    td { (foreign::line(&route.name, 80)) }
                                    td { (classes(route)) }
                                    td.number { (quantity::count(route.requests)) }
                                    td { (statuses(route)) }
                                }
                            }
                        }
                    }
                }
            }
            @for stack in document.record.stacks.iter().filter(|stack| !stack.samples.is_empty()) {
                details open[stack.samples.len() <= 6] {
                    summary { "What they looked like on " (foreign::line(&stack.name, 40)) }
                    ul {
                        @for sample in stack.samples.iter().take(SAMPLES) {
                            li {
                                @if let Some(route) = stack.routes.get(sample.route) {
                                    strong { (foreign::line(&route.name, 80)) } " "
                                }
                                "(" (sample.class.name()) "): " (foreign::line(&sample.message, 600))
                                @if let Some(user) = &sample.user { span.quiet { " as " (foreign::line(user, 60)) } }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// `200: 876, 500: 24`.
pub fn statuses(route: &RouteRecord) -> String {
    let of = |(status, n): (&u16, &u64)| format!("{status}: {}", quantity::count(*n));
    route.statuses.iter().map(of).collect::<Vec<_>>().join(", ")
}
