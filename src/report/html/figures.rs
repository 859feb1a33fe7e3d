//! The charts of a record: latency by percentile, rate, latency and errors over time, CPU and memory.

use maud::{Markup, html};

use super::chart::{Axis, Line, figure, nines};
use crate::compare::quantity;
use crate::record::{LatencyRecord, Record, RouteRecord, SecondRecord, StackRecord, latency::SAMPLES_BEYOND};
use crate::report::{Document, foreign};
use crate::stack::Sample;

/// A chart's line has at most so many points.
const POINTS: usize = 600;

/// Colour, name, whether dashed, points.
type Curve = (usize, String, bool, Vec<(f64, f64)>);

/// Latency by percentile, both stacks in one chart.
pub fn percentiles(record: &Record) -> Markup {
    let curves: Vec<Curve> = record
        .stacks
        .iter()
        .enumerate()
        .map(|(at, stack)| (at, name(stack), false, curve(&stack.total.response)))
        .collect();
    curves_figure("Response time by percentile, all routes", &curves)
}

/// Response and service time of the stacks on which they part.
pub fn waiting(document: &Document<'_>) -> Markup {
    let queued = |stack: &&StackRecord| {
        document.insights.iter().any(|insight| insight.pattern == "queueing" && insight.stack == stack.name)
    };
    html! {
        @for (at, stack) in document.record.stacks.iter().enumerate().filter(|(_, stack)| queued(stack)) {
            (curves_figure(
                &format!("{}: response and service time part", name(stack)),
                &[
                    (at, "response, from the intended start".to_owned(), false, curve(&stack.total.response)),
                    (at, "service, from the send".to_owned(), true, curve(&stack.total.service)),
                ],
            ))
        }
    }
}

fn curves_figure(caption: &str, curves: &[Curve]) -> Markup {
    let values = || curves.iter().flat_map(|(_, _, _, points)| points.iter());
    let Some(furthest) = values().map(|(x, _)| *x).max_by(f64::total_cmp) else { return html! {} };
    let least = values().map(|(_, y)| *y).fold(f64::INFINITY, f64::min);
    let most = values().map(|(_, y)| *y).fold(0.0, f64::max);
    let x = Axis::percentile("share of answers that were at least as fast", 10_f64.powf(-furthest));
    let y = Axis::log("response time, log scale", least, most, tick);
    let lines: Vec<Line> = curves
        .iter()
        .filter(|(_, _, _, points)| !points.is_empty())
        .map(|(color, name, dashed, points)| Line {
            name: name.clone(),
            color: *color,
            dashed: *dashed,
            points: points.iter().copied().map(Some).collect(),
        })
        .collect();
    figure(caption, &format!("{caption}; the numbers are in the tables"), &x, &y, &lines)
}

/// The quantile function as far as the samples allow, at most to 99.99 %.
fn curve(latency: &LatencyRecord) -> Vec<(f64, f64)> {
    let Some(histogram) = latency.decode().filter(|histogram| !histogram.is_empty()) else {
        return Vec::new();
    };
    let furthest = (1.0 - SAMPLES_BEYOND / histogram.len() as f64).clamp(0.5, 0.9999);
    let end = nines(furthest);
    (0..=160)
        .map(|step| {
            let at = end * f64::from(step) / 160.0;
            (at, histogram.value_at_quantile(1.0 - 10_f64.powf(-at)) as f64 / 1e6)
        })
        .collect()
}

/// Rate, latency and errors by second.
pub fn over_time(record: &Record) -> Markup {
    let stacks = &record.stacks;
    let Some(last) = stacks.iter().flat_map(|stack| &stack.seconds).map(|second| second.second).max() else {
        return html! {};
    };
    let x = || Axis::linear("seconds into the measured part", f64::from(last.max(1)), plain);
    let with_errors = stacks.iter().any(|stack| stack.seconds.iter().any(|second| second.errors > 0));
    let open = matches!(record.load.model.as_str(), "open" | "search");
    html! {
        @let mut rates = lines(stacks, false, "", |second| Some(second.requests as f64));
        @if open {
            @if let Some(stack) = stacks.iter().find(|stack| !stack.seconds.is_empty()) {
                @let wanted = stack.seconds.iter().map(|s| Some((f64::from(s.second), s.wanted as f64))).collect();
                @let () = rates.push(Line { name: "wanted".into(), color: 5, dashed: true, points: wanted });
            }
        }
        (linear("Requests a second", "requests a second", x(), rates, plain))
        @let mut times = lines(stacks, false, " median", |second| second.p50_ms);
        @let () = times.extend(lines(stacks, true, " p99", |second| second.p99_ms));
        (logarithmic("Response time by second", x(), times))
        @if with_errors {
            (linear("Failed requests by second", "failed requests", x(),
                lines(stacks, false, "", |second| Some(second.errors as f64)), plain))
        }
    }
}

/// CPU and memory of the stacks' process trees.
pub fn resources(record: &Record) -> Markup {
    let of = |value: fn(&[Sample]) -> Vec<(f64, f64)>| -> Vec<Line> {
        let mut lines = Vec::new();
        for (color, stack) in record.stacks.iter().enumerate() {
            let Some(resources) = &stack.resources else { continue };
            let points = thin(value(&resources.samples).into_iter().map(Some).collect());
            lines.push(Line { name: name(stack), color, dashed: false, points });
        }
        lines
    };
    let cpu = of(|samples| {
        let pairs = samples.windows(2).filter(|pair| pair[1].at_s > pair[0].at_s);
        pairs.map(|p| (p[1].at_s, ((p[1].cpu_s - p[0].cpu_s) / (p[1].at_s - p[0].at_s)).max(0.0))).collect()
    });
    let memory = of(|samples| samples.iter().map(|s| (s.at_s, s.rss_bytes as f64 / 1_048_576.0)).collect());
    let end =
        memory.iter().flat_map(|line| line.points.iter().flatten()).map(|(x, _)| *x).fold(0.0, f64::max);
    if end <= 0.0 {
        return html! {};
    }
    let x = || Axis::linear("seconds", end, plain);
    html! {
        (linear("CPU of the stack", "processors in use", x(), cpu, plain))
        (linear("Memory of the stack", "resident MiB", x(), memory, plain))
    }
}

fn linear(caption: &str, unit: &str, x: Axis, lines: Vec<Line>, tick: fn(f64) -> String) -> Markup {
    let most =
        lines.iter().flat_map(|line| line.points.iter().flatten()).map(|(_, y)| *y).fold(0.0, f64::max);
    figure(caption, &format!("{caption}, over time"), &x, &Axis::linear(unit, most, tick), &lines)
}

fn logarithmic(caption: &str, x: Axis, lines: Vec<Line>) -> Markup {
    let values = || lines.iter().flat_map(|line| line.points.iter().flatten()).map(|(_, y)| *y);
    let least = values().fold(f64::INFINITY, f64::min);
    if !least.is_finite() {
        return html! {};
    }
    let y = Axis::log("response time, log scale", least, values().fold(0.0, f64::max), self::tick);
    figure(caption, &format!("{caption}, over time"), &x, &y, &lines)
}

fn lines(
    stacks: &[StackRecord],
    dashed: bool,
    what: &str,
    value: impl Fn(&SecondRecord) -> Option<f64>,
) -> Vec<Line> {
    let mut lines = Vec::new();
    for (color, stack) in stacks.iter().enumerate() {
        let at = |second| value(second).map(|y| (f64::from(second.second), y));
        let points: Vec<Option<(f64, f64)>> = stack.seconds.iter().map(at).collect();
        if points.iter().any(Option::is_some) {
            lines.push(Line { name: format!("{}{what}", name(stack)), color, dashed, points: thin(points) });
        }
    }
    lines
}

/// Every n-th point of a long run: a screen has no more room.
fn thin(points: Vec<Option<(f64, f64)>>) -> Vec<Option<(f64, f64)>> {
    let every = points.len().div_ceil(POINTS).max(1);
    points.into_iter().step_by(every).collect()
}

pub(super) fn name(stack: &StackRecord) -> String {
    foreign::line(&stack.name, 40)
}

pub(super) fn plain(value: f64) -> String {
    if value >= 1000.0 { quantity::rate(value) } else { format!("{}", (value * 1000.0).round() / 1000.0) }
}

/// A tick of a time axis, short: `300 µs`, `20 ms`, `5 s`.
pub(super) fn tick(ms: f64) -> String {
    let short = |value: f64| format!("{}", (value * 100.0).round() / 100.0);
    if ms < 0.9995 {
        format!("{} µs", short(ms * 1e3))
    } else if ms < 999.5 {
        format!("{} ms", short(ms))
    } else {
        format!("{} s", short(ms / 1e3))
    }
}

/// A route's own percentile chart.
pub fn route(record: &Record, caption: &str, of: &[Option<&RouteRecord>]) -> Markup {
    let curves: Vec<Curve> = record
        .stacks
        .iter()
        .zip(of)
        .enumerate()
        .filter_map(|(at, (stack, route))| Some((at, name(stack), false, curve(&(*route)?.response))))
        .collect();
    curves_figure(caption, &curves)
}
