//! The run in a file small enough to be committed.

use std::collections::BTreeMap;

use super::{Document, finding, foreign};
use crate::compare::{Comparison, Metric, Ratio};
use crate::record::summary::{
    Figures, FindingSummary, GateSummary, RatioSummary, RouteSummary, SUMMARY_VERSION, StackSummary, Summary,
};
use crate::record::{Machine, Record, RouteRecord, StackRecord, Tool};

/// The summary, pretty-printed, so that a change of a figure is a change of a line.
pub fn render(document: &Document<'_>) -> String {
    // A struct with text keys and finite numbers always serialises.
    serde_json::to_string_pretty(&summary(document)).unwrap_or_default() + "\n"
}

/// The document in short.
pub fn summary(document: &Document<'_>) -> Summary {
    let record = document.record;
    Summary {
        summary_version: SUMMARY_VERSION,
        tool: Tool { name: line(&record.tool.name), version: line(&record.tool.version) },
        title: line(&record.title),
        scenario: line(&record.scenario.slug),
        started: record.started,
        status: document.status_word().to_owned(),
        partial: record.partial.as_deref().map(line),
        machine: Machine {
            os: line(&record.machine.os),
            cpu: line(&record.machine.cpu),
            ..record.machine.clone()
        },
        // Whole: a run is held against runs of the same words.
        load: foreign::line(&record.load.summary, foreign::BLOCK),
        shares: record.load.shares.iter().map(|(name, share)| (line(name), rounded(*share))).collect(),
        gates: document
            .gates
            .iter()
            .map(|gate| GateSummary { gate: line(&gate.text), verdict: gate.verdict.name().to_owned() })
            .collect(),
        stacks: record.stacks.iter().map(|of| stack(record, of)).collect(),
        ratios: document.comparisons.iter().flat_map(ratios).collect(),
    }
}

fn ratios(comparison: &Comparison) -> Vec<RatioSummary> {
    let of = |row: &Ratio| {
        let interval = row.interval().filter(|of| of.low.is_finite() && of.high.is_finite());
        Some(RatioSummary {
            first: line(&comparison.first),
            second: line(&comparison.second),
            metric: row.metric.name().to_owned(),
            ratio: rounded(row.ratio.filter(|ratio| ratio.is_finite())?),
            interval: interval.map(|of| (rounded(of.low), rounded(of.high))),
            standing: row.standing().map(|of| of.word(row.metric).to_owned()),
        })
    };
    comparison.headline().into_iter().filter_map(of).collect()
}

fn stack(record: &Record, stack: &StackRecord) -> StackSummary {
    let route = |route: &RouteRecord| RouteSummary {
        name: line(&route.name),
        requests: route.requests,
        figures: figures(stack, route, false),
    };
    let mut checks = BTreeMap::new();
    for outcome in record.audit.iter().filter(|outcome| outcome.stack == stack.name) {
        *checks.entry(finding::state(outcome).to_owned()).or_default() += 1;
    }
    let found = finding::findings(record);
    let findings = found.iter().filter(|outcome| outcome.stack == stack.name);
    StackSummary {
        name: line(&stack.name),
        role: stack.role,
        failure: stack.failure.as_deref().map(line),
        generator_saturated: stack.generator.saturated,
        requests: stack.total.requests,
        figures: figures(stack, &stack.total, true),
        routes: stack.routes.iter().map(route).collect(),
        checks,
        findings: findings
            .map(|outcome| FindingSummary {
                check: line(&outcome.check),
                revision: outcome.revision,
                severity: outcome.severity,
                places: outcome.places.len(),
            })
            .collect(),
    }
}

fn figures(stack: &StackRecord, route: &RouteRecord, wide: bool) -> Figures {
    Metric::ALL
        .into_iter()
        .filter(|metric| wide || !metric.is_stack_wide())
        .filter_map(|metric| Some((metric.name().to_owned(), rounded(metric.of(stack, route)?))))
        .collect()
}

/// Six significant digits: more is noise.
fn rounded(value: f64) -> f64 {
    format!("{value:.5e}").parse().unwrap_or(value)
}

fn line(text: &str) -> String {
    foreign::line(text, foreign::LINE)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture;

    #[test]
    fn is_read_as_it_was_written_and_stays_small() {
        for record in
            [fixture::two_stacks(), fixture::failed_stack(), fixture::searched(), fixture::hostile()]
        {
            let document = Document::of(&record);
            let text = render(&document);
            assert!(foreign::is_harmless(&text));
            assert_eq!(serde_json::from_str::<Summary>(&text).unwrap(), summary(&document));
        }
        let record = fixture::many_routes();
        let text = render(&Document::of(&record));
        assert!(text.len() < 64 * 1024, "{} bytes for sixty routes", text.len());
    }

    #[test]
    fn ratios_come_with_their_intervals() {
        let record = fixture::duet();
        let summary = summary(&Document::of(&record));
        let median = summary.ratios.iter().find(|of| of.metric == "p50").unwrap();
        let (low, high) = median.interval.unwrap();
        assert!(low < median.ratio && median.ratio < high, "{median:?}");
        assert_eq!(median.standing.as_deref(), Some("faster"));
    }

    #[test]
    fn what_is_unknown_is_absent() {
        let record = fixture::failed_stack();
        let summary = summary(&Document::of(&record));
        assert!(summary.stacks[1].figures.is_empty() && summary.stacks[1].failure.is_some());
        assert!(summary.stacks[0].figures.contains_key("p99"));
        assert!(!summary.stacks[0].routes[0].figures.contains_key("rss"), "the stack's alone");
        assert_eq!(summary.stacks[0].checks["fail"], 1);
        assert!(summary.ratios.is_empty(), "there is nothing to set beside it");
    }
}
