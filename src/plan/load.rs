//! The load: model, levels over time, limits.

use std::time::Duration;

use super::check::Check;
use super::series::SERIES_KEYS;
use super::{BlocksPlan, SeriesPlan};
use crate::scenario::Place;
use crate::scenario::model::{Arrivals, ConnectionMode, Load, Model};

/// The load, checked.
#[derive(Debug, Clone)]
pub struct LoadPlan {
    /// Arrivals or users; of a series, the first load.
    pub model: ModelPlan,
    /// Several loads in a row instead of the one.
    pub series: Option<SeriesPlan>,
    /// The blocks it is cut into where stacks take turns; `None` where each gets it in one piece.
    pub blocks: Option<BlocksPlan>,
    /// Number of the first request: `{{counter}}` and the users go on from it.
    pub first: u64,
    /// Left out of the results; runs at the profile's first level.
    pub warmup: Duration,
    /// Keep-alive or one connection a request.
    pub connection: ConnectionMode,
    /// Whether a new TLS connection may resume an earlier session.
    pub tls_resumption: bool,
    /// Time-out of a request that sets none.
    pub timeout: Duration,
    /// Worker threads.
    pub threads: usize,
    /// Seed of arrivals, weights and users.
    pub seed: u64,
}

impl LoadPlan {
    /// Length of the measured part.
    pub fn duration(&self) -> Duration {
        match &self.model {
            ModelPlan::Open { profile, .. } | ModelPlan::Closed { profile, .. } => profile.duration(),
        }
    }
}

/// Open or closed.
#[derive(Debug, Clone)]
pub enum ModelPlan {
    /// Arrivals by schedule.
    Open {
        /// Arrivals a second over time.
        profile: LoadProfile,
        /// How they are spaced.
        arrivals: Arrivals,
        /// Most connections at once.
        connections: usize,
    },
    /// Users who wait.
    Closed {
        /// Users over time.
        profile: LoadProfile,
        /// Pause between iterations.
        think: Duration,
    },
}

/// A level over time, in straight lines.
#[derive(Debug, Clone, PartialEq)]
pub struct LoadProfile {
    /// Level at the start.
    pub start: f64,
    /// Target level and how long the line to it takes.
    pub stages: Vec<(f64, Duration)>,
}

impl LoadProfile {
    /// Sum of the stages.
    pub fn duration(&self) -> Duration {
        self.stages.iter().map(|(_, d)| *d).sum()
    }
}

const DEFAULT_RATE: f64 = 50.0;
const DEFAULT_DURATION: Duration = Duration::from_secs(10);
const DEFAULT_CONNECTIONS: u32 = 256;
pub(super) const MOST_RATE: f64 = 1_000_000.0;
pub(super) const MOST_USERS: f64 = 60_000.0;
/// What one worker thread sends without falling behind.
const RATE_OF_A_THREAD: f64 = 15_000.0;

impl Check<'_> {
    /// How hard and for how long.
    pub fn load(&mut self, load: &Load, place: &Place) -> LoadPlan {
        let (model, series) = match load.model {
            Model::Open => (self.open(load, place), None),
            Model::Closed => (self.closed(load, place), None),
            Model::Search => self.search(load, place),
            Model::Sweep => self.sweep(load, place),
        };
        let own = match load.model {
            Model::Search => "search",
            Model::Sweep => "sweep",
            _ => "",
        };
        for (model, keys) in SERIES_KEYS {
            if model != own {
                self.belongs_to(place, keys, model);
            }
        }
        let threads = match load.threads {
            Some(0) => {
                self.wrong(place.key("threads"), "no thread would send anything", "write 1 or more");
                1
            }
            Some(threads) if threads > 256 => {
                self.wrong(place.key("threads"), "that is more threads than cores", "write 256 or fewer");
                1
            }
            Some(threads) => threads as usize,
            None => default_threads(&model, series.as_ref()),
        };
        let blocks = self.blocks(load, place, &model, series.is_some());
        LoadPlan {
            model,
            series,
            blocks,
            first: 0,
            warmup: self.duration(Some(&load.warmup), place.key("warmup"), Duration::from_secs(2)),
            connection: load.connection,
            tls_resumption: load.tls_resumption,
            timeout: self.positive_duration(
                Some(&load.timeout),
                place.key("timeout"),
                Duration::from_secs(10),
            ),
            threads,
            seed: load.seed,
        }
    }

    fn open(&mut self, load: &Load, place: &Place) -> ModelPlan {
        self.belongs_to(place, &["users", "think"], "closed");
        let default = if load.stages.is_empty() { DEFAULT_RATE } else { 0.0 };
        let rate = load.rate.unwrap_or(default);
        if load.stages.is_empty() && rate <= 0.0 {
            self.wrong(
                place.key("rate"),
                "the rate must be above 0",
                "requests a second, for example `rate = 50`",
            );
        } else {
            self.level(rate, MOST_RATE, place.key("rate"));
        }
        ModelPlan::Open {
            connections: self.connections(load, place),
            profile: self.profile(load, place, rate, MOST_RATE),
            arrivals: load.arrivals,
        }
    }

    /// Most connections at once.
    pub(super) fn connections(&mut self, load: &Load, place: &Place) -> usize {
        let connections = load.connections.unwrap_or(DEFAULT_CONNECTIONS);
        if !(1..=60_000).contains(&connections) {
            let help = "write a number from 1 to 60000";
            self.wrong(place.key("connections"), "so many connections cannot be", help);
        }
        connections as usize
    }

    /// The same level all the time, for as long as `duration` says.
    pub(super) fn flat(&mut self, load: &Load, place: &Place, level: f64) -> LoadProfile {
        let at = place.key("duration");
        let duration = self.positive_duration(load.duration.as_deref(), at, DEFAULT_DURATION);
        LoadProfile { start: level, stages: vec![(level, duration)] }
    }

    fn closed(&mut self, load: &Load, place: &Place) -> ModelPlan {
        self.belongs_to(place, &["rate", "arrivals", "connections"], "open");
        match load.users {
            None if load.stages.is_empty() => {
                self.wrong(place, "the closed model needs `users`", "add `users = 8`: how many ask at once");
            }
            Some(0) if load.stages.is_empty() => {
                self.wrong(place.key("users"), "without users nobody asks", "write 1 or more");
            }
            _ => {}
        }
        let users = f64::from(load.users.unwrap_or(0));
        self.level(users, MOST_USERS, place.key("users"));
        for (position, stage) in load.stages.iter().enumerate() {
            if stage.target.fract() != 0.0 {
                let place = place.key("stages").item(position).key("target");
                self.wrong(place, "there are only whole users", "write a whole number");
            }
        }
        ModelPlan::Closed {
            profile: self.profile(load, place, users, MOST_USERS),
            think: self.duration(load.think.as_deref(), place.key("think"), Duration::ZERO),
        }
    }

    pub(super) fn belongs_to(&mut self, place: &Place, keys: &[&str], model: &str) {
        for key in keys {
            if let Some(found) = place.get(key) {
                let message = format!("`{key}` belongs to the {model} model");
                self.wrong_key(found, message, format!("leave it out, or set `model = \"{model}\"`"));
            }
        }
    }

    pub(super) fn level(&mut self, level: f64, most: f64, place: &Place) {
        if !(0.0..=most).contains(&level) {
            self.wrong(place, "this level cannot be", format!("write a number from 0 to {most}"));
        }
    }

    fn profile(&mut self, load: &Load, place: &Place, start: f64, most: f64) -> LoadProfile {
        if load.stages.is_empty() {
            return self.flat(load, place, start);
        }
        if let Some(duration) = place.get("duration") {
            let message = "`duration` and `stages` exclude each other";
            self.wrong_key(duration, message, "the stages' own durations add up; leave `duration` out");
        }
        let before = self.mistakes.len();
        let stages = load.stages.iter().enumerate().map(|(position, stage)| {
            let place = place.key("stages").item(position);
            self.level(stage.target, most, place.key("target"));
            (stage.target, self.duration(Some(&stage.duration), place.key("duration"), Duration::ZERO))
        });
        let profile = LoadProfile { start, stages: stages.collect() };
        if self.mistakes.len() == before {
            let idle = start == 0.0 && profile.stages.iter().all(|(target, _)| *target == 0.0);
            if profile.duration().is_zero() {
                let help = "give one of them a `duration` above zero";
                self.wrong(place.key("stages"), "the stages take no time", help);
            } else if idle {
                self.wrong(
                    place.key("stages"),
                    "nothing would be sent: every level is 0",
                    "raise a `target`",
                );
            }
        }
        profile
    }
}

fn default_threads(model: &ModelPlan, series: Option<&SeriesPlan>) -> usize {
    let peak = match (model, series) {
        (_, Some(SeriesPlan::Search(search))) => search.to,
        (ModelPlan::Open { profile, .. }, _) => {
            profile.stages.iter().map(|(target, _)| *target).fold(profile.start, f64::max)
        }
        _ => return 1,
    };
    let spare = std::thread::available_parallelism().map_or(1, |cores| cores.get().saturating_sub(1).max(1));
    let wanted = (peak / RATE_OF_A_THREAD).ceil();
    (1..=spare).rev().find(|threads| *threads as f64 <= wanted).unwrap_or(1)
}
