//! Gates: the verdict of each expression on a record. Formats nothing.
//!
//! `prod: errors < 0.1%` · `prod/notes: p99 < 250ms` · `prod vs dev: p95 < 0.8x` · `prod: cpu/1k < 2s` ·
//! `prod: rss < 400MiB` · `audit prod: no high` · `audit prod: no new medium` · `prod vs baseline: p99 < 1.1x`. docs/gates.md has the whole language.

mod doubt;
mod evaluate;
mod findings;
mod lost;
mod past;
mod ratio;

pub use self::evaluate::{check, evaluate, evaluate_against};
pub(crate) use self::lost::{SoFar, can_be_lost, lost};
pub use crate::expression::{Gate, GateError, parse};

/// What became of a gate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It holds.
    Pass,
    /// It does not.
    Fail,
    /// The number it rests on is absent or not trustworthy.
    Unknown,
    /// It is about a stack that the command line left out, or about the audit where that was left out: nothing was asked
    /// of it.
    Skipped,
}

impl Verdict {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Verdict::Pass => "pass",
            Verdict::Fail => "fail",
            Verdict::Unknown => "unknown",
            Verdict::Skipped => "skipped",
        }
    }
}

/// A gate with its verdict.
#[derive(Debug, Clone, PartialEq)]
pub struct GateOutcome {
    /// As written.
    pub text: String,
    /// Line (1-based) in the scenario file.
    pub line: usize,
    /// What became of it.
    pub verdict: Verdict,
    /// `p99 was 213 ms, 37 ms under the limit` or why there is no number.
    pub reason: String,
}
