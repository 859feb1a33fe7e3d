//! Blocks: the load of stacks that take turns, cut into short stretches.

use std::time::Duration;

use super::check::Check;
use super::{BlockOrder, LoadPlan, LoadProfile, ModelPlan};
use crate::scenario::model::Load;
use crate::scenario::{Document, Place};

/// Blocks that are aimed at: fewer give wide intervals, more give each too few answers.
const AIM: f64 = 20.0;
/// Fewest blocks where each would have too few answers.
const FEWEST: f64 = 10.0;
/// Answers of a block that let its p95 be estimated.
const ANSWERS: f64 = 100.0;
/// Lengths below a second, so that blocks fill whole ones; none is cut shorter by itself.
const SHORT: [f64; 2] = [0.25, 0.5];
const LONGEST_SETTLE: Duration = Duration::from_millis(500);

/// How a load is cut.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BlocksPlan {
    /// Blocks of each stack.
    pub count: u32,
    /// Measured part of each.
    pub length: Duration,
    /// Load before each that is left out of the results.
    pub settle: Duration,
    /// How the stacks take turns.
    pub order: BlockOrder,
    /// Whether the scenario says how many: then a lone stack is loaded in blocks too.
    pub asked: bool,
}

impl BlocksPlan {
    /// The cut that fits a duration and, where it is known, a rate: near to [`AIM`] blocks of whole seconds (a half, a
    /// quarter), fewer and longer where that lets their p95 be estimated.
    fn fitting(duration: Duration, rate: Option<f64>) -> (u32, Duration) {
        let seconds = duration.as_secs_f64();
        let wanted = rate.map_or(0.0, |rate| ANSWERS / rate).min(seconds / FEWEST);
        let longer = [SHORT[0], SHORT[1], wanted.ceil()].into_iter().find(|length| *length >= wanted);
        // Not above what leaves the fewest blocks: rounded up, it may be.
        let longer = longer.unwrap_or(wanted).min(steps_down(seconds / FEWEST));
        let length = longer.max(near(seconds / AIM));
        let count = (seconds / length + 1e-6).floor().max(1.0) as u32;
        (count, duration / count)
    }
}

/// The nearest length that blocks may have, at most a third above what was asked for.
fn near(length: f64) -> f64 {
    if length >= 1.0 {
        length.round()
    } else if length >= 0.75 {
        1.0
    } else if length >= 0.375 {
        SHORT[1]
    } else {
        SHORT[0]
    }
}

/// The longest length that blocks may have and that is not above this.
fn steps_down(length: f64) -> f64 {
    if length >= 1.0 {
        length.floor()
    } else if length >= SHORT[1] {
        SHORT[1]
    } else {
        SHORT[0]
    }
}

impl LoadPlan {
    /// The load of one block, the `number`-th of its stack, whose first request has this number. The blocks of one round
    /// have the same arrivals, weights and users on every stack.
    pub fn block(&self, blocks: &BlocksPlan, number: u32, first: u64) -> LoadPlan {
        let cut = |profile: &LoadProfile| LoadProfile {
            start: profile.start,
            stages: vec![(profile.start, blocks.length)],
        };
        let model = match &self.model {
            ModelPlan::Open { profile, arrivals, connections } => {
                ModelPlan::Open { profile: cut(profile), arrivals: *arrivals, connections: *connections }
            }
            ModelPlan::Closed { profile, think } => {
                ModelPlan::Closed { profile: cut(profile), think: *think }
            }
        };
        LoadPlan {
            model,
            blocks: None,
            first,
            // A stack warms up once; after that each block only settles.
            warmup: if number == 0 { self.warmup.max(blocks.settle) } else { blocks.settle },
            seed: self.seed.wrapping_add(u64::from(number)),
            ..self.clone()
        }
    }
}

impl Check<'_> {
    /// How the load is cut where stacks take turns; `None` for a series, a changing level, and where it is not wanted.
    pub(super) fn blocks(
        &mut self,
        load: &Load,
        place: &Place,
        model: &ModelPlan,
        series: bool,
    ) -> Option<BlocksPlan> {
        let (ModelPlan::Open { profile, .. } | ModelPlan::Closed { profile, .. }) = model;
        let steady = profile.stages.iter().all(|(level, _)| *level == profile.start);
        let keys = ["blocks", "order", "settle"];
        if series || !steady {
            for key in keys {
                if let Some(found) = place.get(key) {
                    let help = "leave it out: a search, a sweep and changing stages run on one stack after the other";
                    self.wrong_key(found, format!("`{key}` is for a load at one level"), help);
                }
            }
            return None;
        }
        if load.order == BlockOrder::Whole {
            for key in ["blocks", "settle"] {
                if let Some(found) = place.get(key) {
                    let help = format!("leave out `{key}`, or `order = \"whole\"`");
                    self.wrong_key(found, "a load in one piece has no blocks", help);
                }
            }
            return None;
        }
        let duration = profile.duration();
        let rate = match model {
            ModelPlan::Open { .. } => Some(profile.start),
            ModelPlan::Closed { .. } => None,
        };
        let (count, length) = match load.blocks {
            None => BlocksPlan::fitting(duration, rate),
            Some(count) if (1..=1_000).contains(&count) => (count, duration / count),
            Some(_) => {
                self.wrong(place.key("blocks"), "so many blocks cannot be", "write a number from 1 to 1000");
                BlocksPlan::fitting(duration, rate)
            }
        };
        if load.blocks.is_some() && length < Duration::from_millis(50) {
            let help = format!("write fewer, or a longer `duration` than {duration:?}");
            self.wrong(
                place.key("blocks"),
                "blocks shorter than 50 ms measure nothing but their start",
                help,
            );
        }
        let default = (length / 4).min(LONGEST_SETTLE);
        let settle = self.duration(load.settle.as_deref(), place.key("settle"), default);
        Some(BlocksPlan { count, length, settle, order: load.order, asked: load.blocks.is_some() })
    }

    /// What share of a difference does not matter.
    pub(super) fn margin(&mut self, document: &Document) -> f64 {
        let place = document.root.key("gates").key("margin");
        let Some(text) = document.scenario.gates.margin.as_deref() else { return 0.05 };
        match text.trim().strip_suffix('%').and_then(|n| n.trim().parse::<f64>().ok()) {
            Some(percent) if percent > 0.0 && percent <= 50.0 => percent / 100.0,
            Some(_) => {
                self.wrong(
                    place,
                    "this margin says nothing",
                    "write more than 0% and at most 50%, for example `5%`",
                );
                0.05
            }
            None => {
                self.wrong(place, format!("`{text}` is no share"), "write it in percent, for example `5%`");
                0.05
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_fit_duration_and_rate() {
        let cut = |seconds: f64, rate| {
            let (count, length) = BlocksPlan::fitting(Duration::from_secs_f64(seconds), rate);
            (count, length.as_secs_f64())
        };
        assert_eq!(cut(10.0, Some(50.0)), (10, 1.0), "there is no time for longer ones");
        assert_eq!(cut(15.0, Some(250.0)), (15, 1.0));
        assert_eq!(cut(40.0, Some(75.0)), (20, 2.0));
        assert_eq!(cut(60.0, Some(20.0)), (12, 5.0), "a hundred answers each");
        assert_eq!(cut(3600.0, Some(1000.0)), (20, 180.0));
        assert_eq!(cut(20.0, None), (20, 1.0), "closed: nobody knows how many answers there will be");
        assert_eq!(cut(2.0, Some(50.0)), (8, 0.25));
        assert_eq!(cut(0.1, Some(50.0)), (1, 0.1));
        assert_eq!(cut(10.0, Some(500.0)), (20, 0.5), "as many of the shortest load there is by default");
        assert_eq!(cut(30.0, Some(500.0)), (15, 2.0));
        assert_eq!(cut(29.0, Some(500.0)), (29, 1.0), "whole seconds go first");
        assert_eq!(cut(6.0, Some(20.0)), (12, 0.5), "fewer than ten would be longer still");
        assert_eq!(cut(10.5, Some(500.0)), (21, 0.5), "all of it is measured");
    }
}
