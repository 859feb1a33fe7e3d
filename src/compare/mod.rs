//! What two or more stacks of a record say beside each other, and the patterns in one stack's numbers that a
//! person should know. Reads no clock.

mod insight;
mod metric;
pub mod quantity;

use crate::record::{Record, RouteRecord, StackRecord};

pub use self::insight::{Insight, Stall, insights};
pub use self::metric::{Dimension, Metric};

/// Name of the row that stands for all routes together.
pub const ALL_ROUTES: &str = "all";

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

impl Ratio {
    fn of(route: &str, metric: Metric, first: Option<f64>, second: Option<f64>) -> Self {
        let ratio = match (first, second) {
            (Some(first), Some(second)) if first > 0.0 => Some(second / first),
            _ => None,
        };
        Ratio { route: route.to_owned(), metric, first, second, ratio }
    }

    /// Whether the second stack is better by more than noise could be (5 %); `None` when that can't be said.
    pub fn improved(&self) -> Option<bool> {
        let ratio = self.ratio?;
        let ratio = if self.metric.more_is_better() { ratio } else { 1.0 / ratio.max(f64::MIN_POSITIVE) };
        if ratio > 1.05 {
            Some(true)
        } else if ratio < 1.0 / 1.05 {
            Some(false)
        } else {
            None
        }
    }
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

impl Comparison {
    /// One row; `route` is a route's name or [`ALL_ROUTES`]. The total comes first, also beside a route of its name.
    pub fn row(&self, route: &str, metric: Metric) -> Option<&Ratio> {
        self.rows.iter().find(|row| row.route == route && row.metric == metric)
    }

    /// The rows that decide, overall: median, the furthest tail both stacks have, throughput, errors, cost, memory.
    pub fn headline(&self) -> Vec<&Ratio> {
        let tail = [Metric::P99, Metric::P95, Metric::P90].into_iter().find(|metric| {
            self.row(ALL_ROUTES, *metric).is_some_and(|row| row.first.is_some() && row.second.is_some())
        });
        [
            Metric::P50,
            tail.unwrap_or(Metric::P99),
            Metric::Throughput,
            Metric::Errors,
            Metric::CpuPer1k,
            Metric::Rss,
            Metric::Capacity,
        ]
        .into_iter()
        .filter_map(|metric| self.row(ALL_ROUTES, metric))
        .filter(|row| row.first.is_some() || row.second.is_some() || !row.metric.is_stack_wide())
        .collect()
    }
}

/// Every later stack against the first.
pub fn compare(record: &Record) -> Vec<Comparison> {
    let Some((first, later)) = record.stacks.split_first() else { return Vec::new() };
    later.iter().map(|second| side_by_side(first, second)).collect()
}

fn side_by_side(first: &StackRecord, second: &StackRecord) -> Comparison {
    let mut rows: Vec<Ratio> = Metric::ALL
        .into_iter()
        .map(|metric| {
            let (a, b) = (metric.of(first, &first.total), metric.of(second, &second.total));
            Ratio::of(ALL_ROUTES, metric, a, b)
        })
        .collect();
    for name in route_names([first, second]) {
        let (a, b) = (route(first, name), route(second, name));
        for metric in Metric::ALL.into_iter().filter(|metric| !metric.is_stack_wide()) {
            let value = |stack, route: Option<&RouteRecord>| route.and_then(|route| metric.of(stack, route));
            rows.push(Ratio::of(name, metric, value(first, a), value(second, b)));
        }
    }
    Comparison { first: first.name.clone(), second: second.name.clone(), rows }
}

/// One route of a stack by its name.
pub fn route<'a>(stack: &'a StackRecord, name: &str) -> Option<&'a RouteRecord> {
    stack.routes.iter().find(|route| route.name == name)
}

/// Names of all routes of some stacks, each once, in the order of the first stack that has them.
pub fn route_names<'a>(stacks: impl IntoIterator<Item = &'a StackRecord>) -> Vec<&'a str> {
    let mut names = Vec::new();
    for stack in stacks {
        for route in &stack.routes {
            if !names.contains(&route.name.as_str()) {
                names.push(route.name.as_str());
            }
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture;

    #[test]
    fn rows_are_second_over_first() {
        let record = fixture::two_stacks();
        let comparisons = compare(&record);
        assert_eq!(comparisons.len(), 1);
        let comparison = &comparisons[0];
        assert_eq!((comparison.first.as_str(), comparison.second.as_str()), ("dev", "prod"));
        let row = comparison.row(ALL_ROUTES, Metric::P50).unwrap();
        let ratio = row.second.unwrap() / row.first.unwrap();
        assert_eq!(row.ratio, Some(ratio));
        assert!(ratio < 0.5 && row.improved() == Some(true), "prod is faster in the fixture: {ratio}");
    }

    #[test]
    fn stack_wide_metrics_have_one_row() {
        let record = fixture::two_stacks();
        let comparison = compare(&record).remove(0);
        let rows = comparison.rows.iter().filter(|row| row.metric == Metric::Rss);
        assert_eq!(rows.map(|row| row.route.as_str()).collect::<Vec<_>>(), [ALL_ROUTES]);
        let routes = record.stacks[0].routes.len();
        assert_eq!(comparison.rows.len(), Metric::ALL.len() + routes * (Metric::ALL.len() - 3));
    }

    #[test]
    fn what_was_not_measured_has_no_ratio() {
        let record = fixture::failed_stack();
        let comparison = compare(&record).remove(0);
        assert!(comparison.rows.iter().all(|row| row.second.is_none() && row.ratio.is_none()));
        assert!(comparison.rows.iter().any(|row| row.first.is_some()), "dev was measured");
    }

    #[test]
    fn a_zero_base_has_no_ratio() {
        let row = Ratio::of("r", Metric::Errors, Some(0.0), Some(0.5));
        assert_eq!((row.ratio, row.improved()), (None, None));
        assert_eq!(Ratio::of("r", Metric::Errors, Some(0.5), Some(0.0)).improved(), Some(true));
        assert_eq!(Ratio::of("r", Metric::Throughput, Some(10.0), Some(5.0)).improved(), Some(false));
        assert_eq!(Ratio::of("r", Metric::P50, Some(10.0), Some(10.2)).improved(), None, "within noise");
    }

    #[test]
    fn one_stack_is_compared_with_nothing() {
        let mut record = fixture::two_stacks();
        record.stacks.truncate(1);
        assert!(compare(&record).is_empty());
        record.stacks.clear();
        assert!(compare(&record).is_empty() && insights(&record).is_empty());
    }

    #[test]
    fn the_headline_tail_is_one_both_have() {
        let mut record = fixture::two_stacks();
        record.stacks[0].total.response.p99_ms = None;
        let comparison = compare(&record).remove(0);
        let tails: Vec<_> = comparison.headline().iter().map(|row| row.metric).collect();
        assert!(tails.contains(&Metric::P95) && !tails.contains(&Metric::P99), "{tails:?}");
    }
}
