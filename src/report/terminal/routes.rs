//! Each route in a row, and the errors of those that failed.

use super::layout::pad;
use super::{BAD, ERRORS, FAINT, Page};
use crate::compare::{self, Metric, quantity};
use crate::report::figure::{classes, shown};
use crate::report::{Document, foreign};

/// Routes shown before "more in the report".
const ROUTES: usize = 20;
/// Cells of a route's name with what stands before it, and of a figure.
const NAME: usize = 26;
const COLUMN: usize = 11;

impl Page<'_> {
    pub(super) fn routes(&mut self, document: &Document<'_>) {
        let stacks = &document.record.stacks;
        let names = compare::route_names(stacks);
        if names.is_empty() || !document.has_figures() {
            return;
        }
        let room = (self.look.width - NAME) / COLUMN;
        let choices: &[&[Metric]] = match stacks.len() {
            1 => &[
                &[Metric::P50, Metric::P95, Metric::P99, Metric::Max, Metric::Throughput, Metric::Errors],
                &[Metric::P50, Metric::P99, Metric::Errors],
            ],
            2 => &[&[Metric::P50, Metric::P99, Metric::Errors], &[Metric::P50, Metric::P99], &[Metric::P50]],
            _ => &[&[Metric::P50]],
        };
        let fits = |metrics: &&&[Metric]| metrics.len() * stacks.len() <= room;
        let metrics = choices.iter().find(fits).or(choices.last()).map_or(&[][..], |metrics| metrics);
        let shown_stacks = stacks.len().min(room);
        self.section("Routes", if stacks.len() > 2 { "median response time" } else { "" });
        let mut over = " ".repeat(NAME);
        let mut head = over.clone();
        for stack in &stacks[..shown_stacks] {
            over.push_str(&format!(
                "{:>width$}",
                foreign::line(&stack.name, 10),
                width = COLUMN * metrics.len()
            ));
            for metric in metrics {
                head.push_str(&format!("{:>COLUMN$}", metric.title()));
            }
        }
        if stacks.len() > 1 {
            over = self.paint(FAINT, &over);
            self.line(&over);
        }
        if metrics.len() > 1 {
            head = self.paint(FAINT, &head);
            self.line(&head);
        }
        let mut absent = false;
        for name in names.iter().take(ROUTES) {
            let mut row = pad(&format!("  {}", foreign::line(name, 22)), NAME);
            for stack in &stacks[..shown_stacks] {
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
        if names.len() > ROUTES {
            let more = format!("  … and {} more routes in the report", names.len() - ROUTES);
            let more = self.paint(FAINT, &more);
            self.line(&more);
        }
        if absent {
            let note = self.paint(FAINT, "  – not measured, or too few samples to say");
            self.line(&note);
        }
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
