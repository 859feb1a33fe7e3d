//! The tables of a page: headline, routes, errors.

use maud::{Markup, html};

use super::{chart, figures};
use crate::compare::{self, Metric, Ratio, quantity};
use crate::record::{RouteRecord, StackRecord};
use crate::report::terminal::{classes, headline_metrics};
use crate::report::{Document, foreign};

/// Routes with a row, and of those with details, in a page.
const ROUTES: usize = 500;
const DETAILS: usize = 80;
/// Error samples shown of a stack.
const SAMPLES: usize = 40;

/// The stacks beside each other, all routes together.
pub fn headline(document: &Document<'_>) -> Markup {
    let stacks = &document.record.stacks;
    html! {
        div.scroll {
            table.headline {
                thead {
                    tr {
                        th scope="col" { span.quiet { "all routes" } }
                        @for (at, stack) in stacks.iter().enumerate() {
                            th.number scope="col" { (swatch(at)) (foreign::line(&stack.name, 40)) }
                            @if at > 0 { th.number scope="col" { span.quiet { "÷ " (foreign::line(&stacks[0].name, 24)) } } }
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
                                td.number {
                                    (number(metric, *value, stack, &stack.total))
                                    @if let Some(value) = value { (chart::bar(at, *value, most)) }
                                }
                                @if at > 0 {
                                    @let comparison = document.comparisons.get(at - 1);
                                    td.number { (ratio(comparison.and_then(|c| c.row(compare::ALL_ROUTES, metric)))) }
                                }
                            }
                        }
                        @if metric.quantile().is_some_and(|q| q > 0.5) {
                            tr.quiet {
                                th scope="row" { (metric.title()) " from the send" }
                                @for (at, stack) in stacks.iter().enumerate() {
                                    td.number { (number(metric, metric.of_latency(&stack.total.service), stack, &stack.total)) }
                                    @if at > 0 { td {} }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn swatch(at: usize) -> Markup {
    html! { svg.swatch width="10" height="10" aria-hidden="true" { rect class=(format!("fill c{}", at % 6)) width="10" height="10" rx="2" {} } }
}

fn number(metric: Metric, value: Option<f64>, stack: &StackRecord, route: &RouteRecord) -> Markup {
    html! {
        @match value {
            Some(value) => (metric.show(value)),
            None => span.absent title=(foreign::line(&metric.why_absent(stack, route), 200)) { "–" },
        }
    }
}

fn ratio(row: Option<&Ratio>) -> Markup {
    let class = |row: &Ratio| match row.improved() {
        Some(true) => "better",
        Some(false) => "worse",
        None => "same",
    };
    html! {
        @match row.and_then(|row| Some((row, row.ratio?))) {
            Some((row, ratio)) => span.ratio.(class(row)) {
                (quantity::ratio(ratio))
                @if row.improved() == Some(true) { span.sr { " better" } }
                @if row.improved() == Some(false) { span.sr { " worse" } }
            },
            None => span.absent title="no ratio: a number is absent or zero" { "–" },
        }
    }
}

/// Each route: what each stack made of it, with its percentiles to unfold.
pub fn routes(document: &Document<'_>) -> Markup {
    const METRICS: [Metric; 7] =
        [Metric::P50, Metric::P90, Metric::P95, Metric::P99, Metric::Max, Metric::Throughput, Metric::Errors];
    let stacks = &document.record.stacks;
    let names = compare::route_names(stacks);
    html! {
        div.scroll {
            table.routes {
                thead {
                    tr {
                        th scope="col" { "route" }
                        th scope="col" { "stack" }
                        th.number scope="col" { "requests" }
                        @for metric in METRICS { th.number scope="col" { (metric.title()) } }
                    }
                }
                @for name in names.iter().take(ROUTES) {
                    tbody {
                        @for (at, stack) in stacks.iter().enumerate() {
                            @let route = compare::route(stack, name);
                            tr {
                                @if at == 0 {
                                    th scope="rowgroup" rowspan=(stacks.len()) { (described(name, first(stacks, name))) }
                                }
                                td { (swatch(at)) (foreign::line(&stack.name, 24)) }
                                @match route {
                                    Some(route) => {
                                        td.number { (quantity::count(route.requests)) }
                                        @for metric in METRICS {
                                            td.number.bad[metric == Metric::Errors && route.error_count() > 0] {
                                                (number(metric, metric.of(stack, route), stack, route))
                                            }
                                        }
                                    }
                                    None => td.quiet colspan=(METRICS.len() + 1) { "not measured" },
                                }
                            }
                        }
                    }
                }
            }
        }
        @if names.len() > ROUTES { p.quiet { "… and " (names.len() - ROUTES) " more routes in the record." } }
        p.quiet { "– means that it was not measured or that there were too few samples to say; point at it for the reason." }
        details {
            summary { "Response time by percentile of each route" }
            div.figures {
                @for name in names.iter().take(DETAILS) {
                    @let of: Vec<Option<&RouteRecord>> = stacks.iter().map(|s| compare::route(s, name)).collect();
                    (figures::route(document.record, &foreign::line(name, 80), &of))
                }
            }
        }
    }
}

fn first<'r>(stacks: &'r [StackRecord], name: &str) -> Option<&'r RouteRecord> {
    stacks.iter().find_map(|stack| compare::route(stack, name))
}

fn described(name: &str, route: Option<&RouteRecord>) -> Markup {
    html! {
        (foreign::line(name, 80))
        @if let Some(route) = route {
            div.quiet { code { (foreign::line(&route.method, 12)) " " (foreign::line(&route.path, 80)) } }
            @if let Some(auth) = &route.auth { div.quiet { "auth " (foreign::line(auth, 24)) } }
        }
    }
}

/// Errors by class, with samples.
pub fn errors(document: &Document<'_>) -> Markup {
    let failing = |stack: &StackRecord| stack.routes.iter().any(|route| !route.errors.is_empty());
    if !document.record.stacks.iter().any(failing) {
        return html! {};
    }
    html! {
        section id="errors" {
            h2 { "Errors" }
            div.scroll {
                table {
                    thead { tr { th { "stack" } th { "route" } th { "by class" } th.number { "of" } th { "by status" } } }
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

fn statuses(route: &RouteRecord) -> String {
    let of = |(status, n): (&u16, &u64)| format!("{status}: {}", quantity::count(*n));
    route.statuses.iter().map(of).collect::<Vec<_>>().join(", ")
}
