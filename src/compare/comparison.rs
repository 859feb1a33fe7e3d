//! Two stacks side by side: every metric of every route.

use super::doubt::{Doubt, doubts};
use super::pairs::Pairs;
use super::ratio::{Ratio, with_evidence};
use super::{ALL_ROUTES, Metric, route, route_names};
use crate::record::{Record, RouteRecord, StackRecord};
use crate::stats::{self, DistributionTest};

/// Two stacks side by side.
#[derive(Debug, Clone, PartialEq)]
pub struct Comparison {
    /// Name of the stack the ratios are over.
    pub first: String,
    /// Name of the other.
    pub second: String,
    /// Overall first, then each route.
    pub rows: Vec<Ratio>,
    /// How the blocks belong to each other.
    pub basis: Basis,
    /// Differences up to this share do not matter.
    pub margin: f64,
    /// Whether the whole distributions differ: overall first, then each route that has blocks enough.
    pub shapes: Vec<Shape>,
    /// Why it proves less than it seems to; empty when nothing speaks against it.
    pub doubts: Vec<Doubt>,
}

/// What the intervals of a comparison rest on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Basis {
    /// Blocks of the same rounds: what swings with the machine is in both.
    Pairs(usize),
    /// Blocks of two runs, the fewer of the two: what differed between the times of the runs counts as difference.
    Apart(usize),
    /// No blocks: the figures stand beside each other without an interval.
    Nothing,
}

impl Basis {
    /// That the blocks are too few for any interval, in a clause; `None` where they are enough, or there are none.
    pub fn too_few(self) -> Option<String> {
        let (n, what) = match self {
            Basis::Pairs(1) => (1, "1 pair of blocks".to_owned()),
            Basis::Pairs(n) => (n, format!("{n} pairs of blocks")),
            Basis::Apart(1) => (1, "1 block of each run".to_owned()),
            Basis::Apart(n) => (n, format!("{n} blocks of each run")),
            Basis::Nothing => return None,
        };
        (n < stats::LEAST).then(|| format!("there is no interval of {what}, it takes {}", stats::LEAST))
    }
}

/// The test of whole distributions on one route.
#[derive(Debug, Clone, PartialEq)]
pub struct Shape {
    /// Route, or `all`.
    pub route: String,
    /// What it found.
    pub test: DistributionTest,
    /// Response time in milliseconds at which the gap is largest.
    pub at_ms: f64,
    /// Its p, corrected for the number of routes (Holm).
    pub p: f64,
}

impl Comparison {
    /// One row; `route` is a route's name or [`ALL_ROUTES`]. The total comes first, also beside a route of its name.
    pub fn row(&self, route: &str, metric: Metric) -> Option<&Ratio> {
        self.rows.iter().find(|row| row.route == route && row.metric == metric)
    }

    /// The rows of single routes.
    pub fn of_routes(&self) -> impl Iterator<Item = &Ratio> {
        // The first rows are those of all routes together, one for each metric.
        self.rows.iter().skip(Metric::ALL.len())
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
    let margin = record.judging.margin;
    later.iter().map(|second| side_by_side(first, second, Pairs::of(first, second), margin)).collect()
}

/// One stack of a run against one of another, or of the same run at another time. Their blocks belong to no pairs.
pub fn apart(first: &StackRecord, second: &StackRecord, margin: f64) -> Comparison {
    side_by_side(first, second, Pairs::apart(first, second), margin)
}

fn side_by_side(first: &StackRecord, second: &StackRecord, pairs: Pairs<'_>, margin: f64) -> Comparison {
    let mut rows: Vec<Ratio> = Metric::ALL
        .into_iter()
        .map(|metric| {
            let (a, b) = (metric.of(first, &first.total), metric.of(second, &second.total));
            Ratio::of(ALL_ROUTES, metric, a, b)
        })
        .flat_map(|row| with_evidence(vec![row], |row| pairs.estimates(None, None, row.metric), margin))
        .collect();
    let mut of_routes: Vec<Ratio> = Vec::new();
    for name in route_names([first, second]) {
        let (a, b) = (route(first, name), route(second, name));
        for metric in Metric::ALL.into_iter().filter(|metric| !metric.is_stack_wide()) {
            let value = |stack, route: Option<&RouteRecord>| route.and_then(|route| metric.of(stack, route));
            of_routes.push(Ratio::of(name, metric, value(first, a), value(second, b)));
        }
    }
    let of_routes = families(of_routes, &pairs, margin);
    rows.extend(of_routes);
    Comparison {
        first: first.name.clone(),
        second: second.name.clone(),
        rows,
        basis: pairs.basis(),
        margin,
        shapes: shapes(first, second, &pairs),
        doubts: doubts(first, second),
    }
}

/// The rows of the routes, each metric's corrected together, in the order they came in.
fn families(rows: Vec<Ratio>, pairs: &Pairs<'_>, margin: f64) -> Vec<Ratio> {
    let mut judged: Vec<Option<Ratio>> = rows.iter().map(|_| None).collect();
    for metric in Metric::ALL {
        let places: Vec<usize> = (0..rows.len()).filter(|at| rows[*at].metric == metric).collect();
        let family = places.iter().map(|at| rows[*at].clone()).collect();
        let estimates = |row: &Ratio| {
            let route = Some(row.route.as_str());
            pairs.estimates(route, route, metric)
        };
        for (at, row) in places.into_iter().zip(with_evidence(family, estimates, margin)) {
            judged[at] = Some(row);
        }
    }
    judged.into_iter().flatten().collect()
}

fn shapes(first: &StackRecord, second: &StackRecord, pairs: &Pairs<'_>) -> Vec<Shape> {
    let shape = |route: Option<&str>| {
        let (test, at_ms) = pairs.distribution(route)?;
        Some(Shape { route: route.unwrap_or(ALL_ROUTES).to_owned(), test, at_ms, p: test.p })
    };
    let mut routes: Vec<Shape> =
        route_names([first, second]).into_iter().filter_map(|name| shape(Some(name))).collect();
    let p = stats::holm(&routes.iter().map(|shape| shape.p).collect::<Vec<_>>());
    for (shape, p) in routes.iter_mut().zip(p) {
        shape.p = p;
    }
    shape(None).into_iter().chain(routes).collect()
}

#[cfg(test)]
mod tests {
    use super::super::{Standing, insights};
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
    fn that_nothing_failed_does_not_say_that_nothing_can() {
        let mut record = fixture::duet();
        for stack in &mut record.stacks {
            stack.total.errors.clear();
            stack.blocks.iter_mut().for_each(|block| block.total.errors = 0);
        }
        let comparison = compare(&record).remove(0);
        let row = comparison.row(ALL_ROUTES, Metric::Errors).unwrap();
        assert_eq!((row.ratio, row.standing()), (None, Some(Standing::Same)));
        let fewest =
            record.stacks.iter().map(|s| s.blocks.iter().map(|b| b.total.requests).sum::<u64>()).min();
        let interval = row.evidence.unwrap().difference.interval;
        // One request of a million may fail and a thousand show nothing of it: with 95 % confidence it is under 3.7 of so many.
        assert!((interval.high * fewest.unwrap() as f64 - 3.689).abs() < 0.001, "{interval:?}");
        assert_eq!(interval.low, -interval.high);

        // Nor do errors alone.
        for block in &mut record.stacks[1].blocks {
            block.total.errors = block.total.requests;
            block.total.response = Default::default();
        }
        let comparison = compare(&record).remove(0);
        let row = comparison.row(ALL_ROUTES, Metric::Errors).unwrap();
        assert_eq!(row.standing(), Some(Standing::Worse));
        let interval = row.evidence.unwrap().difference.interval;
        assert!(interval.low > 0.99 && interval.low < 1.0 && interval.high == 1.0, "{interval:?}");
    }

    #[test]
    fn blocks_say_how_sure_a_ratio_is() {
        let record = fixture::duet();
        let comparison = compare(&record).remove(0);
        assert_eq!((comparison.basis, comparison.doubts.len()), (Basis::Pairs(20), 1));
        let row = comparison.row(ALL_ROUTES, Metric::P50).unwrap();
        let (ratio, interval) = (row.ratio.unwrap(), row.interval().unwrap());
        assert!(interval.holds(ratio) && interval.high / interval.low < 1.1, "{ratio} {interval:?}");
        assert_eq!(row.standing(), Some(Standing::Better));
        let plain = row.second.unwrap() / row.first.unwrap();
        assert!((ratio / plain - 1.0).abs() < 0.05, "blocks {ratio}, whole {plain}");
        assert_eq!(comparison.row(ALL_ROUTES, Metric::Throughput).unwrap().standing(), Some(Standing::Same));
        let memory = comparison.row(ALL_ROUTES, Metric::Rss).unwrap();
        assert_eq!(
            (memory.interval(), memory.standing()),
            (None, None),
            "a peak's blocks are not independent"
        );
        assert!(memory.ratio.is_some());
        let errors = comparison.row(ALL_ROUTES, Metric::Errors).unwrap();
        assert_eq!(
            (errors.interval(), errors.standing()),
            (None, Some(Standing::Better)),
            "a difference only"
        );
        assert_eq!(comparison.row(ALL_ROUTES, Metric::Max).unwrap().evidence, None);
        assert!(
            comparison.shapes[0].p < 0.01 && comparison.shapes[0].test.gap < 0.0,
            "prod has more small ones"
        );
    }

    #[test]
    fn blocks_that_are_too_short_are_joined_and_too_few_say_nothing() {
        let mut record = fixture::duet();
        let pairs = |record: &Record, route: &str, metric| {
            let comparison = compare(record).remove(0);
            comparison.row(route, metric).unwrap().evidence.map(|of| of.difference.blocks)
        };
        assert_eq!(pairs(&record, "notes", Metric::P50), Some(20), "45 answers a block");
        assert_eq!(pairs(&record, "notes", Metric::P95), Some(6), "three blocks have 135");
        assert_eq!(pairs(&record, "login", Metric::P95), None, "7 answers a block");
        record.stacks[1].blocks.truncate(4);
        assert_eq!(pairs(&record, "notes", Metric::P50), None);
        record.stacks[0].blocks[0].total.response.histogram = "damaged".into();
        assert_eq!(pairs(&record, ALL_ROUTES, Metric::P50), None, "and no panic");
    }

    #[test]
    fn a_stack_against_itself_is_the_same() {
        let mut record = fixture::duet();
        record.stacks[0] = record.stacks[1].clone();
        record.stacks[0].name = "prod again".into();
        let comparison = compare(&record).remove(0);
        let different = comparison.rows.iter().filter(|row| row.improved().is_some()).count();
        assert_eq!(different, 0);
        assert!(comparison.shapes.iter().all(|shape| shape.p > 0.99));
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
