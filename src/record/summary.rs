//! A run in a file small enough to be committed: the figures, the verdicts and the findings, without series, histograms and
//! evidence.

use std::collections::BTreeMap;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Machine, Severity, Tool};
use crate::plan::Role;

/// Version of the format written here.
pub const SUMMARY_VERSION: u32 = 1;

/// One run in short.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Summary {
    /// Format version. Unit: version.
    pub summary_version: u32,
    /// Program that wrote it.
    pub tool: Tool,
    /// The scenario's title.
    pub title: String,
    /// The scenario's file stem.
    pub scenario: String,
    /// When the run began.
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub started: Timestamp,
    /// The run's verdict: `pass`, `fail`, `unknown`, or `no gates` where no gate said anything.
    pub status: String,
    /// Why the record is not whole; absent when it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub partial: Option<String>,
    /// Machine that generated the load: figures of another one do not compare.
    pub machine: Machine,
    /// The load in words.
    pub load: String,
    /// Share of the requests that each route gets when none fails. Absent in older summaries. Unit: share, 0 to 1.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub shares: BTreeMap<String, f64>,
    /// Gates and their verdicts.
    pub gates: Vec<GateSummary>,
    /// Stacks in the order they were tried.
    pub stacks: Vec<StackSummary>,
    /// Every later stack over the first, all routes together; a ratio that could not be estimated is absent.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ratios: Vec<RatioSummary>,
}

/// A number of one stack over that of another.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RatioSummary {
    /// The stack it is over.
    pub first: String,
    /// The stack whose number it is.
    pub second: String,
    /// What is compared, by the name that gates use.
    pub metric: String,
    /// Second over first. Unit: ratio.
    pub ratio: f64,
    /// Lower and upper end that hold the true ratio with 95 % confidence; absent without blocks enough. Unit: ratio.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interval: Option<(f64, f64)>,
    /// What the blocks allow to say: `faster`, `slower`, `better`, `worse`, `same` or `unclear`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub standing: Option<String>,
}

/// A gate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct GateSummary {
    /// As written.
    pub gate: String,
    /// `pass`, `fail`, `unknown` or `skipped`.
    pub verdict: String,
}

/// Figures by the names that gates use (`p99`, `throughput`), in milliseconds, requests a second, shares from 0 to 1,
/// CPU-seconds and bytes. What could not be estimated is absent.
pub type Figures = BTreeMap<String, f64>;

/// A stack.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StackSummary {
    /// Its name.
    pub name: String,
    /// What it is for.
    pub role: Role,
    /// Why it was not measured (to the end); absent when it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
    /// Whether the generator, not the stack, was the limit.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub generator_saturated: bool,
    /// Requests that ended. Unit: count.
    pub requests: u64,
    /// All routes together. Unit by name: p50, p90, p95, p99, p99.9, mean and max in
    /// milliseconds; throughput and capacity in requests a second; errors as a share, 0 to 1; cpu/1k in seconds; rss in bytes.
    pub figures: Figures,
    /// Each route.
    pub routes: Vec<RouteSummary>,
    /// How many checks of the audit ended with each outcome. Unit: count.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub checks: BTreeMap<String, u64>,
    /// Findings of the audit, the worst first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<FindingSummary>,
}

/// A route.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RouteSummary {
    /// Its name.
    pub name: String,
    /// Requests that ended. Unit: count.
    pub requests: u64,
    /// What a stack has, but for what is stack-wide. Unit by name: p50, p90, p95, p99, p99.9, mean and max in milliseconds; throughput
    /// in requests a second; errors as a share, 0 to 1.
    pub figures: Figures,
}

/// A finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FindingSummary {
    /// Id of the check.
    pub check: String,
    /// Revision of its rule. Unit: version.
    pub revision: u32,
    /// How bad.
    pub severity: Severity,
    /// In how many places. Unit: count.
    pub places: usize,
}
