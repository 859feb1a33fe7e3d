//! Mistakes in a scenario: all at once, each with its place and with what would be right.

use std::fmt;
use std::ops::Range;
use std::path::Path;

use miette::{Diagnostic, LabeledSpan, NamedSource, SourceCode};

/// One mistake.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// What is wrong, in one line.
    pub message: String,
    /// What would be right.
    pub help: Option<String>,
    /// Byte range in the file; `None` when the file as a whole is meant.
    pub span: Option<Range<usize>>,
    /// Whether it is wrong whatever else the table says that it stands in.
    pub alone: bool,
    /// The name that nobody defines, where that is the mistake.
    pub missing: Option<String>,
}

impl Mistake {
    /// Whether it misses one of these names, or a value of the table with that name (`user.…` of `users`).
    fn misses(&self, names: &[String]) -> bool {
        let words = self.missing.iter().flat_map(|name| name.split(['.', '/']));
        words.into_iter().any(|word| {
            names.iter().any(|name| name == word || name.strip_suffix('s').is_some_and(|one| one == word))
        })
    }
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Mistake {}

impl Diagnostic for Mistake {
    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.help.as_ref().map(|help| Box::new(help) as Box<dyn fmt::Display>)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let span = self.span.clone()?;
        Some(Box::new(std::iter::once(LabeledSpan::new_primary_with_span(Some("here".into()), span))))
    }
}

/// Collects mistakes while a scenario is checked.
#[derive(Debug, Default)]
pub struct Mistakes(Vec<Mistake>);

impl Mistakes {
    /// Notes a mistake at a byte range, with what would be right.
    pub fn at(&mut self, span: Range<usize>, message: impl Into<String>, help: impl Into<String>) {
        let (message, help) = (message.into(), Some(help.into()));
        self.push(Mistake { message, help, span: Some(span), alone: false, missing: None });
    }

    /// Notes a mistake of a value that is wrong whatever else its table says.
    pub fn alone(&mut self, span: Range<usize>, message: impl Into<String>, help: impl Into<String>) {
        let (message, help) = (message.into(), Some(help.into()));
        self.push(Mistake { message, help, span: Some(span), alone: true, missing: None });
    }

    /// Notes a name that nobody defines.
    pub fn missing(
        &mut self,
        span: Range<usize>,
        name: &str,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        let (message, help) = (message.into(), Some(help.into()));
        self.push(Mistake { message, help, span: Some(span), alone: true, missing: Some(name.to_owned()) });
    }

    /// Notes a mistake.
    pub fn push(&mut self, mistake: Mistake) {
        if !self.0.contains(&mistake) {
            self.0.push(mistake);
        }
    }

    /// Where they stand.
    pub(super) fn spans(&self) -> Vec<Range<usize>> {
        self.0.iter().filter_map(|mistake| mistake.span.clone()).collect()
    }

    /// Adds those of `others` that do not follow from these, which are mistakes of shape: what is wrong by itself, and what
    /// stands under another header of the file. A name that only something left out would define is not missed.
    pub fn add_independent(&mut self, others: Mistakes, text: &str, left_out: &[String]) {
        let header = |mistake: &Mistake| {
            // A mistake of a table as a whole stands at its header.
            let before = text.get(..=mistake.span.as_ref()?.start)?;
            Some(before.rfind("\n[").map_or(0, |at| at + 1))
        };
        let taken: Vec<Option<usize>> = self.0.iter().map(header).collect();
        let spans = self.spans();
        for mistake in others.0 {
            let own = mistake.alone && mistake.span.as_ref().is_some_and(|span| !spans.contains(span));
            let elsewhere = taken.is_empty() || !taken.contains(&header(&mistake));
            if (own || elsewhere) && !mistake.misses(left_out) {
                self.push(mistake);
            }
        }
    }

    /// Whether nothing is wrong so far.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many there are so far.
    pub fn len(&self) -> usize {
        self.0.len()
    }
}

/// Every mistake of one scenario file. Inline passwords are masked in the text it shows.
pub struct Diagnostics {
    file: String,
    text: NamedSource<String>,
    mistakes: Vec<Mistake>,
}

impl Diagnostics {
    /// `masked` is the file's text without secrets, of the same length in bytes as the text itself.
    pub fn new(path: &Path, masked: String, mistakes: Mistakes) -> Self {
        let file = visible(&path.display().to_string());
        let mut mistakes = mistakes.0;
        for mistake in &mut mistakes {
            mistake.message = visible(&mistake.message);
            mistake.help = mistake.help.as_deref().map(visible);
            mistake.span = mistake.span.take().map(|span| whole_characters(&masked, span));
        }
        mistakes.sort_by_key(|mistake| mistake.span.as_ref().map_or(0, |span| span.start));
        Diagnostics { text: NamedSource::new(&file, masked), file, mistakes }
    }

    /// The mistakes, in the order of the file.
    pub fn mistakes(&self) -> &[Mistake] {
        &self.mistakes
    }

    /// For programs and logs: `file:line:column: message (help)`, one mistake a line.
    pub fn plain(&self) -> String {
        let mut out = String::new();
        for mistake in &self.mistakes {
            out.push_str(&self.file);
            if let Some(span) = &mistake.span {
                let (line, column) = line_and_column(self.text.inner(), span.start);
                out.push_str(&format!(":{line}:{column}"));
            }
            out.push_str(": ");
            out.push_str(&mistake.message);
            if let Some(help) = &mistake.help {
                out.push_str(&format!(" ({help})"));
            }
            out.push('\n');
        }
        out
    }
}

impl fmt::Display for Diagnostics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.mistakes.len() {
            1 => write!(f, "{}: one mistake", self.file),
            count => write!(f, "{}: {count} mistakes", self.file),
        }
    }
}

impl fmt::Debug for Diagnostics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.plain())
    }
}

impl std::error::Error for Diagnostics {}

impl Diagnostic for Diagnostics {
    fn source_code(&self) -> Option<&dyn SourceCode> {
        Some(&self.text)
    }

    fn related<'a>(&'a self) -> Option<Box<dyn Iterator<Item = &'a dyn Diagnostic> + 'a>> {
        Some(Box::new(self.mistakes.iter().map(|mistake| mistake as &dyn Diagnostic)))
    }
}

/// Line and column, both from 1; the column counts characters.
pub(crate) fn line_and_column(text: &str, offset: usize) -> (usize, usize) {
    let before = &text[..whole_characters(text, offset..offset).start];
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
}

fn whole_characters(text: &str, span: Range<usize>) -> Range<usize> {
    let start = text.floor_char_boundary(span.start);
    let end = text.ceil_char_boundary(span.end.max(start));
    start..end
}

/// Control characters made visible, so that a file cannot write to the terminal.
fn visible(text: &str) -> String {
    text.chars()
        .flat_map(|c| {
            let escaped = c.is_control();
            let plain = (!escaped).then_some(c);
            plain.into_iter().chain(escaped.then(|| c.escape_default()).into_iter().flatten())
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn diagnostics(text: &str, span: Range<usize>) -> Diagnostics {
        let mut mistakes = Mistakes::default();
        mistakes.at(span, "wrong \u{1b}[2J", "right");
        Diagnostics::new(Path::new("a.toml"), text.into(), mistakes)
    }

    #[test]
    fn plain_lines_count_from_one_and_in_characters() {
        assert_eq!(diagnostics("a = 1\nü = 2\n", 9..11).plain(), "a.toml:2:3: wrong \\u{1b}[2J (right)\n");
    }

    #[test]
    fn spans_inside_a_character_or_behind_the_end_do_no_harm() {
        for span in [1..1, 1..2, 0..99, 50..60] {
            let diagnostics = diagnostics("ü", span);
            assert!(diagnostics.plain().starts_with("a.toml:1:"));
            let rendered = format!("{:?}", miette::Report::new(diagnostics));
            assert!(rendered.contains("wrong"), "{rendered}");
        }
    }
}
