//! The audit by chapter of OWASP's ASVS: what was found of each on each stack, and how much was looked at.

use std::collections::BTreeMap;

use maud::{Markup, html};

use crate::audit::view;
use crate::record::{CheckOutcome, Outcome, Record, Severity};
use crate::report::foreign;

/// One chapter on one stack.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
struct Cell {
    findings: usize,
    worst: Option<Severity>,
    good: usize,
    /// Not applicable, not run, inconclusive, accepted.
    open: usize,
}

impl Cell {
    fn count(&mut self, outcome: &CheckOutcome) {
        match outcome.outcome {
            _ if outcome.is_finding() => {
                self.findings += 1;
                self.worst = self.worst.max(Some(outcome.severity));
            }
            Outcome::Pass | Outcome::Info => self.good += 1,
            _ => self.open += 1,
        }
    }

    fn show(self) -> Markup {
        html! {
            @if let Some(worst) = self.worst {
                span.mark.(super::audit::severity(worst)) { (self.findings) ", worst " (worst.name()) } " "
            }
            span.quiet { (self.good) " good, " (self.open) " not judged" }
        }
    }
}

/// The table, folded; nothing where no check names a chapter.
pub fn section(record: &Record, stacks: &[&str]) -> Markup {
    let chapters = chapters(record, stacks);
    html! {
        @if !chapters.is_empty() {
            details.chapters {
                summary { "By chapter of OWASP's ASVS 5.0.0" }
                p.quiet {
                    "A check looks at what of a requirement shows from outside, so \"good\" is no proof of the chapter; one that names two chapters counts in both."
                }
                div.scroll tabindex="0" role="region" aria-label="chapters of ASVS" {
                    table {
                        thead { tr {
                            th scope="col" { "chapter" }
                            @for stack in stacks { th scope="col" { (foreign::line(stack, 40)) } }
                        } }
                        tbody {
                            @for (number, cells) in &chapters {
                                tr {
                                    th scope="row" { (view::chapter(*number)) }
                                    @for cell in cells { td { (cell.show()) } }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn chapters(record: &Record, stacks: &[&str]) -> BTreeMap<usize, Vec<Cell>> {
    let mut chapters: BTreeMap<usize, Vec<Cell>> = BTreeMap::new();
    for outcome in &record.audit {
        let Some(check) = crate::audit::find(&outcome.check) else { continue };
        let Some(at) = stacks.iter().position(|stack| *stack == outcome.stack) else { continue };
        let mut named: Vec<usize> = view::chapters(check).collect();
        named.sort_unstable();
        named.dedup();
        for number in named {
            let cells = chapters.entry(number).or_insert_with(|| vec![Cell::default(); stacks.len()]);
            if let Some(cell) = cells.get_mut(at) {
                cell.count(outcome);
            }
        }
    }
    chapters
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::fixture;

    #[test]
    fn a_check_counts_once_in_each_of_its_chapters() {
        let mut record = fixture::two_stacks();
        record.audit = vec![
            // Two requirements of V3.
            fixture::outcome("CK-PREFIX", "dev", Outcome::Fail, Severity::Low, "no Path=/"),
            fixture::outcome("CK-SECURE", "dev", Outcome::Fail, Severity::High, "no Secure"),
            fixture::outcome("CK-SECURE", "prod", Outcome::Pass, Severity::Info, "Secure"),
            fixture::outcome("JWT-EXP", "prod", Outcome::NotRun, Severity::Critical, "no consent"),
            fixture::outcome("CK-OF-OLD", "prod", Outcome::Fail, Severity::Critical, "nobody knows it"),
        ];
        let chapters = chapters(&record, &["dev", "prod"]);
        assert_eq!(chapters.keys().copied().collect::<Vec<_>>(), [3, 9]);
        assert_eq!(chapters[&3][0], Cell { findings: 2, worst: Some(Severity::High), good: 0, open: 0 });
        assert_eq!(chapters[&3][1], Cell { findings: 0, worst: None, good: 1, open: 0 });
        assert_eq!(chapters[&9][1], Cell { findings: 0, worst: None, good: 0, open: 1 });
        let page = section(&record, &["dev", "prod"]).into_string();
        assert!(page.contains("V3 Web Frontend Security") && page.contains("2, worst high"), "{page}");
        record.audit.clear();
        assert_eq!(section(&record, &["dev"]).into_string(), "");
    }
}
