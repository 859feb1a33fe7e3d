//! What two or more stacks of a record say beside each other, and the patterns in one stack's numbers that a
//! person should know. Reads no clock.

use crate::record::Record;

/// One metric of one route on two stacks.
#[derive(Debug, Clone, PartialEq)]
pub struct Ratio {
    /// Route, or `all`.
    pub route: String,
    /// What is compared.
    pub metric: Metric,
    /// Value on the first stack; absent when it could not be estimated.
    pub first: Option<f64>,
    /// Value on the second.
    pub second: Option<f64>,
    /// Second over first; absent when either is or the first is zero.
    pub ratio: Option<f64>,
}

/// What can be compared (and gated).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Metric {
    /// Median response time, ms.
    P50,
    /// 90th percentile, ms.
    P90,
    /// 95th percentile, ms.
    P95,
    /// 99th percentile, ms.
    P99,
    /// 99.9th percentile, ms.
    P999,
    /// Mean, ms.
    Mean,
    /// Largest, ms.
    Max,
    /// Requests a second.
    Throughput,
    /// Share of failed requests, 0 to 1.
    Errors,
    /// CPU-seconds of the stack for each 1,000 requests (stack-wide).
    CpuPer1k,
    /// Peak resident memory of the stack in bytes (stack-wide).
    Rss,
}

/// Two stacks side by side.
#[derive(Debug, Clone, PartialEq)]
pub struct Comparison {
    /// Name of the stack the ratios are over.
    pub first: String,
    /// Name of the other.
    pub second: String,
    /// Overall first, then each route.
    pub rows: Vec<Ratio>,
}

/// A pattern in the numbers, in words.
#[derive(Debug, Clone, PartialEq)]
pub struct Insight {
    /// The stack.
    pub stack: String,
    /// The route; absent when it is about the whole stack.
    pub route: Option<String>,
    /// A short name: `split-write`, `queueing`, `fast-errors`, `generator-limit`.
    pub pattern: &'static str,
    /// What was seen, why, and what to do about it.
    pub text: String,
}

/// Every later stack against the first.
pub fn compare(record: &Record) -> Vec<Comparison> {
    let _ = record;
    todo!()
}

/// Patterns in the numbers of each stack.
pub fn insights(record: &Record) -> Vec<Insight> {
    let _ = record;
    todo!()
}
