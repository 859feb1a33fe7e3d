//! Each route in a row, and the errors of those that failed.

use super::layout::pad;
use super::{BAD, ERRORS, FAINT, GOOD, Page};
use crate::compare::{self, Comparison, Metric, quantity};
use crate::record::StackRecord;
use crate::report::figure::{classes, shown};
use crate::report::{Document, foreign, ratios};

/// Routes shown before "more in the report".
const ROUTES: usize = 20;
/// Cells of a route's name with what stands before it, and of a figure.
const NAME: usize = 26;
const COLUMN: usize = 11;
/// The same of two stacks and their ratio, which stand closer.
const PAIR_NAME: usize = 24;
const PAIR_COLUMN: usize = 9;

impl Page<'_> {
    pub(super) fn routes(&mut self, document: &Document<'_>) {
        let stacks = &document.record.stacks;
        let names = compare::route_names(stacks);
        if names.is_empty() || !document.has_figures() {
            return;
        }
        self.section("Routes", if stacks.len() > 2 { "median response time" } else { "" });
        let absent = match &document.comparisons[..] {
            [only] if stacks.len() == 2 => self.pair(stacks, only, &names),
            _ => self.each(stacks, &names),
        };
        if names.len() > ROUTES {
            let more = format!("  … and {} more routes in the report", names.len() - ROUTES);
            let more = self.paint(FAINT, &more);
            self.line(&more);
        }
        if absent {
            let note = self.paint(FAINT, "  – not measured, or too few samples to say");
            self.line(&note);
        }
        for comparison in &document.comparisons {
            if let Some(short) = ratios::shortfall(document, comparison, Metric::P99) {
                self.paragraph("  ", 2, &short);
            }
        }
    }

    /// Two stacks: each metric of both beside its ratio. Says whether a number is absent.
    fn pair(&mut self, stacks: &[StackRecord], comparison: &Comparison, names: &[&str]) -> bool {
        let failed = stacks.iter().flat_map(|stack| &stack.routes).any(|route| !route.errors.is_empty());
        let group = |metric: Metric| if metric == Metric::Errors { 2 * PAIR_COLUMN } else { 3 * PAIR_COLUMN };
        let mut room = self.look.width - PAIR_NAME;
        let mut metrics = vec![Metric::P50, Metric::P99];
        metrics.extend(failed.then_some(Metric::Errors));
        metrics.retain(|metric| {
            let fits = room >= group(*metric);
            room -= if fits { group(*metric) } else { 0 };
            fits
        });
        let (mut over, mut head) = (" ".repeat(PAIR_NAME), " ".repeat(PAIR_NAME));
        for metric in &metrics {
            over.push_str(&format!("{:>width$}", metric.title(), width = group(*metric)));
            for stack in stacks {
                head.push_str(&format!("{:>PAIR_COLUMN$}", foreign::line(&stack.name, 7)));
            }
            if *metric != Metric::Errors {
                let base = foreign::line(&comparison.first, 5);
                head.push_str(&format!("{:>PAIR_COLUMN$}", format!("/ {base}")));
            }
        }
        for row in [over, head] {
            let row = self.paint(FAINT, row.trim_end());
            self.line(&row);
        }
        let (mut absent, mut unsure) = (false, false);
        for name in names.iter().take(ROUTES) {
            let mut line = pad(&format!("  {}", foreign::line(name, 21)), PAIR_NAME);
            for metric in &metrics {
                for stack in stacks {
                    let value = compare::route(stack, name).and_then(|route| metric.of(stack, route));
                    absent |= value.is_none() && stack.failure.is_none();
                    let text = format!("{:>PAIR_COLUMN$}", shown(*metric, value));
                    let bad = *metric == Metric::Errors && value.is_some_and(|share| share > 0.0);
                    line.push_str(&if bad { self.paint(BAD, &text) } else { text });
                }
                if *metric == Metric::Errors {
                    continue;
                }
                let row = comparison.row(name, *metric).and_then(|row| Some((row, row.ratio?)));
                let Some((row, ratio)) = row else {
                    line.push_str(&" ".repeat(PAIR_COLUMN));
                    continue;
                };
                let mark = if ratios::is_unsure(row) { "?" } else { "" };
                unsure |= !mark.is_empty();
                let text = format!("{:>PAIR_COLUMN$}", format!("{}{mark}", quantity::ratio(ratio)));
                line.push_str(&match row.improved().filter(|_| mark.is_empty()) {
                    Some(better) => self.paint(if better { GOOD } else { BAD }, &text),
                    None => text,
                });
            }
            self.line(&line);
        }
        if unsure {
            let note = self.paint(FAINT, "  ? the ratio alone: its interval is missing or too wide to tell");
            self.line(&note);
        }
        absent
    }

    /// One stack, or more than two: as many metrics as fit. Says whether a number is absent.
    fn each(&mut self, stacks: &[StackRecord], names: &[&str]) -> bool {
        let room = (self.look.width - NAME) / COLUMN;
        let metrics: &[Metric] = match stacks.len() {
            1 if room >= 6 => {
                &[Metric::P50, Metric::P95, Metric::P99, Metric::Max, Metric::Throughput, Metric::Errors]
            }
            1 => &[Metric::P50, Metric::P99, Metric::Errors],
            _ => &[Metric::P50],
        };
        let stacks = &stacks[..stacks.len().min(room)];
        let (mut over, mut head) = (" ".repeat(NAME), " ".repeat(NAME));
        for stack in stacks {
            over.push_str(&format!("{:>COLUMN$}", foreign::line(&stack.name, 9)));
            for metric in metrics {
                head.push_str(&format!("{:>COLUMN$}", metric.title()));
            }
        }
        let row = self.paint(FAINT, if stacks.len() > 1 { &over } else { &head });
        self.line(&row);
        let mut absent = false;
        for name in names.iter().take(ROUTES) {
            let mut row = pad(&format!("  {}", foreign::line(name, 22)), NAME);
            for stack in stacks {
                let route = compare::route(stack, name);
                for metric in metrics {
                    let value = route.and_then(|route| metric.of(stack, route));
                    absent |= value.is_none() && stack.failure.is_none();
                    let text = format!("{:>COLUMN$}", shown(*metric, value));
                    let bad = *metric == Metric::Errors && value.is_some_and(|share| share > 0.0);
                    row.push_str(&if bad { self.paint(BAD, &text) } else { text });
                }
            }
            self.line(&row);
        }
        absent
    }

    pub(super) fn errors(&mut self, document: &Document<'_>) {
        let mut rows = Vec::new();
        for stack in &document.record.stacks {
            for (at, route) in stack.routes.iter().enumerate().filter(|(_, route)| !route.errors.is_empty()) {
                let example = stack.samples.iter().find(|sample| sample.route == at);
                let example = example.map(|sample| format!(" — {}", foreign::line(&sample.message, 120)));
                rows.push(format!(
                    "{} {}: {} of {}{}",
                    foreign::line(&stack.name, 18),
                    foreign::line(&route.name, 24),
                    classes(route),
                    quantity::count(route.requests),
                    example.unwrap_or_default()
                ));
            }
        }
        if rows.is_empty() {
            return;
        }
        self.section("Errors", "by class");
        self.list(&rows, ERRORS, "routes with errors");
    }
}
