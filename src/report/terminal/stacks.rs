//! The stacks beside each other, all routes together, and how sure their ratios are.

use anstyle::Style;

use super::layout::{BAR, bar, pad};
use super::{BAD, DOUBT, FAINT, GOOD, Page};
use crate::compare::{self, Metric, Ratio, quantity};
use crate::record::StackRecord;
use crate::report::figure::{headline_metrics, shown};
use crate::report::{Document, foreign, ratios};

/// Cells of what a row is about with what stands before it, of a figure, of a figure with its bar, and of a ratio.
const NAME: usize = 20;
const FIGURE: usize = 11;
const BARRED: usize = FIGURE + BAR;
const RATIO: usize = 9;

impl Page<'_> {
    pub(super) fn headline(&mut self, document: &Document<'_>) {
        let stacks = &document.record.stacks;
        if !document.has_figures() {
            return;
        }
        let metrics = headline_metrics(document);
        self.section("Stacks", document.basis());
        if NAME + stacks.len() * (BARRED + RATIO) - RATIO > self.look.width {
            return self.stacked(stacks, &metrics);
        }
        let mut head = " ".repeat(NAME);
        for (at, stack) in stacks.iter().enumerate() {
            head.push_str(&pad(&foreign::line(&stack.name, 18), BARRED));
            if at > 0 {
                let base = foreign::line(&stacks[0].name, 5);
                head.push_str(&format!("{:>8} ", format!("/ {base}")));
            }
        }
        let head = self.paint(FAINT, &head);
        self.line(&head);
        for metric in &metrics {
            let values: Vec<Option<f64>> =
                stacks.iter().map(|stack| metric.of(stack, &stack.total)).collect();
            let most = values.iter().flatten().copied().fold(0.0, f64::max);
            let mut row = pad(&format!("  {}", metric.title()), NAME);
            for (at, value) in values.iter().enumerate() {
                row.push_str(&format!("{:>10} ", shown(*metric, *value)));
                row.push_str(&self.paint(FAINT, &bar(*value, most)));
                if at > 0 {
                    let comparison = document.comparisons.get(at - 1);
                    row.push_str(&self.ratio(comparison.and_then(|c| c.row(compare::ALL_ROUTES, *metric))));
                }
            }
            self.line(&row);
            if metric.quantile().is_some_and(|q| q > 0.5) {
                let mut row = pad(&format!("  {} from the send", metric.title()), NAME);
                for (at, stack) in stacks.iter().enumerate() {
                    let value = shown(*metric, metric.of_latency(&stack.total.service));
                    row.push_str(&pad(&format!("{value:>10}"), BARRED));
                    if at > 0 {
                        row.push_str(&pad("", RATIO));
                    }
                }
                let row = self.paint(FAINT, row.trim_end());
                self.line(&row);
            }
        }
    }

    /// What the blocks say of each ratio.
    pub(super) fn ratios(&mut self, document: &Document<'_>) {
        for comparison in &document.comparisons {
            let lines = ratios::overall(comparison);
            if lines.is_empty() {
                continue;
            }
            let (second, first) = (&comparison.second, &comparison.first);
            let title = format!("{} / {}", foreign::line(second, 24), foreign::line(first, 24));
            self.section(&title, &ratios::basis(comparison));
            for line in lines {
                let style = match line.good {
                    Some(true) => GOOD,
                    Some(false) => BAD,
                    None => Style::new(),
                };
                let row = format!(
                    "  {}{:>9}   {:<22} {}",
                    pad(&line.title, 18),
                    line.ratio,
                    line.interval,
                    self.paint(style, &line.word)
                );
                self.line(&row);
            }
            for sentence in ratios::told(comparison) {
                self.paragraph("  ", 2, &sentence);
            }
        }
        for doubt in ratios::doubts(document) {
            let doubt = self.paint(DOUBT, &doubt);
            self.paragraph("  ", 2, &doubt);
        }
    }

    /// More stacks than fit beside each other: one a line, and as many figures as fit.
    fn stacked(&mut self, stacks: &[StackRecord], metrics: &[Metric]) {
        let room = self.look.width - NAME;
        let metrics = &metrics[..metrics.len().min(room / FIGURE)];
        let column = (room / metrics.len().max(1)).min(13);
        let mut head = " ".repeat(NAME);
        for metric in metrics {
            head.push_str(&format!("{:>column$}", short(*metric)));
        }
        let head = self.paint(FAINT, &head);
        self.line(&head);
        for stack in stacks {
            let mut row = pad(&format!("  {}", foreign::line(&stack.name, 17)), NAME);
            for metric in metrics {
                row.push_str(&format!("{:>column$}", shown(*metric, metric.of(stack, &stack.total))));
            }
            self.line(&row);
        }
    }

    fn ratio(&self, row: Option<&Ratio>) -> String {
        let Some((row, ratio)) = row.and_then(|row| Some((row, row.ratio?))) else { return pad("", RATIO) };
        let text = format!("{:>8} ", quantity::ratio(ratio));
        match row.improved() {
            Some(true) => self.paint(GOOD, &text),
            Some(false) => self.paint(BAD, &text),
            None => text,
        }
    }
}

fn short(metric: Metric) -> &'static str {
    match metric {
        Metric::P50 => "median",
        Metric::Rss => "memory",
        other => other.name(),
    }
}
