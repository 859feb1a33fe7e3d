//! `shakedown schema`.

use super::{Exit, Failed};
use crate::scenario::json_schema;

const EXAMPLES: &str = "\
Example:
  shakedown schema > shakedown.schema.json

An editor with a TOML language server completes and explains every key when the scenario's first line is
  #:schema ./shakedown.schema.json";

/// Arguments of `schema`.
#[derive(Debug, clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub struct Args {}

/// Runs the command.
pub fn run(Args {}: Args) -> Result<Exit, Failed> {
    // `{:#}` of a JSON value is its pretty form.
    anstream::println!("{:#}", json_schema());
    Ok(Exit::Pass)
}
