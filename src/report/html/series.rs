//! The searches and sweeps of a page: sentences, a chart, every probe.

use maud::{Markup, html};

use super::axis::Axis;
use super::chart::{Frame, Line, Stroke, figure};
use super::figures::{name, plain, tick};
use crate::capacity;
use crate::compare::{Metric, quantity};
use crate::record::{Phase, ProbeRecord, ProbeVerdict, Record};
use crate::report::figure::shown;
use crate::report::{Document, foreign, series};

/// Points of a drawn law.
const POINTS: u32 = 80;
/// Places at which a chart can be read.
const READINGS: usize = 60;

/// The searches; nothing where there are none.
pub fn searches(document: &Document<'_>) -> Markup {
    let record = document.record;
    if series::searches(record).next().is_none() {
        return html! {};
    }
    html! {
        section id="capacity" {
            h2 { "Capacity" }
            @for (_, stack, capacity) in series::searches(record) {
                p { strong { (name(stack)) ": " (capacity::interval(capacity)) } " " (series::story(stack, capacity)) " " (series::knee(capacity)) }
            }
            div.figures { (by_rate(record)) }
            @for (_, stack, capacity) in series::searches(record) {
                @let metric = series::latency_limit(capacity).map_or(Metric::P99, |(metric, _)| metric);
                details { summary { (name(stack)) ": all " (capacity.probes.len()) " probes" } (probes("wanted", metric, &capacity.probes)) }
            }
        }
    }
}

/// The sweeps; nothing where there are none.
pub fn sweeps(document: &Document<'_>) -> Markup {
    let record = document.record;
    if series::sweeps(record).next().is_none() {
        return html! {};
    }
    html! {
        section id="scaling" {
            h2 { "Throughput by users" }
            @for (_, stack, sweep) in series::sweeps(record) { p { (series::best(stack, sweep)) " " (series::growth(sweep)) } }
            div.figures { (by_users(record)) }
            @for (_, stack, sweep) in series::sweeps(record) {
                details { summary { (name(stack)) ": all " (sweep.probes.len()) " levels" } (probes("users", Metric::P99, &sweep.probes)) }
            }
        }
    }
}

/// The objective's quantile by rate, with the line it must stay under.
fn by_rate(record: &Record) -> Markup {
    let Some((metric, limit)) =
        series::searches(record).find_map(|(_, _, capacity)| series::latency_limit(capacity))
    else {
        return html! {};
    };
    let mut lines: Vec<Line> = series::searches(record)
        .map(|(color, stack, capacity)| {
            let judged = capacity.probes.iter().filter(|probe| probe.verdict != ProbeVerdict::GeneratorLimit);
            Line {
                name: name(stack),
                color,
                stroke: Stroke::Solid,
                points: curve(judged, |probe| series::of(metric, probe)),
            }
        })
        .filter(|line| !line.points.is_empty())
        .collect();
    let range = |of: fn(&(f64, f64)) -> f64| -> (f64, f64) {
        let values: Vec<f64> = lines.iter().flat_map(|line| line.points.iter().flatten()).map(of).collect();
        (values.iter().copied().fold(f64::INFINITY, f64::min), values.iter().copied().fold(0.0, f64::max))
    };
    let ((least_x, most_x), (least_y, most_y)) = (range(|point| point.0), range(|point| point.1));
    if !least_x.is_finite() {
        return html! {};
    }
    lines.push(Line {
        name: format!("objective: {} < {}", metric.name(), tick(limit)),
        color: 5,
        stroke: Stroke::Dashed,
        points: vec![Some((least_x, limit)), Some((most_x, limit))],
    });
    let x = Axis::log("requests a second wanted, log scale", least_x, most_x, plain)
        .saying(|rate| format!("{}/s", quantity::rate(rate)));
    let y = Axis::log("response time, log scale", least_y.min(limit), most_y.max(limit), tick)
        .saying(quantity::latency);
    let caption = format!("{} by rate", metric.name());
    let about = format!("{caption}; the numbers are in the tables");
    figure(&Frame { caption: &caption, about: &about, x: &x, y: &y, readings: READINGS }, &lines)
}

/// Good answers by users, measured and by the law.
fn by_users(record: &Record) -> Markup {
    let mut lines = Vec::new();
    let (mut most_users, mut most_rate) = (1.0_f64, 0.0_f64);
    for (color, stack, sweep) in series::sweeps(record) {
        let points = curve(sweep.probes.iter(), |probe| Some(probe.reached_rps));
        let furthest = sweep.probes.iter().map(|probe| probe.level).fold(1.0, f64::max);
        most_users = most_users.max(furthest);
        most_rate = sweep.probes.iter().map(|probe| probe.reached_rps).fold(most_rate, f64::max);
        lines.push(Line { name: name(stack), color, stroke: Stroke::Solid, points });
        if let Ok(law) = series::law(sweep) {
            let at = |step: u32| 1.0 + (furthest - 1.0) * f64::from(step) / f64::from(POINTS);
            let drawn: Vec<_> =
                (0..=POINTS).map(|step| Some((at(step), law.fit.throughput(at(step))))).collect();
            most_rate = drawn.iter().flatten().map(|(_, y)| *y).fold(most_rate, f64::max);
            lines.push(Line {
                name: format!("{}, the law", name(stack)),
                color,
                stroke: Stroke::Dashed,
                points: drawn,
            });
        }
    }
    let x = Axis::span("users", most_users, plain).saying(|users| format!("{users:.0} users"));
    let y = Axis::linear("good answers a second", most_rate, plain).saying(quantity::rate);
    let caption = "Good answers by users";
    let about = "Good answers by users; the numbers are in the tables";
    figure(&Frame { caption, about, x: &x, y: &y, readings: READINGS }, &lines)
}

/// A value by level, the middle one of those at the same level.
fn curve<'p>(
    probes: impl Iterator<Item = &'p ProbeRecord>,
    value: impl Fn(&ProbeRecord) -> Option<f64>,
) -> Vec<Option<(f64, f64)>> {
    let mut points: Vec<(f64, f64)> = probes.filter_map(|probe| Some((probe.level, value(probe)?))).collect();
    points.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
    points.chunk_by(|a, b| a.0 == b.0).map(|same| Some(same[same.len() / 2])).collect()
}

fn probes(level: &str, metric: Metric, probes: &[ProbeRecord]) -> Markup {
    html! {
        div.scroll tabindex="0" role="region" aria-label="every load" {
            table {
                thead { tr {
                    th.number { (level) } th { "for" } th.number { "good answers" } th.number { "median" }
                    th.number { (metric.name()) } th.number { "errors" } th { "verdict" } th { "why" }
                } }
                tbody {
                    @for probe in probes {
                        tr {
                            th.number scope="row" {
                                @if probe.phase == Phase::Level { (probe.level) } @else { (quantity::rate(probe.level)) "/s" }
                            }
                            td { (probe.phase.name()) }
                            td.number { (quantity::rate(probe.reached_rps)) "/s" }
                            td.number { (shown(Metric::P50, probe.p50_ms)) }
                            td.number { (shown(metric, series::of(metric, probe))) }
                            td.number { (shown(Metric::Errors, probe.error_rate())) }
                            td { (probe.verdict.name()) }
                            td { (foreign::line(&probe.reason, 160)) }
                        }
                    }
                }
            }
        }
    }
}
