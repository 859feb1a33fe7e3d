//! The charts of a record: latency by percentile and its distribution; rate, latency, errors, CPU and memory over time.

use maud::{Markup, html};

use super::axis::{Axis, nines};
use super::chart::{Frame, Line, Stroke, figure};
use super::spread::Spread;
use crate::compare::quantity;
use crate::record::{LatencyRecord, Record, RouteRecord, SecondRecord, StackRecord, latency::SAMPLES_BEYOND};
use crate::report::{Document, foreign};
use crate::stack::Sample;

/// A chart's line has at most so many points.
const POINTS: usize = 600;
/// Places at which a chart can be read, and a route's small one.
const READINGS: usize = 60;
const FEW_READINGS: usize = 24;
/// Seconds between two samples from which their CPU time says something.
const LEAST_SPAN: f64 = 0.2;

/// Latency by percentile, all stacks in one chart.
pub fn percentiles(record: &Record) -> Markup {
    let curves = by_stack(record, |stack| Some(&stack.total.response));
    curves_figure("Response time by percentile, all routes", READINGS, curves)
}

/// How the response times are spread, all stacks in one chart.
pub fn spread(record: &Record) -> Markup {
    let all = record.stacks.iter().map(|stack| &stack.total.response);
    let Some(spread) = Spread::over(all, 60) else { return html! {} };
    let mut most = 0.0_f64;
    let mut lines = Vec::new();
    for (color, stack) in record.stacks.iter().enumerate() {
        let Some(shares) = spread.shares(&stack.total.response) else { continue };
        most = shares.iter().copied().fold(most, f64::max);
        let points = spread.bins().zip(shares).flat_map(|((from, to), share)| {
            let percent = share * 100.0;
            [Some((from, percent)), Some((to, percent))]
        });
        lines.push(Line { name: name(stack), color, stroke: Stroke::Area, points: points.collect() });
    }
    let (from, to) = spread.range();
    let caption = "How response times are spread, all routes";
    let x = Axis::log("response time, log scale", from, to, tick).saying(quantity::latency);
    let y = Axis::linear("% of good answers in each step", most * 100.0, plain)
        .saying(|percent| quantity::percent(percent / 100.0));
    let about = format!("{caption}; the numbers are in the tables");
    figure(&Frame { caption, about: &about, x: &x, y: &y, readings: READINGS }, &lines)
}

/// Response and service time of the stacks on which they part.
pub fn waiting(document: &Document<'_>) -> Markup {
    let queued = |stack: &&StackRecord| {
        document.insights.iter().any(|insight| insight.pattern == "queueing" && insight.stack == stack.name)
    };
    html! {
        @for (at, stack) in document.record.stacks.iter().enumerate().filter(|(_, stack)| queued(stack)) {
            @let line = |name: &str, stroke, latency| Line { name: name.into(), color: at, stroke, points: curve(latency) };
            (curves_figure(
                &format!("{}: response and service time part", name(stack)),
                READINGS,
                vec![
                    line("response, from the intended start", Stroke::Solid, &stack.total.response),
                    line("service, from the send", Stroke::Dashed, &stack.total.service),
                ],
            ))
        }
    }
}

/// A route's own percentile chart.
pub fn route(record: &Record, caption: &str, of: &[Option<&RouteRecord>]) -> Markup {
    let curves = record.stacks.iter().zip(of).enumerate().filter_map(|(color, (stack, route))| {
        let points = curve(&(*route)?.response);
        Some(Line { name: name(stack), color, stroke: Stroke::Solid, points })
    });
    curves_figure(caption, FEW_READINGS, curves.collect())
}

fn by_stack<'r>(record: &'r Record, of: impl Fn(&'r StackRecord) -> Option<&'r LatencyRecord>) -> Vec<Line> {
    let line = |(color, stack): (usize, &'r StackRecord)| {
        Some(Line { name: name(stack), color, stroke: Stroke::Solid, points: curve(of(stack)?) })
    };
    record.stacks.iter().enumerate().filter_map(line).collect()
}

fn curves_figure(caption: &str, readings: usize, mut lines: Vec<Line>) -> Markup {
    lines.retain(|line| !line.points.is_empty());
    let values = || lines.iter().flat_map(|line| line.points.iter().flatten());
    let Some(furthest) = values().map(|(x, _)| *x).max_by(f64::total_cmp) else { return html! {} };
    let least = values().map(|(_, y)| *y).fold(f64::INFINITY, f64::min);
    let most = values().map(|(_, y)| *y).fold(0.0, f64::max);
    let x = Axis::percentile("share of good answers that were at least as fast", 10_f64.powf(-furthest));
    let y = Axis::log("response time, log scale", least, most, tick).saying(quantity::latency);
    let about = format!("{caption}; the numbers are in the tables");
    figure(&Frame { caption, about: &about, x: &x, y: &y, readings }, &lines)
}

/// The quantile function as far as the samples allow, at most to 99.99 %.
fn curve(latency: &LatencyRecord) -> Vec<Option<(f64, f64)>> {
    let Some(histogram) = latency.decode().filter(|histogram| !histogram.is_empty()) else {
        return Vec::new();
    };
    let furthest = (1.0 - SAMPLES_BEYOND / histogram.len() as f64).clamp(0.5, 0.9999);
    let end = nines(furthest);
    (0..=160)
        .map(|step| {
            let at = end * f64::from(step) / 160.0;
            Some((at, histogram.value_at_quantile(1.0 - 10_f64.powf(-at)) as f64 / 1e6))
        })
        .collect()
}

/// Seconds into the measured part: as far as the load went.
fn time(record: &Record) -> Option<Axis> {
    let seconds = record.stacks.iter().flat_map(|stack| &stack.seconds).map(|s| f64::from(s.second) + 1.0);
    let samples =
        record.stacks.iter().filter_map(|stack| Some(stack.resources.as_ref()?.samples.last()?.at_s));
    // The samples of CPU and memory go on for a moment after the load's last second.
    let end = seconds.max_by(f64::total_cmp).or_else(|| samples.max_by(f64::total_cmp))?;
    let say = |at: f64| format!("{} s", plain((at * 10.0).round() / 10.0));
    Some(Axis::span("seconds into the measured part", end, plain).saying(say))
}

/// Rate, latency and errors by second.
pub fn over_time(record: &Record) -> Markup {
    let stacks = &record.stacks;
    let Some(x) = time(record).filter(|_| stacks.iter().any(|stack| !stack.seconds.is_empty())) else {
        return html! {};
    };
    let with_errors = stacks.iter().any(|stack| stack.seconds.iter().any(|second| second.errors > 0));
    let mut rates = lines(stacks, Stroke::Solid, "", |second| Some(second.requests as f64));
    rates.extend(wanted(record));
    let mut times = lines(stacks, Stroke::Solid, " median", |second| second.p50_ms);
    times.extend(lines(stacks, Stroke::Dashed, " p99", |second| second.p99_ms));
    html! {
        (linear("Requests that ended, by second", "requests a second", &x, rates))
        (logarithmic("Response time by second", &x, times))
        @if with_errors {
            (linear("Failed requests by second", "failed requests a second", &x,
                lines(stacks, Stroke::Solid, "", |second| Some(second.errors as f64))))
        }
    }
}

/// What the schedule asked for, in requests: an arrival of a flow is several. `None` where it is not known.
fn wanted(record: &Record) -> Option<Line> {
    let each = record.load.requests_per_arrival?;
    if !matches!(record.load.model.as_str(), "open" | "search") {
        return None;
    }
    let stack = record.stacks.iter().find(|stack| !stack.seconds.is_empty())?;
    let points = stack.seconds.iter().map(|s| Some((middle(s), s.wanted as f64 * each)));
    Some(Line { name: "wanted".into(), color: 5, stroke: Stroke::Dashed, points: thin(points.collect()) })
}

/// CPU and memory of the stacks' process trees.
pub fn resources(record: &Record) -> Markup {
    let of = |value: fn(&[Sample]) -> Vec<(f64, f64)>| -> Vec<Line> {
        let mut lines = Vec::new();
        for (color, stack) in record.stacks.iter().enumerate() {
            let Some(resources) = &stack.resources else { continue };
            let points = thin(value(&resources.samples).into_iter().map(Some).collect());
            lines.push(Line { name: name(stack), color, stroke: Stroke::Solid, points });
        }
        lines
    };
    let cpu = of(processors);
    let memory = of(|samples| samples.iter().map(|s| (s.at_s, s.rss_bytes as f64 / 1_048_576.0)).collect());
    let Some(x) = time(record).filter(|_| memory.iter().any(|line| !line.points.is_empty())) else {
        return html! {};
    };
    html! {
        (linear("CPU of the stack", "processors in use", &x, cpu))
        (linear("Memory of the stack", "resident MiB", &x, memory))
    }
}

/// Processors in use between samples that are far enough apart: the system counts CPU in hundredths of a second.
fn processors(samples: &[Sample]) -> Vec<(f64, f64)> {
    let Some((mut from, rest)) = samples.split_first() else { return Vec::new() };
    let mut points = Vec::with_capacity(rest.len());
    for sample in rest {
        let span = sample.at_s - from.at_s;
        if span >= LEAST_SPAN {
            let used = ((sample.cpu_s - from.cpu_s) / span).max(0.0);
            points.push(((from.at_s + sample.at_s) / 2.0, used));
            from = sample;
        }
    }
    points
}

fn linear(caption: &str, unit: &str, x: &Axis, lines: Vec<Line>) -> Markup {
    let most =
        lines.iter().flat_map(|line| line.points.iter().flatten()).map(|(_, y)| *y).fold(0.0, f64::max);
    let y = Axis::linear(unit, most, plain).saying(quantity::rate);
    let about = format!("{caption}, over time");
    figure(&Frame { caption, about: &about, x, y: &y, readings: READINGS }, &lines)
}

fn logarithmic(caption: &str, x: &Axis, lines: Vec<Line>) -> Markup {
    let values = || lines.iter().flat_map(|line| line.points.iter().flatten()).map(|(_, y)| *y);
    let least = values().fold(f64::INFINITY, f64::min);
    if !least.is_finite() {
        return html! {};
    }
    let most = values().fold(0.0, f64::max);
    let y = Axis::log("response time, log scale", least, most, tick).saying(quantity::latency);
    let about = format!("{caption}, over time");
    figure(&Frame { caption, about: &about, x, y: &y, readings: READINGS }, &lines)
}

fn lines(
    stacks: &[StackRecord],
    stroke: Stroke,
    what: &str,
    value: impl Fn(&SecondRecord) -> Option<f64>,
) -> Vec<Line> {
    let mut lines = Vec::new();
    for (color, stack) in stacks.iter().enumerate() {
        let at = |second| value(second).map(|y| (middle(second), y));
        let points: Vec<Option<(f64, f64)>> = stack.seconds.iter().map(at).collect();
        if points.iter().any(Option::is_some) {
            lines.push(Line { name: format!("{}{what}", name(stack)), color, stroke, points: thin(points) });
        }
    }
    lines
}

/// Where a second stands on the time axis.
fn middle(second: &SecondRecord) -> f64 {
    f64::from(second.second) + 0.5
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture;

    #[test]
    fn what_was_wanted_counts_requests() {
        let mut record = fixture::two_stacks();
        record.load.requests_per_arrival = Some(1.5);
        let line = wanted(&record).unwrap();
        let arrivals = record.stacks[0].seconds[0].wanted as f64;
        assert_eq!(line.points[0], Some((0.5, arrivals * 1.5)));
        record.load.requests_per_arrival = None;
        assert!(wanted(&record).is_none(), "an older record does not say");
        record.load.requests_per_arrival = Some(1.0);
        record.load.model = "closed".into();
        assert!(wanted(&record).is_none(), "users ask for no rate");
    }

    #[test]
    fn samples_close_to_each_other_say_nothing_of_the_cpu() {
        let sample = |at_s: f64, cpu_s: f64| Sample { at_s, cpu_s, rss_bytes: 0, processes: 1 };
        let samples = [sample(0.0, 0.0), sample(0.02, 0.0), sample(0.5, 0.25), sample(1.0, 0.25)];
        assert_eq!(processors(&samples), [(0.25, 0.5), (0.75, 0.0)]);
        assert!(processors(&samples[..1]).is_empty());
    }

    #[test]
    fn time_ends_with_the_load() {
        let mut record = fixture::two_stacks();
        let sample =
            Sample { at_s: 20.04, ..*record.stacks[0].resources.as_ref().unwrap().samples.last().unwrap() };
        record.stacks[0].resources.as_mut().unwrap().samples.push(sample);
        assert_eq!(time(&record).unwrap().to, 20.0);
        for stack in &mut record.stacks {
            stack.seconds.clear();
        }
        assert_eq!(time(&record).unwrap().to, 20.04);
    }
}
