//! The command line: clap, progress, exit codes. Holds no logic. One file a command.

mod audit;
mod baseline;
mod check;
mod compare;
mod exit;
mod gate;
mod init;
mod look;
mod policy;
mod progress;
mod pulse;
mod report;
mod run;
mod say;
mod schema;
mod target;
mod token;
mod trial;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

pub use exit::{Exit, Failed};

/// A folder's name for a name out of a record. A record is foreign: its names must not lead elsewhere.
fn folder_name(name: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || c == '_' { c } else { '-' };
    name.chars().take(60).map(plain).collect()
}

/// Load-test and audit a web deployment, compare stacks, and get a verdict you can trust.
#[derive(Debug, Parser)]
#[command(name = "shakedown", version, max_term_width = 100, after_long_help = EXAMPLES)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

const EXAMPLES: &str = "\
Examples:
  shakedown run scenarios/quickstart.toml      try the embedded target, dev against production
  shakedown init > my.toml                     start a scenario of your own
  shakedown check my.toml                      find its mistakes, send nothing
  shakedown audit my.toml --stack prod          the security checklist alone, without a load
  shakedown token inspect < token.txt          decode and explain a JWT

Exit codes:
  0 all gates pass, or there are none    1 a gate failed
  2 the scenario or the command line is wrong
  3 the run is invalid (a stack did not start or gave no good answer at all, no token, the
    generator was the limit, a gate has no number to rest on)
  4 internal error    130 interrupted (a partial record is still written)";

#[derive(Debug, Subcommand)]
enum Command {
    /// Start stacks, obtain tokens, load, audit, compare, judge the gates, write the reports.
    Run(run::Args),
    /// Audit stacks without a load; list and explain the checks.
    Audit(audit::Args),
    /// Put recorded runs beside each other.
    Compare(compare::Args),
    /// Validate a scenario; send nothing.
    Check(check::Args),
    /// Judge the gates of a record again, also against earlier runs.
    Gate(gate::Args),
    /// Keep a run for others to be held against.
    Baseline(baseline::Args),
    /// Write a starter scenario.
    Init(init::Args),
    /// Obtain, inspect or mint tokens.
    Token(token::Args),
    /// Render a record again.
    Report(report::Args),
    /// Print the JSON Schema of scenario files, records or summaries.
    Schema(schema::Args),
    /// Serve the embedded target.
    Target(target::Args),
}

/// Parses the arguments, runs the command, and gives its exit code.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    let result = match cli.command {
        Command::Run(args) => run::run(args),
        Command::Audit(args) => audit::run(args),
        Command::Compare(args) => compare::run(args),
        Command::Check(args) => check::run(args),
        Command::Gate(args) => gate::run(args),
        Command::Baseline(args) => baseline::run(args),
        Command::Init(args) => init::run(args),
        Command::Token(args) => token::run(args),
        Command::Report(args) => report::run(args),
        Command::Schema(args) => schema::run(args),
        Command::Target(args) => target::run(args),
    };
    match result {
        Ok(exit) => exit.into(),
        Err(failed) => {
            failed.print();
            failed.exit.into()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::folder_name;

    #[test]
    fn names_that_scenarios_allow_have_folders_of_their_own() {
        assert_eq!(folder_name("prod_2-b"), "prod_2-b");
        assert_ne!(folder_name("a_b"), folder_name("a-b"));
        assert_eq!(folder_name("../../etc"), "------etc");
    }
}
