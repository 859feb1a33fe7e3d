//! Reports: one file a format, each a pure function of a [`Document`]. Measures nothing.

mod alert;
mod answer;
pub mod codequality;
pub mod csv;
mod doubt;
mod figure;
mod finding;
#[cfg(test)]
pub(crate) mod fixture;
pub mod foreign;
mod format;
pub mod github;
#[cfg(test)]
mod hostile;
pub mod html;
pub mod json;
pub mod junit;
pub mod markdown;
mod metrics;
pub mod otlp;
mod priority;
pub mod prometheus;
mod ratios;
pub mod sarif;
mod series;
mod speed;
pub mod summary;
pub mod terminal;
mod verdict;

pub use self::format::{Format, clear, write};

use crate::compare::{self, Comparison, Insight};
use crate::gate::{self, GateOutcome, Verdict};
use crate::record::past::Past;
use crate::record::{Record, StackRecord};

/// A record with all that is derived from it.
pub struct Document<'a> {
    /// What was measured.
    pub record: &'a Record,
    /// Stacks side by side.
    pub comparisons: Vec<Comparison>,
    /// Patterns worth knowing.
    pub insights: Vec<Insight>,
    /// Gates and their verdicts.
    pub gates: Vec<GateOutcome>,
}

impl<'a> Document<'a> {
    /// Derives all there is to say about a record.
    pub fn of(record: &'a Record) -> Self {
        Document {
            record,
            comparisons: compare::compare(record),
            insights: compare::insights(record),
            gates: gate::evaluate(record),
        }
    }

    /// The same, with the gates on a baseline judged by these runs where there are any.
    pub fn against(record: &'a Record, past: Option<&[Past]>) -> Self {
        Document { gates: gate::evaluate_against(record, past), ..Document::of(record) }
    }

    /// Whether there is anything to put into a table: a stack that was loaded.
    pub fn has_figures(&self) -> bool {
        self.has_load() && self.record.stacks.iter().any(StackRecord::has_figures)
    }

    /// Whether nothing came of the run: no stack was loaded or audited.
    pub fn is_void(&self) -> bool {
        !self.has_figures() && self.record.audit.is_empty()
    }

    /// Whether any gate failed.
    pub fn failed(&self) -> bool {
        self.gates.iter().any(|g| g.verdict == Verdict::Fail)
    }
}
