//! The audit: counts of each stack, then the worst findings.

use super::layout::pad;
use super::{BAD, DOUBT, FAINT, Page};
use crate::record::{Outcome, Severity};
use crate::report::{Document, finding, foreign};

/// Findings shown before "more in the report".
const FINDINGS: usize = 12;

impl Page<'_> {
    pub(super) fn audit(&mut self, document: &Document<'_>) {
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
            if let Some(access) = document.access(stack) {
                let text = if access.open { self.paint(BAD, &access.text) } else { access.text };
                self.paragraph(&" ".repeat(15), 15, &text);
            }
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
}
