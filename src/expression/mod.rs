//! The gate language: `prod: p99 < 250ms`, and the words it is made of. It stands before `plan`, which checks the gates of
//! a scenario; what an expression means for a record is `gate`'s.

mod bound;
mod metric;
mod objective;
mod parse;
mod parser;
mod severity;
mod slip;
mod subject;
#[cfg(test)]
mod tests;
mod unit;

pub(crate) use self::bound::{Bound, Op};
pub use self::metric::{Dimension, Metric};
pub use self::objective::{Objective, objective};
pub(crate) use self::parse::{Expression, parse as parse_names};
pub(crate) use self::parser::Names;
pub use self::severity::Severity;
pub(crate) use self::subject::Subject;

/// A parsed gate.
#[derive(Debug, Clone, PartialEq)]
pub struct Gate {
    /// As written.
    pub text: String,
    pub(crate) expression: Expression,
}

impl Gate {
    /// Whether it rests on this metric.
    pub fn asks_for(&self, metric: Metric) -> bool {
        match &self.expression {
            Expression::Level(_, bound) | Expression::Ratio(_, _, bound) | Expression::Past(_, bound) => {
                bound.metric == metric
            }
            Expression::Audit(..) | Expression::NewFindings(..) => false,
        }
    }

    /// Whether another one, maybe spelt otherwise, says the same.
    pub fn asks_the_same(&self, other: &Gate) -> bool {
        self.expression == other.expression
    }

    /// Whether it rests on the baseline of the audit.
    pub fn asks_for_baseline(&self) -> bool {
        matches!(self.expression, Expression::NewFindings(..))
    }
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

/// Parses one expression against the stacks and routes there are.
///
/// # Errors
/// What is wrong, where, and what would be right (`did you mean`).
pub fn parse(text: &str, stacks: &[&str], routes: &[&str]) -> Result<Gate, GateError> {
    let expression = parse_names(text, Names { stacks, routes, checked: true })?;
    Ok(Gate { text: text.to_owned(), expression })
}
