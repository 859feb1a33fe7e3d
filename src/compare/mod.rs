//! What two or more stacks of a record say beside each other, and the patterns in one stack's numbers that a
//! person should know. Reads no clock.

mod doubt;
mod history;
mod insight;
mod metric;
mod pairs;
pub mod quantity;
mod runs;
mod standing;

use crate::record::{Record, RouteRecord, StackRecord};
use crate::stats::{self, DistributionTest, Estimate, Interval};

pub use self::doubt::{Doubt, Weight, doubts, doubts_of_one};
pub use self::history::{Change, changes, past_value};
pub use self::insight::{Insight, Stall, insights};
pub use self::metric::{Dimension, Metric};
use self::pairs::Pairs;
pub use self::runs::{Runs, other_machine, runs};
pub use self::standing::Standing;

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
    /// Second over first: the geometric mean over the blocks where they give an interval, else one value over the
    /// other; absent when either is or the first is zero.
    pub ratio: Option<f64>,
    /// What the blocks say of it; absent where the load was not cut into blocks, or into too few.
    pub evidence: Option<Evidence>,
}

/// How sure a ratio is, from blocks.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Evidence {
    /// The logarithm of the ratio; absent where blocks have values that are zero.
    pub log_ratio: Option<Estimate>,
    /// Second less first, in the metric's own unit.
    pub difference: Estimate,
    /// How likely a ratio so far from 1 is when there is no difference, corrected for the number of routes (Holm).
    pub p: f64,
    /// What it allows to say.
    pub standing: Standing,
}

impl Evidence {
    /// Holds the true ratio with 95 % confidence.
    pub fn interval(&self) -> Option<Interval> {
        Some(self.log_ratio?.interval.map(f64::exp))
    }
}

impl Ratio {
    fn of(route: &str, metric: Metric, first: Option<f64>, second: Option<f64>) -> Self {
        let ratio = match (first, second) {
            (Some(first), Some(second)) if first > 0.0 => Some(second / first),
            _ => None,
        };
        // A record may hold any number.
        let ratio = ratio.filter(|ratio| ratio.is_finite());
        Ratio { route: route.to_owned(), metric, first, second, ratio, evidence: None }
    }

    /// The 95 % interval of the ratio.
    pub fn interval(&self) -> Option<Interval> {
        self.evidence?.interval()
    }

    /// What may be said of it: what the blocks allow where there are any. `None` without blocks.
    pub fn standing(&self) -> Option<Standing> {
        Some(self.evidence?.standing)
    }

    /// Whether the second stack is better, as far as that is known: by its blocks, or, without any, by more than 5 %.
    /// `None` when that can't be said.
    pub fn improved(&self) -> Option<bool> {
        if let Some(standing) = self.standing() {
            return match standing {
                Standing::Better => Some(true),
                Standing::Worse => Some(false),
                Standing::Same | Standing::Unclear { .. } => None,
            };
        }
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

/// When two stacks were loaded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Times {
    /// In turn: their blocks are pairs.
    Same,
    /// In two runs: their blocks belong to no pairs.
    Apart,
}

impl Times {
    fn pairs<'a>(self, first: &'a StackRecord, second: &'a StackRecord) -> Pairs<'a> {
        match self {
            Times::Same => Pairs::of(first, second),
            Times::Apart => Pairs::apart(first, second),
        }
    }
}

/// One metric of one stack over that of another, with what their blocks say. Routes may differ; `None` is all of them
/// together.
pub fn ratio(
    (first, first_route): (&StackRecord, Option<&str>),
    (second, second_route): (&StackRecord, Option<&str>),
    metric: Metric,
    margin: f64,
    times: Times,
) -> Ratio {
    let value = |stack: &StackRecord, name: Option<&str>| {
        let row = name.map_or(Some(&stack.total), |name| route(stack, name));
        row.and_then(|row| metric.of(stack, row))
    };
    let row = Ratio::of(
        first_route.unwrap_or(ALL_ROUTES),
        metric,
        value(first, first_route),
        value(second, second_route),
    );
    let pairs = times.pairs(first, second);
    with_evidence(vec![row], |_| pairs.estimates(first_route, second_route, metric), margin).remove(0)
}

/// How far one stack's metric is above so many times that of another, from their blocks: what a ratio cannot say of error
/// rates that are zero. `None` where the blocks are too few or too short.
pub fn excess(
    (first, first_route): (&StackRecord, Option<&str>),
    (second, second_route): (&StackRecord, Option<&str>),
    metric: Metric,
    factor: f64,
    times: Times,
) -> Option<Estimate> {
    times.pairs(first, second).excess(first_route, second_route, metric, factor)
}

/// That the blocks of two stacks are too few for any interval, in a clause; `None` where they are enough.
pub fn too_few_blocks(first: &StackRecord, second: &StackRecord, times: Times) -> Option<String> {
    times.pairs(first, second).basis().too_few()
}

/// Adds what blocks say to rows of one metric; those of several routes are a family.
fn with_evidence(
    mut rows: Vec<Ratio>,
    estimates: impl Fn(&Ratio) -> Option<(Option<Estimate>, Estimate)>,
    margin: f64,
) -> Vec<Ratio> {
    let found: Vec<Option<(Option<Estimate>, Estimate)>> = rows.iter().map(estimates).collect();
    let raw = |(log, difference): &(Option<Estimate>, Estimate)| log.as_ref().unwrap_or(difference).p;
    let p = stats::holm(&found.iter().flatten().map(raw).collect::<Vec<_>>());
    let found = found.into_iter().zip(&mut rows).filter_map(|(found, row)| Some((found?, row)));
    for (((log_ratio, difference), row), p) in found.zip(p) {
        let standing = match &log_ratio {
            Some(log) => Standing::of(row.metric, stats::judge(log, p, margin)),
            None => Standing::of_difference(row.metric, &difference, p),
        };
        if let Some(log) = &log_ratio {
            row.ratio = Some(log.point.exp());
        }
        row.evidence = Some(Evidence { log_ratio, difference, p, standing });
    }
    rows
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
