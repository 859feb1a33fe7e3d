//! `shakedown run`.

use std::path::PathBuf;

use super::trial::{self, Saying};
use super::{Exit, Failed};
use crate::audit::Selection;
use crate::plan::Plan;
use crate::run::Options;

/// Arguments of `run`.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
Examples:
  shakedown run scenarios/quickstart.toml
  shakedown run my.toml --stack prod --out reports/today
  shakedown run my.toml --json --quiet | jq .verdict

Ctrl-C ends the load, stops every process that was started, and keeps what was measured until then.")]
pub struct Args {
    /// The scenario file.
    scenario: PathBuf,
    /// Try only this stack; may be given more than once.
    #[arg(long = "stack", value_name = "NAME")]
    stacks: Vec<String>,
    /// Folder for the record and the reports [default: reports/SCENARIO/TIME].
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Leave the audit out.
    #[arg(long)]
    no_audit: bool,
    /// Print nothing but errors (and the summary, with --json).
    #[arg(long, short)]
    quiet: bool,
    /// Print the summary as JSON on standard output instead of as text.
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub fn run(args: Args) -> Result<Exit, Failed> {
    let plan = Plan::read(&args.scenario).map_err(Failed::usage)?;
    trial::check_names(&plan, &args.stacks)?;
    let options = Options {
        folder: args.out.unwrap_or_else(|| trial::default_folder(&plan.slug)),
        only: args.stacks,
        audit: !args.no_audit,
        checks: Selection::default(),
        load: true,
    };
    trial::run(&plan, &options, Saying { quiet: args.quiet, json: args.json })
}
