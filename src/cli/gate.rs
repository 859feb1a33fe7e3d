//! `shakedown gate`.

use std::fmt::Write as _;
use std::path::PathBuf;

use super::{Exit, Failed, say};
use crate::compare::{self, Change, quantity};
use crate::gate::{self, GateError, Verdict};
use crate::record::past::Past;
use crate::record::{GateText, Record};
use crate::report::{Document, Format, foreign};

/// Arguments of `gate`.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
Examples:
  shakedown gate RUN                                       judge its gates again
  shakedown gate RUN --baseline reports/my/2026-03-01T12-00-00Z
  shakedown gate RUN --baseline history                    a folder of runs or of committed summaries
  shakedown gate RUN --baseline main:history/summary.json  what git keeps under that name
  shakedown gate RUN --baseline history --pass 'prod vs baseline: p95 < 1.1x'

A folder of eight runs or more is searched for the run since which a figure is another; that is said and is no gate.
Exit codes: 0 all gates pass, 1 one failed, 3 one can't be judged.")]
pub struct Args {
    /// Folder of a run, or its record.json.
    record: PathBuf,
    /// Earlier runs for `vs baseline`: a record, a summary, a folder of them, or REF:PATH for one that git keeps.
    #[arg(long, value_name = "REF")]
    baseline: Option<String>,
    /// A gate beside those of the scenario; may be given more than once.
    #[arg(long, value_name = "GATE")]
    pass: Vec<String>,
    /// Print the run in this format instead of the gates.
    #[arg(long, short, value_enum, value_name = "FORMAT")]
    format: Option<Format>,
}

/// Runs the command.
pub fn run(args: Args) -> Result<Exit, Failed> {
    let mut record = Record::read(&args.record).map_err(Failed::usage)?;
    let past = args.baseline.as_deref().map(Past::read).transpose().map_err(Failed::usage)?;
    for text in args.pass {
        gate::check(&record, &text).map_err(|error| wrong(&text, error))?;
        record.gates.push(GateText { text, line: 0 });
    }
    let document = Document::against(&record, past.as_deref());
    match args.format {
        Some(format) => say::raw(&format.render(&document)),
        None => say::out(&told(&document, &compare::changes(&record, past.as_deref().unwrap_or_default()))),
    }
    for doubt in document.doubts() {
        say::err(&format!("invalid run: {}", foreign::line(&doubt, 1000)));
    }
    Ok(match document.status() {
        Verdict::Pass | Verdict::Skipped => Exit::Pass,
        Verdict::Fail => Exit::GateFailed,
        Verdict::Unknown => Exit::Invalid,
    })
}

/// A gate of the command line that is none.
fn wrong(text: &str, error: GateError) -> Failed {
    let column = text.get(..error.span.start).unwrap_or_default().chars().count() + 1;
    Failed::usage(miette::miette!(
        help = error.help,
        "--pass `{}`, column {column}: {}",
        foreign::line(text, 80),
        error.message
    ))
}

fn told(document: &Document<'_>, changes: &[Change]) -> String {
    let mut out = String::new();
    for gate in &document.gates {
        let (text, reason) = (foreign::line(&gate.text, 200), foreign::line(&gate.reason, 600));
        // Writing to a String cannot fail.
        let _ = writeln!(out, "{:<8} {text} — {reason}", gate.verdict.name());
    }
    if document.gates.is_empty() {
        out.push_str("no gates\n");
    }
    for change in changes {
        let _ = writeln!(
            out,
            "change   {} of {} ({}) is {} since {} (p {:.3})",
            change.metric.name(),
            foreign::line(&change.stack, 40),
            foreign::line(&change.route, 40),
            quantity::ratio(change.ratio),
            foreign::line(&change.since, 80),
            change.p
        );
    }
    out
}
