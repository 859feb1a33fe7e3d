//! What a route did over time, block by block: response times, and failures where there were any.

use maud::{Markup, html};

use super::axis::Axis;
use super::chart::{Frame, Line, Stroke, figure};
use super::figures::{name, plain, tick};
use crate::compare::quantity;
use crate::record::{BlockRecord, BlockRoute, Record, StackRecord};

/// Places at which a chart can be read.
const READINGS: usize = 12;

/// The charts of a route; nothing where the load was not in blocks.
pub fn figures(record: &Record, caption: &str, route: &str) -> Markup {
    let Some((start, x)) = time(record) else { return html! {} };
    let lines = |stroke, what: &str, value: fn(&BlockRoute) -> Option<f64>| -> Vec<Line> {
        let line = |(color, stack): (usize, &StackRecord)| {
            let point = |block: &BlockRecord| {
                Some((block.at_s + block.wall_s / 2.0 - start, value(block.route(route)?)?))
            };
            let points = stack.blocks.iter().map(point).collect();
            Line { name: format!("{}{what}", name(stack)), color, stroke, points }
        };
        record.stacks.iter().enumerate().map(line).collect()
    };
    let mut times = lines(Stroke::Solid, " median", |of| of.response.p50_ms);
    times.retain(|line| line.points.iter().any(Option::is_some));
    // Scraps of a line, of the blocks that happened to have answers enough, would say less than none.
    let mut tails = lines(Stroke::Dashed, " p90", |of| of.response.p90_ms);
    tails.retain(|line| !line.points.is_empty() && line.points.iter().all(Option::is_some));
    times.extend(tails);
    let mut failed = lines(Stroke::Solid, "", |of| Some(of.errors as f64));
    failed.retain(|line| !line.points.is_empty());
    let any_failed = failed.iter().flat_map(|line| line.points.iter().flatten()).any(|(_, n)| *n > 0.0);
    html! {
        (response(caption, &x, &times))
        @if any_failed { (failures(caption, &x, &failed)) }
    }
}

fn response(caption: &str, x: &Axis, lines: &[Line]) -> Markup {
    let values = || lines.iter().flat_map(|line| line.points.iter().flatten()).map(|(_, y)| *y);
    let (least, most) = values().fold((f64::INFINITY, 0.0_f64), |(a, b), y| (a.min(y), b.max(y)));
    if !least.is_finite() {
        return html! {};
    }
    let y = Axis::log("response time, log scale", least, most, tick).saying(quantity::latency);
    drawn(&format!("{caption}: response time by block"), x, &y, lines)
}

fn failures(caption: &str, x: &Axis, lines: &[Line]) -> Markup {
    let values = lines.iter().flat_map(|line| line.points.iter().flatten()).map(|(_, y)| *y);
    let y = Axis::linear("failed requests in a block", values.fold(0.0, f64::max), plain);
    drawn(&format!("{caption}: failed requests by block"), x, &y, lines)
}

fn drawn(caption: &str, x: &Axis, y: &Axis, lines: &[Line]) -> Markup {
    figure(&Frame { caption, about: caption, x, y, readings: READINGS }, lines)
}

/// When the first block began, and the seconds from there to the end of the last.
fn time(record: &Record) -> Option<(f64, Axis)> {
    let blocks = || record.stacks.iter().flat_map(|stack| &stack.blocks);
    let start = blocks().map(|block| block.at_s).min_by(f64::total_cmp)?;
    let end = blocks().map(|block| block.at_s + block.wall_s).max_by(f64::total_cmp)?;
    let say = |at: f64| format!("{} s", plain(at.round()));
    Some((start, Axis::span("seconds, the stacks in turn", end - start, plain).saying(say)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture;

    #[test]
    fn a_route_has_a_line_for_each_stack_and_its_failures() {
        let record = fixture::duet();
        let page = figures(&record, "notes", "notes").into_string();
        assert!(page.contains("notes: response time by block") && page.contains("dev median"), "{page}");
        assert!(!page.contains("failed"), "none failed: {page}");
        let page = figures(&record, "note-create", "note-create").into_string();
        assert!(page.contains("note-create: failed requests by block"), "{page}");
        assert_eq!(figures(&record, "x", "none of this name").into_string(), "");
        assert_eq!(figures(&fixture::two_stacks(), "notes", "notes").into_string(), "");
    }
}
