//! Accepted risks and the baseline as a record keeps them: what the scenario said of findings, and what came of it.

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Severity;

/// An `[[accept]]` of the scenario, and what came of it in this run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Acceptance {
    /// Id of the check.
    pub check: String,
    /// The stack; absent: every stack.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stack: Option<String>,
    /// The route or probe; absent: every one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub route: Option<String>,
    /// What the finding is about (a header's, directive's or cookie's name); absent: anything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// Why the risk is taken.
    pub reason: String,
    /// Who took it.
    pub owner: String,
    /// Where it is kept track of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ticket: Option<String>,
    /// The last day on which it counts.
    #[schemars(with = "String", extend("format" = "date"))]
    pub until: Date,
    /// The worst severity that it covers; absent: any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_severity: Option<Severity>,
    /// Line in the scenario file. Unit: position, from 1.
    pub line: usize,
    /// What came of it.
    pub standing: Standing,
}

/// What came of an acceptance; what matters more comes later.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    /// Its check did not look at its stack.
    NotAsked,
    /// Nothing was found that it would cover.
    Stale,
    /// It covers what was found.
    Used,
    /// Its day is over: what it covered counts again.
    Expired,
    /// Its day is too far ahead to be looked at again in time: it covers nothing.
    TooLong,
    /// What was found is worse than it covers.
    Outgrown,
}

/// The findings that were there before, and what became of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct BaselineRecord {
    /// Its file, as the scenario names it.
    pub file: String,
    /// The day it was written.
    #[schemars(with = "String", extend("format" = "date"))]
    pub written: Date,
    /// How many places of findings it holds. Unit: count.
    pub entries: usize,
    /// Those of the tried stacks that were not found again.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fixed: Vec<String>,
}
