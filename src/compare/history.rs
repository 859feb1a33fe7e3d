//! A run beside those before it: where runs are many, each is one value, and what they differ by among themselves says how
//! much a new one may.

use super::{ALL_ROUTES, Metric, other_load, route, route_names};
use crate::record::past::{Load, Past, Source};
use crate::record::{Record, RouteRecord, StackRecord};
use crate::stats::{self, ChangePoint};

/// Metrics that a history is searched in for changes.
const WATCHED: [Metric; 6] =
    [Metric::P50, Metric::P95, Metric::P99, Metric::Throughput, Metric::CpuPer1k, Metric::Rss];

/// A metric of one run of the past; `None` where it was not measured or its generator was the limit.
pub fn past_value(past: &Past, stack: &str, of: Option<&str>, metric: Metric) -> Option<f64> {
    match &past.source {
        Source::Record(record) => {
            let stack = record.stacks.iter().find(|s| s.name == stack)?;
            value(stack, of, metric)
        }
        Source::Summary(summary) => {
            let stack = summary.stacks.iter().find(|s| s.name == stack)?;
            let sound = stack.failure.is_none() && !stack.generator_saturated;
            let figures = match of {
                None => &stack.figures,
                Some(name) => &stack.routes.iter().find(|route| route.name == name)?.figures,
            };
            figures.get(metric.name()).copied().filter(|_| sound)
        }
    }
}

fn value(stack: &StackRecord, of: Option<&str>, metric: Metric) -> Option<f64> {
    let row: Option<&RouteRecord> = match of {
        None => Some(&stack.total),
        Some(name) => route(stack, name),
    };
    let sound = stack.failure.is_none() && !stack.generator.saturated;
    metric.of(stack, row.filter(|_| sound)?)
}

/// A change within the history of runs, of which the run at hand is the last.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// The stack.
    pub stack: String,
    /// Route, or `all`.
    pub route: String,
    /// What changed.
    pub metric: Metric,
    /// The first run after the change.
    pub since: String,
    /// Mean after over mean before.
    pub ratio: f64,
    /// How likely so clear a change is when the order of the runs says nothing, corrected for all that was looked at.
    pub p: f64,
}

/// Changes over the whole runs of one machine under one load, and then the run at hand, the surest first.
pub fn changes(record: &Record, past: &[Past]) -> Vec<Change> {
    if record.partial.is_some() {
        return Vec::new();
    }
    let same = |run: &&Past| {
        run.machine().is(&record.machine)
            && run.partial().is_none()
            && other_load(run.load(), Load::from(&record.load)).is_none()
    };
    let past: Vec<&Past> = Past::beside(record, past).into_iter().filter(same).collect();
    let mut found: Vec<(Change, f64)> = Vec::new();
    for stack in &record.stacks {
        let names = std::iter::once(None).chain(route_names([stack]).into_iter().map(Some));
        for of in names {
            for metric in WATCHED.into_iter().filter(|metric| of.is_none() || !metric.is_stack_wide()) {
                let before =
                    past.iter().map(|run| (run.name.as_str(), past_value(run, &stack.name, of, metric)));
                let runs: Vec<(&str, f64)> = before
                    .chain([("this run", value(stack, of, metric))])
                    .filter_map(|(name, value)| Some((name, value.filter(|value| *value > 0.0)?.ln())))
                    .collect();
                let values: Vec<f64> = runs.iter().map(|(_, value)| *value).collect();
                let Some(ChangePoint { at, shift, p }) = stats::change_point(&values, 1) else { continue };
                let change = Change {
                    stack: stack.name.clone(),
                    route: of.unwrap_or(ALL_ROUTES).to_owned(),
                    metric,
                    since: runs[at].0.to_owned(),
                    ratio: shift.exp(),
                    p,
                };
                found.push((change, p));
            }
        }
    }
    let p = stats::holm(&found.iter().map(|(_, p)| *p).collect::<Vec<_>>());
    let margin = record.judging.margin.ln_1p();
    let mut found: Vec<Change> = found
        .into_iter()
        .zip(p)
        .map(|((change, _), p)| Change { p, ..change })
        .filter(|change| change.p < 0.05 && change.ratio.ln().abs() > margin)
        .collect();
    found.sort_by(|a, b| a.p.total_cmp(&b.p).then(b.ratio.ln().abs().total_cmp(&a.ratio.ln().abs())));
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture;

    /// Runs whose median of prod is multiplied by these.
    fn history(factors: &[f64]) -> Vec<Past> {
        let run = |(n, factor): (usize, &f64)| {
            let mut record = fixture::two_stacks();
            record.started = "2026-02-28T12:00:00Z".parse().unwrap();
            record.stacks[1].total.response.p50_ms = Some(10.0 * factor);
            Past { name: format!("run {n}"), source: Source::Record(Box::new(record)) }
        };
        factors.iter().enumerate().map(run).collect()
    }

    #[test]
    fn a_step_in_the_history_is_found_and_named() {
        let wave = |n: u32| 1.0 + 0.005 * f64::from(n % 3);
        let factors: Vec<f64> = (0..24).map(|n| if n < 14 { wave(n) } else { 1.3 * wave(n) }).collect();
        let mut record = fixture::two_stacks();
        record.stacks[1].total.response.p50_ms = Some(13.0);
        let found = changes(&record, &history(&factors));
        assert_eq!(found.len(), 1, "{found:?}");
        let change = &found[0];
        assert_eq!(
            (change.stack.as_str(), change.route.as_str(), change.metric),
            ("prod", "all", Metric::P50)
        );
        assert_eq!(change.since, "run 14");
        assert!((change.ratio - 1.3).abs() < 0.02, "{change:?}");
    }

    #[test]
    fn noise_and_other_machines_are_no_change() {
        let factors: Vec<f64> = (0..24).map(|n| 1.0 + 0.01 * f64::from(n * 7 % 5)).collect();
        let mut record = fixture::two_stacks();
        record.stacks[1].total.response.p50_ms = Some(10.2);
        assert_eq!(changes(&record, &history(&factors)), []);
        record.stacks[1].total.response.p50_ms = Some(20.0);
        record.machine.cores = 1;
        assert_eq!(changes(&record, &history(&factors)), []);
    }

    #[test]
    fn what_was_cut_short_is_no_part_of_a_history() {
        let factors: Vec<f64> = (0..24).map(|n| if n < 14 { 1.0 } else { 1.3 }).collect();
        let mut record = fixture::two_stacks();
        record.stacks[1].total.response.p50_ms = Some(13.0);
        let mut runs = history(&factors);
        assert_eq!(changes(&record, &runs).len(), 1);
        for run in &mut runs[14..] {
            let Source::Record(record) = &mut run.source else { panic!() };
            record.partial = Some("interrupted".into());
        }
        assert_eq!(changes(&record, &runs), [], "one run alone is no change");
        record.partial = Some("interrupted".into());
        assert_eq!(changes(&record, &history(&factors)), []);
        record.partial = None;
        record.load.summary = "closed model, 9 users".into();
        assert_eq!(changes(&record, &history(&factors)), [], "nor is another load");
    }

    #[test]
    fn a_summary_has_the_figures_of_its_record() {
        let record = fixture::two_stacks();
        let document = crate::report::Document::of(&record);
        let short = crate::report::summary::summary(&document);
        let whole = Past { name: "r".into(), source: Source::Record(Box::new(record.clone())) };
        let short = Past { name: "s".into(), source: Source::Summary(Box::new(short)) };
        for (of, metric) in [(None, Metric::P99), (Some("notes"), Metric::P95), (None, Metric::Rss)] {
            let (a, b) = (past_value(&whole, "prod", of, metric), past_value(&short, "prod", of, metric));
            assert!((a.unwrap() / b.unwrap() - 1.0).abs() < 1e-4, "{metric:?}: {a:?} {b:?}");
        }
        assert_eq!(past_value(&short, "prod", Some("none"), Metric::P50), None);
    }
}
