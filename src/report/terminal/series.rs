//! The searches and sweeps: each load in a row.

use super::{BAD, DOUBT, FAINT, GOOD, Page};
use crate::capacity;
use crate::compare::{Metric, quantity};
use crate::record::{Phase, ProbeRecord, ProbeVerdict};
use crate::report::figure::shown;
use crate::report::{Document, foreign, series};

impl Page<'_> {
    /// The searches and sweeps: each probe in a row.
    pub(super) fn series(&mut self, document: &Document<'_>) {
        for (_, stack, capacity) in series::searches(document.record) {
            let name = foreign::line(&stack.name, 18);
            self.section(&format!("Capacity of {name}"), &capacity::interval(capacity));
            let metric = series::latency_limit(capacity).map_or(Metric::P99, |(metric, _)| metric);
            self.probes("wanted", metric, &capacity.probes);
            self.paragraph("  ", 2, &series::knee(capacity));
        }
        for (_, stack, sweep) in series::sweeps(document.record) {
            self.section(&format!("Users on {}", foreign::line(&stack.name, 18)), "");
            self.probes("users", Metric::P99, &sweep.probes);
            self.paragraph("  ", 2, &series::growth(sweep));
        }
    }

    fn probes(&mut self, level: &str, metric: Metric, probes: &[ProbeRecord]) {
        let tail = metric.name();
        let head = format!("  {level:>9}{:>11}{:>11}{tail:>11}{:>9}  ", "good", "median", "errors");
        let head = self.paint(FAINT, &head);
        self.line(&head);
        let mut sorted: Vec<&ProbeRecord> = probes.iter().collect();
        sorted.sort_by(|a, b| a.level.total_cmp(&b.level));
        for probe in sorted {
            let (style, word) = match probe.verdict {
                ProbeVerdict::Pass => (GOOD, "✓ holds"),
                ProbeVerdict::Fail => (BAD, "✗ fails"),
                ProbeVerdict::Measured => (FAINT, ""),
                other => (DOUBT, other.name()),
            };
            let level = if probe.phase == Phase::Level {
                format!("{}", probe.level)
            } else {
                format!("{}/s", quantity::rate(probe.level))
            };
            let row = format!(
                "  {level:>9}{:>11}{:>11}{:>11}{:>9}  {}",
                format!("{}/s", quantity::rate(probe.reached_rps)),
                shown(Metric::P50, probe.p50_ms),
                shown(metric, series::of(metric, probe)),
                shown(Metric::Errors, probe.error_rate()),
                self.paint(style, word)
            );
            self.line(&row);
        }
    }
}
