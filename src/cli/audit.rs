//! `shakedown audit`.

use std::fmt::Write as _;
use std::path::PathBuf;

use clap::Subcommand;

use super::trial::{self, Output};
use super::{Exit, Failed, policy};
use crate::audit::view::{self, View};
use crate::audit::{self, Check, Policy, Selection};
use crate::plan::{Plan, StackId};
use crate::run::Options;

/// Arguments of `audit`.
#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true, after_long_help = EXAMPLES)]
pub struct Args {
    #[command(subcommand)]
    command: Option<Command>,
    /// The scenario file.
    #[arg(required = true)]
    scenario: Option<PathBuf>,
    /// Audit only this stack; may be given more than once.
    #[arg(long = "stack", value_name = "NAME")]
    stacks: Vec<String>,
    /// Only these checks, by id or pattern, separated by commas.
    #[arg(long, value_name = "IDS")]
    only: Option<String>,
    /// Say what would be sent to each stack; start and send nothing.
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    output: Output,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List the checks of the catalogue.
    List {
        /// Only these, by id or pattern, separated by commas.
        only: Option<String>,
        /// Group them as others number them.
        #[arg(long, value_enum)]
        by: Option<By>,
    },
    /// Write the file that `[audit] lock` names: the checks, as they are now, that gates heed.
    Lock {
        /// The scenario file.
        scenario: PathBuf,
    },
    /// Write the file that `[audit] baseline` names: the findings of a record, which are known from now on.
    Baseline {
        /// The scenario file.
        scenario: PathBuf,
        /// Folder of a run, or its record.json.
        record: PathBuf,
    },
    /// Explain a check: its rule, its fix, its references.
    Explain {
        /// Its id.
        id: String,
    },
}

/// How `list` groups.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum By {
    /// Chapters and requirements of OWASP's ASVS 5.0.0.
    Asvs,
    /// Ids of Django's `check --deploy`.
    Django,
    /// What the checks' ids begin with.
    Family,
}

const EXAMPLES: &str = "\
Examples:
  shakedown audit my.toml                           all checks on all stacks, no load
  shakedown audit my.toml --stack prod --only 'HDR-*,JWT-*'
  shakedown audit my.toml --dry-run                 what would be sent, and what consent is missing
  shakedown audit list 'CK-*'                       the checks of a family
  shakedown audit list --by asvs                    the checks by chapter of OWASP's ASVS
  shakedown audit explain HDR-HSTS                  rule, fix and references
  shakedown audit baseline my.toml RUN              what RUN found is known: gates such as
                                                    `audit prod: no new medium` ask for the rest
  shakedown audit lock my.toml                      the checks of today are those that gates heed

Checks that judge answers under load do not run here: `shakedown run` has a load.
The scenario's `audit …` gates decide the exit code: 0 they pass, 1 one failed, 3 one can't be judged.";

/// Runs the command.
pub fn run(args: Args) -> Result<Exit, Failed> {
    match args.command {
        Some(Command::List { only, by }) => {
            let selection = selection(only.as_deref())?;
            anstream::print!("{}", by.map_or_else(|| list(&selection), |by| grouped(&selection, by)));
            return Ok(Exit::Pass);
        }
        Some(Command::Explain { id }) => {
            let Some(check) = audit::find(&id.to_ascii_uppercase()) else { return Err(unknown(&id)) };
            anstream::print!("{}", audit::page(check));
            return Ok(Exit::Pass);
        }
        Some(Command::Lock { scenario }) => return policy::lock(&scenario),
        Some(Command::Baseline { scenario, record }) => return policy::baseline(&scenario, &record),
        None => {}
    }
    // clap has asked for it.
    let Some(scenario) = &args.scenario else { return Ok(Exit::Usage) };
    let plan = Plan::read(scenario).map_err(Failed::usage)?;
    trial::check_names(&plan, &args.stacks)?;
    let checks = selection(args.only.as_deref())?;
    if plan.audit.is_none() {
        return Err(Failed::usage(miette::miette!(
            help = "remove `off = true` from [audit]",
            "the scenario switches its audit off"
        )));
    }
    if args.dry_run {
        anstream::print!("{}", rehearsal(&plan, &args.stacks, &checks));
        return Ok(Exit::Pass);
    }
    let options = Options {
        folder: args.output.folder(&plan.slug),
        only: args.stacks,
        audit: true,
        checks,
        policy: Policy::read(&plan).map_err(Failed::usage)?,
        load: false,
        itself: false,
        parallel: false,
    };
    trial::run(&plan, &options, &args.output, None)
}

fn selection(only: Option<&str>) -> Result<Selection, Failed> {
    only.map_or_else(|| Ok(Selection::default()), |text| Selection::parse(text).map_err(|id| unknown(&id)))
}

fn unknown(id: &str) -> Failed {
    Failed::usage(miette::miette!(
        help = "`shakedown audit list` shows them all",
        "no check is called `{id}`"
    ))
}

fn list(selection: &Selection) -> String {
    let mut out = String::new();
    for check in selection.checks() {
        out.push_str(&line(check));
    }
    out
}

fn line(check: &Check) -> String {
    let (severity, mode) = (check.severity.name(), check.mode.name());
    format!("{:<25} {severity:<9} {mode:<12} {}\n", check.id, check.title)
}

fn grouped(selection: &Selection, by: By) -> String {
    let by = match by {
        By::Asvs => View::Asvs,
        By::Django => View::Django,
        By::Family => View::Family,
    };
    let mut out = String::new();
    for group in view::view(by, &selection.checks()) {
        // Writing to a String cannot fail.
        let _ = writeln!(out, "{}{}", if out.is_empty() { "" } else { "\n" }, group.title);
        for entry in group.entries {
            // An id of Django is the title already.
            let reference = if by == View::Asvs { format!("{:<7} ", entry.reference) } else { String::new() };
            let _ = write!(out, "  {reference}{}", audit::find(entry.check).map(line).unwrap_or_default());
        }
    }
    out
}

/// What goes to a stack before any probe.
const FIRST: &str = "a GET that shows that the stack is ready, the scenario's `discover` lookups, and a login of each user whose credential it needs";

fn rehearsal(plan: &Plan, only: &[String], checks: &Selection) -> String {
    let mut out = String::new();
    for (index, stack) in plan.stacks.iter().enumerate() {
        if !only.is_empty() && !only.contains(&stack.name) {
            continue;
        }
        // Writing to a String cannot fail.
        let _ = writeln!(out, "{} {}", stack.name, stack.url);
        let _ = writeln!(out, "  first: {FIRST}");
        for (probe, why_not) in audit::rehearse(plan, StackId(index), checks) {
            let most = probe.most;
            let _ = writeln!(out, "  {:<24} at most {most:>3} requests: {}", probe.name, probe.about);
            if let Some(why_not) = why_not {
                let _ = writeln!(out, "  {:<24} NOT SENT: it {why_not}", "");
            }
        }
        let _ = writeln!(out, "  beyond that: {}", audit::manners());
    }
    out
}
