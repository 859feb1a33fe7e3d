//! The report for a pull request: verdict, table, gates, findings folded away.

use std::fmt::Write as _;

use super::figure::{classes, headline_metrics, shown};
use super::ratios::capitalised;
use super::{Document, finding, foreign, priority, ratios, series};
use crate::compare::{self, Insight, Metric, quantity};
use crate::gate::Verdict;
use crate::record::ProbeRecord;

/// Rows of a table before "more in the report".
const ROWS: usize = 20;
/// Places of a finding, and findings, that are shown.
const PLACES: usize = 5;
const FINDINGS: usize = 8;
/// Steps that are told.
const STEPS: usize = 3;
/// Accepted risks that are told.
const ACCEPTED: usize = 40;

/// The document as Markdown.
pub fn render(document: &Document<'_>) -> String {
    let record = document.record;
    let mut out = String::new();
    let sign = match document.status() {
        Verdict::Pass if !document.is_judged() => "no gates ·",
        status => sign(status),
    };
    // Writing to a String cannot fail.
    let _ = writeln!(out, "## {sign} {}\n", text(&record.title));
    top(document, &mut out);
    series_tables(document, &mut out);
    headline(document, &mut out);
    comparisons(document, &mut out);
    let unsure = routes(document, &mut out);
    gates(document, &mut out);
    remarks(document, &mut out);
    findings(document, &mut out);
    accepted(document, &mut out);
    let _ = writeln!(
        out,
        "<sub>{} · {} · – means not measured, or too few samples to say{} · {} {}</sub>",
        record.started.strftime("%Y-%m-%d %H:%M UTC"),
        text(&record.load.summary),
        if unsure { " · ? means the ratio alone, nothing says how sure it is" } else { "" },
        text(&record.tool.name),
        text(&record.tool.version)
    );
    out
}

fn sign(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Pass => "✅",
        Verdict::Fail => "❌",
        Verdict::Unknown => "⚠️",
        Verdict::Skipped => "➖",
    }
}

/// The verdict, then what a reader asks next: who gets in, whether the generator was the limit, what to do first.
fn top(document: &Document<'_>, out: &mut String) {
    let mut said = vec![document.verdict()];
    let of_stack = |stack: &str| {
        let access = document.access(stack)?;
        Some(format!("{} {}", foreign::line(stack, 40), access.text))
    };
    let access: Vec<String> = finding::stacks(document.record).into_iter().filter_map(of_stack).collect();
    if !access.is_empty() {
        said.push(format!("{}.", capitalised(&access.join("; "))));
    }
    said.extend(document.generator());
    let _ = writeln!(out, "{}", escape(&said.join(" ")));
    let steps = priority::after_doubts(document);
    if !steps.is_empty() {
        let told = |(at, step): (usize, &priority::Step)| format!("({}) {}", at + 1, escape(&step.text));
        let first: Vec<String> = steps.iter().take(STEPS).enumerate().map(told).collect();
        let more = steps.len().saturating_sub(STEPS);
        let more = if more > 0 { format!(" … and {more} more in the report") } else { String::new() };
        let _ = writeln!(out, "- **What to do first**: {}{more}", first.join(" "));
    }
    out.push('\n');
}

/// The probes of searches and the levels of sweeps, folded away: the verdict has their answer.
fn series_tables(document: &Document<'_>, out: &mut String) {
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

fn headline(document: &Document<'_>, out: &mut String) {
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
fn comparisons(document: &Document<'_>, out: &mut String) {
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
fn routes(document: &Document<'_>, out: &mut String) -> bool {
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

fn gates(document: &Document<'_>, out: &mut String) {
    for gate in &document.gates {
        let sign = sign(gate.verdict);
        let _ = writeln!(out, "- {sign} **{}** — {}", text(&gate.text), text(&gate.reason));
    }
    if !document.gates.is_empty() {
        out.push('\n');
    }
}

/// What the numbers show, errors and warnings, in one fold.
fn remarks(document: &Document<'_>, out: &mut String) {
    let mut rows: Vec<String> = document.insights.iter().take(ROWS).map(insight).collect();
    rows.extend(errors_and_warnings(document).into_iter().take(ROWS));
    if rows.is_empty() {
        return;
    }
    let _ = writeln!(
        out,
        "<details><summary>What the numbers show, errors and warnings ({})</summary>\n",
        rows.len()
    );
    for row in rows {
        let _ = writeln!(out, "- {row}");
    }
    out.push_str("\n</details>\n\n");
}

fn insight(insight: &Insight) -> String {
    let route = insight.route.as_deref().map(|route| format!(" {}", text(route))).unwrap_or_default();
    let words = escape(&foreign::line(&insight.text, 1000));
    format!("**{}{route}** ({}): {words}", text(&insight.stack), insight.pattern)
}

fn findings(document: &Document<'_>, out: &mut String) {
    let findings = finding::findings(document.record);
    if findings.is_empty() {
        return;
    }
    let _ = writeln!(out, "<details><summary>Audit findings ({})</summary>\n", findings.len());
    for outcome in findings.iter().take(FINDINGS) {
        let places: Vec<String> = outcome
            .places
            .iter()
            .take(PLACES)
            .map(|place| escape(&foreign::line(&place.route, 40)))
            .collect();
        let at = if places.is_empty() { String::new() } else { format!(" (at {})", places.join(", ")) };
        let _ = writeln!(
            out,
            "- **{}** {} {}: {}{at}",
            outcome.severity.name(),
            text(&outcome.stack),
            text(&outcome.check),
            text(&outcome.summary)
        );
    }
    if findings.len() > FINDINGS {
        let _ = writeln!(out, "- … and {} more in the report", findings.len() - FINDINGS);
    }
    out.push_str("\n</details>\n\n");
}

/// Risks that somebody takes: told, and in no count.
fn accepted(document: &Document<'_>, out: &mut String) {
    let accepted = finding::accepted(document.record);
    if accepted.is_empty() {
        return;
    }
    let _ = writeln!(
        out,
        "<details><summary>Accepted risks ({})</summary>
",
        accepted.len()
    );
    for (outcome, acceptance) in accepted.iter().take(ACCEPTED) {
        let (stack, check) = (text(&outcome.stack), text(&outcome.check));
        let why = escape(&foreign::line(&finding::why(acceptance), 400));
        let _ = writeln!(out, "- **{}** {stack} {check}, {why}", outcome.severity.name());
    }
    out.push_str(
        "
</details>

",
    );
}

fn errors_and_warnings(document: &Document<'_>) -> Vec<String> {
    let record = document.record;
    let mut rows: Vec<String> = record.warnings.iter().map(|warning| text(warning)).collect();
    for stack in &record.stacks {
        let name = text(&stack.name);
        rows.extend(stack.warnings.iter().map(|warning| format!("{name}: {}", text(warning))));
        for route in stack.routes.iter().filter(|route| !route.errors.is_empty()) {
            let classes = escape(&classes(route));
            rows.push(format!(
                "{name} {}: {classes} of {}",
                text(&route.name),
                quantity::count(route.requests)
            ));
        }
    }
    rows
}

/// One line of foreign text, escaped.
fn text(text: &str) -> String {
    escape(&foreign::line(text, 160))
}

/// Takes the meaning from every character that has one in Markdown or HTML. By entities, since HTML shows a backslash.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    let mut chars = text.chars().peekable();
    let mut before = ' ';
    while let Some(c) = chars.next() {
        let next = chars.peek().copied().unwrap_or(' ');
        let after = |word: &str| {
            out.len()
                .checked_sub(word.len())
                .and_then(|at| out.get(at..))
                .is_some_and(|end| end.eq_ignore_ascii_case(word))
        };
        // Hosts make links of addresses and numbers, and call people: an empty comment ends the word, and nobody sees it.
        let linked = match c {
            '@' => true,
            '#' | '!' => next.is_ascii_digit(),
            ':' => next == '/',
            '-' => after("gh") && next.is_ascii_digit(),
            _ => false,
        };
        let meant = match c {
            '@' | '|' | '`' | '\\' | '*' | '[' | ']' | '~' | '#' | '!' | '$' => true,
            // Inside a word an underscore has no meaning.
            '_' => !(before.is_alphanumeric() && next.is_alphanumeric()),
            // At a line's start these and a space make a list.
            '-' | '+' | '.' | ')' => next == ' ' && out.chars().all(|c| c.is_ascii_digit()),
            _ => false,
        };
        match c {
            // Here the host's word ends before the sign.
            '.' if after("www") => out.push_str("<!-- -->."),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            c if meant => out.push_str(&format!("&#{};", c as u32)),
            c => out.push(c),
        }
        if linked {
            out.push_str("<!-- -->");
        }
        before = c;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture;

    #[test]
    fn two_stacks() {
        let text = render(&Document::of(&fixture::two_stacks()));
        assert!(text.lines().count() < 60, "{} lines", text.lines().count());
        insta::assert_snapshot!(text);
    }

    #[test]
    fn stacks_that_took_turns() {
        let text = render(&Document::of(&fixture::duet()));
        assert!(text.lines().count() < 60, "{} lines", text.lines().count());
        insta::assert_snapshot!(text);
    }

    #[test]
    fn a_search() {
        insta::assert_snapshot!(render(&Document::of(&fixture::searched())));
    }

    #[test]
    fn failed_stack() {
        insta::assert_snapshot!(render(&Document::of(&fixture::failed_stack())));
    }

    #[test]
    fn says_at_the_top_that_it_is_partial() {
        let text = render(&Document::of(&fixture::partial()));
        let top: String = text.lines().take(3).collect();
        assert!(top.contains("The record is partial"), "{top}");
    }

    #[test]
    fn foreign_text_has_no_meaning() {
        assert_eq!(escape("<b>|`*x*`"), "&lt;b&gt;&#124;&#96;&#42;x&#42;&#96;");
        assert_eq!(escape("[a](javascript:b)"), "&#91;a&#93;(javascript:b)");
        assert_eq!(escape("snake_case _em_"), "snake_case &#95;em&#95;");
        assert_eq!(escape("http://x @you"), "http:<!-- -->//x &#64;<!-- -->you");
        assert_eq!(escape("www.x.test, a#1, GH-1"), "www<!-- -->.x.test, a&#35;<!-- -->1, GH-<!-- -->1");
        assert_eq!(escape("- a - b"), "&#45; a - b");
        assert_eq!(escape("1. a 2. b"), "1&#46; a 2. b");
        assert_eq!(escape("0.2x"), "0.2x");
    }

    #[test]
    fn hostile_text_is_harmless() {
        let text = render(&Document::of(&fixture::hostile()));
        assert!(foreign::is_harmless(&text));
        for forbidden in ["<script", "<img", "</style", "`", "](", "<!-- x"] {
            assert!(!text.contains(forbidden), "{forbidden}");
        }
        let columns = |row: &str| row.matches('|').count();
        let mut rows = text.lines().filter(|row| row.starts_with('|')).peekable();
        while let Some(row) = rows.next() {
            if let Some(next) = rows.peek() {
                let table_ends = next.starts_with("| route");
                assert!(table_ends || columns(row) == columns(next), "{row}\n{next}");
            }
        }
        assert!(text.len() < 60_000, "bounded: {}", text.len());
    }

    #[test]
    fn sixty_routes_stay_short() {
        let text = render(&Document::of(&fixture::many_routes()));
        assert!(text.contains("… and 40 more routes"));
        assert!(text.lines().count() < 80);
    }
}
