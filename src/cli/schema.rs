//! `shakedown schema`.

use super::{Exit, Failed};

/// Arguments of `schema`.
#[derive(Debug, clap::Args)]
pub struct Args {}

/// Runs the command.
pub fn run(args: Args) -> Result<Exit, Failed> {
    let _ = args;
    todo!()
}
