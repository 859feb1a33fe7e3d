//! The report for a terminal: what matters on one or two screens, at most 100 columns wide.

use std::path::Path;

use anstyle::{AnsiColor, Style};

use super::{Document, finding, foreign, ratios, series};
use crate::capacity;
use crate::compare::{self, Metric, Ratio, quantity};
use crate::gate::Verdict;
use crate::record::{Outcome, Phase, ProbeRecord, ProbeVerdict, RouteRecord, Severity, StackRecord};

/// What is left to say on the terminal of a run that measured nothing, where its errors say why.
pub fn void(document: &Document<'_>, folder: &Path) -> String {
    let title = foreign::line(&document.record.title, 180);
    let report = folder.join("report.html");
    let report = foreign::line(&report.display().to_string(), 400);
    format!("{title}\nNothing was measured.\n\nReport: {report}\n")
}

/// How the text looks.
#[derive(Debug, Clone, Copy)]
pub struct Look<'a> {
    /// Whether colours and weights are written (as ANSI sequences).
    pub color: bool,
    /// Columns to fill at most.
    pub width: usize,
    /// Where the whole report is, to be named at the end.
    pub folder: Option<&'a Path>,
}

impl Default for Look<'_> {
    fn default() -> Self {
        Look { color: false, width: 100, folder: None }
    }
}

const GOOD: Style = AnsiColor::Green.on_default();
const BAD: Style = AnsiColor::Red.on_default().bold();
const DOUBT: Style = AnsiColor::Yellow.on_default();
const STRONG: Style = Style::new().bold();
const FAINT: Style = Style::new().dimmed();

/// Stacks that fit beside each other with bars.
const BESIDE: usize = 3;
/// Cells of a bar.
const BAR: usize = 8;
/// Routes, findings, error lines shown before "more in the report".
const ROUTES: usize = 20;
const FINDINGS: usize = 12;
const ERRORS: usize = 10;

/// The document as text.
pub fn render(document: &Document<'_>, look: &Look<'_>) -> String {
    let mut page = Page { out: String::new(), look };
    page.head(document);
    page.series(document);
    page.headline(document);
    page.ratios(document);
    page.routes(document);
    page.errors(document);
    page.audit(document);
    page.insights(document);
    page.gates(document);
    page.warnings(document);
    if let Some(folder) = look.folder {
        page.out.push('\n');
        let at = folder.join("report.html");
        page.out.push_str(&format!("Report: {}\n", foreign::line(&at.display().to_string(), 400)));
    }
    page.out
}

struct Page<'a> {
    out: String,
    look: &'a Look<'a>,
}

impl Page<'_> {
    fn paint(&self, style: Style, text: &str) -> String {
        if self.look.color { format!("{style}{text}{style:#}") } else { text.to_owned() }
    }

    fn line(&mut self, text: &str) {
        self.out.push_str(text.trim_end());
        self.out.push('\n');
    }

    fn section(&mut self, title: &str, note: &str) {
        let title = self.paint(STRONG, title);
        let note = if note.is_empty() { String::new() } else { format!("  {}", self.paint(FAINT, note)) };
        self.out.push('\n');
        self.line(&format!("{title}{note}"));
    }

    /// A paragraph after a lead of `indent` columns, wrapped; the lead is on its first line.
    fn paragraph(&mut self, lead: &str, indent: usize, text: &str) {
        for (at, row) in wrap(text, self.look.width.saturating_sub(indent)).iter().enumerate() {
            let start = if at == 0 { lead.to_owned() } else { " ".repeat(indent) };
            self.line(&format!("{start}{row}"));
        }
    }

    fn head(&mut self, document: &Document<'_>) {
        for row in wrap(&foreign::line(&document.record.title, 180), self.look.width) {
            let row = self.paint(STRONG, &row);
            self.line(&row);
        }
        let style = match document.status() {
            Verdict::Pass if document.is_judged() => GOOD,
            Verdict::Pass | Verdict::Skipped => Style::new(),
            Verdict::Fail => BAD,
            Verdict::Unknown => DOUBT,
        };
        for row in wrap(&document.verdict(), self.look.width) {
            let row = self.paint(style, &row);
            self.line(&row);
        }
        let load = foreign::line(&document.record.load.summary, 190);
        for row in wrap(&load, self.look.width) {
            let row = self.paint(FAINT, &row);
            self.line(&row);
        }
    }

    /// The searches and sweeps: each probe in a row.
    fn series(&mut self, document: &Document<'_>) {
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

    fn headline(&mut self, document: &Document<'_>) {
        let stacks = &document.record.stacks;
        if !document.has_figures() {
            return;
        }
        let metrics = headline_metrics(document);
        self.section("Stacks", document.basis());
        if stacks.len() > BESIDE {
            return self.stacked(stacks, &metrics);
        }
        let mut head = format!("  {:<18}", "");
        for (at, stack) in stacks.iter().enumerate() {
            head.push_str(&pad(&foreign::line(&stack.name, 18), 11 + BAR));
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
            let mut row = format!("  {}", pad(metric.title(), 18));
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
                let mut row = format!("  {}", pad(&format!("{} from the send", metric.title()), 18));
                for (at, stack) in stacks.iter().enumerate() {
                    let value = shown(*metric, metric.of_latency(&stack.total.service));
                    row.push_str(&pad(&format!("{value:>10}"), 11 + BAR));
                    if at > 0 {
                        row.push_str(&pad("", 9));
                    }
                }
                let row = self.paint(FAINT, row.trim_end());
                self.line(&row);
            }
        }
    }

    /// What the blocks say of each ratio.
    fn ratios(&mut self, document: &Document<'_>) {
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
            for sentence in ratios::routes(comparison).into_iter().chain(ratios::shape(comparison)) {
                self.paragraph("  ", 2, &sentence);
            }
        }
        for doubt in ratios::doubts(document) {
            let doubt = self.paint(DOUBT, &doubt);
            self.paragraph("  ", 2, &doubt);
        }
    }

    /// More stacks than fit beside each other: one a line.
    fn stacked(&mut self, stacks: &[StackRecord], metrics: &[Metric]) {
        let mut head = format!("  {:<20}", "");
        for metric in metrics {
            head.push_str(&format!("{:>13}", short(*metric)));
        }
        let head = self.paint(FAINT, &head);
        self.line(&head);
        for stack in stacks {
            let mut row = format!("  {}", pad(&foreign::line(&stack.name, 19), 20));
            for metric in metrics {
                row.push_str(&format!("{:>13}", shown(*metric, metric.of(stack, &stack.total))));
            }
            self.line(&row);
        }
    }

    fn ratio(&self, row: Option<&Ratio>) -> String {
        let Some((row, ratio)) = row.and_then(|row| Some((row, row.ratio?))) else { return pad("", 9) };
        let text = format!("{:>8} ", quantity::ratio(ratio));
        match row.improved() {
            Some(true) => self.paint(GOOD, &text),
            Some(false) => self.paint(BAD, &text),
            None => text,
        }
    }

    fn routes(&mut self, document: &Document<'_>) {
        let stacks = &document.record.stacks;
        let names = compare::route_names(stacks);
        if names.is_empty() || !document.has_figures() {
            return;
        }
        let metrics: &[Metric] = match stacks.len() {
            1 => &[Metric::P50, Metric::P95, Metric::P99, Metric::Max, Metric::Throughput, Metric::Errors],
            2 => &[Metric::P50, Metric::P99, Metric::Errors],
            _ => &[Metric::P50],
        };
        let shown_stacks = stacks.len().min(6);
        self.section("Routes", if stacks.len() > 2 { "median response time" } else { "" });
        let mut over = format!("  {:<24}", "");
        let mut head = format!("  {:<24}", "");
        for stack in &stacks[..shown_stacks] {
            over.push_str(&format!("{:>width$}", foreign::line(&stack.name, 10), width = 11 * metrics.len()));
            for metric in metrics {
                head.push_str(&format!("{:>11}", metric.title()));
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
            let mut row = format!("  {}", pad(&foreign::line(name, 22), 24));
            for stack in &stacks[..shown_stacks] {
                let route = compare::route(stack, name);
                for metric in metrics {
                    let value = route.and_then(|route| metric.of(stack, route));
                    absent |= value.is_none() && stack.failure.is_none();
                    let text = format!("{:>11}", shown(*metric, value));
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

    fn errors(&mut self, document: &Document<'_>) {
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

    fn list(&mut self, rows: &[String], most: usize, what: &str) {
        for row in rows.iter().take(most) {
            self.paragraph("  ", 2, row);
        }
        if rows.len() > most {
            let more = self.paint(FAINT, &format!("  … and {} more {what} in the report", rows.len() - most));
            self.line(&more);
        }
    }

    fn audit(&mut self, document: &Document<'_>) {
        let stacks = finding::stacks(document.record);
        if stacks.is_empty() {
            return;
        }
        self.section("Audit", "");
        for stack in stacks {
            let of = |kind| (finding::count(document.record, stack, kind), finding::word(kind));
            let kinds = [
                Outcome::Pass,
                Outcome::Info,
                Outcome::NotApplicable,
                Outcome::NotRun,
                Outcome::Inconclusive,
            ];
            let rest: Vec<String> = kinds
                .into_iter()
                .map(of)
                .filter(|(n, _)| *n > 0)
                .map(|(n, word)| format!("{n} {word}"))
                .collect();
            let found = finding::tally(document.record, stack).unwrap_or_else(|| "no finding".to_owned());
            let name = pad(&foreign::line(stack, 18), 12);
            self.paragraph("  ", 2, &format!("{name} {found} · {}", rest.join(", ")));
        }
        for (outcome, acceptance) in finding::accepted(document.record).iter().take(FINDINGS) {
            let mark = self.paint(FAINT, &format!("{:<9}", "accepted"));
            let stack = pad(&foreign::line(&outcome.stack, 11), 12);
            let check = foreign::line(&outcome.check, 30);
            let text = format!("{check} ({}) {}", outcome.severity.name(), finding::why(acceptance));
            self.paragraph(&format!("  {mark} {stack} "), 25, &text);
        }
        let findings = finding::findings(document.record);
        for outcome in findings.iter().take(FINDINGS) {
            let style = match outcome.severity {
                Severity::Critical | Severity::High => BAD,
                Severity::Medium => DOUBT,
                Severity::Low | Severity::Info => FAINT,
            };
            let mark = self.paint(style, &format!("{:<9}", outcome.severity.name()));
            let stack = pad(&foreign::line(&outcome.stack, 11), 12);
            let check = foreign::line(&outcome.check, 30);
            let summary = foreign::line(&outcome.summary, foreign::LINE);
            self.paragraph(&format!("  {mark} {stack} "), 25, &format!("{check}: {summary}"));
        }
        if findings.len() > FINDINGS {
            let more = format!("  … and {} more findings in the report", findings.len() - FINDINGS);
            let more = self.paint(FAINT, &more);
            self.line(&more);
        }
    }

    fn insights(&mut self, document: &Document<'_>) {
        if document.insights.is_empty() {
            return;
        }
        self.section("What the numbers show", "");
        for insight in &document.insights {
            let place = match &insight.route {
                Some(route) => format!("{} {}", foreign::line(&insight.stack, 18), foreign::line(route, 24)),
                None => foreign::line(&insight.stack, 18),
            };
            let text = foreign::line(&insight.text, 1000);
            self.paragraph("  • ", 4, &format!("{place} ({}): {text}", insight.pattern));
        }
    }

    fn gates(&mut self, document: &Document<'_>) {
        if document.gates.is_empty() {
            return;
        }
        self.section("Gates", "");
        for gate in &document.gates {
            let (style, sign) = match gate.verdict {
                Verdict::Pass => (GOOD, "✓ pass   "),
                Verdict::Fail => (BAD, "✗ FAIL   "),
                Verdict::Unknown => (DOUBT, "? unknown"),
                Verdict::Skipped => (FAINT, "– skipped"),
            };
            let sign = self.paint(style, sign);
            let text = format!(
                "{} — {}",
                foreign::line(&gate.text, 100),
                foreign::line(&gate.reason, foreign::LINE)
            );
            self.paragraph(&format!("  {sign} "), 12, &text);
        }
    }

    fn warnings(&mut self, document: &Document<'_>) {
        let record = document.record;
        let mut rows: Vec<String> =
            record.warnings.iter().map(|text| foreign::line(text, foreign::LINE)).collect();
        for stack in &record.stacks {
            let name = foreign::line(&stack.name, 18);
            rows.extend(
                stack.warnings.iter().map(|text| format!("{name}: {}", foreign::line(text, foreign::LINE))),
            );
        }
        if rows.is_empty() {
            return;
        }
        self.section("Before you trust the numbers", "");
        self.list(&rows, ERRORS, "warnings");
    }
}

/// The headline's metrics: the comparison's own, or the same for a single stack.
pub(super) fn headline_metrics(document: &Document<'_>) -> Vec<Metric> {
    let compared = document.comparisons.iter().find(|c| c.headline().iter().any(|row| row.ratio.is_some()));
    match compared {
        Some(comparison) => comparison.headline().iter().map(|row| row.metric).collect(),
        None => {
            let wanted =
                [Metric::P50, Metric::P99, Metric::Throughput, Metric::Errors, Metric::CpuPer1k, Metric::Rss];
            let stacks = &document.record.stacks;
            let known = |metric: &Metric| stacks.iter().any(|stack| metric.of(stack, &stack.total).is_some());
            wanted.into_iter().filter(|metric| !metric.is_stack_wide() || known(metric)).collect()
        }
    }
}

/// A value or the sign for "not known".
pub(super) fn shown(metric: Metric, value: Option<f64>) -> String {
    value.map_or_else(|| "–".to_owned(), |value| metric.show(value))
}

/// `24 status, 3 timeout`.
pub(super) fn classes(route: &RouteRecord) -> String {
    let of = |(class, n): (&String, &u64)| format!("{} {}", quantity::count(*n), foreign::line(class, 20));
    route.errors.iter().map(of).collect::<Vec<_>>().join(", ")
}

fn short(metric: Metric) -> &'static str {
    match metric {
        Metric::P50 => "median",
        Metric::Rss => "memory",
        other => other.name(),
    }
}

/// A bar of eighths of cells.
fn bar(value: Option<f64>, most: f64) -> String {
    const EIGHTHS: [char; 8] = [' ', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];
    let Some(value) = value.filter(|value| most > 0.0 && *value > 0.0) else { return " ".repeat(BAR) };
    let eighths = ((value / most * (BAR * 8) as f64).round() as usize).clamp(1, BAR * 8);
    let mut text = "█".repeat(eighths / 8);
    if !eighths.is_multiple_of(8) {
        text.push(EIGHTHS[eighths % 8]);
    }
    pad(&text, BAR)
}

fn pad(text: &str, width: usize) -> String {
    let mut out = text.to_owned();
    out.extend(std::iter::repeat_n(' ', width.saturating_sub(text.chars().count())));
    out
}

/// Breaks a line at spaces; a word longer than the width is broken where it must.
fn wrap(text: &str, width: usize) -> Vec<String> {
    let width = width.max(20);
    let mut rows = vec![String::new()];
    let mut used = 0;
    for word in text.split(' ') {
        let size = word.chars().count();
        if used > 0 && used + 1 + size > width {
            rows.push(String::new());
            used = 0;
        }
        for (at, c) in word.chars().enumerate() {
            if used == width {
                rows.push(String::new());
                used = 0;
            }
            if let Some(row) = rows.last_mut() {
                if at == 0 && used > 0 {
                    row.push(' ');
                    used += 1;
                }
                row.push(c);
                used += 1;
            }
        }
        if size == 0 && used > 0 && used < width {
            if let Some(row) = rows.last_mut() {
                row.push(' ');
            }
            used += 1;
        }
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Record;
    use crate::report::fixture;

    fn plain(record: &Record) -> String {
        let text = render(&Document::of(record), &Look::default());
        for row in text.lines() {
            assert!(row.chars().count() <= 100, "{} columns: {row}", row.chars().count());
        }
        text
    }

    #[test]
    fn two_stacks() {
        insta::assert_snapshot!(plain(&fixture::two_stacks()));
    }

    #[test]
    fn stacks_that_took_turns() {
        insta::assert_snapshot!(plain(&fixture::duet()));
    }

    #[test]
    fn a_search_and_a_sweep() {
        insta::assert_snapshot!(plain(&fixture::searched()));
        insta::assert_snapshot!(plain(&fixture::swept()));
    }

    #[test]
    fn one_stack() {
        insta::assert_snapshot!(plain(&fixture::one_stack()));
    }

    #[test]
    fn failed_stack() {
        insta::assert_snapshot!(plain(&fixture::failed_stack()));
    }

    #[test]
    fn partial() {
        insta::assert_snapshot!(plain(&fixture::partial()));
    }

    #[test]
    fn sixty_routes_and_five_stacks_fit() {
        let mut record = fixture::many_routes();
        assert!(plain(&record).contains("… and 40 more routes in the report"));
        for name in ["canary", "old", "a-stack-with-quite-a-long-name"] {
            let mut stack = record.stacks[1].clone();
            stack.name = name.into();
            record.stacks.push(stack);
        }
        assert!(plain(&record).contains("canary"));
    }

    #[test]
    fn colour_is_only_written_when_wanted() {
        let record = fixture::two_stacks();
        let document = Document::of(&record);
        let text = render(&document, &Look::default());
        assert!(!text.contains('\u{1b}'));
        let colored = render(&document, &Look { color: true, ..Look::default() });
        assert!(colored.contains("\u{1b}["));
        assert_eq!(
            anstream::adapter::strip_str(&colored).to_string().replace(' ', ""),
            text.replace(' ', "")
        );
    }

    #[test]
    fn hostile_text_is_harmless() {
        let text = plain(&fixture::hostile());
        assert!(foreign::is_harmless(&text));
        assert!(text.lines().count() < 250, "bounded");
    }

    #[test]
    fn names_the_report() {
        let record = fixture::two_stacks();
        let folder = Path::new("reports/django/x");
        let text = render(&Document::of(&record), &Look { folder: Some(folder), ..Look::default() });
        assert!(text.ends_with("Report: reports/django/x/report.html\n"));
    }

    #[test]
    fn wraps_at_spaces_and_breaks_what_has_none() {
        assert_eq!(wrap("aaaa bbbb cccc dddd eeee", 20), ["aaaa bbbb cccc dddd", "eeee"]);
        assert_eq!(wrap(&"x".repeat(45), 20).iter().map(String::len).collect::<Vec<_>>(), [20, 20, 5]);
    }
}
