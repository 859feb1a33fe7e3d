//! One run on disk: `record.json` and `latency.hlog`, versioned, written atomically. Computes no verdict.

pub mod acceptance;
pub mod audit;
pub mod block;
pub mod build;
pub mod hlog;
pub mod latency;
pub mod machine;
mod number;
pub mod past;
pub mod series;
pub mod store;
pub mod summary;

use std::collections::BTreeMap;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use self::acceptance::{Acceptance, BaselineRecord, Standing};
pub use self::audit::{CheckOutcome, Confidence, Evidence, MOST_PLACES, Outcome, Place, Severity};
pub use self::block::{BlockRecord, BlockRoute, BlocksRecord, MachineLook};
pub use self::latency::LatencyRecord;
pub use self::series::{CapacityRecord, Ending, Phase, ProbeRecord, ProbeVerdict, SweepRecord};
use crate::engine::ErrorSample;
use crate::plan::{Role, RouteKind};
use crate::stack::Sample;

/// Version of the format written here; readers refuse a newer one and read every older one.
pub const VERSION: u32 = 1;

/// How a record's `partial` begins where stacks failed.
pub const UNMEASURED: &str = "not measured to the end";

/// How a stack's warning begins where a server would not renew tokens during the load.
pub const NOT_RENEWED: &str = "tokens were not renewed";

/// One run: what was asked, what was measured, what the audit saw.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Record {
    /// Format version. Unit: version.
    pub version: u32,
    /// Program that wrote it.
    pub tool: Tool,
    /// The scenario's title.
    pub title: String,
    /// What the trial is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The scenario as run, secrets taken out.
    pub scenario: ScenarioText,
    /// When it began.
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub started: Timestamp,
    /// When it ended; absent while partial.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>", extend("format" = "date-time"))]
    pub finished: Option<Timestamp>,
    /// Why the record is not whole; absent when it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub partial: Option<String>,
    /// The gate that the load was ended for before its time; absent when it was not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_early: Option<EndedEarly>,
    /// Machine that generated the load.
    pub machine: Machine,
    /// The load in numbers.
    pub load: LoadRecord,
    /// Stacks in the order they were tried.
    pub stacks: Vec<StackRecord>,
    /// Stacks of the scenario that the command line left out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<String>,
    /// Whether the command line left the audit out.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub audit_left_out: bool,
    /// Audit outcomes: one for each check and stack.
    pub audit: Vec<CheckOutcome>,
    /// Risks that the scenario accepts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub accepted: Vec<Acceptance>,
    /// Findings that were known before the run; absent without a baseline.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub baseline: Option<BaselineRecord>,
    /// Gate expressions as written.
    pub gates: Vec<GateText>,
    /// How comparisons are judged.
    #[serde(default)]
    pub judging: Judging,
    /// What a reader must know before trusting the numbers.
    pub warnings: Vec<String>,
}

impl StackRecord {
    /// Whether anything was measured of its load.
    pub fn has_figures(&self) -> bool {
        let probed = |probes: &[ProbeRecord]| !probes.is_empty();
        self.total.requests > 0
            || self.capacity.as_ref().is_some_and(|capacity| probed(&capacity.probes))
            || self.sweep.as_ref().is_some_and(|sweep| probed(&sweep.probes))
    }

    /// What became of it, in a clause to follow its name, where it was not measured whole.
    pub fn unmeasured(&self) -> Option<&'static str> {
        self.failure.as_ref()?;
        Some(if self.has_figures() { "was not measured to the end" } else { "was not measured" })
    }
}

/// Why a load was ended before its time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct EndedEarly {
    /// The gate that no rest of the load could have saved, as written.
    pub gate: String,
    /// The stack whose load it was.
    pub stack: String,
}

/// The program.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Tool {
    /// `shakedown`.
    pub name: String,
    /// Its version.
    pub version: String,
}

/// The scenario file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ScenarioText {
    /// As given on the command line.
    pub path: String,
    /// File stem.
    pub slug: String,
    /// Its text, secrets taken out.
    pub text: String,
}

/// The machine the load came from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Machine {
    /// Operating system and kernel release.
    pub os: String,
    /// Processor model.
    pub cpu: String,
    /// Processors this process may use. Unit: count.
    pub cores: usize,
    /// Memory. Unit: bytes.
    pub memory_bytes: u64,
}

/// The load that was asked for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LoadRecord {
    /// In words: `open, 200/s constant for 20 s after 2 s warm-up, keep-alive`.
    pub summary: String,
    /// `open`, `closed`, `search`, `sweep`, or `none` where no load was sent.
    pub model: String,
    /// Measured time asked for; of a series, that of each load. Unit: seconds.
    pub duration_s: f64,
    /// Warm-up. Unit: seconds.
    pub warmup_s: f64,
    /// Level over time as corners of time and level. Empty for a series: its loads each have a level of their own. Unit: seconds;
    /// requests a second (open) or users (closed).
    pub profile: Vec<(f64, f64)>,
    /// Requests that one arrival or iteration makes on average when none fails: more than one where there are flows.
    /// Absent in older records and where no load was sent. Unit: requests an arrival.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requests_per_arrival: Option<f64>,
    /// Share of the requests that each route gets when none fails. Absent in older records and where no load was sent.
    /// Unit: share, 0 to 1.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub shares: BTreeMap<String, f64>,
    /// `keep-alive` or `new`.
    pub connection: String,
    /// How the stacks took turns; absent where each had its load in one piece.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub blocks: Option<BlocksRecord>,
}

/// How comparisons are judged.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Judging {
    /// Differences up to this do not matter. Unit: share, 0 to 1.
    pub margin: f64,
    /// Whether a gate on a ratio judges the ratio itself and not its interval.
    pub strict: bool,
}

impl Default for Judging {
    fn default() -> Self {
        Judging { margin: 0.05, strict: false }
    }
}

/// A gate as written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct GateText {
    /// The expression.
    pub text: String,
    /// Line in the scenario file. Unit: position, from 1.
    pub line: usize,
}

/// One stack's results.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StackRecord {
    /// Its name.
    pub name: String,
    /// What it is for.
    pub role: Role,
    /// Base URL it answered on.
    pub url: String,
    /// Streams of a connection where the load went over HTTP/2; absent over HTTP/1.1. Unit: count.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub http2_streams: Option<usize>,
    /// `Server` header it showed when it became ready.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server: Option<String>,
    /// From start to ready; absent when it already ran. Unit: seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub startup_s: Option<f64>,
    /// Why it was not measured (to the end), in words; absent when it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
    /// Measured time; of a series, that of the load whose figures these are. Unit: seconds.
    pub wall_s: f64,
    /// All routes together.
    pub total: RouteRecord,
    /// Each route.
    pub routes: Vec<RouteRecord>,
    /// Second by second.
    pub seconds: Vec<SecondRecord>,
    /// How the generator did.
    pub generator: GeneratorRecord,
    /// CPU and memory of its process tree; absent for a stack that was not started here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resources: Option<ResourceRecord>,
    /// The blocks that its load was cut into; empty where it had it in one piece.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub blocks: Vec<BlockRecord>,
    /// The search for its capacity, where one was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub capacity: Option<CapacityRecord>,
    /// The sweep over users, where one was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sweep: Option<SweepRecord>,
    /// What errors looked like.
    pub samples: Vec<ErrorSample>,
    /// What a reader must know about this stack's numbers.
    pub warnings: Vec<String>,
}

/// Results of one route (or of all: the name is then `all`).
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RouteRecord {
    /// Its name.
    pub name: String,
    /// What it is; absent for `all`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<RouteKind>,
    /// Method; empty for `all`.
    pub method: String,
    /// Path as written; empty for `all`.
    pub path: String,
    /// Auth; absent without.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auth: Option<String>,
    /// Requests that ended. Unit: count.
    pub requests: u64,
    /// Errors by class; classes without any are left out. Unit: count.
    pub errors: BTreeMap<String, u64>,
    /// Answers by status. Unit: count.
    pub statuses: BTreeMap<u16, u64>,
    /// Received. Unit: bytes.
    pub bytes_in: u64,
    /// Sent. Unit: bytes.
    pub bytes_out: u64,
    /// Connections opened. Unit: count.
    pub connections: u64,
    /// Good answers over the measured time. Unit: requests a second.
    pub throughput_rps: f64,
    /// From the intended start, good answers.
    pub response: LatencyRecord,
    /// From the send, good answers.
    pub service: LatencyRecord,
    /// From the send to the first byte, good answers.
    pub first_byte: LatencyRecord,
    /// Response time of failed requests.
    pub failed: LatencyRecord,
}

impl RouteRecord {
    /// Errors of all classes but the generator's own limits.
    pub fn error_count(&self) -> u64 {
        self.errors.iter().filter(|(class, _)| *class != "local").map(|(_, n)| n).sum()
    }

    /// Share of requests that failed, 0 to 1; `None` without requests.
    pub fn error_rate(&self) -> Option<f64> {
        (self.requests > 0).then(|| self.error_count() as f64 / self.requests as f64)
    }
}

/// One second over all routes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SecondRecord {
    /// Which one. Unit: position, from 0.
    pub second: u32,
    /// Arrivals wanted (open) or iterations begun (closed). Unit: count.
    pub wanted: u64,
    /// Requests that ended. Unit: count.
    pub requests: u64,
    /// Of those, failed. Unit: count.
    pub errors: u64,
    /// Median response time; absent without good answers. Unit: milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub p50_ms: Option<f64>,
    /// 99th percentile; absent with fewer than 100 good answers. Unit: milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub p99_ms: Option<f64>,
    /// Largest; absent without good answers. Unit: milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_ms: Option<f64>,
    /// Requests under way at its end. Unit: count.
    pub in_flight: u64,
    /// Arrivals due but unsent at its end. Unit: count.
    pub backlog: u64,
}

/// How the generator did its own part.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct GeneratorRecord {
    /// Lateness of sends while a connection was free.
    pub schedule_lag: LatencyRecord,
    /// CPU time, user and system. Unit: seconds.
    pub cpu_s: f64,
    /// CPU time over that of all its threads. Unit: share, 0 to 1.
    pub cpu_share: f64,
    /// Worker threads. Unit: count.
    pub threads: usize,
    /// Arrivals that waited for a connection because the limit was reached. Unit: count.
    pub queued: u64,
    /// Arrivals never sent. Unit: count.
    pub unsent: u64,
    /// Most connections at once. Unit: count.
    pub peak_connections: u64,
    /// Whether it, not the stack, was the limit; with the reason in the stack's warnings.
    pub saturated: bool,
}

/// What the stack used during the measured part.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ResourceRecord {
    /// CPU time of the process tree in the measured part. Unit: seconds.
    pub cpu_s: f64,
    /// CPU time for each 1,000 requests; absent without requests. Unit: seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cpu_s_per_1k: Option<f64>,
    /// Largest resident memory. Unit: bytes.
    pub peak_rss_bytes: u64,
    /// Samples over time.
    pub samples: Vec<Sample>,
}
