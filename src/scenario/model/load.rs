//! How hard and for how long.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One load, or several in a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Model {
    /// Arrivals by schedule: a slow stack does not slow the arrivals down.
    #[default]
    Open,
    /// N users who wait for each answer.
    Closed,
    /// Open loads in a row: the highest rate that keeps the `objective`.
    Search,
    /// Closed loads in a row, one for each of `levels`: how throughput grows with the users.
    Sweep,
}

/// How arrivals of the open model are spaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Arrivals {
    /// Evenly.
    #[default]
    Constant,
    /// Exponential gaps.
    Poisson,
}

/// Whether a connection serves one request or many.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ConnectionMode {
    /// Connections are kept and used again.
    #[default]
    KeepAlive,
    /// Every request opens its own.
    New,
}

/// How hard and for how long.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Load {
    /// `open` (arrivals by schedule), `closed` (users who wait), `search` (for the highest rate) or `sweep` (over users).
    pub model: Model,
    /// Arrivals a second (open); with `stages`, the level at the start. Default 50, or 0 with stages.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rate: Option<f64>,
    /// `constant` or `poisson` (open).
    pub arrivals: Arrivals,
    /// Virtual users (closed); with `stages`, the level at the start.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub users: Option<u32>,
    /// What must hold at a rate, one gate expression without a stack a line: `p99 < 200ms`, `/notes: p95 < 50ms` (search).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub objective: Vec<String>,
    /// Lowest rate to try (search). Default 50.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<f64>,
    /// Highest rate to try (search). Default 5000.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<f64>,
    /// Factor between two rates of the ramp (search). Default 2.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub step: Option<f64>,
    /// How far the two ends of the answer may be apart (search). Default 5%.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub precision: Option<String>,
    /// How often each end of the answer must be seen again (search). Default 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub confirm: Option<u32>,
    /// Most time to spend on a stack (search). Default: what the most probes take.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("examples" = ["10m"]))]
    pub budget: Option<String>,
    /// Numbers of users, each a load of its own (sweep).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub levels: Vec<u32>,
    /// Pause of a user between iterations (closed, sweep).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("examples" = ["500ms"]))]
    pub think: Option<String>,
    /// How long, without `stages`; in a search or sweep, how long each load is measured. Default 10 s.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("examples" = ["15s"]))]
    pub duration: Option<String>,
    /// Load before the measured part, left out of the results. Default 2 s.
    #[schemars(extend("examples" = ["2s"]))]
    pub warmup: String,
    /// Levels over time: each stage goes in a straight line from the level before to `target`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub stages: Vec<Stage>,
    /// `keep-alive` or `new` connection for each request.
    pub connection: ConnectionMode,
    /// Whether a new TLS connection may resume the session of one before, as browsers do. Default true.
    pub tls_resumption: bool,
    /// Most connections at once (open). Default 256. What waits beyond it is counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connections: Option<u32>,
    /// Time-out of a request, connecting included. Default 10 s.
    #[schemars(extend("examples" = ["10s"]))]
    pub timeout: String,
    /// Blocks that the load on each stack is cut into where two or more take turns (open, closed; one level). Default: by
    /// `duration` and `rate`, 10 to 29.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub blocks: Option<u32>,
    /// How the stacks take turns: `balanced`, `random`, or `whole` for one after the other.
    pub order: BlockOrder,
    /// Load before each block that is left out of the results. Default: a quarter of a block, 500 ms at most.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("examples" = ["500ms"]))]
    pub settle: Option<String>,
    /// Worker threads. Default: one, more when the rate asks for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub threads: Option<u32>,
    /// Seed of arrivals, weights and users. Default 1.
    pub seed: u64,
}

impl Default for Load {
    fn default() -> Self {
        Load {
            model: Model::Open,
            rate: None,
            arrivals: Arrivals::Constant,
            users: None,
            objective: Vec::new(),
            from: None,
            to: None,
            step: None,
            precision: None,
            confirm: None,
            budget: None,
            levels: Vec::new(),
            think: None,
            duration: None,
            warmup: "2s".into(),
            stages: Vec::new(),
            connection: ConnectionMode::KeepAlive,
            tls_resumption: true,
            connections: None,
            timeout: "10s".into(),
            blocks: None,
            order: BlockOrder::Balanced,
            settle: None,
            threads: None,
            seed: 1,
        }
    }
}

/// One stage: a straight line from the level before to `target`; a `duration` of 0 is a jump.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Stage {
    /// Requests a second (open) or users (closed) at its end.
    pub target: f64,
    /// How long it takes.
    #[schemars(extend("examples" = ["15s"]))]
    pub duration: String,
}

/// How stacks take turns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum BlockOrder {
    /// Each round the other way round than the one before: AB BA AB BA.
    #[default]
    Balanced,
    /// By the seed, each order as often as every other.
    Random,
    /// One stack after the other, each with its load in one piece.
    Whole,
}

impl BlockOrder {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            BlockOrder::Balanced => "balanced",
            BlockOrder::Random => "random",
            BlockOrder::Whole => "whole",
        }
    }
}
