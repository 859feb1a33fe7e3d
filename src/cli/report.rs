//! `shakedown report`.

use std::path::PathBuf;

use super::{Exit, Failed, look, say};
use crate::record::Record;
use crate::record::past::Past;
use crate::report::{self, Document, Format, terminal};

/// Arguments of `report`.
#[derive(Debug, clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub struct Args {
    /// Folder of a run, or its record.json.
    record: PathBuf,
    /// Formats, separated by commas. Without any: text on the terminal.
    #[arg(long, short, value_enum, value_delimiter = ',', value_name = "FORMAT")]
    format: Vec<Format>,
    /// Folder to write to (report.html, report.md, …). Without it one format goes to stdout.
    #[arg(long, short, value_name = "DIR")]
    output: Option<PathBuf>,
    /// Earlier runs for gates `vs baseline`: a record, a summary, a folder of them, or REF:PATH for one that git keeps.
    #[arg(long, value_name = "REF")]
    baseline: Option<String>,
}

const EXAMPLES: &str = "\
Examples:
  shakedown report reports/django/2026-03-01T12-00-00                     read it here
  shakedown report RUN --format html > report.html                        one format to stdout
  shakedown report RUN --format html,md,json,csv,series --output out      several into a folder
  shakedown report RUN --format html --baseline main:history/summary.json    gates on a baseline judged by it
  shakedown report RUN --format junit,sarif,prometheus --output ci        for CI systems and dashboards";

#[derive(Debug, thiserror::Error, miette::Diagnostic)]
#[error("{count} formats cannot share stdout")]
#[diagnostic(help("say which folder they go to: --output DIR"))]
pub(super) struct NoFolder {
    pub(super) count: usize,
}

/// Runs the command.
pub fn run(args: Args) -> Result<Exit, Failed> {
    let record = Record::read(&args.record).map_err(Failed::usage)?;
    let past = args.baseline.as_deref().map(Past::read).transpose().map_err(Failed::usage)?;
    let document = Document::against(&record, past.as_deref());
    let Some(folder) = &args.output else { return to_stdout(&document, &args.format) };
    let all = [Format::Text, Format::Html, Format::Md, Format::Json, Format::Csv, Format::Series];
    let formats = if args.format.is_empty() { &all } else { args.format.as_slice() };
    for path in report::write(&document, formats, folder).map_err(Failed::internal)? {
        anstream::println!("{}", path.display());
    }
    Ok(Exit::Pass)
}

fn to_stdout(document: &Document<'_>, formats: &[Format]) -> Result<Exit, Failed> {
    match formats {
        [] | [Format::Text] => say::out(&terminal::render(document, &look::of_stdout(None))),
        [format] => say::raw(&format.render(document)),
        several => return Err(Failed::usage(NoFolder { count: several.len() })),
    }
    Ok(Exit::Pass)
}
