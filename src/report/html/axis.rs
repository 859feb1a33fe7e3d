//! Axes of a chart: a range, ticks on round numbers, and how a value on them is said.

/// An axis: its range (already scaled), its ticks and what they are called.
pub struct Axis {
    pub(super) title: String,
    pub(super) from: f64,
    pub(super) to: f64,
    /// Scaled place and name.
    pub(super) ticks: Vec<(f64, String)>,
    log: bool,
    /// A value in words, more exact than a tick.
    pub(super) say: fn(f64) -> String,
}

impl Axis {
    /// From zero to a round number above `most`, labelled by `name`.
    pub fn linear(title: &str, most: f64, name: fn(f64) -> String) -> Self {
        let step = step(most.max(1e-9) / 5.0);
        let count = (most.max(1e-9) / step).ceil().max(1.0);
        let ticks = (0..=count as usize).map(|n| n as f64 * step).map(|at| (at, name(at))).collect();
        Axis { title: title.into(), from: 0.0, to: count * step, ticks, log: false, say: name }
    }

    /// From zero to `end`, no further: what was measured ends there.
    pub fn span(title: &str, end: f64, name: fn(f64) -> String) -> Self {
        let end = end.max(1e-9);
        let step = step(end / 8.0);
        let ticks = (0..=(end / step + 1e-6) as usize).map(|n| n as f64 * step).map(|at| (at, name(at)));
        Axis { title: title.into(), from: 0.0, to: end, ticks: ticks.collect(), log: false, say: name }
    }

    /// Powers of ten (and their halves, where there is room) around `least` and `most`.
    pub fn log(title: &str, least: f64, most: f64, name: fn(f64) -> String) -> Self {
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
        Axis { title: title.into(), from: from.log10(), to: to.log10(), ticks, log: true, say: name }
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
        Axis { title: title.into(), from: 0.0, to, ticks, log: false, say: share_below }
    }

    /// The same axis that says its values in other words.
    pub fn saying(self, say: fn(f64) -> String) -> Self {
        Axis { say, ..self }
    }

    /// Where a value stands, 0 to 1.
    pub fn place(&self, value: f64) -> f64 {
        let value = if self.log { value.max(1e-9).log10() } else { value };
        self.scaled(value).clamp(0.0, 1.0)
    }

    /// Where an already scaled value stands.
    pub(super) fn scaled(&self, value: f64) -> f64 {
        (value - self.from) / (self.to - self.from).max(1e-12)
    }
}

/// Where a quantile stands on a percentile axis: 0.9 at 1, 0.99 at 2.
pub fn nines(quantile: f64) -> f64 {
    -(1.0 - quantile).max(1e-6).log10()
}

/// The quantile at a place of the percentile axis, in words: `99.2 %`.
fn share_below(nines: f64) -> String {
    let percent = (1.0 - 10_f64.powf(-nines)) * 100.0;
    let digits = if percent < 90.0 { 0 } else { ((nines + 1e-9).floor() as usize).min(4) };
    let text = format!("{percent:.digits$}");
    let text = if digits > 0 { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    format!("{text} %")
}

/// The round number (1, 2 or 5 of a power of ten) at or above a step.
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

#[cfg(test)]
mod tests {
    use super::*;

    fn name(at: f64) -> String {
        format!("{at}")
    }

    #[test]
    fn linear_axes_end_at_a_round_number_above() {
        let axis = Axis::linear("", 212.0, name);
        assert_eq!((axis.from, axis.to), (0.0, 250.0));
        assert_eq!(axis.ticks.len(), 6);
        let flat = Axis::linear("", 0.0, name);
        assert!(flat.to > 0.0 && flat.place(0.0) == 0.0, "nothing to show is no division by zero");
    }

    #[test]
    fn a_span_ends_where_the_load_does() {
        let axis = Axis::span("", 40.0, name);
        assert_eq!((axis.to, axis.ticks.last().unwrap().0), (40.0, 40.0));
        let axis = Axis::span("", 47.0, name);
        assert_eq!((axis.to, axis.ticks.last().unwrap().0), (47.0, 40.0));
        assert!((3..=11).contains(&Axis::span("", 86_400.0, name).ticks.len()));
        assert_eq!(Axis::span("", 0.0, name).place(3.0), 1.0);
    }

    #[test]
    fn log_axes_hold_their_range() {
        for (least, most) in [(0.3, 80.0), (9.0, 16.0), (0.001, 60_000.0), (5.0, 5.0), (0.0, 1.0)] {
            let axis = Axis::log("", least, most, name);
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
        let said = [0.5, 0.9, 0.992, 0.999].map(|quantile| (axis.say)(nines(quantile)));
        assert_eq!(said, ["50 %", "90 %", "99.2 %", "99.9 %"]);
    }
}
