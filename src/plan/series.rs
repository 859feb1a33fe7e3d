//! Several loads in a row: a search for the highest rate, a sweep over numbers of users.

use std::time::Duration;

use super::check::Check;
use super::load::{MOST_RATE, MOST_USERS};
use super::{LoadPlan, LoadProfile, ModelPlan, RoutePlan};
use crate::expression::{Metric, Objective, objective};
use crate::scenario::model::Load;
use crate::scenario::{Document, Place};

/// Longest that requests under way at the end of a load are waited for.
const DRAIN: Duration = Duration::from_secs(5);
/// Pause between two loads of a series, in which the stack works off what is left.
pub const PAUSE: Duration = Duration::from_millis(500);
/// Probes that may say nothing before a search gives up.
const UNDECIDED: u32 = 4;
/// Good answers that must lie beyond a quantile, with some room for those that fail.
const BEYOND: f64 = 5.0;
/// Levels of a sweep at most.
const MOST_LEVELS: usize = 40;

/// Keys of `[load]` that only one kind of series has.
pub(super) const SERIES_KEYS: [(&str, &[&str]); 2] = [
    ("search", &["objective", "from", "to", "step", "precision", "confirm", "budget"]),
    ("sweep", &["levels"]),
];

/// What kind of series.
#[derive(Debug, Clone, PartialEq)]
pub enum SeriesPlan {
    /// For the highest open rate that keeps an objective.
    Search(SearchPlan),
    /// Over numbers of users.
    Sweep(SweepPlan),
}

/// A search for the highest rate.
#[derive(Debug, Clone, PartialEq)]
pub struct SearchPlan {
    /// What must hold; at least one line.
    pub objective: Vec<Objective>,
    /// Lowest rate to try.
    pub from: f64,
    /// Highest rate to try; above `from`.
    pub to: f64,
    /// Factor between two rates of the ramp; above 1.
    pub step: f64,
    /// How far the ends of the answer may be apart: upper ≤ lower × (1 + precision).
    pub precision: f64,
    /// How often each end must be seen again.
    pub confirm: u32,
    /// Most time for one stack.
    pub budget: Option<Duration>,
}

impl SearchPlan {
    /// Probes that must agree on a rate at either end of the answer.
    pub fn needed(&self) -> u32 {
        self.confirm + 1
    }

    fn ramp(&self) -> u32 {
        let steps = (self.to / self.from).ln() / self.step.ln();
        // The margin keeps a range of whole steps at its number of steps.
        (steps - 1e-9).ceil().max(0.0) as u32 + 1
    }

    fn bisection(&self) -> u32 {
        let halvings = (self.step.ln() / (1.0 + self.precision).ln()).log2();
        halvings.ceil().max(0.0) as u32
    }

    /// Probes when no two of the same rate disagree, at most.
    pub fn usual_probes(&self) -> u32 {
        self.ramp() + self.bisection() + 2 * self.confirm
    }

    /// Probes at most, whatever they say.
    pub fn most_probes(&self) -> u32 {
        let ballot = 2 * self.needed() - 1;
        self.ramp() + 2 * self.bisection() + 4 * ballot + UNDECIDED
    }
}

/// A sweep over numbers of users.
#[derive(Debug, Clone, PartialEq)]
pub struct SweepPlan {
    /// Users of each load, rising.
    pub levels: Vec<u32>,
}

impl LoadPlan {
    /// The load at one level of the series (requests a second, or users), the `number`-th: each draws its own
    /// arrivals, weights and users.
    pub fn at(&self, level: f64, number: u32) -> LoadPlan {
        let flat =
            |profile: &LoadProfile| LoadProfile { start: level, stages: vec![(level, profile.duration())] };
        let model = match &self.model {
            ModelPlan::Open { profile, arrivals, connections } => {
                ModelPlan::Open { profile: flat(profile), arrivals: *arrivals, connections: *connections }
            }
            ModelPlan::Closed { profile, think } => {
                ModelPlan::Closed { profile: flat(profile), think: *think }
            }
        };
        LoadPlan { model, series: None, seed: self.seed.wrapping_add(u64::from(number)), ..self.clone() }
    }

    /// Time that one load of a series takes, the pause after it included.
    pub fn probe_time(&self) -> (Duration, Duration) {
        let usual = self.warmup + self.duration() + PAUSE;
        (usual, usual + DRAIN)
    }

    /// Time that the series takes on one stack: usually, and at most. `None` without a series.
    pub fn series_time(&self) -> Option<(Duration, Duration)> {
        let (usual, most) = self.probe_time();
        match self.series.as_ref()? {
            SeriesPlan::Search(search) => {
                let whole = most * search.most_probes();
                let limit = search.budget.unwrap_or(whole).min(whole);
                Some(((usual * search.usual_probes()).min(limit), limit))
            }
            SeriesPlan::Sweep(sweep) => {
                let loads = u32::try_from(sweep.levels.len()).unwrap_or(u32::MAX);
                Some((usual * loads, most * loads))
            }
        }
    }
}

impl Check<'_> {
    /// A search; its objective is read once the routes are known.
    pub(super) fn search(&mut self, load: &Load, place: &Place) -> (ModelPlan, Option<SeriesPlan>) {
        self.belongs_to(place, &["rate", "stages"], "open");
        self.belongs_to(place, &["users", "think"], "closed");
        let (from, to) = (load.from.unwrap_or(50.0), load.to.unwrap_or(5_000.0));
        for (key, rate) in [("from", from), ("to", to)] {
            if rate > 0.0 {
                self.level(rate, MOST_RATE, place.key(key));
            } else {
                self.wrong(place.key(key), "a rate must be above 0", "requests a second, for example 50");
            }
        }
        if from >= to {
            let at = if place.has("to") { place.key("to") } else { place.key("from") };
            let message = format!("the search has no room: it goes from {from}/s to {to}/s");
            self.wrong(at, message, "make `to` larger than `from`");
        }
        let step = load.step.unwrap_or(2.0);
        if !(1.1..=10.0).contains(&step) {
            let help = "the factor from one rate of the ramp to the next: 1.1 to 10, for example 2";
            self.wrong(place.key("step"), "such a step makes no ramp", help);
        }
        let confirm = load.confirm.unwrap_or(1);
        if confirm > 10 {
            self.wrong(place.key("confirm"), "that is more often than helps", "write a number from 0 to 10");
        }
        let budget = place.has("budget").then(|| {
            self.positive_duration(load.budget.as_deref(), place.key("budget"), Duration::from_secs(600))
        });
        let precision = self.precision(load.precision.as_deref(), place.key("precision"));
        if !place.has("objective") || load.objective.is_empty() {
            let help = "add `objective = [\"p99 < 200ms\", \"errors < 0.1%\"]`";
            self.wrong(place, "a search needs an `objective` to keep", help);
        }
        let model = ModelPlan::Open {
            profile: self.flat(load, place, from),
            arrivals: load.arrivals,
            connections: self.connections(load, place),
        };
        let sane = step > 1.0 && to > from && from > 0.0;
        let (step, to) = if sane { (step, to) } else { (2.0, from.max(1.0) * 2.0) };
        let from = if sane { from } else { from.max(1.0) };
        let search =
            SearchPlan { objective: Vec::new(), from, to, step, precision, confirm: confirm.min(10), budget };
        (model, Some(SeriesPlan::Search(search)))
    }

    fn precision(&mut self, text: Option<&str>, place: &Place) -> f64 {
        let Some(text) = text else { return 0.05 };
        let share = text.trim().strip_suffix('%').and_then(|n| n.trim().parse::<f64>().ok());
        match share {
            Some(percent) if (1.0..=50.0).contains(&percent) => percent / 100.0,
            Some(_) => {
                self.wrong(
                    place,
                    "no search is as fine or as coarse as that",
                    "write 1% to 50%, for example `5%`",
                );
                0.05
            }
            None => {
                self.wrong(place, format!("`{text}` is no share"), "write it in percent, for example `5%`");
                0.05
            }
        }
    }

    /// A sweep.
    pub(super) fn sweep(&mut self, load: &Load, place: &Place) -> (ModelPlan, Option<SeriesPlan>) {
        self.belongs_to(place, &["rate", "arrivals", "connections", "stages"], "open");
        self.belongs_to(place, &["users"], "closed");
        let levels = &load.levels;
        if levels.is_empty() {
            let help = "add `levels = [1, 2, 4, 8, 16, 32]`: how many users ask at once, load by load";
            self.wrong(place, "a sweep needs `levels`", help);
        }
        for (position, level) in levels.iter().enumerate() {
            let place = place.key("levels").item(position);
            if *level == 0 {
                self.wrong(place, "without users nobody asks", "write 1 or more");
            } else {
                self.level(f64::from(*level), MOST_USERS, place);
            }
            if position > 0 && levels[position - 1] >= *level {
                self.wrong(place, "the levels must rise", "sort them, each once");
            }
        }
        if levels.len() > MOST_LEVELS {
            self.wrong(
                place.key("levels"),
                "these are very many levels",
                format!("write at most {MOST_LEVELS}"),
            );
        }
        let model = ModelPlan::Closed {
            profile: self.flat(load, place, f64::from(levels.first().copied().unwrap_or(1))),
            think: self.duration(load.think.as_deref(), place.key("think"), Duration::ZERO),
        };
        (model, Some(SeriesPlan::Sweep(SweepPlan { levels: levels.clone() })))
    }

    /// Reads the objective of a search, and says where its probes would be too short to judge it.
    pub(super) fn objective(&mut self, document: &Document, routes: &[RoutePlan], load: &mut LoadPlan) {
        let duration = load.duration().as_secs_f64();
        let Some(SeriesPlan::Search(search)) = &mut load.series else { return };
        let stacks: Vec<&str> = document.scenario.stacks.iter().map(|(name, _)| name).collect();
        let names: Vec<&str> = routes.iter().map(|route| route.name.as_str()).collect();
        let place = document.root.key("load").key("objective");
        for (position, text) in document.scenario.load.objective.iter().enumerate() {
            let place = place.item(position);
            match objective(text, &stacks, &names) {
                Ok(line) => {
                    if let Some((needed, rate)) = too_few(&line, search.from, duration) {
                        let metric = line.metric().name();
                        let message = format!(
                            "at {}/s a probe of {duration} s has too few answers for {metric}: it needs {needed}",
                            search.from
                        );
                        let help = format!("make `duration` longer, or begin with `from = {rate}`");
                        self.wrong(place, message, help);
                    }
                    search.objective.push(line);
                }
                Err(error) => {
                    let span = self.within(place, text, &error.span);
                    self.mistakes.at(span, error.message, error.help);
                }
            }
        }
    }
}

/// Answers an objective needs and the rate that gives them in a probe, where the lowest rate does not. A route's share
/// of the arrivals is not known here: what it lacks is said after the probe.
fn too_few(line: &Objective, from: f64, duration: f64) -> Option<(u64, u64)> {
    let quantile = line.metric().quantile().filter(|_| line.route.is_none())?;
    let needed = (BEYOND / (1.0 - quantile)).round();
    (from * duration < needed && line.metric() != Metric::Errors)
        .then(|| (needed as u64, (needed / duration).ceil() as u64))
}
