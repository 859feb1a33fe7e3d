//! Line charts as SVG, made here so that the page needs no script.

use maud::{Markup, html};

/// Width and height of a chart in its own units.
const SIZE: (f64, f64) = (600.0, 286.0);
/// Left, top, right and bottom edges of the plotting area.
const EDGE: (f64, f64, f64, f64) = (66.0, 30.0, 18.0, 44.0);
/// Colours (and their line styles) before they repeat.
const COLORS: usize = 6;

/// One line of a chart.
pub struct Line {
    /// For the legend.
    pub name: String,
    /// Which colour: the stack's position.
    pub color: usize,
    /// Drawn thin and dashed: the lesser of a pair.
    pub dashed: bool,
    /// Points in the axes' units, by x; `None` breaks the line.
    pub points: Vec<Option<(f64, f64)>>,
}

/// An axis: its range (already scaled), its ticks and what they are called.
pub struct Axis {
    title: String,
    from: f64,
    to: f64,
    ticks: Vec<(f64, String)>,
    log: bool,
}

impl Axis {
    /// From zero to a round number above `most`, labelled by `name`.
    pub fn linear(title: &str, most: f64, name: impl Fn(f64) -> String) -> Self {
        let step = step(most.max(1e-9) / 5.0);
        let count = (most.max(1e-9) / step).ceil().max(1.0);
        let ticks = (0..=count as usize).map(|n| n as f64 * step).map(|at| (at, name(at))).collect();
        Axis { title: title.into(), from: 0.0, to: count * step, ticks, log: false }
    }

    /// Powers of ten (and their halves, where there is room) around `least` and `most`.
    pub fn log(title: &str, least: f64, most: f64, name: impl Fn(f64) -> String) -> Self {
        let least = least.max(1e-6);
        let most = most.max(least * 1.01);
        let decades = (most / least).log10();
        let factors: &[f64] = if decades < 2.2 {
            &[1.0, 2.0, 5.0]
        } else if decades < 4.0 {
            &[1.0, 3.0]
        } else {
            &[1.0]
        };
        let mut all: Vec<f64> = Vec::new();
        for power in (least.log10().floor() as i32 - 1)..=(most.log10().ceil() as i32 + 1) {
            all.extend(factors.iter().map(|factor| factor * 10_f64.powi(power)));
        }
        let from = all.iter().copied().rfind(|at| *at <= least).unwrap_or(least);
        let to = all.iter().copied().find(|at| *at >= most).unwrap_or(most);
        all.retain(|at| *at >= from * 0.999 && *at <= to * 1.001);
        let ticks = all.into_iter().map(|at| (at.log10(), name(at))).collect();
        Axis { title: title.into(), from: from.log10(), to: to.log10(), ticks, log: true }
    }

    /// Percentiles so that each further nine takes the same room, up to `1 - beyond`.
    pub fn percentile(title: &str, beyond: f64) -> Self {
        let names = [
            (0.0, "0"),
            (0.5, "50 %"),
            (0.9, "90 %"),
            (0.99, "99 %"),
            (0.999, "99.9 %"),
            (0.9999, "99.99 %"),
        ];
        let to = nines(1.0 - beyond).clamp(1.0, 4.0);
        let ticks = names
            .into_iter()
            .map(|(quantile, name)| (nines(quantile), name.to_owned()))
            .filter(|(at, _)| *at <= to + 1e-9)
            .collect();
        Axis { title: title.into(), from: 0.0, to, ticks, log: false }
    }

    fn place(&self, value: f64) -> f64 {
        let value = if self.log { value.max(1e-9).log10() } else { value };
        ((value - self.from) / (self.to - self.from).max(1e-12)).clamp(0.0, 1.0)
    }
}

/// Where a quantile stands on a percentile axis: 0.9 at 1, 0.99 at 2.
pub fn nines(quantile: f64) -> f64 {
    -(1.0 - quantile).max(1e-6).log10()
}

fn step(rough: f64) -> f64 {
    let power = 10_f64.powf(rough.log10().floor());
    let factor = rough / power;
    power
        * if factor <= 1.0 {
            1.0
        } else if factor <= 2.0 {
            2.0
        } else if factor <= 5.0 {
            5.0
        } else {
            10.0
        }
}

/// A figure: caption, legend, chart. `about` describes it in words for those who can't see it.
pub fn figure(caption: &str, about: &str, x: &Axis, y: &Axis, lines: &[Line]) -> Markup {
    let (left, top, right, bottom) = EDGE;
    let (width, height) = (SIZE.0 - left - right, SIZE.1 - top - bottom);
    let at_x = |value: f64| left + x.place(value) * width;
    let at_y = |value: f64| top + (1.0 - y.place(value)) * height;
    // Ticks are in scaled units already.
    let tick = |axis: &Axis, at: f64| (at - axis.from) / (axis.to - axis.from).max(1e-12);
    html! {
        figure.chart {
            figcaption { (caption) }
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
            svg viewBox=(format!("0 0 {} {}", SIZE.0, SIZE.1)) role="img" aria-label=(about) {
                @for (at, name) in &y.ticks {
                    @let level = top + (1.0 - tick(y, *at)) * height;
                    line.grid x1=(px(left)) x2=(px(left + width)) y1=(px(level)) y2=(px(level)) {}
                    text.y x=(px(left - 8.0)) y=(px(level + 4.0)) { (name) }
                }
                @for (at, name) in &x.ticks {
                    @let place = left + tick(x, *at) * width;
                    line.tick x1=(px(place)) x2=(px(place)) y1=(px(top + height)) y2=(px(top + height + 5.0)) {}
                    text.x x=(px(place)) y=(px(top + height + 18.0)) { (name) }
                }
                line.axis x1=(px(left)) x2=(px(left + width)) y1=(px(top + height)) y2=(px(top + height)) {}
                text.title x=(px(left + width / 2.0)) y=(px(SIZE.1 - 6.0)) { (x.title) }
                text.unit x=(px(left)) y=(px(top - 14.0)) { (y.title) }
                @for line in lines {
                    @for run in line.points.split(Option::is_none).filter(|run| !run.is_empty()) {
                        @let points: Vec<(f64, f64)> = run.iter().flatten().map(|(a, b)| (at_x(*a), at_y(*b))).collect();
                        @if let [(only_x, only_y)] = points[..] {
                            circle class=(class(line)) cx=(px(only_x)) cy=(px(only_y)) r="2.5" {}
                        } @else {
                            polyline class=(class(line)) points=(path(&points)) {}
                        }
                    }
                }
            }
        }
    }
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

fn class(line: &Line) -> String {
    format!("line c{}{}", line.color % COLORS, if line.dashed { " dashed" } else { "" })
}

fn path(points: &[(f64, f64)]) -> String {
    points.iter().map(|(x, y)| format!("{},{}", px(*x), px(*y))).collect::<Vec<_>>().join(" ")
}

fn px(value: f64) -> String {
    let text = format!("{value:.1}");
    text.strip_suffix(".0").map(str::to_owned).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn linear_axes_end_at_a_round_number_above() {
        let axis = Axis::linear("", 212.0, |at| format!("{at}"));
        assert_eq!((axis.from, axis.to), (0.0, 250.0));
        assert_eq!(axis.ticks.len(), 6);
        let flat = Axis::linear("", 0.0, |at| format!("{at}"));
        assert!(flat.to > 0.0 && flat.place(0.0) == 0.0, "nothing to show is no division by zero");
    }

    #[test]
    fn log_axes_hold_their_range() {
        for (least, most) in [(0.3, 80.0), (9.0, 16.0), (0.001, 60_000.0), (5.0, 5.0), (0.0, 1.0)] {
            let axis = Axis::log("", least, most, |at| format!("{at}"));
            assert!(axis.ticks.len() >= 2 && axis.ticks.len() <= 14, "{least} {most}: {}", axis.ticks.len());
            assert!(axis.place(most) <= 1.0 && axis.place(most) > axis.place(least) - 1e-9);
            assert!(axis.to >= most.log10() - 1e-9);
        }
    }

    #[test]
    fn each_nine_takes_the_same_room() {
        let axis = Axis::percentile("", 0.001);
        assert!((axis.place(nines(0.99)) - 2.0 / 3.0).abs() < 1e-9);
        assert_eq!(axis.ticks.last().unwrap().1, "99.9 %");
    }

    #[test]
    fn a_gap_breaks_the_line() {
        let axis = || Axis::linear("", 10.0, |at| format!("{at}"));
        let points = vec![Some((0.0, 1.0)), Some((1.0, 2.0)), None, Some((3.0, 4.0))];
        let line = Line { name: "n".into(), color: 0, dashed: false, points };
        let svg = figure("c", "a", &axis(), &axis(), &[line]).into_string();
        assert_eq!((svg.matches("<polyline").count(), svg.matches("<circle").count()), (1, 1));
        assert!(!svg.contains("NaN") && !svg.contains("inf"));
    }
}
