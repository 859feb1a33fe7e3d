//! Line charts as SVG, made here so that the page needs no library and stays whole without its script.

use maud::{Markup, html};

use super::axis::Axis;

/// Width and height of a chart in its own units.
const SIZE: (f64, f64) = (600.0, 286.0);
/// Left, top, right and bottom edges of the plotting area.
const EDGE: (f64, f64, f64, f64) = (74.0, 30.0, 26.0, 44.0);
/// Colours (and their line styles) before they repeat.
const COLORS: usize = 6;

/// How a line is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stroke {
    /// Plain.
    Solid,
    /// Thin and dashed: the lesser of a pair, or a limit.
    Dashed,
    /// With its area down to the axis filled faintly.
    Area,
}

/// One line of a chart.
pub struct Line {
    /// For the legend.
    pub name: String,
    /// Which colour: the stack's position.
    pub color: usize,
    /// How it is drawn.
    pub stroke: Stroke,
    /// Points in the axes' units, by x; `None` breaks the line.
    pub points: Vec<Option<(f64, f64)>>,
}

/// The words and axes of a chart.
pub struct Frame<'a> {
    /// What is shown.
    pub caption: &'a str,
    /// The same for those who can't see it.
    pub about: &'a str,
    /// Across.
    pub x: &'a Axis,
    /// Upwards.
    pub y: &'a Axis,
    /// Places at which the values can be read by pointing.
    pub readings: usize,
}

/// A figure: caption, legend, chart.
pub fn figure(frame: &Frame<'_>, lines: &[Line]) -> Markup {
    let (left, top, right, bottom) = EDGE;
    let (width, height) = (SIZE.0 - left - right, SIZE.1 - top - bottom);
    let (x, y) = (frame.x, frame.y);
    let at_x = |value: f64| left + x.place(value) * width;
    let at_y = |value: f64| top + (1.0 - y.place(value)) * height;
    html! {
        figure.chart {
            figcaption { (frame.caption) }
            div.legend {
                @for line in lines {
                    span {
                        svg width="26" height="10" aria-hidden="true" {
                            line class=(class(line)) x1="1" y1="5" x2="25" y2="5" {}
                        }
                        (line.name)
                    }
                }
            }
            svg viewBox=(format!("0 0 {} {}", SIZE.0, SIZE.1)) role="img" aria-label=(frame.about) {
                @for (at, name) in &y.ticks {
                    @let level = top + (1.0 - y.scaled(*at)) * height;
                    line.grid x1=(px(left)) x2=(px(left + width)) y1=(px(level)) y2=(px(level)) {}
                    text.y x=(px(left - 8.0)) y=(px(level + 4.0)) { (name) }
                }
                @for (nth, (at, name)) in x.ticks.iter().enumerate() {
                    @let place = left + x.scaled(*at) * width;
                    line.tick x1=(px(place)) x2=(px(place)) y1=(px(top + height)) y2=(px(top + height + 5.0)) {}
                    // A phone has no room for the names of all ticks.
                    text.x.between[x.ticks.len() > 6 && nth % 2 == 1] x=(px(place)) y=(px(top + height + 18.0)) { (name) }
                }
                line.axis x1=(px(left)) x2=(px(left + width)) y1=(px(top + height)) y2=(px(top + height)) {}
                text.title x=(px(left + width / 2.0)) y=(px(SIZE.1 - 6.0)) { (x.title) }
                text.unit x="0" y=(px(top - 14.0)) { (y.title) }
                @for line in lines {
                    @for run in line.points.split(Option::is_none).filter(|run| !run.is_empty()) {
                        @let points: Vec<(f64, f64)> = run.iter().flatten().map(|(a, b)| (at_x(*a), at_y(*b))).collect();
                        @if let [(only_x, only_y)] = points[..] {
                            circle class=(class(line)) cx=(px(only_x)) cy=(px(only_y)) r="2.5" {}
                        } @else {
                            @if line.stroke == Stroke::Area { polygon class=(format!("area fill c{}", line.color % COLORS)) points=(under(&points, top + height)) {} }
                            polyline class=(class(line)) points=(path(&points)) {}
                        }
                    }
                }
                @for (from, to, text) in readings(frame, lines) {
                    rect.reading x=(px(left + from * width)) y=(px(top)) width=(px((to - from) * width)) height=(px(height)) {
                        title { (text) }
                    }
                }
            }
        }
    }
}

/// Bands of the plotting area (from, to, 0 to 1) with the values of every line there, a line of text each.
fn readings(frame: &Frame<'_>, lines: &[Line]) -> Vec<(f64, f64, String)> {
    let placed: Vec<Vec<(f64, f64, f64)>> = lines
        .iter()
        .map(|line| line.points.iter().flatten().map(|(x, y)| (frame.x.place(*x), *x, *y)).collect())
        .collect();
    // Two points may be all that a limit has; the line with the most points says where there is something to read.
    let Some(longest) = placed.iter().max_by_key(|points| points.len()) else { return Vec::new() };
    let every = longest.len().div_ceil(frame.readings.max(1)).max(1);
    let places: Vec<(f64, f64)> =
        longest.iter().skip(every / 2).step_by(every).map(|(place, x, _)| (*place, *x)).collect();
    let mut bands = Vec::with_capacity(places.len());
    for (at, (place, x)) in places.iter().enumerate() {
        let from = if at == 0 { 0.0 } else { (places[at - 1].0 + place) / 2.0 };
        let to = places.get(at + 1).map_or(1.0, |next| (place + next.0) / 2.0);
        if to - from < 1e-4 {
            continue;
        }
        let mut text = (frame.x.say)(*x);
        for (line, points) in lines.iter().zip(&placed) {
            let value = reading(points, *place, to - from).map_or_else(|| "–".to_owned(), frame.y.say);
            text.push_str(&format!("\n{}: {value}", line.name));
        }
        bands.push((from, to, text));
    }
    bands
}

/// The value of a line at a place: of its nearest point. `None` where it has none near; a limit, drawn through its two
/// ends, has one between them.
fn reading(points: &[(f64, f64, f64)], place: f64, width: f64) -> Option<f64> {
    let after = points.partition_point(|(at, ..)| *at < place);
    let near = [after.checked_sub(1), Some(after)].into_iter().flatten().filter_map(|at| points.get(at));
    let nearest = near.min_by(|a, b| (a.0 - place).abs().total_cmp(&(b.0 - place).abs()))?;
    let between = points.len() == 2 && points[0].0 <= place && place <= points[1].0;
    (between || (nearest.0 - place).abs() <= width / 2.0).then_some(nearest.2)
}

/// A bar of a value's share of the largest, for a table cell.
pub fn bar(color: usize, value: f64, most: f64) -> Markup {
    let share = if most > 0.0 { (value / most).clamp(0.0, 1.0) } else { 0.0 };
    html! {
        svg.bar viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true" {
            rect.room width="100" height="8" rx="2" {}
            @if share > 0.0 {
                rect class=(format!("fill c{}", color % COLORS)) width=(px((share * 100.0).max(1.0))) height="8" rx="2" {}
            }
        }
    }
}

/// A small drawing without axes, for a table cell: a filled outline of values (0 to 1) and marks at places (0 to 1).
pub fn spark(color: usize, about: &str, values: &[f64], marks: &[f64]) -> Markup {
    const WIDTH: f64 = 120.0;
    const HEIGHT: f64 = 20.0;
    let step = WIDTH / values.len().max(1) as f64;
    // Only where the height changes: a page may have hundreds of these.
    let mut outline = format!("M0,{HEIGHT}");
    let mut level = HEIGHT;
    for (at, value) in values.iter().enumerate() {
        let y = HEIGHT - value.clamp(0.0, 1.0) * (HEIGHT - 1.0);
        if px(y) != px(level) {
            outline.push_str(&format!("H{}V{}", px(at as f64 * step), px(y)));
            level = y;
        }
    }
    outline.push_str(&format!("H{WIDTH}V{HEIGHT}Z"));
    html! {
        svg.spark viewBox=(format!("0 0 {WIDTH} {HEIGHT}")) preserveAspectRatio="none" role="img" {
            path class=(format!("fill c{}", color % COLORS)) d=(outline) {}
            line.base x2=(WIDTH) y1=(HEIGHT) y2=(HEIGHT) {}
            @for mark in marks { line.mark x1=(px(mark * WIDTH)) x2=(px(mark * WIDTH)) y2=(HEIGHT) {} }
            title { (about) }
        }
    }
}

/// A ratio's interval as a line with its point, beside the mark of no difference; places are 0 to 1.
pub fn interval(one: f64, low: f64, point: f64, high: f64, class: &str) -> Markup {
    const WIDTH: f64 = 200.0;
    let x = |place: f64| px(4.0 + place * (WIDTH - 8.0));
    html! {
        svg.interval-bar viewBox=(format!("0 0 {WIDTH} 16")) aria-hidden="true" {
            line.one x1=(x(one)) x2=(x(one)) y2="16" {}
            line.reach.(class) x1=(x(low)) x2=(x(high)) y1="8" y2="8" {}
            circle.point.(class) cx=(x(point)) cy="8" r="3.5" {}
        }
    }
}

/// The colour square of a stack.
pub fn swatch(color: usize) -> Markup {
    html! { svg.swatch width="10" height="10" aria-hidden="true" { rect class=(format!("fill c{}", color % COLORS)) width="10" height="10" rx="2" {} } }
}

fn class(line: &Line) -> String {
    format!("line c{}{}", line.color % COLORS, if line.stroke == Stroke::Dashed { " dashed" } else { "" })
}

fn path(points: &[(f64, f64)]) -> String {
    points.iter().map(|(x, y)| format!("{},{}", px(*x), px(*y))).collect::<Vec<_>>().join(" ")
}

/// The same closed along the bottom.
fn under(points: &[(f64, f64)], bottom: f64) -> String {
    let (Some(first), Some(last)) = (points.first(), points.last()) else { return String::new() };
    format!("{},{} {} {},{}", px(first.0), px(bottom), path(points), px(last.0), px(bottom))
}

fn px(value: f64) -> String {
    let text = format!("{value:.1}");
    text.strip_suffix(".0").map(str::to_owned).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(lines: &[Line]) -> String {
        let axis = Axis::linear("", 10.0, |at| format!("{at}"));
        figure(&Frame { caption: "c", about: "a", x: &axis, y: &axis, readings: 40 }, lines).into_string()
    }

    fn line(name: &str, points: Vec<Option<(f64, f64)>>) -> Line {
        Line { name: name.into(), color: 0, stroke: Stroke::Solid, points }
    }

    #[test]
    fn a_gap_breaks_the_line() {
        let points = vec![Some((0.0, 1.0)), Some((1.0, 2.0)), None, Some((3.0, 4.0))];
        let svg = drawn(&[line("n", points)]);
        assert_eq!((svg.matches("<polyline").count(), svg.matches("<circle").count()), (1, 1));
        assert!(!svg.contains("NaN") && !svg.contains("inf"));
    }

    #[test]
    fn every_place_can_be_read() {
        let rising = (0..=10).map(|n| Some((f64::from(n), f64::from(n) / 2.0))).collect();
        let short = vec![Some((0.0, 7.0)), Some((4.0, 7.0))];
        let svg = drawn(&[line("rising", rising), line("short", short)]);
        assert_eq!(svg.matches("<rect class=\"reading\"").count(), 11);
        assert!(svg.contains("<title>3\nrising: 1.5\nshort: 7</title>"), "{svg}");
        assert!(svg.contains("<title>8\nrising: 4\nshort: –</title>"), "a line ends where it does: {svg}");
    }
}
