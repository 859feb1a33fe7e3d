//! What the numbers show, the gates, and what a reader must know before trusting the rest.

use super::{BAD, DOUBT, ERRORS, FAINT, GOOD, Page};
use crate::gate::Verdict;
use crate::report::{Document, foreign};

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

    pub(super) fn warnings(&mut self, document: &Document<'_>) {
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
