//! The report for a pull request: verdict, table, gates, findings folded away.

mod escape;
mod table;

use std::fmt::Write as _;

use self::escape::{escape, text};
use super::figure::classes;
use super::ratios::capitalised;
use super::{Document, finding, foreign, priority};
use crate::compare::{Insight, quantity};
use crate::gate::Verdict;

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
    table::series_tables(document, &mut out);
    table::headline(document, &mut out);
    table::comparisons(document, &mut out);
    let unsure = table::routes(document, &mut out);
    gates(document, &mut out);
    remarks(document, &mut out);
    findings(document, &mut out);
    accepted(document, &mut out);
    let _ = writeln!(
        out,
        "<sub>{} · {} · – means not measured, or too few samples to say{} · {} {}</sub>",
        record.started.strftime("%Y-%m-%d %H:%M UTC"),
        text(&record.load.summary),
        if unsure { " · ? means the ratio alone: its interval is missing or too wide to tell" } else { "" },
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
    let _ = writeln!(out, "<details><summary>Accepted risks ({})</summary>\n", accepted.len());
    for (outcome, acceptance) in accepted.iter().take(ACCEPTED) {
        let (stack, check) = (text(&outcome.stack), text(&outcome.check));
        let why = escape(&foreign::line(&finding::why(acceptance), 400));
        let _ = writeln!(out, "- **{}** {stack} {check}, {why}", outcome.severity.name());
    }
    out.push_str("\n</details>\n\n");
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
