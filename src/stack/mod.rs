//! Systems under test: prepare, start, ready, sample, stop the whole group. Knows no routes.

//!
//! A process that puts itself into the background escapes its group: run it in the foreground
//! (`daemon off;` for nginx).

mod log;
mod port;
mod prepare;
mod process;
mod program;
mod ready;
mod sampler;
mod stamp;
mod starting;
mod table;
mod values;
mod warden;

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::plan::{Plan, StackId};
use crate::secret::Redactor;
use crate::wire::Endpoint;

/// A stack that answers, started here or found running. Dropping it ends its processes.
pub struct Running {
    /// Which stack of the plan.
    pub id: StackId,
    /// Where it answers.
    pub endpoint: Endpoint,
    /// Values for templates: `port`, `port.NAME`, `state`, `scenario`, `shakedown`, `vars.NAME`.
    pub values: BTreeMap<String, String>,
    /// From the first start to ready; `None` when it already ran.
    pub startup: Option<Duration>,
    processes: Option<process::Processes>,
}

/// CPU and memory of a stack's process tree at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Sample {
    /// Since sampling began. Unit: seconds.
    pub at_s: f64,
    /// CPU time (user and system) of the tree since sampling began, children that ended included. Unit: seconds.
    pub cpu_s: f64,
    /// Resident memory of the tree; shared pages count once for each process. Unit: bytes.
    pub rss_bytes: u64,
    /// Live processes. Unit: count.
    pub processes: u32,
}

/// Why a stack is not there. Says what to do about it; ends with the last lines of its log where it has one.
#[derive(Debug, thiserror::Error)]
pub enum StackError {
    /// Programs are missing.
    #[error("{programs} not installed; {install}")]
    Missing {
        /// Their names in backquotes, and `is` or `are`.
        programs: String,
        /// What to do about it.
        install: String,
    },
    /// A preparation step failed.
    #[error("preparation step `{step}` failed: {reason}\n{log}")]
    Prepare {
        /// Its name.
        step: String,
        /// Exit status or why it did not run.
        reason: String,
        /// Last lines of its output, secrets taken out.
        log: String,
    },
    /// It did not start or did not become ready.
    #[error("stack `{stack}` {reason}\n{log}")]
    Start {
        /// Its name.
        stack: String,
        /// What happened.
        reason: String,
        /// Last lines of its logs, secrets taken out.
        log: String,
    },
    /// The target may not be loaded.
    #[error(
        "stack `{stack}` is {host}, not a loopback address: set `authorized = true` in the scenario if you may load it"
    )]
    NotAuthorized {
        /// Its name.
        stack: String,
        /// Its host.
        host: String,
    },
    /// A file could not be read or written.
    #[error("{what}: {error}")]
    Io {
        /// What was being done, with the path.
        what: String,
        /// Why not.
        error: std::io::Error,
    },
}

/// A step of preparation or start, for progress.
pub type Say<'a> = &'a (dyn Fn(&str) + Send + Sync);

impl StackError {
    /// The same error with more secrets taken out of its log lines.
    pub fn scrub(self, redactor: &Redactor) -> Self {
        match self {
            StackError::Prepare { step, reason, log } => {
                StackError::Prepare { step, reason, log: redactor.scrub(&log) }
            }
            StackError::Start { stack, reason, log } => {
                StackError::Start { stack, reason, log: redactor.scrub(&log) }
            }
            other => other,
        }
    }
}

/// Runs the scenario's `requires` and `prepare` steps that are not stamped yet.
///
/// # Errors
/// A missing program, a failed step, an unwritable state folder.
pub async fn prepare(plan: &Plan, say: Say<'_>) -> Result<(), StackError> {
    program::check(&plan.requires)?;
    if plan.prepare.is_empty() {
        return Ok(());
    }
    let io = |error| StackError::Io { what: "find the working folder".into(), error };
    let _lock = prepare::StateLock::take(&plan.state, say).await?;
    let mut values = values::Values::of_scenario(plan).map_err(io)?;
    prepare::run(plan, &plan.prepare, None, &mut values, say).await
}

/// Prepares and starts one stack and waits until it is ready. Its processes' output goes to `logs`.
///
/// # Errors
/// As [`StackError`] says; nothing is left running.
pub async fn start(plan: &Plan, id: StackId, logs: &Path, say: Say<'_>) -> Result<Running, StackError> {
    starting::start(plan, id, logs, say).await
}

impl Running {
    /// CPU and memory of the process tree now; `None` for a stack that was not started here.
    pub fn sample(&mut self) -> Option<Sample> {
        self.processes.as_mut().map(process::Processes::sample)
    }

    /// The exit status in words of a process that has ended although it should run, with its name.
    pub fn died(&mut self) -> Option<String> {
        let (name, status) = self.processes.as_ref()?.died()?;
        Some(format!("`{name}` {status}"))
    }

    /// The last lines of its processes' logs, for an error; empty for a stack that was not started here.
    pub fn log_tail(&self, redactor: &Redactor) -> String {
        self.processes.as_ref().map_or(String::new(), |processes| redactor.scrub(&processes.log_tail(None)))
    }

    /// Ends the processes: TERM to each group, KILL after a grace time. Waits until they are gone.
    pub async fn stop(self) {
        if let Some(processes) = self.processes {
            processes.stop().await;
        }
    }
}

/// Takes out the secrets that the plan itself holds.
fn redactor(plan: &Plan) -> Redactor {
    Redactor::new(plan.own_secrets())
}
