//! `shakedown baseline`.

use std::path::{Path, PathBuf};

use clap::Subcommand;

use super::{Exit, Failed, folder_name, say};
use crate::compare;
use crate::gate::Verdict;
use crate::record::past::Past;
use crate::record::{Record, store};
use crate::report::{Document, foreign, summary};

/// Arguments of `baseline`.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Write a run's summary, small enough to be committed, where `--baseline` reads it.
    #[command(after_long_help = EXAMPLES)]
    Accept {
        /// Folder of a run, or its record.json.
        record: PathBuf,
        /// A folder, which keeps one file a run and is the history; or a file (.json), which is replaced
        /// [default: baselines/SCENARIO].
        #[arg(long, value_name = "PATH")]
        to: Option<PathBuf>,
    },
}

const EXAMPLES: &str = "\
Examples:
  shakedown baseline accept RUN                       one more run of the history in baselines/SCENARIO
  shakedown baseline accept RUN --to baseline.json    the one run that others are held against
  shakedown gate RUN --baseline baselines/my          judge against the history
  shakedown gate RUN --baseline main:baseline.json    judge against what git keeps

The findings of an audit have a baseline of their own: `shakedown audit baseline`.";

/// Runs the command.
pub fn run(args: Args) -> Result<Exit, Failed> {
    let Command::Accept { record, to } = args.command;
    let record = Record::read(&record).map_err(Failed::usage)?;
    if let Some(partial) = &record.partial {
        return Err(Failed::usage(miette::miette!(
            help = "give the record of a run that came to its end",
            "the record is partial ({}): no run can be held against it",
            foreign::line(partial, 200)
        )));
    }
    if !record.stacks.iter().any(crate::record::StackRecord::has_figures) {
        return Err(Failed::usage(miette::miette!(
            help = "findings have a baseline of their own: `shakedown audit baseline`",
            "the record has no load, so it has no figures"
        )));
    }
    if record.stacks.iter().all(|stack| stack.generator.saturated) {
        return Err(Failed::usage(miette::miette!(
            help = "lower the rate or give it more `threads` in [load], and run it again",
            "the generator was the limit on every stack: the figures are its own"
        )));
    }
    let to = to.unwrap_or_else(|| Path::new("baselines").join(folder_name(&record.scenario.slug)));
    let history = to.is_dir() || to.extension().is_none_or(|end| end != "json");
    if history && to.is_dir() {
        // Before it is written: a history that cannot be read should stay as it is.
        Past::of_folder(&to).map_err(Failed::usage)?;
    }
    let document = Document::of(&record);
    let text = summary::render(&document);
    let file = if history {
        store::create_folder(&to).map_err(Failed::internal)?;
        to.join(format!("{}.json", record.started.strftime("%Y-%m-%dT%H-%M-%S%.3fZ")))
    } else {
        if let Some(folder) = to.parent() {
            store::create_folder(folder).map_err(Failed::internal)?;
        }
        to.clone()
    };
    store::replace(&file, text.as_bytes()).map_err(Failed::internal)?;
    anstream::println!("{}", told(&file, &to, history, &record)?);
    if document.status() == Verdict::Fail {
        say::err("its gates do not hold: what is slower in it is accepted from now on");
    }
    for doubt in record.stacks.iter().flat_map(compare::doubts_of_one).filter(|doubt| doubt.route.is_none()) {
        say::err(&format!("it is {}: {}", doubt.weight.name(), foreign::line(&doubt.reason, 300)));
    }
    Ok(Exit::Pass)
}

/// What was written, and what else is there.
fn told(file: &Path, to: &Path, history: bool, record: &Record) -> Result<String, Failed> {
    if !history {
        return Ok(format!("{}: accepted", file.display()));
    }
    let runs = Past::of_folder(to).map_err(Failed::usage)?;
    let here = runs.iter().filter(|run| run.machine().is(&record.machine)).count();
    let elsewhere = runs.iter().find_map(|run| compare::other_machine(&record.machine, run.machine()));
    let mut told = format!("{}: run {here} of this machine in {}", file.display(), to.display());
    if let Some(other) = elsewhere {
        let others = runs.len() - here;
        told.push_str(&format!(
            "; {others} are of {}, and are not held against it",
            foreign::line(&other, 300)
        ));
    }
    Ok(told)
}
