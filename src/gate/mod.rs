//! Gates: one readable expression a line, and its verdict on a record. Formats nothing.
//!
//! `prod: errors < 0.1%` · `prod/notes: p99 < 250ms` · `prod vs dev: p95 < 0.8x` · `prod: cpu/1k < 2s` ·
//! `prod: rss < 400MiB` · `audit prod: no high`. docs/gates.md has the whole language.

mod evaluate;
mod parse;
mod unit;

pub use self::evaluate::evaluate;
use self::parse::{Expression, Names};

/// A parsed gate.
#[derive(Debug, Clone, PartialEq)]
pub struct Gate {
    /// As written.
    pub text: String,
    expression: Expression,
}

/// Why an expression is no gate, with the byte range in it and what would be right.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct GateError {
    /// What is wrong.
    pub message: String,
    /// What would be right.
    pub help: String,
    /// Byte range in the expression.
    pub span: std::ops::Range<usize>,
}

/// What became of a gate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It holds.
    Pass,
    /// It does not.
    Fail,
    /// The number it rests on is absent or not trustworthy.
    Unknown,
}

impl Verdict {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Verdict::Pass => "pass",
            Verdict::Fail => "fail",
            Verdict::Unknown => "unknown",
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

/// Parses one expression against the stacks and routes there are.
///
/// # Errors
/// What is wrong, where, and what would be right (`did you mean`).
pub fn parse(text: &str, stacks: &[&str], routes: &[&str]) -> Result<Gate, GateError> {
    let expression = parse::parse(text, Names { stacks, routes, checked: true })?;
    Ok(Gate { text: text.to_owned(), expression })
}
