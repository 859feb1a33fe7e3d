//! The command line: clap, progress, exit codes. Holds no logic.

use std::process::ExitCode;

/// Parses the arguments, runs the command, and gives its exit code.
pub fn main() -> ExitCode {
    ExitCode::SUCCESS
}
