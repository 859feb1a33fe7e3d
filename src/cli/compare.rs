//! `shakedown compare`.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use super::{Exit, Failed, look};
use crate::compare;
use crate::record::Record;
use crate::report::{self, Document, Format, terminal};

/// Arguments of `compare`.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
Examples:
  shakedown compare reports/my/2026-03-01T12-00-00Z reports/my/2026-03-02T12-00-00Z
  shakedown compare BEFORE AFTER --stack prod --format html > compared.html
  shakedown compare A B C --format html,md --output compared

Each later run is held against the first. Runs in blocks give intervals; what changed on the machine between the runs is
in them, so they are wider than those of stacks that took turns in one run.")]
pub struct Args {
    /// Folders of runs, or their record.json; the first is what the others are held against.
    #[arg(required = true, num_args = 2.., value_name = "RECORD")]
    records: Vec<PathBuf>,
    /// Only this stack.
    #[arg(long, value_name = "NAME")]
    stack: Option<String>,
    /// Formats, separated by commas. Without any: text on the terminal.
    #[arg(long, short, value_enum, value_delimiter = ',', value_name = "FORMAT")]
    format: Vec<Format>,
    /// Folder to write to, with one folder in it for each stack.
    #[arg(long, short, value_name = "DIR")]
    output: Option<PathBuf>,
}

/// Runs the command.
pub fn run(args: Args) -> Result<Exit, Failed> {
    let mut records = Vec::new();
    for path in &args.records {
        let mut record = Record::read(path).map_err(Failed::usage)?;
        if let Some(name) = &args.stack {
            record.stacks.retain(|stack| stack.name == *name);
        }
        records.push((name_of(path, &records), record));
    }
    let found = compare::runs(&records);
    if found.is_empty() {
        return Err(Failed::usage(miette::miette!(
            help = "stacks are compared by their names; runs with one stack each need not agree on it",
            "no stack is in all of these runs"
        )));
    }
    for runs in &found {
        let document = Document {
            record: &runs.record,
            comparisons: runs.comparisons.clone(),
            insights: compare::insights(&runs.record),
            gates: Vec::new(),
        };
        match &args.output {
            Some(folder) => {
                // A record is foreign: its stack's name must not lead out of the folder.
                let plain = |c: char| if c.is_ascii_alphanumeric() { c } else { '-' };
                let name: String = runs.stack.chars().take(60).map(plain).collect();
                let formats =
                    if args.format.is_empty() { &[Format::Html, Format::Md] } else { args.format.as_slice() };
                for path in report::write(&document, formats, &folder.join(name)).map_err(Failed::internal)? {
                    anstream::println!("{}", path.display());
                }
            }
            None => {
                let text = match args.format.first() {
                    None | Some(Format::Text) => terminal::render(&document, &look::of_stdout(None)),
                    Some(format) => format.render(&document),
                };
                // A reader that has seen enough closes the pipe: that is no failure.
                let _ = anstream::stdout().write_all(text.as_bytes());
            }
        }
    }
    Ok(Exit::Pass)
}

/// A run's name in tables: its folder's, with a number where another has it already.
fn name_of(path: &Path, others: &[(String, Record)]) -> String {
    let folder = if path.is_file() { path.parent().unwrap_or(path) } else { path };
    let folder = folder.canonicalize().unwrap_or_else(|_| folder.to_path_buf());
    let name =
        folder.file_name().map_or_else(|| "run".to_owned(), |name| name.to_string_lossy().into_owned());
    let same =
        others.iter().filter(|(other, _)| *other == name || other.starts_with(&format!("{name} #"))).count();
    if same == 0 { name } else { format!("{name} #{}", same + 1) }
}
