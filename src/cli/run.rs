//! `shakedown run`.

use std::path::PathBuf;

use super::trial::{self, Output};
use super::{Exit, Failed};
use crate::audit::{Policy, Selection};
use crate::plan::Plan;
use crate::run::Options;

/// Arguments of `run`.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
Examples:
  shakedown run scenarios/quickstart.toml
  shakedown run my.toml --stack prod --out reports/today
  shakedown run my.toml --json --quiet | jq .verdict
  shakedown run my.toml --out ci --format junit,sarif     ci/junit.xml and ci/audit.sarif too

Ctrl-C ends the load, stops every process that was started, and keeps what was measured until then.")]
pub struct Args {
    /// The scenario file.
    scenario: PathBuf,
    /// Try only this stack; may be given more than once.
    #[arg(long = "stack", value_name = "NAME")]
    stacks: Vec<String>,
    /// Leave the audit out.
    #[arg(long)]
    no_audit: bool,
    #[command(flatten)]
    output: Output,
}

/// Runs the command.
pub fn run(args: Args) -> Result<Exit, Failed> {
    let plan = Plan::read(&args.scenario).map_err(Failed::usage)?;
    trial::check_names(&plan, &args.stacks)?;
    let options = Options {
        folder: args.output.folder(&plan.slug),
        only: args.stacks,
        audit: !args.no_audit,
        checks: Selection::default(),
        policy: Policy::read(&plan).map_err(Failed::usage)?,
        load: true,
    };
    trial::run(&plan, &options, &args.output)
}
