//! Values as the formats that people read show them.

use super::{Document, foreign};
use crate::compare::{Metric, quantity};
use crate::record::RouteRecord;

/// The headline's metrics: the comparison's own, or the same for a single stack.
pub(super) fn headline_metrics(document: &Document<'_>) -> Vec<Metric> {
    let compared = document.comparisons.iter().find(|c| c.headline().iter().any(|row| row.ratio.is_some()));
    match compared {
        Some(comparison) => comparison.headline().iter().map(|row| row.metric).collect(),
        None => {
            let wanted =
                [Metric::P50, Metric::P99, Metric::Throughput, Metric::Errors, Metric::CpuPer1k, Metric::Rss];
            let stacks = &document.record.stacks;
            let known = |metric: &Metric| stacks.iter().any(|stack| metric.of(stack, &stack.total).is_some());
            wanted.into_iter().filter(|metric| !metric.is_stack_wide() || known(metric)).collect()
        }
    }
}

/// A value or the sign for "not known".
pub(super) fn shown(metric: Metric, value: Option<f64>) -> String {
    value.map_or_else(|| "–".to_owned(), |value| metric.show(value))
}

/// `24 status, 3 timeout`.
pub(super) fn classes(route: &RouteRecord) -> String {
    let of = |(class, n): (&String, &u64)| format!("{} {}", quantity::count(*n), foreign::line(class, 20));
    route.errors.iter().map(of).collect::<Vec<_>>().join(", ")
}
