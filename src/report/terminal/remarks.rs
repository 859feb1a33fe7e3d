//! What the numbers show, the gates, what a reader must know before trusting the rest, and what to do first.

use super::{BAD, DOUBT, ERRORS, FAINT, GOOD, Page};
use crate::gate::Verdict;
use crate::report::{Document, foreign, priority};

/// Steps shown before "more in the report".
const STEPS: usize = 3;

impl Page<'_> {
    pub(super) fn insights(&mut self, document: &Document<'_>) {
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

    pub(super) fn gates(&mut self, document: &Document<'_>) {
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

    /// Whether the generator was the limit, and what else a reader must know before trusting the rest.
    pub(super) fn trust(&mut self, document: &Document<'_>) {
        let record = document.record;
        let mut rows: Vec<String> = document.generator().into_iter().collect();
        rows.extend(document.lateness().into_iter().map(|late| late + "."));
        rows.extend(record.warnings.iter().map(|text| foreign::line(text, foreign::LINE)));
        for stack in &record.stacks {
            let name = foreign::line(&stack.name, 18);
            rows.extend(
                stack.warnings.iter().map(|text| format!("{name}: {}", foreign::line(text, foreign::LINE))),
            );
        }
        if rows.is_empty() {
            return;
        }
        self.section("Can the numbers be trusted?", "");
        self.list(&rows, ERRORS, "warnings");
    }

    /// What most needs a person, last, so that it is on the screen when the run is over.
    pub(super) fn first(&mut self, document: &Document<'_>) {
        let steps = priority::after_doubts(document);
        if steps.is_empty() {
            return;
        }
        self.section("What to do first", "");
        for (at, step) in steps.iter().take(STEPS).enumerate() {
            self.paragraph(&format!("  {}. ", at + 1), 5, &step.text);
        }
        if steps.len() > STEPS {
            let more = self.paint(FAINT, &format!("  … and {} more in the report", steps.len() - STEPS));
            self.line(&more);
        }
    }
}
