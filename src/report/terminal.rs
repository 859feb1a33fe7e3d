//! The report for a terminal: what matters on one or two screens, 66 to 100 columns wide.

mod audit;
mod layout;
mod remarks;
mod routes;
mod series;
mod stacks;

use std::path::Path;

use anstyle::{AnsiColor, Style};

use self::layout::wrap;
use super::{Document, foreign};
use crate::gate::Verdict;

/// What there is to say on the terminal of a run that measured nothing: why.
pub fn void(document: &Document<'_>, look: &Look<'_>) -> String {
    let mut page = Page::new(look);
    page.title(document);
    let mut said = vec!["Nothing was measured.".to_owned()];
    said.extend(document.doubts());
    for row in wrap(&said.join(" "), page.look.width) {
        let row = page.paint(DOUBT, &row);
        page.line(&row);
    }
    page.place();
    page.out
}

/// How the text looks.
#[derive(Debug, Clone, Copy)]
pub struct Look<'a> {
    /// Whether colours and weights are written (as ANSI sequences).
    pub color: bool,
    /// Columns to fill at most; taken as at least [`NARROWEST`].
    pub width: usize,
    /// Where the whole report is, to be named at the end.
    pub folder: Option<&'a Path>,
}

/// Fewer columns than that are not filled well.
pub const NARROWEST: usize = 66;
/// More are not filled.
pub const WIDEST: usize = 100;

impl Default for Look<'_> {
    fn default() -> Self {
        Look { color: false, width: WIDEST, folder: None }
    }
}

const GOOD: Style = AnsiColor::Green.on_default();
const BAD: Style = AnsiColor::Red.on_default().bold();
const DOUBT: Style = AnsiColor::Yellow.on_default();
const STRONG: Style = Style::new().bold();
const FAINT: Style = Style::new().dimmed();

/// Lines of errors and warnings shown before "more in the report".
const ERRORS: usize = 10;

/// The document as text.
pub fn render(document: &Document<'_>, look: &Look<'_>) -> String {
    let mut page = Page::new(look);
    page.head(document);
    page.series(document);
    page.headline(document);
    page.ratios(document);
    page.routes(document);
    page.errors(document);
    page.audit(document);
    page.insights(document);
    page.gates(document);
    page.trust(document);
    page.first(document);
    page.place();
    page.out
}

struct Page<'a> {
    out: String,
    look: Look<'a>,
}

impl<'a> Page<'a> {
    fn new(look: &Look<'a>) -> Page<'a> {
        Page { out: String::new(), look: Look { width: look.width.max(NARROWEST), ..*look } }
    }
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
        let beside = title.chars().count() + 2 + note.chars().count() <= self.look.width;
        let head = self.paint(STRONG, title);
        self.out.push('\n');
        if note.is_empty() {
            return self.line(&head);
        }
        if beside {
            return self.line(&format!("{head}  {}", self.paint(FAINT, note)));
        }
        self.line(&head);
        for row in wrap(note, self.look.width - 2) {
            let row = self.paint(FAINT, &row);
            self.line(&format!("  {row}"));
        }
    }

    /// A paragraph after a lead of `indent` columns, wrapped; the lead is on its first line.
    fn paragraph(&mut self, lead: &str, indent: usize, text: &str) {
        for (at, row) in wrap(text, self.look.width.saturating_sub(indent)).iter().enumerate() {
            let start = if at == 0 { lead.to_owned() } else { " ".repeat(indent) };
            self.line(&format!("{start}{row}"));
        }
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

    /// Where the whole report is.
    fn place(&mut self) {
        if let Some(folder) = self.look.folder {
            let at = folder.join("report.html");
            self.out.push_str(&format!("\nReport: {}\n", foreign::line(&at.display().to_string(), 400)));
        }
    }

    fn title(&mut self, document: &Document<'_>) {
        for row in wrap(&foreign::line(&document.record.title, 180), self.look.width) {
            let row = self.paint(STRONG, &row);
            self.line(&row);
        }
    }

    fn head(&mut self, document: &Document<'_>) {
        self.title(document);
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
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Record;
    use crate::report::fixture;

    /// The text of the usual width; that of a narrower terminal fits it too.
    fn plain(record: &Record) -> String {
        let of = |width| {
            let text = render(&Document::of(record), &Look { width, ..Look::default() });
            for row in text.lines() {
                assert!(row.chars().count() <= width, "{} of {width} columns: {row}", row.chars().count());
            }
            text
        };
        for width in [NARROWEST, 80] {
            of(width);
        }
        of(WIDEST)
    }

    #[test]
    fn a_narrow_terminal() {
        let look = Look { width: 80, ..Look::default() };
        insta::assert_snapshot!(render(&Document::of(&fixture::duet()), &look));
        let narrowest = render(&Document::of(&fixture::duet()), &Look { width: NARROWEST, ..look });
        assert_eq!(render(&Document::of(&fixture::duet()), &Look { width: 10, ..look }), narrowest);
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
}
