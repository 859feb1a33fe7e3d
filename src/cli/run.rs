//! `shakedown run`.

use std::path::PathBuf;

use super::trial::{self, Output};
use super::{Exit, Failed};
use crate::audit::{Policy, Selection};
use crate::plan::Plan;
use crate::record::past::Past;
use crate::run::Options;

/// Arguments of `run`.
#[derive(Debug, clap::Args)]
#[command(after_long_help = "\
Examples:
  shakedown run scenarios/quickstart.toml
  shakedown run my.toml --stack prod --out reports/today
  shakedown run my.toml --json --quiet | jq .verdict
  shakedown run my.toml --self prod              one stack against itself: the noise of the method
  shakedown run my.toml --baseline history       gates such as `prod vs baseline: p99 < 1.1x` are judged
  shakedown run my.toml --out ci --format junit,sarif     ci/junit.xml and ci/audit.sarif too

Ctrl-C ends the load, stops every process that was started, and keeps what was measured until then.")]
pub struct Args {
    /// The scenario file.
    scenario: PathBuf,
    /// Try only this stack; may be given more than once.
    #[arg(long = "stack", value_name = "NAME")]
    stacks: Vec<String>,
    /// Compare this stack with itself: what differs then is noise. Without audit and gates.
    #[arg(long = "self", value_name = "NAME", conflicts_with = "stacks")]
    itself: Option<String>,
    /// Load all stacks at once instead of in turn: they share the machine, and ratios have no interval.
    #[arg(long, conflicts_with = "itself")]
    parallel: bool,
    /// Earlier runs for `vs baseline`: a record, a summary, a folder of them, or REF:PATH for one that git keeps.
    #[arg(long, value_name = "REF", conflicts_with = "itself")]
    baseline: Option<String>,
    /// Leave the audit out.
    #[arg(long)]
    no_audit: bool,
    #[command(flatten)]
    output: Output,
}

/// Runs the command.
pub fn run(args: Args) -> Result<Exit, Failed> {
    let plan = Plan::read(&args.scenario).map_err(Failed::usage)?;
    let itself = args.itself.is_some();
    let stacks = args.itself.map_or(args.stacks, |name| vec![name]);
    trial::check_names(&plan, &stacks)?;
    if itself && plan.load.blocks.is_none() {
        return Err(Failed::usage(miette::miette!(
            help = "give it an open or closed load at one level, without `order = \"whole\"`",
            "a stack is compared with itself in blocks, and this load has none"
        )));
    }
    if args.parallel && plan.load.series.is_some() {
        return Err(Failed::usage(miette::miette!(
            help = "leave out --parallel: each stack is searched by itself",
            "a search or a sweep cannot run on all stacks at once"
        )));
    }
    // Before the load: a baseline that is not there should cost no run.
    let past = args.baseline.as_deref().map(Past::read).transpose().map_err(Failed::usage)?;
    let options = Options {
        folder: args.output.folder(&plan.slug),
        only: stacks,
        audit: !args.no_audit && !itself,
        checks: Selection::default(),
        policy: Policy::read(&plan).map_err(Failed::usage)?,
        load: true,
        itself,
        parallel: args.parallel,
    };
    trial::run(&plan, &options, &args.output, past.as_deref())
}
