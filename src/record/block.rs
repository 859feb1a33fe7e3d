//! Blocks: the short stretches of load that two or more stacks get in turn.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{GeneratorRecord, LatencyRecord, RouteRecord};
use crate::engine::LoadTally;
use crate::plan::{BlocksPlan, Plan};

/// How a run's load was cut into blocks.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct BlocksRecord {
    /// Blocks that each stack was to get. Unit: count.
    pub count: u32,
    /// Measured time of each. Unit: seconds.
    pub length_s: f64,
    /// Load before each, left out of the results. Unit: seconds.
    pub settle_s: f64,
    /// `balanced` or `random`.
    pub order: String,
}

/// One block on one stack, while the others had no load.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct BlockRecord {
    /// Its round: the blocks of one round on two stacks are a pair. Unit: position, from 0.
    pub round: u32,
    /// Its place among all blocks of the run. Unit: position, from 0.
    pub place: u32,
    /// When its measured part began, from the start of the run. Unit: seconds.
    pub at_s: f64,
    /// Measured time. Unit: seconds.
    pub wall_s: f64,
    /// All routes together.
    pub total: BlockRoute,
    /// Each route, in the order of the stack's.
    pub routes: Vec<BlockRoute>,
    /// CPU time of the stack's process tree; absent for a stack that was not started here. Unit: seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cpu_s: Option<f64>,
    /// Largest resident memory of the tree; absent likewise. Unit: bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub peak_rss_bytes: Option<u64>,
    /// How the generator did; without the histogram of its lateness.
    pub generator: GeneratorRecord,
    /// What the machine did meanwhile.
    #[serde(default)]
    pub machine: MachineLook,
}

/// One route in a block (or all: the name is then `all`).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct BlockRoute {
    /// Its name.
    pub name: String,
    /// Requests that ended. Unit: count.
    pub requests: u64,
    /// Of those, failed; the generator's own failures left out. Unit: count.
    pub errors: u64,
    /// Answers by status. Unit: count.
    pub statuses: BTreeMap<u16, u64>,
    /// From the intended start, good answers.
    pub response: LatencyRecord,
}

/// What the machine under generator and stacks did in a stretch of time, as far as the system tells.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct MachineLook {
    /// What other guests of the same host took of all processors' time. Unit: share, 0 to 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stolen: Option<f64>,
    /// Mean clock of the processors at its end. Unit: MHz.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mhz: Option<f64>,
}

impl BlockRecord {
    /// What a load measured, as a block. CPU, memory and the machine are for the caller to add.
    pub fn of(plan: &Plan, round: u32, place: u32, at_s: f64, tally: &LoadTally) -> Self {
        let wall_s = tally.generator.wall_s;
        let mut generator = GeneratorRecord::of(&tally.generator);
        generator.schedule_lag.histogram.clear();
        let routes = plan.routes.iter().zip(&tally.routes);
        BlockRecord {
            round,
            place,
            at_s,
            wall_s,
            total: BlockRoute::of(RouteRecord::total(&tally.routes, wall_s)),
            routes: routes
                .map(|(route, tally)| BlockRoute::of(RouteRecord::of(plan, route, tally, wall_s)))
                .collect(),
            cpu_s: None,
            peak_rss_bytes: None,
            generator,
            machine: MachineLook::default(),
        }
    }

    /// One route by its name.
    pub fn route(&self, name: &str) -> Option<&BlockRoute> {
        self.routes.iter().find(|route| route.name == name)
    }
}

impl BlockRoute {
    fn of(route: RouteRecord) -> Self {
        BlockRoute {
            errors: route.error_count(),
            name: route.name,
            requests: route.requests,
            statuses: route.statuses,
            response: route.response,
        }
    }
}

impl BlocksRecord {
    /// The cut in numbers.
    pub fn of(blocks: &BlocksPlan) -> Self {
        BlocksRecord {
            count: blocks.count,
            length_s: blocks.length.as_secs_f64(),
            settle_s: blocks.settle.as_secs_f64(),
            order: blocks.order.name().to_owned(),
        }
    }

    /// In words, to follow a load's summary: `in 15 blocks of 1 s, the stacks taking turns`.
    pub fn summary(&self) -> String {
        let order = if self.order == "random" { " in random order" } else { "" };
        format!("in {} blocks of {} s, the stacks taking turns{order}", self.count, self.length_s)
    }
}
