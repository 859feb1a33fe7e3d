//! The scenario file as it is written. One serde model: the JSON Schema, the key check ("did you
//! mean …") and the documentation all come from these types and their docstrings.

mod audit;
mod auth;
mod load;
mod route;
mod stack;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use self::audit::{Accept, Audit, DefaultLogin, Hook, Profile, StackAudit};
pub use self::auth::{Auth, Users, VerifyKey};
pub use self::load::{Arrivals, BlockOrder, ConnectionMode, Load, Model, Stage};
pub use self::route::{Body, Discover, Expect, Extract, Feeder, Flow, Owner, Route, RouteKind, Statuses};
pub use self::stack::{Http, Prepare, Process, Ready, RenderedFile, Requirement, Role, Stack};
use super::ordered::Ordered;

/// A scenario: which stacks to try, who logs in, what to request, how hard, and what must hold.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// One line that names the trial; the heading of the report.
    pub title: String,
    /// What the trial is for; printed under the title.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Says that you may load and audit the targets that are not loopback addresses.
    #[serde(default)]
    pub authorized: bool,
    /// Folder for what `prepare` makes, relative to the scenario file. Default `.shakedown/<file stem>`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    /// Programs that must be installed before anything is prepared.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub requires: Vec<Requirement>,
    /// Steps that run once, before the stacks' own, and again only when their inputs change.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub prepare: Vec<Prepare>,
    /// The systems under test, by name, in the order written.
    #[schemars(with = "BTreeMap<String, Stack>")]
    pub stacks: Ordered<Stack>,
    /// Who the virtual users are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub users: Option<Users>,
    /// How users prove who they are, by name.
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, Auth>")]
    pub auth: Ordered<Auth>,
    /// Rows of a CSV file for templates (`{{feeder.column}}`), by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub feeders: BTreeMap<String, Feeder>,
    /// Values looked up on each stack before the load, for templates (`{{discover.name}}`).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub discover: Vec<Discover>,
    /// Independent requests, chosen by weight.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub routes: Vec<Route>,
    /// Ordered sequences of requests, chosen by weight beside the routes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub flows: Vec<Flow>,
    /// How hard and for how long.
    #[serde(default)]
    pub load: Load,
    /// What the audit may do and by which profile it judges.
    #[serde(default)]
    pub audit: Audit,
    /// Findings of the audit that are no news and may be: risks that somebody takes for a while.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub accept: Vec<Accept>,
    /// What must hold for exit code 0.
    #[serde(default)]
    pub gates: Gates,
}

/// What must hold for exit code 0.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Gates {
    /// One readable expression a line: `prod: p99 < 250ms`, `prod vs dev: p95 < 0.8x`, `audit prod: no high`.
    pub pass: Vec<String>,
    /// Differences between stacks up to this share are none that matter. Default 5%.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub margin: Option<String>,
    /// Judge a ratio by itself, although its interval may hold the limit: quicker to fail, and wrong more often.
    pub strict: bool,
    /// End the load early when a gate on one stack's number is lost, whatever the rest of the load brings.
    pub abort: bool,
}
