//! When arrivals are due: decided before the load and by nothing the stack does.

use std::time::Duration;

use super::curve::Curve;
use super::random::Random;
use crate::plan::{Arrivals, LoadProfile};

/// One arrival.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Arrival {
    /// Its intended start, from the beginning of the warm-up.
    pub(super) at: Duration,
    /// Its number over all workers.
    pub(super) number: u64,
    /// Whether it belongs to the measured part.
    pub(super) measured: bool,
}

/// One worker's share of the arrivals, in order of time.
///
/// Constant arrivals: the k-th (from 0) is due when the integral of the rate reaches k + ½, and worker w of n has
/// every n-th of them. Poisson: each worker has a process of its own with a n-th of the rate; together they are one.
#[derive(Debug, Clone)]
pub(super) struct Schedule {
    parts: [Part; 2],
    part: usize,
    cursor: usize,
    area: f64,
    spacing: Spacing,
    workers: u64,
    number: u64,
    worker: u64,
}

#[derive(Debug, Clone)]
struct Part {
    begin: Duration,
    curve: Curve,
}

#[derive(Debug, Clone)]
enum Spacing {
    Constant,
    Poisson(Random),
}

impl Schedule {
    pub(super) fn new(
        profile: &LoadProfile,
        arrivals: Arrivals,
        warmup: Duration,
        seed: u64,
        worker: usize,
        workers: usize,
    ) -> Self {
        let measured = Curve::new(profile);
        let before = Curve::flat(measured.first_level(), warmup);
        let worker = worker as u64;
        let spacing = match arrivals {
            Arrivals::Constant => Spacing::Constant,
            Arrivals::Poisson => Spacing::Poisson(Random::new(seed, worker)),
        };
        let mut schedule = Schedule {
            parts: [Part { begin: Duration::ZERO, curve: before }, Part { begin: warmup, curve: measured }],
            part: 0,
            cursor: 0,
            area: 0.0,
            spacing,
            workers: workers as u64,
            number: worker,
            worker,
        };
        schedule.begin_part();
        schedule
    }

    /// The same arrivals with other numbers: the users go on where a load before left off.
    pub(super) fn numbered_from(mut self, first: u64) -> Self {
        self.number += first;
        self
    }

    fn begin_part(&mut self) {
        self.cursor = 0;
        self.area = 0.0;
        self.area = match self.spacing {
            Spacing::Constant => self.worker as f64 + 0.5,
            Spacing::Poisson(_) => self.step(),
        };
    }

    /// From one arrival to the next, in units of the integral.
    fn step(&mut self) -> f64 {
        let share = self.workers as f64;
        match &mut self.spacing {
            Spacing::Constant => share,
            Spacing::Poisson(random) => random.exponential() * share,
        }
    }
}

impl Iterator for Schedule {
    type Item = Arrival;

    fn next(&mut self) -> Option<Arrival> {
        loop {
            let part = self.parts.get(self.part)?;
            let Some(second) = part.curve.reached(self.area, &mut self.cursor) else {
                self.part += 1;
                self.begin_part();
                continue;
            };
            let at = part.begin + Duration::from_secs_f64(second);
            let arrival = Arrival { at, number: self.number, measured: self.part == 1 };
            self.number += self.workers;
            self.area += self.step();
            return Some(arrival);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn profile() -> LoadProfile {
        let s = Duration::from_secs;
        LoadProfile { start: 0.0, stages: vec![(100.0, s(10)), (100.0, s(5)), (300.0, s(0)), (0.0, s(2))] }
    }

    fn arrivals(kind: Arrivals, worker: usize, workers: usize) -> Vec<Arrival> {
        Schedule::new(&profile(), kind, Duration::from_secs(1), 1, worker, workers).collect()
    }

    #[test]
    fn constant_arrivals_are_the_integral() {
        let all = arrivals(Arrivals::Constant, 0, 1);
        assert_eq!(all.iter().filter(|a| !a.measured).count(), 100);
        assert_eq!(all.iter().filter(|a| a.measured).count(), 500 + 500 + 300);
        assert!(all.windows(2).all(|w| w[0].at <= w[1].at && w[0].number + 1 == w[1].number));
        let steady: Vec<_> = all.iter().filter(|a| (12..15).contains(&a.at.as_secs())).collect();
        assert!(
            steady
                .windows(2)
                .all(|w| (w[1].at - w[0].at).abs_diff(Duration::from_millis(10)).as_micros() < 1)
        );
    }

    #[test]
    fn workers_share_the_same_arrivals() {
        let mut split: Vec<_> =
            (0..3).flat_map(|w| arrivals(Arrivals::Constant, w, 3)).map(|a| a.at).collect();
        split.sort();
        let whole: Vec<_> = arrivals(Arrivals::Constant, 0, 1).iter().map(|a| a.at).collect();
        assert_eq!(split.len(), whole.len());
        assert!(split.iter().zip(&whole).all(|(a, b)| a.abs_diff(*b).as_nanos() < 1000));
    }

    #[test]
    fn poisson_gaps_are_exponential() {
        let s = Duration::from_secs;
        let flat = LoadProfile { start: 1000.0, stages: vec![(1000.0, s(100))] };
        for workers in [1, 4] {
            let mut all: Vec<_> = (0..workers)
                .flat_map(|w| Schedule::new(&flat, Arrivals::Poisson, Duration::ZERO, 7, w, workers))
                .map(|a| a.at.as_secs_f64())
                .collect();
            all.sort_by(f64::total_cmp);
            let n = all.len() as f64;
            assert!((n - 100_000.0).abs() < 4.0 * 100_000_f64.sqrt(), "{n}");
            let mut gaps: Vec<f64> = all.windows(2).map(|w| (w[1] - w[0]) * 1000.0).collect();
            gaps.sort_by(f64::total_cmp);
            // Kolmogorov-Smirnov against 1 - exp(-x), at the 0.1 % level.
            let distance = gaps
                .iter()
                .enumerate()
                .fold(0.0_f64, |d, (i, x)| d.max((1.0 - (-x).exp() - i as f64 / gaps.len() as f64).abs()));
            assert!(distance < 1.95 / n.sqrt(), "{workers} workers: {distance}");
        }
    }

    #[test]
    fn the_seed_decides() {
        assert_eq!(arrivals(Arrivals::Poisson, 0, 2), arrivals(Arrivals::Poisson, 0, 2));
        assert_ne!(arrivals(Arrivals::Poisson, 0, 2), arrivals(Arrivals::Poisson, 1, 2));
    }
}
