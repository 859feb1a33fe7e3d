//! Patterns in the numbers that a person should know, each with the numbers that show it.

mod answers;
mod contrast;
mod generator;
mod waiting;

use crate::record::{Record, StackRecord};

use answers::{fast_errors, low_samples};
use contrast::{different_answers, static_serving};
use generator::{generator_limit, local_errors};
pub use waiting::Stall;
use waiting::{queueing, slowdown, split_write};

/// A pattern in the numbers, in words.
#[derive(Debug, Clone, PartialEq)]
pub struct Insight {
    /// The stack.
    pub stack: String,
    /// The route; absent when it is about the whole stack.
    pub route: Option<String>,
    /// A short name: `split-write`, `queueing`, `late-sends`, `fast-errors`, `generator-limit`, `local-errors`, `slowdown`,
    /// `different-answers`, `static-serving`, `low-samples`.
    pub pattern: &'static str,
    /// What was seen, why, and what to do about it.
    pub text: String,
}

/// Names in one sentence before "and N more".
const NAMED: usize = 4;

/// Patterns in the numbers of each stack, then those between the stacks.
pub fn insights(record: &Record) -> Vec<Insight> {
    let mut found: Vec<Insight> = Vec::new();
    for stack in &record.stacks {
        found.extend(generator_limit(stack));
        found.extend(local_errors(record, stack));
        found.extend(split_write(record, stack));
        found.extend(queueing(stack));
        found.extend(fast_errors(stack));
        found.extend(slowdown(record, stack));
        // Said once where it is the same: the stacks get the same load.
        let few = low_samples(stack).filter(|few| !found.iter().any(|said| said.text == few.text));
        found.extend(few);
    }
    // After a search or sweep each stack's figures are of a load of its own: they do not compare.
    let same_load = !matches!(record.load.model.as_str(), "search" | "sweep");
    if let Some((first, later)) = record.stacks.split_first().filter(|_| same_load) {
        for second in later {
            found.extend(different_answers(first, second));
            found.extend(static_serving(record, first, second));
        }
    }
    found
}

fn on_stack(stack: &StackRecord, pattern: &'static str, text: String) -> Insight {
    Insight { stack: stack.name.clone(), route: None, pattern, text }
}

fn on_route(stack: &StackRecord, route: &str, pattern: &'static str, text: String) -> Insight {
    Insight { route: Some(route.to_owned()), ..on_stack(stack, pattern, text) }
}

fn names(names: &[&str]) -> String {
    let shown = names.iter().take(NAMED).copied().collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(NAMED) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

#[cfg(test)]
fn patterns<'a>(found: &'a [Insight], stack: &str) -> Vec<&'a str> {
    found.iter().filter(|insight| insight.stack == stack).map(|insight| insight.pattern).collect()
}

#[cfg(test)]
fn one(record: &Record, pattern: &str) -> Insight {
    let found = insights(record);
    let mut of: Vec<Insight> = found.into_iter().filter(|insight| insight.pattern == pattern).collect();
    assert_eq!(of.len(), 1, "{pattern}");
    of.remove(0)
}
