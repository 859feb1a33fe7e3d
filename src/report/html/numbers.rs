//! Every figure of every route and stack, folded away: what a chart or a short table rounds off can be read here.

use maud::{Markup, html};

use super::cell::absent;
use super::chart::swatch;
use crate::compare::{self, quantity};
use crate::record::{LatencyRecord, RouteRecord, StackRecord};
use crate::report::{Document, foreign};

/// Routes with rows.
const ROUTES: usize = 200;

/// The section; nothing without figures.
pub fn section(document: &Document<'_>) -> Markup {
    let stacks = &document.record.stacks;
    if !document.has_figures() {
        return html! {};
    }
    let names = compare::route_names(stacks);
    html! {
        section id="numbers" {
            h2 { "All figures" }
            details {
                summary { "Latencies: mean, percentiles, maximum, of all routes together and of each" }
                p.quiet {
                    "Response time counts from the moment a request should have been sent, service time from the moment it was, first \
                     byte from there to the answer's first byte: of good answers. Failed is the response time of the others."
                }
                div.scroll tabindex="0" role="region" aria-label="latencies" {
                    table.all {
                        thead { tr {
                            th scope="col" { "route" } th scope="col" { "stack" } th scope="col" { "time" }
                            @for name in ["answers", "least", "mean", "p50", "p90", "p95", "p99", "p99.9", "max"] { th.number scope="col" { (name) } }
                        } }
                        (latencies("all routes", stacks, |stack| Some(&stack.total)))
                        @for name in names.iter().take(ROUTES) {
                            (latencies(&foreign::line(name, 80), stacks, |stack| compare::route(stack, name)))
                        }
                    }
                }
            }
            details {
                summary { "Counts: requests, errors, statuses, bytes, connections" }
                div.scroll tabindex="0" role="region" aria-label="counts" {
                    table.all {
                        thead { tr {
                            th scope="col" { "route" } th scope="col" { "stack" }
                            @for name in ["requests", "a second", "errors", "received", "sent", "connections"] { th.number scope="col" { (name) } }
                            th scope="col" { "answers by status" }
                        } }
                        (counts("all routes", stacks, |stack| Some(&stack.total)))
                        @for name in names.iter().take(ROUTES) {
                            (counts(&foreign::line(name, 80), stacks, |stack| compare::route(stack, name)))
                        }
                    }
                }
            }
            @if names.len() > ROUTES { p.quiet { "… and " (names.len() - ROUTES) " more routes in the record." } }
        }
    }
}

fn latencies<'r>(
    name: &str,
    stacks: &'r [StackRecord],
    of: impl Fn(&'r StackRecord) -> Option<&'r RouteRecord>,
) -> Markup {
    let measured: Vec<(usize, &StackRecord, &RouteRecord)> = measured(stacks, of);
    let kinds = |route: &'r RouteRecord| -> Vec<(&'static str, &'r LatencyRecord)> {
        let mut kinds = vec![
            ("response", &route.response),
            ("service", &route.service),
            ("first byte", &route.first_byte),
        ];
        // A stack that failed nothing needs no row of dashes.
        if route.failed.count > 0 {
            kinds.push(("failed", &route.failed));
        }
        kinds
    };
    let rows: usize = measured.iter().map(|(.., route)| kinds(route).len()).sum();
    html! {
        tbody {
            @for (nth, (at, stack, route)) in measured.iter().enumerate() {
                @let kinds = kinds(route);
                @for (row, (kind, latency)) in kinds.iter().enumerate() {
                    tr {
                        @if nth == 0 && row == 0 { th scope="rowgroup" rowspan=(rows) { (name) } }
                        @if row == 0 { td.stack rowspan=(kinds.len()) { (swatch(*at)) (foreign::line(&stack.name, 24)) } }
                        td { (kind) }
                        td.number { (quantity::count(latency.count)) }
                        @for value in values(latency) {
                            td.number { @match value { Some(ms) => (quantity::latency(ms)), None => (absent("too few samples to say")) } }
                        }
                    }
                }
            }
        }
    }
}

fn values(latency: &LatencyRecord) -> [Option<f64>; 8] {
    [
        latency.min_ms,
        latency.mean_ms,
        latency.p50_ms,
        latency.p90_ms,
        latency.p95_ms,
        latency.p99_ms,
        latency.p999_ms,
        latency.max_ms,
    ]
}

fn counts<'r>(
    name: &str,
    stacks: &'r [StackRecord],
    of: impl Fn(&'r StackRecord) -> Option<&'r RouteRecord>,
) -> Markup {
    let measured = measured(stacks, of);
    html! {
        tbody {
            @for (nth, (at, stack, route)) in measured.iter().enumerate() {
                tr {
                    @if nth == 0 { th scope="rowgroup" rowspan=(measured.len()) { (name) } }
                    td.stack { (swatch(*at)) (foreign::line(&stack.name, 24)) }
                    td.number { (quantity::count(route.requests)) }
                    td.number { (quantity::rate(route.throughput_rps)) }
                    td.number.bad[route.error_count() > 0] { (quantity::count(route.error_count())) }
                    td.number { (quantity::bytes(route.bytes_in as f64)) }
                    td.number { (quantity::bytes(route.bytes_out as f64)) }
                    td.number { (quantity::count(route.connections)) }
                    td { (super::errors::statuses(route)) }
                }
            }
        }
    }
}

fn measured<'r>(
    stacks: &'r [StackRecord],
    of: impl Fn(&'r StackRecord) -> Option<&'r RouteRecord>,
) -> Vec<(usize, &'r StackRecord, &'r RouteRecord)> {
    let found = stacks.iter().enumerate().filter_map(|(at, stack)| Some((at, stack, of(stack)?)));
    found.filter(|(.., route)| route.requests > 0).collect()
}
