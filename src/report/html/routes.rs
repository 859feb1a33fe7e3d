//! Each route: what each stack made of it, a row a stack, with its spread as a small multiple.

use maud::{Markup, html};

use super::cell::{number, sure_ratio};
use super::chart::{spark, swatch};
use super::headline::over;
use super::spread::Spread;
use super::{course, figures};
use crate::compare::{self, Metric, quantity};
use crate::record::{RouteRecord, StackRecord};
use crate::report::{Document, foreign, ratios};

/// Routes with a row, and of those with charts, in a page.
const ROUTES: usize = 500;
const CHARTS: usize = 80;
/// Steps of a small multiple.
const STEPS: usize = 40;

/// Metrics with a column, and whether the ratio over the first stack stands behind it.
const COLUMNS: [(Metric, bool); 4] =
    [(Metric::P50, true), (Metric::P90, true), (Metric::P99, true), (Metric::Errors, false)];

/// The section; nothing where no stack has a route.
pub fn section(document: &Document<'_>) -> Markup {
    let record = document.record;
    let names = compare::route_names(&record.stacks);
    if names.is_empty() || !document.has_figures() {
        return html! {};
    }
    html! {
        section id="routes" {
            h2 { "Routes" }
            (table(document, &names))
            (each(document, &names))
        }
    }
}

/// The charts of each route, folded away; the script shows those of one at a time.
fn each(document: &Document<'_>, names: &[&str]) -> Markup {
    let record = document.record;
    let shown = &names[..names.len().min(CHARTS)];
    let in_blocks = record.stacks.iter().any(|stack| !stack.blocks.is_empty());
    html! {
        details {
            summary { "Charts of each route: by percentile" @if in_blocks { ", over time" } }
            @if shown.len() > 1 {
                p.filters id="picker" hidden {
                    label { "Route "
                        select {
                            @for (at, name) in shown.iter().enumerate() { option value=(at) { (foreign::line(name, 80)) } }
                            option value="" { "all" }
                        }
                    }
                }
            }
            @for name in shown {
                @let caption = foreign::line(name, 60);
                @let of: Vec<Option<&RouteRecord>> = record.stacks.iter().map(|s| compare::route(s, name)).collect();
                div.figures.each {
                    (figures::route(record, &format!("{caption}: response time by percentile"), &of))
                    (course::figures(record, &caption, name))
                }
            }
            @if names.len() > CHARTS { p.quiet { "… and " (names.len() - CHARTS) " more routes in the record." } }
            @if !in_blocks { p.quiet { "What a route did over time is known of a load in blocks." } }
        }
    }
}

fn table(document: &Document<'_>, names: &[&str]) -> Markup {
    let stacks = &document.record.stacks;
    let all = || stacks.iter().flat_map(|stack| &stack.routes).map(|route| &route.response);
    let spread = Spread::over(all(), STEPS);
    let beside = stacks.len() > 1;
    // The sort keys of a route stand in the order of the columns that have one.
    html! {
        div.scroll tabindex="0" role="region" aria-label="routes" {
            table.routes {
                thead {
                    tr {
                        th scope="col" data-sort="0" { "route" }
                        th scope="col" { "stack" }
                        th.number scope="col" data-sort="1" { "requests" }
                        @for (at, (metric, with_ratio)) in COLUMNS.into_iter().enumerate() {
                            th.number scope="col" data-sort=(at + 2) { (metric.title()) }
                            @if with_ratio && beside { th.number scope="col" { (over(document)) } }
                        }
                        th scope="col" {
                            "spread"
                            @if let Some(spread) = &spread {
                                @let (from, to) = spread.range();
                                div.quiet { (quantity::latency(from)) " to " (quantity::latency(to)) }
                            }
                        }
                    }
                }
                @for (position, name) in names.iter().take(ROUTES).enumerate() {
                    tbody data-keys=(keys(position, stacks, name)) {
                        @for (at, stack) in stacks.iter().enumerate() {
                            @let route = compare::route(stack, name);
                            tr {
                                @if at == 0 {
                                    th scope="rowgroup" rowspan=(stacks.len()) { (described(name, first(stacks, name))) }
                                }
                                td.stack { (swatch(at)) (foreign::line(&stack.name, 24)) }
                                @match route {
                                    Some(route) => {
                                        td.number { (quantity::count(route.requests)) }
                                        @for (metric, with_ratio) in COLUMNS {
                                            td.number.bad[metric == Metric::Errors && route.error_count() > 0] {
                                                (number(metric, metric.of(stack, route), stack, route))
                                            }
                                            @if with_ratio && beside {
                                                @let comparison = at.checked_sub(1).and_then(|at| document.comparisons.get(at));
                                                td.number { @if let Some(of) = comparison { (sure_ratio(of, of.row(name, metric))) } }
                                            }
                                        }
                                        td { @if let Some(spread) = &spread { (shape(at, spread, stack, route)) } }
                                    }
                                    None => td.quiet colspan="10" { "not measured" },
                                }
                            }
                        }
                    }
                }
            }
        }
        @if names.len() > ROUTES { p.quiet { "… and " (names.len() - ROUTES) " more routes in the record." } }
        p.quiet {
            "– means that it was not measured or that there were too few samples to say; point at it for the reason. A spread is drawn on \
             a log scale, with lines for the median and, where it is known, p99."
            @if document.comparisons.iter().flat_map(|c| &c.rows).any(|row| row.interval().is_some()) {
                " Under a ratio stands its 95 % interval, where the blocks have answers enough."
            }
        }
        @let short = |comparison| COLUMNS.into_iter().filter_map(move |(metric, _)| ratios::shortfall(document, comparison, metric));
        @for comparison in &document.comparisons {
            @for sentence in short(comparison) {
                p.quiet {
                    @if document.comparisons.len() > 1 { (foreign::line(&comparison.second, 24)) ": " }
                    (sentence) "."
                }
            }
        }
    }
}

/// What the table is sorted by: position, requests, then each column's largest value of any stack.
fn keys(position: usize, stacks: &[StackRecord], name: &str) -> String {
    let largest = |value: &dyn Fn(&StackRecord, &RouteRecord) -> Option<f64>| {
        let values = stacks.iter().filter_map(|stack| value(stack, compare::route(stack, name)?));
        values.max_by(f64::total_cmp).map_or_else(|| "-".to_owned(), |value| format!("{value:.6}"))
    };
    let mut keys = vec![position.to_string(), largest(&|_, route| Some(route.requests as f64))];
    keys.extend(COLUMNS.iter().map(|(metric, _)| largest(&|stack, route| metric.of(stack, route))));
    keys.join(" ")
}

fn shape(at: usize, spread: &Spread, stack: &StackRecord, route: &RouteRecord) -> Markup {
    let Some(shares) = spread.shares(&route.response) else { return html! {} };
    let most = shares.iter().copied().fold(0.0, f64::max);
    let heights: Vec<f64> = shares.iter().map(|share| share / most).collect();
    let marked = [route.response.p50_ms, route.response.p99_ms];
    let marks: Vec<f64> = marked.into_iter().flatten().map(|ms| spread.place(ms)).collect();
    let said = |ms: Option<f64>| ms.map_or_else(|| "unknown".to_owned(), quantity::latency);
    let about = format!(
        "{} on {}: from {} to {}, median {}",
        foreign::line(&route.name, 60),
        foreign::line(&stack.name, 24),
        said(route.response.min_ms),
        said(route.response.max_ms),
        said(route.response.p50_ms)
    );
    spark(at, &about, &heights, &marks)
}

fn first<'r>(stacks: &'r [StackRecord], name: &str) -> Option<&'r RouteRecord> {
    stacks.iter().find_map(|stack| compare::route(stack, name))
}

fn described(name: &str, route: Option<&RouteRecord>) -> Markup {
    html! {
        (foreign::line(name, 80))
        @if let Some(route) = route {
            div.quiet {
                code { (foreign::line(&route.method, 12)) " " (foreign::line(&route.path, 80)) }
                @if let Some(auth) = &route.auth { " auth " (foreign::line(auth, 24)) }
            }
        }
    }
}
