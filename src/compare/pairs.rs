//! The blocks of two stacks, joined to sections that are long enough for a metric, and what they estimate.

use hdrhistogram::Histogram;

use super::{Basis, Metric};
use crate::record::latency::SAMPLES_BEYOND;
use crate::record::{BlockRecord, BlockRoute, StackRecord};
use crate::stats::{self, DistributionTest, Estimate, Interval};

/// Seed of every resample: the same blocks give the same interval.
const SEED: u64 = 1;
/// CPU-seconds of a section below which the system's ticks (a hundredth of a second) are too coarse.
const ENOUGH_CPU: f64 = 0.1;
/// Bins of the test of distributions, at quantiles of all samples.
const BINS: usize = 50;

/// What a section of blocks has of one route.
struct Section {
    requests: u64,
    errors: u64,
    wall_s: f64,
    cpu_s: Option<f64>,
    rss: Option<f64>,
    response: Histogram<u64>,
}

/// Blocks of two stacks.
pub(super) struct Pairs<'a> {
    first: Vec<&'a BlockRecord>,
    second: Vec<&'a BlockRecord>,
    paired: bool,
}

impl<'a> Pairs<'a> {
    /// The rounds that both stacks have.
    pub(super) fn of(first: &'a StackRecord, second: &'a StackRecord) -> Self {
        let both = first.blocks.iter().filter_map(|a| {
            let b = second.blocks.iter().find(|b| b.round == a.round)?;
            Some((a, b))
        });
        let (first, second) = both.unzip();
        Pairs { first, second, paired: true }
    }

    /// All blocks of two stacks that ran at two times.
    pub(super) fn apart(first: &'a StackRecord, second: &'a StackRecord) -> Self {
        Pairs { first: first.blocks.iter().collect(), second: second.blocks.iter().collect(), paired: false }
    }

    pub(super) fn basis(&self) -> Basis {
        match (self.first.len().min(self.second.len()), self.paired) {
            (0, _) => Basis::Nothing,
            (n, true) => Basis::Pairs(n),
            (n, false) => Basis::Apart(n),
        }
    }

    /// The logarithm of the ratio and the difference of a metric; `None` where the blocks are too few or too short, and
    /// for what has no estimate (the largest value, a capacity, and peak memory: it only grows over a run, so that its blocks
    /// are not independent).
    pub(super) fn estimates(
        &self,
        first: Option<&str>,
        second: Option<&str>,
        metric: Metric,
    ) -> Option<(Option<Estimate>, Estimate)> {
        if matches!(metric, Metric::Max | Metric::Capacity | Metric::Rss) {
            return None;
        }
        let a = Measured::of(&self.first, first)?;
        let b = Measured::of(&self.second, second)?;
        let positive = |(a, b): &(Vec<f64>, Vec<f64>)| a.iter().chain(b).all(|value| *value > 0.0);
        let logs = |values: &[f64]| values.iter().map(|value| value.ln()).collect::<Vec<_>>();
        // A ratio of error rates needs errors; their difference only requests.
        let ratio = match self.values(&a, &b, metric, metric.counts(true)).filter(positive) {
            // Where next to nothing is known its end is no number.
            Some((a, b)) => {
                Some(self.estimate(&logs(&a), &logs(&b)).filter(|of| of.interval.high.exp().is_finite())?)
            }
            None => None,
        };
        let (left, right) = self.values(&a, &b, metric, metric.counts(false))?;
        let mut difference = self.estimate(&left, &right)?;
        if metric == Metric::Errors && [&left, &right].into_iter().all(|side| all_or_none(side)) {
            let around = |risk: f64| {
                let most = a.none_of(risk).max(b.none_of(risk));
                let end = |value: f64| value.clamp(-1.0, 1.0);
                Interval { low: end(difference.point - most), high: end(difference.point + most) }
            };
            (difference.interval, difference.narrow) = (around(0.025), around(0.05));
        }
        Some((ratio, difference))
    }

    /// The second less so many times the first.
    pub(super) fn excess(
        &self,
        first: Option<&str>,
        second: Option<&str>,
        metric: Metric,
        times: f64,
    ) -> Option<Estimate> {
        let a = Measured::of(&self.first, first)?;
        let b = Measured::of(&self.second, second)?;
        let (a, b) = self.values(&a, &b, metric, metric.counts(false))?;
        self.estimate(&a.iter().map(|value| value * times).collect::<Vec<_>>(), &b)
    }

    fn estimate(&self, a: &[f64], b: &[f64]) -> Option<Estimate> {
        if self.paired {
            let differences: Vec<f64> = a.iter().zip(b).map(|(a, b)| b - a).collect();
            stats::paired(&differences, SEED)
        } else {
            stats::unpaired(a, b, SEED)
        }
    }

    /// The metric of each section of both stacks.
    fn values(
        &self,
        a: &Measured,
        b: &Measured,
        metric: Metric,
        enough: Enough,
    ) -> Option<(Vec<f64>, Vec<f64>)> {
        let (left, right) = (a.counts(enough), b.counts(enough));
        let (left, right) = if self.paired {
            let both: Vec<f64> = left.iter().zip(&right).map(|(a, b)| a.min(*b)).collect();
            let length = stats::sections(&both, enough.wanted())?;
            (length, length)
        } else {
            (stats::sections(&left, enough.wanted())?, stats::sections(&right, enough.wanted())?)
        };
        Some((a.values(left, metric)?, b.values(right, metric)?))
    }

    /// The test of whole distributions of one route, or all, and the response time in milliseconds where they are
    /// furthest apart. Only of pairs: blocks of two times may not be exchanged.
    pub(super) fn distribution(&self, route: Option<&str>) -> Option<(DistributionTest, f64)> {
        if !self.paired {
            return None;
        }
        let (a, b) = (Measured::of(&self.first, route)?, Measured::of(&self.second, route)?);
        let mut all = crate::engine::histogram();
        for section in a.blocks.iter().chain(&b.blocks) {
            // Histograms of one program have the same bounds, and the sum resizes itself.
            all.add(&section.response).ok()?;
        }
        let mut edges: Vec<u64> =
            (1..=BINS).map(|at| all.value_at_quantile(at as f64 / BINS as f64)).collect();
        edges.dedup();
        let binned = |section: &Section| {
            let mut counts = vec![0; edges.len()];
            for value in section.response.iter_recorded() {
                let bin = edges.partition_point(|edge| *edge < value.value_iterated_to());
                if let Some(count) = counts.get_mut(bin.min(edges.len().saturating_sub(1))) {
                    *count += value.count_at_value();
                }
            }
            counts
        };
        let pairs: Vec<(Vec<u64>, Vec<u64>)> =
            a.blocks.iter().zip(&b.blocks).map(|(a, b)| (binned(a), binned(b))).collect();
        let test = stats::distribution_test(&pairs, SEED)?;
        Some((test, edges.get(test.bin).map_or(0.0, |edge| *edge as f64 / 1e6)))
    }
}

/// Whether every request failed or every one did not, in which case blocks have no spread.
fn all_or_none(rates: &[f64]) -> bool {
    [0.0, 1.0].iter().any(|all| rates.iter().all(|rate| rate == all))
}

/// What has to be in a section.
#[derive(Debug, Clone, Copy)]
enum Enough {
    /// Good answers beyond a quantile.
    Beyond(f64),
    Requests,
    Errors,
    Cpu,
    Memory,
}

impl Enough {
    fn wanted(self) -> f64 {
        match self {
            Enough::Cpu => ENOUGH_CPU,
            Enough::Memory => 1.0,
            // The margin keeps 500 × (1 − 0.99) = 4.999…96 on the right side.
            _ => SAMPLES_BEYOND - 1e-6,
        }
    }

    fn of(self, section: &Section) -> f64 {
        match self {
            Enough::Beyond(share) => section.response.len() as f64 * share,
            Enough::Requests => section.requests as f64,
            Enough::Errors => section.errors as f64,
            Enough::Cpu => section.cpu_s.unwrap_or(0.0),
            Enough::Memory => f64::from(u8::from(section.rss.is_some())),
        }
    }
}

impl Metric {
    fn counts(self, ratio: bool) -> Enough {
        match self {
            Metric::Throughput => Enough::Requests,
            Metric::Errors if ratio => Enough::Errors,
            Metric::Errors => Enough::Requests,
            Metric::CpuPer1k => Enough::Cpu,
            Metric::Rss => Enough::Memory,
            latency => Enough::Beyond(latency.quantile().map_or(1.0, |q| 1.0 - q)),
        }
    }

    fn of_section(self, section: &Section) -> Option<f64> {
        match self {
            Metric::Throughput => {
                (section.wall_s > 0.0).then(|| section.response.len() as f64 / section.wall_s)
            }
            Metric::Errors => (section.requests > 0).then(|| section.errors as f64 / section.requests as f64),
            Metric::CpuPer1k => {
                section.cpu_s.filter(|_| section.requests > 0).map(|cpu| cpu / section.requests as f64 * 1e3)
            }
            Metric::Rss => section.rss,
            Metric::Mean => Some(section.response.mean() / 1e6),
            latency => Some(section.response.value_at_quantile(latency.quantile()?) as f64 / 1e6),
        }
    }
}

/// The blocks of one stack for one route.
struct Measured {
    blocks: Vec<Section>,
}

impl Measured {
    /// `None` without blocks, or where one has no such route or a damaged histogram.
    fn of(blocks: &[&BlockRecord], route: Option<&str>) -> Option<Self> {
        let section = |block: &&BlockRecord| {
            let of: &BlockRoute = match route {
                None => &block.total,
                Some(name) => block.route(name)?,
            };
            let response =
                if of.response.count == 0 { crate::engine::histogram() } else { of.response.decode()? };
            Some(Section {
                requests: of.requests,
                errors: of.errors,
                wall_s: block.wall_s,
                cpu_s: block.cpu_s,
                rss: block.peak_rss_bytes.map(|bytes| bytes as f64),
                response,
            })
        };
        let blocks: Option<Vec<Section>> = blocks.iter().map(section).collect();
        Some(Measured { blocks: blocks.filter(|blocks| !blocks.is_empty())? })
    }

    /// The share of requests that may fail (or not) although none did, at this risk.
    fn none_of(&self, risk: f64) -> f64 {
        stats::unseen_share(self.blocks.iter().map(|block| block.requests).sum(), risk)
    }

    fn counts(&self, enough: Enough) -> Vec<f64> {
        self.blocks.iter().map(|block| enough.of(block)).collect()
    }

    /// The metric of each section of so many blocks; those left over at the end join the last.
    fn values(&self, length: usize, metric: Metric) -> Option<Vec<f64>> {
        let whole = self.blocks.len() / length;
        (0..whole)
            .map(|at| {
                let end = if at + 1 == whole { self.blocks.len() } else { (at + 1) * length };
                metric.of_section(&joined(&self.blocks[at * length..end])?)
            })
            .collect()
    }
}

fn joined(blocks: &[Section]) -> Option<Section> {
    let mut response = crate::engine::histogram();
    for block in blocks {
        response.add(&block.response).ok()?;
    }
    Some(Section {
        requests: blocks.iter().map(|block| block.requests).sum(),
        errors: blocks.iter().map(|block| block.errors).sum(),
        wall_s: blocks.iter().map(|block| block.wall_s).sum(),
        cpu_s: blocks.iter().map(|block| block.cpu_s).sum(),
        rss: blocks.iter().map(|block| block.rss).try_fold(0.0, |most: f64, rss| Some(most.max(rss?))),
        response,
    })
}
