//! Audit outcomes as a record keeps them. The checks themselves are in `audit`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use crate::expression::Severity;

/// Most places that an outcome keeps.
pub const MOST_PLACES: usize = 50;

/// How sure a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Confidence {
    /// By timing or statistics.
    Timing,
    /// By a pattern that could be something else.
    Heuristic,
    /// Seen more than once.
    Repeated,
    /// Seen and unmistakable.
    Certain,
}

/// What became of a check on a stack. "Not run" is never "pass".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// The rule holds everywhere it applies.
    Pass,
    /// Worth knowing, nothing wrong.
    Info,
    /// Not as it should be, mildly.
    Warn,
    /// The rule is broken.
    Fail,
    /// The rule does not apply to this stack (no such route kind, http only …).
    NotApplicable,
    /// It could not run: no consent, no exchange, an error. The reason says which.
    NotRun,
    /// Its control failed, so the answer proves nothing.
    Inconclusive,
}

/// One check on one stack.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CheckOutcome {
    /// Id in the catalogue: `HDR-HSTS`.
    pub check: String,
    /// Revision of the check's rule. Unit: version.
    pub revision: u32,
    /// The stack.
    pub stack: String,
    /// What became of it.
    pub outcome: Outcome,
    /// How bad: the catalogue's for a failure, at most low for a warning, info for the rest.
    pub severity: Severity,
    /// How sure.
    pub confidence: Confidence,
    /// One sentence for this stack: what was seen.
    pub summary: String,
    /// Where, with evidence: the worst first; empty for pass and not run.
    pub places: Vec<Place>,
    /// Whether every place of it is an accepted risk: it is no finding then.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub accepted: bool,
    /// Whether its check, or this revision of it, is not in audit.lock: no gate heeds it then.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unlocked: bool,
}

impl CheckOutcome {
    /// Whether it failed or warned, and is no accepted risk.
    pub fn is_finding(&self) -> bool {
        matches!(self.outcome, Outcome::Fail | Outcome::Warn) && !self.accepted
    }

    /// Whether it is a finding of which some place is not in the baseline.
    pub fn is_new(&self) -> bool {
        self.is_finding() && (self.places.is_empty() || self.open_places().any(|place| !place.known))
    }

    /// Places that count and that nobody accepted.
    pub fn open_places(&self) -> impl Iterator<Item = &Place> {
        self.places.iter().filter(|place| place.counts() && place.accepted.is_none())
    }

    /// Whether there may have been more places than are kept.
    pub fn is_cut(&self) -> bool {
        self.places.len() >= MOST_PLACES
    }
}

/// One place where a finding was seen.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Place {
    /// The route or probe.
    pub route: String,
    /// Line of the route in the scenario file; absent for probes. Unit: position, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<usize>,
    /// What it is about, stable between runs (a header's, directive's or cookie's name).
    pub subject: String,
    /// What was seen there, in words; quotes the text that triggered it.
    pub detail: String,
    /// How it counts: fail, warn or info; absent in older records, where it counts as its outcome does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Outcome>,
    /// Which of the record's `accepted` covers it. Unit: position, from 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accepted: Option<usize>,
    /// Whether the baseline has it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub known: bool,
    /// The exchange that shows it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evidence: Option<Evidence>,
}

impl Place {
    /// Whether it makes a finding, and is more than worth knowing.
    pub fn counts(&self) -> bool {
        self.outcome != Some(Outcome::Info)
    }
}

/// An exchange as evidence; secrets are replaced by their length and a hash prefix.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Evidence {
    /// Request line and headers.
    pub request: String,
    /// Status line and headers.
    pub response: String,
    /// Start of the body, where it matters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
    /// A line that repeats the request; secrets stand as environment variables.
    pub curl: String,
}
