//! The tables of figures: the loads of a series, the stacks beside each other, each route.

use std::fmt::Write as _;

use super::ROWS;
use super::escape::{escape, text};
use crate::compare::{self, Metric, quantity};
use crate::record::ProbeRecord;
use crate::report::figure::{headline_metrics, shown};
use crate::report::ratios::capitalised;
use crate::report::{Document, ratios, series};

/// The probes of searches and the levels of sweeps, folded away: the verdict has their answer.
pub fn series_tables(document: &Document<'_>, out: &mut String) {
    let record = document.record;
    let searches = series::searches(record).map(|(_, stack, capacity)| {
        let metric = series::latency_limit(capacity).map_or(Metric::P99, |(metric, _)| metric);
        (stack, "wanted", "/s", metric, &capacity.probes, series::knee(capacity))
    });
    let sweeps = series::sweeps(record)
        .map(|(_, stack, sweep)| (stack, "users", "", Metric::P99, &sweep.probes, series::growth(sweep)));
    for (stack, level, unit, metric, probes, words) in searches.chain(sweeps) {
        let name = text(&stack.name);
        let _ = writeln!(out, "{name}: {}\n", escape(&words));
        let _ = writeln!(out, "<details><summary>{name}: {} loads</summary>\n", probes.len());
        let _ = writeln!(out, "| {level} | for | good answers | median | {} | errors | |", metric.name());
        let _ = writeln!(out, "|---:|---|---:|---:|---:|---:|---|");
        for probe in probes {
            row(probe, unit, metric, out);
        }
        out.push_str("\n</details>\n\n");
    }
}

fn row(probe: &ProbeRecord, unit: &str, metric: Metric, out: &mut String) {
    let level = if unit.is_empty() { format!("{}", probe.level) } else { quantity::rate(probe.level) };
    let _ = writeln!(
        out,
        "| {level}{unit} | {} | {}/s | {} | {} | {} | {} |",
        probe.phase.name(),
        quantity::rate(probe.reached_rps),
        shown(Metric::P50, probe.p50_ms),
        shown(metric, series::of(metric, probe)),
        shown(Metric::Errors, probe.error_rate()),
        probe.verdict.name()
    );
}

pub fn headline(document: &Document<'_>, out: &mut String) {
    let stacks = &document.record.stacks;
    if !document.has_figures() {
        return;
    }
    if document.is_series() {
        let _ = writeln!(out, "Below: {}.\n", document.basis());
    }
    let sure = beside(document);
    let mut head = "| all routes |".to_owned();
    let mut rule = "|---|".to_owned();
    for (at, stack) in stacks.iter().enumerate() {
        let _ = write!(head, " {} |", text(&stack.name));
        rule.push_str("---:|");
        if at > 0 {
            head.push_str(" ratio |");
            rule.push_str("---:|");
        }
    }
    if !sure.is_empty() {
        head.push_str(" 95 % interval | |");
        rule.push_str("---|---|");
    }
    let _ = writeln!(out, "{head}\n{rule}");
    for metric in headline_metrics(document) {
        let line = sure.iter().find(|line| line.title == metric.title());
        let _ = write!(out, "| {} |", metric.title());
        for (at, stack) in stacks.iter().enumerate() {
            let _ = write!(out, " {} |", shown(metric, metric.of(stack, &stack.total)));
            if at > 0 {
                let row = document.comparisons.get(at - 1).and_then(|c| c.row(compare::ALL_ROUTES, metric));
                let ratio = row.and_then(|row| row.ratio).map_or_else(|| "–".to_owned(), quantity::ratio);
                let _ = write!(out, " {} |", line.map_or(ratio, |line| line.ratio.clone()));
            }
        }
        match line {
            Some(line) => {
                let _ = write!(out, " {} | {} |", line.interval, line.word);
            }
            None if !sure.is_empty() => out.push_str(" | |"),
            None => {}
        }
        out.push('\n');
        if metric.quantile().is_some_and(|q| q > 0.5) {
            let _ = write!(out, "| {} from the send |", metric.title());
            for (at, stack) in stacks.iter().enumerate() {
                let _ = write!(out, " {} |", shown(metric, metric.of_latency(&stack.total.service)));
                if at > 0 {
                    out.push_str(if sure.is_empty() { " |" } else { " | | |" });
                }
            }
            out.push('\n');
        }
    }
    out.push('\n');
}

/// How sure the ratios of two stacks are: they fit beside the ratios.
fn beside(document: &Document<'_>) -> Vec<ratios::Line> {
    match &document.comparisons[..] {
        [only] => ratios::overall(only),
        _ => Vec::new(),
    }
}

/// What the blocks say of each ratio, where that does not stand beside it, and of routes and distributions.
pub fn comparisons(document: &Document<'_>, out: &mut String) {
    for comparison in &document.comparisons {
        let lines = ratios::overall(comparison);
        if lines.is_empty() {
            continue;
        }
        if document.comparisons.len() > 1 {
            let (second, first) = (text(&comparison.second), text(&comparison.first));
            let _ = writeln!(out, "| {second} / {first} | ratio | 95 % interval | |\n|---|---:|---|---|");
            for line in lines {
                let _ =
                    writeln!(out, "| {} | {} | {} | {} |", line.title, line.ratio, line.interval, line.word);
            }
            out.push('\n');
        }
        let _ = write!(out, "{}.", escape(&ratios::basis(comparison)));
        let short = ratios::shortfall(document, comparison, Metric::P99);
        for sentence in ratios::told(comparison).into_iter().chain(short) {
            let _ = write!(out, " {}.", escape(&capitalised(&sentence)));
        }
        out.push_str("\n\n");
    }
    for doubt in ratios::doubts(document) {
        let _ = writeln!(out, "⚠️ {}\n", escape(&doubt));
    }
}

/// Each route in a row. Says whether a ratio is marked as unsure.
pub fn routes(document: &Document<'_>, out: &mut String) -> bool {
    let stacks = &document.record.stacks;
    let names = compare::route_names(stacks);
    if names.is_empty() || !document.has_figures() {
        return false;
    }
    let only = match &document.comparisons[..] {
        [only] if stacks.len() == 2 => Some(only),
        _ => None,
    };
    let metrics: &[Metric] =
        if stacks.len() < 3 { &[Metric::P50, Metric::P99, Metric::Errors] } else { &[Metric::P50] };
    let compared = |metric: Metric| only.filter(|_| metric != Metric::Errors);
    let mut head = "| route |".to_owned();
    let mut rule = "|---|".to_owned();
    for metric in metrics {
        for stack in stacks {
            let _ = write!(head, " {} {} |", text(&stack.name), metric.title());
            rule.push_str("---:|");
        }
        if compared(*metric).is_some() {
            head.push_str(" ratio |");
            rule.push_str("---:|");
        }
    }
    let _ = writeln!(out, "{head}\n{rule}");
    let mut unsure = false;
    for name in names.iter().take(ROWS) {
        let _ = write!(out, "| {} |", text(name));
        for metric in metrics {
            for stack in stacks {
                let value = compare::route(stack, name).and_then(|route| metric.of(stack, route));
                let _ = write!(out, " {} |", shown(*metric, value));
            }
            let Some(comparison) = compared(*metric) else { continue };
            match comparison.row(name, *metric).and_then(|row| Some((row, row.ratio?))) {
                Some((row, ratio)) => {
                    let mark = if ratios::is_unsure(row) { "?" } else { "" };
                    unsure |= !mark.is_empty();
                    let _ = write!(out, " {}{mark} |", quantity::ratio(ratio));
                }
                None => out.push_str(" |"),
            }
        }
        out.push('\n');
    }
    if names.len() > ROWS {
        let _ = writeln!(out, "\n… and {} more routes in the report.", names.len() - ROWS);
    }
    out.push('\n');
    unsure
}
