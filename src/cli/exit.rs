//! Exit codes, and errors that carry one.

use std::io::IsTerminal as _;
use std::process::ExitCode;

use crate::scenario::Diagnostics;

/// How the program ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// All gates pass, or there are none.
    Pass = 0,
    /// A gate failed.
    GateFailed = 1,
    /// The scenario or the command line is wrong.
    Usage = 2,
    /// The run is invalid: a stack did not start or gave no good answer at all, no token, the generator was the limit, a gate has
    /// no number to rest on.
    Invalid = 3,
    /// A bug or an unusable machine.
    Internal = 4,
    /// Ctrl-C; a partial record is written.
    Interrupted = 130,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        ExitCode::from(exit as u8)
    }
}

/// An error with the exit code it leads to.
#[derive(Debug)]
pub struct Failed {
    /// The code.
    pub exit: Exit,
    /// What is said on stderr.
    pub report: miette::Report,
}

impl Failed {
    /// A wrong scenario or command line.
    pub fn usage(report: impl Into<miette::Report>) -> Self {
        Failed { exit: Exit::Usage, report: report.into() }
    }

    /// An invalid run.
    pub fn invalid(report: impl Into<miette::Report>) -> Self {
        Failed { exit: Exit::Invalid, report: report.into() }
    }

    /// A bug or an unusable machine.
    pub fn internal(report: impl Into<miette::Report>) -> Self {
        Failed { exit: Exit::Internal, report: report.into() }
    }

    /// Prints the report on stderr: with excerpts for people, one line a mistake for programs and logs.
    pub fn print(&self) {
        if let Some(diagnostics) = self.report.downcast_ref::<Diagnostics>()
            && !std::io::stderr().is_terminal()
        {
            anstream::eprint!("{}", diagnostics.plain());
            return;
        }
        anstream::eprintln!("{:?}", self.report);
    }
}
