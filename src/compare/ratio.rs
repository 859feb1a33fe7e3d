//! One metric of one route on two stacks, and what their blocks say of it.

use super::pairs::Pairs;
use super::{ALL_ROUTES, Metric, Standing, route};
use crate::record::StackRecord;
use crate::stats::{self, Estimate, Interval};

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
    pub(super) fn of(route: &str, metric: Metric, first: Option<f64>, second: Option<f64>) -> Self {
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
pub(super) fn with_evidence(
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
