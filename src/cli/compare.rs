//! `shakedown compare`.

use std::path::{Path, PathBuf};

use super::report::NoFolder;
use super::{Exit, Failed, folder_name, look, say};
use crate::compare;
use crate::record::Record;
use crate::record::store::RECORD_FILE;
use crate::report::{self, Document, Format, foreign, terminal};

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
    if args.output.is_none() && args.format.len() > 1 {
        return Err(Failed::usage(NoFolder { count: args.format.len() }));
    }
    let mut records = Vec::new();
    let mut stacks: Vec<String> = Vec::new();
    for path in &args.records {
        let mut record = Record::read(path).map_err(Failed::usage)?;
        let new = record.stacks.iter().map(|stack| &stack.name).filter(|name| !stacks.contains(name));
        stacks.extend(new.cloned().collect::<Vec<_>>());
        if let Some(name) = &args.stack {
            record.stacks.retain(|stack| stack.name == *name);
        }
        records.push((name_of(path, &records), record));
    }
    let found = compare::runs(&records);
    if let Some(name) = args.stack.filter(|_| records.iter().all(|(_, record)| record.stacks.is_empty())) {
        return Err(Failed::usage(miette::miette!(
            help = format!("they have: {}", foreign::line(&stacks.join(", "), 300)),
            "no stack of these runs is called `{name}`"
        )));
    }
    if found.is_empty() {
        return Err(Failed::usage(miette::miette!(
            help = "stacks are compared by their names; runs with one stack each need not agree on it",
            "no stack is in all of these runs"
        )));
    }
    // Texts may follow each other; of what a program reads, a file holds one.
    let files = args.format.first().is_some_and(|format| !matches!(format, Format::Text | Format::Md));
    if args.output.is_none() && files && found.len() > 1 {
        return Err(Failed::usage(miette::miette!(
            help = "choose one with --stack NAME, or say which folder they go to: --output DIR",
            "the comparisons of {} stacks cannot share stdout in this format",
            found.len()
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
                let formats =
                    if args.format.is_empty() { &[Format::Html, Format::Md] } else { args.format.as_slice() };
                for path in report::write(&document, formats, &folder.join(folder_name(&runs.stack)))
                    .map_err(Failed::internal)?
                {
                    anstream::println!("{}", path.display());
                }
            }
            None => match args.format.first() {
                None | Some(Format::Text) => {
                    say::out(&terminal::render(&document, &look::of_stdout(None)));
                }
                Some(format) => say::raw(&format.render(&document)),
            },
        }
    }
    Ok(Exit::Pass)
}

/// A run's name in tables: its folder's, or its file's where that has a name of its own; with a number where another has
/// it already.
fn name_of(path: &Path, others: &[(String, Record)]) -> String {
    let path = path.canonicalize().unwrap_or_else(|_| path.to_path_buf());
    let named = if path.ends_with(RECORD_FILE) { path.parent() } else { Some(path.as_path()) };
    let named = named.and_then(|path| if path.is_dir() { path.file_name() } else { path.file_stem() });
    let name = named.map_or_else(|| "run".to_owned(), |name| name.to_string_lossy().into_owned());
    let same =
        others.iter().filter(|(other, _)| *other == name || other.starts_with(&format!("{name} #"))).count();
    if same == 0 { name } else { format!("{name} #{}", same + 1) }
}
