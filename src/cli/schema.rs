//! `shakedown schema`.

use super::{Exit, Failed};
use crate::record::Record;
use crate::record::summary::Summary;
use crate::scenario::json_schema;

const EXAMPLES: &str = "\
Examples:
  shakedown schema > shakedown.schema.json
  shakedown schema record > record.schema.json

An editor with a TOML language server completes and explains every key when the scenario's first line is
  #:schema ./shakedown.schema.json";

/// Whose schema.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Of {
    /// Scenario files.
    Scenario,
    /// record.json of a run.
    Record,
    /// summary.json.
    Summary,
}

/// Arguments of `schema`.
#[derive(Debug, clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub struct Args {
    /// Whose schema.
    #[arg(value_enum, default_value = "scenario")]
    of: Of,
}

/// Runs the command.
pub fn run(args: Args) -> Result<Exit, Failed> {
    let schema = match args.of {
        Of::Scenario => json_schema().clone(),
        Of::Record => schemars::schema_for!(Record).to_value(),
        Of::Summary => schemars::schema_for!(Summary).to_value(),
    };
    // `{:#}` of a JSON value is its pretty form.
    anstream::println!("{schema:#}");
    Ok(Exit::Pass)
}
